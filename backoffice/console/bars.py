"""The arithmetic of a usage bar: widths in thousandths, drawn as SVG because inline styles are forbidden."""

from dataclasses import dataclass

WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Bar:
    """Widths out of 1000. `over` says that used and this together are more than there is."""

    used: int
    this: int
    over: bool
    width: int = WIDTH


def bar(*, used: int, this: int, total: int) -> Bar:
    """Integer arithmetic throughout: amounts may be wider than a float is exact."""
    if total <= 0:
        return Bar(0, WIDTH if this else 0, over=bool(this))
    used_width = min(WIDTH, used * WIDTH // total)
    end_width = min(WIDTH, (used + this) * WIDTH // total)
    # Something that is there is seen, however small its share.
    this_width = max(end_width - used_width, 6) if this else 0
    start = min(used_width, WIDTH - this_width)
    return Bar(start, this_width, over=used + this > total)
