"""A high-value withdrawal from the client's call to RECONCILED, decided by two people in two browsers; and the final books."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stack.browsers import chromium, sign_in
from tests.stack.clients import USDC, Client, books, paid_on_chain
from tests.stack.harness import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def ana(browser: Browser, stack: RunningStack) -> Page:
    return sign_in(browser, stack, "approver")


@pytest.fixture(scope="module")
def bo(browser: Browser, stack: RunningStack) -> Page:
    return sign_in(browser, stack, "approver2")


def _open(page: Page, stack: RunningStack, transfer_id: str) -> None:
    (request,) = stack.query("SELECT approval_request_id FROM transfers_transfer WHERE id = %s", [transfer_id])
    page.goto("/approvals/")
    page.click(f'a[href="/approvals/{request[0]}/"]')


def _approve(page: Page, phrase: str) -> None:
    page.click(".decision-bar .button-primary")
    button = page.locator("dialog[open] .button-primary")
    expect(button).to_be_disabled()
    page.fill("dialog[open] input[name=confirm]", phrase)
    button.click()
    expect(page.locator("body")).to_contain_text("You approved it")


def _phrase(stack: RunningStack, kind: str) -> str:
    destination = stack.demo["destinations"]["acme"][kind]
    return str(destination.get("address") or destination["clabe"])[-6:]


def test_a_high_value_withdrawal_on_chain_ends_reconciled_with_the_right_books(stack: RunningStack, ana: Page, bo: Page) -> None:
    acme = Client(stack)
    before = acme.available()
    made = acme.withdraw("250000.00")
    assert made["status"] == "CREATED"
    assert made["approval"] == {"required": True, "status": "pending", "collected": 0, "quorum": 2}
    fee_bound = books(stack, made["transaction_id"]).on_hold - 250_000 * USDC
    assert fee_bound > 0
    assert before - acme.available() == 250_000 + fee_bound / USDC

    _open(ana, stack, made["transaction_id"])
    expect(ana.locator("h1")).to_contain_text("Acme Robotics withdraws 250,000.00 USDC")
    expect(ana.locator("main")).to_contain_text("Acme Robotics, client money, USDC")
    _approve(ana, _phrase(stack, "crypto_address"))
    assert acme.get(made["transaction_id"])["approval"]["collected"] == 1
    assert acme.get(made["transaction_id"])["status"] == "CREATED"
    _open_again = ana.locator(".decision-bar .button-primary")
    expect(_open_again).to_have_count(0)

    _open(bo, stack, made["transaction_id"])
    _approve(bo, _phrase(stack, "crypto_address"))
    done = acme.wait_for(made["transaction_id"], "RECONCILED", 90)

    fee = next(int(float(row["amount"]) * USDC) for row in done["fees"] if row["currency"] == "USDC")
    found = books(stack, made["transaction_id"])
    assert found.moved["client:acme:USDC.ethereum"] == -(250_000 * USDC + fee)
    assert found.moved["wallet:hot-1:USDC.ethereum"] == -250_000 * USDC
    assert found.moved["fees:withdrawal:USDC.ethereum"] == fee
    assert found.moved["gas:hot-1:ETH.ethereum"] == -found.moved["expense:network-fee:ETH.ethereum"] < 0
    assert found.postings == {"withdrawal": 1, "network_fee": 1}
    assert found.on_hold == 0
    assert paid_on_chain(stack, made["transaction_id"]) == 1


def test_a_high_value_off_ramp_ends_reconciled_with_the_right_books(stack: RunningStack, ana: Page, bo: Page) -> None:
    acme = Client(stack)
    made = acme.withdraw("120000.00", to_bank=True)
    for page in (ana, bo):
        _open(page, stack, made["transaction_id"])
        _approve(page, _phrase(stack, "bank_account"))
    done = acme.wait_for(made["transaction_id"], "RECONCILED", 90)

    found = books(stack, made["transaction_id"])
    paid = found.moved["nostro:nordbank-mxn:MXN"]
    assert -paid / 100 == float(done["target_amount"])
    assert found.moved["position:USDC.ethereum/MXN:USDC.ethereum"] == 120_000 * USDC
    assert found.moved["position:USDC.ethereum/MXN:MXN"] == paid
    assert found.moved["payable:payouts:MXN"] == 0
    assert found.moved["wallet:settlement-1:USDC.ethereum"] == -found.moved["wallet:hot-1:USDC.ethereum"] == 120_000 * USDC
    assert found.postings == {"conversion": 1, "wallet_movement": 1, "network_fee": 1, "payout": 1}
    assert found.on_hold == 0


def test_one_rejection_ends_it_and_gives_the_money_back(stack: RunningStack, ana: Page) -> None:
    acme = Client(stack)
    before = acme.available()
    made = acme.withdraw("130000.00")
    _open(ana, stack, made["transaction_id"])
    ana.click(".decision-bar .button-danger")
    ana.fill("dialog[open] textarea[name=reason]", "the client did not confirm it by phone")
    ana.click("dialog[open] .button-danger-solid")
    expect(ana.locator("body")).to_contain_text("You rejected it")
    ended = acme.get(made["transaction_id"])
    assert (ended["status"], ended["failure"]["code"]) == ("CANCELLED", "approval_rejected")
    assert acme.available() == before
    assert books(stack, made["transaction_id"]).moved == {}


def test_the_books_hold_after_all_of_it(stack: RunningStack) -> None:
    proved = stack.manage("verify_ledger", "--full", check=False)
    assert proved.returncode == 0, proved.stdout
