"""The doors: how messages come in and go out. Knows nothing of tickets, money or models."""
