"""`pipeline`: transfers from the API to CONFIRMED, through the real driver, beside the same writes in bare SQL.

What our side writes is not written down anywhere: triggers record it, row by row and commit by commit, while single transfers go
through (`recording`). From the recording come both the floor's functions and a past of any length (`speech`, `floor`, `past`), so
they stay true when the steps change.
"""
