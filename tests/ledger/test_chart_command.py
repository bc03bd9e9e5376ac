"""manage.py chart: what an owner needs to bring an asset and its accounts into being, with their name on the trail."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from ledger.models import Account
from tests.ledger.house import ACME, FEES, USDC, deposit

pytestmark = pytest.mark.usefixtures("house")


def chart(*arguments: str) -> str:
    told = StringIO()
    call_command("chart", *arguments, stdout=told)
    return told.getvalue()


def test_an_asset_and_its_accounts_come_into_being_and_repeating_it_changes_nothing() -> None:
    opening = ("open", "nostro:bank:JPY", "--name", "Our bank, yen", "--kind", "nostro", "--asset", "JPY")
    assert chart("asset", "JPY") == "JPY: 0 digits after the point\n"
    assert chart(*opening) == "nostro:bank:JPY\tnostro, asset\tcollecting\topen\n"
    assert chart("asset", "JPY") + chart(*opening)
    assert Account.objects.filter(code="nostro:bank:JPY").count() == 1
    told = AuditEvent.objects.get(type="ledger.account_opened", resource_id="nostro:bank:JPY")
    assert told.actor_id.startswith("manage.py chart, ")
    assert "nostro:bank:JPY" in chart("list")


def test_an_account_changes_its_mode_and_closes_with_a_reason() -> None:
    assert chart("mode", FEES, "guarded", "--reason", "swept daily") == f"{FEES} is guarded\n"
    assert chart("close", FEES, "--reason", "never used") == f"{FEES} is closed\n"
    reasons = (
        AuditEvent.objects.filter(resource_id=FEES).exclude(reason="").order_by("recorded_at").values_list("reason", flat=True)
    )
    assert list(reasons) == ["swept daily", "never used"]


WRONG = {
    "a currency that ISO does not know": (("asset", "XXQ"), "ISO 4217"),
    "a token without its digits": (("asset", "USDT", "--network", "ethereum", "--contract", "0x" + "1" * 40), "needs its exponent"),
    "an asset that is not registered": (("open", "x", "--name", "x", "--kind", "wallet", "--asset", "NOPE"), "register it first"),
    "another content": (("open", ACME, "--name", "y", "--kind", "client_money", "--asset", USDC), "other content"),
    "client money that nothing locks": (
        ("open", "x", "--name", "x", "--kind", "client_money", "--asset", USDC, "--mode", "collecting"),
        "is_guarded_where_it_must_be",
    ),
    "an account with money": (("close", ACME, "--reason", "x"), "still has 5 posted"),
    "an account that is nowhere": (("mode", "nobody", "guarded", "--reason", "x"), "nobody"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_said_and_nothing_changes(name: str) -> None:
    arguments, why = WRONG[name]
    deposit("funds", ACME, 5)
    before = (list(Account.objects.order_by("code").values()), AuditEvent.objects.count())
    with pytest.raises(CommandError, match=why) as refusal:
        chart(*arguments)
    assert refusal.value.returncode == 2
    assert (list(Account.objects.order_by("code").values()), AuditEvent.objects.count()) == before
