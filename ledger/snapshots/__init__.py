"""Snapshots: what the books said as of a moment, as bytes that never change."""
