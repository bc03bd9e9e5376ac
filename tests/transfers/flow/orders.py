"""What clients and payers begin, on every route, and what people decide about it."""

from contextlib import suppress
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule

from approvals.errors import ApprovalsError
from reconciliation.commands.matching import match_open_items
from tests.transfers import cards
from tests.transfers.duplicates.test_banks import line
from tests.transfers.flow.outside import Outside
from tests.transfers.incoming import address_of
from tests.transfers.within import convert, pay
from tests.transfers.world import UNIT, World, acting
from transfers.commands.cancel import cancel
from transfers.commands.deposits.addresses import open_bank_reference
from transfers.commands.recall import recall
from transfers.commands.speed_up import speed_up
from transfers.errors import TransferError
from transfers.models import BankAccount, Transfer

REFUSED = (TransferError, ApprovalsError)
TRANSFERS = Bundle("transfers")
ROUTES = ("on_chain_withdrawal", "off_ramp", "internal_transfer", "conversion")


class Orders(RuleBasedStateMachine):
    world: World
    there: Outside
    ordered: int
    deposited: int
    paid_in: int

    @rule(target=TRANSFERS, amount=st.sampled_from(["12.00", "40.50", "5000.00"]), route=st.sampled_from(ROUTES))
    def order(self, amount: str, route: str) -> Any:
        ways = {
            "on_chain_withdrawal": self.world.order,
            "off_ramp": self.world.off_ramp,
            "internal_transfer": lambda amount: pay(self.world, amount),
            "conversion": lambda amount: convert(self.world, amount),
        }
        return self._made(lambda: ways[route](amount))

    @rule(target=TRANSFERS, amount=st.sampled_from(["20.00", "75.50"]))
    def charge_a_card(self, amount: str) -> Any:
        return self._made(lambda: cards.ordered(amount))

    def _made(self, order: Any) -> Any:
        with suppress(*REFUSED), transaction.atomic():
            made = order()
            self.ordered += 1
            return made.id
        return multiple()

    @rule(units=st.integers(2, 9))
    def pay_in_on_chain(self, units: int) -> None:
        self.deposited += 1
        self.there.pay(address_of().value, units * UNIT, tx=f"deposit-{self.deposited}")

    @rule(pesos=st.integers(100, 900), again=st.booleans())
    def pay_in_at_the_bank(self, pesos: int, again: bool) -> None:
        """A statement with one payment, now and then read a second time."""
        self.paid_in += 1
        reference = open_bank_reference(client_id="acme", account=BankAccount.objects.get(code="nordbank-mxn")).value
        line(f"{pesos}.00", f"S-{self.paid_in}", reference, refs=f"<AcctSvcrRef>B-{self.paid_in}</AcctSvcrRef>")
        for _ in range(2 if again else 1):
            match_open_items()

    @rule(transfer_id=TRANSFERS, decision=st.sampled_from(["approve", "approve", "approve", "reject"]), second=st.booleans())
    def vote(self, transfer_id: Any, decision: str, second: bool) -> None:
        transfer = Transfer.objects.get(pk=transfer_id)
        person = self.world.second_checker if second else self.world.checker
        if transfer.approval_request_id is not None:
            with suppress(*REFUSED), transaction.atomic():
                self.world.vote(transfer, person, decision)

    @rule(transfer_id=TRANSFERS, press=st.sampled_from([cancel, recall, speed_up]))
    def press(self, transfer_id: Any, press: Any) -> None:
        with acting(self.world.maker), suppress(*REFUSED), transaction.atomic():
            press(transfer_id, "no longer as agreed")
