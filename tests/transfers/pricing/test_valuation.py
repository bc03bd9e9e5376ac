"""Orders under bands that are stated in a currency: by the reference rate of the moment, and never without one."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from approvals.commands import publish_policy_set
from approvals.models import PolicyDecision
from approvals.policy.rules import checked
from approvals.queries import decide_again, trace_of
from audit.models import AuditEvent
from ledger.commands import register_asset
from tests.transfers.prices import reference_rates
from tests.transfers.world import RULES, USDC, World, available, request_of
from transfers.errors import Waiting
from transfers.models import RateSheet, RateSource, Transfer
from transfers.pricing.valuation import valuations


def band(code: str, outcome: str, **bounds: Any) -> dict[str, Any]:
    asks = outcome == "require_approval"
    said = {"code": code, "title": f"{code} orders, by what they are worth", "outcome": outcome, "quorum": 2 if asks else 0}
    return said | {"role": "approver" if asks else "", "criteria": {"valued_in": "USD", **bounds}}


BANDS = (band("small", "allow", amount_below=500_00), band("large", "require_approval", amount_from=500_00))


@pytest.fixture
def valued(world: World) -> World:
    register_asset(code="USD")
    publish_policy_set(version=90, rules=BANDS)
    reference_rates(USDC_USD="2")
    return world


def decision_on(transfer: Transfer) -> PolicyDecision:
    return PolicyDecision.objects.get(subject_id=str(transfer.id))


def test_the_reference_rate_decides_and_is_kept(valued: World) -> None:
    assert valued.order("249.00").approval_request_id is None
    transfer = valued.order("250.00")
    assert request_of(transfer).quorum == 2
    decision = decision_on(transfer)
    (value,) = decision.facts["values"]
    assert (value["currency"], value["rate"], value["good_for_s"]) == ("USD", "2", 10**9)
    assert value["at"] == RateSheet.objects.latest("observed_at").observed_at.isoformat()
    assert "Test: USDC/USD bid 2" in trace_of(decision)[0]["why"]
    assert decide_again(decision).trace == trace_of(decision)


def test_a_stale_rate_asks_for_the_strictest_people(valued: World) -> None:
    RateSource.objects.update(max_age_s=1)
    transfer = valued.order("1.00")
    assert request_of(transfer).quorum == 2
    assert "which is too long ago" in trace_of(decision_on(transfer))[0]["why"]


def test_where_the_strictest_band_denies_a_stale_rate_is_something_to_wait_for(valued: World) -> None:
    publish_policy_set(version=91, rules=[*BANDS, band("never", "deny", amount_from=10_000_00)])
    RateSource.objects.update(max_age_s=1)
    before = available()
    with pytest.raises(Waiting, match=r"cannot tell what it is worth: .*too long ago") as waiting:
        valued.order("1.00")
    assert waiting.value.code == "reference_rate_stale"
    assert (available(), Transfer.objects.count()) == (before, 0)
    assert not AuditEvent.objects.filter(type="transfer.created").exists()


def test_a_currency_that_we_do_not_have_is_no_way_around_a_band(world: World) -> None:
    elsewhere = [band_rule | {"criteria": band_rule["criteria"] | {"valued_in": "XTS"}} for band_rule in BANDS]
    publish_policy_set(version=90, rules=elsewhere)
    assert request_of(world.order("1.00")).quorum == 2


@pytest.mark.django_db
def test_without_such_a_band_nobody_is_asked_for_a_rate(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rules = [checked(rule) for rule in RULES]
    with django_assert_num_queries(0):
        assert valuations(rules, USDC) == ()
