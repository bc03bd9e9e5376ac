"""Reference rates: real files, the feed, directions, crosses, and what is too old."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import httpx
import pytest
from django.core.management import CommandError, call_command

from audit import clock
from audit.models import AuditEvent
from backoffice.sandbox.desks.server import Floor
from tests.transfers.pricing.floor import open_floor, rails_to
from tests.transfers.rails import corpus
from transfers.commands.reference import fetch_rates, import_ecb, keep_sheet
from transfers.errors import Refused, Waiting
from transfers.models import RateSheet, RateSource
from transfers.pricing.reference import directed, reference
from transfers.rails.base import RetryableError
from transfers.rails.rate_feed import BadSheet, RateFeed, Sheet, read_ecb, read_feed

HISTORY, ONE_DAY = "fx/ecb_eurofxref-hist.zip", "fx/ecb_eurofxref_single_day.csv"
pytestmark = pytest.mark.usefixtures("bound")


@pytest.fixture
def feed(db: None) -> Iterator[Floor]:
    with open_floor() as (floor, url), rails_to(url):
        yield floor


def test_every_day_the_central_bank_has_published_can_be_read() -> None:
    sheets = list(read_ecb(corpus.path(HISTORY).read_bytes()))

    assert (len(sheets), sheets[-1].observed_at.date()) == (7126, date(1999, 1, 4))
    assert sheets[0].rates["EUR/MXN"] == (Decimal("21.1237"), Decimal("21.1237"))
    assert "EUR/BGN" not in sheets[0].rates
    assert sheets[0].raw.startswith("Date,USD,JPY")


@pytest.mark.django_db
def test_the_two_forms_of_the_same_day_say_the_same_and_a_second_import_is_no_news() -> None:
    first = import_ecb(corpus.path(HISTORY).read_bytes(), since=date(2026, 10, 1))
    again = import_ecb(corpus.path(ONE_DAY).read_bytes())

    assert (first.new, first.known, first.contradicted) == (22, 0, 0)
    assert (again.new, again.known, again.contradicted) == (0, 1, 0)
    assert AuditEvent.objects.filter(type="rates.imported", resource_id="ecb").count() == 2


@pytest.mark.django_db
def test_a_source_that_contradicts_itself_is_recorded_and_not_followed() -> None:
    import_ecb(corpus.path(ONE_DAY).read_bytes())
    changed = corpus.path(ONE_DAY).read_bytes().replace(b"21.1237", b"12.1237")

    assert import_ecb(changed).contradicted == 1
    assert RateSheet.objects.get().rates["EUR/MXN"]["bid"] == "21.1237"
    assert AuditEvent.objects.get(type="rates.contradicted").metadata == {
        "EUR/MXN": [{"bid": "21.1237", "ask": "21.1237"}, {"bid": "12.1237", "ask": "12.1237"}]
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 no archive",
        b"Date,USD\n",
        b"Day,USD\n2026-10-30,1.1\n",
        b"Date,USD\n2026-10-30,-1.1\n",
        b"Date,USD\n2026-10-30,1e5\n",
        b"Date,USD\n2026-10-30,NaN\n",
        b"Date,USD\n31/10/2026,1.1\n",
        b"Date,USD,JPY\n2026-10-30,1.1\n",
        b"Date,USD\n2026-10-30,1.1\n2026-10-29,oops\n",
        b"\xff\xfe\x00",
    ],
)
def test_a_file_that_is_not_one_is_refused_whole(content: bytes) -> None:
    with pytest.raises(Refused, match="not a file of euro reference rates"):
        import_ecb(content)
    assert not RateSheet.objects.exists()


@pytest.mark.django_db
def test_the_command_takes_a_file_and_refuses_another(tmp_path: object) -> None:
    call_command("import_rates", str(corpus.path(ONE_DAY)))
    assert RateSheet.objects.get().observed_at == datetime(2026, 10, 30, 15, tzinfo=UTC)
    with pytest.raises(CommandError, match="line 1"):
        call_command("import_rates", str(corpus.path("fx/iso4217_codes-all.csv")))


RATES = {
    "USDC/USD": {"bid": "0.9998", "ask": "1.0002"},
    "USD/MXN": {"bid": "18.40", "ask": "18.50"},
    "EUR/USD": {"bid": "1.10", "ask": "1.12"},
}


@pytest.mark.parametrize(
    ("source", "target", "rate"),
    [
        ("USD", "MXN", "18.40"),
        ("MXN", "USD", "1/18.50"),
        ("USDC", "MXN", "0.9998*18.40"),
        ("MXN", "USDC", "1/18.50*1/1.0002"),
        ("EUR", "MXN", "1.10*18.40"),
        ("MXN", "EUR", "1/18.50*1/1.12"),
    ],
)
def test_each_direction_has_its_own_side_and_a_cross_goes_over_one_currency(source: str, target: str, rate: str) -> None:
    expected = Fraction(1)
    for factor in rate.split("*"):
        over = factor.removeprefix("1/")
        expected *= 1 / Fraction(over) if factor != over else Fraction(over)
    found = directed(RATES, source, target)
    assert found is not None
    assert found[0] == expected


def test_there_and_back_never_gains() -> None:
    for one in ("USD", "MXN", "EUR", "USDC"):
        for other in ("USD", "MXN", "EUR", "USDC"):
            there, back = directed(RATES, one, other), directed(RATES, other, one)
            if one != other and there and back:
                assert there[0] * back[0] <= 1, (one, other)


def test_no_peg_is_assumed() -> None:
    assert directed({"USD/MXN": {"bid": "18", "ask": "18"}}, "USDC", "MXN") is None


def sheet(age_s: float, rate: str = "18.40") -> Sheet:
    return Sheet(clock.now() - timedelta(seconds=age_s), {"USDC/MXN": (Decimal(rate), Decimal(rate))}, "{}")


@pytest.mark.django_db
def test_the_first_source_that_is_fresh_counts_and_a_stale_one_does_not() -> None:
    feed, ecb = RateSource.objects.get(pk="feed"), RateSource.objects.get(pk="ecb")
    keep_sheet(ecb, sheet(3600, "18.00"))
    assert reference("USDC", "MXN").rate == 18
    keep_sheet(feed, sheet(100, "18.40"))
    assert reference("USDC", "MXN").words == "Rate feed: USDC/MXN bid 18.40"
    keep_sheet(feed, sheet(-30, "18.50"))
    assert reference("USDC", "MXN").rate == Fraction("18.50")


@pytest.mark.django_db
@pytest.mark.parametrize("age_s", [121, -3600])
def test_a_rate_from_long_ago_or_from_the_future_is_none(age_s: int) -> None:
    keep_sheet(RateSource.objects.get(pk="feed"), sheet(age_s))
    with pytest.raises(Waiting, match="Rate feed last spoke of it") as waiting:
        reference("USDC", "MXN")
    assert waiting.value.code == "reference_rate_stale"


def test_the_feed_is_fetched_once_however_many_look_after_it(feed: Floor) -> None:
    assert (fetch_rates().new, fetch_rates().new) == (1, 0)
    assert reference("USDC", "MXN").rate > 0
    assert reference("MXN", "EUR").rate > 0


@pytest.mark.parametrize("fault", ["down", "error", "garbage"])
def test_a_feed_that_misbehaves_gives_no_rate(feed: Floor, fault: str) -> None:
    feed.orders.give("rates", fault)
    with pytest.raises(RetryableError):
        fetch_rates()
    assert not RateSheet.objects.exists()


@pytest.mark.parametrize(
    "row",
    [
        {"base": "USD", "quote": "MXN", "bid": 18.4, "ask": "18.5"},
        {"base": "USD", "quote": "MXN", "bid": "18.5", "ask": "18.4"},
        {"base": "USD", "quote": "USD", "bid": "1", "ask": "1"},
        {"base": "USD", "quote": "MXN", "bid": "0", "ask": "1"},
        {"base": "usd; --", "quote": "MXN", "bid": "1", "ask": "1"},
        {"base": "USD", "quote": "MXN", "bid": "1"},
    ],
)
def test_a_row_that_is_no_rate_spoils_the_sheet(row: dict[str, object]) -> None:
    body = {"observed_at": "2026-11-26T12:00:00Z", "rates": [row]}
    with pytest.raises(BadSheet):
        read_feed(httpx.Response(200, json=body).text)
    with pytest.raises(RetryableError, match="cannot be used"):
        RateFeed("http://rates.test", "", transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body))).fetch()
