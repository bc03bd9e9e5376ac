"""The outside of a test's house: its sources, what happens there, and reading it."""

import secrets
import time
from typing import Any

import httpx
from eth_account import Account as EthAccount
from eth_account.signers.local import LocalAccount

from audit import context
from audit.context import Actor
from reconciliation.commands.importing import import_statement
from reconciliation.commands.indexing import IndexRun, index_network
from reconciliation.commands.matching import MatchRun
from reconciliation.commands.reconciling import reconcile
from reconciliation.models import ExternalItem, Source, StatementFile
from tests.reconciliation.statement_files import document, entry, statement, transaction
from tests.sandbox.chain import signed_transfer
from tests.transfers.stack import Stack
from tests.transfers.world import World, drive_until
from transfers.models import BankAccount, Leg, Transfer
from transfers.rails.registry import rails
from transfers.rails.trust import authorities

NETWORK, BANK = "ethereum", "nordbank-mxn"
HOT, SETTLEMENT = "chain-hot-1", "chain-settlement-1"


def begin_to_read(stack: Stack) -> None:
    """Sources of both wallets and the peso account; what was there before counts for nothing."""
    head = int(stack.chain("eth_blockNumber"), 16)
    for code, wallet in ((HOT, "hot-1"), (SETTLEMENT, "settlement-1")):
        wallet_source(code, stack.addresses[wallet], f"wallet:{wallet}:USDC.ethereum", head + 1)
    bank_source(BankAccount.objects.get(code=BANK), last_sequence=close_statement(stack))


def _source(**row: Any) -> Source:
    with context.bind(Actor.system("test")):
        return Source.objects.create(**row)


def bank_source(account: BankAccount, *, last_sequence: int) -> Source:
    return _source(
        code=account.code,
        name=account.name,
        kind=Source.Kind.BANK_STATEMENT,
        account_identification=account.iban,
        account_code=account.account_code,
        last_sequence=last_sequence,
    )


def wallet_source(code: str, address: str, account_code: str, start_block: int) -> Source:
    return _source(
        code=code,
        name=code,
        kind=Source.Kind.CHAIN,
        account_identification=address,
        account_code=account_code,
        network=NETWORK,
        start_block=start_block,
    )


def index() -> IndexRun:
    return index_network(network=NETWORK, rail=rails().evm)


def everything_final(stack: Stack) -> None:
    stack.mine(stack.rails.final_depth)


def read_and_match(stack: Stack) -> MatchRun:
    """What `manage.py reconcile` does, once the last blocks are final."""
    everything_final(stack)
    return reconcile()


def confirmed(house: World, stack: Stack, amount: str = "100.00") -> Transfer:
    return drive_until(house.order(amount), "CONFIRMED", between=stack.mine)


def settled(house: World, stack: Stack) -> Transfer:
    """An off-ramp that the bank says it has paid."""

    def a_moment() -> None:
        stack.mine()
        time.sleep(0.1)

    return drive_until(house.off_ramp("100.00"), "FIAT_SETTLED", between=a_moment)


def bank(stack: Stack, path: str, body: dict[str, str] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {stack.rails.bank_token}"}
    answer = httpx.post(f"{stack.rails.bank_url}{path}", json=body or {}, headers=headers, timeout=20, verify=authorities())
    assert answer.status_code == 200, answer.text
    return answer.json()


def close_statement(stack: Stack) -> int:
    """The bank closes a statement of the peso account; its number."""
    iban = BankAccount.objects.get(code=BANK).iban
    return int(bank(stack, f"/statements/{iban}/close")["sequence"])


def bank_line(
    amount: str, *, direction: str = "DBIT", refs: str = "", parties: str = "", currency: str = "MXN", identification: str = ""
) -> StatementFile:
    """Import a statement of the peso account with one line."""
    account = BankAccount.objects.get(code=BANK).iban
    details = transaction(amount, refs=refs, currency=currency, parties=parties)
    line = entry(amount, direction=direction, currency=currency, details=details)
    content = document(statement([line], opening="", account=account, identification=identification or secrets.token_hex(4)))
    file = import_statement(
        source_code=BANK, name="hand.xml", content=content.replace(b"<Ccy>EUR<", b"<Ccy>MXN<"), imported_by="test"
    )
    assert file.status == StatementFile.Status.IMPORTED, file.refused_reason
    return file


def pesos(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def bank_leg(transfer: Transfer) -> Leg:
    return Leg.objects.get(transfer=transfer, rail="bank")


def stranger(stack: Stack, *, token: int) -> LocalAccount:
    """Somebody with tokens who is none of us."""
    account: LocalAccount = EthAccount.create()
    stack.fund(account.address, wei=10**18, token=token)
    return account


def pay_in(stack: Stack, amount: int) -> str:
    """A stranger sends tokens to the hot wallet; the transaction's hash."""
    raw, tx_hash = signed_transfer(stranger(stack, token=amount), stack.token, stack.addresses["hot-1"], amount, nonce=0)
    stack.chain("eth_sendRawTransaction", raw)
    stack.mine()
    return tx_hash


def statuses() -> dict[str, int]:
    """How many items have which end."""
    found = list(ExternalItem.objects.values_list("status", flat=True))
    return {status: found.count(status) for status in set(found)}
