"""Why the signer does not sign.

SignerError              carries the HTTP status and a stable code
├── BadRequest    400    the intent cannot be read
├── Conflict      409    this key or attempt was signed with other content
├── Refused       422    readable, but not something this signer signs
└── NotNow        503    the database or the node does not answer: the same call may be made again
ConfigurationError       the process must not start like this
"""


class SignerError(Exception):
    status = 500

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class BadRequest(SignerError):
    status = 400


class Conflict(SignerError):
    status = 409


class Refused(SignerError):
    status = 422


class NotNow(SignerError):
    status = 503


class ConfigurationError(Exception):
    """Said at the start, with the name of the setting."""
