//! A push, as git passes it to the hook.

use crate::error::{Error, Kind, Result};
use crate::git::ObjectId;
use std::collections::HashSet;

/// The push option that carries a token.
pub const TOKEN_OPTION: &str = "aidf-token=";

/// One ref of a push, as git passes it to the hook.
#[derive(Debug, Clone)]
pub struct Update {
    /// The tip that it has; `None` if the ref is new.
    pub old: Option<ObjectId>,
    /// The tip that it will have; `None` if the ref is deleted.
    pub new: Option<ObjectId>,
    /// The full name; bytes that are not UTF-8 are shown as `\xNN`.
    pub name: String,
    /// Whether the name is UTF-8, so that `name` is exact.
    pub is_text: bool,
}

impl Update {
    /// Parses a line of the hook's standard input (githooks(5), pre-receive), without its
    /// newline.
    ///
    /// Errors: usage.
    pub fn parse(line: &[u8]) -> Result<Update> {
        let bad = || {
            Error::new(
                Kind::Usage,
                "a line of the hook's input is not `old new ref`",
            )
        };
        let mut words = line.splitn(3, |b| *b == b' ');
        let mut id = || -> Result<Option<ObjectId>> {
            let word = words.next().and_then(|w| std::str::from_utf8(w).ok());
            let id = ObjectId::parse(word.ok_or_else(bad)?).map_err(|_| bad())?;
            Ok(Some(id).filter(|id| !id.is_zero()))
        };
        let (old, new) = (id()?, id()?);
        let name = words.next().ok_or_else(bad)?;
        let text = std::str::from_utf8(name);
        Ok(Update {
            old,
            new,
            is_text: text.is_ok(),
            name: text.map_or_else(|_| name.escape_ascii().to_string(), str::to_owned),
        })
    }

    /// Parses all lines of the hook's standard input.
    ///
    /// Errors: usage; denied, for a ref that the push names twice. git would move it twice,
    /// one after the other, and each can fail by itself.
    pub fn parse_all(input: &[u8]) -> Result<Vec<Update>> {
        if input.is_empty() {
            return Ok(Vec::new());
        }
        let input = input.strip_suffix(b"\n").unwrap_or(input);
        let updates = input.split(|b| *b == b'\n').map(Update::parse);
        let updates = updates.collect::<Result<Vec<Update>>>()?;
        let mut seen = HashSet::new();
        match updates.iter().find(|u| !seen.insert(&u.name)) {
            None => Ok(updates),
            Some(twice) => Err(Error::new(
                Kind::Denied,
                format!("the push names {} twice", twice.name),
            )
            .hint("name each ref once")),
        }
    }
}

/// A push.
#[derive(Debug, Clone, Default)]
pub struct Push {
    /// Its refs.
    pub updates: Vec<Update>,
    /// Its push options.
    pub options: Vec<String>,
    /// The user that the server says is pushing.
    pub user: Option<String>,
}
