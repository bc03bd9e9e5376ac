"""Where everything hangs. Each room brings its own urls; every view in them says who may use it (backoffice.access.rules)."""

from django.urls import include, path

from backoffice.access.admin_site import site as admin_site
from backoffice.health import views as health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("v1/", include("transfers.api.urls")),
    path("hooks/", include("transfers.webhooks.urls")),
    path("", include("backoffice.access.urls")),
    path("admin/", admin_site.urls),
    path("", include("backoffice.console.urls")),
]
