-- What senders have paid a messenger beforehand, and what became of it. Ids are 32-byte blobs; amounts are decimal digits, in units of
-- the court's token, because they go beyond 64 bits.

-- One row an address and court. What is left is paid - spent - refunded, never below 0.
CREATE TABLE fee_account (
    court    BLOB    NOT NULL CHECK (length(court) = 32),
    address  TEXT    NOT NULL,
    paid     TEXT    NOT NULL,
    spent    TEXT    NOT NULL,
    refunded TEXT    NOT NULL,
    -- Whether anything is left: of the others room is made where the table is full.
    has_credit INTEGER NOT NULL CHECK (has_credit IN (0, 1)),
    PRIMARY KEY (court, address)
) STRICT, WITHOUT ROWID;

-- Fees of items that are on their way to their slot: counted as spent, and given back where there is none.
CREATE TABLE fee_hold (
    -- The key of the outbox entry.
    key      BLOB    NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    court    BLOB    NOT NULL CHECK (length(court) = 32),
    address  TEXT    NOT NULL,
    price    TEXT    NOT NULL,
    -- When the item was taken, in milliseconds.
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX fee_hold_address ON fee_hold (court, address);

-- The first place of the court's log that was not yet looked at for payments to an address. It moves in the transaction in which the
-- payments before it are counted.
CREATE TABLE fee_place (
    court  BLOB    NOT NULL CHECK (length(court) = 32),
    payee  TEXT    NOT NULL,
    height INTEGER NOT NULL,
    slot   INTEGER NOT NULL,
    PRIMARY KEY (court, payee)
) STRICT, WITHOUT ROWID;
