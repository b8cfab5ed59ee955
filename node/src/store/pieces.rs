//! Rows in pieces of a few lengths: each length is one statement, prepared once, however many rows a batch has.

/// Rows in one statement, longest first. A full batch takes one statement, and what is left over at most eight: each is a trip
/// to the database's thread and back. A statement of its own for every length would be parsed anew nearly each time.
const LENGTHS: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

/// Cuts `rows` into pieces, each of one of the [`LENGTHS`].
pub(super) fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = LENGTHS.into_iter().find(|length| *length <= rows.len())?;
        let (piece, rest) = rows.split_at(length);
        rows = rest;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_in_one_piece_in_its_order() {
        for count in 0..600_usize {
            let rows: Vec<_> = (0..count).collect();
            let cut: Vec<_> = pieces(&rows).collect();
            assert_eq!(cut.concat(), rows, "{count} rows");
            assert!(cut.iter().all(|piece| LENGTHS.contains(&piece.len())));
            assert!(cut.len() <= count / 256 + 8, "{count} rows");
        }
    }
}
