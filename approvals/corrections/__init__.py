"""Corrections of the books as requests: the posting that is asked for is the payload, and the payload is the posting that is
booked."""
