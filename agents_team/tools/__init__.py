"""What the model may look at and propose."""
