"""A rule as data, and the check that it can mean what it says before it is published."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from approvals.errors import PolicyRuleInvalid

DESTINATION_STATUSES = ("allowed", "cooling_off", "unknown", "blocked")
ALLOW = "allow"
REQUIRE_APPROVAL = "require_approval"
HOLD = "hold"
DENY = "deny"
# From the mildest to the strictest.
OUTCOMES = (ALLOW, REQUIRE_APPROVAL, HOLD, DENY)

# Criterion -> the field of TransferFacts that it looks at.
LIST_CRITERIA = {
    "client": "client_id",
    "corridor": "corridor_id",
    "route": "route",
    "asset": "asset_id",
    "country": "country",
    "destination": "destination_id",
    "destination_kind": "destination_kind",
    "destination_status": "destination_status",
    "made_by_type": "made_by_type",
}
AMOUNT_FROM = "amount_from"
AMOUNT_BELOW = "amount_below"
BOUNDS = (AMOUNT_FROM, AMOUNT_BELOW)
# The currency that a band is stated in; orders in other assets are valued by the reference rate.
VALUED_IN = "valued_in"
_CURRENCY = re.compile(r"[A-Z][A-Za-z0-9.]{1,59}")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True)
class Rule:
    """All criteria must hold for the rule to fire; a rule without criteria always fires. Bands are [amount_from, amount_below),
    in minor units of the rule's one asset or of the currency that it is `valued_in`."""

    code: str
    title: str
    criteria: Mapping[str, Any]
    outcome: str
    quorum: int = 0
    role: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": self.title,
            "criteria": dict(self.criteria),
            "outcome": self.outcome,
            "quorum": self.quorum,
            "role": self.role,
        }


def checked(raw: Mapping[str, Any]) -> Rule:
    """A rule from its row or seed, brought to the stored form. Raises PolicyRuleInvalid with what is wrong."""
    code = str(raw.get("code", ""))
    unknown = set(raw) - {"code", "title", "criteria", "outcome", "quorum", "role"}
    if unknown:
        raise PolicyRuleInvalid(code, f"unknown parts {', '.join(sorted(unknown))}")
    rule = Rule(
        code=code,
        title=str(raw.get("title", "")),
        criteria=_criteria(code, raw.get("criteria", {})),
        outcome=str(raw.get("outcome", "")),
        quorum=raw.get("quorum", 0),
        role=str(raw.get("role", "")),
    )
    _check_words(rule)
    _check_quorum(rule)
    _check_band(rule)
    return rule


def _criteria(code: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    criteria: dict[str, Any] = {}
    for name, value in sorted(raw.items()):
        if name in LIST_CRITERIA:
            criteria[name] = _list(code, name, value)
        elif name in (AMOUNT_FROM, AMOUNT_BELOW):
            criteria[name] = _amount(code, name, value)
        elif name == VALUED_IN:
            criteria[name] = _currency(code, value)
        else:
            raise PolicyRuleInvalid(code, f"unknown criterion {name!r}; a rule with one would fire wider than meant")
    return criteria


def _list(code: str, name: str, value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not value or not all(isinstance(item, str) and item for item in value):
        raise PolicyRuleInvalid(code, f"{name} takes a list of at least one text")
    if name == "destination_status" and not set(value) <= set(DESTINATION_STATUSES):
        raise PolicyRuleInvalid(code, f"destination_status knows only {', '.join(DESTINATION_STATUSES)}")
    return sorted(set(value))


def _amount(code: str, name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not re.fullmatch(r"[0-9]+", str(value), re.ASCII):
        raise PolicyRuleInvalid(code, f"{name} takes whole minor units, not {value!r}")
    return str(int(value))


def _currency(code: str, value: Any) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise PolicyRuleInvalid(code, f"{VALUED_IN} takes the id of one currency, not {value!r}")
    return value


def _check_words(rule: Rule) -> None:
    if not _CODE.fullmatch(rule.code):
        raise PolicyRuleInvalid(rule.code, "a code is lower-case letters, digits, - and _, at most 60")
    if not rule.title.strip():
        raise PolicyRuleInvalid(rule.code, "a title is what approvers read; it cannot be empty")
    if rule.outcome not in OUTCOMES:
        raise PolicyRuleInvalid(rule.code, f"the outcome is one of {', '.join(OUTCOMES)}, not {rule.outcome!r}")


def _check_quorum(rule: Rule) -> None:
    if isinstance(rule.quorum, bool) or not isinstance(rule.quorum, int) or rule.quorum < 0:
        raise PolicyRuleInvalid(rule.code, "a quorum is a whole number")
    if rule.outcome == REQUIRE_APPROVAL and not (rule.quorum and rule.role):
        raise PolicyRuleInvalid(rule.code, "an approval names how many people of which role")
    if rule.outcome in (ALLOW, DENY) and (rule.quorum or rule.role):
        raise PolicyRuleInvalid(rule.code, f"{rule.outcome} asks nobody, so it names no quorum and no role")


def _check_band(rule: Rule) -> None:
    lower, upper = rule.criteria.get(AMOUNT_FROM), rule.criteria.get(AMOUNT_BELOW)
    if lower is None and upper is None:
        if VALUED_IN in rule.criteria:
            raise PolicyRuleInvalid(rule.code, f"{VALUED_IN} says what a band is stated in, and there is no band")
        return
    if VALUED_IN not in rule.criteria and len(rule.criteria.get("asset", [])) != 1:
        raise PolicyRuleInvalid(rule.code, f"an amount band is in minor units of exactly one asset; name it, or {VALUED_IN}")
    if upper is not None and int(upper) <= int(lower or 0):
        raise PolicyRuleInvalid(rule.code, "the band is empty: amount_below must be above amount_from")
