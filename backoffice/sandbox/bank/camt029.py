"""Answering a recall with camt.029.001.09."""

import uuid
from datetime import UTC, datetime

from backoffice.sandbox.bank.xml import Writer

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.029.001.09"
ACCEPTED, REFUSED, PENDING = "ACCR", "RJCR", "PDCR"
_CONFIRMATIONS = {ACCEPTED: "CNCL", REFUSED: "RJCR", PENDING: "PDCR"}


def write(*, bic: str, recall_id: str, end_to_end_id: str, status: str, code: str, words: str, at: float) -> bytes:
    """About one recall of one payment. `code` and `words` say why, where there is anything to say."""
    writer = Writer(NAMESPACE)
    resolution = writer.add(writer.root, "RsltnOfInvstgtn")
    assignment = writer.add(resolution, "Assgnmt")
    writer.add(assignment, "Id", uuid.uuid4().hex)
    writer.path(assignment, "Assgnr/Agt/FinInstnId/BICFI", bic)
    writer.path(assignment, "Assgne/Pty/Nm", "The account holder")
    writer.add(assignment, "CreDtTm", datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    case = writer.add(resolution, "RslvdCase")
    writer.add(case, "Id", recall_id)
    writer.path(case, "Cretr/Pty/Nm", "The account holder")
    writer.path(resolution, "Sts/Conf", _CONFIRMATIONS[status])
    details = writer.add(writer.add(resolution, "CxlDtls"), "TxInfAndSts")
    writer.add_if(details, "OrgnlEndToEndId", end_to_end_id)
    writer.add(details, "TxCxlSts", status)
    if code:
        reason = writer.add(details, "CxlStsRsnInf")
        writer.path(reason, "Rsn/Cd", code)
        writer.add_if(reason, "AddtlInf", words)
    return writer.content()
