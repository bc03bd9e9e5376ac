"""How messages that a provider sends us by itself are known to be from it, and what they name.

NotGenuine     the message is refused; the sentence is for our own records
NotUnderstood  it is genuine, and kept until we can read it
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


class NotGenuine(Exception):
    """The message is refused; the sentence is for our own records."""


class NotUnderstood(Exception):
    """The body is not a message we know; kept, so that it can be read again once we do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """All three read headers (names in lower case) and the raw bytes, and believe nothing else.

    `identify` gives the sender's id of the message, by which a repeat is known: 1 to 128 visible characters. `check` is given the
    secret of the source as well. Both raise NotGenuine. `names` gives the references of ours that the message is about, and in
    words how it deviates from what is agreed, empty when it does not; it raises NotUnderstood. `keeps` are headers that are kept
    as evidence beside the usual ones.
    """

    identify: Callable[[Mapping[str, str], bytes], str]
    check: Callable[[str, Mapping[str, str], bytes], None]
    names: Callable[[bytes], tuple[tuple[str, ...], str]]
    keeps: tuple[str, ...] = ()
