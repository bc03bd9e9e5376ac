"""What the control plane refuses.

ApprovalsError
├── Unknown                  nothing has that id (client, destination, request, halt, person, asset, limit)
├── AlreadyExists            the name is taken by something with other content
├── DestinationInvalid       `errors` names each field
├── ApiKeyInvalid            a key with no controller, a bad scope or a bad network
├── PayloadNotCanonical      `path` names the value that has no canonical form
├── PolicyError
│   ├── PolicyMissing        no policy set is active: nothing may be decided
│   ├── PolicyRuleInvalid    a rule that could not mean what it says
│   ├── PolicySetExists      the version was published with other rules
│   └── PolicyTampered       the stored rules are not the published ones
├── LimitError
│   ├── LimitExceeded        `limit`, `used`, `capacity` in minor units
│   └── LimitsAlreadyUsed    the subject consumed this limit before, with another amount or given back
├── RequestError
│   ├── MakerMissing         a request that nobody made could be approved by anybody
│   ├── RequestAlreadyPending
│   ├── NotPending           it ended; `status` says how
│   ├── NotExpired           its time is not up yet
│   ├── NotApproved          there is nothing approved to execute
│   ├── AlreadyExecuted      executed before: once is all
│   ├── QuorumTooSmall       made with fewer people or another role than what it asks for needs
│   ├── NotCarriedOut        approved, but the books refused: the request has ended
│   └── VoteRefused
│       ├── NotYourVote      the account that acts is not an operator of the person whose vote it is
│       ├── PersonInactive
│       ├── MakerMayNotDecide
│       ├── AlreadyVoted
│       ├── ReasonMissing    a rejection without a reason
│       ├── RoleMissing
│       │   └── RoleTooNew   gained after the request was made
│       ├── RequestExpired
│       └── StalePayload     the page showed other bytes or another revision
│           └── PayloadTampered   the stored bytes no longer match their digest
└── HaltError
    ├── Halted               `code`, `sentence`, `halt`
    ├── AlreadyHalted
    └── NotInForce           it was lifted before

Each has a stable `code` for the API and the audit trail; `str()` is a sentence for people.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from approvals.models import Halt


class ApprovalsError(Exception):
    """`sentence` is said when none is given."""

    code = "refused"
    sentence = ""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.sentence)


class Unknown(ApprovalsError):
    code = "not_found"

    def __init__(self, noun: str, key: object) -> None:
        super().__init__(f"There is no {noun} {key}.")
        self.noun = noun
        self.key = str(key)


class AlreadyExists(ApprovalsError):
    code = "already_exists"

    def __init__(self, noun: str, key: object) -> None:
        super().__init__(f"A {noun} {key} exists already, with other content.")


class DestinationInvalid(ApprovalsError):
    """`errors` maps a field of the destination ("address", "iban", ...) to what is wrong with it."""

    code = "invalid_destination"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in errors.items()))
        self.errors = dict(errors)


class ApiKeyInvalid(ApprovalsError):
    code = "invalid_api_key_request"


class PayloadNotCanonical(ApprovalsError):
    code = "payload_not_canonical"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path or 'The payload'} {problem}")
        self.path = path


class PolicyError(ApprovalsError):
    code = "policy_denied"


class PolicyMissing(PolicyError):
    def __init__(self) -> None:
        super().__init__("No policy set is active, so nothing is allowed.")


class PolicyRuleInvalid(PolicyError):
    code = "policy_rule_invalid"

    def __init__(self, rule: str, problem: str) -> None:
        super().__init__(f"Rule {rule!r}: {problem}")
        self.rule = rule


class PolicySetExists(PolicyError):
    code = "policy_set_exists"

    def __init__(self, version: int) -> None:
        super().__init__(f"Policy set {version} was published with other rules; a published set never changes.")


class PolicyTampered(PolicyError):
    code = "policy_tampered"

    def __init__(self, version: int) -> None:
        super().__init__(f"The stored rules of policy set {version} are not the ones that were published.")


class LimitError(ApprovalsError):
    code = "limit_exceeded"


class LimitExceeded(LimitError):
    """`used` and `capacity` in minor units of the limit's asset; `limit` is its title."""

    def __init__(self, *, limit: str, used: int, capacity: int, requested: int) -> None:
        super().__init__(f"{limit}: {requested} more would exceed {capacity} minor units, of which {used} are used.")
        self.limit = limit
        self.used = used
        self.capacity = capacity
        self.requested = requested


