-- What was pushed to a process up to the slot of a checkpoint that somebody else wrote: repetitions of it behind that slot are known
-- by this alone.

CREATE TABLE pushed_before (
    process BLOB    NOT NULL CHECK (length(process) = 32),
    push    BLOB    NOT NULL CHECK (length(push) = 32),
    -- The slot of the checkpoint.
    slot    INTEGER NOT NULL CHECK (slot >= 0),
    PRIMARY KEY (process, push)
) STRICT, WITHOUT ROWID;
