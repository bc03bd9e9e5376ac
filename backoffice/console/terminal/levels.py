"""The levels of one place as the terminal draws them: a bar from nothing to the top, with a mark for each level."""

from dataclasses import dataclass

from backoffice.console.bars import WIDTH
from backoffice.console.parts import Badge, Tone
from transfers.queries.liquidity import Liquidity, Verdict

_BADGES = {
    Verdict.SHORT: Badge("short", Tone.DANGER),
    Verdict.LOW: Badge("below minimum", Tone.LOOK),
    Verdict.HIGH: Badge("above maximum", Tone.LOOK),
    Verdict.FINE: Badge("within levels", Tone.DONE),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Places out of `width`. `words` says the same for those who do not see the bar."""

    liquidity: Liquidity
    badge: Badge | None
    filled: int
    marks: tuple[int, ...]
    words: str
    width: int = WIDTH


def drawn(liquidity: Liquidity | None) -> Drawn | None:
    """None for a place that nothing is paid from."""
    if liquidity is None:
        return None
    level = liquidity.level
    if level is None:
        badge = _BADGES[Verdict.SHORT] if liquidity.verdict is Verdict.SHORT else None
        return Drawn(liquidity, badge, 0, (), "")
    given = [amount for amount in (level.minimum, level.target, level.maximum) if amount is not None]
    # A little room above the highest mark, so that "above the maximum" can be seen.
    top = max(max(given) * 5 // 4, liquidity.expected, 1)
    words = f"{liquidity.expected * 100 // top} percent of the bar, marks at {', '.join(str(one * 100 // top) for one in given)}"
    return Drawn(
        liquidity,
        _BADGES[liquidity.verdict],
        max(liquidity.expected, 0) * WIDTH // top,
        tuple(min(one * WIDTH // top, WIDTH - 4) for one in given),
        words,
    )
