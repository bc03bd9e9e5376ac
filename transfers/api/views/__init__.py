"""Endpoints of REST v1."""
