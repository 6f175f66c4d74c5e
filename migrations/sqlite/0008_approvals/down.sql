DROP TABLE approval_days;
DROP TABLE approvals;
