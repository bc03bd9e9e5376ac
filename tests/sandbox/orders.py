"""Payment orders written out by hand, so that the bank is not tested with the code that talks to it."""

_ORDER = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created}</CreDtTm><NbOfTxs>{count}</NbOfTxs><CtrlSum>{control}</CtrlSum>
<InitgPty><Nm>House</Nm></InitgPty></GrpHdr>
<PmtInf><PmtInfId>{message_id}</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt><Dbtr><Nm>House</Nm></Dbtr>
<DbtrAcct><Id><IBAN>{debtor}</IBAN></Id></DbtrAcct><DbtrAgt><FinInstnId><BICFI>TESTSESSXXX</BICFI></FinInstnId></DbtrAgt>
<CdtTrfTxInf><PmtId><InstrId>I1</InstrId><EndToEndId>{end_to_end_id}</EndToEndId>
<UETR>11111111-1111-4111-8111-111111111111</UETR></PmtId><Amt><InstdAmt Ccy="{currency}">{amount}</InstdAmt></Amt>
<Cdtr><Nm>Ana</Nm></Cdtr><CdtrAcct><Id>{account}</Id></CdtrAcct><RmtInf><Ustrd>rent</Ustrd></RmtInf></CdtTrfTxInf>
</PmtInf></CstmrCdtTrfInitn></Document>"""

GOOD_IBAN = "<IBAN>DE89370400440532013000</IBAN>"
GOOD_CLABE = "<Othr><Id>032180000118359719</Id><SchmeNm><Prtry>CLABE</Prtry></SchmeNm></Othr>"


def order(**changes: str) -> bytes:
    """A good order over 100.00 MXN, with changes."""
    values = {
        "message_id": "M1",
        "created": "2026-09-21T14:13:20Z",
        "count": "1",
        "day": "2026-09-21",
        "debtor": "SE1190000000000000000001",
        "end_to_end_id": "E1",
        "currency": "MXN",
        "amount": "100.00",
        "account": GOOD_CLABE,
    }
    values |= changes
    values.setdefault("control", values["amount"])
    return _ORDER.format(**values).encode()
