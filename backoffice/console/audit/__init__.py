"""What the pages of the audit trail are made of."""
