"""What a page offers is what its view lets pass: every press in the console, for every role."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from backoffice.access import commands
from backoffice.access.models import Operator
from backoffice.access.roles import ROLES
from backoffice.console.corrections.asks import MAY_CLOSE, MAY_CORRECT
from backoffice.console.files.page import CANCEL
from backoffice.console.transfers.actions import DOINGS
from backoffice.console.urls import urlpatterns
from backoffice.console.views import breaks, drills, file_upload, proofs, proposals, sweeping
from backoffice.console.webhooks.pages import MANAGE, REPLAY
from transfers.queries.actions import REFUND, RULES, Rule

pytestmark = pytest.mark.django_db
NOBODY = "00000000-0000-7000-8000-000000000000"
SAMPLES = {"UUIDConverter": NOBODY, "StringConverter": "none", "SlugConverter": "none", "PathConverter": "none"}
PAGES_OF_THEIR_OWN = {"decide": "approval-decide", "cancel": "transfer-cancel", "refund": "transfer-refund"}
# Every other press, with the permission that the page asks before it shows the button.
ASKED: dict[str, str] = {
    "transfer-new": "transfers.create_withdrawal",
    "transfer-convert": "transfers.create_withdrawal",
    "file-new": file_upload.UPLOAD,
    "file-preview": file_upload.UPLOAD,
    "file-cancel": CANCEL,
    "deposit-allocate": "ledger.request_correction",
    "deposit-send-back": "ledger.request_correction",
    "alert-acknowledge": "alerts.acknowledge_alert",
    "halt-system": "approvals.place_halt",
    "freeze": "approvals.place_halt",
    "halt-lift": "approvals.request_lift",
    "proofs-run": proofs.RUN,
    "correct-reverse": MAY_CORRECT,
    "correct-adjust": MAY_CORRECT,
    "correct-overdraft": MAY_CORRECT,
    "correct-period": MAY_CLOSE,
    "snapshot-verify": "ledger.view_account",
    "proposals": proposals.MANAGE,
    "sweep-now": sweeping.MANAGE,
    "levels": "transfers.manage_liquidity",
    "bank-calendar": "transfers.manage_calendar",
    "statements": breaks.IMPORT,
    "provider-enter": "transfers.enter_by_hand",
    "provider-take-out": "transfers.open_breaker",
    "provider-put-back": "transfers.close_breaker",
    "webhook-new": MANAGE,
    "webhook-rotate": MANAGE,
    "webhook-switch": MANAGE,
    "webhook-replay": REPLAY,
    "webhook-delivery-replay": REPLAY,
    "drill-arm": drills.RUN,
    "drill-off": drills.RUN,
}


@pytest.fixture
def browser(request: pytest.FixtureRequest, as_system: Any) -> Client:
    """Signed in with the roles that the test is called with."""
    commands.sync_roles()
    operator = Operator.objects.create_user("somebody", password="correct horse battery")
    for role in request.param:
        commands.grant_role(operator=operator, role=role)
    browser = Client()
    browser.force_login(operator)
    browser.holds = operator.get_all_permissions()  # type: ignore[attr-defined]
    return browser


def _press_of(rule: Rule) -> str:
    if rule.name in PAGES_OF_THEIR_OWN:
        return reverse(f"console:{PAGES_OF_THEIR_OWN[rule.name]}", args=[NOBODY])
    return reverse(DOINGS[rule.name].view, args=[NOBODY, rule.name])


def _pages() -> Iterator[tuple[str, str]]:
    """Every address of the console, about nothing, by its name."""
    for page in urlpatterns:
        given = {name: SAMPLES.get(type(one).__name__, 1) for name, one in page.pattern.converters.items()}
        yield str(page.name), reverse(f"console:{page.name}", kwargs=given)


@pytest.mark.parametrize("browser", [[role] for role in ROLES], ids=ROLES, indirect=True)
def test_each_role_may_press_exactly_what_a_transfers_page_offers_it(browser: Any) -> None:
    refused = {rule.name for rule in (*RULES, REFUND) if browser.post(_press_of(rule)).status_code == 403}
    assert refused == {rule.name for rule in (*RULES, REFUND) if rule.permission not in browser.holds}


@pytest.mark.parametrize("browser", [[role] for role in ROLES], ids=ROLES, indirect=True)
def test_each_role_may_press_exactly_what_the_other_pages_offer_it(browser: Any) -> None:
    urls = dict(_pages())
    refused = {name for name in ASKED if browser.post(urls[name]).status_code == 403}
    assert refused == {name for name, permission in ASKED.items() if permission not in browser.holds}


@pytest.mark.parametrize("browser", [list(ROLES)], ids=["everybody"], indirect=True)
def test_no_press_of_the_console_is_left_out(browser: Any) -> None:
    of_transfers = {doing.view.removeprefix("console:") for doing in DOINGS.values()} | set(PAGES_OF_THEIR_OWN.values())
    pressed = {name for name, url in _pages() if browser.post(url).status_code != 405}
    assert pressed == of_transfers | set(ASKED)
