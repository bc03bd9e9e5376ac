"""Whether a message is from who it says: Standard Webhooks, over the raw bytes.

`webhook-signature` holds `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; several, separated by blanks, while a secret is
being rotated. Anything we cannot read is not signed.
"""

import re
from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError

from transfers.rails.inbox import NotGenuine

MAX_ID_LENGTH = 128
_ID = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)


def webhook_id(headers: Mapping[str, str]) -> str:
    """The sender's id for the message. Raises NotGenuine when there is none that could be kept."""
    return named(headers.get("webhook-id", ""))


def named(found: str) -> str:
    """The id, as it can be kept. Raises NotGenuine."""
    if not _ID.fullmatch(found):
        raise NotGenuine("The id of the message is missing or not 1 to 128 visible characters.")
    return found


def check(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raises NotGenuine: a header is missing, the time is over five minutes off, or no signature fits."""
    wanted = {name: headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    if missing := [name for name, value in wanted.items() if not value]:
        raise NotGenuine(f"The headers {', '.join(missing)} are missing.")
    try:
        Webhook(secret).verify(body, wanted, json_parse=False)
    except WebhookVerificationError as error:
        raise NotGenuine(f"{error}.") from error
    except ValueError as error:
        # Not UTF-8, or a signature that is not `version,base64`: the library lets these through as they are.
        raise NotGenuine(f"The signature cannot be read: {error}.") from error
