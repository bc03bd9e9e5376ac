"""Money that the outside shows coming in, held against what arrived in our books.

A credit bears no name of ours as a payment does, so it is found by its own identity: transaction and log, or statement entry. What
arrived at a client's address without our having seen it is told to the floor below, which credits it by its own evidence; what
names no client is set aside there, with a break that ends when people have allocated it.
"""

from datetime import UTC, datetime, time
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.fields.json import KT

from audit import clock
from audit.commands import record
from ledger.chart import wallet_account_code
from ledger.models import Asset
from reconciliation.commands.breaks import resolve_break
from reconciliation.commands.item_breaks import break_arrival, break_unallocated
from reconciliation.matching import CERTAIN, Role
from reconciliation.models import Break, ExternalItem, Match
from reconciliation.queries import OPEN
from transfers import locks
from transfers.commands.deposits.addresses import WALLET
from transfers.commands.deposits.arrivals import Sight, see, see_again
from transfers.commands.deposits.watching import chain_identity
from transfers.deposit_references import references_in
from transfers.models import Arrival, BankAccount, DepositAddress, ManualEntry, Transfer, Wallet

_SET_ASIDE = "unallocated:"
RULE = "identity-of-arrival/1"
State = ExternalItem.Status
_ENDED = (Arrival.Status.CREDITED, Arrival.Status.RETURNED, Arrival.Status.TAKEN_BACK, Arrival.Status.SETTLEMENT)


def arrival_of(item: ExternalItem) -> Arrival | None:
    """The arrival that the item shows, seen now if it was not before; None for what is no arrival: money going out, an account we
    keep no books of, our own money coming home."""
    if item.direction != ExternalItem.Direction.CREDIT or not Asset.objects.filter(pk=item.currency).exists():
        return None
    if item.kind == ExternalItem.Kind.TOKEN_TRANSFER:
        return _on_chain(item)
    return _at_the_bank(item) if item.kind == ExternalItem.Kind.BANK_LINE else None


def settle_arrival(item: ExternalItem, arrival: Arrival) -> str:
    """Give the item its end where our books have moved; it stays unmatched until then."""
    if arrival.transfer_id is not None:
        locks.transfer(arrival.transfer_id)
        arrival.refresh_from_db()
    if not _is_booked_as_shown(item, arrival):
        break_arrival(item, arrival, "what the outside shows is not what was booked")
        return State.BREAK
    if arrival.status == Arrival.Status.GONE:
        break_arrival(item, arrival, "our books say that it is gone")
        return State.BREAK
    if arrival.status == Arrival.Status.SEEN:
        return State.UNMATCHED
    if arrival.transfer_id is None and arrival.status != Arrival.Status.TAKEN_BACK:
        break_unallocated(item, arrival)
        return State.BREAK
    match_arrival(item, arrival, Role.RECEIPT)
    return State.MATCHED


def _is_booked_as_shown(item: ExternalItem, arrival: Arrival) -> bool:
    return (arrival.amount, arrival.asset_id, arrival.account_code) == (item.amount, item.currency, _account_of(item))


def _about_arrival(path: str = "") -> Q:
    """Breaks about one item's arrival, by the beginning of their key."""
    return Q(**{f"{path}subject_key__startswith": _SET_ASIDE}) | Q(**{f"{path}subject_key__startswith": "arrival:"})


def match_allocated() -> int:
    """Items of arrivals that were set aside, or said to be gone, and are a client's by now, or have gone back: matched, breaks
    resolved; how many."""
    waiting = ExternalItem.objects.filter(_about_arrival("breaks__"), status=State.BREAK, breaks__status__in=OPEN)
    return sum(_match_allocated(item) for item in waiting.order_by("booked_at", "id"))


@transaction.atomic
def _match_allocated(item: ExternalItem) -> bool:
    found = Break.objects.select_for_update().filter(_about_arrival(), item=item, status__in=OPEN).first()
    arrival = Arrival.objects.filter(identity=identity_of(item), status__in=_ENDED).select_related("transfer").first()
    words = _ended_by(arrival, found) if arrival is not None and found is not None else ""
    if found is None or arrival is None or not words or not _is_booked_as_shown(item, arrival):
        return False
    match_arrival(item, arrival, Role.RECEIPT)
    item.status = State.MATCHED
    item.save(update_fields=["status"])
    resolve_break(found, words, transaction_id=_about(arrival))
    return True


def _ended_by(arrival: Arrival, found: Break) -> str:
    """How it ended, as a sentence; empty while it has not."""
    if arrival.status == Arrival.Status.TAKEN_BACK:
        return arrival.reason
    ended_by = _ending(arrival)
    if ended_by is None:
        return ""
    if arrival.status == Arrival.Status.RETURNED:
        return f"Sent back by transfer {ended_by.reference}."
    if arrival.status == Arrival.Status.SETTLEMENT:
        return arrival.reason
    given = "Allocated" if found.subject_key.startswith(_SET_ASIDE) else "Seen again and credited"
    return f"{given} to {ended_by.client_id} by transfer {ended_by.reference}."


def _ending(arrival: Arrival) -> Transfer | None:
    """The transfer that gave it to a client or back to where it came from, or that a desk paid for with it."""
    if arrival.status == Arrival.Status.RETURNED:
        return Transfer.objects.filter(send_back__arrival=arrival).latest("created_at")
    if arrival.status == Arrival.Status.SETTLEMENT:
        return ManualEntry.objects.select_related("transfer").get(details__arrival=arrival.reference).transfer
    return arrival.transfer


def _about(arrival: Arrival) -> UUID:
    """The transfer that its end belongs to; the arrival itself, of what was never anybody's."""
    ended_by = _ending(arrival)
    return arrival.pk if ended_by is None else ended_by.pk


