"""Who and what the demo company is. Amounts are decimal strings in major units. Nothing here acts."""

from dataclasses import dataclass
from datetime import time, timedelta

from transfers.calendars import Calendar

NETWORK = "ethereum"
USDC = "USDC.ethereum"
ETH = "ETH.ethereum"
HOT_WALLET = "hot-1"
SETTLEMENT_WALLET = "settlement-1"
BANK = "bank"


@dataclass(frozen=True, slots=True)
class DemoOperator:
    username: str
    name: str
    roles: tuple[str, ...]


OPERATORS = (
    DemoOperator("viewer", "Vera Lind", ("viewer",)),
    DemoOperator("operator", "Omar Haddad", ("operator",)),
    DemoOperator("approver", "Ana Moreno", ("approver",)),
    DemoOperator("approver2", "Bo Karlsson", ("approver",)),
    DemoOperator("admin", "Ada Novak", ("admin",)),
    DemoOperator("compliance", "Clara Weiss", ("compliance",)),
    DemoOperator("support", "Sam Okafor", ("support",)),
    DemoOperator("oncall", "Kim Tanaka", ("oncall",)),
    DemoOperator("treasury", "Tess Rivera", ("treasury",)),
)


@dataclass(frozen=True, slots=True)
class DemoClient:
    """`funds` are its opening balance in USDC; `bank_account` and `address` are where it usually withdraws to."""

    id: str
    name: str
    contact: str
    funds: str
    address_label: str
    bank_account: dict[str, str]


CLIENTS = (
    DemoClient(
        "acme",
        "Acme Robotics",
        "Rhea Castillo",
        "14000000.00",
        "Acme treasury",
        {"type": "bank_account", "clabe": "002010077777777771", "name": "Acme Robotics de México SA de CV", "country": "MX"},
    ),
    DemoClient(
        "globex",
        "Globex Trading",
        "Paul Adler",
        "6000000.00",
        "Globex cold storage",
        {"type": "bank_account", "iban": "AT611904300234573201", "name": "Globex Trading GmbH", "country": "AT"},
    ),
    DemoClient(
        "initech",
        "Initech Payments",
        "Lena Fischer",
        "2500000.00",
        "Initech settlement",
        {"type": "bank_account", "clabe": "014027000005555558", "name": "Initech Pagos SA", "country": "MX"},
    ),
)


@dataclass(frozen=True, slots=True)
class DemoCorridor:
    id: str
    name: str
    route: str
    target_asset: str
    country: str
    network: str
    fee_bps: int
    fee_minimum: str
    slippage_bps: int
    source_asset: str = USDC


CORRIDORS = (
    DemoCorridor("US-ETH", "USDC to Ethereum", "on_chain_withdrawal", USDC, "", NETWORK, 0, "0.50", 0),
    DemoCorridor("US-MX", "USDC to Mexican pesos", "off_ramp", "MXN", "MX", "", 25, "1.00", 50),
    DemoCorridor("US-AT", "USDC to euro, Austria", "off_ramp", "EUR", "AT", "", 20, "1.00", 50),
)


# Between clients, and a client's own conversions: fees and spread are what we keep of them.
WITHIN = (
    DemoCorridor("WITHIN-USDC", "USDC between clients", "internal_transfer", USDC, "", "", 0, "0", 0),
    DemoCorridor("USDC-USD", "USDC to US dollars", "conversion", "USD", "", "", 0, "0", 50),
    DemoCorridor("USD-USDC", "US dollars to USDC", "conversion", USDC, "", "", 0, "0", 50, source_asset="USD"),
)
SPREADS_BPS = {"USDC-USD": 15, "USD-USDC": 20}
# Who may pay whom: a ring, so that every client has somebody on its list.
NEIGHBOURS = {"acme": "globex", "globex": "initech", "initech": "acme"}


