"""What every answer carries, and what the probes say."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from backoffice.health import heartbeats

pytestmark = pytest.mark.django_db


def test_every_answer_names_its_request() -> None:
    first, second = Client().get("/healthz"), Client().get("/healthz")
    assert first["Request-Id"] != second["Request-Id"]
    assert first["Correlation-Id"] == first["Request-Id"]


def test_the_callers_correlation_id_is_kept() -> None:
    answer = Client().get("/healthz", headers={"Correlation-Id": "order-4711"})
    assert answer["Correlation-Id"] == "order-4711"
    assert answer["Request-Id"] != "order-4711"


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "línea", "a<script>"])
def test_an_ill_formed_correlation_id_is_replaced(given: str) -> None:
    answer = Client().get("/healthz", headers={"Correlation-Id": given})
    assert answer["Correlation-Id"] == answer["Request-Id"]


def test_the_request_id_is_never_the_callers() -> None:
    answer = Client().get("/healthz", headers={"X-Request-Id": "mine", "Request-Id": "mine"})
    assert answer["Request-Id"] != "mine"


def test_every_answer_has_the_strict_policy() -> None:
    policy = Client().get("/healthz")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_it_is_not_ready_without_a_worker() -> None:
    answer = Client().get("/readyz")
    parts = json.loads(answer.content)["parts"]
    assert answer.status_code == 503
    assert {name: part["ready"] for name, part in parts.items()} == {
        "web": True,
        "database": True,
        "broker": True,
        "workers": False,
    }


def test_a_fresh_sign_of_a_worker_makes_it_ready() -> None:
    heartbeats.sign(name="worker@here:1", kind="worker")
    assert Client().get("/readyz").status_code == 200


@pytest.mark.parametrize("kind", ["beat", "sweeper"])
def test_another_process_is_no_worker(kind: str) -> None:
    heartbeats.sign(name="x", kind=kind)
    assert Client().get("/readyz").status_code == 503


def test_an_old_sign_does_not_count(settings: Any) -> None:
    heartbeats.sign(name="worker@here:1", kind="worker")
    settings.HEARTBEAT_STALE_AFTER = 0.0
    assert Client().get("/readyz").status_code == 503


def test_a_broker_that_is_away_is_named(settings: Any) -> None:
    heartbeats.sign(name="worker@here:1", kind="worker")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.content)["parts"]["broker"] == {"ready": False, "detail": "ConnectionError"}


def test_figures_name_version_and_processes() -> None:
    heartbeats.sign(name="worker@here:1", kind="worker")
    body = Client().get("/metrics").content.decode()
    assert 'countersign_build{commit="' in body
    assert 'countersign_heartbeat_age_seconds{kind="worker"}' in body


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}])
def test_figures_are_not_given_to_what_a_proxy_forwards(headers: dict[str, str]) -> None:
    assert Client().get("/metrics", headers=headers).status_code == 404


def test_figures_are_not_given_to_other_machines() -> None:
    assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics").status_code == 404


def test_with_a_token_only_the_token_counts(settings: Any) -> None:
    settings.METRICS_TOKEN = "scrape-me"
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 404
    assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics", headers={"Authorization": "Bearer scrape-me"}).status_code == 200


def test_probes_answer_reads_only() -> None:
    assert [Client().post(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [405, 405, 405]


def test_the_tests_run_on_servers_of_their_own() -> None:
    assert settings.DATABASES["default"]["NAME"].startswith("test_")
