"""Proofs: what must be true of the books at any time, asked of the rows themselves, and what is kept of the answers."""
