"""What the description of the API says alike of many endpoints."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from transfers.api.problems import CONTENT_TYPE
from transfers.api.responses import ProblemAnswer

_PROBLEM = OpenApiResponse(ProblemAnswer, description="A problem document; `code` says which.")
_ALWAYS = (401, 403, 429, 500, 503)


def idempotency_key(description: str) -> list[OpenApiParameter]:
    """The header without which nothing is made, and those of what is answered under it."""
    shape = {"type": "string", "minLength": 1, "maxLength": 255}
    return [
        OpenApiParameter("Idempotency-Key", shape, OpenApiParameter.HEADER, required=True, description=description),
        OpenApiParameter(
            "Idempotent-Replayed",
            {"type": "string", "enum": ["true"]},
            OpenApiParameter.HEADER,
            response=[201, 422],
            description="There where this is the answer that was stored under the key.",
        ),
        OpenApiParameter("Location", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[201], description="Of what was made."),
    ]


def problems(*statuses: int) -> dict[Any, Any]:
    """The responses of an endpoint that may answer `statuses` beside what every endpoint may."""
    return {(status, CONTENT_TYPE): _PROBLEM for status in sorted((*statuses, *_ALWAYS))}
