-- The base layer as this node has read it: the last blocks, the law's transactions, and the logs derived from them.
-- Everything here can be read again from gateways. Ids and hashes are 32-byte blobs, ids of blocks 48, times seconds.

-- The blocks that a reorg may still take back, and the settled one below them.
CREATE TABLE base_block (
    height INTEGER NOT NULL PRIMARY KEY,
    id     BLOB    NOT NULL CHECK (length(id) = 48),
    time_s INTEGER NOT NULL,
    -- Ids of the law's transactions in it, in order, one behind the other.
    law    BLOB    NOT NULL
) STRICT;

-- Transactions that call themselves a Log, verified, by their place among those of their block.
CREATE TABLE law_transaction (
    height INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    id     BLOB    NOT NULL CHECK (length(id) = 32),
    block  BLOB    NOT NULL CHECK (length(block) = 48),
    time_s INTEGER NOT NULL,
    -- Names and values, each behind its length in 4 bytes.
    tags   BLOB    NOT NULL,
    data   BLOB    NOT NULL,
    PRIMARY KEY (height, place)
) STRICT;

-- Which of them name which process in a record, rightly or not.
CREATE TABLE law_mention (
    process BLOB    NOT NULL CHECK (length(process) = 32),
    height  INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    PRIMARY KEY (process, height, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX law_mention_height ON law_mention (height);

-- The settled slots of the processes that are followed.
CREATE TABLE canonical (
    process   BLOB    NOT NULL CHECK (length(process) = 32),
    slot      INTEGER NOT NULL,
    message   BLOB    NOT NULL CHECK (length(message) = 32),
    height    INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    chain     BLOB    NOT NULL CHECK (length(chain) = 32),
    mined     INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    PRIMARY KEY (process, slot)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX canonical_message ON canonical (process, message);

-- Up to which settled height each of them was derived.
CREATE TABLE followed (
    process BLOB    NOT NULL PRIMARY KEY CHECK (length(process) = 32),
    derived INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