def identity_of(item: ExternalItem) -> str:
    if item.kind == ExternalItem.Kind.TOKEN_TRANSFER:
        return chain_identity(item.source.network, item.references["tx_hash"], item.references["log_index"])
    return f"bank:{item.fingerprint}"


def _on_chain(item: ExternalItem) -> Arrival | None:
    known = Arrival.objects.filter(identity=identity_of(item)).select_related("transfer").first()
    if known is not None:
        return see_again(known.pk) if _is_back(known, item) else known
    source = item.source
    address = DepositAddress.objects.filter(network=source.network, value__iexact=source.account_identification).first()
    from_us = Wallet.objects.filter(network=source.network, address__iexact=item.counterparty).exists()
    # What we paid out for a client to an address of a client is that one's deposit, whoever of us sees it first.
    if (from_us and address is None) or not source.account_code:
        return None
    contract = Asset.objects.values_list("contract", flat=True).get(pk=item.currency)
    names = {"network": source.network, "token_contract": contract, "to": source.account_identification}
    return see(
        Sight(
            rail="evm",
            identity=identity_of(item),
            account_code=_account_of(item),
            asset_id=item.currency,
            amount=item.amount,
            value_at=min(item.booked_at, clock.now()),
            address=address,
            sender={"type": "crypto_address", "network": source.network, "address": item.counterparty},
            facts={**names, "tx_hash": item.references["tx_hash"], "log_index": item.references["log_index"]},
        )
    )


def _is_back(arrival: Arrival, item: ExternalItem) -> bool:
    """Whether it was given up before our index read it in a final block. What was read earlier has been held against it already."""
    gone = arrival.status == Arrival.Status.GONE and arrival.transfer is not None
    return gone and arrival.transfer is not None and item.imported_at > arrival.transfer.state_entered_at


def _account_of(item: ExternalItem) -> str:
    """Where it is in our books. An address of a client takes every token, each into the room that all addresses share."""
    source = item.source
    is_deposit = DepositAddress.objects.filter(network=source.network, value=source.account_identification).exists()
    is_token = item.kind == ExternalItem.Kind.TOKEN_TRANSFER
    return wallet_account_code(WALLET, item.currency) if is_token and is_deposit else source.account_code


def _at_the_bank(item: ExternalItem) -> Arrival | None:
    known = Arrival.objects.filter(identity=identity_of(item)).first()
    account = BankAccount.objects.filter(account_code=item.source.account_code).first()
    if known is not None or account is None:
        return known
    references = {kind: str(item.references.get(kind, "")) for kind in ("bank_reference", "end_to_end_id")}
    number = str(item.references.get("counterparty_account", ""))
    doubt = _is_miscounted(item) or _said_before(item, references["bank_reference"])
    return see(
        Sight(
            rail="bank",
            identity=identity_of(item),
            account_code=account.account_code,
            asset_id=item.currency,
            amount=item.amount,
            value_at=_value_time(item),
            address=None if doubt else _named(account, f"{item.text} {references['end_to_end_id']}"),
            doubt=doubt,
            sender={"type": "bank_account", "name": item.counterparty, "iban": number},
            facts={
                **references,
                "text": item.text,
                "statement": item.statement.identification if item.statement else "",
                "value_date": item.value_date.isoformat() if item.value_date else "",
            },
        )
    )


def _is_miscounted(item: ExternalItem) -> str:
    """Why its amount may be wrong: some amount of a statement that does not add up is, and it may be this one."""
    if item.statement is None or item.statement.balances_add_up is not False:
        return ""
    return "The statement that shows it does not add up. Compare it with a corrected one before it is given to anybody."


def _said_before(item: ExternalItem, bank_reference: str) -> str:
    """Why it may be a payment that another statement has shown in other words; empty where nothing says so. A bank's own reference
    is one payment's, or one batch's, which stands in one statement."""
    if not bank_reference:
        return ""
    alike = ExternalItem.objects.alias(named=KT("references__bank_reference")).filter(
        named=bank_reference,
        source=item.source,
        kind=item.kind,
        direction=item.direction,
        amount=item.amount,
        currency=item.currency,
    )
    others = alike.exclude(statement=item.statement).values_list("fingerprint", flat=True)
    before = Arrival.objects.filter(identity__in=[f"bank:{fingerprint}" for fingerprint in others]).order_by("seen_at").first()
    if before is None:
        return ""
    return f"Another statement showed {bank_reference} over the same amount, as arrival {before.reference}. Is it the same?"


def _named(account: BankAccount, text: str) -> DepositAddress | None:
    """The client whose reference the payer wrote; nobody when there are several: nobody may guess with other people's money."""
    named = DepositAddress.objects.filter(bank_account=account, value__in=references_in(text))[:2]
    return named[0] if len(named) == 1 else None


def _value_time(item: ExternalItem) -> datetime:
    """The start of its value date; for the bank's future the moment it was booked, since it is in our account from then on."""
    if item.value_date is None:
        return min(item.booked_at, clock.now())
    return min(datetime.combine(item.value_date, time(), UTC), clock.now())


def match_arrival(item: ExternalItem, arrival: Arrival, role: Role) -> None:
    """The item is this arrival, or its return."""
    Match.objects.create(
        item=item,
        transfer_id=_about(arrival),
        leg_reference=arrival.reference,
        role=role,
        rule=RULE,
        confidence=CERTAIN,
        matched_at=clock.now(),
    )
    record(
        type="reconciliation.matched",
        resource_type="external_item",
        resource_id=str(item.id),
        transaction_id=_about(arrival),
        metadata={"source": item.source_id, "role": role, "rule": RULE, "leg": arrival.reference},
    )
