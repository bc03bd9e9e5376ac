"""Every page of the running sandbox as its users see it: axe finds nothing, nothing overflows, nothing foreign is loaded."""

from collections.abc import Iterable, Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests import looks
from tests.stack.browsers import chromium, sign_in
from tests.stack.clients import Client
from tests.stack.harness import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(900)]

# Who sees which page is for the access matrix to test; here the first who may looks at it.
WHO = ("approver", "operator", "admin", "compliance", "treasury")
# Pages of one thing, named in the address by more than its path.
OTHERS = (
    "/approvals/?show=decided",
    "/approvals/?show=made",
    "/approvals/?show=pending",
    "/audit/?outcome=refused",
    "/audit/actor/seed_demo/",
    "/audit/configuration/?kind=limit",
    "/audit/resource/account/client:acme:USDC.ethereum/",
    "/ledger/accounts/client:acme:USDC.ethereum/",
    "/ledger/accounts/client:acme:USDC.ethereum/?by=value_at&since=2026-01-01&at=2026-02-01T00:00",
    "/ledger/accounts/position:USDC.ethereum/MXN:MXN/",
    "/ledger/revenue/?group=client",
    "/ledger/trial-balance/?at=2026-02-01T00:00&by=value_at",
    "/reconciliation/breaks/?show=ended",
    "/search/?q=acme",
    "/transfers/convert/?client=acme",
    "/transfers/new/?client=acme",
)
# Not pages: probes, files, forms that are only sent, and what needs to be told which thing it is about.
NO_PAGES = (
    "/healthz", "/readyz", "/metrics", "/login/", "/logout/", "/search/",
    "/audit/export/", "/ledger/proofs/run/", "/ledger/revenue/csv/", "/ledger/revenue/entries/csv/",
    "/ledger/corrections/reverse/", "/ledger/corrections/adjust/", "/ledger/corrections/overdraft/", "/ledger/corrections/period/",
    "/terminal/levels/",
)  # fmt: skip
# Lists whose first row leads to a page worth looking at, by who looks.
LEADING = {
    "approver": (
        "/approvals/?show=pending",
        "/transfers/",
        "/reconciliation/breaks/",
        "/ledger/accounts/client:acme:USDC.ethereum/",
        "/ledger/revenue/",
    ),
    "compliance": ("/audit/?type=ledger.posted", "/audit/configuration/", "/ledger/accounts/client:acme:USDC.ethereum/"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def traffic(stack: RunningStack) -> str:
    """Something on every page: a withdrawal that is through, one that waits, and a movement that nobody ordered."""
    acme = Client(stack)
    done = str(acme.withdraw("33.00", to_bank=True)["transaction_id"])
    acme.withdraw("140000.00")
    acme.wait_for(done, "RECONCILED", 90)
    stack.wait_until(lambda: stack.query("SELECT count(*) FROM reconciliation_break")[0][0] >= 1, "a break to show")
    return done


def _paths(page: Page, name: str) -> list[str]:
    found = []
    for path in LEADING[name]:
        page.goto(path)
        first = page.locator("main tbody a").first.get_attribute("href")
        assert first, f"{path} shows no row"
        found.append(first)
    return found


def _whole_console(patterns: Iterable[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """The addresses of all pages that need no argument, from what the server routes: a new page is looked at from its first day."""
    for one in patterns:
        path = f"{before}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from _whole_console(one.url_patterns, path)
        elif "<" not in path and "(" not in path and not path.startswith(("/v1/", "/admin/", "/hooks/", "/static/")):
            yield path


class Viewers:
    """Everybody signed in once; `problems` is what their browsers complained of."""

    def __init__(self, browser: Browser, stack: RunningStack) -> None:
        self._browser, self._stack = browser, stack
        self._pages: dict[str, Page] = {}
        self.foreign: list[str] = []
        self.problems: list[str] = []

    def page_of(self, name: str) -> Page:
        if name not in self._pages:
            page = sign_in(self._browser, self._stack, name)
            page.on("request", self._watch)
            page.on("console", self._listen)
            self._pages[name] = page
        return self._pages[name]

    def look_at(self, path: str) -> None:
        """As the first who may, in each look; what is wrong with the page is a problem."""
        for name in WHO:
            page = self.page_of(name)
            answer = page.goto(path)
            assert answer is not None, path
            if answer.status == 200:
                self.problems += looks.complaints(page)
                return
            if answer.status != 403:
                break
        self.problems.append(f"{path} answers {answer.status if answer else 'nothing'}")

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self._stack.url, "data:")):
            self.foreign.append(request.url)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "403" not in message.text:
            self.problems.append(message.text)


def test_every_page_is_accessible_and_loads_nothing_foreign(stack: RunningStack, browser: Browser, traffic: str) -> None:
    viewers = Viewers(browser, stack)
    pages = sorted(set(_whole_console(get_resolver().url_patterns)) - set(NO_PAGES))
    assert len(pages) > 30
    leading = [path for name in LEADING for path in _paths(viewers.page_of(name), name)]
    for path in (*pages, *OTHERS, *leading, f"/transfers/{traffic}/"):
        viewers.look_at(path)
    viewers.close()
    assert viewers.problems == []
    assert viewers.foreign == []


def test_an_event_opens_beside_the_list_and_closes_again(stack: RunningStack, browser: Browser, traffic: str) -> None:
    page = sign_in(browser, stack, "compliance")
    page.goto("/audit/?type=ledger.posted")
    page.locator("main tbody tr").first.click(position={"x": 5, "y": 5})
    drawer = page.locator("dialog#event")
    expect(drawer).to_be_visible()
    expect(drawer.locator("h2").first).to_contain_text("Posted")
    assert page.url.endswith("/audit/?type=ledger.posted")
    assert looks.complaints_now(page) == []
    drawer.locator("[data-close]").click()
    expect(drawer).not_to_be_visible()
    page.context.close()


def test_support_finds_a_transfer_by_any_of_its_names(stack: RunningStack, browser: Browser, traffic: str) -> None:
    page = sign_in(browser, stack, "support")
    names = stack.query("SELECT value FROM transfers_externalreference WHERE transfer_id = %s", [traffic])
    (own,) = stack.query("SELECT reference FROM transfers_transfer WHERE id = %s", [traffic])
    wanted = [*(value for (value,) in names), own[0], traffic]
    assert len(wanted) >= 5
    for name in wanted:
        page.goto(f"/search/?q={name}")
        assert f"/transfers/{traffic}/" in page.url or page.locator(f'a[href="/transfers/{traffic}/"]').count(), name


def test_an_operator_makes_a_withdrawal_in_the_console_and_cannot_decide_on_it(stack: RunningStack, browser: Browser) -> None:
    page = sign_in(browser, stack, "operator")
    page.goto("/transfers/new/?client=acme")
    page.locator("input[name=destination]:not([disabled])").first.check()
    page.fill("input[name=amount]", "30000.00")
    page.fill("input[name=reference]", "made in the console")
    page.click("main form .button-primary")
    page.click("main form .button-primary")
    expect(page.locator("h1")).to_contain_text("pproval")
    (row,) = stack.query(
        "SELECT approval_request_id FROM transfers_transfer WHERE client_reference = 'made in the console' AND made_by = 'operator'"
    )
    page.goto(f"/approvals/{row[0]}/")
    expect(page.locator(".decision-bar")).to_contain_text("You made it, so somebody else must decide it.")
    assert page.locator(".decision-bar button").count() == 0
