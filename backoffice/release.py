"""Which version is running: on a page, in metrics, logs and evidence. The release process sets what a checkout cannot know."""

import os
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Release:
    """`commit` is empty when nobody said; `released_at` is RFC 3339."""

    version: str
    commit: str
    released_at: str
    released_by: str

    def labels(self) -> dict[str, str]:
        return asdict(self)


@cache
def current() -> Release:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return Release(
        version=project["version"],
        commit=os.environ.get("COUNTERSIGN_COMMIT", "") or _checked_out_commit(),
        released_at=os.environ.get("COUNTERSIGN_RELEASED_AT", ""),
        released_by=os.environ.get("COUNTERSIGN_RELEASED_BY", ""),
    )


def _checked_out_commit() -> str:
    """The commit of a plain checkout, read without running git; empty outside one."""
    git = _ROOT / ".git"
    head = git / "HEAD"
    if not head.is_file():
        return ""
    content = head.read_text(encoding="utf-8").strip()
    if not content.startswith("ref: "):
        return content
    name = content.removeprefix("ref: ")
    loose = git / name
    if loose.is_file():
        return loose.read_text(encoding="utf-8").strip()
    packed = git / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), "")
