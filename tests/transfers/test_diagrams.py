"""The pictures of the machines show the machines, and the page in the docs shows these pictures."""

import xml.etree.ElementTree as ElementTree

import pytest
from django.core.management import call_command

from transfers.diagrams import mermaid, svg
from transfers.machines import MACHINES
from transfers.states import Route, Row, Status

MACHINE_VERSIONS = sorted(MACHINES)


@pytest.mark.parametrize(("route", "version"), MACHINE_VERSIONS)
def test_the_diagram_has_every_row_and_no_other(route: Route, version: int) -> None:
    arrows = [line.strip() for line in mermaid(route, version).splitlines() if "-->" in line and "[*]" not in line]
    assert arrows == [f"{row.source} --> {row.target}: {row.command}" for row in MACHINES[route, version]]


@pytest.mark.parametrize(("route", "version"), MACHINE_VERSIONS)
def test_the_drawing_is_well_formed_and_has_every_state_and_row(route: Route, version: int) -> None:
    rows: tuple[Row, ...] = MACHINES[route, version]
    drawing = ElementTree.fromstring(svg(route, version, Status.QUOTED, frozenset({Status.CREATED})))
    states = {text.text for text in drawing.iter("text")}
    assert states == {status.replace("_", " ").capitalize() for row in rows for status in (row.source, row.target)}
    assert len([path for path in drawing.iter("path") if path.get("class") == "machine-edge"]) == len(rows)
    assert "style" not in {name for element in drawing.iter() for name in element.attrib}


def test_exactly_the_present_state_is_marked() -> None:
    drawing = ElementTree.fromstring(svg(Route.OFF_RAMP, 1, Status.CONFIRMED))
    marked = [group.findtext("text") for group in drawing.iter("g") if "machine-current" in (group.get("class") or "")]
    assert marked == ["Confirmed"]


def test_the_architecture_page_shows_the_machines_as_they_are() -> None:
    call_command("draw_machines", check=True)
