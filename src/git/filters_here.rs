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
                    there.as_ref() != Some(&here)
                }
                // git reads from its index what a sparse checkout leaves out.
                Err(_) => {
                    let staged = self.indexed(file.as_bytes())?.entry;
                    staged.is_some() && staged.map(|e| e.id) != there.map(|e| e.id)
                }
            };
        }
        if !differs {
            return Ok(found);
        }
        let mut command = self.plumbing().command();
        command.args(["check-attr", "--stdin", "-z", "filter"]);
        let input: Vec<u8> = paths
            .iter()
            .flat_map(|p| [p.as_bytes(), b"\0"].concat())
            .collect();
        let failed = "git cannot tell the attributes of the files";
        let answer = self.run(command, input, 0, failed)?;
        let mut words = answer.split(|b| *b == 0).map(String::from_utf8_lossy);
        while let (Some(path), Some(_), Some(value)) = (words.next(), words.next(), words.next()) {
            if !matches!(&*value, "unspecified" | "unset" | "set") && self.has_filter(&value)? {
                found.insert(path.into_owned(), value.into_owned());
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
