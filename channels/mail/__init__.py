"""The mail door: SMTP, LMTP and IMAP in, a submission server out."""
