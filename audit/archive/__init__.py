"""Months that leave their partitioned table for an archive, and come back from it unchanged or not at all."""
