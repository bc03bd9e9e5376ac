"""Settings of the shell: the environment is read here and nowhere else, once, and loudly.

`ENVIRONMENT` is `sandbox` (default) or `production`; production refuses to start with anything only good for a demonstration.
`COUNTERSIGN_PROCESS` says what this process is and so which database role it connects as: `owner` migrates and administers, `web`,
`worker` and `sealer` serve.
"""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from backoffice import interface
from backoffice.checks import DEVELOPMENT_KEY, ProductionFacts, production_faults
from backoffice.content_policy import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from backoffice.databases import database_settings
from backoffice.environment import DatabaseUrl, Environment
from backoffice.generics import allow_type_parameters
from backoffice.logging import logging_settings

allow_type_parameters()
env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = env.choice("ENVIRONMENT", "sandbox", frozenset({"sandbox", "production"}))
PRODUCTION = ENVIRONMENT == "production"
COUNTERSIGN_PROCESS = env.choice("COUNTERSIGN_PROCESS", "owner", frozenset({"owner", "web", "worker", "sealer"}))
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve()
ARCHIVE_DIR = Path(env.text("ARCHIVE_DIR", str(DATA_DIR / "archive"))).resolve()
RETENTION = env.pairs("RETENTION")
SEED = env.choice("SEED", "none" if PRODUCTION else "demo", frozenset({"demo", "none"}))
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "")
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY", DEVELOPMENT_KEY)
SECRET_KEY_FALLBACKS = env.listing("SECRET_KEY_FALLBACKS")
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS")

# --- Database: one role per kind of process ---------------------------------------------------------------------------------------
_URL_VARIABLE = "DATABASE_URL" if COUNTERSIGN_PROCESS == "owner" else f"DATABASE_URL_{COUNTERSIGN_PROCESS.upper()}"
_DATABASE_URL = env.text(_URL_VARIABLE, "")
WEB_THREADS = env.integer("WEB_THREADS", 4, minimum=1)
# Without a URL (a type checker, `check`) the name leads nowhere: a forgotten variable is an error at the first query.
_DATABASE = DatabaseUrl.parse(_URL_VARIABLE, _DATABASE_URL or f"postgresql:///h_platform?host={DATA_DIR}/no-database-configured")
DATABASES = {"default": database_settings(_DATABASE, process=COUNTERSIGN_PROCESS, threads=WEB_THREADS)}
# What `apply_grants` gives each role as password; a role whose URL is not set keeps the one it has.
DATABASE_ROLE_URLS = {name: env.text(f"DATABASE_URL_{name.upper()}", "") for name in ("web", "worker", "sealer", "signer")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    # In the database: rate limits must hold over all processes, and sign-in must work without Redis.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "backoffice_cache", "TIMEOUT": 3600},
}

# --- Broker: hints only, never the only copy of anything (options in backoffice.broker) -------------------------------------------
REDIS_URL = env.text("REDIS_URL", "")

