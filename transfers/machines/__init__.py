"""The state machines as data: one file per route, collected here.

One table, read by everybody: the commands consult `may`, a migration copies the rows into the database where a trigger enforces
them, the diagrams are drawn from it, and a test walks every pair.
"""

from transfers.machines import (
    bank_deposit,
    card_deposit,
    card_refund,
    chain_deposit,
    conversion,
    deposit_sweep,
    internal_transfer,
    off_ramp,
    on_chain_withdrawal,
    send_back,
    treasury_move,
)
from transfers.machines.base import RouteMachine, Threshold
from transfers.states import Route, Row, Status

__all__ = ["CURRENT_VERSION", "MACHINES", "MILESTONES", "ROUTES", "RouteMachine", "Threshold", "may", "reaches"]

ROUTES: dict[Route, RouteMachine] = {
    Route.ON_CHAIN_WITHDRAWAL: on_chain_withdrawal.MACHINE,
    Route.OFF_RAMP: off_ramp.MACHINE,
    Route.CHAIN_DEPOSIT: chain_deposit.MACHINE,
    Route.BANK_DEPOSIT: bank_deposit.MACHINE,
    Route.INTERNAL_TRANSFER: internal_transfer.MACHINE,
    Route.CONVERSION: conversion.MACHINE,
    Route.CARD_DEPOSIT: card_deposit.MACHINE,
    Route.CARD_REFUND: card_refund.MACHINE,
    Route.TREASURY_MOVE: treasury_move.MACHINE,
    Route.DEPOSIT_SWEEP: deposit_sweep.MACHINE,
    Route.CHAIN_SEND_BACK: send_back.ON_CHAIN,
    Route.BANK_SEND_BACK: send_back.BY_BANK,
}
MACHINES: dict[tuple[Route, int], tuple[Row, ...]] = {
    (route, version): rows for route, machine in ROUTES.items() for version, rows in machine.versions.items()
}
CURRENT_VERSION: dict[Route, int] = {route: machine.current for route, machine in ROUTES.items()}
MILESTONES: dict[Route, tuple[Status, ...]] = {route: machine.milestones for route, machine in ROUTES.items()}


def may(route: Route, version: int, source: Status, target: Status) -> bool:
    """Whether this machine has a row from `source` to `target`."""
    return any(row.source == source and row.target == target for row in MACHINES[route, version])


def reaches(route: Route, version: int, target: Status) -> bool:
    """Whether this machine has any row to `target`: what has none never comes there."""
    return any(row.target == target for row in MACHINES[route, version])
