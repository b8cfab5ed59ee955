//! How long blocks take, as a range that holds 998 times of a thousand: deadlines are counted in blocks, and people in hours.

use std::time::Duration;

/// Standard deviations on either side: 0.1 % of all cases lie beyond each.
const DEVIATIONS: f64 = 3.09;

/// How long so many blocks take. Times between blocks are exponential, so their sum is a gamma distribution; its quantiles by
/// Wilson and Hilferty, which for 15 blocks of two minutes gives the 11 to 59 minutes of PROTOCOL 8.
#[must_use]
pub fn range(blocks: u64, block_time: Duration) -> String {
    if blocks == 0 {
        return "now".to_owned();
    }
    let count = f64::from(u32::try_from(blocks).unwrap_or(u32::MAX));
    let (centre, spread) = (1.0 - 1.0 / (9.0 * count), DEVIATIONS / (3.0 * count.sqrt()));
    let mean = count * block_time.as_secs_f64();
    let quantile = |deviation: f64| mean * (centre + deviation).max(0.0).powi(3);
    let (least, most) = (quantile(-spread), quantile(spread));
    let (size, unit) = match most {
        most if most < 180.0 => (1.0, "seconds"),
        most if most < 3.0 * 3_600.0 => (60.0, "minutes"),
        most if most < 3.0 * 86_400.0 => (3_600.0, "hours"),
        _ => (86_400.0, "days"),
    };
    format!(
        "{:.0} to {:.0} {unit}",
        (least / size).floor(),
        (most / size).ceil()
    )
}

/// A number of blocks with its range of time.
#[must_use]
pub fn blocks(blocks: u64, block_time: Duration) -> String {
    let unit = if blocks == 1 { "block" } else { "blocks" };
    format!("{blocks} {unit} ({})", range(blocks, block_time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_sized_as_the_law_says() {
        let arweave = Duration::from_secs(120);
        assert_eq!(range(0, arweave), "now");
        assert_eq!(range(15, arweave), "11 to 60 minutes");
        assert_eq!(range(21_600, arweave), "29 to 31 days");
        assert_eq!(range(1, Duration::from_secs(1)), "0 to 8 seconds");
        assert_eq!(
            blocks(240, Duration::from_secs(1)),
            "240 blocks (3 to 5 minutes)"
        );
    }
}
