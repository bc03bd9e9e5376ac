"""How our providers do: outcomes in a rolling window, a circuit breaker and a quota for each, all in the database, so that every
worker sees the same and so do operators.

A breaker library keeps its state in the memory of one process, or in a store that may forget: with several workers each would have
to fail for itself, nobody could read or overrule it, and a restart would send everybody at a provider that is down.
"""
