"""Tickets: whose a message is, what sets them going, what the team may know of them, and what is said in them."""
