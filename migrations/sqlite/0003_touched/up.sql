-- Which days of which units a change touched, as JSON: [["27382", 18820], …], days from
-- 1970-01-01 on. Null where it was more than that. Other processes bring what they hold in
-- memory up by it.
ALTER TABLE revisions ADD COLUMN touched TEXT;
