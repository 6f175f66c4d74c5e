DROP TABLE award_decisions;
