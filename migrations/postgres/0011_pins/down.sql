ALTER TABLE campaigns DROP COLUMN freezes_us;
ALTER TABLE campaigns DROP COLUMN pin_id;
DROP TABLE pins;
DROP TABLE archives;
