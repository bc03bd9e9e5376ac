"""The console's own pages. The style page exists only in the sandbox."""

from django.conf import settings
from django.urls import path

from backoffice.console.views import audit, controls, home, runbooks, styleguide

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("controls/", controls.controls, name="controls"),
    path("controls/halt/", controls.halt_system, name="halt-system"),
    path("controls/freeze/", controls.freeze, name="freeze"),
    path("controls/<uuid:halt_id>/lift/", controls.lift, name="halt-lift"),
    path("audit/", audit.trail, name="audit"),
    path("runbooks/", runbooks.index, name="runbooks"),
    path("runbooks/<slug:slug>/", runbooks.runbook, name="runbook"),
]
if settings.ENVIRONMENT == "sandbox":
    urlpatterns.append(path("styleguide/", styleguide.styleguide, name="styleguide"))
