"""The failure catalogue is whole: whatever code can be raised, read from the syntax, has its entry; and all are shown."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from rest_framework import exceptions as rest

from approvals.models import Halt
from approvals.queries.halts import halt_code
from transfers.api import problems
from transfers.failures import FAILURES, REFUSALS
from transfers.failures.rails import CODES, rail_code
from transfers.rails.base import RetryableError, TerminalError, UnknownOutcome

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = FAILURES | REFUSALS
# Where the code stands in the call: these carry it by position, the others by keyword.
POSITION = {"Refused": 0, "Waiting": 0, "Problem": 1, "_unauthenticated": 0}
KEYWORDS = {"failure_code", "last_error", "stopped_by"}
CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")


def _trees() -> Iterator[ast.AST]:
    for floor in ("transfers", "reconciliation", "backoffice/console"):
        for path in (ROOT / floor).rglob("*.py"):
            if not {"migrations", "signer", "rails"} & set(path.parts):
                yield ast.parse(path.read_text(encoding="utf-8"))


def _texts(node: ast.AST) -> Iterator[str]:
    """String constants that the expression may be or begin with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif isinstance(node, ast.JoinedStr) and node.values:
        yield from _texts(node.values[0])


def _raised() -> Iterator[str]:
    for tree in _trees():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            position = POSITION.get(getattr(call.func, "id", getattr(call.func, "attr", "")))
            if position is not None and len(call.args) > position:
                yield from _texts(call.args[position])
            for keyword in call.keywords:
                if keyword.arg in KEYWORDS:
                    yield from (text.partition(":")[0] for text in _texts(keyword.value))


def _assigned() -> Iterator[str]:
    """`code = "..."` in the commands: what is handed on by name."""
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "code" for target in node.targets):
                yield from _texts(node.value)


def test_every_code_that_can_be_raised_is_in_the_catalogue() -> None:
    found = {text for text in (*_raised(), *_assigned()) if CODE.fullmatch(text)}
    assert len(found) > 30
    assert found - CATALOGUE.keys() == set()


def test_what_a_rail_raises_has_an_entry_whoever_was_asked() -> None:
    assert {code for codes in CODES.values() for code in codes} <= FAILURES.keys()
    assert rail_code(UnknownOutcome("no answer", provider="evm-2")) == "broadcast_unknown"
    assert rail_code(TerminalError("no", provider="signer")) == "signer_conflict"
    assert rail_code(RetryableError("closed", provider="nordbank")) == "bank_unavailable"
    assert rail_code(RetryableError("who knows")) == ""


def test_every_problem_of_the_api_is_in_the_catalogue() -> None:
    assert set(problems._TITLES) - CATALOGUE.keys() == set()
    of_rest = [kind for kind in vars(rest).values() if isinstance(kind, type) and issubclass(kind, rest.APIException)]
    answered = {rest.MethodNotAllowed.default_code, rest.NotAcceptable.default_code}
    assert len(of_rest) > 8
    assert answered <= CATALOGUE.keys()


def test_every_halt_is_in_the_catalogue() -> None:
    assert {halt_code(Halt(scope=scope)) for scope in Halt.Scope.values} <= CATALOGUE.keys()


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
