"""The backend of the web process (see backoffice.databases); Django finds it by this module's name.

Django's own pool asks at every request. Here the question is put by the backend, so that whoever may send again need not wait for
the answer (audit.asking): then it is enough that nothing came in on the idle connection, as it does when a server ends one.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

from audit.asking import is_asked

# Of one request; more than a pool holds.
_MOST_LOST = 50


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises OperationalError (PoolTimeout) when the pool has none in time."""
        found = super().get_new_connection(conn_params)
        for _ in range(_MOST_LOST if self.pool else 0):
            if lives(found):
                break
            # A pool that gets a closed one back opens another.
            self.pool.putconn(found)
            found = super().get_new_connection(conn_params)
        return found


def lives(connection: "psycopg.Connection[Any]") -> bool:
    """Closes one that does not."""
    if not is_asked() and _is_silent(connection):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        connection.close()
        return False
    return True


def _is_silent(connection: "psycopg.Connection[Any]") -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
