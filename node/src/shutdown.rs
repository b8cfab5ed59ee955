//! A clean stop: everybody is told, everybody is waited for, within a bound.