# --- The outside ------------------------------------------------------------------------------------------------------------------
CHAIN_RPC_URL = env.text("CHAIN_RPC_URL", "")
# A second node of the same network, run by somebody else: both must tell one story before anything is confirmed.
CHAIN_RPC_URL_2 = env.text("CHAIN_RPC_URL_2", "")
CHAIN_ID = env.integer("CHAIN_ID", 31337, minimum=1)
CHAIN_CONFIRMATIONS = env.integer("CHAIN_CONFIRMATIONS", 3, minimum=1)
# How deep a payment is watched, and from where on deposits are credited and our own index reads: below it we expect no reorg.
CHAIN_FINAL_DEPTH = max(env.integer("CHAIN_FINAL_DEPTH", 12, minimum=1), CHAIN_CONFIRMATIONS)
# How many blocks a bid may wait before it is outbid; and how many prices of the first one operator may have spent without another.
CHAIN_STUCK_AFTER_BLOCKS = env.integer("CHAIN_STUCK_AFTER_BLOCKS", 15, minimum=1)
CHAIN_BLOCK_TIME, SPEED_UP_ALONE_TIMES = env.seconds("CHAIN_BLOCK_TIME", 2.0), env.integer("SPEED_UP_ALONE_TIMES", 4, minimum=1)
BANK_URL, BANK_TOKEN = env.text("BANK_URL", ""), env.text("BANK_TOKEN", "")
DESK_URL = env.text("DESK_URL", BANK_URL)
DESK_TOKEN = env.text("DESK_TOKEN", BANK_TOKEN)
# Further desks by provider code, with their tokens; how long they may think, in seconds; and a feed of reference rates.
DESKS, DESK_TOKENS = env.pairs("DESKS"), env.pairs("DESK_TOKENS")
QUOTE_BUDGET = env.seconds("QUOTE_BUDGET", 2.0)
RATES_URL, RATES_TOKEN = env.text("RATES_URL", ""), env.text("RATES_TOKEN", "")
PSP_URL, PSP_TOKEN = env.text("PSP_URL", ""), env.text("PSP_TOKEN", "")
# Further providers: code -> adapter and address, and code -> token. A second bank is one of these.
PROVIDERS, PROVIDER_TOKENS = env.providers("PROVIDERS"), env.pairs("PROVIDER_TOKENS")
SIGNER_URL, SIGNER_TOKEN = env.text("SIGNER_URL", ""), env.text("SIGNER_TOKEN", "")
# Source name -> secret (`whsec_...`) of webhooks that come in; several sources are separated by white space.
WEBHOOK_SECRETS = env.pairs("WEBHOOK_SECRETS")
# Webhooks that go out. Fernet keys of the signing secrets: the first encrypts, all decrypt.
WEBHOOK_ENCRYPTION_KEYS = env.listing("WEBHOOK_ENCRYPTION_KEYS")
WEBHOOK_PORTS = env.ports("WEBHOOK_PORTS", "443,8443")
# Whether a client's address may be this very machine, over plain HTTP too: for a sandbox, and refused in production.
WEBHOOK_ALLOW_LOOPBACK = env.flag("WEBHOOK_ALLOW_LOOPBACK", default=not PRODUCTION)
# Receipts: the key that signs them is for workers alone; the public ones, retired ones too, separated by blanks, for everybody.
RECEIPT_SIGNING_KEY = env.text("RECEIPT_SIGNING_KEY", "")
RECEIPT_KEYS = env.text("RECEIPT_KEYS", "")
# Channel name -> apprise URL. The name is what rows and logs carry; the URL is a secret.
ALERT_CHANNELS = env.pairs("ALERT_CHANNELS")
# How long before an alert opens, in seconds by state, for drills: `SENT_ON_CHAIN=30 CREATED:approval=60` (backoffice.alerts).
ALERT_THRESHOLDS = env.pairs("ALERT_THRESHOLDS")
# Kinds of process of which at least one must be alive.
ALERT_PROCESSES = env.listing("ALERT_PROCESSES", "worker,beat,sweeper,sealer")
# Requests per API key: on average, and at once.
API_RATE_PER_SECOND = env.seconds("API_RATE_PER_SECOND", 50.0)
API_RATE_BURST = env.integer("API_RATE_BURST", 200, minimum=1)
# Per asset code in major units: the least that is credited by itself; the least that is swept, and of a coin the most gas for it.
DEPOSIT_MINIMUMS, DEPOSIT_SWEEPS = env.pairs("DEPOSIT_MINIMUMS", "USDC=1 USDT=1"), env.pairs("DEPOSIT_SWEEPS")
CORRECTION_TWO_APPROVERS_FROM = env.pairs("CORRECTION_TWO_APPROVERS_FROM", "USD=10000 EUR=10000 USDC=10000 USDT=10000 MXN=200000")
# Health checks: amount by route, in major units of one asset; none switches them off. How often, and how long by route, in seconds.
SYNTHETIC_TRANSFERS, SYNTHETIC_LIMITS = env.pairs("SYNTHETIC_TRANSFERS"), env.pairs("SYNTHETIC_LIMITS")
SYNTHETIC_ASSET, SYNTHETIC_EVERY = env.text("SYNTHETIC_ASSET", "USDC.ethereum"), env.seconds("SYNTHETIC_EVERY", 600.0)
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
# How long a worker holds a transfer without a sign of life before another may take it over, in seconds.
DRIVER_LEASE = env.seconds("DRIVER_LEASE", 30.0)
HEARTBEAT_INTERVAL, HEARTBEAT_STALE_AFTER = env.seconds("HEARTBEAT_INTERVAL", 5.0), env.seconds("HEARTBEAT_STALE_AFTER", 20.0)

