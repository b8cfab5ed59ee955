-- Tables of the messenger unit. Ids and hashes are 32-byte blobs, times milliseconds.

-- Every message, spawn and assignment that the node carries, from the moment it is taken. The bytes stand in table item.
CREATE TABLE outbox (
    -- The item's id; for an assignment the hash of process and message.
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
    -- 0: message. 1: spawn. 2: assignment.
    load INTEGER NOT NULL CHECK (load IN (0, 1, 2)),
    -- 0: a client sent it. 1: an evaluation produced it.
    pushed INTEGER NOT NULL CHECK (pushed IN (0, 1)),
    process BLOB NOT NULL CHECK (length(process) = 32),
    message BLOB NOT NULL CHECK (length(message) = 32),
    -- Assignments only.
    base_layer INTEGER NOT NULL CHECK (base_layer IN (0, 1)),
    exclude TEXT NOT NULL,
    -- What set it in motion: the first entry of the chain, its message, how many generations ago, and the entry just before.
    root BLOB NOT NULL CHECK (length(root) = 32),
    pushed_for BLOB NOT NULL CHECK (length(pushed_for) = 32),
    depth INTEGER NOT NULL,
    parent BLOB CHECK (length(parent) = 32),
    -- Who produced it, at which slot, as what and as which one: NULL for what a client sent. Also the order of sending.
    sender BLOB CHECK (length(sender) = 32),
    sender_slot INTEGER,
    kind INTEGER,
    position INTEGER,
    -- 0 received, 1 submitting, 2 uploading, 3 scheduled, 4 computing, 5 fanned out, 6 done, 7 uploaded, 8 unassigned, 9 refused.
    stage INTEGER NOT NULL CHECK (stage BETWEEN 0 AND 9),
    failed INTEGER NOT NULL,
    noes INTEGER NOT NULL,
    slot INTEGER,
    receipt BLOB,
    -- Who refused it (0 scheduler, 1 nobody knows its process, 2 compute unit, 3 base layer), and the words.
    refuser INTEGER,
    words TEXT,
    -- What of its result was left out, for the operator and the sender to read.
    remark TEXT,
    -- When it is looked at next; the largest number while it waits behind another or is in the hands of its first hop.
    due_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (stage, due_ms) WHERE stage <= 4;
-- What one process sends to another leaves in the order in which it was produced.
CREATE INDEX outbox_lane ON outbox (sender, process, sender_slot, kind, position) WHERE stage <= 2 AND sender IS NOT NULL;
CREATE INDEX outbox_parent ON outbox (parent, stage) WHERE parent IS NOT NULL;

-- How many entries each root message has set in motion.
CREATE TABLE outbox_root (
    root BLOB NOT NULL PRIMARY KEY CHECK (length(root) = 32),
    spent INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Signed wishes to watch a process, or to stop watching it. The newest of a process counts; none is taken twice.
CREATE TABLE monitor (
    number INTEGER PRIMARY KEY,
    item BLOB NOT NULL UNIQUE CHECK (length(item) = 32),
    process BLOB NOT NULL CHECK (length(process) = 32),
    watch INTEGER NOT NULL CHECK (watch IN (0, 1))
) STRICT;

CREATE INDEX monitor_process ON monitor (process, number);
