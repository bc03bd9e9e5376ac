"""Statements written for a test: small, valid, one thing odd at a time."""

from collections.abc import Sequence

ACCOUNT = "DE89370400440532013000"


def entry(
    amount: str = "10.00",
    *,
    direction: str = "CRDT",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
    currency: str = "EUR",
    dates: str = "<BookgDt><Dt>2026-10-01</Dt></BookgDt><ValDt><Dt>2026-10-02</Dt></ValDt>",
    references: str = "",
    details: str = "",
) -> str:
    return (
        f'<Ntry>{references}<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{status}{dates}'
        f"<BkTxCd/>{f'<NtryDtls>{details}</NtryDtls>' if details else ''}</Ntry>"
    )


def transaction(
    amount: str = "", *, refs: str = "", direction: str = "", currency: str = "EUR", parties: str = "", remittance: str = ""
) -> str:
    written = f'<Amt Ccy="{currency}">{amount}</Amt>' if amount else ""
    indicator = f"<CdtDbtInd>{direction}</CdtDbtInd>" if direction else ""
    told = f"<RmtInf><Ustrd>{remittance}</Ustrd></RmtInf>" if remittance else ""
    return f"<TxDtls><Refs>{refs}</Refs>{written}{indicator}{parties}{told}</TxDtls>"


def balance(code: str, amount: str, *, direction: str = "<CdtDbtInd>CRDT</CdtDbtInd>", currency: str = "EUR") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>{direction}'
        "<Dt><Dt>2026-10-01</Dt></Dt></Bal>"
    )


def statement(
    entries: Sequence[str] = (),
    *,
    opening: str = "100.00",
    closing: str = "",
    account: str = ACCOUNT,
    identification: str = "S1",
    extra: str = "",
) -> str:
    balances = balance("OPBD", opening) if opening else ""
    balances += balance("CLBD", closing) if closing else ""
    return (
        f"<Stmt><Id>{identification}</Id><CreDtTm>2026-10-01T20:00:00Z</CreDtTm><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{extra}{balances}{''.join(entries)}</Stmt>"
    )


def document(
    *statements: str, namespace: str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08", body: str = "BkToCstmrStmt"
) -> bytes:
    declared = f' xmlns="{namespace}"' if namespace else ""
    header = "<GrpHdr><MsgId>G1</MsgId><CreDtTm>2026-10-01T20:00:00Z</CreDtTm></GrpHdr>"
    joined = "\n".join(statements)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Document{declared}><{body}>{header}\n{joined}\n</{body}></Document>'
    return text.encode()
