"""What the frame of every page shows, gathered once per page."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from approvals.models import Halt
from approvals.queries import halts_in_force
from audit import clock
from backoffice.access.models import Operator
from backoffice.access.queries import roles_of
from backoffice.console import formats, navigation
from backoffice.console.halts import in_words


@dataclass(frozen=True, slots=True)
class HaltLine:
    """One halt in force, as the banner says it."""

    sentence: str
    placed_by: str
    placed_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Shell:
    """`theme` and `shortcuts` are the operator's own; `role` names every role they hold, for the corner of the page."""

    environment: str
    name: str
    initials: str
    role: str
    theme: str
    shortcuts: bool
    zone: str
    now: datetime
    written: formats.Written
    groups: list[tuple[str, list[navigation.Link]]]
    halts: list[HaltLine]


def shell(request: HttpRequest) -> Shell | None:
    """None for visitors: sign-in and public pages have a frame of their own."""
    operator = getattr(request, "user", None)
    if not isinstance(operator, Operator):
        return None
    now = clock.now()
    name = operator.person.name if operator.person else operator.get_full_name() or operator.username
    roles = [role.title.lower() for role in roles_of(operator)]
    return Shell(
        environment=settings.ENVIRONMENT,
        name=name,
        initials=formats.initials(name),
        role=", ".join(roles) or "no role",
        theme=operator.theme,
        shortcuts=operator.single_key_shortcuts,
        zone=str(timezone.get_current_timezone()),
        now=now,
        written=formats.written(now),
        groups=navigation.navigation(request, operator),
        halts=[_line(halt) for halt in halts_in_force()],
    )


def _line(halt: Halt) -> HaltLine:
    return HaltLine(in_words(halt), halt.placed_by, halt.placed_at, halt.reason)
