"""The floor of the `api` benchmark: one view that inserts one row, beside the real addresses on the same server."""

import uuid

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from backoffice.access.rules import public

TABLE = "CREATE TABLE bench_bare (id uuid PRIMARY KEY, body text NOT NULL, made_at timestamptz NOT NULL DEFAULT now())"
_INSERT = "INSERT INTO bench_bare (id, body) VALUES (%s, %s)"


@csrf_exempt
@public("it exists on the server of a benchmark alone")
def insert(request: HttpRequest) -> HttpResponse:
    """No key, no check, no event: what any view that keeps what it is sent has to do."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [uuid.uuid4(), request.body.decode()])
    return HttpResponse(b'{"ok":true}', content_type="application/json", status=201)


urlpatterns = [path("bench/bare", insert), path("", include("backoffice.urls"))]
