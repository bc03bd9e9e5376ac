"""From what an event names to the page about it. Empty where there is none."""

from uuid import UUID

from django.urls import reverse

from audit.models import AuditEvent

_BY_ID = {
    "transfer": "console:transfer",
    "approval_request": "console:approval",
    "break": "console:break",
}
_LISTED = {
    "alert": "console:alerts",
    "halt": "console:controls",
    "period": "console:periods",
    "snapshot": "console:snapshots",
    "operator": "access:people",
}


def page_of(event: AuditEvent) -> str:
    """The page of the thing itself, which may still refuse whoever follows."""
    kind, name = event.resource_type, event.resource_id
    if kind in _BY_ID and _is_id(name):
        return reverse(_BY_ID[kind], args=[name])
    if kind == "account":
        return reverse("console:account", args=[name])
    if kind == "ledger_transaction" and event.metadata.get("reference"):
        return reverse("console:posting", args=[event.metadata["reference"]])
    return reverse(_LISTED[kind]) if kind in _LISTED else ""


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
