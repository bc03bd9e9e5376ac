"""The web process. It connects as the web role unless told otherwise. Under a server that forks or spawns its workers, set
COUNTERSIGN_EXIT_WITH_PARENT=1."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from backoffice.large_pages import settle
from backoffice.orphans import exit_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
os.environ.setdefault("COUNTERSIGN_PROCESS", "web")

application = get_wsgi_application()
# Before the first request, which would wait for it.
import_module(settings.ROOT_URLCONF)
settle()
if os.environ.get("COUNTERSIGN_EXIT_WITH_PARENT") == "1":
    exit_with_parent()
