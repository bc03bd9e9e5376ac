"""AuditError
├── NoTransactionOpen   an event was recorded outside a database transaction
└── ReadOnlyRow         somebody tried to save or delete a row that only database functions write
"""


class AuditError(Exception):
    """Something about the trail itself is used wrongly; never a business refusal."""


class NoTransactionOpen(AuditError):
    """An event belongs to the transaction of the change it tells of; outside one, the two could part."""


class ReadOnlyRow(AuditError):
    """These rows are written by database functions through commands; the ORM may only read them."""
