//! The environment variables that one call sees, as a value.
//!
//! Only a front end reads the process's own environment ([`Environment::of_process`]). What
//! the library does, and what the programs that it starts see, follows from this value alone:
//! one process can therefore act for several identities side by side.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::sync::Arc;

/// Variables by name. Copies share them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(Arc<BTreeMap<OsString, OsString>>);

impl fmt::Debug for Environment {
    /// Values may be secrets: only the names are told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// The process's own, as it is now.
    pub fn of_process() -> Environment {
        std::env::vars_os().collect()
    }

    /// This environment, with `name` set to `value`.
    pub fn with(&self, name: impl Into<OsString>, value: impl Into<OsString>) -> Environment {
        let mut variables = (*self.0).clone();
        variables.insert(name.into(), value.into());
        Environment(Arc::new(variables))
    }

    /// The value of a variable; none where it is not set.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        if let Some(value) = self.0.get(OsStr::new(name)) {
            return Some(value);
        }
        // The names of Windows' variables know no case.
        let same = |n: &OsStr| n.to_str().is_some_and(|n| n.eq_ignore_ascii_case(name));
        let mut all = self.0.iter().filter(|_| cfg!(windows));
        all.find(|(n, _)| same(n)).map(|(_, value)| &**value)
    }

    /// The value of a variable that is set to some UTF-8 text; none otherwise.
    pub fn text(&self, name: &str) -> Option<String> {
        let value = self.os(name)?.to_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Whether a variable is set, be it to nothing.
    pub fn has(&self, name: &str) -> bool {
        self.os(name).is_some()
    }

    /// All variables, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(n, v)| (&**n, &**v))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Environment {
        let variables = variables.into_iter();
        Environment(Arc::new(
            variables.map(|(n, v)| (n.into(), v.into())).collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_told_by_its_name_alone() {
        let environment = Environment::from_iter([("AIDF_KEY", "secret"), ("EMPTY", "")]);
        assert_eq!(format!("{environment:?}"), r#"{"AIDF_KEY", "EMPTY"}"#);
        assert_eq!(environment.text("AIDF_KEY").as_deref(), Some("secret"));
        assert_eq!(environment.text("EMPTY"), None);
        assert!(environment.has("EMPTY") && !environment.has("HOME"));
        let other = environment.with("HOME", "/h");
        assert!(
            other.has("HOME") && !environment.has("HOME"),
            "copies are apart"
        );
    }
}
