"""Whoever adds a press to the console sends it again in a test here, or says why it needs none."""

import importlib
import pkgutil

from backoffice.console.transfers.actions import DOINGS
from tests.access.test_posts import ASKED, PAGES_OF_THEIR_OWN
from tests.console import repeats

EXEMPT = {
    "proofs-run": "It asks a worker to prove the books, as the sweep does every minute; proving changes nothing.",
    "snapshot-verify": "It reckons a snapshot anew and says what came of it; the snapshot stays what it is.",
    "webhook-replay": "To send again is what it is for; every message keeps its id, and those that wait already are not added to.",
    "webhook-delivery-replay": "To send again is what it is for; the message keeps its id, by which the receiver knows it.",
    "drill-arm": "It exists in the sandbox alone: what a simulator is to do wrong is listed, and ordered twice it is done twice.",
    "drill-off": "It exists in the sandbox alone: an order that was called off is there no more.",
}


def pressed() -> set[str]:
    """Every press there is: tests/access/test_posts.py holds its lists against all addresses of the console."""
    return set(ASKED) | set(PAGES_OF_THEIR_OWN.values()) | {one.view.removeprefix("console:") for one in DOINGS.values()}


def repeated() -> set[str]:
    modules = [importlib.import_module(f"{repeats.__name__}.{found.name}") for found in pkgutil.iter_modules(repeats.__path__)]
    return {name for module in modules for test in vars(module).values() for name in getattr(test, "repeats", ())}


def test_every_press_is_made_again_in_some_test() -> None:
    assert sorted(pressed() - repeated() - EXEMPT.keys()) == []


def test_what_is_exempt_is_there_and_in_no_test() -> None:
    assert EXEMPT.keys() & repeated() == set()
    assert EXEMPT.keys() - pressed() == set()
