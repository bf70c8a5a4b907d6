"""A small world of mail: mailboxes, the desk's submission server, an IMAP server, and customers who write."""
