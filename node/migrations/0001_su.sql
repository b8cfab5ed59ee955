-- Tables of the scheduler unit. Ids and hashes are 32-byte blobs, times milliseconds, heights and slots plain numbers.

-- Every data item that the node has taken in, byte for byte.
CREATE TABLE item (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    bytes BLOB NOT NULL
) STRICT;

-- The processes whose log this node orders. The spawn itself is an item.
CREATE TABLE process (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The log: what stands in which slot. A row is written before its assignment is signed and never changes afterwards.
-- Slot 0 is the spawn, its message is the process itself.
CREATE TABLE log (
    process BLOB NOT NULL REFERENCES process (id),
    slot INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    message BLOB NOT NULL CHECK (length(message) = 32),
    -- What a pushed message says, whoever signed it how often: a second copy is refused. NULL for all others.
    content BLOB CHECK (length(content) = 32),
    height INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    log_chain BLOB NOT NULL CHECK (length(log_chain) = 32),
    -- 0: sent to the process. 1: assigned by reference, a data item. 2: assigned by reference, a base-layer transaction.
    entry INTEGER NOT NULL CHECK (entry IN (0, 1, 2)),
    -- Fields that an assignment by reference leaves out, separated by commas.
    exclude TEXT NOT NULL,
    PRIMARY KEY (process, slot)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX log_message ON log (message, process);
CREATE UNIQUE INDEX log_content ON log (content, process) WHERE content IS NOT NULL;
-- Stamps grow strictly within a process, which makes paging by time exact.
CREATE UNIQUE INDEX log_timestamp ON log (process, timestamp);

-- The signed assignment of a slot, byte for byte. It arrives with the commit after its log row.
CREATE TABLE receipt (
    process BLOB NOT NULL,
    slot INTEGER NOT NULL,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    bytes BLOB NOT NULL,
    PRIMARY KEY (process, slot),
    FOREIGN KEY (process, slot) REFERENCES log (process, slot)
) STRICT, WITHOUT ROWID;

-- Runs of signed slots on their way to the base layer, in the order in which they were signed.
CREATE TABLE publication (
    number INTEGER PRIMARY KEY,
    process BLOB NOT NULL,
    first_slot INTEGER NOT NULL,
    last_slot INTEGER NOT NULL,
    -- Bytes of the messages and assignments.
    bytes INTEGER NOT NULL,
    -- The height stamped into the first slot: the duty to publish counts from it.
    stamped_height INTEGER NOT NULL,
    -- The transaction that carries the run; NULL while it waits for one.
    tx BLOB CHECK (length(tx) = 32),
    posted_height INTEGER,
    mined_height INTEGER,
    firm INTEGER NOT NULL DEFAULT 0 CHECK (firm IN (0, 1)),
    UNIQUE (process, first_slot)
) STRICT;

CREATE INDEX publication_waiting ON publication (number) WHERE tx IS NULL;
CREATE INDEX publication_posted ON publication (tx) WHERE firm = 0;
CREATE INDEX publication_late ON publication (stamped_height) WHERE mined_height IS NULL;
