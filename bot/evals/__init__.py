"""Evals: cases in YAML, run against the team as it is set up, counted, and compared with an earlier run."""
