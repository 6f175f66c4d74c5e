DROP TABLE lifetimes;
DROP TABLE declared_levels;
ALTER TABLE assessments DROP COLUMN reason;
ALTER TABLE assessments DROP COLUMN status;
ALTER TABLE assessments DROP COLUMN given_hundredths;
ALTER TABLE criteria DROP COLUMN withdrawn_reason;
ALTER TABLE criteria DROP COLUMN withdrawn_us;
ALTER TABLE criteria DROP COLUMN evidence;
ALTER TABLE criteria DROP COLUMN max_points_hundredths;
