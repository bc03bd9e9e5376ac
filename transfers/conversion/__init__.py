"""Converting a client's balance in our own books: the arithmetic of the price, and the postings. Pure."""
