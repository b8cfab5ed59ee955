//! How a verb fails: a sentence that names the thing, the reason and the next step, and a fixed exit code.

use std::process::ExitCode;

/// Why a verb did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Exit 1: something else failed.
    #[error("{0}")]
    Failure(String),
    /// Exit 2: the flags do not fit together (clap itself ends with 2 as well).
    #[error("{0}")]
    Usage(String),
    /// Exit 3: the process, message, key or network is not there.
    #[error("{0}")]
    NotFound(String),
    /// Exit 4: a rule refuses it.
    #[error("{0}")]
    Refused(String),
    /// Exit 5: the other side does not answer.
    #[error("{0}")]
    Unreachable(String),
    /// Exit 5: the other side broke off; what it has done by then is not known.
    #[error("{0}")]
    BrokenOff(String),
    /// Exit 6: a proof does not hold.
    #[error("{0}")]
    ProofInvalid(String),
    /// Exit 7: it did not happen in time.
    #[error("{0}")]
    DeadlinePassed(String),
}

impl CliError {
    /// Exit 1 with a sentence.
    pub fn failure(text: impl Into<String>) -> Self {
        Self::Failure(text.into())
    }

    /// The same kind of failure, with more to say.
    #[must_use]
    pub fn adding(self, more: &str) -> Self {
        let with = |text: String| format!("{text}; {more}");
        match self {
            Self::Failure(text) => Self::Failure(with(text)),
            Self::Usage(text) => Self::Usage(with(text)),
            Self::NotFound(text) => Self::NotFound(with(text)),
            Self::Refused(text) => Self::Refused(with(text)),
            Self::Unreachable(text) => Self::Unreachable(with(text)),
            Self::BrokenOff(text) => Self::BrokenOff(with(text)),
            Self::ProofInvalid(text) => Self::ProofInvalid(with(text)),
            Self::DeadlinePassed(text) => Self::DeadlinePassed(with(text)),
        }
    }

    /// Its exit code.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Failure(_) => 1,
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
            Self::Refused(_) => 4,
            Self::Unreachable(_) | Self::BrokenOff(_) => 5,
            Self::ProofInvalid(_) => 6,
            Self::DeadlinePassed(_) => 7,
        }
    }

    /// Says the error on stderr, as JSON where asked, and gives its exit code.
    #[must_use]
    pub fn report(&self, json: bool) -> ExitCode {
        use std::io::Write as _;
        let text = if json {
            serde_json::json!({ "error": self.to_string(), "exit": self.code() }).to_string()
        } else {
            format!("error: {self}")
        };
        let _closed_stderr_changes_no_exit_code = writeln!(std::io::stderr(), "{text}");
        ExitCode::from(self.code())
    }
}

impl From<crate::keys::KeysError> for CliError {
    fn from(error: crate::keys::KeysError) -> Self {
        let text = error.to_string();
        match error {
            crate::keys::KeysError::Absent(_) => Self::NotFound(text),
            _ => Self::Failure(text),
        }
    }
}

impl From<aosec_wire::KeyError> for CliError {
    fn from(error: aosec_wire::KeyError) -> Self {
        Self::Failure(error.to_string())
    }
}

impl From<crate::config::ConfigError> for CliError {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}
