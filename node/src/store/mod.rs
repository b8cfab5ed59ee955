//! The only place with SQL: one SQLite file, one writer, group commit.
