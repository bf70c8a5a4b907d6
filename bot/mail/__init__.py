"""What the desk does for mail alone: threads, bounces, loops, proof by code, and whether every mail was taken in."""
