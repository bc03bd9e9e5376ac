"""Money keeps its asset and every digit, times say their zone, and nothing that was typed by others becomes markup."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit import clock
from backoffice.console import amounts, bars, formats, words
from backoffice.console.parts import Badge, Milestone, TimelineItem, Tone
from ledger.money import AssetUnit, Money

USDC = AssetUnit(id="USDC.ethereum", code="USDC", exponent=6)
ETH = AssetUnit(id="ETH.ethereum", code="ETH", exponent=18)
JPY = AssetUnit(id="JPY", code="JPY", exponent=0)
KWD = AssetUnit(id="KWD", code="KWD", exponent=3)
NIGHT = datetime(2026, 11, 20, 23, 30, 5, tzinfo=UTC)


def draw(source: str, **context: object) -> str:
    return Template("{% load console %}" + source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("minor", "unit", "figure"),
    [
        (250_000_000_000, USDC, "250,000.00"),
        (4_200_000, USDC, "4.20"),
        (1, USDC, "0.000001"),
        (2_100_000_000_000_000, ETH, "0.0021"),
        (10**77, ETH, "1" + "0" * 2 + ",000" * 19 + ".00"),
        (1_234_567, JPY, "1,234,567"),
        (1_000, KWD, "1.00"),
        (1_005, KWD, "1.005"),
        (-4_200_000, USDC, "-4.20"),
        (0, USDC, "0.00"),
    ],
)
def test_an_amount_is_exact_and_grouped(minor, unit, figure):
    shown = amounts.shown(minor, unit)
    assert shown is not None
    assert shown.figure == figure


@given(st.integers(-(10**40), 10**40), st.sampled_from([USDC, ETH, JPY, KWD]))
def test_no_digit_is_ever_lost(minor, unit):
    written = amounts.text(minor, unit).removesuffix(f" {unit.code}").replace(",", "")
    assert Money.parse(written, unit).minor == minor


def test_money_always_carries_its_asset():
    drawn = draw("{% money 4200000 unit %}", unit=USDC)
    assert 'title="USDC.ethereum"' in drawn
    assert "4.20</span>" in drawn
    assert ">USDC</span>" in drawn
    assert "on Ethereum" in draw("{% money 4200000 unit chain=True %}", unit=USDC)


def test_an_unknown_amount_is_not_zero():
    drawn = draw("{% money None unit %}", unit=USDC)
    assert "not known yet" in drawn
    assert "0" not in drawn


def test_a_time_is_utc_whatever_the_zone_of_the_reader():
    with timezone.override(ZoneInfo("Europe/Vienna")):
        drawn = draw("{% moment at %}", at=NIGHT)
    assert "20 Nov 2026, 23:30:05 UTC" in drawn
    assert "00:30 Vienna, 21 Nov" in drawn


def test_the_timeline_and_the_milestones_write_utc_too():
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        line = draw("{% timeline items %}", items=[TimelineItem(NIGHT, "Sent", "providers", Tone.ACCENT)])
        steps = draw("{% milestones items %}", items=[Milestone("Created", "done", NIGHT)])
    assert ">23:30:05</time>" in line
    assert ">23:30:05</time>" in steps


def test_a_reader_in_utc_is_not_told_the_same_time_twice():
    with timezone.override(UTC):
        assert draw("{% moment at %}", at=NIGHT).count("23:30") == 2  # the machine-readable attribute and the text


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=41), "41 s"),
        (timedelta(minutes=2, seconds=5), "2 m 5 s"),
        (timedelta(minutes=12, seconds=59), "12 m"),
        (timedelta(hours=1, minutes=38, seconds=59), "1 h 38 m"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
        (timedelta(minutes=-5), "5 m"),
    ],
)
def test_durations_are_said_as_people_say_them(span, said):
    assert formats.duration(span) == said


def test_time_left_turns_into_time_since():
    with clock.using(lambda: NIGHT):
        assert draw("{{ at|until }}", at=NIGHT + timedelta(hours=1, minutes=38)) == "1 h 38 m"
        assert draw("{{ at|until }}", at=NIGHT - timedelta(minutes=3)) == "3 m ago"


def test_an_address_is_whole_in_groups_with_both_ends_strong():
    address = "0x52908400098527886E0F7030069857D2E4169EE7"
    drawn = draw("{% address value %}", value=address)
    assert f'data-copy="{address}"' in drawn
    assert '0x<span class="address-end">5290</span> 8400 0985' in drawn
    assert '<span class="address-end">9EE7</span>' in drawn


@pytest.mark.parametrize("name", ["own balance", "globex", "client-2"])
def test_whose_balance_it_is_stands_there_as_a_name(name):
    assert f'<span class="address-end">{name}</span>' in draw("{% address value %}", value=name)


def test_look_alike_addresses_are_marked_only_where_they_differ():
    this, known = "0x52908400098527886E0F", "0x52908400098527866E0F"
    assert [run for run, differs in formats.differences(this, known) if differs] == ["8"]
    assert [run for run, differs in formats.differences(known, this) if differs] == ["6"]
    assert "".join(run for run, _ in formats.differences(this, known)).replace(" ", "") == this


@given(st.text("0123456789abcdefABCDEF", max_size=60), st.text("0123456789abcdefABCDEF", max_size=60))
def test_a_comparison_never_loses_a_character(this, known):
    assert "".join(run for run, _ in formats.differences(this, known)).replace(" ", "") == this


def test_a_longer_address_differs_where_the_other_has_ended():
    assert formats.differences("abcdef", "abcd")[-1] == (" ef", True)


@pytest.mark.parametrize("state", words.known_states())
def test_every_state_has_a_word(state):
    assert words.badge_for(state).text


def test_a_state_nobody_knew_is_shown_as_it_is():
    assert words.badge_for("HALF_DONE") == Badge("half done")


def test_a_text_about_states_is_read_in_words():
    told = words.states_quoted("FUNDS_LOCKED to FAILED: asked with PACS_008, and the hold FAILED_TO be released.")
    assert told == "“Funds locked” to “Failed”: asked with PACS_008, and the hold FAILED_TO be released."


def test_what_others_typed_never_becomes_markup():
    bad = "<script>alert(1)</script>"
    drawn = draw(
        "{% copyable bad %}{% badge bad %}{% address bad %}{% panel bad %}{{ bad }}{% endpanel %}{% banner bad %}{% endbanner %}",
        bad=bad,
    )
    assert "<script" not in drawn
    assert drawn.count("&lt;") >= 5


@pytest.mark.parametrize(
    ("used", "this", "total", "drawn"),
    [
        (0, 0, 100, bars.Bar(0, 0, over=False)),
        (50, 25, 100, bars.Bar(500, 250, over=False)),
        (90, 20, 100, bars.Bar(900, 100, over=True)),
        (0, 1, 10**30, bars.Bar(0, 6, over=False)),
        (100, 5, 100, bars.Bar(994, 6, over=True)),
        (0, 5, 0, bars.Bar(0, 1000, over=True)),
    ],
)
def test_a_bar_shows_use_without_leaving_its_track(used, this, total, drawn):
    assert bars.bar(used=used, this=this, total=total) == drawn


def test_initials():
    assert [formats.initials(name) for name in ("Ana Moreau", "Bo", "", "Jean-Luc van Dam")] == ["AM", "BO", "?", "JD"]
