"""How the client API reads and writes, and what its description says of itself: settings of the libraries that carry it."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR: dict[str, Any] = {
    "TITLE": "Countersign",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Where several answers carry a field of one name, a client's generated code is to call its values by what they are.
    "ENUM_NAME_OVERRIDES": {
        "TransferStatus": "transfers.states.Status",
        "WebhookStatus": ["enabled", "disabled"],
        "QuoteType": ["firm", "indicative"],
    },
}
