"""The finder of failure codes sees a code on whatever way it takes to where it is kept, and says where it cannot see."""

import pytest

from tests.transfers.code_finder import Program

ROWS = 'ROWS = (("lost_it", "sign"),)\ndef f():\n    return next((code for code, _ in ROWS), "")\n'
METHOD = "class A:\n    def fail(self, code):\n        move(failure_code=code)\n"
WAYS = {
    "a literal": 'raise Refused("lost_it", "words")',
    "a keyword": 'raise Walled("words", code="lost_it")',
    "a constant": 'CODE = "lost_it"\nmove(failure_code=CODE)',
    "one of several constants": 'A, CODE = "", "lost_it"\nmove(failure_code=CODE)',
    "a constant of another module": "from transfers.words import CODE\nmove(failure_code=CODE)",
    "a constant of a module by its name": "from transfers import words\nmove(failure_code=words.CODE)",
    "a choice": 'move(failure_code="lost_it" if late else "")',
    "another word for nothing": 'def f(said):\n    code = said.code or "lost_it"\n    move(failure_code=code)',
    "the data of an event": 'note(data={"code": "lost_it", "more": 1})',
    "columns that are handed on": 'columns = {"last_error": f"lost_it: {words}"}',
    "the beginning of a text": 'CODE = "lost_it"\ndef f(why):\n    set_columns(last_error=f"{CODE}: {why}")',
    "the catalogue itself": 'words = FAILURES["lost_it"].detection',
    "a table": 'TABLE = {1: "lost_it"}\nmove(failure_code=TABLE[status])',
    "rows of a table": ROWS + "move(failure_code=f())",
    "what a function returns": 'def f(late):\n    return "lost_it" if late else ""\nmove(failure_code=f(1))',
    "a helper": 'def fail(what, code):\n    move(failure_code=code)\nfail(1, "lost_it")',
    "a helper of a helper": "from transfers.words import fail, CODE\ndef g(given):\n    fail(given)\ng(given=CODE)",
    "a helper of a module": 'from transfers import words\nwords.fail("lost_it")',
    "a method": METHOD + '    def f(self):\n        self.fail("lost_it")',
    "a default": 'def fail(code="lost_it"):\n    move(failure_code=code)',
    "an error of one code": 'class Lost(Refused):\n    def __init__(self):\n        super().__init__("lost_it", "words")',
    "an attribute of its class": 'class Lost(Exception):\n    code = "lost_it"',
}
WORDS = 'CODE = "lost_it"\ndef fail(code):\n    move(failure_code=code)\n'


@pytest.mark.parametrize("source", WAYS.values(), ids=WAYS.keys())
def test_it_finds_a_code_by(source: str) -> None:
    found = Program({"transfers.here": source, "transfers.words": WORDS}).found()
    assert ("lost_it" in found.codes, found.unread) == (True, set())


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("move(failure_code=made_up())", "made_up()"),
        ('move(failure_code="lost_" + what)', "'lost_' + what"),
        ("def fail(code):\n    raise Refused(code, 1)\nfail(somewhere)", "somewhere"),
        ("move(failure_code=transfer.reason)", "transfer.reason"),
    ],
)
def test_it_says_where_it_cannot_read(source: str, place: str) -> None:
    assert Program({"transfers.here": source}).found().unread == {f"transfers.here: {place}"}


def test_what_a_rail_says_in_its_providers_words_is_not_a_code_of_ours() -> None:
    assert Program({"transfers.rails.bank": 'raise TerminalError("no", code="AM04")'}).found().codes == set()


def test_an_importers_refusal_carries_no_code() -> None:
    sources = {
        "reconciliation.reading": "class Refused: ...\n",
        "reconciliation.here": "from reconciliation.reading import Refused\nRefused(7, 1)",
    }
    assert Program(sources).found().unread == set()
