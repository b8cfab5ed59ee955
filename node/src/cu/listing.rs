//! The list of results: what a caller may ask for, and the cursors between pages (WIRE 1.2). Pure.
//!
//! A cursor is base64 of `{timestamp, ordinate, cron, sort}`. Clients hold it as opaque, but old messengers read `timestamp` out
//! of it, so the form is kept. Where a cursor is expected, a bare number of milliseconds does as well. `from` is exclusive, `to`
//! is inclusive, whatever the order.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::store::listed::{Kinds, Listed, Order, Place, Range};

/// Results of a page when the caller names no number.
pub const LIMIT_DEFAULT: u32 = 25;
/// The same of ticks alone.
pub const TICKS_DEFAULT: u32 = 500;
/// Results of a page at most.
pub const LIMIT_MAX: u32 = 1_000;
/// A cursor of ours has some 80 characters.
const CURSOR_CHARS_MAX: usize = 512;

/// Reads the parameters of a list of `kinds`. The order of the query wins over that of a cursor.
///
/// # Errors
/// [`ListingError`] that names the parameter.
pub fn read(
    kinds: Kinds,
    from: Option<&str>,
    to: Option<&str>,
    sort: Option<&str>,
    limit: Option<u32>,
) -> Result<Range, ListingError> {
    let from = from.map(|text| read_place("from", text)).transpose()?;
    let to = to.map(|text| read_place("to", text)).transpose()?;
    let held = from.iter().chain(&to).find_map(|(_place, sort)| *sort);
    let sort = match sort {
        Some(text) => Some(read_sort(text)?),
        None => held,
    };
    let default = match kinds {
        Kinds::All => LIMIT_DEFAULT,
        Kinds::Ticks => TICKS_DEFAULT,
    };
    Ok(Range {
        kinds,
        from: from.map(|(place, _sort)| place),
        to: to.map(|(place, _sort)| place),
        order: sort.unwrap_or_default().into(),
        limit: limit.unwrap_or(default).clamp(1, LIMIT_MAX),
    })
}

fn read_sort(text: &str) -> Result<Sort, ListingError> {
    match text.to_ascii_uppercase().as_str() {
        "ASC" => Ok(Sort::Ascending),
        "DESC" => Ok(Sort::Descending),
        _ => Err(ListingError::Sort),
    }
}

/// An order as cursors write it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Sort {
    #[default]
    #[serde(rename = "ASC")]
    Ascending,
    #[serde(rename = "DESC")]
    Descending,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Ascending => Self::Ascending,
            Sort::Descending => Self::Descending,
        }
    }
}

impl From<Order> for Sort {
    fn from(order: Order) -> Self {
        match order {
            Order::Ascending => Self::Ascending,
            Order::Descending => Self::Descending,
        }
    }
}

fn read_place(name: &'static str, text: &str) -> Result<(Place, Option<Sort>), ListingError> {
    if text.len() > CURSOR_CHARS_MAX {
        return Err(ListingError::Place(name));
    }
    if let Ok(time) = text.parse::<u64>() {
        return Ok((Place::Time(time), None));
    }
    let cursor = Cursor::read(text).ok_or(ListingError::Place(name))?;
    let place = cursor.place().ok_or(ListingError::Place(name))?;
    Ok((place, cursor.sort))
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    timestamp: u64,
    ordinate: Option<String>,
    #[serde(default)]
    cron: Option<String>,
    #[serde(default)]
    sort: Option<Sort>,
}