# --- The seal of the audit trail --------------------------------------------------------------------------------------------------
# Public keys of the log (`vkey`), the one in force first, retired ones after it, separated by blanks. Everybody may know them.
# Keys that seal the keys of the privacy vault, the current one first.
VAULT_KEYS = env.listing("VAULT_KEYS")
AUDIT_LOG_KEY = env.text("AUDIT_LOG_KEY", "")
# The rest is for the sealer alone: its key, its memory outside the database, and where checkpoints are kept (name -> address).
AUDIT_SIGNING_KEY = env.text("AUDIT_SIGNING_KEY", "")
AUDIT_STATE_DIR = Path(env.text("AUDIT_STATE_DIR", str(DATA_DIR / "audit" / "state")))
AUDIT_ANCHORS = env.pairs("AUDIT_ANCHORS")
# In seconds: between two rounds, between two checkpoints without news, between two mails.
AUDIT_SEAL_EVERY = env.seconds("AUDIT_SEAL_EVERY", 1.0)
AUDIT_HEARTBEAT = env.seconds("AUDIT_HEARTBEAT", 30.0)
AUDIT_MAIL_EVERY = env.integer("AUDIT_MAIL_EVERY", 3600, minimum=1)
EMAIL_HOST, EMAIL_PORT = env.text("EMAIL_HOST", "localhost"), env.integer("EMAIL_PORT", 25, minimum=1)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_USER", ""), env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "countersign@localhost")

# --- The house --------------------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "guardian",
    "simple_history",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "django_structlog",
    "audit",
    "ledger",
    "approvals",
    "transfers",
    "reconciliation",
    "backoffice.access",
    "backoffice.alerts",
    "backoffice.bench",
    "backoffice.campaign",
    "backoffice.console",
    "backoffice.health",
    "backoffice.quickstart",
    "backoffice.sandbox",
    "backoffice.sealing",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backoffice.middleware.Identify",
    "transfers.api.middleware.Problems",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "backoffice.access.middleware.OperatorContextMiddleware",
    "backoffice.access.attempts.RefusedAttempts",
    "backoffice.access.middleware.AccessMiddleware",
]
ROOT_URLCONF, WSGI_APPLICATION = "backoffice.urls", "backoffice.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Who may come in --------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "access.Operator"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ANONYMOUS_USER_NAME = None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "backoffice.access.adapter.OperatorAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Uploads are statements; the importer has limits of its own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# --- Pages ------------------------------------------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
_MANIFEST = env.flag("STATIC_MANIFEST", default=PRODUCTION)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(DATA_DIR / "files")}},
    "staticfiles": {
        "BACKEND": "backoffice.assets.HashedFiles" if _MANIFEST else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _MANIFEST
STATIC_BROTLI = env.flag("STATIC_BROTLI", default=PRODUCTION)
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Besides what is compressed already: nobody but a developer's tools asks for source maps.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["jpg", "jpeg", "png", "gif", "webp", "ico", "woff", "woff2", "gz", "br", "zip", "map"]
REST_FRAMEWORK = interface.REST_FRAMEWORK
SPECTACULAR_SETTINGS = interface.SPECTACULAR

# --- Logs -------------------------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = "backoffice.logging.configure"
LOGGING = logging_settings(level=env.text("LOG_LEVEL", "INFO"))

# --- Production -------------------------------------------------------------------------------------------------------------------
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    # Probes come over plain HTTP from the same machine or network; they say nothing that is secret.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if env.flag("BEHIND_TLS_PROXY"):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    _faults = production_faults(
        ProductionFacts(
            debug=DEBUG,
            secret_key=SECRET_KEY,
            demo_password=bool(DEMO_PASSWORD),
            allowed_hosts=tuple(ALLOWED_HOSTS),
            base_url=BASE_URL,
            database_configured=bool(_DATABASE_URL),
            broker_url=REDIS_URL,
            seed=SEED,
            secrets={
                "owner": {},
                "sealer": {"AUDIT_SIGNING_KEY": AUDIT_SIGNING_KEY, "AUDIT_LOG_KEY": AUDIT_LOG_KEY},
            }.get(
                COUNTERSIGN_PROCESS,
                {
                    "BANK_TOKEN": BANK_TOKEN,
                    "SIGNER_TOKEN": SIGNER_TOKEN,
                    "WEBHOOK_ENCRYPTION_KEYS": ",".join(WEBHOOK_ENCRYPTION_KEYS),
                    "RECEIPT_KEYS": RECEIPT_KEYS,
                    **({"RECEIPT_SIGNING_KEY": RECEIPT_SIGNING_KEY} if COUNTERSIGN_PROCESS == "worker" else {}),
                },
            ),
            webhook_loopback=WEBHOOK_ALLOW_LOOPBACK,
            anchors=len(AUDIT_ANCHORS) if COUNTERSIGN_PROCESS == "sealer" else None,
        )
    )
    if _faults:
        raise ImproperlyConfigured("Countersign refuses to start in production:\n" + "\n".join(f"  - {fault}" for fault in _faults))
