"""Whose certificates our clients believe. Reading them all takes longer than many a call, so a process reads them once."""

import ssl
from functools import cache

import httpx


@cache
def authorities(*, environment: bool = False) -> ssl.SSLContext:
    """The public authorities; those that SSL_CERT_FILE names in their place only if `environment` may say so. Shared by clients."""
    return httpx.create_ssl_context(trust_env=environment)
