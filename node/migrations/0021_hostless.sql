-- What senders without a host have sent (D10): how far the messenger has looked. Of an orphan the slots count that the base layer itself
-- has ordered, and only those: what a host has signed is pushed by whoever gave it the message. The row of a court under itself is the
-- court's own, and has no newest slot here: its outcomes stand elsewhere.
CREATE TABLE hostless (
    court   BLOB    NOT NULL CHECK (length(court) = 32),
    process BLOB    NOT NULL CHECK (length(process) = 32),
    -- The newest settled slot, and the newest one whose messages stand in the outbox, or are not this node's to carry.
    newest  INTEGER NOT NULL,
    taken   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (court, process)
) STRICT, WITHOUT ROWID;

CREATE INDEX hostless_due ON hostless (court, process) WHERE newest > taken;

INSERT INTO hostless (court, process, newest) SELECT court, process, MAX(slot) FROM virtual_slot GROUP BY court, process;

CREATE TRIGGER virtual_slot_settled AFTER INSERT ON virtual_slot
BEGIN
    INSERT INTO hostless (court, process, newest) VALUES (NEW.court, NEW.process, NEW.slot)
        ON CONFLICT (court, process) DO UPDATE SET newest = MAX(newest, excluded.newest);
END;

-- The court's outcomes in the order in which they ran.
CREATE INDEX court_outcome_slot ON court_outcome (slot);
