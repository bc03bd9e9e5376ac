"""AlertError
├── AlertUnknown      no alert has that id
└── AlertResolved     it ended before anybody could act on it
"""


class AlertError(Exception):
    """Root of the family."""


class AlertUnknown(AlertError):
    def __init__(self) -> None:
        super().__init__("There is no such alert.")


class AlertResolved(AlertError):
    def __init__(self, why: str) -> None:
        super().__init__(f"The alert resolved itself: {why}")
