"""A bank as the transfers see it: submit once, ask as often as needed, fetch statements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
import structlog

from transfers.rails.adapters import Adapter, Connection, Kind
from transfers.rails.bank import camt029, camt056, pain001, pain002
from transfers.rails.bank.camt029 import Resolution
from transfers.rails.bank.camt056 import RecallRequest
from transfers.rails.bank.client import BankClient, parsed
from transfers.rails.bank.pain001 import CreditTransfer
from transfers.rails.bank.pain002 import StatusReport
from transfers.rails.bank.xml import Unreadable
from transfers.rails.base import NotOffered, Recorder, Reservation, RetryableError, UnknownOutcome, forget
from transfers.rails.settings import RailSettings

NOT_FOUND = "NOTFOUND"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """`status` is an ISO 20022 status (ACTC, ACSP, ACSC, RJCT ...) or NOTFOUND, `reason` its code and words.
    The raw texts are evidence; `deviates` says how the answer strays from its schema."""

    status: str
    reason: str
    bank_reference: str
    raw_request: str
    raw_response: str
    deviates: str = ""

    @property
    def said(self) -> str:
        """Status and reason, and how the answer strays from its schema: the end of a sentence."""
        return f"{self.status}{f' ({self.reason})' if self.reason else ''}. {self.deviates}".rstrip()


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """`verdicts` by end-to-end id: status, reason, the bank's reference. Who is not in it has to be asked about."""

    verdicts: Mapping[str, tuple[str, str, str]]
    raw_request: str
    raw_response: str


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """`answer` is accepted, refused, pending or NOTFOUND, `reason` the bank's code and words. The raw texts are evidence;
    `deviates` says how the answer strays from its schema."""

    answer: str
    reason: str
    raw_request: str
    raw_response: str
    deviates: str = ""


