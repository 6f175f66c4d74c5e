//! The rules of the contest as pure functions over facts (domain.md sections 3 to 5).
