"""The web process as granian serves it, with one more address: see backoffice.bench.bare."""

from django.conf import settings

from backoffice.wsgi import application as usual

settings.ROOT_URLCONF = "backoffice.bench.bare"
application = usual
