//! A push, as git hands it to the hook.

use crate::error::{Error, Kind, Result};
use crate::git::ObjectId;

/// The push option that carries a token.
pub const TOKEN_OPTION: &str = "aidf-token=";

/// One ref of a push, as git hands it to the hook.
#[derive(Debug, Clone)]
pub struct Update {
    /// The tip that it has; none where it is new.
    pub old: Option<ObjectId>,
    /// The tip that it shall have; none where it goes.
    pub new: Option<ObjectId>,
    /// The full name.
    pub name: String,
}

impl Update {
    /// Reads a line of the hook's standard input (githooks(5), pre-receive).
    ///
    /// Errors: usage.
    pub fn parse(line: &str) -> Result<Update> {
        let bad = || {
            Error::new(
                Kind::Usage,
                "a line of the hook's input is not `old new ref`",
            )
        };
        let mut words = line.splitn(3, ' ');
        let mut id = || -> Result<Option<ObjectId>> {
            let id = ObjectId::parse(words.next().ok_or_else(bad)?).map_err(|_| bad())?;
            Ok(Some(id).filter(|id| !id.is_zero()))
        };
        let (old, new) = (id()?, id()?);
        let name = words.next().ok_or_else(bad)?.to_owned();
        Ok(Update { old, new, name })
    }
}

/// A push.
#[derive(Debug, Clone, Default)]
pub struct Push {
    /// Its refs.
    pub updates: Vec<Update>,
    /// Its options.
    pub options: Vec<String>,
    /// Who the server says it is from.
    pub user: Option<String>,
}
