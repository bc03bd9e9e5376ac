"""Sealing: every event becomes a leaf of one Merkle tree (RFC 9162) whose root is signed again and again and kept in other hands.

`tree` and `notes` are pure; `store` is the database's half of the log and `memory` the sealer's own; `sealer` takes the rounds.
"""
