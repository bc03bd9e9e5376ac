"""What a figure was measured on: without it no figure means anything."""

import os
import platform
from typing import Any

from django.db import connection

_SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


def facts() -> dict[str, Any]:
    """Cores, how busy they are now, Python, and the settings of the server that `connection` leads to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [list(_SETTINGS)])
        server = dict(cursor.fetchall())
    load = round(os.getloadavg()[0], 1)
    return {
        "cores": os.cpu_count(),
        "load": load,
        "python": platform.python_version(),
        "postgresql": server.pop("server_version"),
        **server,
    }
