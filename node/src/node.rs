//! One node put together from its units.
