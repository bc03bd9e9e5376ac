"""One honest log per run, in a database of its own; each test finds it as it was."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection

from audit.context import Actor, bind
from tests.audit.tamper.scene import Scene, built, using


@pytest.fixture(scope="session")
def _scene(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    here = connection.settings_dict
    with ExitStack() as kept:
        with django_db_blocker.unblock():
            original = here["NAME"]
            scene = kept.enter_context(built(tmp_path_factory.mktemp("scene")))
            connection.close()
            # The tests of other directories go on with the database they know.
            here["NAME"] = original
        yield scene


@pytest.fixture
def db(_scene: Scene, django_db_blocker: Any) -> Iterator[None]:
    """The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), using(_scene.today), bind(Actor.system("pytest"), correlation_id="a test"):
        yield


@pytest.fixture
def scene(db: None, _scene: Scene) -> Scene:
    return _scene
