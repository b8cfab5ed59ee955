//! Where the scheduler of a process answers (D11).
