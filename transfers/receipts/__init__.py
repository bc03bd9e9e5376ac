"""Receipts: what a client can hold against us and show to others. Made once when a transfer settles, signed, and never changed."""
