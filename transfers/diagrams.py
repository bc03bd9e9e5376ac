"""Pictures of the state machines, drawn from transfers.machines alone: Mermaid for the docs, SVG for the console."""

from collections.abc import Iterable
from html import escape

from transfers.machines import MACHINES, MILESTONES
from transfers.states import Route, Row, Status

_NODE_WIDTH = 124
_NODE_HEIGHT = 32
_GAP = 36
_MAIN_Y = 64
_EXIT_Y = 188
_MARGIN = 8
_ARROW = (
    '<defs><marker id="machine-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path class="machine-arrow" d="M0 0 8 4 0 8z"/></marker></defs>'
)


def mermaid(route: Route, version: int) -> str:
    """A `stateDiagram-v2` of one machine, for a fenced block in Markdown."""
    rows = MACHINES[route, version]
    sources = {row.source for row in rows}
    lines = ["stateDiagram-v2", "    direction LR", f"    [*] --> {Status.CREATED}"]
    lines += [f"    {row.source} --> {row.target}: {row.command}" for row in rows]
    lines += [f"    {status} --> [*]" for status in _statuses(rows) if status not in sources]
    return "\n".join(lines)


def svg(route: Route, version: int, current: Status | None = None, visited: frozenset[Status] = frozenset()) -> str:
    """One machine as SVG without styles or scripts: classes only, which suits a strict content security policy and both themes."""
    rows = MACHINES[route, version]
    places = _places(route, rows)
    width = max(x for x, _ in places.values()) + _NODE_WIDTH + _MARGIN
    height = _EXIT_Y + _NODE_HEIGHT + _MARGIN
    label = f"States of a transfer on route {route.value.replace('_', ' ')}, machine version {version}"
    parts = [
        f'<svg class="machine" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" ',
        f'aria-label="{escape(label)}">',
        _ARROW,
        *(_edge(row, places) for row in rows),
        *(_node(status, *place, current=status == current, visited=status in visited) for status, place in places.items()),
        "</svg>",
    ]
    return "".join(parts)


def _statuses(rows: Iterable[Row]) -> list[Status]:
    named = [status for row in rows for status in (row.source, row.target)]
    return list(dict.fromkeys(named))


def _places(route: Route, rows: tuple[Row, ...]) -> dict[Status, tuple[int, int]]:
    """Left upper corner of each state: the good day on one line, the ways out of it on another below."""
    step = _NODE_WIDTH + _GAP
    good_day = MILESTONES[route]
    exits = [status for status in _statuses(rows) if status not in good_day]
    places = {status: (_MARGIN + step * index, _MAIN_Y) for index, status in enumerate(good_day)}
    places |= {status: (_MARGIN + step * index + step // 2, _EXIT_Y) for index, status in enumerate(exits)}
    return places


def _node(status: Status, x: int, y: int, *, current: bool, visited: bool) -> str:
    kind = "current" if current else "visited" if visited else "ahead"
    text = status.words.capitalize()
    return (
        f'<g class="machine-state machine-{kind}"><rect x="{x}" y="{y}" width="{_NODE_WIDTH}" height="{_NODE_HEIGHT}" rx="8"/>'
        f'<text x="{x + _NODE_WIDTH // 2}" y="{y + 20}" text-anchor="middle">{text}</text></g>'
    )


def _edge(row: Row, places: dict[Status, tuple[int, int]]) -> str:
    (x1, y1), (x2, y2) = places[row.source], places[row.target]
    middle = _NODE_WIDTH // 2
    if y1 == y2 and x2 > x1:
        path = f"M{x1 + _NODE_WIDTH} {y1 + _NODE_HEIGHT // 2}H{x2 - 2}"
    elif y1 == y2:
        path = f"M{x1 + middle} {y1}C{x1 + middle} {y1 - 44} {x2 + middle} {y2 - 44} {x2 + middle} {y2 - 2}"
    else:
        bend = (y1 + _NODE_HEIGHT + y2) // 2
        path = f"M{x1 + middle} {y1 + _NODE_HEIGHT}C{x1 + middle} {bend} {x2 + middle} {bend} {x2 + middle} {y2 - 2}"
    return f'<path class="machine-edge" d="{path}" marker-end="url(#machine-arrow)"><title>{escape(row.command)}</title></path>'
