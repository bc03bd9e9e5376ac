"""I7 of a campaign: the sealer is struck at each of its steps and goes on, and what contradicts a published checkpoint is found."""

import time
from pathlib import Path
from typing import Any

import pytest

from audit.anchors import configured, delivery
from audit.inspection import guards
from backoffice.campaign.processes import Nursery
from backoffice.campaign.sealing import PLACES, Sealing, published_findings
from backoffice.campaign.shots import How
from tests.audit.log import KEY, House, event, events, house, leaves
from tests.audit.log import db as db
from tests.ledger.lies import lie

__all__ = ["db", "house"]


@pytest.fixture
def sealing(house: House, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sealing:
    """Three events are sealed; the anchor has their checkpoint."""
    settings.AUDIT_LOG_KEY, settings.AUDIT_SIGNING_KEY = str(KEY.public()), KEY.text()
    settings.AUDIT_STATE_DIR, settings.DATABASE_ROLE_URLS = house.directory, {}
    settings.AUDIT_ANCHORS = {"disk": f"file://{tmp_path}/anchor"}
    # No release recorded the definitions of a test's database.
    monkeypatch.setattr(guards, "definitions_as_released", lambda _: None)
    events(3)
    house.seal(3)
    anchors = configured.anchors()
    delivery.register(anchors)
    delivery.deliver(anchors[0])
    return Sealing(Nursery(tmp_path / "log"))


@pytest.mark.timeout(240)
def test_it_is_struck_at_every_step_in_every_way_and_the_log_holds(sealing: Sealing) -> None:
    wanted, told, deadline = {f"{place} by {how}" for place in PLACES for how in How}, 3, time.monotonic() + 200
    # What other tests keep open on this server holds the horizon back: a round that has nothing to seal takes no step.
    while set(sealing.struck) != wanted and time.monotonic() < deadline:
        event(told)
        told += 1
        sealing.strike()
    assert set(sealing.struck) == wanted
    while leaves() < told and time.monotonic() < deadline:
        sealing.round()
    assert list(sealing.broken()) == []


def test_an_event_that_was_changed_after_it_was_sealed_is_found(sealing: Sealing) -> None:
    assert list(published_findings()) == []
    lie("UPDATE audit_event SET reason = 'another'", about=("audit_event",))
    assert list(published_findings()) != []


def test_a_checkpoint_that_is_gone_from_its_anchor_is_found(sealing: Sealing, tmp_path: Path) -> None:
    sealing.look_again()
    (tmp_path / "anchor").write_bytes(b"")
    sealing.look_again()
    assert sealing.findings == ["what the anchor held before is not what it begins with now"]
