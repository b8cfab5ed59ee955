-- Origin as this node derives it: the clock of its blocks, what it came to in each, and what waits for its inbox.
-- All but the last table can be made again from gateways. Ids and hashes are 32-byte blobs, ids of blocks 48, times seconds.

-- The court whose inbox the blocks were read for, and the first block; no row while no court is followed.
CREATE TABLE court_seat (
    origin BLOB    NOT NULL PRIMARY KEY CHECK (length(origin) = 32),
    start  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every block that was read since the court was followed: a Tick needs each of them.
CREATE TABLE court_block (
    height INTEGER NOT NULL PRIMARY KEY,
    id     BLOB    NOT NULL CHECK (length(id) = 48),
    time_s INTEGER NOT NULL
) STRICT;

-- The last slot and the state root after a block.
CREATE TABLE court_root (
    height INTEGER NOT NULL PRIMARY KEY,
    block  BLOB    NOT NULL CHECK (length(block) = 48),
    slot   INTEGER NOT NULL,
    root   BLOB    NOT NULL CHECK (length(root) = 32)
) STRICT;

-- What each message came to.
CREATE TABLE court_outcome (
    message BLOB    NOT NULL PRIMARY KEY CHECK (length(message) = 32),
    slot    INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    json    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX court_outcome_height ON court_outcome (height);

-- Items that users gave this node for the inbox; a row goes once its item has run in a firm block, or was
-- posted in vain too often. The item comes last: what is asked of the others reads none of it.
CREATE TABLE court_inbox (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    number      INTEGER NOT NULL UNIQUE,
    -- The address that pays for it.
    owner       TEXT    NOT NULL,
    -- The transaction that carries it, and the height of the tip when it was posted.
    posted_in   BLOB             CHECK (length(posted_in) = 32),
    posted_at   INTEGER,
    posts       INTEGER NOT NULL DEFAULT 0,
    item        BLOB    NOT NULL
) STRICT;

CREATE INDEX court_inbox_owner ON court_inbox (owner);
