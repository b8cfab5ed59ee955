//! When which authority key counted, with the span of its operator at that time (PROTOCOL 4.7, 5.17). Pure: rows in, rows out, and back
//! again for a reorg.
//!
//! Nothing is forgotten: whoever computes an old log again must see what those saw who computed it first. Which of those that count a
//! process sees is not said here.

use std::collections::{BTreeMap, BTreeSet};

use aosec_wire::Address;

/// Events between two marks, at least. A mark holds the keys that count there; there are never more than as many events again between
/// two marks, so that all marks together are no longer than the events.
const MARK_EVERY: usize = 256;

/// A key while it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    /// The key.
    pub(super) key: Address,
    operator: Address,
    /// Its last height, which is included; none while it counts on.
    to: Option<u64>,
    /// The interval with which the operator's span began, as it was when this one began. It is the same for all that the operator has at
    /// a height: each of them leads back from there to the beginning of the next.
    pub(super) span: usize,
}

/// An interval begins, or ends, with a row of the block at this height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Event {
    height: u64,
    interval: usize,
    is_end: bool,
}

/// What counts behind some of the events.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    events: usize,
    counting: Vec<usize>,
}

/// An operator's intervals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Own {
    /// Those that are not over: at most as many as a record has keys.
    open: Vec<usize>,
    /// Those that are, in the order in which they ended.
    ended: Vec<usize>,
}

/// Which events tell what counts at a block: those below it, and those up to it. What two blocks have in common here they have in common
/// altogether, for as long as no reorg takes an event back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    before: usize,
    through: usize,
}

/// Intervals in the order of the rows with which they began, and what has become of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    intervals: Vec<Interval>,
    events: Vec<Event>,
    marks: Vec<Mark>,
    open: BTreeMap<Address, usize>,
    operators: BTreeMap<Address, Own>,
}

impl History {
    /// A key begins to count. Who counts already does not begin.
    pub(super) fn begin(&mut self, operator: Address, key: Address, height: u64) {
        if self.open.contains_key(&key) {
            return;
        }
        let number = self.intervals.len();
        let span = self.continued(&operator, height).unwrap_or(number);
        self.open.insert(key.clone(), number);
        let own = self.operators.entry(operator.clone()).or_default();
        own.open.push(number);
        let to = None;
        self.intervals.push(Interval {
            key,
            operator,
            to,
            span,
        });
        self.note(Event {
            height,
            interval: number,
            is_end: false,
        });
    }

    /// A key counts for the last time.
    pub(super) fn end(&mut self, key: &Address, height: u64) {
        let Some(number) = self.open.remove(key) else {
            return;
        };
        let interval = &mut self.intervals[number];
        interval.to = Some(height);
        if let Some(own) = self.operators.get_mut(&interval.operator) {
            own.open.retain(|open| *open != number);
            own.ended.push(number);
        }
        self.note(Event {
            height,
            interval: number,
            is_end: true,
        });
    }

    /// The span that an operator goes on with whose next key begins at `height`: one of its keys counts at that height or the one below.
    fn continued(&self, operator: &Address, height: u64) -> Option<usize> {
        let own = self.operators.get(operator)?;
        let last = own.open.first().or(own.ended.last())?;
        let interval = &self.intervals[*last];
        let touches = interval.to.is_none_or(|to| height <= to.saturating_add(1));
        touches.then_some(interval.span)
    }

    fn note(&mut self, event: Event) {
        self.events.push(event);
        let marked = self.marks.last().map_or(0, |mark| mark.events);
        let since = self.events.len() - marked;
        if since >= MARK_EVERY.max(self.open.len()) {
            let mut counting: Vec<usize> = self.open.values().copied().collect();
            counting.sort_unstable();
            let events = self.events.len();
            self.marks.push(Mark { events, counting });
        }
    }

    /// Goes back to the state after the block `to`. A row stands in the block whose height it says, at both ends.
    pub(super) fn rewind(&mut self, to: u64) {
        while let Some(event) = self.events.pop_if(|event| event.height > to) {
            match event.is_end {
                true => self.reopen(event.interval),
                false => self.take_back(),
            }
        }
        let events = self.events.len();
        while self.marks.pop_if(|mark| mark.events > events).is_some() {}
    }

    /// The interval that ended last has not ended.
    fn reopen(&mut self, number: usize) {
        let interval = &mut self.intervals[number];
        interval.to = None;
        self.open.insert(interval.key.clone(), number);
        if let Some(own) = self.operators.get_mut(&interval.operator) {
            own.ended.pop();
            own.open.push(number);
            own.open.sort_unstable();
        }
    }

    /// The interval that began last has not begun.
    fn take_back(&mut self) {
        let Some(interval) = self.intervals.pop() else {
            return;
        };
        self.open.remove(&interval.key);
        let number = self.intervals.len();
        if let Some(own) = self.operators.get_mut(&interval.operator) {
            own.open.retain(|open| *open != number);
            if own.open.is_empty() && own.ended.is_empty() {
                self.operators.remove(&interval.operator);
            }
        }
    }

    /// What tells which keys count at block `height`.
    pub(super) fn view(&self, height: u64) -> View {
        View {
            before: self.events.partition_point(|event| event.height < height),
            through: self.events.partition_point(|event| event.height <= height),
        }
    }

    /// The intervals in which that block lies, in the order of their rows: from the last mark below it on, whatever lies before.
    pub(super) fn counting(&self, view: View) -> Vec<&Interval> {
        let marks = self
            .marks
            .partition_point(|mark| mark.events <= view.before);
        let mark = marks.checked_sub(1).map(|last| &self.marks[last]);
        let known = mark.map_or(&[][..], |mark| mark.counting.as_slice());
        let mut counting: BTreeSet<usize> = known.iter().copied().collect();
        let since = mark.map_or(0, |mark| mark.events);
        for event in &self.events[since..view.before] {
            match event.is_end {
                true => counting.remove(&event.interval),
                false => counting.insert(event.interval),
            };
        }
        // Who ends at a height counts there for the last time.
        let begun = self.events[view.before..view.through].iter();
        counting.extend(
            begun
                .filter(|event| !event.is_end)
                .map(|event| event.interval),
        );
        let counting = counting.into_iter();
        counting.map(|number| &self.intervals[number]).collect()
    }
}
