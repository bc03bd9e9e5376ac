"""What a client did wrong, as an HTTP status, a stable code and a sentence."""


class Problem(Exception):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class HangUp(Exception):
    """The connection ends without an answer, as it does when a bank's gateway dies."""
