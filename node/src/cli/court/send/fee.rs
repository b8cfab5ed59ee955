//! The court's inbox fee, said before it is paid (PROTOCOL 2.4): every message burns it, whatever comes of the message.
//!
//! Verbs that spend or risk more ask for themselves and name what; this one asks for all of them, and for those that spend nothing else.
//! Where the court takes no fee, as on the devnet, nothing is asked.

use serde_json::Value;

use super::{SendArgs, agreed};
use crate::cli::Output;
use crate::cli::amount::Amount;
use crate::cli::court::ask::CourtClient;
use crate::cli::exit::CliError;

impl SendArgs {
    /// Refuses to send so many messages without `--yes` where they burn fees, and says what they burn.
    pub(super) async fn agree_to_fees(
        &self,
        court: &CourtClient,
        messages: usize,
        out: Output,
    ) -> Result<(), CliError> {
        let params = court.get("params", &[]).await?;
        let Some(said) = burned(&params, messages)? else {
            return Ok(());
        };
        agreed(self.yes, &said)?;
        out.progress(&said);
        Ok(())
    }
}

/// What so many messages burn; none where the court takes no fee.
fn burned(params: &Value, messages: usize) -> Result<Option<String>, CliError> {
    let fee = params["Parameters"]["inbox_fee"].as_str();
    let fee = fee
        .and_then(Amount::of_units)
        .ok_or_else(|| CliError::failure("the node names no inbox fee of the court"))?;
    let each = match messages {
        1 => "this burns the court's inbox fee of".to_owned(),
        many => format!("each of {many} messages burns the court's inbox fee of"),
    };
    Ok((fee.units() != "0").then(|| format!("{each} {fee}, whatever comes of it")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fee_is_named_and_none_is_not() {
        let fee = |units: &str| json!({ "Parameters": { "inbox_fee": units } });
        let said = burned(&fee("10000000000"), 1).unwrap().unwrap();
        assert!(said.contains("inbox fee of 0.01 tokens"), "{said}");
        let said = burned(&fee("10000000000"), 3).unwrap().unwrap();
        assert!(said.starts_with("each of 3 messages"), "{said}");
        assert_eq!(burned(&fee("0"), 1).unwrap(), None);
        assert!(burned(&json!({}), 1).is_err());
    }
}
