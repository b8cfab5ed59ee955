//! The compute unit: evaluates a log, slot by slot.
