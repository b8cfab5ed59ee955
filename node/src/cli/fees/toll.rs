//! The fee of a messenger, shown before it is spent: nothing leaves an account without `--yes`.

use aosec_wire::Address;
use clap::Args;
use reqwest::Url;
use serde_json::Value;

use super::super::Output;
use super::super::client::{UnitClient, join};
use super::super::exit::CliError;
use super::{amount, units};
use crate::origin::deploy::tokens;

/// Flags of verbs that give a messenger something.
#[derive(Clone, Copy, Debug, Args)]
pub struct TollArgs {
    /// Go ahead where the messenger asks a fee for it; a free one needs no word.
    #[arg(long)]
    yes: bool,
}

/// What is to be given to a messenger.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    /// In words, as the beginning of a sentence.
    pub what: &'a str,
    /// Whose credit it takes.
    pub payer: &'a Address,
    /// Its size.
    pub bytes: usize,
}

impl TollArgs {
    /// The same word, where another flag has said it.
    #[must_use]
    pub const fn said(yes: bool) -> Self {
        Self { yes }
    }

    /// Says what the messenger at `mu` asks for a parcel, and whether that may be spent. One that asks nothing, or does not know the
    /// question, is passed in silence.
    ///
    /// # Errors
    /// The credit is too small, `--yes` is absent, or the messenger does not answer.
    pub async fn agreed(
        self,
        client: &UnitClient,
        mu: &Url,
        parcel: Parcel<'_>,
        out: Output,
    ) -> Result<(), CliError> {
        let mut url = join(mu, &format!("fees/{}", parcel.payer))?;
        url.query_pairs_mut()
            .append_pair("bytes", &parcel.bytes.to_string());
        let told = match client.get_json(&url).await {
            Ok(told) => told,
            Err(CliError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        match told["policy"].as_str() {
            None | Some("free") => Ok(()),
            Some(_fee) => out_of(&told, mu, &parcel, self.yes).map(|said| out.progress(said)),
        }
    }
}

fn out_of(told: &Value, mu: &Url, parcel: &Parcel<'_>, yes: bool) -> Result<String, CliError> {
    let (price, credit) = (units(told, "price")?, units(told, "credit")?);
    let shown = |name| amount(told, name).map_or_else(String::new, |sum| sum.to_string());
    let said = format!(
        "{} costs {} (credit {})",
        parcel.what,
        shown("price"),
        shown("credit")
    );
    if credit < price {
        let missing = (price - credit).max(units(told, "least_first_payment")?);
        return Err(CliError::Refused(format!(
            "{said}: pay before with `aosec fees pay {} --mu {mu} --yes`",
            tokens(&missing.to_string())
        )));
    }
    super::super::court::agreed(yes, &said).map(|()| said)
}

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;
    use serde_json::json;

    use super::*;

    fn told(credit: &str) -> Value {
        json!({ "policy": "fixed", "price": "10000000000", "credit": credit, "least_first_payment": "1000000000000" })
    }

    #[test]
    fn nothing_is_spent_without_a_word() {
        let mu: Url = "http://127.0.0.1:4002/".parse().unwrap();
        let key = SigningKey::ed25519([1; 32]);
        let parcel = Parcel {
            what: "this message",
            payer: key.address(),
            bytes: 100,
        };
        let silent = out_of(&told("10000000000"), &mu, &parcel, false).unwrap_err();
        assert!(matches!(silent, CliError::Usage(_)), "{silent}");
        for words in ["costs 0.01 tokens", "credit 0.01 tokens", "--yes"] {
            assert!(silent.to_string().contains(words), "{silent}");
        }
        assert!(out_of(&told("10000000000"), &mu, &parcel, true).is_ok());
        let poor = out_of(&told("9999999999"), &mu, &parcel, true).unwrap_err();
        assert!(matches!(poor, CliError::Refused(_)), "{poor}");
        let next = "aosec fees pay 1 --mu http://127.0.0.1:4002/ --yes";
        assert!(poor.to_string().contains(next), "{poor}");
        assert!(out_of(&json!({}), &mu, &parcel, true).is_err());
    }
}
