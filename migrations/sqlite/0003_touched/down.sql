ALTER TABLE revisions DROP COLUMN touched;
