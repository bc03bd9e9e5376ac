"""Figures, read from the database when asked for.

Every process writes its facts to the database anyway, so nothing is counted twice, lost with a process or different between two web
processes; a scrape is a handful of indexed queries.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from django.db import connection, transaction
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from backoffice import release
from transfers.queries.transitions import Transition, ended, standing, transitions

STATEMENT_TIMEOUT = "5s"


def _rows(sql: str, parameters: Sequence[list[str]] = ()) -> list[tuple[object, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [STATEMENT_TIMEOUT])
        cursor.execute(sql, parameters)
        found: list[tuple[object, ...]] = cursor.fetchall()
    return found


def _gauge(name: str, text: str, labels: list[str], rows: Sequence[tuple[object, ...]]) -> Metric:
    """The last column is the value, those before it the labels."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for *names, value in rows:
        family.add_metric([str(label) for label in names], float(str(value)))
    return family


def _taken(transitions_taken: Sequence[Transition]) -> Metric:
    """On all routes, our own health checks too."""
    times: Counter[tuple[str, str]] = Counter()
    for one in transitions_taken:
        times[one.source, one.target] += one.times
    family = CounterMetricFamily("countersign_transitions", "State transitions ever taken.", labels=["source", "target"])
    for kind, count in times.items():
        family.add_metric(list(kind), count)
    return family


class FromDatabase(Collector):
    """One method per figure, or for those that are read together."""

    def collect(self) -> Iterator[Metric]:
        yield self._build()
        yield from self._transfers()
        yield self._heartbeats()
        yield self._alerts()
        yield self._checks_passed()
        yield self._checks_took()

    def describe(self) -> list[Metric]:
        """Empty on purpose: registering must not ask the database."""
        return []

    def _build(self) -> Metric:
        labels = release.current().labels()
        return _gauge("countersign_build", "Which version is running; always 1.", list(labels), [(*labels.values(), 1)])

    def _transfers(self) -> Iterator[Metric]:
        """What is open is counted, what has ended is what came to its end: that is counted once, when it happens."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [STATEMENT_TIMEOUT])
            open_ones, taken = standing(), transitions()
        labels = ["route", "status"]
        present = [(one.route, one.status, one.count) for one in open_ones]
        present += [(*where, count) for where, count in ended(taken).items()]
        yield _gauge("countersign_transfers", "Transfers by route and present state.", labels, present)
        oldest = [(one.route, one.status, one.oldest_s) for one in open_ones]
        yield _gauge("countersign_transfers_oldest_seconds", "Longest time in the present state.", labels, oldest)
        yield _taken(taken)

    def _heartbeats(self) -> Metric:
        sql = "SELECT kind, extract(epoch FROM clock_timestamp() - max(seen_at)) FROM transfers_heartbeat GROUP BY 1"
        return _gauge(
            "countersign_heartbeat_age_seconds", "Since the last sign of life, per kind of process.", ["kind"], _rows(sql)
        )

    def _alerts(self) -> Metric:
        rows = _rows("SELECT severity, count(*) FROM alerts_alert WHERE resolved_at IS NULL GROUP BY 1")
        return _gauge("countersign_alerts_open", "Alerts that are not resolved.", ["severity"], rows)

    def _checks_passed(self) -> Metric:
        sql = (
            "SELECT route, extract(epoch FROM clock_timestamp() - max(ended_at)) FROM transfers_syntheticrun"
            " WHERE result = 'passed' GROUP BY 1"
        )
        return _gauge("countersign_health_check_age_seconds", "Since a health check last passed.", ["route"], _rows(sql))

    def _checks_took(self) -> Metric:
        sql = (
            "SELECT DISTINCT ON (route) route, result, extract(epoch FROM ended_at - started_at) FROM transfers_syntheticrun"
            " WHERE result IN ('passed', 'failed') ORDER BY route, started_at DESC"
        )
        return _gauge("countersign_health_check_seconds", "How long the last health check took.", ["route", "result"], _rows(sql))


registry = CollectorRegistry(auto_describe=False)
registry.register(FromDatabase())
