"""A notary of its own: a separate process that keeps every checkpoint of one log and refuses those that do not continue the last.

It speaks C2SP tlog-witness over HTTP, has no database and no Django, and checks with the code that auditors are given
(audit/verifier.py), not with the code that made what it checks.
"""
