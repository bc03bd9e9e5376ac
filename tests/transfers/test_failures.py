"""The failure catalogue is whole: whatever code can be raised, read from the syntax, has its entry; and all are shown."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework import exceptions as rest

from approvals.models import Halt
from approvals.queries.halts import halt_code
from tests.transfers.code_finder import Found, Program
from transfers.api import problems
from transfers.api.middleware import Problems
from transfers.failures import FAILURES, REFUSALS
from transfers.failures.rails import CODES, rail_code
from transfers.rails.base import RetryableError, TerminalError, UnknownOutcome

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = FAILURES | REFUSALS
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
# What REST framework itself refuses has a test of its own below.
OF_REST = {"transfers.api.translation: str(error.default_code)"}
ANSWERED = {rest.MethodNotAllowed.default_code, rest.NotAcceptable.default_code}
HALTS = {halt_code(Halt(scope=scope)) for scope in Halt.Scope.values}
OF_RAILS = {code for codes in CODES.values() for code in codes}


@cache
def found() -> Found:
    floors = ("transfers", "reconciliation", "backoffice/console")
    paths = [path.relative_to(ROOT) for floor in floors for path in (ROOT / floor).rglob("*.py")]
    ours = [path for path in paths if not {"migrations", "signer", "failures"} & set(path.parts)]
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in ours}
    return Program({name: (ROOT / path).read_text(encoding="utf-8") for name, path in names.items()}).found()


def test_every_code_that_can_be_raised_is_in_the_catalogue() -> None:
    assert {code for code in found().codes if CODE.fullmatch(code)} - CATALOGUE.keys() == set()


def test_no_code_is_kept_where_this_cannot_read_it() -> None:
    assert found().unread == OF_REST


def test_every_entry_can_happen() -> None:
    assert CATALOGUE.keys() - found().codes - OF_RAILS - HALTS - ANSWERED == set()


def test_what_a_rail_raises_has_an_entry_whoever_was_asked() -> None:
    assert FAILURES.keys() >= OF_RAILS
    assert rail_code(UnknownOutcome("no answer", provider="evm-2")) == "broadcast_unknown"
    assert rail_code(TerminalError("no", provider="signer")) == "signer_conflict"
    assert rail_code(RetryableError("closed", provider="bank")) == "bank_unavailable"
    assert rail_code(UnknownOutcome("no answer", provider="psp")) == "card_provider_unknown"
    assert rail_code(UnknownOutcome("no answer", provider="somebody")) == ""
    assert all(rail_code(RetryableError("away", provider=name)) for name in ("node", "node-2", "desk", "signer", "bank", "psp"))
    assert rail_code(RetryableError("who knows")) == ""


def test_every_problem_of_the_api_is_in_the_catalogue() -> None:
    assert set(problems._TITLES) - CATALOGUE.keys() == set()
    of_rest = [kind for kind in vars(rest).values() if isinstance(kind, type) and issubclass(kind, rest.APIException)]
    assert len(of_rest) > 8
    assert CATALOGUE.keys() >= ANSWERED


def test_what_is_refused_before_a_view_is_reached_is_in_the_catalogue() -> None:
    statuses = iter(range(400, 600))
    answers = Problems(lambda _: HttpResponse(status=next(statuses)))
    for status in range(400, 600):
        answer = answers(RequestFactory().get("/v1/transfers"))
        assert isinstance(answer, HttpResponse)
        assert (answer.status_code, json.loads(answer.content)["code"] in CATALOGUE) == (status, True)


def test_every_halt_is_in_the_catalogue() -> None:
    assert CATALOGUE.keys() >= HALTS


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_has_its_four_answers(code: str) -> None:
    entry = CATALOGUE[code]
    for answer in (entry.detection, entry.transition, entry.client_text, entry.operator_action):
        assert answer.strip()
        assert answer[-1] in ".:”"


def test_the_docs_show_the_catalogue_as_it_is() -> None:
    call_command("draw_failures", check=True)


@pytest.mark.django_db
def test_the_page_shows_every_code_and_links_its_runbook(client: Any, cast: Any) -> None:
    client.force_login(cast.auditor)
    page = client.get("/failures/").content.decode()
    for code in CATALOGUE:
        assert f'id="{code}"' in page
    assert "/runbooks/transfer-stuck-funds-locked/" in page
    assert "/failures/" in client.get("/runbooks/").content.decode()
    assert "/failures/#wallet_short" in client.get("/runbooks/transfer-stuck-quoted/").content.decode()
