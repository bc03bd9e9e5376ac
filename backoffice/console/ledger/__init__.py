"""What the pages of the books are made of."""
