//! The filters that the attributes of the checkout name, where a branch's attributes name
//! none: git here would store something else than the branch's attributes ask for.

use super::convert::attribute_files;
use super::id::ObjectId;
use super::store::Store;
use crate::error::Result;
use std::collections::BTreeMap;

impl Store {
    /// The filter of each of these paths by the attributes of the working tree; of no path,
    /// where those of `tree` say the same of filters.
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
            let Ok(here) = std::fs::read(root.join(&file)) else {
                continue;
            };
            let there = self.entry(tree, file.as_bytes())?;
            let there = there.filter(|e| e.mode.is_file());
            let there = there.map(|e| self.read_blob(e.id)).transpose()?;
            let names_one = here.windows(FILTER.len()).any(|w| w == FILTER);
            differs |= names_one && there.as_ref() != Some(&here);
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
            if !matches!(&*value, "unspecified" | "unset" | "set") {
                found.insert(path.into_owned(), value.into_owned());
            }
        }
        Ok(found)
    }
}

/// The attribute's name.
const FILTER: &[u8] = b"filter";
