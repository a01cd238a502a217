"""The fit: targets, objective, search, potencies, what the data identify, and frozen predictions."""
