"""The real URLs and one view that forgot to say who may use it."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nobody said that you may read this")


urlpatterns = [path("undeclared/", undeclared), path("", include("backoffice.urls"))]
