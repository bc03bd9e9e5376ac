"""Telling clients what happens to their transfers: an outbox beside the events, signed messages to the addresses they gave us."""
