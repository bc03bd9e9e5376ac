-- The bank's own books. Amounts are minor units of the account's currency; times are epoch seconds; every row is kept.
CREATE TABLE IF NOT EXISTS account (
    iban TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    currency TEXT NOT NULL,
    opening_balance INTEGER NOT NULL
);

-- A message is answered once; a repeat gets the stored answer.
CREATE TABLE IF NOT EXISTS message (
    message_id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    answer BLOB NOT NULL,
    received_at REAL NOT NULL
);

CREATE TABLE IF NOT EXISTS payment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL REFERENCES message (message_id) DEFERRABLE INITIALLY DEFERRED,
    payment_id TEXT NOT NULL,
    instruction_id TEXT NOT NULL,
    end_to_end_id TEXT NOT NULL,
    uetr TEXT NOT NULL,
    debtor_iban TEXT NOT NULL,
    creditor_name TEXT NOT NULL,
    creditor_account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    remittance TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    words TEXT NOT NULL DEFAULT '',
    bank_reference TEXT NOT NULL,
    accepted_at REAL NOT NULL,
    next_at REAL
);
CREATE INDEX IF NOT EXISTS payment_end_to_end ON payment (end_to_end_id);
CREATE INDEX IF NOT EXISTS payment_due ON payment (next_at) WHERE next_at IS NOT NULL;

-- Money that moved on an account: positive is a credit. `statement` is the sequence number of the statement that reports it.
CREATE TABLE IF NOT EXISTS booking (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    iban TEXT NOT NULL REFERENCES account (iban),
    amount INTEGER NOT NULL CHECK (amount <> 0),
    kind TEXT NOT NULL CHECK (kind IN ('payment', 'incoming', 'fee')),
    counterparty TEXT NOT NULL,
    counterparty_account TEXT NOT NULL,
    remittance TEXT NOT NULL,
    message_id TEXT NOT NULL DEFAULT '',
    instruction_id TEXT NOT NULL DEFAULT '',
    end_to_end_id TEXT NOT NULL DEFAULT '',
    uetr TEXT NOT NULL DEFAULT '',
    bank_reference TEXT NOT NULL,
    booked_at REAL NOT NULL,
    statement INTEGER
);
CREATE INDEX IF NOT EXISTS booking_unreported ON booking (iban) WHERE statement IS NULL;
CREATE INDEX IF NOT EXISTS booking_of_account ON booking (iban, statement);

CREATE TABLE IF NOT EXISTS statement (
    iban TEXT NOT NULL REFERENCES account (iban),
    sequence INTEGER NOT NULL,
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    closing_balance INTEGER NOT NULL,
    closed_at REAL NOT NULL,
    PRIMARY KEY (iban, sequence)
);

CREATE TABLE IF NOT EXISTS hint (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL,
    delivered_at REAL
);
CREATE INDEX IF NOT EXISTS hint_due ON hint (next_at) WHERE next_at IS NOT NULL;

-- What goes wrong on purpose, ordered by a drill or a test. `times` null: until it is called off.
CREATE TABLE IF NOT EXISTS fault (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    settings TEXT NOT NULL,
    times INTEGER,
    used INTEGER NOT NULL DEFAULT 0,
    made_at REAL NOT NULL,
    ended_at REAL
);
CREATE INDEX IF NOT EXISTS fault_in_force ON fault (kind) WHERE ended_at IS NULL;

-- What a fault will still do to a payment that has settled.
CREATE TABLE IF NOT EXISTS sequel (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payment INTEGER NOT NULL REFERENCES payment (id),
    kind TEXT NOT NULL,
    settings TEXT NOT NULL,
    at REAL,
    done_at REAL
);

-- Payments that their debtor wants back. `at`: when somebody decides, null for what is decided or never will be.
CREATE TABLE IF NOT EXISTS recall (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recall_id TEXT NOT NULL UNIQUE,
    end_to_end_id TEXT NOT NULL,
    payment INTEGER REFERENCES payment (id),
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    words TEXT NOT NULL,
    at REAL
);