class LimitsAlreadyUsed(LimitError):
    code = "limits_already_used"

    def __init__(self, subject_id: str) -> None:
        super().__init__(f"{subject_id} has consumed its limits before; a subject counts once.")


class RequestError(ApprovalsError):
    code = "request_refused"


class MakerMissing(RequestError):
    code = "maker_missing"
    sentence = "A request needs at least one maker, unless the system itself made it."


class RequestAlreadyPending(RequestError):
    code = "request_already_pending"

    def __init__(self, action: str, subject_id: str) -> None:
        super().__init__(f"A request to {action} {subject_id} is waiting already.")


class NotPending(RequestError):
    code = "not_pending"

    def __init__(self, status: str) -> None:
        super().__init__(f"The request is {status}: it can no longer be decided.")
        self.status = status


class NotExpired(RequestError):
    code = "not_expired"
    sentence = "The request has time left: withdraw or dismiss it instead."


class NotApproved(RequestError):
    code = "not_approved"

    def __init__(self, status: str) -> None:
        super().__init__(f"The request is {status}, not approved: nothing may be executed.")
        self.status = status


class AlreadyExecuted(RequestError):
    code = "already_executed"
    sentence = "The request was executed before. An approval is used once."


class QuorumTooSmall(RequestError):
    code = "quorum_too_small"
    sentence = "The request names fewer people, or another role, than what it asks for needs. Nothing is done with it."


class NotCarriedOut(RequestError):
    """`str()` says why. Nothing of the vote or of what was asked remains; the request is dismissed."""

    code = "not_carried_out"


class VoteRefused(RequestError):
    code = "vote_refused"


class NotYourVote(VoteRefused):
    code = "not_your_vote"
    sentence = "Only an operator account of the person may cast that person's vote."


class PersonInactive(VoteRefused):
    code = "person_inactive"
    sentence = "This person is no longer active here."


class MakerMayNotDecide(VoteRefused):
    code = "maker_may_not_decide"
    sentence = "You made this request, so somebody else must decide it."


class AlreadyVoted(VoteRefused):
    code = "already_voted"
    sentence = "You have voted on this request already."


class ReasonMissing(VoteRefused):
    code = "reason_missing"
    sentence = "Say why you reject it."


class RoleMissing(VoteRefused):
    code = "role_missing"

    def __init__(self, role: str, sentence: str = "") -> None:
        super().__init__(sentence or f"This request needs the role {role}.")
        self.role = role


class RoleTooNew(RoleMissing):
    code = "role_too_new"

    def __init__(self, role: str) -> None:
        super().__init__(role, f"You were given the role {role} after this request was made, so it does not count here.")


class RequestExpired(VoteRefused):
    code = "approval_expired"
    sentence = "The time to decide this request is over."


class StalePayload(VoteRefused):
    code = "stale_payload"
    sentence = "What you were shown is not what would be executed. Open the request again."


class PayloadTampered(StalePayload):
    code = "payload_tampered"
    sentence = "The stored request does not match its digest. Nothing is decided or executed with it."


class HaltError(ApprovalsError):
    code = "halt_refused"


class Halted(HaltError):
    """A halt in force covers what was about to happen. `code` as in the API; `sentence` for every page that must say so."""

    def __init__(self, *, code: str, sentence: str, halt: "Halt") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.halt = halt


class AlreadyHalted(HaltError):
    code = "already_halted"

    def __init__(self, scope: str, target: str) -> None:
        super().__init__(f"{scope} {target}".strip().capitalize() + " is stopped already.")


class NotInForce(HaltError):
    code = "halt_not_in_force"
    sentence = "That halt was lifted before."
