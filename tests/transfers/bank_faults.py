"""Telling the running sandbox bank to go wrong, for the length of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.transfers.stack import Stack
from transfers.models import BankAccount, Leg, Transfer
from transfers.rails.trust import authorities


def ask(stack: Stack, method: str, path: str, body: dict[str, str] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {stack.rails.bank_token}"}
    answer = httpx.request(method, f"{stack.rails.bank_url}{path}", json=body, headers=headers, timeout=20, verify=authorities())
    assert answer.status_code == 200, answer.text
    return answer.json()


def arm(stack: Stack, kind: str, **settings: str) -> str:
    return str(ask(stack, "POST", "/sandbox/faults", {"kind": kind, **settings})["id"])


def call_off(stack: Stack, fault_id: str) -> None:
    ask(stack, "DELETE", f"/sandbox/faults/{fault_id}")


@contextmanager
def faulty(stack: Stack, kind: str, **settings: str) -> Iterator[None]:
    """Whatever of the order is left afterwards is called off."""
    fault_id = arm(stack, kind, **settings)
    try:
        yield
    finally:
        call_off(stack, fault_id)


def bookings(stack: Stack, transfer: Transfer) -> int:
    """How often the bank has this order in its books, by its own word."""
    leg = Leg.objects.get(transfer=transfer, rail="bank")
    iban = BankAccount.objects.get(account_code=leg.account_code).iban
    ask(stack, "POST", f"/statements/{iban}/close")
    return sum(page["content"].count(f"<EndToEndId>{leg.reference}</EndToEndId>") for page in statements(stack, iban))


def statements(stack: Stack, iban: str) -> Iterator[dict[str, Any]]:
    """Every statement that the bank gives out."""
    last, more = 0, True
    while more:
        answer = ask(stack, "GET", f"/statements/{iban}?after={last}")
        yield from answer["data"]
        last, more = answer["data"][-1]["sequence"] if answer["data"] else last, answer["has_more"]
