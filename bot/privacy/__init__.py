"""What a person may ask of us about their data: see it, have it erased, or have it made nobody's."""
