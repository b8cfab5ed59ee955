-- Logs by the court that has derived them: a process that joins a court later (PROTOCOL 5.15) was read without one before, and what one
-- court has derived says nothing once another is followed. Where there is none, the court is 32 zero bytes (5.16).

CREATE TABLE court_canonical (
    court     BLOB    NOT NULL CHECK (length(court) = 32),
    process   BLOB    NOT NULL CHECK (length(process) = 32),
    slot      INTEGER NOT NULL,
    message   BLOB    NOT NULL CHECK (length(message) = 32),
    height    INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    chain     BLOB    NOT NULL CHECK (length(chain) = 32),
    mined     INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    PRIMARY KEY (court, process, slot)
) STRICT, WITHOUT ROWID;

-- Logs without a court have a row in `followed` each; what courts have derived is derived again.
INSERT INTO court_canonical SELECT zeroblob(32), c.process, slot, message, height, timestamp, chain, mined, epoch
    FROM canonical c JOIN followed f ON f.process = c.process;
DROP TABLE canonical;
ALTER TABLE court_canonical RENAME TO canonical;
CREATE UNIQUE INDEX canonical_message ON canonical (court, process, message);

-- A court's own mark is the row of the court itself, under itself.
CREATE TABLE court_followed (
    court   BLOB    NOT NULL CHECK (length(court) = 32),
    process BLOB    NOT NULL CHECK (length(process) = 32),
    derived INTEGER NOT NULL,
    PRIMARY KEY (court, process)
) STRICT, WITHOUT ROWID;

INSERT INTO court_followed SELECT zeroblob(32), process, derived FROM followed
    WHERE process NOT IN (SELECT origin FROM court_seat);
DROP TABLE followed;
ALTER TABLE court_followed RENAME TO followed;

-- A node that computes a court reads its blocks once more.
DELETE FROM court_seat;

-- From which slot on the log of a process is the court's, once it has had a host; of one that has joined by `Register` what lies before
-- is outside the law.
CREATE TABLE court_log (
    court      BLOB    NOT NULL CHECK (length(court) = 32),
    process    BLOB    NOT NULL CHECK (length(process) = 32),
    first      INTEGER NOT NULL,
    registered INTEGER NOT NULL CHECK (registered IN (0, 1)),
    PRIMARY KEY (court, process)
) STRICT, WITHOUT ROWID;

-- The last slot of an epoch that has ended for good (5.7): what its host signed behind it is void.
CREATE TABLE court_cut (
    court   BLOB    NOT NULL CHECK (length(court) = 32),
    process BLOB    NOT NULL CHECK (length(process) = 32),
    epoch   INTEGER NOT NULL,
    slot    INTEGER NOT NULL,
    PRIMARY KEY (court, process, epoch)
) STRICT, WITHOUT ROWID;

-- Slots that an expired case about data has emptied (5.10): no-ops for ever.
CREATE TABLE empty_slot (
    court   BLOB    NOT NULL CHECK (length(court) = 32),
    process BLOB    NOT NULL CHECK (length(process) = 32),
    slot    INTEGER NOT NULL,
    PRIMARY KEY (court, process, slot)
) STRICT, WITHOUT ROWID;

-- Where the messages of settled slots stand that the base layer has ordered itself (5.8): the block, the transaction that carries the
-- message, the item in it, and 1 + the number of the child or 0.
DROP TABLE virtual_slot;
CREATE TABLE virtual_slot (
    court   BLOB    NOT NULL CHECK (length(court) = 32),
    process BLOB    NOT NULL CHECK (length(process) = 32),
    slot    INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    carrier BLOB    NOT NULL CHECK (length(carrier) = 32),
    item    INTEGER NOT NULL,
    child   INTEGER NOT NULL,
    PRIMARY KEY (court, process, slot)
) STRICT, WITHOUT ROWID;

-- What this node has forgotten of what it had computed, once each, because the court's log says otherwise: `reason` 0 the cut of the epoch
-- `number`, 1 the slot `number` that is empty now, 2 a process that has joined a court at slot `number`.
CREATE TABLE voided (
    process BLOB    NOT NULL CHECK (length(process) = 32),
    reason  INTEGER NOT NULL CHECK (reason IN (0, 1, 2)),
    number  INTEGER NOT NULL,
    PRIMARY KEY (process, reason, number)
) STRICT, WITHOUT ROWID;

DROP TABLE cut_over;

-- The log chain behind the slot, as far as the log carries one: what was computed on another log than the court's is known by it.
ALTER TABLE outcome ADD COLUMN chain BLOB CHECK (chain IS NULL OR length(chain) = 32);

-- Whose inbox an item is for; none for the court's own.
ALTER TABLE court_inbox ADD COLUMN process BLOB CHECK (process IS NULL OR length(process) = 32);
