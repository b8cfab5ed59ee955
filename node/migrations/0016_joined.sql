-- A process of this scheduler that its owner has registered with a court (PROTOCOL 5.15): of its old log nothing is signed from slot
-- `first` on. Once this scheduler's lease stands in a settled block (`hosted`), the court's log goes on there, over the legacy chain
-- `legacy` of the slot before, and the row never changes again.
CREATE TABLE joined (
    process BLOB    NOT NULL PRIMARY KEY CHECK (length(process) = 32) REFERENCES process (id),
    origin  BLOB    NOT NULL CHECK (length(origin) = 32),
    first   INTEGER NOT NULL CHECK (first > 0),
    legacy  BLOB    NOT NULL CHECK (length(legacy) = 32),
    hosted  INTEGER NOT NULL CHECK (hosted IN (0, 1))
) STRICT, WITHOUT ROWID;
