"""Which pages and lists are read, each as its address; what names a row is looked up in the database that is visited."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.test import Client as Browser

from audit.models import AuditEvent
from backoffice.access.models import Operator
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.time_in_state import rules
from backoffice.bench.pages.house import DESK, FEW, OPERATOR
from backoffice.bench.pipeline.shapes import Caller
from backoffice.bench.report import BenchBroken
from backoffice.sandbox.demo import company
from ledger import chart
from transfers import queries
from transfers.api.listing import transfers_of
from transfers.models import ExternalReference, Transfer
from transfers.queries import TransferFilter
from transfers.states import Route, Status

_LIMIT = {"limit": 50}


@dataclass(frozen=True, slots=True)
class Visit:
    """`look` asks for it once; raises BenchBroken when it is not there."""

    name: str
    look: Callable[[], None]


class Visitor:
    """Somebody who looks at one database over and over."""

    def __init__(self, caller: Caller, every_nth: int = 1) -> None:
        self._browser, self._caller, self._every_nth = Browser(), caller, every_nth
        self._browser.force_login(Operator.objects.get(username=OPERATOR), "django.contrib.auth.backends.ModelBackend")

    def visits(self) -> list[Visit]:
        """The same ones every time, with what names a row in this database."""
        console = [*self._transfers(), *self._searches(), *self._desks(), *self._books(), *self._trail()]
        return [*console, *self._api(), _alert_rules()][:: self._every_nth]

    def _transfers(self) -> Iterator[Visit]:
        newest, middle = _newest(), _middle()
        yield self._page("home", "/")
        yield self._page("transfers", "/transfers/")
        yield self._page("transfers, halfway down", "/transfers/", after=_cursor(middle))
        for status in (Status.RECONCILED, Status.CREATED, Status.DROPPED, Status.QUOTED):
            yield self._page(f"transfers, {status}", "/transfers/", status=status.value)
        yield self._page("transfers, a common kind", "/transfers/", route="chain_send_back")
        yield self._page("transfers, a rare kind", "/transfers/", route="card_refund")
        yield self._page("transfers, a kind that never was", "/transfers/", route="card_deposit")
        yield self._page("transfers, a busy client", "/transfers/", client=self._caller.client)
        yield self._page("transfers, a client with few", "/transfers/", client=FEW)
        yield self._page("transfers, a busy client's dropped", "/transfers/", client=self._caller.client, status="DROPPED")
        yield self._page("transfers, stopped", "/transfers/", stopped="on")
        yield self._page("one transfer", f"/transfers/{newest.pk}/")
        yield self._page("one old transfer", f"/transfers/{middle.pk}/")

    def _searches(self) -> Iterator[Visit]:
        middle = _middle()
        tx_hash = ExternalReference.objects.get(transfer=middle, kind="tx_hash").value
        texts = {
            "reference": middle.reference,
            "hash": tx_hash,
            "client's reference": middle.client_reference,
            "part of it": middle.client_reference[-6:],
            "common amount": "1.00",
            "amount that never was": "7.77",
            "nothing": "no such thing",
        }
        for name, text in texts.items():
            yield self._page(f"search: {name}", "/search/", q=text)

    def _desks(self) -> Iterator[Visit]:
        for show in ("mine", "pending", "decided", "made"):
            yield self._page(f"approvals, {show}", "/approvals/", show=show)
        for show in ("open", "ended"):
            yield self._page(f"breaks, {show}", "/reconciliation/breaks/", show=show)
        for show in ("open", "resolved"):
            yield self._page(f"alerts, {show}", "/alerts/", show=show)
        yield self._page("providers", "/providers/")
        yield self._page("terminal", "/terminal/")
        yield self._page("unallocated", "/deposits/")
        yield self._page("metrics", "/metrics")

    def _books(self) -> Iterator[Visit]:
        wallet = chart.wallet_account_code(company.HOT_WALLET, company.USDC)
        yield self._page("ledger", "/ledger/")
        yield self._page("trial balance", "/ledger/trial-balance/")
        yield self._page("a client's account", f"/ledger/accounts/{chart.client_account_code(self._caller.client, company.USDC)}/")
        yield self._page("the wallet's account", f"/ledger/accounts/{wallet}/")

    def _trail(self) -> Iterator[Visit]:
        middle = _middle()
        event = AuditEvent.objects.filter(transaction_id=middle.pk).latest("recorded_at")
        granted = AuditEvent.objects.filter(correlation_id=DESK).latest("recorded_at")
        yield self._page("audit", "/audit/")
        filters = {
            "who": {"actor_id": event.actor_id},
            "what": {"type": event.type},
            "refused": {"outcome": "refused"},
            "a kind of thing": {"resource_type": event.resource_type},
            "one thing": {"resource_type": event.resource_type, "resource_id": event.resource_id},
            "one transfer": {"transaction_id": str(middle.pk)},
            "a conversation": {"correlation_id": event.correlation_id},
            "who and what": {"actor_id": "nobody", "type": event.type},
        }
        for name, wanted in filters.items():
            yield self._page(f"audit: {name}", "/audit/", **wanted)
        yield self._page("audit: one event", f"/audit/events/{granted.id}/")

    def _api(self) -> Iterator[Visit]:
        client = self._caller.client
        early = {"created_before": _middle(client).created_at + timedelta(seconds=1), "limit": 1}
        yield self._call("API: transfers", "/v1/transfers")
        yield self._call("API: transfers, halfway down", "/v1/transfers", cursor=str(transfers_of(client, early).next_cursor))
        for status in ("RECONCILED", "DROPPED", "QUOTED"):
            yield self._call(f"API: transfers, {status}", "/v1/transfers", status=status)
        yield self._call("API: transfers, by reference", "/v1/transfers", reference=_middle(client).client_reference)
        yield self._call("API: one transfer", f"/v1/transfers/{_middle(client).pk}")
        yield self._call("API: events", "/v1/events")
        yield self._call("API: balances", "/v1/balances")

    def _page(self, name: str, path: str, **query: str) -> Visit:
        return Visit(name, self._looking(path, query, {}))

    def _call(self, name: str, path: str, **query: str) -> Visit:
        return Visit(name, self._looking(path, query, {"Authorization": f"Bearer {self._caller.key}"}))

    def _looking(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Callable[[], None]:
        address = f"{path}?{urlencode(query)}" if query else path

        def look() -> None:
            answer = self._browser.get(address, headers=headers)
            if answer.status_code not in (200, 302):
                raise BenchBroken(f"{address} answered {answer.status_code}: {answer.content[:300]!r}")

        return look


def _alert_rules() -> Visit:
    """Not a page, but asked every few seconds."""

    def look() -> None:
        for rule in rules():
            rule.find()

    return Visit("alert rules: time in state", look)


def _newest() -> Transfer:
    return Transfer.objects.filter(status=Status.CONFIRMED).latest("created_at")


def _middle(client: str = "") -> Transfer:
    rows = Transfer.objects.filter(client_id=client) if client else Transfer.objects.all()
    span = rows.order_by("created_at").first(), rows.order_by("-created_at").first()
    if span[0] is None or span[1] is None:
        raise BenchBroken("there is no past")
    half = span[0].created_at + (span[1].created_at - span[0].created_at) / 2
    # One that people never had to do with, so that its page shows the same in every past.
    quiet = rows.filter(created_at__gte=half, status=Status.RECONCILED, route=Route.ON_CHAIN_WITHDRAWAL, approval_request=None)
    return quiet.exclude(pk__in=Alert.objects.values("transfer_id")).order_by("created_at")[0]


def _cursor(middle: Transfer) -> str:
    wanted = TransferFilter(clients=None, created_before=middle.created_at)
    return str(queries.transfer_page(wanted, limit=1).next_cursor)
