"""Corrections that no people ask for: the outside took something back, and the books follow. Floors above name theirs, one by
one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineCorrection:
    """`kind` and `reference` are patterns of SQL's LIKE; `{of}` in the latter stands for the reference of what is corrected. It is
    booked in the database transaction in which something is told of the transfer that it belongs to; one that belongs to none, in
    one in which something is told that is not of the books."""

    kind: str
    reference: str


_known: dict[MachineCorrection, None] = {}


def register(*corrections: MachineCorrection) -> None:
    """Repeating one is harmless, since AppConfig.ready() may run more than once."""
    _known.update(dict.fromkeys(corrections))


def known() -> tuple[MachineCorrection, ...]:
    return tuple(_known)
