"""A bank of its own: a separate process with its own books, reached over HTTP, that speaks pain.001, pain.002 and camt.053.

It shares no code with the rail that talks to it and never reads our database, so what the two agree on was really said.
The liquidity desk lives in the same process. No Django here.
"""
