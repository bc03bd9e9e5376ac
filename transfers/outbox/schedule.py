"""When a message is tried again: over almost three days, ever less often, and never all at once."""

import random
from collections.abc import Callable

# Seconds after each failed try: 5 s to 24 h, about 68 hours in all. After the last the delivery has failed and waits for a replay.
PAUSES_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 57_600, 86_400)
# What a receiver may ask for by Retry-After.
LONGEST_ASKED_S = 3_600
# An address that fails is left in peace, 2, 4, 8 ... seconds for all that waits for it, so that it keeps nobody else waiting.
LONGEST_PEACE_S = 300
# Nothing was taken for so long: the address is switched off, and people are told.
GIVE_UP_AFTER_DAYS = 5
_chance = random.SystemRandom()


def pause_s(tries: int, asked_s: int | None = None, *, chance: Callable[[float, float], float] = _chance.uniform) -> int | None:
    """Seconds until the next try after `tries` failed ones; None when that was the last."""
    if tries > len(PAUSES_S):
        return None
    usual_s = PAUSES_S[tries - 1]
    jittered_s = int(chance(usual_s * 0.8, usual_s * 1.2))  # between 80 and 120 % of the usual seconds
    return max(jittered_s, min(asked_s or 0, LONGEST_ASKED_S))


def peace_s(failures: int) -> int:
    """For how long nothing is sent to an address after `failures` in a row."""
    return LONGEST_PEACE_S if failures > 8 else min(1 << failures, LONGEST_PEACE_S)
