-- Receipts of the outbox in the order in which they were given: who looks at each once goes on where he was. Nothing is ever deleted from
-- the outbox, nor from here.
CREATE TABLE receipt_arrival (
    number INTEGER PRIMARY KEY,
    key    BLOB    NOT NULL CHECK (length(key) = 32)
) STRICT;

INSERT INTO receipt_arrival (key) SELECT key FROM outbox WHERE receipt IS NOT NULL ORDER BY key;

CREATE TRIGGER outbox_receipt_given AFTER UPDATE OF receipt ON outbox WHEN OLD.receipt IS NULL AND NEW.receipt IS NOT NULL
BEGIN
    INSERT INTO receipt_arrival (key) VALUES (NEW.key);
END;

CREATE TRIGGER outbox_receipt_brought AFTER INSERT ON outbox WHEN NEW.receipt IS NOT NULL
BEGIN
    INSERT INTO receipt_arrival (key) VALUES (NEW.key);
END;
