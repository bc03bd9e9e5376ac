"""The approval queue and the approval page: what is shown of a request, built from its stored bytes and the books as they are now."""
