"""Settings of the shell, read from the environment in one place."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "var")).resolve()


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
    }


SECRET_KEY = os.environ.get("SECRET_KEY", "development-only")
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": _database(os.environ["DATABASE_URL"])}
USE_TZ = True
TIME_ZONE = "UTC"
AUTH_USER_MODEL = "access.Operator"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "guardian",
    "audit",
    "ledger",
    "approvals",
    "transfers",
    "reconciliation",
    "backoffice.access",
    "backoffice.alerts",
    "backoffice.console",
    "backoffice.quickstart",
    "backoffice.sandbox",
]
