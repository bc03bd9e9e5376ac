"""The web process. It connects as the web role unless told otherwise."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
os.environ.setdefault("COUNTERSIGN_PROCESS", "web")

application = get_wsgi_application()
