-- A record counts from the highest height that is stamped into it (PROTOCOL 5.4): mined below, it is posted again.
ALTER TABLE carrier ADD COLUMN stamped_through INTEGER NOT NULL DEFAULT 0;

-- The next record must stand above the last one that is settled.
CREATE INDEX carrier_settled_log ON carrier (number) WHERE firm = 1 AND kind = 1;