class BankRail:
    """One instance per bank. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        name: str = "bank",
        timeout_s: float = 15.0,
        transport: httpx.BaseTransport | None = None,
        recorder: Recorder = forget,
    ) -> None:
        self.name = name
        self._client = BankClient(base_url, token, name=name, timeout_s=timeout_s, transport=transport, recorder=recorder)

    def close(self) -> None:
        """Give the connections back; the rail is not used afterwards."""
        self._client.close()

    def submit(self, transfer: CreditTransfer) -> BankAnswer:
        """Hand over a payment order. Repeating it under the same message id cannot pay twice.
        Raises RetryableError (it was not taken), TerminalError (it never will be) or UnknownOutcome (ask `status` first)."""
        message = pain001.build(transfer, created_at=datetime.now(UTC))
        response = self._client.send("/payments", message, content_type="application/xml")
        try:
            report = pain002.read(response.content)
            if report.original_message_id != transfer.message_id:
                raise Unreadable(f"the answer is about message {report.original_message_id}, not {transfer.message_id}")
            verdict, reference = report.verdict_on(transfer.end_to_end_id)
        except Unreadable as error:
            raise UnknownOutcome(f"the bank took the order but its answer cannot be read: {error}", provider=self.name) from error
        if verdict.is_about_a_duplicate:
            raise UnknownOutcome(
                f"the bank has had this order before ({verdict.reason}): ask what became of it", provider=self.name
            )
        return BankAnswer(verdict.status, verdict.reason, reference, message.decode(), response.text, report.deviates)

    def submit_many(self, transfers: Sequence[CreditTransfer], *, created_at: datetime) -> BatchAnswer:
        """Hand over one message with all of them; to repeat it unchanged cannot pay twice. Raises what `submit` does."""
        message_id = transfers[0].message_id
        message = pain001.build_many(transfers, created_at=created_at)
        response = self._client.send("/payments", message, content_type="application/xml")
        try:
            report = pain002.read(response.content)
        except Unreadable as error:
            raise UnknownOutcome(f"the bank took the message and its answer cannot be read: {error}", provider=self.name) from error
        if report.original_message_id != message_id:
            raise UnknownOutcome(f"the answer is about message {report.original_message_id}, not {message_id}", provider=self.name)
        if report.group is not None and report.group.is_about_a_duplicate:
            raise UnknownOutcome(f"the bank has had this message before ({report.group.reason})", provider=self.name)
        if report.deviates:
            log.warning("the answer to a message strays from its schema", message_id=message_id, said=report.deviates)
        return BatchAnswer(_verdicts(report, transfers), message.decode(), response.text)

    def status(self, end_to_end_id: str) -> BankAnswer:
        """What the bank says now. NOTFOUND means that the bank itself says it never took such an order. Raises RetryableError."""
        path = f"/payments/{quote(end_to_end_id, safe='')}"
        response = self._client.ask(path, unknown_code="payment_unknown")
        if response is None:
            return BankAnswer(NOT_FOUND, "the bank never took an order with this end-to-end id", "", f"GET {path}", "")
        try:
            report = pain002.read(response.content)
            verdict, reference = report.verdict_on(end_to_end_id)
        except Unreadable as error:
            raise RetryableError(f"the bank's answer cannot be read: {error}", provider=self.name) from error
        if verdict.is_about_a_duplicate:
            raise RetryableError(
                f"the bank speaks of a repeat of this order ({verdict.reason}), not of the order", provider=self.name
            )
        return BankAnswer(verdict.status, verdict.reason, reference, f"GET {path}", response.text, report.deviates)

    # What a bank has not of the five verbs, and what takes its place.

    def quote(self, order: CreditTransfer) -> BankAnswer:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("a payout has no price of its own: what it costs is agreed with the bank", provider=self.name)

    def reserve(self, order: CreditTransfer) -> Reservation:  # noqa: ARG002 - the verb of every rail
        raise NotOffered(
            "a bank reserves nothing: the nostro is pre-funded, and our books hold what is promised", provider=self.name
        )

    def cancel(self, reference: str) -> BankAnswer:  # noqa: ARG002 - the verb of every rail
        raise NotOffered("an order that was handed over is asked back by a recall, with its reason", provider=self.name)

    def recall(self, request: RecallRequest) -> RecallAnswer:
        """Ask for a payment back. Repeating it under the same id asks once. Raises what `submit` does."""
        message = camt056.build(request, created_at=datetime.now(UTC))
        response = self._client.send("/recalls", message, content_type="application/xml")
        try:
            found = _resolution(response.content, request.recall_id)
        except Unreadable as error:
            raise UnknownOutcome(f"the bank took the recall and its answer cannot be read: {error}", provider=self.name) from error
        return RecallAnswer(found.answer, found.reason, message.decode(), response.text, found.deviates)

    def recall_status(self, recall_id: str) -> RecallAnswer:
        """What the bank says now. NOTFOUND means that it says itself that it was never asked. Raises RetryableError."""
        path = f"/recalls/{quote(recall_id, safe='')}"
        response = self._client.ask(path, unknown_code="recall_unknown")
        if response is None:
            return RecallAnswer(NOT_FOUND, "the bank was never asked under this id", f"GET {path}", "")
        try:
            found = _resolution(response.content, recall_id)
        except Unreadable as error:
            raise RetryableError(f"the bank's answer cannot be read: {error}", provider=self.name) from error
        return RecallAnswer(found.answer, found.reason, f"GET {path}", response.text, found.deviates)

    def statements(self, iban: str, after_sequence: int) -> list[tuple[int, str, bytes]]:
        """Every statement after the given sequence number, oldest first: (sequence, file name, content). Raises RetryableError."""
        return list(self._statements(iban, after_sequence))

    def _statements(self, iban: str, after: int) -> Iterator[tuple[int, str, bytes]]:
        more = True
        while more:
            response = self._client.ask(f"/statements/{quote(iban, safe='')}", params={"after": str(after)})
            page, more = _page(parsed(response) if response is not None else None, self.name)
            for row in page:
                if row[0] <= after:
                    raise RetryableError(f"the bank lists statement {row[0]} after {after}", provider=self.name)
                after = row[0]
                yield row
            more = more and bool(page)


def _resolution(content: bytes, recall_id: str) -> Resolution:
    found = camt029.read(content)
    if found.recall_id != recall_id:
        raise Unreadable(f"the answer is about recall {found.recall_id or 'nothing'}, not {recall_id}")
    return found


def _verdicts(report: StatusReport, transfers: Sequence[CreditTransfer]) -> dict[str, tuple[str, str, str]]:
    """A rejected file rejects all; what the report passes over, or calls a repeat, is left out."""
    found = {}
    for transfer in transfers:
        try:
            verdict, reference = report.verdict_on(transfer.end_to_end_id)
        except Unreadable:
            continue
        if not verdict.is_about_a_duplicate:
            found[transfer.end_to_end_id] = (verdict.status, verdict.reason, reference)
    return found


def _page(body: Any, provider: str) -> tuple[list[tuple[int, str, bytes]], bool]:
    try:
        rows = [(int(row["sequence"]), str(row["name"]), str(row["content"]).encode()) for row in body["data"]]
        return rows, bool(body["has_more"])
    except (KeyError, TypeError, ValueError) as error:
        raise RetryableError(f"the bank's list of statements cannot be read: {error!r}", provider=provider) from error


def _named(settings: RailSettings) -> list[Connection]:
    return [Connection("bank", settings.bank_url, settings.bank_token)] if settings.bank_url else []


ISO20022_BANK = Adapter(
    name="bank",
    kind=Kind.BANK,
    build=lambda to, _, recorder: BankRail(to.url, to.token, name=to.code, recorder=recorder),
    named=_named,
    setting="BANK_URL",
    verbs=frozenset({"submit", "status"}),
    probe=lambda bank, sample: partial(bank.status, sample.reference),
    new_work=frozenset({"submit", "submit_many"}),
)