impl Cursor {
    /// A `+` that was not escaped arrives as a space.
    fn read(text: &str) -> Option<Self> {
        let text = text.replace(' ', "+");
        let bytes = STANDARD
            .decode(&text)
            .or_else(|_other| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')))
            .ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// A tick is named by its number behind the slot; its interval stands there for people.
    fn place(&self) -> Option<Place> {
        let Some(slot) = &self.ordinate else {
            return Some(Place::Time(self.timestamp));
        };
        let number = match &self.cron {
            None => 0,
            Some(name) => name.split('-').next()?.parse().ok()?,
        };
        let slot = slot.parse().ok()?;
        Some(Place::Result { slot, number })
    }
}

/// The cursor that stands behind `listed` in a list of this order.
#[must_use]
pub fn cursor(listed: &Listed, order: Order) -> String {
    let number = listed.number;
    let cursor = Cursor {
        timestamp: listed.timestamp_ms,
        ordinate: Some(listed.slot.to_string()),
        cron: listed
            .interval
            .as_ref()
            .map(|interval| format!("{number}-{interval}")),
        sort: Some(order.into()),
    };
    let json = serde_json::to_vec(&cursor).expect("numbers and text always have a JSON form");
    STANDARD.encode(json)
}

/// A parameter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// Neither a cursor nor a time.
    #[error("`{0}` is neither a cursor from an earlier page nor a time in milliseconds")]
    Place(&'static str),
    /// No order.
    #[error("`sort` is ASC or DESC")]
    Sort,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(number: u64, interval: Option<&str>) -> Listed {
        Listed {
            slot: 7,
            number,
            interval: interval.map(str::to_owned),
            timestamp_ms: 1_700_000_000_123,
            json: String::new(),
        }
    }

    fn read(
        from: Option<&str>,
        to: Option<&str>,
        sort: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Range, ListingError> {
        super::read(Kinds::All, from, to, sort, limit)
    }

    #[test]
    fn a_cursor_leads_back_to_its_slot_and_shows_its_time() {
        let cursor = cursor(&listed(0, None), Order::Descending);
        let json: serde_json::Value =
            serde_json::from_slice(&STANDARD.decode(&cursor).unwrap()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"timestamp": 1_700_000_000_123_u64, "ordinate": "7", "cron": null, "sort": "DESC"})
        );
        let range = read(Some(&cursor), None, None, None).unwrap();
        assert_eq!(range.from, Some(Place::Result { slot: 7, number: 0 }));
        assert_eq!(
            (range.order, range.limit),
            (Order::Descending, LIMIT_DEFAULT)
        );
        let turned = read(Some(&cursor), None, Some("asc"), Some(0)).unwrap();
        assert_eq!((turned.order, turned.limit), (Order::Ascending, 1));
    }

    #[test]
    fn a_cursor_leads_back_to_its_tick() {
        let cursor = cursor(&listed(12, Some("10-seconds")), Order::Ascending);
        let json: serde_json::Value =
            serde_json::from_slice(&STANDARD.decode(&cursor).unwrap()).unwrap();
        assert_eq!(json["cron"], "12-10-seconds");
        let range = super::read(Kinds::Ticks, Some(&cursor), None, None, None).unwrap();
        assert_eq!(
            (range.from, range.limit),
            (
                Some(Place::Result {
                    slot: 7,
                    number: 12
                }),
                TICKS_DEFAULT
            )
        );
        let bad = STANDARD.encode(r#"{"timestamp":1,"ordinate":"7","cron":"x-1-second"}"#);
        assert_eq!(
            read(Some(&bad), None, None, None),
            Err(ListingError::Place("from"))
        );
    }

    #[test]
    fn a_time_does_for_a_cursor_and_nonsense_does_not() {
        let range = read(Some("5"), Some("9"), None, Some(9_999)).unwrap();
        assert_eq!(
            (range.from, range.to, range.limit),
            (Some(Place::Time(5)), Some(Place::Time(9)), LIMIT_MAX)
        );
        let no_number = STANDARD.encode("{\"timestamp\":\"x\"}");
        for nonsense in ["!", "e30=", &no_number, &"A".repeat(600)] {
            let refused = read(None, Some(nonsense), None, None);
            assert_eq!(refused, Err(ListingError::Place("to")));
        }
        assert_eq!(read(None, None, Some("up"), None), Err(ListingError::Sort));
    }
}
