"""Rows that are drawn up in one go are those that the model would make."""

import pytest

from approvals.models import PolicyDecision
from audit.clock import now
from audit.identity import new_id
from audit.rows import new_row
from transfers.models import Transfer


def _values(row: Transfer | PolicyDecision) -> dict[str, object]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_a_row_is_the_one_that_its_model_makes() -> None:
    given = {
        "id": new_id(),
        "client_id": "acme",
        "source_amount": 5,
        "corridor_id": None,
        "created_at": now(),
        "metadata": {"a": "b"},
    }
    made = new_row(Transfer, **given)
    assert _values(made) == _values(Transfer(**given))
    assert made._state.adding


def test_each_row_has_defaults_of_its_own() -> None:
    one, other = new_row(PolicyDecision, role="compliance"), new_row(PolicyDecision)
    assert one.id != other.id
    assert (one.role, other.role) == ("compliance", "")
    first, second = new_row(Transfer), new_row(Transfer)
    assert first.metadata is not second.metadata


def test_a_name_that_is_no_column_is_refused() -> None:
    with pytest.raises(TypeError, match="Transfer has no columns client, colour"):
        new_row(Transfer, client="acme", colour="red", route="off_ramp")
