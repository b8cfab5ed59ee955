-- The compute unit: what each slot came to, and where an evaluation may go on after a restart.
-- Everything here can be computed again from the log; that is what it is checked against.

CREATE TABLE outcome (
    process   BLOB    NOT NULL CHECK (length(process) = 32),
    slot      INTEGER NOT NULL CHECK (slot >= 0),
    message   BLOB    NOT NULL CHECK (length(message) = 32),
    -- Content of a pushed message, by which its repetitions are known; none for a message of its own sender.
    push      BLOB    CHECK (push IS NULL OR length(push) = 32),
    timestamp INTEGER NOT NULL,
    -- 0 result, 1 error, 2 repetition of an earlier slot.
    kind      INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),
    root      BLOB    NOT NULL CHECK (length(root) = 32),
    engine    TEXT    NOT NULL,
    json      TEXT    NOT NULL,
    PRIMARY KEY (process, slot)
) STRICT;

CREATE INDEX outcome_message ON outcome (process, message, slot);
CREATE INDEX outcome_push ON outcome (process, push, slot) WHERE push IS NOT NULL;
CREATE INDEX outcome_timestamp ON outcome (process, timestamp);

-- The snapshot itself is a file beside the database, named by process and slot, so that its size never holds up the writer.
CREATE TABLE checkpoint (
    process    BLOB    NOT NULL CHECK (length(process) = 32),
    slot       INTEGER NOT NULL CHECK (slot >= 0),
    root       BLOB    NOT NULL CHECK (length(root) = 32),
    module     BLOB    NOT NULL CHECK (length(module) = 32),
    engine     TEXT    NOT NULL,
    -- What the entry of the next slot must link to.
    assignment BLOB    NOT NULL CHECK (length(assignment) = 32),
    hash_chain BLOB    NOT NULL CHECK (length(hash_chain) = 32),
    log_chain  BLOB    CHECK (log_chain IS NULL OR length(log_chain) = 32),
    height     INTEGER NOT NULL,
    timestamp  INTEGER NOT NULL,
    -- SHA-256 of the snapshot file.
    snapshot   BLOB    NOT NULL CHECK (length(snapshot) = 32),
    PRIMARY KEY (process, slot)
) STRICT;
