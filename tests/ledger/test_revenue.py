"""Revenue and expense of an interval: by any grouping they add up to what the accounts moved, and lead to the postings behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.commands import Line, Posting, reverse
from ledger.errors import BadPosting
from ledger.queries import BadCursor, EntryBehind, Figure, TimeBasis, postings_behind, revenue, statement
from tests.ledger.house import ACME, DAY, FEES, GAS, GLOBEX, NETWORK_FEES, USDC, book, deposit

pytestmark = pytest.mark.usefixtures("house")
NEVER = datetime(2100, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ALL: dict[str, Any] = {"since": LONG_AGO, "until": NEVER}


@pytest.fixture(autouse=True)
def _business(house: None) -> None:
    for client in (ACME, GLOBEX):
        deposit(f"deposit-{client}", client, 10_000)
    _withdrawal("one", ACME, 30, {"client": "acme", "corridor": "US-MX"})
    _withdrawal("two", ACME, 40, {"client": "acme", "corridor": "US-PH"}, value_at=DAY + timedelta(days=40), settled_at=DAY)
    _withdrawal("three", GLOBEX, 50, {"client": "globex", "corridor": "US-MX"})
    book("by hand", Line.debit(ACME, 5), Line.credit(FEES, 5), kind="adjustment")
    book("gas", Line.debit(NETWORK_FEES, 900), Line.credit(GAS, 900), kind="network_fee", dimensions={"client": "acme"})


def _withdrawal(reference: str, client: str, fee: int, dimensions: dict[str, str], **more: Any) -> None:
    book(reference, Line.debit(client, fee), Line.credit(FEES, fee), kind="withdrawal", dimensions=dimensions, **more)


def _told(figures: list[Figure], *names: str) -> list[tuple[Any, ...]]:
    return [(*(figure.group[name] for name in names), figure.revenue, figure.expense, figure.entries) for figure in figures]


def test_the_groups_of_each_kind() -> None:
    assert _told(revenue(**ALL, group_by=["client"], asset_id=USDC), "client") == [
        ("", 5, 0, 1),
        ("acme", 70, 0, 2),
        ("globex", 50, 0, 1),
    ]
    assert _told(revenue(**ALL, group_by=["corridor", "kind"], asset_id=USDC), "corridor", "kind") == [
        ("", "adjustment", 5, 0, 1),
        ("US-MX", "withdrawal", 80, 0, 2),
        ("US-PH", "withdrawal", 40, 0, 1),
    ]
    assert _told(revenue(**ALL, group_by=["room", "account"]), "room", "account") == [
        ("network_fee_expense", NETWORK_FEES, 0, 900, 1),
        ("fee_income", FEES, 125, 0, 4),
    ]
    assert [(figure.asset.id, figure.net) for figure in revenue(**ALL, group_by=[])] == [("ETH.ethereum", -900), (USDC, 125)]


@pytest.mark.parametrize("by", TimeBasis)
@pytest.mark.parametrize("group_by", [[], ["account"], ["client", "corridor", "kind"]])
def test_figures_add_up_to_what_the_account_moved(by: TimeBasis, group_by: list[str]) -> None:
    cut = DAY + timedelta(days=20)
    for since, until in ((LONG_AGO, cut), (cut, NEVER)):
        moved = statement(FEES, since=since, until=until, by=by)
        figures = revenue(since=since, until=until, by=by, group_by=group_by, asset_id=USDC)
        assert sum(figure.revenue for figure in figures) == moved.closing - moved.opening
        assert sum(figure.entries for figure in figures) == moved.entries


def test_behind_a_figure_stand_its_postings_page_by_page() -> None:
    for figure in revenue(**ALL, group_by=["client", "kind"], asset_id=USDC):
        seen: list[EntryBehind] = []
        cursor = None
        while True:
            page = postings_behind(**ALL, where=figure.group, asset_id=USDC, after=cursor, limit=1)
            seen, cursor = seen + page.rows, page.next_cursor
            if cursor is None:
                break
        assert (sum(row.earned for row in seen), len(seen)) == (figure.net, figure.entries)
        assert {row.dimensions.get("client", "") for row in seen} == {figure.group["client"]}
    newest = postings_behind(**ALL, where={"client": "acme"}, asset_id=USDC).rows
    assert [(row.reference, row.account_code, row.credit) for row in newest] == [("two", FEES, 40), ("one", FEES, 30)]


def test_a_reversal_takes_the_figure_back_where_it_stood() -> None:
    reverse(reference_of="three", reference="three:back", reason="charged twice", value_at=DAY)
    assert _told(revenue(**ALL, group_by=["client"], asset_id=USDC, where={"client": "globex"}), "client") == [("globex", 0, 0, 2)]


def test_dimensions_are_text_and_have_their_own_place() -> None:
    lines = (Line.debit(ACME, 1), Line.credit(FEES, 1))
    with pytest.raises(BadPosting):
        Posting(reference="x", kind="test", value_at=DAY, lines=lines, metadata={"dimensions": {}})
    with pytest.raises(BadPosting):
        Posting(reference="x", kind="test", value_at=DAY, lines=lines, dimensions={"": "acme"})


@pytest.mark.parametrize("cursor", ["x", "W10=", "WyJhIiwgImIiXQ=="])
def test_a_damaged_page_link_says_so(cursor: str) -> None:
    with pytest.raises(BadCursor):
        postings_behind(**ALL, where={}, after=cursor)
