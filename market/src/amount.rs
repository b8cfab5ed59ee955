//! Exact amounts and counts, and how they are spelled (Bytes and hashed texts; 3.1).
//!
//! An amount has at most 30 digits and a factor at most 19, so a sum of amounts and amount × blocks fit 128 bits; amount × factor
//! does not, and goes through [`scaled`].

use alloy_primitives::U256;

/// Units of the token, 10^12 of them one token.
pub type Amount = u128;

/// Digits of an amount at most (Bytes and hashed texts).
pub const AMOUNT_DIGITS: usize = 30;

/// Digits of a count at most: slots, heights, epochs, periods in tags.
pub const COUNT_DIGITS: usize = 15;

/// Where an unbonding factor starts (4.5).
pub const WHOLE: Amount = 1_000_000_000_000_000_000;

/// Reads an amount: decimal digits, no sign, no leading zero.
#[must_use]
pub fn read(text: &str) -> Option<Amount> {
    digits(text, AMOUNT_DIGITS)?.parse().ok()
}

/// Reads an amount of at least one unit.
#[must_use]
pub fn read_positive(text: &str) -> Option<Amount> {
    read(text).filter(|amount| *amount > 0)
}

/// Reads a count.
#[must_use]
pub fn read_count(text: &str) -> Option<u64> {
    digits(text, COUNT_DIGITS)?.parse().ok()
}

/// Whether a sum may stand as an amount.
#[must_use]
pub fn is_amount(sum: Amount) -> bool {
    sum < 10_u128.pow(30)
}

fn digits(text: &str, most: usize) -> Option<&str> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = text == "0" || !text.starts_with('0');
    (plain && shortest && text.len() <= most).then_some(text)
}

/// ⌊amount × numerator / denominator⌋, exactly; 0 where the denominator is 0.
#[must_use]
pub fn scaled(amount: Amount, numerator: Amount, denominator: Amount) -> Amount {
    if denominator == 0 {
        return 0;
    }
    let product = U256::from(amount) * U256::from(numerator) / U256::from(denominator);
    Amount::try_from(product).expect("a factor never grows, so what it scales does not either")
}

/// amount × blocks: 10^30 × 10^6 at most where the blocks are a parameter.
#[must_use]
pub fn times(rate: Amount, blocks: u64) -> Amount {
    rate.checked_mul(Amount::from(blocks))
        .expect("blocks that are paid for are at most a parameter, 10^6")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_plain_decimals_of_at_most_thirty_digits() {
        let nines = "9".repeat(30);
        for (text, amount) in [
            ("0", Some(0)),
            ("1", Some(1)),
            (nines.as_str(), Some(10_u128.pow(30) - 1)),
            ("1000000000000000000000000000000", None),
            ("", None),
            ("01", None),
            ("00", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            (" 1", None),
            ("1e3", None),
            ("٣", None),
        ] {
            assert_eq!(read(text), amount, "{text}");
        }
        assert_eq!(read_positive("0"), None);
        assert_eq!(read_count("999999999999999"), Some(999_999_999_999_999));
        assert_eq!(read_count("1000000000000000"), None);
    }

    #[test]
    fn the_largest_amount_is_scaled_exactly() {
        let most = 10_u128.pow(30) - 1;
        assert_eq!(scaled(most, WHOLE, WHOLE), most);
        assert_eq!(scaled(most, WHOLE - 1, WHOLE), most - 10_u128.pow(12));
        assert_eq!(scaled(7, 1, 2), 3);
        assert_eq!(scaled(7, 1, 0), 0);
    }
}
