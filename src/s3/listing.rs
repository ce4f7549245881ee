//! Lists of S3 storage, page after page. What they name is a stranger's text.

use super::client::Client;
use super::request::Ask;
use super::xml;
use crate::error::{Error, Kind, Result};
use crate::url::percent_decode;
use std::collections::BTreeMap;

/// The most pages of a list.
const MAX_PAGES: usize = 1000;

impl Client<'_> {
    /// The keys that begin with `prefix` and have no slash after it, without the prefix.
    ///
    /// Errors: unavailable, auth, denied, not_found for the bucket.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let mut names = Vec::new();
        self.pages(
            |token| {
                let ask = Ask::new("GET", None)
                    .query("list-type", "2")
                    .query("encoding-type", "url")
                    .query("delimiter", "/")
                    .query("prefix", prefix);
                match token {
                    [token] => ask.query("continuation-token", token.as_str()),
                    _ => ask,
                }
            },
            &["NextContinuationToken"],
            |entry| {
                let key = entry.get("Contents/Key").map(|key| decoded(key));
                names.extend(key.and_then(|key| name_in(prefix, &key)));
            },
        )?;
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Calls `each` with the elements of every entry of a list, page after page.
    pub(super) fn pages(
        &self,
        ask: impl Fn(&[String]) -> Ask<'static>,
        next: &[&str],
        mut each: impl FnMut(&BTreeMap<String, String>),
    ) -> Result<()> {
        let mut token: Vec<String> = Vec::new();
        for _ in 0..MAX_PAGES {
            self.way.cancel.check()?;
            let ask = ask(&token);
            let text = self.text(&ask)?;
            let (mut entry, mut page) = (BTreeMap::new(), BTreeMap::new());
            let read = xml::read(&text, |path, text| match path {
                [_, name] if entry.is_empty() => {
                    page.insert(name.clone(), text.to_owned());
                }
                [_, _] => each(&std::mem::take(&mut entry)),
                [_, group, name] => {
                    entry.insert(format!("{group}/{name}"), text.to_owned());
                }
                _ => {}
            });
            read.map_err(|why| self.garbled(&ask, &why))?;
            let is_cut = page.get("IsTruncated").map(String::as_str) == Some("true");
            let following: Option<Vec<String>> = next
                .iter()
                .map(|name| page.get(*name).filter(|t| !t.is_empty()).cloned())
                .collect();
            token = match (is_cut, following) {
                (false, _) => return Ok(()),
                (true, Some(new)) if new != token => new,
                (true, _) => {
                    return Err(self.garbled(&ask, "it is cut, and does not say where it goes on"));
                }
            };
        }
        Err(Error::new(
            Kind::Unavailable,
            format!("the list of {} has no end", self.shown(None)),
        )
        .retryable(false))
    }
}

/// A key of a list with `encoding-type=url`: as forms encode one, so that a plus is a space.
fn decoded(key: &str) -> String {
    percent_decode(&key.replace('+', " ")).unwrap_or_default()
}

/// The name of a listed key below the prefix. A server may list what it likes, and the name
/// becomes that of a file here.
fn name_in(prefix: &str, key: &str) -> Option<String> {
    let name = key.strip_prefix(prefix)?;
    let odd = matches!(name, "" | "." | "..") || name.contains(['/', '\\']);
    (!odd && !name.contains(char::is_control)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_key_gives_a_plain_name_or_none() {
        assert_eq!(
            name_in("a b/", &decoded("a+b/x%2By")).as_deref(),
            Some("x+y")
        );
        for key in [
            "a b/",
            "a b/..",
            "a b/../x",
            "a b/x/y",
            "a b/x%5Cy",
            "other/x",
            "a b/x%0A",
            "%zz",
        ] {
            assert_eq!(name_in("a b/", &decoded(key)), None, "{key}");
        }
    }
}
