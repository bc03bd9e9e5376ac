"""Proposals as figures that an accountant can follow, and what holds for all of them."""

from hypothesis import given
from hypothesis import strategies as st

from transfers.rebalancing import Proposal, Role, Store, Way, propose

USDC, MXN = "USDC.ethereum", "MXN"


def store(role, expected, name="", asset=USDC, **changes):
    changes = {"can_send": role in (Role.HOT, Role.SETTLEMENT)} | changes
    return Store(account_code=name or role.value, name=name or role.value, asset_id=asset, role=role, expected=expected, **changes)


def told(proposals):
    return [(one.source.name if one.source else "", one.target.name, one.amount, one.way) for one in proposals]


def test_nothing_is_proposed_while_everything_is_within_its_levels():
    assert propose([store(Role.HOT, 500, minimum=100, target=300, maximum=900), store(Role.COLD, 50)]) == []


def test_a_low_hot_wallet_is_refilled_to_its_target_from_the_partner_and_then_from_cold():
    """40 held, target 300: 260 are lacking; the partner's wallet may give 200 of its 250, cold storage the other 60."""
    hot = store(Role.HOT, 40, minimum=100, target=300)
    found = propose([hot, store(Role.SETTLEMENT, 250, minimum=50, target=60), store(Role.COLD, 1_000)])
    assert told(found) == [("settlement", "hot", 200, Way.ON_CHAIN), ("cold", "hot", 60, Way.KEEPERS)]
    assert found[0].reason == "Refill hot: it is below its minimum."


def test_a_wallet_without_gas_is_emptied_by_whoever_keeps_its_key():
    found = propose([store(Role.HOT, 40, minimum=100, target=300), store(Role.SETTLEMENT, 900, can_send=False)])
    assert told(found) == [("settlement", "hot", 260, Way.KEEPERS)]


def test_what_nobody_of_ours_can_give_comes_from_outside():
    found = propose([store(Role.HOT, 40, minimum=100, target=300), store(Role.COLD, 10)])
    assert told(found) == [("cold", "hot", 10, Way.KEEPERS), ("", "hot", 250, Way.OUTSIDE)]


def test_payments_that_wait_are_enough_of_a_reason_where_nothing_is_kept():
    """Just in time: 70 wait, 40 are there, so 30 are lacking, whatever the target says."""
    found = propose([store(Role.HOT, 40, waiting=70, minimum=100, target=300, keeps_minimum=False), store(Role.COLD, 500)])
    assert told(found) == [("cold", "hot", 30, Way.KEEPERS)]


def test_what_is_above_the_maximum_goes_to_cold_storage_down_to_the_target():
    found = propose([store(Role.HOT, 1_000, minimum=100, target=300, maximum=900), store(Role.COLD, 0)])
    assert told(found) == [("hot", "cold", 700, Way.ON_CHAIN)]


def test_fees_leave_for_the_house_and_never_what_is_below_the_target():
    house = store(Role.HOUSE, 0)
    assert told(propose([store(Role.HOT, 400, fees=25, minimum=100, target=300), house])) == [("hot", "house", 25, Way.ON_CHAIN)]
    assert told(propose([store(Role.HOT, 310, fees=25, minimum=100, target=300), house])) == [("hot", "house", 10, Way.ON_CHAIN)]
    assert propose([store(Role.HOT, 300, fees=25, minimum=100, target=300), house]) == []


def test_too_much_at_the_partner_is_converted_for_the_bank_that_lacks_most():
    banks = [store(Role.BANK, 90, "peso", MXN, target=100), store(Role.BANK, 10, "euro", "EUR", target=100)]
    found = propose([store(Role.SETTLEMENT, 800, minimum=50, target=100, maximum=500), *banks])
    assert told(found) == [("settlement", "euro", 700, Way.PARTNER)]
    assert found[0].asset_id == USDC


def test_banks_and_gas_are_filled_from_outside():
    found = propose(
        [store(Role.BANK, 5, "peso", MXN, minimum=10, target=100), store(Role.GAS, 1, "gas", "ETH", minimum=3, target=8)]
    )
    assert told(found) == [("", "peso", 95, Way.OUTSIDE), ("", "gas", 7, Way.OUTSIDE)]


_AMOUNT = st.integers(min_value=0, max_value=1_000)


@st.composite
def _stores(draw):
    found = []
    for number, role in enumerate(draw(st.lists(st.sampled_from(list(Role)), min_size=1, max_size=8))):
        low, middle, high = sorted(draw(st.tuples(_AMOUNT, _AMOUNT, _AMOUNT)))
        found.append(
            store(
                role,
                draw(st.integers(min_value=-100, max_value=2_000)),
                f"{role}-{number}",
                MXN if role is Role.BANK else draw(st.sampled_from([USDC, "EURC.ethereum"])),
                waiting=draw(_AMOUNT),
                fees=draw(_AMOUNT),
                minimum=low,
                target=middle,
                maximum=draw(st.sampled_from([high, None])),
                keeps_minimum=draw(st.booleans()),
            )
        )
    return found


def _taken(proposals: list[Proposal], code: str) -> int:
    return sum(one.amount for one in proposals if one.source is not None and one.source.account_code == code)


@given(_stores())
def test_no_source_is_led_below_its_minimum_and_no_unit_is_given_twice(stores):
    proposals = propose(stores)
    for one in stores:
        taken = _taken(proposals, one.account_code)
        came = sum(
            move.amount for move in proposals if move.target.account_code == one.account_code and move.way is not Way.PARTNER
        )
        assert taken == 0 or one.expected + came - taken >= max(one.minimum, one.waiting)
    assert all(one.amount > 0 for one in proposals)
    assert len({one.key for one in proposals}) == len(proposals)


@given(_stores())
def test_what_is_carried_out_is_not_proposed_again_in_the_other_direction(stores):
    sources = {one.source.account_code for one in propose(stores) if one.source is not None and one.way is not Way.PARTNER}
    refilled = {one.target.account_code for one in propose(stores) if one.target.role is Role.HOT}
    assert not sources & refilled
