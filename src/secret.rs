//! Text that is not to be shown: tokens, keys, passwords. Whoever needs it asks for it by
//! [`Secret::reveal`]; what prints a value for a programmer prints none of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A secret. It is serialized as it is, for the reports and files that hand it over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text, for the one who sends it or opens something with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_secret_is_printed_for_a_programmer() {
        let shown = format!(
            "{:?} {:#?}",
            Secret::new("s3cret"),
            Some(Secret::new("s3cret"))
        );
        assert!(!shown.contains("s3cret"), "{shown}");
        let json = serde_json::to_string(&Secret::new("s3cret")).unwrap();
        assert_eq!(json, "\"s3cret\"");
    }
}
