-- The way to the base layer: messages and assignments ride in Data transactions, their order in Log transactions.

-- The transactions that this node has posted, in the order in which it did.
CREATE TABLE carrier (
    number INTEGER PRIMARY KEY,
    -- 0: Data. 1: Log.
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    tx BLOB NOT NULL UNIQUE CHECK (length(tx) = 32),
    -- The tip when it was posted, or when it was seen to have left its block.
    posted_height INTEGER NOT NULL,
    -- The block it was seen in; NULL while it is in none.
    mined_height INTEGER,
    firm INTEGER NOT NULL DEFAULT 0 CHECK (firm IN (0, 1)),
    -- Slots that wait for nothing else once this one is mined, and the lowest height stamped into what it carries.
    slots INTEGER NOT NULL,
    stamped_height INTEGER NOT NULL
) STRICT;

CREATE INDEX carrier_unsettled ON carrier (mined_height, number) WHERE firm = 0;

INSERT INTO carrier (kind, tx, posted_height, mined_height, firm, slots, stamped_height)
SELECT 0, tx, MIN(posted_height), MIN(mined_height), MIN(firm), 0, MIN(stamped_height)
FROM publication WHERE tx IS NOT NULL GROUP BY tx ORDER BY MIN(number);

-- Runs of signed slots on their way, in the order in which they were signed.
CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    process BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    first_slot INTEGER NOT NULL,
    last_slot INTEGER NOT NULL,
    -- Bytes of the messages and assignments.
    bytes INTEGER NOT NULL,
    -- The height stamped into the first slot: the duty to publish counts from it.
    stamped_height INTEGER NOT NULL,
    -- The key's signature over the end of the run; NULL where the signed batch goes on behind it.
    kind INTEGER,
    owner BLOB,
    signature BLOB,
    -- The number of the transaction that carries its items, and of the one that carries its record; NULL while it waits for one.
    -- Slot 0 is in no record: a run of slot 0 alone names the first in both.
    data INTEGER,
    log INTEGER,
    UNIQUE (process, first_slot)
) STRICT;

INSERT INTO run (number, process, epoch, first_slot, last_slot, bytes, stamped_height, data, log)
SELECT p.number, p.process, 0, p.first_slot, p.last_slot, p.bytes, p.stamped_height, c.number,
       CASE p.last_slot WHEN 0 THEN c.number END
FROM publication p LEFT JOIN carrier c ON c.tx = p.tx ORDER BY p.number;

DROP TABLE publication;
ALTER TABLE run RENAME TO publication;

CREATE INDEX publication_data_waiting ON publication (number) WHERE data IS NULL;
CREATE INDEX publication_log_waiting ON publication (number) WHERE log IS NULL;
CREATE INDEX publication_data ON publication (data) WHERE data IS NOT NULL;
CREATE INDEX publication_log ON publication (log) WHERE log IS NOT NULL;

-- The court that the spawn names, 32 zero bytes for none: what the signatures over the ends of its runs cover.
ALTER TABLE process ADD COLUMN origin BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000'
    CHECK (length(origin) = 32);
