"""What the tests of the rails share: a running chain."""

from tests.sandbox.fixtures import chain

__all__ = ["chain"]
