"""How the health checks stand: what pages, alerts and figures ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from audit import clock
from transfers import synthetic
from transfers.models import SyntheticRun
from transfers.states import Route
from transfers.synthetic import Check

Result = SyntheticRun.Result


@dataclass(frozen=True, slots=True)
class Standing:
    """One check that is switched on. `last` is the last that found something out, `running` the one on its way."""

    check: Check
    last: SyntheticRun | None
    running: SyntheticRun | None
    passed: SyntheticRun | None

    @property
    def took(self) -> timedelta | None:
        return None if self.last is None or self.last.ended_at is None else self.last.ended_at - self.last.started_at

    @property
    def has_failed(self) -> bool:
        return self.last is not None and self.last.result == Result.FAILED

    @property
    def is_late(self) -> bool:
        return self.running is not None and self.running.deadline_at < clock.now()

    @property
    def was_late(self) -> bool:
        return self.last is not None and self.last.ended_at is not None and self.last.ended_at > self.last.deadline_at


def standings() -> list[Standing]:
    return [_standing(check) for check in synthetic.checks()]


def newest(route: Route) -> SyntheticRun | None:
    return SyntheticRun.objects.filter(route=route).order_by("-started_at").first()


def recent(limit: int) -> Sequence[SyntheticRun]:
    return list(SyntheticRun.objects.select_related("transfer").order_by("-started_at")[:limit])


def _standing(check: Check) -> Standing:
    runs = SyntheticRun.objects.select_related("transfer").filter(route=check.route).order_by("-started_at")
    return Standing(
        check=check,
        last=runs.filter(result__in=(Result.PASSED, Result.FAILED)).first(),
        running=runs.filter(ended_at=None).first(),
        passed=runs.filter(result=Result.PASSED).first(),
    )
