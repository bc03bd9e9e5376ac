"""The inbox: messages that others send us. Kept raw, believed only as hints."""
