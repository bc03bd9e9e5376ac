"""How the subjects of breaks begin that are about a chain or its nodes, and about no movement of money."""

REWRITTEN, WITHHELD = "rewritten:", "withheld:"
