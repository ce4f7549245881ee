//! The filters that the attributes of the checkout name, where they differ from a branch's: git
//! here would store something else than the branch's attributes ask for.

use super::convert::attribute_files;
use super::id::ObjectId;
use super::store::Store;
use crate::error::Result;
use std::collections::BTreeMap;

impl Store {
    /// The filter of each of these paths by the attributes of the checkout, if git knows a
    /// program for it; of no path, where `tree` has the same files of attributes.
    ///
    /// Errors: unavailable, where git is needed and cannot be started; denied, with what it
    /// says.
    pub fn filters_here(&self, tree: ObjectId, paths: &[&str]) -> Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        let Some(root) = self.work_dir().filter(|_| !self.is_cache()) else {
            return Ok(found);
        };
        let mut differs = false;
        for file in attribute_files(paths.iter().copied()) {
            let there = self.entry(tree, file.as_bytes())?;
            let there = there.filter(|e| e.mode.is_file());
            differs |= match std::fs::read(root.join(&file)) {
                Ok(here) => {
                    let there = there.map(|e| self.read_blob(e.id)).transpose()?;
                    !says_the_same(&here, &there.unwrap_or_default())
                }
                // git reads from its index what is not there, as in a sparse checkout. To read a
                // large index takes longer than all else, and HEAD tells whether it is worth it.
                Err(_) => {
                    let head = self.head()?.map(|id| self.commit(id)).transpose()?;
                    let known = head.map(|head| self.entry(head.tree, file.as_bytes()));
                    match known.transpose() {
                        Ok(known) => known.flatten().is_some_and(|e| Some(e) != there),
                        // A partial clone may lack that tree. Then git has to tell.
                        Err(_) => true,
                    }
                }
            };
        }
        if !differs {
            return Ok(found);
        }
        let command = self.plumbing().command();
        for [path, _, value] in self.check_attributes(command, &["filter"], paths)? {
            if !matches!(&*value, "unspecified" | "unset" | "set") && self.has_filter(&value)? {
                found.insert(path, value);
            }
        }
        Ok(found)
    }

    /// Whether git knows a program for a filter. Without one git stores files as they are
    /// (gitattributes(5)).
    fn has_filter(&self, name: &str) -> Result<bool> {
        let settings = self.settings_by_git()?;
        let is_set = |what: &str| settings.last(&format!("filter.{name}.{what}")).is_some();
        Ok(is_set("clean") || is_set("process"))
    }
}

/// Whether two files of attributes are the same, but for lines about merges in the second: aidf
/// adds such lines for its ledgers, and git need not be asked for them.
fn says_the_same(here: &[u8], there: &[u8]) -> bool {
    let lines = |text| <[u8]>::split(text, |b| *b == b'\n').map(<[u8]>::trim_ascii);
    let mut ours = lines(here).peekable();
    for line in lines(there) {
        if ours.peek() == Some(&line) {
            ours.next();
        } else if !is_about_merges(line) {
            return false;
        }
    }
    ours.all(<[u8]>::is_empty)
}

fn is_about_merges(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).skip(1);
    line.starts_with(b"#") || words.all(|word| word.is_empty() || word.starts_with(b"merge="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_about_merges_make_no_difference() {
        let ours = b"*.png binary\r\n*.key filter=enc\n";
        for there in [
            "*.png binary\n*.key filter=enc\n",
            "*.png binary\n# more\n\n*.key filter=enc\n/a.yaml merge=union\n",
        ] {
            assert!(says_the_same(ours, there.as_bytes()), "{there}");
        }
        for there in [
            "",
            "*.png binary\n",
            "*.key filter=enc\n*.png binary\n",
            "*.png binary\n*.key filter=enc\n*.key -filter\n",
            "*.png binary\n*.key filter=enc\na merge=union -filter\n",
            "*.png binary\n*.key filter=enc\na secret\n",
        ] {
            assert!(!says_the_same(ours, there.as_bytes()), "{there}");
        }
    }
}
