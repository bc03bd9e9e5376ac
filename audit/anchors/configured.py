"""The anchors of this installation, from AUDIT_ANCHORS: name -> file:///path, mailto:address or http(s)://host/path."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from audit.anchors.base import Anchor
from audit.anchors.files import FileAnchor
from audit.anchors.http import HttpAnchor
from audit.anchors.mail import MailAnchor


class AnchorUnusable(ValueError):
    """An address that leads nowhere; the message names the anchor and not the address, which may hold a secret."""


def anchors() -> list[Anchor]:
    """Raises AnchorUnusable."""
    return [_anchor(name, url) for name, url in _urls().items()]


def anchor_files() -> list[Path]:
    """The files among them that this machine can read: what verify_audit compares with. Raises AnchorUnusable."""
    return [anchor.path for anchor in anchors() if isinstance(anchor, FileAnchor)]


def _urls() -> Mapping[str, str]:
    urls: Mapping[str, str] = settings.AUDIT_ANCHORS
    return urls


def _anchor(name: str, url: str) -> Anchor:
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return FileAnchor(name, Path(unquote(parts.path)))
    if parts.scheme == "mailto" and "@" in parts.path:
        return MailAnchor(name, unquote(parts.path), settings.AUDIT_MAIL_EVERY)
    if parts.scheme in ("http", "https") and parts.hostname:
        return HttpAnchor(name, url)
    raise AnchorUnusable(f"AUDIT_ANCHORS: {name} must be file:///path, mailto:address or http(s)://host/path")
