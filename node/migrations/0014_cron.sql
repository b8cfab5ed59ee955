-- Processes that wake themselves: what every tick came to, and how far the messenger has pushed what ticks send.

-- A tick stands behind a slot, with its number there. It is settled once the next slot has run; until then it may be computed anew.
CREATE TABLE cron (
    process   BLOB    NOT NULL CHECK (length(process) = 32),
    slot      INTEGER NOT NULL CHECK (slot >= 0),
    number    INTEGER NOT NULL CHECK (number > 0),
    -- Which interval of the spawn's tags, as it is spelt there, and the time in milliseconds or the height that was due.
    rule      INTEGER NOT NULL,
    interval  TEXT    NOT NULL,
    stamp     INTEGER NOT NULL,
    -- What the process saw.
    timestamp INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    -- 0 result, 1 error.
    kind      INTEGER NOT NULL CHECK (kind IN (0, 1)),
    root      BLOB    NOT NULL CHECK (length(root) = 32),
    engine    TEXT    NOT NULL,
    json      TEXT    NOT NULL,
    settled   INTEGER NOT NULL CHECK (settled IN (0, 1)),
    PRIMARY KEY (process, slot, number)
) STRICT;

CREATE INDEX cron_stamp ON cron (process, rule, stamp);

-- Processes that the messenger watches by the newest wish in table monitor: from which time and height on what their ticks send is pushed.
CREATE TABLE watched (
    process BLOB    NOT NULL PRIMARY KEY CHECK (length(process) = 32),
    time_ms INTEGER NOT NULL,
    height  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest tick of each interval whose messages stand in the outbox: none is pushed twice.
CREATE TABLE watched_rule (
    process BLOB    NOT NULL CHECK (length(process) = 32),
    rule    INTEGER NOT NULL,
    stamp   INTEGER NOT NULL,
    PRIMARY KEY (process, rule)
) STRICT, WITHOUT ROWID;
