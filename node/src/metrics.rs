//! The counters and gauges that an operator reads, in one place.
