DROP TABLE flag_answers;
