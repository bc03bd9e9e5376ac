"""What goes back, what is converted and what promotions promise, in a real browser: axe finds nothing, nothing overflows."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from audit import clock, context
from audit.context import Actor
from backoffice.access.commands import grant_role
from reconciliation.commands.matching import match_open_items
from tests import looks
from tests.console.conftest import Site
from tests.console.test_browser import _signed_in
from tests.reconciliation import outside
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside
from tests.transfers.test_send_back import DEBTOR, approved, paid_in
from tests.transfers.within import USD, exchange
from tests.transfers.world import drive_until
from transfers.commands.promotions import create_promotion, fund_promotion
from transfers.models import Arrival

pytestmark = pytest.mark.browser

CONVERT = "/transfers/convert/?client=acme"


@pytest.fixture
def paths(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """One arrival that has gone back, one that waits, a promotion, and prices to be had. Made before the browser starts."""
    for module in ("create", "deposits.send_back_making"):
        monkeypatch.setattr(f"transfers.commands.{module}.wake_after_commit", lambda _: None)
    with context.bind(Actor.system("test")), tame_outside() as tame:
        house = worlds.build()
        exchange()
        tame.desk_rate = tame.desk_rate / 17
        gone = drive_until(approved(house, paid_in()), "FIAT_SETTLED")
        refs, text = "<AcctSvcrRef>B-2</AcctSvcrRef>", "<RmtInf><Ustrd>for somebody else</Ustrd></RmtInf>"
        outside.bank_line("75.00", direction="CRDT", refs=refs, parties=f"{DEBTOR}{text}")
        match_open_items()
        waiting = Arrival.objects.get(status="unallocated")
        now = clock.now()
        create_promotion(
            code="spring",
            title="Spring",
            corridor_id="USDC-USD",
            asset_id=USD,
            bps=50,
            starts_at=now,
            ends_at=now + timedelta(days=9),
        )
        fund_promotion(code="spring", amount=5_000, reference="first")
        grant_role(operator=site.auditor, role="operator")
        yield ["/deposits/", f"/deposits/{waiting.pk}/send-back/", f"/transfers/{gone.pk}/", "/promotions/"]


def test_axe_finds_nothing_and_nothing_overflows(paths: list[str], chromium: Browser, site: Site) -> None:
    opened = _signed_in(chromium, site.url, "auditor")
    page = opened.new_page()
    found: list[str] = []
    for path in (*paths, CONVERT):
        page.goto(path)
        found += looks.complaints(page, looks.OTHER_LOOKS)
    for _ in looks.each(page, looks.OTHER_LOOKS):
        page.goto(CONVERT)
        page.select_option("select[name=corridor]", "USDC-USD")
        page.fill("input[name=amount]", "900")
        page.get_by_role("button", name="Ask for a price").click()
        page.locator("[data-until]", has_text="s left").wait_for()
        found += looks.complaints_now(page)
    opened.close()
    assert found == []
