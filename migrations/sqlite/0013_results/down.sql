DROP TABLE result_parts;
DROP TABLE results;
