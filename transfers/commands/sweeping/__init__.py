"""Tokens on deposit addresses, brought to the wallet that pays out."""
