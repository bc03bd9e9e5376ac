"""Money is never a float: a lint of our own over the floors that handle it, with samples that show what it catches."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.test_rules import ROOT, _tracked

MONEY_FLOORS = ("ledger", "approvals", "transfers", "reconciliation")
# These name the type in order to refuse it, or count nothing but requests and seconds.
EXEMPT = {"ledger/fields.py", "transfers/api/parsing.py", "transfers/rates.py", "transfers/api/throttling.py"}
# A float may count seconds; the line that holds it says so.
_SECONDS = re.compile(r"_s\b|second|timeout|interval|every|delay|wait|poll|monotonic", re.IGNORECASE)


def floats(source: str) -> Iterator[tuple[int, str]]:
    """Lines that hold a float literal or the type's name and do not speak of seconds."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        if is_literal or (isinstance(node, ast.Name) and node.id == "float"):
            line = lines[node.lineno - 1]  # type: ignore[attr-defined]
            if not _SECONDS.search(line):
                yield node.lineno, line.strip()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "bad",
    ["fee = 0.5", "amount = float(text)", "def pay(amount: float) -> None: ...", "x = amount * 1e6", "rate: float | None = None"],
)
def test_it_catches(bad: str) -> None:
    assert list(floats(bad)) == [(1, bad)]


@pytest.mark.parametrize(
    "good", ["timeout_s: float = 5.0", "amount = Decimal('0.5')", "time.sleep(0.25)  # seconds", "total = minor // 2"]
)
def test_it_lets_pass(good: str) -> None:
    assert list(floats(good)) == []


def test_no_float_comes_near_money() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in _tracked(*(f"{floor}/*.py" for floor in MONEY_FLOORS))
        if str(path.relative_to(ROOT)) not in EXEMPT and "/migrations/" not in str(path)
        for number, line in floats(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_ledger_divides_only_in_whole_units() -> None:
    """`/` makes a float of two ints; in the ledger it divides nothing but milliseconds for people to read."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _tracked("ledger/*.py")
        if "/migrations/" not in str(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and "milliseconds" not in ast.unparse(node)
    ]
    assert found == []
