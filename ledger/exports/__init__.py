"""Statements as files: canonical content, CSV and PDF."""
