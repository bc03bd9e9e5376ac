"""Liquidity desks and a feed of reference rates: a process of its own, reached over HTTP, that can be told to misbehave.

It never reads our database and shares no code with what talks to it. No Django here.
"""
