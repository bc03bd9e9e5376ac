"""Django's PostgreSQL backend with a pool that asks a connection whether it lives, except where a statement may be sent again."""
