//! git-lfs: what its pointers say, what it may take from whose configuration, and uploads.
//!
//! A clone may come from a stranger, and its own configuration with it. git-lfs runs what
//! that names (transfer agents, extensions, ssh, credential helpers). It is not followed.

use super::convert::{last_line, tell};
use super::settings::{OF_THE_USER, why_ignored};
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};

/// The filter of git-lfs.
pub(super) const LFS: &str = "lfs";

/// A pointer of git-lfs is at most so long, in bytes (its specification, version 1).
pub(super) const POINTER: usize = 1024;

/// A content that a server of git-lfs keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LfsContent {
    /// What the server knows it by.
    pub id: String,
    /// Its length.
    pub bytes: u64,
}

/// What a pointer of git-lfs says (its specification, version 1).
pub(super) fn lfs_content(pointer: &[u8]) -> Option<LfsContent> {
    if pointer.len() > POINTER {
        return None;
    }
    let text = std::str::from_utf8(pointer).ok()?;
    let value = |key: &str| text.lines().find_map(|l| l.strip_prefix(key));
    let id = value("oid sha256:")?;
    let good = id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit());
    let bytes = value("size ")?.parse().ok()?;
    let id = id.to_owned();
    (text.starts_with("version ") && good).then_some(LfsContent { id, bytes })
}

/// An entry of git's configuration. Its name is lower case, but for the middle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub name: String,
    value: String,
    from_repository: bool,
}

impl Store {
    /// All of git's configuration as git reads it, with includes that libgit2 does not know.
    pub(super) fn config_by_git(&self) -> Result<Vec<Setting>> {
        let mut command = self.git();
        command.args(["config", "--null", "--show-scope", "--list"]);
        let failed = "git cannot tell its configuration";
        let said = self.run(command, Vec::new(), 0, failed)?;
        let mut parts = said.split(|b| *b == 0).map(String::from_utf8_lossy);
        let mut found = Vec::new();
        while let (Some(scope), Some(entry)) = (parts.next(), parts.next()) {
            let (name, value) = name_and_value(&entry);
            found.push(Setting {
                name,
                value,
                from_repository: scope == "local" || scope == "worktree",
            });
        }
        Ok(found)
    }

    /// What git-lfs is told on the command line, so that nothing that it runs is named by
    /// the repository's own configuration.
    ///
    /// Errors: denied, where that names what cannot be left out.
    pub(super) fn lfs_settings(&self) -> Result<Vec<(String, String)>> {
        let all = self.config_by_git()?;
        let (theirs, own): (Vec<&Setting>, Vec<&Setting>) =
            all.iter().partition(|s| s.from_repository);
        let is_own = |one: &Setting| {
            let mut same = own.iter().filter(|o| o.name == one.name);
            same.any(|o| o.value == one.value)
        };
        let strange: Vec<&Setting> = theirs.into_iter().filter(|s| !is_own(s)).collect();
        for one in &strange {
            let name = &one.name;
            let last = name.rsplit('.').next().unwrap_or_default();
            if name.starts_with("lfs.customtransfer.")
                || name.starts_with("lfs.extension.")
                || (name.starts_with("lfs.") && last == "standalonetransferagent")
            {
                return Err(Error::new(
                    Kind::Denied,
                    format!("git-lfs would run what {name} names, which this repository's own configuration sets"),
                )
                .hint(format!(
                    "nothing was written; if it is yours, git config --global {name} VALUE and every setting that goes with it"
                )));
            }
            if name.starts_with("http.") && OF_THE_USER.contains(&last) {
                return Err(Error::new(Kind::Denied, why_ignored(name))
                    .hint("nothing was written; git-lfs would use it"));
            }
        }
        let mut settings = Vec::new();
        let last = |name: &str| own.iter().rfind(|s| s.name == name).map(|s| &s.value);
        for (name, without) in [("core.sshcommand", "ssh"), ("core.askpass", "")] {
            if strange.iter().any(|s| s.name == name) {
                let value = last(name).map_or(without, String::as_str);
                settings.push((name.to_owned(), value.to_owned()));
            }
        }
        let is_helper =
            |s: &Setting| s.name.starts_with("credential.") && s.name.ends_with("helper");
        if strange.iter().any(|s| is_helper(s)) {
            // An empty one empties git's list of all of them (gitcredentials(7)).
            settings.push(("credential.helper".to_owned(), String::new()));
            let own = own.iter().filter(|s| is_helper(s));
            settings.extend(own.map(|s| (s.name.clone(), s.value.clone())));
        }
        Ok(settings)
    }

    /// Uploads contents of git-lfs that this clone has to the server of a remote.
    ///
    /// Errors: denied, for what the repository's own configuration names; unavailable, with
    /// what git-lfs says.
    pub fn upload_lfs(&self, remote: &str, contents: &[LfsContent]) -> Result<()> {
        if contents.is_empty() {
            return Ok(());
        }
        let mut command = self.git();
        for (name, value) in self.lfs_settings()? {
            tell(&mut command, &name, &value);
        }
        command
            .args(["lfs", "push", "--object-id", remote])
            .args(contents.iter().map(|c| &c.id));
        let bytes = contents.iter().map(|c| c.bytes).sum();
        let failed = "the content of LFS files could not be uploaded";
        let out = self
            .ends_in_time(&mut command, Vec::new(), bytes, failed)?
            .or_fail(Kind::Unavailable, || "`git lfs` could not be started")?;
        match out.status.success() {
            true => Ok(()),
            false => Err(Error::new(Kind::Unavailable, failed)
                .hint("nothing was written; see whether `git lfs push` works here")
                .caused_by(anyhow::anyhow!(last_line(&out.stderr)))),
        }
    }
}

/// An entry as `git config --null` lists it. A name alone is a true.
fn name_and_value(entry: &str) -> (String, String) {
    let (name, value) = entry.split_once('\n').unwrap_or((entry, "true"));
    (name.to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_of_lfs_is_told_from_other_text() {
        let id = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let pointer =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize 12345\n");
        let said = lfs_content(pointer.as_bytes()).unwrap();
        assert_eq!((said.id.as_str(), said.bytes), (id, 12345));
        for other in [
            "",
            "oid sha256:zz\n",
            &format!("oid sha256:{id}\n"),
            "version x\noid sha256:12\nsize 1\n",
            &format!("version x\noid sha256:{id}\n"),
            &format!("version x\noid sha256:{id}\nsize -1\n"),
        ] {
            assert_eq!(lfs_content(other.as_bytes()), None, "{other}");
        }
        assert_eq!(lfs_content(b"\xff"), None);
    }
}
