"""The desk as other programs' agents see it."""
