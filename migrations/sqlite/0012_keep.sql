-- What was deleted is hidden, and kept until its time is over.

ALTER TABLE message ADD COLUMN deleted_at INTEGER;
ALTER TABLE message ADD COLUMN deleted_by_id BLOB;
ALTER TABLE message ADD COLUMN deleted_by_name TEXT;
CREATE INDEX message_deleted ON message (deleted_at) WHERE deleted_at IS NOT NULL;

-- Shelf 6 holds conversations that were deleted; this is when that was done last, also of one that
-- came back: nothing older is shown.
ALTER TABLE conversation ADD COLUMN deleted_at INTEGER;
ALTER TABLE issue ADD COLUMN deleted_at INTEGER;

CREATE INDEX contact_held ON contact (id) WHERE held IS NOT NULL;
