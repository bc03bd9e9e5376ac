"""Somebody's mailbox: a person who keeps what comes, or an archive that nobody here can reach."""

import smtplib
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from audit.anchors.base import AnchorFailed, Due

TIMEOUT_S = 10
_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_TEXT = """Please keep this message. It says what the audit trail of {origin} held when it was signed: {size} events.

If it is ever in doubt whether that trail was changed afterwards, whoever checks it will ask for the attached checkpoint.

{note}"""


@dataclass(frozen=True, slots=True)
class MailAnchor:
    """The newest checkpoint, at a pace that a mailbox can bear."""

    name: str
    address: str
    every_s: int
    kind: str = "mail"
    wants_all: bool = False

    def take(self, due: Due) -> str:
        """Returns once the mail server has taken the message."""
        note = due.newest
        message = EmailMessage(
            subject=f"Audit checkpoint of {note.origin}: {note.size} events",
            body=_TEXT.format(origin=note.origin, size=note.size, note=note.text),
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[self.address],
            connection=get_connection(_BACKEND, timeout=TIMEOUT_S),
        )
        # No text: mail rewrites the line ends of texts.
        message.attach("checkpoint.txt", f"{note.text}\n".encode(), "application/octet-stream")
        try:
            message.send()
        except (smtplib.SMTPException, OSError) as error:
            raise AnchorFailed(f"the mail server did not take it: {type(error).__name__}") from error
        return ""
