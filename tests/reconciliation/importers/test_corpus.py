"""Every camt file of the corpus: read with its verified facts, or refused whole with line and reason."""

from itertools import pairwise

import pytest

from reconciliation.importers import registry
from reconciliation.importers.base import Refused
from reconciliation.importers.facts import facts
from tests.reconciliation.corpus import FACTS, OTHERS, READABLE, REFUSED, content, needs_corpus

pytestmark = needs_corpus


@pytest.mark.parametrize("name", READABLE)
def test_a_file_is_read_with_its_verified_facts(name: str) -> None:
    known = FACTS[name]
    assert known["verified"] is True
    read = facts(registry.read(content(name)))
    for fact in ("message", "statement_count", "entry_count", "total_credits", "total_debits"):
        assert read[fact] == known[fact], fact
    assert len(read["statements"]) == len(known["statements"])
    for ours, theirs in zip(read["statements"], known["statements"], strict=True):
        for fact in ("id", "account", "entries", "opening", "closing", "balances_add_up"):
            assert ours[fact] == theirs[fact], fact
    assert read["refused"] is None


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_a_statement_is_refused_with_line_and_reason(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        registry.read(content(name))
    assert refusal.value.line >= 1
    assert refusal.value.reason


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_are_refused_and_told_what_is_read(name: str) -> None:
    with pytest.raises(Refused, match=r"camt\.053"):
        registry.read(content(name))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("camt/syn_jpy_illegal_decimals.xml", "illegal_decimals"),
        ("camt/syn_entry_other_currency.xml", "entry_currency"),
        ("camt/genkgo_camt054.v8.xml", "details_differ"),
    ],
)
def test_what_is_odd_is_flagged(name: str, kind: str) -> None:
    flags = [flag for statement in facts(registry.read(content(name)))["statements"] for flag in statement["flags"]]
    assert [flag["kind"] for flag in flags] == [kind]
    assert flags[0]["line"] > 0


def test_a_collective_entry_becomes_its_parts_when_they_make_it_up() -> None:
    for name in READABLE:
        differing = len(FACTS[name]["detail_sums_differ"])
        lines = [line for statement in registry.read(content(name)).statements for line in statement.lines]
        assert sum(1 for line in lines for flag in line.flags if flag.kind == "details_differ") == differing, name
        for line in lines:
            assert sum(part.signed for part in line.movements()) == line.signed


def test_six_days_of_one_account_continue_each_other() -> None:
    days = ["2024-03-07", "seq_2024-03-08", "seq_2024-03-11", "seq_2024-03-12", "seq_2024-03-13", "seq_2024-03-14"]
    read = [registry.read(content(f"camt/subite_053_{day}.xml")).statements[0] for day in days]
    for before, after in pairwise(read):
        assert before.closing is not None
        assert after.opening is not None
        assert before.closing.amount == after.opening.amount
