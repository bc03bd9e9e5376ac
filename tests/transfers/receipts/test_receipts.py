"""Receipts: one when a transfer settles, signed, the same bytes for ever, superseded and never changed."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from pypdf import PdfReader

from approvals.commands import create_client
from audit.models import AuditEvent
from audit.sealing.keys import SigningKey
from tests.transfers.api.conftest import ALL, Caller, key_for, problem
from tests.transfers.bulk.payroll import carry_out, released, staff, wage
from tests.transfers.outbox.story import dispatch_all
from tests.transfers.tame import Tame
from tests.transfers.world import World, drive_until
from transfers.commands.cancel import cancel
from transfers.commands.returns import take_back
from transfers.errors import Unavailable
from transfers.failures import FAILURES
from transfers.models import Receipt, ReceiptOrder, Transfer
from transfers.receipts import jws, keys, make, payload
from transfers.receipts.make import make_due
from transfers.receipts.queries import document, faults


def made() -> int:
    dispatch_all()
    return make_due()


def settled(house: World) -> Transfer:
    transfer = drive_until(house.order(reference="invoice 7"), "CONFIRMED")
    made()
    return transfer


def test_a_payment_on_chain_gets_its_receipt_when_it_is_final(house: World, tame: Tame) -> None:
    transfer = settled(house)
    receipt = Receipt.objects.get()
    said = jws.verified(receipt.jws, keys.public_keys())
    assert said["says"] == "settled"
    assert said["transfer"]["transaction_id"] == str(transfer.pk)
    assert said["transfer"]["client_reference"] == "invoice 7"
    assert said["amounts"]["source"] == {"amount": "100.000000", "asset": "USDC.ethereum", "currency": "USDC"}
    assert said["amounts"]["fees"] == [{"kind": "withdrawal", "amount": "0.500000", "currency": "USDC"}]
    assert said["amounts"]["debited"] == {"amount": "100.500000", "currency": "USDC"}
    assert said["settlement"]["value_date"] == said["settlement"]["at"][:10]
    (leg,) = said["settlement"]["legs"]
    assert (leg["chain"]["network"], leg["chain"]["block_number"]) == ("ethereum", "7")
    assert {"kind": "tx_hash", "value": leg["chain"]["transaction_hash"]} in said["settlement"]["references"]
    assert said["destination"]["address"].startswith("0x")
    told = AuditEvent.objects.get(type="receipt.issued")
    assert (told.resource_id, told.transaction_id) == (str(receipt.pk), transfer.pk)


def test_a_payout_gets_it_when_the_bank_has_paid(house: World, tame: Tame) -> None:
    drive_until(house.off_ramp(), "FIAT_SETTLED")
    made()
    receipt = Receipt.objects.get()
    assert receipt.order.event.to_status == "FIAT_SETTLED"
    said = jws.verified(receipt.jws, keys.public_keys())
    assert said["amounts"]["target"]["currency"] == "MXN"
    assert said["amounts"]["rate"] == "17"
    kinds = {one["kind"] for one in said["settlement"]["references"]}
    assert {"tx_hash", "end_to_end_id", "bank_reference"} <= kinds


@pytest.mark.parametrize("ending", ["cancelled", "reverted", "waiting"])
def test_what_did_not_settle_gets_none(house: World, tame: Tame, ending: str) -> None:
    if ending == "cancelled":
        cancel(house.order().pk, "no")
    elif ending == "reverted":
        tame.reverts = True
        drive_until(house.order(), "FAILED")
    else:
        house.order("5000.00")
    made()
    assert (Receipt.objects.count(), ReceiptOrder.objects.count()) == (0, 0)


def test_it_is_made_once_and_its_bytes_stay(house: World, tame: Tame) -> None:
    transfer = settled(house)
    first = document(Receipt.objects.get())
    assert (made(), made()) == (0, 0)
    Transfer.objects.filter(pk=transfer.pk).update(last_error="whatever")
    assert document(Receipt.objects.get()) == first
    caller = Caller(key_for(house))
    answers = [caller.get(f"/v1/transfers/{transfer.pk}/receipt").content for _ in range(2)]
    assert answers == [first, first]
    pdfs = [caller.get(f"/v1/transfers/{transfer.pk}/receipt?format=pdf").content for _ in range(2)]
    assert pdfs[0] == pdfs[1]


def test_money_that_comes_back_makes_a_new_one_and_leaves_the_old_one_alone(house: World, tame: Tame) -> None:
    transfer = drive_until(house.off_ramp(), "FIAT_SETTLED")
    made()
    first = document(Receipt.objects.get())
    take_back(transfer_id=transfer.pk, bank_reason="AC04", evidence={})
    made()
    old, new = Receipt.objects.order_by("number")
    assert document(old) == first
    assert (new.number, new.says, new.supersedes_id) == (2, "undone", old.pk)
    said = jws.verified(new.jws, keys.public_keys())
    assert said["supersedes"]["receipt_id"] == str(old.pk)
    assert said["status_text"] == FAILURES["bank_returned"].client_text
    assert (said["settlement"]["previous_status"], said["settlement"]["status"]) == ("FIAT_SETTLED", "FAILED")
    caller = Caller(key_for(house))
    path = f"/v1/transfers/{transfer.pk}/receipt"
    assert caller.get(path).content == document(new)
    assert caller.get(f"{path}?number=1").content == first
    assert caller.get(f"{path}?number=3").status_code == 404


@pytest.mark.parametrize(
    "statement", ["UPDATE transfers_receipt SET jws = 'x'", "DELETE FROM transfers_receipt", "TRUNCATE transfers_receipt CASCADE"]
)
def test_the_database_refuses_to_change_one(house: World, tame: Tame, statement: str) -> None:
    settled(house)
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(statement)
    assert Receipt.objects.count() == 1


def test_the_database_refuses_one_that_nothing_ordered(house: World, tame: Tame) -> None:
    settled(house)
    receipt = Receipt.objects.get()
    with pytest.raises(IntegrityError, match="nothing that happened"), transaction.atomic():
        Receipt.objects.create(
            transfer=house.order(), number=1, says="settled", order=receipt.order, payload=b"{}", jws="x", key_id="x",
            issued_at=receipt.issued_at,
        )  # fmt: skip


def test_each_character_counts(house: World, tame: Tame, key: SigningKey) -> None:
    """Every part is changed, byte by byte: none of it verifies."""
    settled(house)
    text, known = Receipt.objects.get().jws, keys.public_keys()
    positions = [*range(0, len(text), 7), len(text) - 1]
    for position in positions:
        changed = "A" if text[position] != "A" else "B"
        with pytest.raises(jws.ReceiptRefused):
            jws.verified(text[:position] + changed + text[position + 1 :], known)
    other = SigningKey.generate("countersign.test/other")
    with pytest.raises(jws.ReceiptRefused, match="no key"):
        jws.verified(text, {keys.kid(other.public()): other.public().public})
    with pytest.raises(jws.ReceiptRefused, match="does not fit"):
        jws.verified(text, dict.fromkeys(known, other.public().public))


def test_a_stranger_verifies_it_with_the_published_keys_and_nothing_of_ours(house: World, tame: Tame) -> None:
    transfer = settled(house)
    answer = Caller(key_for(house)).get(f"/v1/transfers/{transfer.pk}/receipt").json()
    (published,) = Client().get("/v1/receipt_keys").json()["keys"]
    head, body, signature = answer["jws"].split(".")
    assert json.loads(_b64(head))["kid"] == published["kid"]
    public = Ed25519PublicKey.from_public_bytes(_b64(published["x"]))
    public.verify(_b64(signature), f"{head}.{body}".encode())
    assert json.loads(_b64(body)) == answer["receipt"]
    with pytest.raises(InvalidSignature):
        public.verify(_b64(signature), f"{head}.{body}A".encode())


def _b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_retired_key_still_verifies_what_it_signed(house: World, tame: Tame, settings: Any, key: SigningKey) -> None:
    settled(house)
    new = SigningKey.generate("countersign.test/receipts-2")
    settings.RECEIPT_SIGNING_KEY, settings.RECEIPT_KEYS = new.text(), f"{new.public()} {key.public()}"
    settled(house)
    assert list(faults(Receipt.objects.all())) == []
    assert len({receipt.key_id for receipt in Receipt.objects.all()}) == 2


def test_without_the_key_orders_wait(house: World, tame: Tame, settings: Any) -> None:
    own, settings.RECEIPT_SIGNING_KEY = settings.RECEIPT_SIGNING_KEY, ""
    drive_until(house.order(), "CONFIRMED")
    with pytest.raises(Unavailable):
        made()
    assert Receipt.objects.count() == 0
    settings.RECEIPT_SIGNING_KEY = own
    assert made() == 1
    assert Receipt.objects.count() == 1


def test_one_that_cannot_be_written_up_keeps_no_other_waiting(house: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = (drive_until(house.order(), "CONFIRMED") for _ in range(2))
    real = payload.written

    def written(order: ReceiptOrder, transfer: Transfer, **more: Any) -> bytes:
        if transfer.pk == bad.pk:
            raise LookupError("a row is missing")
        return real(order, transfer, **more)

    monkeypatch.setattr(make, "written", written)
    made()
    assert Receipt.objects.get().transfer_id == good.pk
    waiting = ReceiptOrder.objects.get(done_at=None)
    assert (waiting.transfer_id, waiting.tries, waiting.last_error) == (bad.pk, 1, "LookupError; see the log")


def test_a_single_transfer_does_not_wait_for_the_receipts_of_a_file(house: World, tame: Tame) -> None:
    released(house, [wage(name) for name in staff(2)])
    carry_out()
    assert dispatch_all() > 0
    single = drive_until(house.order(), "CONFIRMED")
    dispatch_all()
    assert make_due(limit=1) == 1
    assert Receipt.objects.get().transfer_id == single.pk
    assert make_due() == 2


def test_receipts_are_their_clients_alone(house: World, tame: Tame) -> None:
    transfer = settled(house)
    create_client(client_id="globex", name="Globex")
    other = Caller(key_for(house, *ALL, client_id="globex"))
    assert problem(other.get(f"/v1/transfers/{transfer.pk}/receipt"))["code"] == "not_found"
    waiting = house.order("5000.00")
    assert problem(Caller(key_for(house)).get(f"/v1/transfers/{waiting.pk}/receipt"))["code"] == "receipt_not_found"


def test_the_pdf_says_what_was_signed(house: World, tame: Tame) -> None:
    transfer = settled(house)
    made_pdf = Caller(key_for(house)).get(f"/v1/transfers/{transfer.pk}/receipt?format=pdf")
    assert made_pdf["Content-Type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made_pdf.content)).pages)
    for words in ("Payment receipt", transfer.reference, "100.000000 USDC", "0.500000 USDC", "100.500000 USDC"):
        assert words in text
    printed = text.replace("\n", "").replace(" ", "")
    assert Receipt.objects.get().jws in printed


def test_the_command_tells_genuine_from_tampered(house: World, tame: Tame, tmp_path: Path, capsys: Any) -> None:
    transfer = settled(house)
    genuine, bare, tampered, swapped = (tmp_path / name for name in ("a.json", "b.jws", "c.json", "d.json"))
    genuine.write_bytes(document(Receipt.objects.get()))
    bare.write_text(Receipt.objects.get().jws)
    shown = json.loads(genuine.read_text())
    shown["receipt"]["amounts"]["source"]["amount"] = "900.000000"
    swapped.write_text(json.dumps(shown))
    shown["jws"] = shown["jws"][:-2] + "AA"
    tampered.write_text(json.dumps(shown))
    call_command("verify_receipt", genuine, bare)
    call_command("verify_receipt", "--stored")
    for wrong in (tampered, swapped):
        with pytest.raises(SystemExit) as left:
            call_command("verify_receipt", wrong)
        assert left.value.code == 1
    with pytest.raises(SystemExit) as left:
        call_command("verify_receipt", tmp_path / "none")
    assert left.value.code == 2
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE transfers_receipt DISABLE TRIGGER USER")
        cursor.execute("UPDATE transfers_receipt SET payload = payload || ' '::bytea")
    with pytest.raises(SystemExit) as left:
        call_command("verify_receipt", "--stored")
    assert left.value.code == 1
    assert transfer.pk


def test_the_worker_makes_them_and_web_only_reads(house: World, tame: Tame) -> None:
    drive_until(house.order(), "CONFIRMED")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE countersign_worker")
        made()
        cursor.execute("SET ROLE countersign_web")
        assert Receipt.objects.count() == 1
        with pytest.raises(DatabaseError, match="denied"), transaction.atomic():
            cursor.execute("UPDATE transfers_receiptorder SET done_at = NULL")
        cursor.execute("RESET ROLE")
