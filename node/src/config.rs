//! What an operator may set, with defaults and one check.
