"""Every page of the running sandbox as its users see it: axe finds nothing, nothing overflows, nothing foreign is loaded."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.stack.browsers import chromium, sign_in
from tests.stack.clients import Client
from tests.stack.harness import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OF_APPROVERS = (
    "/",
    "/approvals/",
    "/approvals/?show=pending",
    "/approvals/?show=decided",
    "/approvals/?show=made",
    "/transfers/",
    "/search/?q=acme",
    "/reconciliation/breaks/",
    "/reconciliation/breaks/?show=ended",
    "/reconciliation/statements/",
    "/ledger/",
    "/ledger/accounts/client:acme:USDC.ethereum/",
    "/ledger/accounts/client:acme:USDC.ethereum/?by=value_at&since=2026-01-01&at=2026-02-01T00:00",
    "/ledger/accounts/position:USDC.ethereum/MXN:MXN/",
    "/ledger/trial-balance/",
    "/ledger/trial-balance/?at=2026-02-01T00:00&by=value_at",
    "/ledger/proofs/",
    "/ledger/periods/",
    "/ledger/revenue/",
    "/ledger/revenue/?group=client",
    "/ledger/snapshots/",
    "/alerts/",
    "/controls/",
    "/runbooks/",
)
OF_OPERATORS = ("/transfers/new/", "/reconciliation/statements/")
OF_COMPLIANCE = (
    "/audit/",
    "/audit/?outcome=refused",
    "/audit/actor/seed_demo/",
    "/audit/resource/account/client:acme:USDC.ethereum/",
    "/audit/configuration/",
    "/audit/configuration/?kind=limit",
)
# Lists whose first row leads to a page worth looking at, by who looks.
LEADING = {
    "approver": (
        "/approvals/?show=pending",
        "/transfers/",
        "/reconciliation/breaks/",
        "/ledger/accounts/client:acme:USDC.ethereum/",
        "/ledger/revenue/",
    ),
    "operator": (),
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


def _complaints(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    overflow = [f"{page.url} is {wider} px wider than the screen"] if wider > 0 else []
    return overflow + [f"{page.url}: {one['id']} {[node['target'] for node in one['nodes']]}" for one in found]


def _paths(page: Page, name: str) -> list[str]:
    found = []
    for path in LEADING[name]:
        page.goto(path)
        first = page.locator("main tbody a").first.get_attribute("href")
        assert first, f"{path} shows no row"
        found.append(first)
    return found


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_every_page_is_accessible_and_loads_nothing_foreign(
    stack: RunningStack, browser: Browser, traffic: str, width: int, scheme: str
) -> None:
    foreign: list[str] = []
    problems: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith((stack.url, "data:")):
            foreign.append(request.url)

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    for name, paths in (("approver", OF_APPROVERS), ("operator", OF_OPERATORS), ("compliance", OF_COMPLIANCE)):
        page = sign_in(browser, stack, name)
        page.on("request", watch)
        page.on("console", listen)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        own = [*paths, *_paths(page, name), *([f"/transfers/{traffic}/"] if name == "approver" else [])]
        for path in own:
            answer = page.goto(path)
            assert answer is not None, path
            assert answer.status == 200, f"{path} answers {answer.status}"
            problems.extend(_complaints(page))
        page.context.close()
    assert problems == []
    assert foreign == []


def test_an_event_opens_beside_the_list_and_closes_again(stack: RunningStack, browser: Browser, traffic: str) -> None:
    page = sign_in(browser, stack, "compliance")
    page.goto("/audit/?type=ledger.posted")
    page.locator("main tbody tr").first.click(position={"x": 5, "y": 5})
    drawer = page.locator("dialog#event")
    expect(drawer).to_be_visible()
    expect(drawer.locator("h2").first).to_contain_text("Posted")
    assert page.url.endswith("/audit/?type=ledger.posted")
    assert _complaints(page) == []
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
