"""Statements against their schema: a real one that strays is read whole, and says where it strays."""

import pytest

from reconciliation.importers import registry
from reconciliation.importers.facts import facts
from tests.reconciliation.corpus import READABLE, content, needs_corpus
from tests.reconciliation.statement_files import document, entry, statement

pytestmark = needs_corpus


def test_deviations_of_real_statements_never_cost_the_statement() -> None:
    """Of those that must be readable, most are valid and many are not: no single bank can be waited for."""
    told = {name: facts(registry.read(content(name)))["schema"] for name in READABLE}
    strays = {name for name, schema in told.items() if schema and schema["deviations"]}
    assert {"camt/subite_053_2024-03-07.xml", "camt/viafintech_053_valid_example_v8.xml"} < strays
    assert len(strays) == 25
    assert sum(1 for schema in told.values() if schema and not schema["deviations"]) == 42


def test_a_deviation_names_line_element_and_rule() -> None:
    schema = facts(registry.read(content("camt/viafintech_053_valid_example_v8.xml")))["schema"]
    (one,) = schema["deviations"]
    assert (schema["compared_with"], one["line"], one["element"]) == (
        "camt.053.001.08",
        119,
        "Stmt/Ntry[1]/NtryDtls/TxDtls/Refs/UETR",
    )
    assert "does not have the form [a-f0-9]{8}-" in one["rule"]


@pytest.mark.parametrize("name", ["camt/bsp_camt053_no_namespace.xml", "camt/genkgo_camt052.v8.xml"])
def test_what_has_no_schema_here_is_read_as_before(name: str) -> None:
    assert facts(registry.read(content(name)))["schema"] is None


def test_a_valid_statement_is_said_to_be_valid() -> None:
    assert facts(registry.read(content("camt/syn_utf8_bom.xml")))["schema"]["deviations"] == []
    assert facts(registry.read(document(statement([entry()]))))["schema"]["compared_with"]
