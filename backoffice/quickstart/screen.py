"""The one screen that `make run` shows when everything is up."""

import json
from pathlib import Path
from typing import Any

from backoffice.quickstart.plan import Plan


def ready(plan: Plan, seconds: float) -> str:
    """Where to go, who to be, what to try, where to look when something is odd."""
    demo = _demo(plan.data_dir)
    lines = [
        "",
        f"  Countersign is ready after {seconds:.1f} s:  {plan.url}/",
        "",
        *_logins(demo),
        *_keys(demo),
        *_ideas(plan, demo),
        f"  Logs are in {plan.logs}; data in {plan.data_dir} (delete it to start afresh).",
        "  Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


def _demo(data_dir: Path) -> dict[str, Any]:
    path = data_dir / "demo.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _logins(demo: dict[str, Any]) -> list[str]:
    operators = demo.get("operators", {})
    if not operators:
        return ["  No demo company (SEED=none): create an operator with  manage.py createsuperuser", ""]
    width = max(map(len, operators))
    return ["  Sign in as", *(f"    {name:<{width}}  {password}" for name, password in operators.items()), ""]


def _keys(demo: dict[str, Any]) -> list[str]:
    keys = demo.get("api_keys", {})
    return ["  API keys", *(f"    {client}  {key}" for client, key in keys.items()), ""] if keys else []


def _ideas(plan: Plan, demo: dict[str, Any]) -> list[str]:
    if not demo:
        return []
    return [
        "  Try",
        f"    {plan.url}/approvals/   as approver, then as approver2 in a private window: decide a high-value withdrawal",
        f"    {plan.url}/controls/    as oncall: halt everything, watch every page say so",
        f"    {plan.url}/reconciliation/breaks/   what the bank and the chain say that our books do not",
        f"    {plan.url}/v1/openapi.json   the client API",
        "",
    ]
