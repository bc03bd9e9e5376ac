"""The breaker as a machine: whatever happens to it in whatever order, it keeps its promises."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from transfers.health import breaker
from transfers.health.breaker import PROBE_LIVES, Admission, Breaker, Rules, State, Window

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
RULES = Rules(calls=5, percent=50, rest=timedelta(seconds=30))


def failed(given_: Breaker, window: Window = Window(1, 1), *, was_probe: bool = False, now: datetime = NOW) -> Breaker:  # noqa: B008
    return breaker.after_failure(given_, was_probe=was_probe, window=window, rules=RULES, now=now)


@given(calls=st.integers(1, 50), bad=st.integers(1, 50))
def test_it_opens_exactly_when_enough_calls_were_made_and_enough_of_them_failed(calls: int, bad: int) -> None:
    window = Window(max(calls, bad), bad)
    after = failed(Breaker(), window)
    assert (after.state == State.OPEN) == (window.calls >= 5 and bad * 2 >= window.calls)


def test_each_rest_is_twice_as_long_up_to_four_times() -> None:
    now, standing = NOW, failed(Breaker(), Window(5, 5))
    rests = []
    for _ in range(5):
        assert standing.retry_at is not None
        rests.append((standing.retry_at - now).total_seconds())
        now = standing.retry_at
        standing = failed(breaker.probing(standing, now), was_probe=True, now=now)
    assert rests == [30, 60, 120, 120, 120]


def test_one_opened_by_hand_ignores_everything_but_a_hand() -> None:
    standing = breaker.opened_by_hand(Breaker())
    later = NOW + timedelta(days=365)
    assert breaker.admits(standing, later) == Admission.REFUSED
    assert failed(standing, Window(9, 9)) == standing == breaker.after_success(standing, was_probe=True)
    assert breaker.closed_by_hand() == Breaker()


class Machine(RuleBasedStateMachine):
    """Calls that end late, probes that die, hands that interfere; time only grows."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.standing, self.probes = NOW, Breaker(), 0

    @rule(seconds=st.integers(0, 200))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def somebody_calls(self) -> None:
        if breaker.admits(self.standing, self.now) == Admission.PROBE:
            self.standing = breaker.probing(self.standing, self.now)
            self.probes += 1
            assert breaker.admits(self.standing, self.now) == Admission.REFUSED
            assert breaker.admits(self.standing, self.now + PROBE_LIVES) == Admission.PROBE

    @rule(good=st.booleans())
    def an_old_call_ends(self, good: bool) -> None:
        before = self.standing
        self.standing = breaker.after_success(before, was_probe=False) if good else failed(before, Window(9, 9), now=self.now)
        assert good is False or self.standing == before
        assert before.state == State.CLOSED or self.standing == before

    @precondition(lambda self: self.probes)
    @rule(good=st.booleans())
    def a_probe_ends(self, good: bool) -> None:
        self.probes -= 1
        before = self.standing
        self.standing = (
            breaker.after_success(before, was_probe=True) if good else failed(before, Window(1, 1), was_probe=True, now=self.now)
        )
        if before.state == State.HALF_OPEN:
            assert self.standing.state == (State.CLOSED if good else State.OPEN)

    @rule(out=st.booleans())
    def somebody_lays_a_hand_on_it(self, out: bool) -> None:
        self.standing = breaker.opened_by_hand(self.standing) if out else breaker.closed_by_hand()

    @invariant()
    def it_is_well_formed(self) -> None:
        standing = self.standing
        assert standing.state == State.OPEN or not standing.is_manual
        assert (standing.retry_at is not None) == (standing.state == State.OPEN and not standing.is_manual)
        assert (standing.probe_until is not None) == (standing.state == State.HALF_OPEN)
        assert standing.state != State.CLOSED or standing.trips == 0

    @invariant()
    def it_never_stays_shut_for_ever_by_itself(self) -> None:
        if not self.standing.is_manual:
            assert breaker.admits(self.standing, self.now + timedelta(seconds=121)) != Admission.REFUSED


TestMachine = Machine.TestCase
