"""The terminal: where the money is, seen from both sides at once."""
