"""The pages about what clients are told."""
