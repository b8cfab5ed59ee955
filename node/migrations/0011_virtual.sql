-- Where the messages of settled slots stand that the base layer has ordered itself, because nobody hosted the process (PROTOCOL 5.8):
-- the block, the place of the transaction among the law's, the item in it, and 1 + the number of the child or 0.
CREATE TABLE virtual_slot (
    process BLOB    NOT NULL CHECK (length(process) = 32),
    slot    INTEGER NOT NULL,
    height  INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    item    INTEGER NOT NULL,
    child   INTEGER NOT NULL,
    PRIMARY KEY (process, slot)
) STRICT, WITHOUT ROWID;

-- Inboxes of all processes are read now, not the court's alone: a node that computes a court reads its blocks once more.
DELETE FROM court_seat;
