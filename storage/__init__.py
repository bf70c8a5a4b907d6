"""What we remember. Nothing here decides; nothing here commits on its own."""
