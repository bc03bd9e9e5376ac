"""`/v1/openapi.json`: the interface as a document, generated from the same serializers that write the answers."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views import View
from drf_spectacular.generators import SchemaGenerator


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """OpenAPI 3.1 of `/v1`. It depends on nothing but the code, so one process draws it once."""
    generator = SchemaGenerator(patterns=[path("v1/", include("transfers.api.urls"))])  # type: ignore[no-untyped-call]
    return dict(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


class Schema(View):
    access_rule = "public: the description of the interface holds nothing of any client"

    def get(self, request: HttpRequest) -> JsonResponse:  # noqa: ARG002
        return JsonResponse(document())
