"""What a bank says about a recall (camt.029, any version): accepted, refused, or still being looked into."""

from dataclasses import dataclass

from lxml import etree

from transfers.rails.bank.xml import Unreadable, deviations, find, name, parse, text

ACCEPTED, REFUSED, PENDING = "accepted", "refused", "pending"
# ExternalInvestigationExecutionConfirmation1Code and the status of a single cancellation.
_MEANINGS = {"CNCL": ACCEPTED, "ACCR": ACCEPTED, "RJCR": REFUSED, "PDCR": PENDING, "UWFW": PENDING}


@dataclass(frozen=True, slots=True)
class Resolution:
    """`answer` is accepted, refused or pending; `reason` the bank's code and words."""

    recall_id: str
    answer: str
    reason: str
    deviates: str = ""


def read(content: bytes) -> Resolution:
    """Raises Unreadable when it is no camt.029, or holds a status that no code list knows."""
    root = parse(content)
    namespace = etree.QName(root).namespace or ""
    resolution = find(root, "RsltnOfInvstgtn")
    if name(root) != "Document" or resolution is None or (namespace and "camt.029" not in namespace):
        raise Unreadable(f"expected a camt.029 message, found {name(root)} of {namespace or 'no namespace'}")
    single = find(resolution, "CxlDtls/TxInfAndSts")
    status = (text(single, "TxCxlSts") if single is not None else "") or text(resolution, "Sts/Conf")
    if status not in _MEANINGS:
        raise Unreadable(f"the answer to a recall says {status or 'nothing'}, which no code list knows")
    case = text(resolution, "RslvdCase/Id") or text(resolution, "CxlDtls/OrgnlGrpInfAndSts/OrgnlGrpCxlId")
    said = []
    if single is not None:
        said = [text(single, "CxlStsRsnInf/Rsn/Cd"), text(single, "CxlStsRsnInf/AddtlInf")]
    return Resolution(case, _MEANINGS[status], ": ".join(part for part in said if part), deviations(root))
