//! The scheduler unit: gives each message its slot.
