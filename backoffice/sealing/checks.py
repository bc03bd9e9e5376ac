"""A sealer that could not sign, or whose checkpoints nobody else would keep, is found at the start."""

from django.conf import settings
from django.core.checks import CheckMessage, Error

from audit.anchors.configured import AnchorUnusable, anchors
from audit.sealing.config import LogUnconfigured
from backoffice.sealing.process import signing_key


def sealer_is_configured(**_: object) -> list[CheckMessage]:
    """Asked of the process that seals; others are not told these settings."""
    if settings.COUNTERSIGN_PROCESS != "sealer":
        return []
    found: list[CheckMessage] = []
    try:
        signing_key()
    except LogUnconfigured as error:
        found.append(Error(str(error), id="sealing.E001"))
    try:
        anchors()
    except AnchorUnusable as error:
        found.append(Error(str(error), id="sealing.E002"))
    return found
