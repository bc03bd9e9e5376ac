"""Which role opens which page: the whole table, walked."""

import pytest
from django.test import Client

from audit import context
from backoffice.access import commands
from backoffice.access.models import Operator
from backoffice.access.roles import ROLES

EVERYBODY = frozenset(ROLES)
PAGES: dict[str, frozenset[str]] = {
    "/": EVERYBODY,
    "/account/": EVERYBODY,
    "/account/password/": EVERYBODY,
    "/controls/": EVERYBODY,
    "/runbooks/": EVERYBODY,
    "/runbooks/process-dead/": EVERYBODY,
    "/styleguide/": EVERYBODY,
    "/controls/halt/": EVERYBODY - {"viewer", "support"},
    "/controls/freeze/": EVERYBODY - {"viewer", "support"},
    "/controls/00000000-0000-7000-8000-000000000000/lift/": frozenset({"approver", "admin", "compliance", "oncall", "treasury"}),
    **{
        path: frozenset({"admin", "compliance", "oncall"})
        for path in (
            "/audit/",
            "/audit/export/",
            "/audit/events/00000000-0000-7000-8000-000000000000/",
            "/audit/events/00000000-0000-7000-8000-000000000000/proof/",
            "/audit/resource/transfer/none/",
            "/audit/actor/nobody/",
            "/audit/configuration/",
            "/audit/configuration/client/none/",
        )
    },
    "/access/": frozenset({"admin", "compliance"}),
    **{
        path: EVERYBODY - {"support"}
        for path in (
            "/ledger/",
            "/ledger/accounts/none/",
            "/ledger/postings/none/",
            "/ledger/proofs/",
            "/ledger/trial-balance/",
            "/ledger/periods/",
            "/ledger/snapshots/",
            "/ledger/snapshots/00000000-0000-7000-8000-000000000000/",
            "/ledger/snapshots/00000000-0000-7000-8000-000000000000/verify/",
            "/ledger/statements/csv/none/",
            "/ledger/statements/pdf/none/",
            "/ledger/revenue/",
            "/ledger/revenue/csv/",
            "/ledger/revenue/entries/",
            "/ledger/revenue/entries/csv/",
            "/terminal/",
            "/terminal/proposals/",
            "/terminal/deposit-addresses/",
            "/terminal/bank-accounts/",
            "/terminal/bank-accounts/none/",
        )
    },
    **{
        path: frozenset({"operator", "treasury"})
        for path in (
            "/ledger/corrections/reverse/?posting=none",
            "/ledger/corrections/adjust/?posting=none",
            "/ledger/corrections/overdraft/?account=none",
        )
    },
    **dict.fromkeys(
        (
            "/webhooks/",
            "/webhooks/00000000-0000-7000-8000-000000000000/",
            "/webhooks/deliveries/00000000-0000-7000-8000-000000000000/",
        ),
        EVERYBODY,
    ),
    **{
        path: frozenset({"admin"})
        for path in (
            "/webhooks/new/",
            "/webhooks/00000000-0000-7000-8000-000000000000/rotate/",
            "/webhooks/00000000-0000-7000-8000-000000000000/switch/enable/",
        )
    },
    **{
        path: frozenset({"operator", "admin", "support", "oncall"})
        for path in (
            "/webhooks/00000000-0000-7000-8000-000000000000/replay/",
            "/webhooks/deliveries/00000000-0000-7000-8000-000000000000/replay/",
        )
    },
    "/transfers/00000000-0000-7000-8000-000000000000/receipts/1.pdf": EVERYBODY,
    "/transfers/00000000-0000-7000-8000-000000000000/wire/00000000-0000-7000-8000-000000000000/": EVERYBODY,
    "/providers/wire/00000000-0000-7000-8000-000000000000/": EVERYBODY - {"support"},
    "/files/": EVERYBODY,
    "/files/00000000-0000-7000-8000-000000000000/": EVERYBODY,
    "/files/00000000-0000-7000-8000-000000000000/results/": EVERYBODY,
    "/files/new/": frozenset({"operator"}),
    "/files/uploads/00000000-0000-7000-8000-000000000000/": frozenset({"operator"}),
    "/files/00000000-0000-7000-8000-000000000000/cancel/": frozenset({"operator"}),
    "/drills/": frozenset({"admin", "oncall"}),
    "/drills/bank/timeout/arm/": frozenset({"admin", "oncall"}),
    "/drills/bank/none/off/": frozenset({"admin", "oncall"}),
    "/ledger/corrections/period/?month=none": frozenset({"treasury"}),
    "/terminal/levels/?account=none": frozenset({"treasury"}),
    "/terminal/bank-accounts/none/calendar/": frozenset({"treasury"}),
    "/terminal/deposit-addresses/00000000-0000-7000-8000-000000000000/none/": frozenset({"treasury"}),
    "/ledger/proofs/run/": frozenset({"admin", "compliance", "oncall", "treasury"}),
    "/providers/": EVERYBODY - {"support"},
    "/providers/rates/": EVERYBODY - {"support"},
    "/providers/bank/": EVERYBODY - {"support"},
    "/providers/otc/enter/00000000-0000-7000-8000-000000000000/quote/": frozenset({"operator", "treasury"}),
    "/providers/bank/take-out/": frozenset({"operator", "approver", "oncall", "treasury"}),
    "/providers/bank/put-back/": frozenset({"approver", "treasury"}),
    "/reconciliation/breaks/": EVERYBODY - {"support"},
    "/transfers/00000000-0000-7000-8000-000000000000/refund/": frozenset({"operator"}),
    "/promotions/": EVERYBODY - {"support"},
    "/transfers/convert/?client=none": frozenset({"operator"}),
    "/deposits/": EVERYBODY - {"support"},
    "/deposits/00000000-0000-7000-8000-000000000000/allocate/": frozenset({"operator", "treasury"}),
    "/deposits/00000000-0000-7000-8000-000000000000/send-back/": frozenset({"operator", "treasury"}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_exactly_its_pages(role: str, as_system: context.Context):
    commands.sync_roles()
    operator = Operator.objects.create_user("somebody", password="correct horse battery")
    commands.grant_role(operator=operator, role=role)
    browser = Client()
    browser.force_login(operator)
    # A page that is allowed but about nothing (the lift of no halt) says 404, not 403.
    opened = {path for path in PAGES if browser.get(path).status_code != 403}
    assert opened == {path for path, allowed in PAGES.items() if role in allowed}


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_a_visitor_opens_none(path: str, client: Client):
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login/")


@pytest.mark.django_db
def test_an_operator_without_roles_sees_home_and_nothing_of_money(cast, client: Client):
    client.force_login(cast.outsider)
    opened = {path for path in PAGES if client.get(path).status_code == 200}
    assert opened == {"/", "/account/", "/account/password/", "/controls/", "/runbooks/", "/runbooks/process-dead/", "/styleguide/"}
