"""Looking at the sealed log from inside the house: what verify_audit runs.

It recomputes every leaf from its event, the tree from the leaves, and holds both against everything that was signed, here and in
the anchor files. It names what was changed better than the offline verifier does, and is worth less: it runs where the attacker may
be.
"""
