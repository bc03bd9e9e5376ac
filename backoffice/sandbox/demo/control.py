"""Corridors, policy, limits and destinations of the demo company."""

from datetime import timedelta
from typing import Any

from eth_account import Account as EthAccount

from approvals.commands import add_destination, create_corridor, publish_policy_set, set_limit
from approvals.models import PolicySet
from backoffice.sandbox.demo import company
from ledger.money import Money
from ledger.queries import unit
from transfers.commands.conversion_terms import set_spread

FIRST_SET = 1


def minor(amount: str, asset_id: str) -> int:
    """Major units as written in `company`, to minor units of the asset."""
    return Money.parse(amount, unit(asset_id)).minor


def seed_control() -> None:
    """Corridors, the first policy set, and limits. Later sets are the operators' own and stay."""
    for corridor in (*company.CORRIDORS, *company.WITHIN):
        create_corridor(
            corridor_id=corridor.id,
            name=corridor.name,
            route=corridor.route,
            source_asset_id=corridor.source_asset,
            target_asset_id=corridor.target_asset,
            country=corridor.country,
            network=corridor.network,
            fee_bps=corridor.fee_bps,
            fee_minimum=minor(corridor.fee_minimum, corridor.source_asset),
            slippage_bps=corridor.slippage_bps,
        )
    for corridor_id, spread_bps in company.SPREADS_BPS.items():
        set_spread(corridor_id=corridor_id, spread_bps=spread_bps)
    if not PolicySet.objects.filter(version=FIRST_SET).exists():
        publish_policy_set(version=FIRST_SET, rules=[_in_minor_units(rule) for rule in company.POLICY_RULES])
    for limit in company.LIMITS:
        set_limit(asset_id=company.USDC, window=limit.window, amount=minor(limit.amount, company.USDC), client_id=limit.client_id)


def _in_minor_units(rule: dict[str, Any]) -> dict[str, Any]:
    (asset,) = rule["criteria"].get("asset", [company.USDC])
    criteria = {
        name: str(minor(value, asset)) if name in {"amount_from", "amount_below"} else value
        for name, value in rule["criteria"].items()
    }
    return {"quorum": 0, "role": "", **rule, "criteria": criteria}


def seed_destinations(client: company.DemoClient) -> dict[str, dict[str, str]]:
    """One address and one bank account per client, past their cooling-off. Gives them back as the API takes them."""
    crypto = {"type": "crypto_address", "network": company.NETWORK, "address": _outside_address(client.id)}
    for details, label in ((crypto, client.address_label), (client.bank_account, client.bank_account["name"])):
        add_destination(client_id=client.id, kind=details["type"], details=details, label=label, cooling_off=timedelta(0))
    return {"crypto_address": crypto, "bank_account": dict(client.bank_account)}


def seed_neighbours() -> None:
    """Each client has another one on its list, once all of them are there."""
    for client_id, other in company.NEIGHBOURS.items():
        details = {"type": "client_account", "client": other}
        add_destination(client_id=client_id, kind=details["type"], details=details, label=other.title(), cooling_off=timedelta(0))


def _outside_address(client_id: str) -> str:
    """The client's own address: derived from its name, so that every sandbox has the same one."""
    key = int.from_bytes(client_id.encode(), "big").to_bytes(32, "big")
    return str(EthAccount.from_key(key).address)
