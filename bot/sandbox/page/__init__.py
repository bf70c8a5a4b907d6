"""The demo's page: what the sandbox servers report, side by side in a browser, and buttons that play the people."""
