"""The inbox of messages from outside, one address per source."""

from django.urls import path

from transfers.webhooks.views import receive

urlpatterns = [path("<slug:source>", receive, name="hooks")]
