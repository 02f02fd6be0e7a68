-- How many transactions there were; on PostgreSQL more than their order hangs on it.
ALTER TABLE head ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
