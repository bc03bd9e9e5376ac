"""The signer: a process of its own that owns the keys and the nonces (`python -m transfers.signer`). No Django, nothing of ours.

It takes a typed intent (pay this much of that token to him), builds the transaction itself, and gives the same bytes for the same
intent and attempt for ever. What it must be able to say by itself, it keeps in its own schema under its own database role.
"""
