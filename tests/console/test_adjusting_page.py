"""Asking to adjust a posting by lines of one's own."""

from typing import Any

import pytest

from approvals.models import SEVERAL_CLIENTS, ApprovalRequest
from audit import clock, context
from audit.context import Actor
from ledger.commands import Line, adjust
from ledger.models import LedgerTransaction
from tests.console.office import GLOBEX, POSITION, text_of
from tests.console.test_corrections_approval import browser_of, page_of, vote
from tests.console.test_corrections_pages import WALLET, hidden
from tests.transfers.world import ACCOUNT

pytestmark = pytest.mark.django_db
URL = "/ledger/corrections/adjust/?posting=deposit/globex/1"


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


def filled(*rows: tuple[str, str, str], **more: str) -> dict[str, str]:
    """The form with these rows of account, side and amount."""
    given = {"lines-TOTAL_FORMS": str(len(rows)), "lines-INITIAL_FORMS": "0", "reason": "2 of the 7 were not theirs"}
    for number, row in enumerate(rows):
        given |= {f"lines-{number}-{name}": value for name, value in zip(("account", "side", "amount"), row, strict=True)}
    return given | more


LESS = ((GLOBEX, "debit", "2"), (WALLET, "credit", "2.00"))


def send(browser: Any, step: str, *rows: tuple[str, str, str], **more: str) -> Any:
    reference = hidden(browser.get(URL))["reference"]
    return browser.post(URL, filled(*rows, **({"reference": reference, "step": step} | more)))


def test_the_form_proposes_the_accounts_of_the_original_on_the_other_side(maker):
    form = maker.get(URL).context["form"]
    assert [(line["account"].value(), line["side"].value()) for line in form.lines] == [(WALLET, "credit"), (GLOBEX, "debit")]
    page = text_of(maker.get(URL))
    for words in ("a row without an amount is left out", "With the original", f'<option value="{ACCOUNT}">', "Account of line 2"):
        assert words in page, words


def test_more_lines_keep_what_was_typed(maker):
    page = send(maker, "more", *LESS)
    assert page.status_code == 200
    form = page.context["form"]
    assert [line["amount"].value() for line in form.lines][:2] == ["2", "2.00"]
    assert len(form.lines.forms) == 4
    assert "2 of the 7 were not theirs" in text_of(page)
    assert 'class="field-error"' not in page.content.decode()


def test_it_is_reviewed_asked_for_approved_and_booked(maker, cast):
    page = send(maker, "review", *LESS, ("", "debit", ""))
    text = text_of(page)
    for words in ("Adjust posting deposit/globex/1: 2.00 USDC", "before:", "5.00", "not theirs", "1 approval by people"):
        assert words in text, words
    back = maker.post(URL, hidden(page) | {"step": "change"})
    assert [line["amount"].value() for line in back.context["form"].lines][:2] == ["2", "2.00"]
    asked_for = maker.post(URL, hidden(page) | {"step": "ask"}, follow=True)
    assert "It waits for approval" in text_of(asked_for)
    request = ApprovalRequest.objects.get()
    assert (request.action, request.client_id, request.quorum) == ("ledger.correct", "globex", 1)
    assert not LedgerTransaction.objects.filter(adjusts__isnull=False).exists()
    vote(browser_of(cast.checker), request)
    booked = LedgerTransaction.objects.get(adjusts__reference="deposit/globex/1")
    assert (booked.kind, booked.description) == ("deposit.adjustment", "2 of the 7 were not theirs")
    assert booked.metadata["approval_request"] == str(request.pk)
    record = text_of(maker.get("/ledger/postings/deposit/globex/1/"))
    for words in ("Adjusted by", booked.reference, f"It is adjusted by {booked.reference}, which has to be reversed first."):
        assert words in record, words


def test_between_two_clients_only_who_sees_every_client_reads_it(maker, cast, limited):
    maker.force_login(cast.maker)
    page = send(maker, "review", (GLOBEX, "debit", "1"), (ACCOUNT, "credit", "1"))
    maker.post(URL, hidden(page) | {"step": "ask"})
    request = ApprovalRequest.objects.get()
    assert request.client_id == SEVERAL_CLIENTS
    assert "Adjust posting" in page_of(browser_of(cast.checker), request)
    assert "Several clients" in text_of(browser_of(cast.checker).get("/approvals/"))
    somebody = type(cast.maker).objects.get(username="a-operator")
    assert browser_of(somebody).get(f"/approvals/{request.pk}/").status_code == 404
    assert "Adjust posting" not in text_of(browser_of(somebody).get("/approvals/?show=pending"))


REFUSED: dict[str, tuple[tuple[tuple[str, str, str], ...], str]] = {
    "nothing": ((("", "debit", ""), ("", "debit", "")), "at least two lines with an amount"),
    "one line": (LESS[:1], "at least two lines with an amount"),
    "out of balance": ((LESS[0], (WALLET, "credit", "1.5")), "Debits are 2.00 USDC, credits 1.50 USDC: they have to be equal."),
    "two assets": ((LESS[0], ("nostro:nordbank-mxn:MXN", "credit", "2")), "Debits are 2.00 USDC, credits 0.00 USDC"),
    "an unknown account": ((("nobody", "debit", "2"), LESS[1]), "no open account of that code"),
    "no account": ((("", "debit", "2"), LESS[1]), "no open account of that code"),
    "no amount": (((GLOBEX, "debit", "two"), LESS[1]), "is not an amount"),
    "below nothing": (((GLOBEX, "debit", "-2"), LESS[1]), "above zero"),
    "more than there is": (((GLOBEX, "debit", "8"), (WALLET, "credit", "8")), "7.00 USDC available, and 8.00 USDC would be taken"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_lines_that_cannot_be_booked_come_back_with_the_reason(maker, name):
    rows, words = REFUSED[name]
    page = send(maker, "review", *rows)
    assert (page.status_code, words in text_of(page)) == (422, True)
    assert ApprovalRequest.objects.count() == 0


@pytest.mark.parametrize("more", [{"lines-TOTAL_FORMS": "1000"}, {"lines-TOTAL_FORMS": "x"}, {"reference": "x"}, {"reason": ""}])
def test_a_form_bent_by_hand_is_refused(maker, more):
    page = send(maker, "review", *LESS, **more)
    assert page.status_code == 422
    assert ApprovalRequest.objects.count() == 0


def test_accounts_of_others_cannot_be_named(limited):
    page = limited.get(URL)
    assert ACCOUNT not in text_of(page)
    refused = send(limited, "review", (ACCOUNT, "debit", "1"), (POSITION, "credit", "1"))
    assert (refused.status_code, "no open account of that code that you see" in text_of(refused)) == (422, True)


def test_an_adjusted_posting_that_was_put_right_again_may_be_reversed(maker):
    with context.bind(Actor.system("test")):
        lines = (Line.debit(GLOBEX, 1), Line.credit(WALLET, 1))
        adjust(reference_of="deposit/globex/1", reference="less", lines=lines, reason="x", value_at=clock.now())
    assert "which has to be reversed first" in text_of(maker.get("/ledger/postings/deposit/globex/1/"))
    with context.bind(Actor.system("test")):
        from ledger.commands import reverse

        reverse(reference_of="less", reference="less:back", reason="x", value_at=clock.now())
    assert "Ask to reverse it" in text_of(maker.get("/ledger/postings/deposit/globex/1/"))
