"""Reading the environment. Every helper says which variable is wrong and what would be right; none guesses.

A secret may also come from a file: `NAME_FILE` names it, and its content, stripped of the last line break, is the value.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


class Misconfigured(RuntimeError):
    """The environment is wrong; the message names the variable."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Typed reads of one mapping (the process environment, or a test's own)."""

    values: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def text(self, name: str, default: str | None = None) -> str:
        """The value of `name`, or of the file that `NAME_FILE` names. Raises Misconfigured when it is neither set nor defaulted."""
        value, path = self.values.get(name, ""), self.values.get(f"{name}_FILE", "")
        if value and path:
            raise Misconfigured(f"{name} and {name}_FILE are both set; keep one")
        if path:
            return _content(name, Path(path))
        if value:
            return value
        if default is None:
            raise Misconfigured(f"{name} (or {name}_FILE) must be set")
        return default

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.text(name, "1" if default else "0").lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        raise Misconfigured(f"{name} must be 1 or 0, not {value!r}")

    def integer(self, name: str, default: int, *, minimum: int = 0) -> int:
        value = self.text(name, str(default))
        try:
            number = int(value)
        except ValueError:
            raise Misconfigured(f"{name} must be a whole number, not {value!r}") from None
        if number < minimum:
            raise Misconfigured(f"{name} must be at least {minimum}, not {number}")
        return number

    def seconds(self, name: str, default: float) -> float:
        """A positive number of seconds, fractions allowed."""
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            raise Misconfigured(f"{name} must be a number of seconds, not {value!r}") from None
        if not 0 < number < float("inf"):
            raise Misconfigured(f"{name} must be a positive number of seconds, not {value!r}")
        return number

    def listing(self, name: str, default: str = "") -> list[str]:
        """Comma-separated, blanks dropped."""
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def ports(self, name: str, default: str) -> frozenset[int]:
        """Comma-separated port numbers."""
        given = self.listing(name, default)
        if not all(part.isascii() and part.isdigit() and 0 < int(part) < 65536 for part in given):
            raise Misconfigured(f"{name} must hold port numbers separated by commas, not {','.join(given)!r}")
        return frozenset(int(part) for part in given)

    def pairs(self, name: str, default: str = "") -> dict[str, str]:
        """`name=value` per line (or separated by blanks): the values may hold anything but white space."""
        found = {}
        for part in self.text(name, default).split():
            key, separator, value = part.partition("=")
            if not (key and separator and value):
                raise Misconfigured(f"{name} must hold name=value pairs separated by white space; the entry for {key!r} is not one")
            found[key] = value
        return found

    def providers(self, name: str) -> dict[str, tuple[str, str]]:
        """`code=adapter+url` pairs as for `pairs`: code -> (adapter, url)."""
        found = {}
        for code, value in self.pairs(name).items():
            adapter, separator, url = value.partition("+")
            if not separator or not url.startswith(("http://", "https://")):
                raise Misconfigured(
                    f"{name} must say of {code} which adapter speaks with it and where it is: {code}=bank+https://host"
                )
            found[code] = (adapter, url)
        return found

    def choice(self, name: str, default: str, allowed: frozenset[str]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise Misconfigured(f"{name} must be one of {', '.join(sorted(allowed))}, not {value!r}")
        return value


def _content(name: str, path: Path) -> str:
    try:
        content = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise Misconfigured(f"{name}_FILE cannot be read: {error.strerror}") from None
    if not content:
        raise Misconfigured(f"the file of {name}_FILE is empty")
    return content


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """`postgresql://user:password@host:port/name?option=value`; `host=/directory` in the query means a Unix socket."""

    name: str
    user: str
    password: str
    host: str
    port: str
    options: dict[str, str]

    @classmethod
    def parse(cls, variable: str, url: str) -> "DatabaseUrl":
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        name = unquote(parts.path.lstrip("/"))
        if parts.scheme not in {"postgresql", "postgres"} or not name:
            raise Misconfigured(f"{variable} must look like postgresql://user:password@host:port/name")
        host = options.pop("host", "") or unquote(parts.hostname or "")
        return cls(name, unquote(parts.username or ""), unquote(parts.password or ""), host, str(parts.port or ""), options)
