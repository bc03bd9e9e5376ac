"""Errors of the database that say nothing about the piece of work at which they were met."""

from django.db import InterfaceError, OperationalError, ProgrammingError

# It is away, took somebody else's side, or does not let this process at all: the whole pass ends, and the next one goes on.
NOT_ABOUT_IT = (InterfaceError, OperationalError, ProgrammingError)
