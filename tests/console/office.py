"""What the tests of the console share: people, a withdrawal that waits for two approvers, and the forms as the pages send them."""

from typing import Any

from django.db import connection
from django.urls import reverse

from approvals.commands import create_client
from approvals.models import Client
from audit import clock, context
from audit.context import Actor
from backoffice.access.commands import grant_role, see_client
from backoffice.access.models import Operator
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from reconciliation.models import Source
from tests.transfers import world as worlds
from tests.transfers.world import ACCOUNT, UNIT, USDC, World
from transfers.models import BankAccount, Transfer

GLOBEX = "client:globex:USDC.ethereum"
POSITION = "position:USDC.ethereum/MXN:USDC.ethereum"


def url_of(transfer: Transfer, name: str = "approval") -> str:
    return reverse(f"console:{name}", args=[transfer.approval_request_id])


def ballot(transfer: Transfer, decision: str = "approve", **changes: Any) -> dict[str, Any]:
    """The form as the page sends it."""
    request = worlds.request_of(transfer)
    usual = {
        "decision": decision,
        "digest": bytes(request.digest).hex(),
        "revision": request.revision,
        "opened_at": clock.now().isoformat(),
    }
    more = {"confirm": transfer.destination_details["address"][-6:]} if decision == "approve" else {"reason": "not as agreed"}
    return usual | more | changes


def vote(browser: Any, transfer: Transfer, decision: str = "approve", **changes: Any) -> Any:
    return browser.post(url_of(transfer, "approval-decide"), ballot(transfer, decision, **changes))


def text_of(response: Any) -> str:
    """The page on one line."""
    return " ".join(response.content.decode().split())


def operator_with(cast: Any, role: str, *clients: Client) -> Operator:
    with context.bind(Actor.system("test")):
        made = Operator.objects.create_user(f"a-{role}", password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=made, role=role)
        for client in clients:
            see_client(operator=made, client=client)
    return made


def tamper(transfer: Transfer) -> None:
    """One digit of the amount, by somebody who owns the database and switches the guards off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE approvals_approvalrequest DISABLE TRIGGER ALL")
        cursor.execute("ALTER TABLE approvals_approvalrequest DROP CONSTRAINT approvals_request_digest_is_of_payload")
        cursor.execute(
            "UPDATE approvals_approvalrequest SET payload ="
            " convert_to(replace(convert_from(payload, 'UTF8'), '5000000000', '9000000000'), 'UTF8') WHERE id = %s",
            [transfer.approval_request_id],
        )
        assert cursor.rowcount == 1
        cursor.execute("ALTER TABLE approvals_approvalrequest ENABLE TRIGGER ALL")


def two_clients() -> World:
    """Acme's house, with Globex beside it, a conversion of Acme's, and a peso account whose statements are read."""
    built = worlds.build()
    create_client(client_id="globex", name="Globex")
    open_account(code=GLOBEX, name="Globex, client money", kind=AccountKind.CLIENT_MONEY, asset_id=USDC, owner="client:globex")
    _book("deposit/globex/1", "Globex pays in", Line.debit("wallet:hot-1:USDC.ethereum", 7 * UNIT), Line.credit(GLOBEX, 7 * UNIT))
    _book("conversion/1", "Conversion 1", Line.debit(ACCOUNT, 3 * UNIT), Line.credit(POSITION, 3 * UNIT))
    account = BankAccount.objects.get()
    Source.objects.create(
        code=account.code,
        name=account.name,
        kind="bank_statement",
        account_identification=account.iban,
        account_code=account.account_code,
    )
    return built


def _book(reference: str, description: str, *lines: Line) -> None:
    kind = reference.partition("/")[0]
    post(Posting(reference=reference, kind=kind, value_at=clock.now(), lines=lines, description=description))
