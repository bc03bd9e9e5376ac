"""Event types and outcomes as people say them. The names are regular, so their words are made from them."""

from audit import vocabulary

OUTCOMES = (("succeeded", "Done"), ("refused", "Refused"), ("failed", "Failed"))


def title(type: str) -> str:
    """`approvals.vote_cast` -> "Vote cast"."""
    return type.rpartition(".")[2].replace("_", " ").capitalize().replace("Api ", "API ")


def floor(type: str) -> str:
    """Where it happened: `approvals.vote_cast` -> "Approvals"."""
    return type.partition(".")[0].capitalize()


def types_by_floor() -> list[tuple[str, list[tuple[str, str]]]]:
    """The closed vocabulary as grouped choices of a select."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(vocabulary.known()):
        groups.setdefault(floor(name), []).append((name, title(name)))
    return list(groups.items())
