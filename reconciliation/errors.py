"""Everything this floor can refuse or fail with.

ReconciliationError
├── Refused           a file of the outside cannot be taken; nothing of it is
├── UnknownSource     no such source, or not of the kind that was asked for
└── ChainRewritten    the chain changed below final depth: indexing stops until somebody has looked
"""


class ReconciliationError(Exception):
    """Root of the family."""


class Refused(ReconciliationError):
    """A file is refused whole. `line` is where the reader gave up, `reason` a sentence for an operator; `message` names the format
    as far as it was recognised."""

    def __init__(self, line: int, reason: str, message: str = "") -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason
        self.message = message


class UnknownSource(ReconciliationError):
    """Nothing can be imported for it."""


class ChainRewritten(ReconciliationError):
    """A block does not follow the one read before it, or a node contradicts itself about a final block. `block` is its number."""

    def __init__(self, sentence: str, *, block: int) -> None:
        super().__init__(sentence)
        self.block = block
