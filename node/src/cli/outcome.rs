//! How the result of a message is printed.

use serde_json::Value;

use super::Output;
use super::exit::CliError;

/// Prints the result of a message: its output, and what it has sent.
pub(super) fn print_result(result: &Value, mut json: Value, out: Output) -> Result<(), CliError> {
    if let Some(error) = result.get("Error").filter(|error| !error.is_null()) {
        return Err(CliError::Failure(plain(error)));
    }
    json["result"] = result.clone();
    let output = &result["Output"];
    let mut text = output.get("data").map_or_else(|| plain(output), plain);
    for message in result["Messages"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "\n-> {}  {}",
            plain(&message["Target"]),
            plain(&message["Data"])
        ));
    }
    out.result(&json, text.trim_start_matches('\n'))
}

/// A value as text, an output by what it printed.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Object(object) if object.contains_key("output") => plain(&object["output"]),
        other => other.to_string(),
    }
}
