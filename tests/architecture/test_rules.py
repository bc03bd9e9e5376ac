"""What must hold for the whole tree, whoever writes in it."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from django.urls import URLPattern, URLResolver, get_resolver

from backoffice.access.rules import rule_of

ROOT: Path = settings.BASE_DIR
OURS = ("audit", "ledger", "approvals", "transfers", "reconciliation", "backoffice")
LONGEST_FILE = 300
# Strangers copy the offline verifier: it must stay one file that imports nothing of ours.
LONGER_ON_PURPOSE = {"audit/verifier.py": 540}


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def _leaves(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _leaves(pattern.url_patterns, where)
        else:
            yield where, pattern


def test_the_floors_use_only_those_below_them() -> None:
    done = subprocess.run([str(ROOT / ".venv" / "bin" / "lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_view_says_who_may_use_it() -> None:
    leaves = list(_leaves(get_resolver().url_patterns))
    assert len(leaves) > 20
    assert [where for where, pattern in leaves if rule_of(pattern.callback) is None] == []


def test_no_model_keeps_a_float() -> None:
    fields = [field for model in apps.get_models() if model.__module__.startswith(OURS) for field in model._meta.get_fields()]
    assert len(fields) > 100
    assert [str(field) for field in fields if isinstance(field, models.FloatField)] == []


@pytest.mark.django_db
def test_no_column_is_a_float() -> None:
    """Also those that migrations make by hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND data_type IN ('real', 'double precision', 'money')"
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_no_model_change_lacks_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_functions_with_their_owners_rights_fix_their_search_path() -> None:
    """Else whoever calls one decides what the names in it mean."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace"
            " AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%')"
        )
        assert cursor.fetchall() == []


def test_no_lock_file_names_a_host() -> None:
    files = [*_tracked("requirements*.lock"), ROOT / "Makefile", ROOT / ".ci" / "run"]
    assert len(files) == 5
    hosts = re.compile(r"(?:https?|git)(?:\+\w+)?://(?!127\.0\.0\.1|countersign\.example)\S+|--(?:extra-)?index-url|--find-links")
    assert [f"{path.name}: {found[0]}" for path in files for found in hosts.finditer(path.read_text(encoding="utf-8"))] == []


def test_every_locked_package_has_its_hash() -> None:
    for path in _tracked("requirements*.lock"):
        requirements = re.split(r"\n(?=\S)", path.read_text(encoding="utf-8"))
        unhashed = [entry.split()[0] for entry in requirements if "==" in entry.split("\n")[0] and "--hash=sha256:" not in entry]
        assert unhashed == [], path.name


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    here = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/\w+")
    suffixes = {".py", ".toml", ".lock", ".sql", ".md", ".yaml", ".html", ".css", ".js", ".json", ".sh", ""}
    texts = [path for path in _tracked() if path.suffix in suffixes and path != Path(__file__)]
    assert len(texts) > 100
    assert [str(path.relative_to(ROOT)) for path in texts if here.search(path.read_text(encoding="utf-8", errors="replace"))] == []


def test_files_stay_small_enough_to_read() -> None:
    code = [path for path in _tracked("*.py") if path.name != "0001_initial.py"]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    assert {name: lines for name, lines in lengths.items() if lines > LONGER_ON_PURPOSE.get(name, LONGEST_FILE)} == {}


def test_pages_ask_nobody_else_and_run_nothing_inline() -> None:
    """What the content security policy would refuse, refused before a browser sees it."""
    refused = re.compile(
        r"""\sstyle\s*=|<style|<script(?![^>]*\ssrc=)|\son\w+\s*=\s*["']|(?:src|href|action)\s*=\s*["'](?:https?:)?//""",
        re.IGNORECASE,
    )
    pages = _tracked("templates/*.html", "templates/**/*.html")
    assert pages
    assert [
        f"{page.relative_to(ROOT)}: {found[0]}" for page in pages for found in refused.finditer(page.read_text(encoding="utf-8"))
    ] == []
