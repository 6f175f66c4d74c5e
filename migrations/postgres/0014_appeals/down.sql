DROP TABLE appeal_answers;
DROP TABLE appeals;
