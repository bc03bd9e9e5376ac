"""Seal status on the pages of the trail, and the proof that one takes away: a stranger checks it with the verifier alone."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse

from audit.models import AuditEvent
from audit.queries_sealing import LogStatus, log_status
from backoffice.console.audit import seals
from tests.audit.log import KEY, House, house
from tests.audit.log import db as db
from tests.audit.log import event as one_event
from tests.console.office import text_of

__all__ = ["db", "house"]


@pytest.fixture
def auditor(client, cast):
    client.force_login(cast.auditor)
    return client


@pytest.fixture
def sealed(house: House):
    """One event in the log, anchored at two places; another that waits."""
    house.now = _database_now()
    one_event(1)
    (known,) = AuditEvent.objects.filter(type="audit.tested", resource_id="1")
    house.seal(AuditEvent.objects.count())
    with connection.cursor() as cursor:
        for name in ("mail", "file"):
            cursor.execute("INSERT INTO audit_anchor (name, kind, every_s, active) VALUES (%s, %s, 60, true)", [name, name])
            newest = "SELECT %s, max(sequence) FROM audit_checkpoint"
            cursor.execute(f"INSERT INTO audit_anchor_delivery (anchor, sequence) {newest}", [name])
    one_event(2)
    return known


def _database_now() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])


def test_each_row_says_in_words_whether_it_is_sealed_and_where(auditor, sealed):
    response = auditor.get("/audit/", {"type": "audit.tested"})
    waiting, done = (row.seal for row in response.context["rows"])
    assert (waiting.word, waiting.detail) == ("waiting to be sealed", "")
    assert done.word == "sealed"
    assert done.detail.endswith("anchored at 2 places")
    page = text_of(response)
    assert "waiting to be sealed" in page
    assert done.detail in page
    assert done.short in page
    assert done.short.endswith("2 anchors")


def test_the_head_of_the_page_says_how_the_log_stands(auditor, sealed):
    response = auditor.get("/audit/")
    head = response.context["log"]
    assert (head.word, head.trouble, head.sealed, [line.anchor.name for line in head.anchors]) == (
        "sealed",
        "",
        f"{AuditEvent.objects.filter(recorded_at__lte=sealed.recorded_at).count():,}",
        ["file", "mail"],
    )
    assert "The log needs a look" not in text_of(response)


def test_the_page_of_an_event_names_its_anchors_and_offers_the_proof(auditor, sealed):
    page = text_of(auditor.get(reverse("console:audit-event", args=[sealed.id])))
    assert "file took it" in page
    assert "mail took it" in page
    assert reverse("console:audit-proof", args=[sealed.id]) in page


def test_a_stranger_checks_the_proof_with_the_verifier_alone(auditor, sealed, tmp_path):
    response = auditor.get(reverse("console:audit-proof", args=[sealed.id]))
    assert response["Content-Disposition"] == f'attachment; filename="proof-{sealed.id}.json"'
    bundle = tmp_path / "proof.json"
    bundle.write_bytes(response.content)
    assert json.loads(response.content)["format"] == "countersign-proof/1"
    command = [sys.executable, str(settings.BASE_DIR / "audit" / "verifier.py"), "--proof", str(bundle), "--key", str(KEY.public())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    given = AuditEvent.objects.get(type="audit.proof_given")
    assert (given.actor_id, given.resource_id) == ("auditor", str(sealed.id))


def test_what_is_not_sealed_has_no_proof_yet_and_says_why(auditor, sealed):
    waiting = AuditEvent.objects.get(type="audit.tested", resource_id="2")
    where = reverse("console:audit-event", args=[waiting.id])
    response = auditor.get(reverse("console:audit-proof", args=[waiting.id]), follow=True)
    assert response.redirect_chain == [(where, 302)]
    assert "is not sealed yet" in text_of(response)
    assert not AuditEvent.objects.filter(type="audit.proof_given").exists()


def test_only_who_reads_the_trail_takes_proofs(client, cast, sealed):
    client.force_login(cast.checker)
    assert client.get(reverse("console:audit-proof", args=[sealed.id])).status_code == 403
    client.force_login(cast.auditor)
    assert client.get("/audit/events/00000000-0000-7000-8000-000000000000/proof/").status_code == 404
    assert not AuditEvent.objects.filter(type="audit.proof_given").exists()


def test_a_refusal_of_the_sealer_stands_above_everything(auditor, sealed):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_seal_refusal (reason) VALUES ('the log was cut')")
    page = text_of(auditor.get("/audit/"))
    assert "The sealer refuses to sign: the log was cut." in page
    assert '<span class="badge badge-danger">refuses to seal</span>' in page


def test_an_anchor_that_fails_says_why(auditor, sealed):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_anchor SET attempts = 3, last_error = 'no route' WHERE name = 'mail'")
    assert "failed 3 times: no route" in text_of(auditor.get("/audit/"))


@pytest.mark.parametrize(
    ("signed_ago", "sealable_ago", "unsealed_ago", "word"),
    [
        (5, None, None, "sealed"),
        (5, 40, 40, "behind"),
        (5, None, 40, "held back"),
        (121, None, None, "silent"),
        (121, 40, 40, "silent"),
    ],
)
def test_the_worst_that_is_the_case_is_said(house: House, signed_ago, sealable_ago, unsealed_ago, word):
    house.round()
    newest = log_status().newest
    assert newest is not None
    now = newest.signed_at + timedelta(seconds=signed_ago)

    def ago(seconds):
        return None if seconds is None else now - timedelta(seconds=seconds)

    status = LogStatus(newest, 1, ago(unsealed_ago), ago(sealable_ago), None, "", (), now)
    assert seals._standing(status, now)[0] == word


def test_before_the_first_checkpoint_nothing_is_green(auditor, house: House):
    one_event(1)
    response = auditor.get("/audit/")
    assert response.context["log"].word == "not sealed yet"
    assert "none: nobody outside holds our checkpoints" in text_of(response)
