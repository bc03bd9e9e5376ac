"""What policy and limits say of a file: of every line, and of the whole per corridor, so that cutting a sum into lines escapes
nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from approvals.models import Limit
from approvals.policy.evaluate import Decision
from approvals.policy.facts import TransferFacts
from approvals.policy.many import Decider
from approvals.policy.valuing import Valuation
from approvals.queries import active_set
from approvals.queries.limits import limits_covering
from approvals.queries.policy import rules_of
from ledger.money import Money
from ledger.queries import unit
from transfers.bulk.content import PlannedLine
from transfers.bulk.lines import LineProblem
from transfers.commands.bulk.planning import Plan
from transfers.errors import Refused
from transfers.pricing.valuation import unvalued, valuations

# A file is never let go by nobody.
Worth = Mapping[str, tuple[Valuation, ...]]
LEAST_QUORUM, USUAL_ROLE, REVIEW_ROLE = 1, "approver", "compliance"


@dataclass(frozen=True, slots=True)
class Corridor:
    """All lines of one corridor. `largest` is the largest single line, minor units of `asset`."""

    corridor: str
    asset: str
    amount: int
    largest: int
    facts: TransferFacts


@dataclass(frozen=True, slots=True)
class Judged:
    problems: tuple[LineProblem, ...]
    corridors: tuple[Corridor, ...]
    quorum: int
    role: str
    held: bool


def judge(plan: Plan, *, client_id: str, made_by_type: str) -> Judged:
    """Raises Refused when nothing is allowed at present, or rules ask for people of different roles."""
    policy_set = active_set()
    if policy_set is None:
        raise Refused("policy_denied", "Nothing is allowed at present.")
    rules = rules_of(policy_set)
    decider = Decider(rules)
    worth = {asset: valuations(rules, asset) for asset in {line.source_asset for line in plan.lines}}
    of_lines = {line.number: decider.decide(_facts(line, plan, client_id, made_by_type, worth)) for line in plan.lines}
    corridors = tuple(_corridors(plan, client_id, made_by_type, worth))
    decisions = [*of_lines.values(), *(decider.decide(one.facts) for one in corridors)]
    _must_be_valued(decisions, corridors)
    problems = [*_denied(of_lines), *_over_limit(plan.lines, corridors, client_id)]
    held = any(decision.outcome == "hold" for decision in decisions)
    return Judged(tuple(problems), corridors, _quorum(decisions), REVIEW_ROLE if held else _role(decisions), held)


def _must_be_valued(decisions: Iterable[Decision], corridors: Iterable[Corridor]) -> None:
    """Raises Waiting where something is denied and the policy could not tell what the file is worth."""
    if any(decision.outcome == "deny" for decision in decisions):
        for one in corridors:
            if waiting := unvalued(one.facts):
                raise waiting


def _facts(line: PlannedLine, plan: Plan, client_id: str, made_by_type: str, worth: Worth) -> TransferFacts:
    return TransferFacts(
        client_id=client_id,
        route=line.route,
        corridor_id=line.corridor,
        asset_id=line.source_asset,
        amount=line.amount,
        destination_kind=line.destination["type"],
        destination_id=line.destination_id,
        destination_status="cooling_off" if line.number in plan.cooling else "allowed",
        country=line.destination.get("country", ""),
        made_by_type=made_by_type,
        asset_exponent=unit(line.source_asset).exponent,
        values=worth[line.source_asset],
    )


def _corridors(plan: Plan, client_id: str, made_by_type: str, worth: Worth) -> Iterable[Corridor]:
    """The sum of each corridor, judged as if it were one transfer to nobody in particular."""
    own: dict[str, list[PlannedLine]] = {}
    for line in plan.lines:
        own.setdefault(line.corridor, []).append(line)
    for name, lines in sorted(own.items()):
        first, total = lines[0], sum(line.amount for line in lines)
        countries = {line.destination.get("country", "") for line in lines}
        facts = TransferFacts(
            client_id=client_id,
            route=first.route,
            corridor_id=name,
            asset_id=first.source_asset,
            amount=total,
            destination_kind=first.destination["type"],
            destination_id="",
            destination_status="allowed",
            country=countries.pop() if len(countries) == 1 else "",
            made_by_type=made_by_type,
            asset_exponent=unit(first.source_asset).exponent,
            values=worth[first.source_asset],
        )
        yield Corridor(name, first.source_asset, total, max(line.amount for line in lines), facts)


def _denied(of_lines: dict[int, Decision]) -> Iterable[LineProblem]:
    for number, decision in of_lines.items():
        if decision.outcome == "deny":
            yield LineProblem(number, "", "Our policy does not allow this line. Leave it out, or ask support.")


def _over_limit(lines: Iterable[PlannedLine], corridors: Iterable[Corridor], client_id: str) -> Iterable[LineProblem]:
    most: dict[str, int] = {}
    for one in corridors:
        limits = limits_covering(client_id=client_id, corridor_id=one.corridor, asset_id=one.asset)
        single = [int(limit.amount) for limit in limits if limit.window == Limit.Window.TRANSACTION]
        if single and one.largest > min(single):
            most[one.corridor] = min(single)
    for line in lines:
        if line.corridor in most and line.amount > most[line.corridor]:
            asset = unit(line.source_asset)
            said = Money(most[line.corridor], asset).format()
            yield LineProblem(line.number, "amount", f"One transfer may be {said} {asset.code} at most.")


def _quorum(decisions: Iterable[Decision]) -> int:
    return max(LEAST_QUORUM, *(decision.quorum for decision in decisions))


def _role(decisions: Iterable[Decision]) -> str:
    roles = sorted({decision.role for decision in decisions if decision.role})
    if len(roles) > 1:
        named = " and ".join(roles)
        raise Refused("policy_denied", f"Lines of this file need people of different roles ({named}). Send them as separate files.")
    return roles[0] if roles else USUAL_ROLE
