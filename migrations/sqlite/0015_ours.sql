-- Our id of the message that a report is about, where the provider gives it back: it decides what
-- became of one whose send was never answered.
ALTER TABLE parked_report ADD COLUMN ours TEXT;
CREATE INDEX parked_report_ours ON parked_report (gateway, ours) WHERE ours IS NOT NULL;
