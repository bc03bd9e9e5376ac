"""Where everything hangs. Each room brings its own urls; every view in them says who may use it (backoffice.access.rules)."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from backoffice.access.admin_site import site as admin_site
from backoffice.health import views as health


def _room(prefix: str, module: str) -> list[URLPattern | URLResolver]:
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    return [path(prefix, include(module))] if found else []


urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    *_room("v1/", "transfers.api.urls"),
    *_room("hooks/", "transfers.webhooks.urls"),
    *_room("", "backoffice.access.urls"),
    path("admin/", admin_site.urls),
    *_room("", "backoffice.alerts.urls"),
    *_room("", "backoffice.console.urls"),
]
