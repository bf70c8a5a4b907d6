"""Chaos: the real program in processes of its own, killed at random; what counts is what the servers outside saw."""