@dataclass(frozen=True, slots=True)
class DemoNostro:
    """A pre-funded bank account of ours. Its IBAN and opening balance are those of the sandbox bank's account in that currency."""

    code: str
    name: str
    currency: str
    calendar: str
    gather_s: int = 0


NOSTROS = (
    DemoNostro("nordbank-mxn", "Nordbank, Mexican pesos", "MXN", "mexico"),
    DemoNostro("nordbank-eur", "Nordbank, euro", "EUR", "target", gather_s=5),
    DemoNostro("nordbank-usd", "Nordbank, US dollars", "USD", "fedwire"),
)

# The sandbox bank works on an order at once all the same (--hurry), so that a demo on a Sunday shows a whole payout.
CALENDARS = (
    Calendar(
        code="target",
        title="TARGET, euro",
        zone="Europe/Vienna",
        market="XECB",
        opens=time(8),
        cut_off=time(16),
        closes=time(18),
        settlement_days=1,
    ),
    Calendar(
        code="mexico",
        title="Mexican banks",
        zone="America/Mexico_City",
        market="XMEX",
        cut_off=time(17, 30),
        closes=time(18),
        also_closed=frozenset({"12-12"}),
    ),
    Calendar(
        code="fedwire", title="Fedwire, US dollar", zone="America/New_York", market="XFED", cut_off=time(17), closes=time(18, 30)
    ),
)

HOUSE_USDC = "1000000.00"
# Of it, for each of the two parties between which health checks send.
HEALTH_CHECK_USDC = "100.00"
GAS_ETH = "250.0"

# As approvals.policy.rules describes them, but with amounts in major units of the asset; seeding turns them into minor units.
POLICY_RULES: tuple[dict[str, object], ...] = (
    {
        "code": "small",
        "title": "Withdrawals below 1,000 USDC to an allowed destination run by themselves",
        "criteria": {"asset": [USDC], "destination_status": ["allowed"], "amount_below": "1000"},
        "outcome": "allow",
    },
    {
        "code": "medium",
        "title": "Withdrawals from 1,000 USDC need one approver",
        "criteria": {"asset": [USDC], "destination_status": ["allowed"], "amount_from": "1000"},
        "outcome": "require_approval",
        "quorum": 1,
        "role": "approver",
    },
    {
        "code": "high-value",
        "title": "Withdrawals from 100,000 USDC need two approvers",
        "criteria": {"asset": [USDC], "destination_status": ["allowed"], "amount_from": "100000"},
        "outcome": "require_approval",
        "quorum": 2,
        "role": "approver",
    },
    {
        "code": "initech-high-value",
        "title": "Initech: withdrawals from 25,000 USDC need two approvers",
        "criteria": {"client": ["initech"], "asset": [USDC], "destination_status": ["allowed"], "amount_from": "25000"},
        "outcome": "require_approval",
        "quorum": 2,
        "role": "approver",
    },
    {
        "code": "dollars",
        "title": "Dollars below 100,000 are converted without an approval",
        "criteria": {"asset": ["USD"], "destination_status": ["allowed"], "amount_below": "100000"},
        "outcome": "allow",
    },
    {
        "code": "many-dollars",
        "title": "Conversions from 100,000 dollars need one approver",
        "criteria": {"asset": ["USD"], "destination_status": ["allowed"], "amount_from": "100000"},
        "outcome": "require_approval",
        "quorum": 1,
        "role": "approver",
    },
    {
        "code": "cooling-off",
        "title": "No withdrawal to a destination that is still cooling off",
        "criteria": {"destination_status": ["cooling_off"]},
        "outcome": "deny",
    },
)


@dataclass(frozen=True, slots=True)
class DemoLimit:
    client_id: str
    window: str
    amount: str


LIMITS = (
    DemoLimit("", "transaction", "5000000"),
    DemoLimit("acme", "day", "25000000"),
    DemoLimit("globex", "day", "5000000"),
    DemoLimit("initech", "day", "1000000"),
)

APPROVAL_VALIDITY = timedelta(hours=4)
