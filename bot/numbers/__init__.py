"""The figures: written definitions, the metrics and reports made of them, and the certificate that nothing is lost."""
