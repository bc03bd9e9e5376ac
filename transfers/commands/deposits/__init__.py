"""Money that arrives: where it may, that it did, and whose it is."""
