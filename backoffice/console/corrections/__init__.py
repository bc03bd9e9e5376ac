"""Asking for corrections of the books: form, review, request. Nothing here books anything."""
