"""The ways an alert leaves the house, through apprise.

A channel is a name; its URL holds secrets and is never stored, shown or logged.
"""

from urllib.parse import urlsplit

import apprise
from django.conf import settings
from django.core.checks import CheckMessage, Error

# What on-call people use, and nothing that could touch this machine: no files, no desktop, no local mail spool, no plug-ins.
ALLOWED_SCHEMES = frozenset(
    [
        "discord",
        "googlechat",
        "gchat",
        "json",
        "jsons",
        "mailto",
        "mailtos",
        "matrix",
        "matrixs",
        "mattermost",
        "mmost",
        "mmosts",
        "msteams",
        "ntfy",
        "ntfys",
        "opsgenie",
        "pagerduty",
        "pagertree",
        "pushover",
        "rocket",
        "rockets",
        "signal",
        "signals",
        "slack",
        "sns",
        "splunk",
        "tgram",
        "twilio",
        "victorops",
        "workflow",
        "workflows",
        "xml",
        "xmls",
        "zulip",
    ]
)


class ChannelUnusable(Exception):
    """The channel is not configured, or not as apprise needs it; the message never contains its URL."""


def names() -> list[str]:
    return sorted(settings.ALERT_CHANNELS)


def send(channel: str, *, title: str, body: str, is_bad_news: bool) -> bool:
    """Whether the channel took the message. Raises ChannelUnusable."""
    kind = apprise.NotifyType.FAILURE if is_bad_news else apprise.NotifyType.SUCCESS
    return bool(_service(channel).notify(title=title, body=body, notify_type=kind))


def check_settings(**_: object) -> list[CheckMessage]:
    """A system check, so that a channel nobody can hear is found at the start and not at the first alert."""
    found: list[CheckMessage] = []
    for name in names():
        try:
            _service(name)
        except ChannelUnusable as error:
            found.append(Error(f"ALERT_CHANNELS: {error}", id="alerts.E002"))
    return found


def _service(channel: str) -> apprise.NotifyBase:
    url = settings.ALERT_CHANNELS.get(channel, "")
    if not url:
        raise ChannelUnusable(f"the channel {channel} is not configured")
    scheme = urlsplit(url).scheme.lower()
    if scheme not in ALLOWED_SCHEMES:
        raise ChannelUnusable(f"the channel {channel} uses a scheme that is not allowed")
    service = apprise.Apprise.instantiate(url)
    if service is None:
        raise ChannelUnusable(f"the URL of the channel {channel} lacks something that {scheme} needs")
    return service
