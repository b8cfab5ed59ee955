-- Processes whose host has lost them, and the last slot that is still its word (PROTOCOL 5.7): what was computed behind it has been
-- forgotten here, once.
CREATE TABLE cut_over (
    process BLOB    NOT NULL PRIMARY KEY CHECK (length(process) = 32),
    slot    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
