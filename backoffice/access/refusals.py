"""Refused attempts leave a trace: who tried what, and which permission was missing."""

import structlog
from django.http import HttpRequest

from audit.commands import record_refusal

log = structlog.get_logger(__name__)


def refuse(request: HttpRequest, missing: tuple[str, ...]) -> None:
    """Record that the signed-in operator was turned away. Runs in a transaction of its own: nothing of the refused view has
    begun.
    """
    match = request.resolver_match
    view_name = match.view_name if match else ""
    log.warning("access refused", path=request.path, view=view_name, missing=missing)
    record_refusal(
        type="access.refused",
        resource_type="page",
        resource_id=view_name or request.path,
        reason=f"missing permission {' and '.join(missing)}",
        metadata={"method": request.method or "", "path": request.path},
    )
