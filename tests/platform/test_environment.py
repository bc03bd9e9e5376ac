from pathlib import Path

import pytest

from backoffice.environment import DatabaseUrl, Environment, Misconfigured


def test_a_secret_comes_from_its_file_without_the_line_break(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" s3cret \n")
    assert Environment({"KEY_FILE": str(tmp_path / "secret")}).text("KEY") == " s3cret "


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "KEY (or KEY_FILE) must be set"),
        ({"KEY": "a", "KEY_FILE": "/b"}, "both set"),
        ({"KEY_FILE": "/does/not/exist"}, "KEY_FILE cannot be read"),
        ({"KEY_FILE": "/dev/null"}, "is empty"),
    ],
)
def test_a_missing_secret_is_named(values: dict[str, str], reason: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        Environment(values).text("KEY")
    assert reason in str(refused.value)


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("true", True), ("ON", True), ("0", False), ("no", False)])
def test_a_flag_has_few_spellings(value: str, meant: bool) -> None:
    assert Environment({"F": value}).flag("F") is meant


@pytest.mark.parametrize(
    "read",
    [
        lambda e: e.flag("X"),
        lambda e: e.integer("X", 1),
        lambda e: e.seconds("X", 1.0),
        lambda e: e.choice("X", "a", frozenset({"a"})),
        lambda e: e.pairs("X"),
    ],
)
def test_nonsense_is_refused_by_name(read) -> None:
    with pytest.raises(Misconfigured, match=r"^X must"):
        read(Environment({"X": "maybe"}))


@pytest.mark.parametrize("value", ["0", "-1", "inf", "nan"])
def test_seconds_are_positive_and_finite(value: str) -> None:
    with pytest.raises(Misconfigured):
        Environment({"S": value}).seconds("S", 1.0)


def test_pairs_keep_everything_after_the_first_equals_sign() -> None:
    assert Environment({"P": "a=mailto://x?y=z\n b=2"}).pairs("P") == {"a": "mailto://x?y=z", "b": "2"}


def test_a_database_url_is_taken_apart() -> None:
    found = DatabaseUrl.parse("D", "postgresql://us%40er:p%3Aw@db:5433/name?sslmode=require")
    assert (found.user, found.password, found.host, found.port, found.name) == ("us@er", "p:w", "db", "5433", "name")
    assert found.options == {"sslmode": "require"}


def test_a_socket_directory_is_a_host() -> None:
    assert DatabaseUrl.parse("D", "postgresql://u@/name?host=/run/pg").host == "/run/pg"


@pytest.mark.parametrize("url", ["mysql://a/b", "postgresql://host/", "name"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"^D must look like"):
        DatabaseUrl.parse("D", url)
