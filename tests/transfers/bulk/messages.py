"""pain.001 messages for tests, written by hand: the reader must not be tested with a writer of ours."""

from xml.sax.saxutils import escape

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


def payment(to: str = "staff-1", amount: str = "10.00", *, end_to_end: str = "E-1", money: str = "", account: str = "") -> str:
    money = money or f'<InstdAmt Ccy="USDC">{amount}</InstdAmt>'
    account = account or f"<Id><Othr><Id>{escape(to)}</Id><SchmeNm><Prtry>CLIENT</Prtry></SchmeNm></Othr></Id>"
    return (
        f"<CdtTrfTxInf><PmtId><EndToEndId>{escape(end_to_end)}</EndToEndId></PmtId><Amt>{money}</Amt>"
        f"<Cdtr><Nm>Somebody</Nm></Cdtr><CdtrAcct>{account}</CdtrAcct></CdtTrfTxInf>"
    )


def message(
    *payments: str,
    message_id: str = "MSG-1",
    count: str | None = None,
    control: str = "",
    day: str = "2026-01-02",
    debtor: str = "USDC",
    namespace: str = NAMESPACE,
    method: str = "TRF",
) -> bytes:
    total = f"<CtrlSum>{control}</CtrlSum>" if control else ""
    counted = f"<NbOfTxs>{len(payments) if count is None else count}</NbOfTxs>{total}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}"><CstmrCdtTrfInitn>'
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>2026-01-02T08:00:00Z</CreDtTm>{counted}<InitgPty><Nm>Acme</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>P-1</PmtInfId><PmtMtd>{method}</PmtMtd><ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt>"
        f"<Dbtr><Nm>Acme</Nm></Dbtr><DbtrAcct><Id><Othr><Id>{debtor}</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><Nm>Countersign</Nm></FinInstnId></DbtrAgt>"
        f"{''.join(payments)}</PmtInf></CstmrCdtTrfInitn></Document>"
    ).encode()
