//! Places before the compiler: few, and few of them one owner's, because whoever has one may hold the bytes of a module.
//!
//! An owner is whoever signed the process that asks: known before anything is fetched.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Modules that wait to be compiled, or are being fetched for it.
const PLACES_MAX: usize = 64;
/// Those of one owner: sixteen must be at it together before another finds no place.
const OF_OWNER_MAX: usize = 4;

/// Who has how many places.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<BTreeMap<String, usize>>);

/// A place. It is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    places: &'a Places,
    owner: String,
}

impl Places {
    /// A place for `owner`; none where all are taken, or all that one owner may have.
    #[must_use]
    pub(super) fn take(&self, owner: &str) -> Option<Place<'_>> {
        let mut taken = self.lock();
        let own = taken.get(owner).copied().unwrap_or_default();
        if own == OF_OWNER_MAX || taken.values().sum::<usize>() >= PLACES_MAX {
            return None;
        }
        taken.insert(owner.to_owned(), own + 1);
        Some(Place {
            places: self,
            owner: owner.to_owned(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        match taken.get_mut(&self.owner) {
            Some(own) if *own > 1 => *own -= 1,
            _last => drop(taken.remove(&self.owner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_owner_leaves_places_to_others_and_what_is_given_back_is_free() {
        let places = Places::default();
        let mut own: Vec<_> = (0..OF_OWNER_MAX)
            .map(|_| places.take("a").unwrap())
            .collect();
        assert!(places.take("a").is_none() && places.take("b").is_some());
        own.pop();
        assert!(places.take("a").is_some());
        drop(own);
        assert!(places.lock().is_empty());
    }

    #[test]
    fn there_is_a_bound_for_all() {
        let places = Places::default();
        let names: Vec<_> = (0..PLACES_MAX).map(|number| number.to_string()).collect();
        let taken: Vec<_> = names.iter().map(|name| places.take(name)).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(places.take("late").is_none());
    }
}
