"""Our own reading of the chain, from every node: blocks at final depth, the token transfers of our wallets in them, and what our
transactions cost.

The indexer shares no table with the driver. It follows blocks by parent hash; a block that does not continue the last one means
that the chain was rewritten below final depth; that stops the indexer with a critical break instead of being papered over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from audit import clock, context
from audit.context import Actor
from ledger.chart import wallet_account_code
from ledger.models import Asset
from reconciliation.commands import witnesses
from reconciliation.commands.breaks import open_break, resolve_break
from reconciliation.commands.chain_items import gas_item, token_items
from reconciliation.commands.witnesses import head_of
from reconciliation.errors import ChainRewritten
from reconciliation.models import Break, ExternalItem, IndexedBlock, Source
from reconciliation.queries import OPEN
from reconciliation.subjects import REWRITTEN, WITHHELD
from transfers.commands.deposits.addresses import WALLET
from transfers.models import DepositAddress
from transfers.rails.evm import EvmRail
from transfers.rails.evm.answers import Block, IndexedTransfer, Receipt
from transfers.rails.evm.nodes import EvmNodes, NodesDisagree

# Blocks read in one database transaction: small enough to commit often, large enough to catch up quickly.
BATCH = 200
# Of what a node withholds, so much is named.
_TOLD = 5
_INDEXER = Actor.system("chain-index")


@dataclass(frozen=True, slots=True)
class IndexRun:
    """`by_all`: every node that nobody has set aside was heard about each of the blocks, of which there were some."""

    blocks: int
    items: int
    head: int
    by_all: bool


def index_network(*, network: str, rail: EvmRail | EvmNodes) -> IndexRun:
    """Read every final block of `network` that was not read yet. Safe to run twice at once: the second finds the rows there.

    Raises ChainRewritten when a block does not follow the last one read.
    """
    if not _sources(network) and not _addresses(network):
        return IndexRun(0, 0, 0, by_all=False)
    head = head_of(rail)
    # After the head: whoever was paid in a final block had the address before it, so it is among these.
    _read_deposit_addresses(network)
    sources = _sources(network)
    final = head - rail.final_depth + 1
    first = _next_block(network, sources)
    blocks = items = 0
    by_all = first <= final
    while first <= final:
        last = min(first + BATCH - 1, final)
        shown, made = _index_range(network, sources, rail, first, last)
        blocks, items, first, by_all = blocks + (last - first + 1), items + made, last + 1, by_all and shown.by_all
    return IndexRun(blocks, items, head, by_all)


def _sources(network: str) -> list[Source]:
    return list(Source.objects.filter(kind=Source.Kind.CHAIN, network=network, active=True).exclude(start_block=None))


def _addresses(network: str) -> list[DepositAddress]:
    """Those of clients that have no source of their own yet."""
    rows = DepositAddress.objects.filter(kind=DepositAddress.Kind.CRYPTO_ADDRESS, network=network)
    read = set(Source.objects.filter(network=network).values_list("account_identification", flat=True))
    return [address for address in rows if address.value not in read]


def _read_deposit_addresses(network: str) -> None:
    """A source per address, from its first block on. It speaks for the one token of the network that we keep."""
    for address in _addresses(network):
        for asset_id in Asset.objects.filter(network=network, kind=Asset.Kind.TOKEN).values_list("id", flat=True):
            _keep_source(
                code=f"deposits-{address.value[2:18].lower()}",
                defaults={
                    "name": f"Deposits of {address.client_id} on {network}",
                    "kind": Source.Kind.CHAIN,
                    "account_identification": address.value,
                    "account_code": wallet_account_code(WALLET, asset_id),
                    "network": network,
                    "start_block": address.from_block,
                },
            )


def _keep_source(*, code: str, defaults: dict[str, Any]) -> None:
    with context.bind(_INDEXER):
        Source.objects.get_or_create(code=code, defaults=defaults)


def _next_block(network: str, sources: Iterable[Source]) -> int:
    last = IndexedBlock.objects.filter(network=network, canonical=True).order_by("-number").first()
    return last.number + 1 if last else min(source.start_block for source in sources if source.start_block is not None)


def _index_range(
    network: str, sources: list[Source], rail: EvmRail | EvmNodes, first: int, last: int
) -> tuple[witnesses.Shown, int]:
    """What the nodes show of these blocks, and how much of it is new."""
    assets = {asset.contract.lower(): asset for asset in Asset.objects.filter(network=network).exclude(contract="")}
    by_address = {source.account_identification.lower(): source for source in sources}
    shown = witnesses.read(rail, first, last, tuple(assets), tuple(by_address))
    _check_same_blocks(network, shown.headers, [*shown.logs, *shown.receipts])
    with transaction.atomic():
        for node, names in shown.withheld.items():
            report_withheld(network=network, node=node, first=first, last=last, names=names)
        blocks = _store_blocks(network, shown.headers)
        gas_asset = Asset.objects.get(network=network, kind=Asset.Kind.NATIVE)
        items = [item for log in shown.logs for item in token_items(log, assets[log.transfer.contract.lower()], by_address, blocks)]
        items += [gas_item(receipt, gas_asset, by_address, blocks) for receipt in shown.receipts]
        wanted = [
            item
            for item in items
            if item.source.start_block is not None and item.block and item.block.number >= item.source.start_block
        ]
        before = ExternalItem.objects.filter(fingerprint__in=[item.fingerprint for item in wanted]).count()
        ExternalItem.objects.bulk_create(wanted, ignore_conflicts=True)
        return shown, len(wanted) - before


def _check_same_blocks(network: str, headers: list[Block], read: Iterable[IndexedTransfer | Receipt]) -> None:
    """What was read with several questions must be about one chain."""
    hashes = {header.number: header.hash for header in headers}
    for found in read:
        if hashes.get(found.block_number) != found.block_hash:
            raise ChainRewritten(
                f"the node says of {found.transaction_hash} on {network} that it is in block {found.block_hash}, "
                f"but number {found.block_number} is {hashes.get(found.block_number)}",
                block=found.block_number,
            )


def _store_blocks(network: str, headers: list[Block]) -> dict[int, IndexedBlock]:
    previous = IndexedBlock.objects.filter(network=network, number=headers[0].number - 1, canonical=True).first()
    parent = previous.hash if previous else None
    for header in headers:
        if parent is not None and header.parent_hash != parent:
            raise ChainRewritten(
                f"block {header.number} of {network} follows {header.parent_hash}, but we read {parent} before it",
                block=header.number,
            )
        parent = header.hash
    now = clock.now()
    rows = [
        IndexedBlock(
            network=network,
            number=h.number,
            hash=h.hash,
            parent_hash=h.parent_hash,
            mined_at=datetime.fromtimestamp(h.timestamp, UTC),
            indexed_at=now,
        )
        for h in headers
    ]
    IndexedBlock.objects.bulk_create(rows, ignore_conflicts=True)
    stored = IndexedBlock.objects.filter(network=network, hash__in=[h.hash for h in headers], canonical=True)
    by_number = {block.number: block for block in stored}
    for header in headers:
        if header.number not in by_number:
            raise ChainRewritten(f"another process read another block {header.number} of {network}", block=header.number)
    return by_number


def report_withheld(*, network: str, node: str, first: int, last: int, names: list[str]) -> Break:
    """What a node does not show though another does, on the same blocks. It was read; why it was withheld, people find out."""
    return open_break(
        type=Break.Type.TIMING,
        severity=Break.Severity.HIGH,
        source=Source.objects.filter(kind=Source.Kind.CHAIN, network=network).earliest("code"),
        subject_key=f"{WITHHELD}{network}:{node}:{first}-{last}",
        title=f"{node} does not show everything on {network}",
        explanation=f"In blocks {first} to {last} another node shows {_few(names)}. It was read there and is matched as usual. "
        f"Find out why {node} does not show it, and switch it off if it lies.",
        currency="",
        expected=None,
        actual=None,
    )


def report_disagreement(*, network: str, error: NodesDisagree) -> Break:
    """Open the one critical break of nodes that tell different stories about final blocks. Once it has ended, a next time is
    another."""
    key = f"{_of_nodes(network)}{error}"
    times = Break.objects.filter(subject_key__startswith=key).exclude(status__in=OPEN).count()
    return open_break(
        type=Break.Type.TIMING,
        severity=Break.Severity.CRITICAL,
        source=Source.objects.filter(kind=Source.Kind.CHAIN, network=network).earliest("code"),
        subject_key=f"{key}#{times + 1}",
        title=f"The nodes of {network} contradict each other below final depth",
        explanation=f"{error}. Nothing on {network} is reconciled until they agree, or somebody switches the wrong one off.",
        currency="",
        expected=None,
        actual=None,
    )


@transaction.atomic
def end_disagreement(*, network: str) -> None:
    """Resolve what nodes contradicted each other about, since the same blocks were read in full: every node shows the same of them
    by now, but for those that people have set aside."""
    told = Break.objects.filter(subject_key__startswith=_of_nodes(network), status__in=OPEN)
    for found in told.order_by("id").select_for_update(of=("self",)):
        resolve_break(found, "Every node that is not switched off shows the same of these blocks since.")


def _of_nodes(network: str) -> str:
    return f"{REWRITTEN}{network}:nodes:"


def _few(names: list[str]) -> str:
    rest = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"{', '.join(names[:_TOLD])}{rest}"


def report_rewritten(*, network: str, error: ChainRewritten) -> Break:
    """Open the one critical break of a chain that was rewritten at this block. Once it has ended, a next time is another."""
    source = Source.objects.filter(kind=Source.Kind.CHAIN, network=network).earliest("code")
    return open_break(
        type=Break.Type.TIMING,
        severity=Break.Severity.CRITICAL,
        source=source,
        subject_key=f"{REWRITTEN}{network}:{error.block}",
        title=f"The {network} chain was rewritten below final depth",
        explanation=f"{error}. Indexing has stopped; nothing on {network} is reconciled until somebody has looked.",
        currency="",
        expected=None,
        actual=None,
    )
