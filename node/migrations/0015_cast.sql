-- Messages that are brought to their slot and no further: what they come to is not asked for.
ALTER TABLE outbox ADD COLUMN is_cast INTEGER NOT NULL DEFAULT 0 CHECK (is_cast IN (0, 1));
