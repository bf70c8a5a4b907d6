"""The steps, by number; one that was released is never edited."""
