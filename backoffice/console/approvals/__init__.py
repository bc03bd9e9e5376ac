"""The approval queue and the approval page: what they show of a request, from its stored bytes and the books as they are now."""
