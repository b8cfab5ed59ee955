//! Everything that can happen in a small world, breadth first: the shortest way to what must never be comes first.
//!
//! Whoever has a world says what can happen next and what each step leads to; worlds with equal keys have equal futures, and are
//! looked at once.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Debug;

/// A world that can be in finitely many states.
pub(crate) trait World: Sized {
    /// What can happen.
    type Step: Clone + Debug;

    /// All that can happen next; nothing where the story is over.
    fn steps(&self) -> Vec<Self::Step>;

    /// The world after a step.
    ///
    /// # Errors
    /// What must never be.
    fn after(&self, step: &Self::Step) -> Result<Self, String>;

    /// What its future depends on.
    fn key(&self) -> Vec<u8>;

    /// What must hold where the story is over.
    ///
    /// # Errors
    /// What does not.
    fn end(&self) -> Result<(), String>;
}

/// How much there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// Different states.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// States in which the story is over.
    pub ends: usize,
    /// Steps of the longest story.
    pub longest: usize,
}

/// The shortest way to what must never be.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// What it is.
    pub what: String,
    /// The steps that lead there.
    pub way: String,
}

/// A state that waits to be looked at, with how it was reached.
struct Reached<W> {
    world: W,
    /// Its place among all steps that led to something new.
    place: Option<usize>,
    depth: usize,
}

/// Looks at every state.
///
/// # Errors
/// The first thing that must never be, with the shortest way to it.
pub(crate) fn search<W: World>(start: W) -> Result<Searched, Trouble> {
    let mut seen = BTreeSet::from([start.key()]);
    let mut ways: Vec<(Option<usize>, W::Step)> = Vec::new();
    let mut found = Searched::default();
    let mut queue = VecDeque::from([Reached {
        world: start,
        place: None,
        depth: 0,
    }]);
    while let Some(at) = queue.pop_front() {
        found.states += 1;
        found.longest = found.longest.max(at.depth);
        let steps = at.world.steps();
        if steps.is_empty() {
            found.ends += 1;
            let ended = at.world.end();
            ended.map_err(|what| trouble(what, &ways, at.place, None))?;
        }
        for step in steps {
            found.steps += 1;
            let next = at.world.after(&step);
            let world = next.map_err(|what| trouble(what, &ways, at.place, Some(&step)))?;
            if seen.insert(world.key()) {
                ways.push((at.place, step));
                let (place, depth) = (Some(ways.len() - 1), at.depth + 1);
                queue.push_back(Reached {
                    world,
                    place,
                    depth,
                });
            }
        }
    }
    Ok(found)
}

fn trouble<S: Debug>(
    what: String,
    ways: &[(Option<usize>, S)],
    mut place: Option<usize>,
    last: Option<&S>,
) -> Trouble {
    let mut steps: Vec<&S> = last.into_iter().collect();
    while let Some((before, step)) = place.and_then(|place| ways.get(place)) {
        steps.push(step);
        place = *before;
    }
    steps.reverse();
    Trouble {
        what,
        way: format!("{steps:?}"),
    }
}
