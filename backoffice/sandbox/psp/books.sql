-- The provider's own books. Amounts are minor units; times are epoch seconds; every row is kept.
CREATE TABLE IF NOT EXISTS payment (
    reference TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('authorised', 'declined', 'captured')),
    reason TEXT NOT NULL,
    fee INTEGER NOT NULL,
    made_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS dispute (
    id TEXT PRIMARY KEY,
    reference TEXT NOT NULL REFERENCES payment (reference),
    amount INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('lost', 'won')),
    opened_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS refund (
    reference TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    payment TEXT NOT NULL REFERENCES payment (reference),
    amount INTEGER NOT NULL,
    made_at REAL NOT NULL
);
-- What the next batch settles: money to us is positive. `reference` is the payment's or the refund's; `batch` is the one that did;
-- `dispute` the one that it is about.
CREATE TABLE IF NOT EXISTS line (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('capture', 'chargeback', 'chargeback_won', 'refund')),
    reference TEXT NOT NULL,
    currency TEXT NOT NULL,
    gross INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    batch INTEGER,
    dispute TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS batch (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    currency TEXT NOT NULL,
    net INTEGER NOT NULL,
    closed_at REAL NOT NULL,
    is_paid INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS hint (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL
);
CREATE TABLE IF NOT EXISTS fault (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    settings TEXT NOT NULL,
    times INTEGER,
    used INTEGER NOT NULL DEFAULT 0,
    made_at REAL NOT NULL,
    ended_at REAL
);
