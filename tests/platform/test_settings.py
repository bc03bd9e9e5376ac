"""Production refuses to start with what is only good for a demonstration, and says everything that is wrong at once."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

PRODUCTION = {
    "ENVIRONMENT": "production",
    "COUNTERSIGN_PROCESS": "web",
    "SECRET_KEY": "k3y-" * 20,
    "ALLOWED_HOSTS": "countersign.example",
    "BASE_URL": "https://countersign.example",
    "DATABASE_URL_WEB": "postgresql://countersign_web@/h_platform",
    "REDIS_URL": "redis+socket:///run/broker",
    "SEED": "none",
    "BANK_TOKEN": "t",
    "SIGNER_TOKEN": "t",
    "WEBHOOK_ENCRYPTION_KEYS": "k",
    "RECEIPT_KEYS": "k",
}


SEALER = {
    "ENVIRONMENT": "production",
    "COUNTERSIGN_PROCESS": "sealer",
    "SECRET_KEY": "k3y-" * 20,
    "ALLOWED_HOSTS": "countersign.example",
    "BASE_URL": "https://countersign.example",
    "DATABASE_URL_SEALER": "postgresql://countersign_sealer@/h_platform",
    "SEED": "none",
    "AUDIT_LOG_KEY": "name+00000000+public",
    "AUDIT_SIGNING_KEY": "PRIVATE+KEY+name+00000000+secret",
    "AUDIT_ANCHORS": "disk=file:///mnt/anchor auditors=mailto:auditor@elsewhere.example",
}


def _started(changes: dict[str, str], code: str = "") -> subprocess.CompletedProcess[str]:
    """A fresh process that reads the settings from this environment alone."""
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "backoffice.settings", **changes}
    program = f"import django; django.setup(); from django.conf import settings; {code}"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )


def test_it_starts_when_everything_is_set() -> None:
    done = _started(
        PRODUCTION, "print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SECURE_SSL_REDIRECT, settings.DEBUG)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["__Host-session", "__Host-csrf", "True", "False"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"DEBUG": "1"}, "DEBUG must be off"),
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be set"),
        ({"DEMO_PASSWORD": "demo"}, "DEMO_PASSWORD is for the demo company only"),
        ({"SEED": "demo"}, "SEED must be none"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name the hosts"),
        ({"BASE_URL": "http://countersign.example"}, "BASE_URL must be an https address"),
        ({"DATABASE_URL_WEB": ""}, "the database URL of this process must be set"),
        (
            {"DATABASE_URL_WEB": "", "DATABASE_URL": "postgresql://owner@/h_platform"},
            "the database URL of this process must be set",
        ),
        ({"REDIS_URL": ""}, "REDIS_URL must be set"),
        ({"BANK_TOKEN": ""}, "BANK_TOKEN (or BANK_TOKEN_FILE) must be set"),
        ({"SIGNER_TOKEN": ""}, "SIGNER_TOKEN (or SIGNER_TOKEN_FILE) must be set"),
        ({"WEBHOOK_ENCRYPTION_KEYS": ""}, "WEBHOOK_ENCRYPTION_KEYS (or WEBHOOK_ENCRYPTION_KEYS_FILE) must be set"),
        ({"WEBHOOK_ALLOW_LOOPBACK": "1"}, "WEBHOOK_ALLOW_LOOPBACK is for the sandbox only: clients could make us call ourselves"),
    ],
)
def test_it_refuses(changes: dict[str, str], reason: str) -> None:
    done = _started(PRODUCTION | changes)
    assert done.returncode != 0
    assert reason in done.stderr


def test_the_sealer_starts_without_what_only_others_need() -> None:
    done = _started(SEALER, "print(settings.DATABASES['default']['USER'], settings.BANK_TOKEN == '')")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["countersign_sealer", "True"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"AUDIT_ANCHORS": ""}, "AUDIT_ANCHORS must name 2 places or more"),
        ({"AUDIT_ANCHORS": "disk=file:///mnt/anchor"}, "AUDIT_ANCHORS must name 2 places or more"),
        ({"AUDIT_SIGNING_KEY": ""}, "AUDIT_SIGNING_KEY (or AUDIT_SIGNING_KEY_FILE) must be set"),
        ({"AUDIT_LOG_KEY": ""}, "AUDIT_LOG_KEY (or AUDIT_LOG_KEY_FILE) must be set"),
        ({"DATABASE_URL_SEALER": ""}, "the database URL of this process must be set"),
    ],
)
def test_the_sealer_refuses(changes: dict[str, str], reason: str) -> None:
    done = _started(SEALER | changes)
    assert done.returncode != 0
    assert reason in done.stderr


def test_it_names_every_fault_and_no_value() -> None:
    done = _started(PRODUCTION | {"DEBUG": "1", "SECRET_KEY": "short-and-secret", "REDIS_URL": ""})
    assert len([line for line in done.stderr.splitlines() if line.startswith("  - ")]) == 3
    assert "short-and-secret" not in done.stderr


def test_only_web_pools_its_connections() -> None:
    code = "print('pool' in settings.DATABASES['default']['OPTIONS'], settings.DATABASES['default']['CONN_MAX_AGE'])"
    assert _started(PRODUCTION, code).stdout.split() == ["True", "0"]
    worker = PRODUCTION | {"COUNTERSIGN_PROCESS": "worker", "DATABASE_URL_WORKER": "postgresql://countersign_worker@/h_platform"}
    worker |= {"RECEIPT_SIGNING_KEY": "k"}
    assert _started(worker, code).stdout.split() == ["False", "60"]
