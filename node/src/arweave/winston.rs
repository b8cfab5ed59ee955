//! How a sum of the base layer's money is shown: winston are counted, AR are read.

/// Decimals of an AR.
const DECIMALS: usize = 12;

/// A sum in AR, without needless zeros.
#[must_use]
pub fn ar(winston: u128) -> String {
    let padded = format!("{winston:0>width$}", width = DECIMALS + 1);
    let (whole, fraction) = padded.split_at(padded.len() - DECIMALS);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn winston_are_shown_as_ar() {
        let shown = [0, 999, 1_000_000_000_000_000, 1_500_000_000_000].map(ar);
        assert_eq!(shown, ["0", "0.000000000999", "1000", "1.5"]);
    }
}
