"""Pure verdicts: what the rules say about facts. Nothing here reads a clock, a file or a network."""
