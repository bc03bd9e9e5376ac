"""What is refused at the door: the problems of the client API, and why an operator's or a process's request is not taken.

Nothing comes into being by them, so `transition` is the same for nearly all; `client_text` is how the client gets in.
"""

from transfers.failures.base import Failure

_NOTHING = "No transfer comes into being and no money moves; the attempt is on the audit trail."
_UNTOUCHED = "Nothing was read or written."
_SAME = "The transfer stays as it is."
_HALT = "See the halt's reason under Controls. Lifting needs two people."
_CLIENT = "Nothing, unless the client asks: the answer names the field."


def _refusal(code: str, detection: str, client_text: str, operator_action: str = _CLIENT, transition: str = _NOTHING) -> Failure:
    return Failure(code, detection, transition, client_text, operator_action, ends=True)


ENTRIES: tuple[Failure, ...] = (
    _refusal("account_frozen", "The client is not active, or a halt covers it.", "Contact support.", _HALT),
    _refusal("corridor_halted", "A halt covers the corridor.", "Send the same request again when the corridor is open.", _HALT),
    _refusal("asset_halted", "A halt covers the asset.", "Send the same request again when the asset is back.", _HALT),
    _refusal("destination_frozen", "A halt covers the destination.", "Contact support.", _HALT),
    _refusal("provider_halted", "A halt covers the provider.", "Send the same request again later.", _HALT),
    _refusal("system_halted", "Everything is halted.", "Send the same request again when we are back.", _HALT),
    _refusal(
        "authentication_required", "The request carries no API key.", "Send the key as a bearer token.", transition=_UNTOUCHED
    ),
    _refusal(
        "invalid_api_key",
        "The key is unknown, revoked, expired or used from a place that is not allowed.",
        "Use a key in force.",
        "Check the key's state with the client; the log never has its text.",
        _UNTOUCHED,
    ),
    _refusal(
        "scope_missing",
        "The key may not do this.",
        "Use a key with the scope, or ask us for one.",
        "Grant the scope only when the client's people asked for it.",
        _UNTOUCHED,
    ),
    _refusal("forbidden", "The caller may not use this address.", "Use another key.", transition=_UNTOUCHED),
    _refusal(
        "rate_limited",
        "The key sends more than it may.",
        "Wait as Retry-After says.",
        "Raise the rate only when the traffic is theirs.",
        _UNTOUCHED,
    ),
    _refusal(
        "signature_invalid",
        "A message's signature does not fit its body or time.",
        "Sign with the present secret.",
        "Compare the secret with the sender's. Many of them: somebody tries.",
        _UNTOUCHED,
    ),
    _refusal("malformed_json", "The body is not the JSON that is accepted.", "Send strict JSON without repeated names."),
    _refusal("unsupported_media_type", "The content type is not JSON.", "Send application/json.", transition=_UNTOUCHED),
    _refusal("payload_too_large", "The body is larger than any request can be.", "Send less at once.", transition=_UNTOUCHED),
    _refusal("method_not_allowed", "The address does not take this method.", "See the API's description.", transition=_UNTOUCHED),
    _refusal(
        "not_acceptable", "The client accepts no type that we answer with.", "Accept application/json.", transition=_UNTOUCHED
    ),
    _refusal("not_found", "There is nothing of the caller's own under that name.", "Check the id.", transition=_UNTOUCHED),
    _refusal("receipt_not_found", "The transfer is not settled yet.", "Ask again when it is.", "Nothing.", _UNTOUCHED),
    _refusal("invalid_cursor", "The cursor was not given out by us.", "Begin with the first page.", transition=_UNTOUCHED),
    _refusal("invalid_parameter", "A query parameter cannot be read.", "See the errors.", transition=_UNTOUCHED),
    _refusal("invalid_request", "Fields are missing, unknown or not acceptable.", "See the errors, one per field."),
    _refusal(
        "invalid_amount", "The amount is no positive decimal string with the asset's digits.", "Send major units as a string."
    ),
    _refusal(
        "invalid_destination",
        "The destination is malformed, not on the client's list, blocked or cooling off.",
        "Use one of the list, or wait.",
        "Add destinations only after the call-back.",
    ),
    _refusal("unsupported_currency", "No active corridor fits currencies, network and country.", "Choose another pair."),
    _refusal("corridor_ambiguous", "More than one corridor fits.", "Name one of those in the answer."),
    _refusal(
        "policy_denied",
        "The policy denies it, or there is none in force.",
        "Contact support.",
        "Read the decision's trace. No rule in force: publish one.",
    ),
    _refusal(
        "limit_exceeded",
        "It would exceed a limit, counting what is in flight.",
        "Order less, or tomorrow.",
        "Raise a limit only by the usual two people.",
    ),
    _refusal("insufficient_funds", "The available balance does not cover amount and highest fee.", "Order less, or pay in first."),
    _refusal("idempotency_key_missing", "A creation without an Idempotency-Key.", "Send a new key for each transfer."),
    _refusal("idempotency_key_invalid", "The key is too long or not printable.", "Use 1 to 255 printable characters."),
    _refusal("idempotency_key_reused", "The key was used for another body.", "Use a new key for a new transfer."),
    _refusal("idempotency_in_progress", "The first request under this key still runs.", "Send it again in a moment.", "Nothing."),
    _refusal("idempotency_response_dropped", "The refusal stored under this key is no longer kept.", "Use a new key."),
    _refusal("quote_expired", "The quote's time is up.", "Ask for a new one."),
    _refusal(
        "invalid_quote", "The named quote is not the client's, not firm, or for another order.", "Ask for a quote and name it."
    ),
    _refusal("nothing_to_replay", "Every message since then was taken.", "Nothing is missing.", transition=_UNTOUCHED),
    _refusal("webhook_disabled", "The address is switched off.", "Switch it on first.", transition=_UNTOUCHED),
    _refusal("account_unknown", "There is no such account in the books.", "Not shown to clients.", "Name one that exists.", _SAME),
    _refusal(
        "level_invalid", "Minimum, target and maximum contradict each other.", "Not shown to clients.", "See the fields.", _SAME
    ),
    _refusal(
        "calendar_invalid",
        "A bank's calendar cannot read as it was asked for.",
        "Not shown to clients.",
        "See the fields: the cut-off, the days, or when it begins.",
        _SAME,
    ),
    _refusal("calendar_unchanged", "The calendar reads so already.", "Not shown to clients.", "Nothing has to be done.", _SAME),
    _refusal("not_proposed", "The move is no longer proposed.", "Not shown to clients.", "Look at the proposals again.", _SAME),
    _refusal(
        "nothing_to_sweep",
        "What lies on the deposit address is not proved yet, is unallocated, or was swept already.",
        "Not shown to clients.",
        "Wait for our own chain index, or allocate the deposit first.",
        transition=_UNTOUCHED,
    ),
    _refusal("webhook_exists", "The client has this address already.", "Change the one that exists.", transition=_UNTOUCHED),
    _refusal("too_many_webhooks", "The client has as many addresses as it may.", "Remove one first.", transition=_UNTOUCHED),
    _refusal("invalid_webhook_url", "The address is not one that messages may go to.", "Use a public https address."),
    _refusal("too_many_secrets", "Several secrets of the address are in force.", "Wait until the oldest lapse."),
    _refusal(
        "not_cancellable",
        "An intent is committed, or the transfer has ended.",
        "Wait for its end.",
        "See the transfer's page for what can still be done.",
        _SAME,
    ),
    _refusal("conflict", "The transfer has moved on since it was read.", "Read it again.", "Read it again.", _SAME),
    _refusal(
        "evidence_missing",
        "A decision or a closing needs evidence and has none.",
        "Not shown to clients.",
        "Say what was seen, where and by whom.",
        _SAME,
    ),
    _refusal(
        "calendar_unknown",
        "A business day calendar is asked for that does not exist.",
        "Not shown to clients.",
        "Name one that exists, or make it.",
        _SAME,
    ),
    _refusal(
        "temporarily_unavailable",
        "The database or a provider does not answer.",
        "Send the same request with the same key again.",
        "Look at health and logs.",
        _UNTOUCHED,
    ),
    _refusal(
        "internal_error",
        "Something broke that nobody foresaw.",
        "Send the same request again; name the request_id.",
        "Find the request_id in the log; it has the traceback.",
        _UNTOUCHED,
    ),
    _refusal("invalid_lines", "Lines of a file cannot be carried out.", "Mend the lines that the answer names; send it again."),
    _refusal("file_unreadable", "A file cannot be read line by line.", "Send it as the interface describes it."),
    _refusal(
        "message_id_reused",
        "A file names itself by an id that the client used for another file.",
        "Give every message an id of its own.",
        "Compare the two files; the client may have changed one and sent it again.",
    ),
)
