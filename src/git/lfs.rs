//! git-lfs: what its pointers say, what it may take from whose configuration, and uploads.
//!
//! A clone may come from a stranger, and its own configuration with it. git-lfs runs what
//! that names (transfer agents, extensions, ssh, credential helpers), and sends content to
//! where a file of the branch says. Neither is followed.

use super::children::{last_line, tell};
use super::config::name_and_value;
use super::endpoint::{Endpoint, redact};
use super::id::ObjectId;
use super::settings::{OF_THE_USER, Setting, why_ignored};
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use std::process::Command;

/// The filter of git-lfs.
pub(super) const LFS: &str = "lfs";

/// A pointer of git-lfs is at most so long, in bytes (its specification, version 1).
pub(super) const POINTER: usize = 1024;

/// The file of a branch that git-lfs takes settings from (git-lfs-config(5)).
const IN_BRANCH: &str = ".lfsconfig";

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

/// What a line of attributes says of files that git-lfs stores.
const FILTER_LFS: &[u8] = b"filter=lfs";

impl Store {
    /// Whether the attributes at the top of a tree have files stored with git-lfs.
    ///
    /// Errors: not_found, where the tree is not here.
    pub fn names_lfs(&self, tree: ObjectId) -> Result<bool> {
        let entry = self.entry(tree, b".gitattributes")?;
        let Some(entry) = entry.filter(|e| e.mode.is_file()) else {
            return Ok(false);
        };
        let attributes = self.read_blob(entry.id)?;
        Ok(attributes
            .windows(FILTER_LFS.len())
            .any(|w| w == FILTER_LFS))
    }

    /// What git-lfs is told on the command line, so that nothing that it runs is named by
    /// the repository's own configuration.
    ///
    /// Errors: denied, where that names what cannot be left out.
    pub(super) fn lfs_settings(&self) -> Result<Vec<(String, String)>> {
        let all = self.settings_by_git()?;
        let (theirs, own): (Vec<&Setting>, Vec<&Setting>) =
            all.entries().iter().partition(|s| s.from_repository);
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
                    format!("git-lfs would run the program in {name}, which this repository's own configuration sets"),
                )
                .hint(format!(
                    "nothing was written; if the setting is yours, set it and the settings that belong to it in your own configuration: git config --global {name} VALUE"
                )));
            }
            if name.starts_with("http.") && OF_THE_USER.contains(&last) {
                return Err(Error::new(Kind::Denied, why_ignored(name))
                    .hint("nothing was written, because git-lfs would use that setting"));
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
    /// Errors: denied, where that server is named by whom it should not be; unavailable, with
    /// what git-lfs says.
    pub fn upload_lfs(&self, remote: &str, at: &Endpoint, contents: &[LfsContent]) -> Result<()> {
        if contents.is_empty() {
            return Ok(());
        }
        self.check_server_in_branch(remote, at)?;
        let mut command = self.plumbing().command();
        for (name, value) in self.lfs_settings()? {
            tell(&mut command, &name, &value);
        }
        command
            .args(["lfs", "push", "--object-id", remote])
            .args(contents.iter().map(|c| &c.id));
        let bytes = contents.iter().map(|c| c.bytes).sum();
        let failed = "the content of LFS files could not be uploaded";
        let out = self
            .plumbing()
            .ends_in_time(&mut command, Vec::new(), bytes, failed)?
            .or_fail(Kind::Unavailable, || "`git lfs` could not be started")?;
        match out.status.success() {
            true => Ok(()),
            false => Err(Error::new(Kind::Unavailable, failed)
                .hint("nothing was written; check whether `git lfs push` works here")
                .caused_by(anyhow::anyhow!(last_line(&out.stderr)))),
        }
    }

    /// Whoever writes to the branch may not say to whom its contents are sent, other than to
    /// the server of the remote.
    ///
    /// Errors: denied, with the server's address.
    fn check_server_in_branch(&self, remote: &str, at: &Endpoint) -> Result<()> {
        let in_branch = self.settings_in_branch()?;
        if in_branch.is_empty() {
            return Ok(());
        }
        let all = self.settings_by_git()?;
        // The first of these that is set anywhere (git-lfs-config(5)); where the file and
        // git's configuration set the same, the latter counts.
        let keys = [
            "lfs.pushurl".to_owned(),
            "lfs.url".to_owned(),
            format!("remote.{remote}.lfspushurl"),
            format!("remote.{remote}.lfsurl"),
        ];
        for key in keys {
            if all.last(&key).is_some() {
                return Ok(());
            }
            let Some((_, url)) = in_branch.iter().rfind(|(name, _)| *name == key) else {
                continue;
            };
            let base = self.work_dir().unwrap_or(self.git_dir());
            let there = Endpoint::parse(url, base);
            if there.is_ok_and(|there| is_on_server(&there, at)) {
                return Ok(());
            }
            let to = redact(url);
            return Err(Error::new(
                Kind::Denied,
                format!("{IN_BRANCH} on the branch sends the content of LFS files to {to}, which is not the remote's server"),
            )
            .hint(format!(
                "nothing was written; if that server is right, allow it: git config {key} {to}"
            )));
        }
        Ok(())
    }

    /// What the branch's own file says: that of the working tree, else of the index, else of
    /// HEAD, as git-lfs looks for it.
    fn settings_in_branch(&self) -> Result<Vec<(String, String)>> {
        let file = self.work_dir().map(|w| w.join(IN_BRANCH));
        let list = |place: &dyn Fn(&mut Command)| {
            let mut command = self.plumbing().command();
            command.args(["config", "--null", "--no-includes", "--list"]);
            place(&mut command);
            let failed = format!("{IN_BRANCH} cannot be read");
            self.run(command, Vec::new(), 0, &failed)
        };
        let said = match file.filter(|f| f.symlink_metadata().is_ok()) {
            // What cannot be read here, git-lfs cannot read either; but who knows.
            Some(file) => list(&|c| {
                c.arg("--file").arg(&file);
            })?,
            None => {
                let blob = |which: &'static str| {
                    let place = format!("{which}:{IN_BRANCH}");
                    list(&move |c| {
                        c.arg("--blob").arg(&place);
                    })
                };
                blob("").or_else(|_| blob("HEAD")).unwrap_or_default()
            }
        };
        let entries = said.split(|b| *b == 0).map(String::from_utf8_lossy);
        Ok(entries.map(|e| name_and_value(&e)).collect())
    }
}

/// Whether a server of git-lfs is that of a remote, and is spoken to no more openly.
fn is_on_server(lfs: &Endpoint, remote: &Endpoint) -> bool {
    match (lfs, remote) {
        (Endpoint::Http(a), Endpoint::Http(b)) => a.is_same_server(b) && a.scheme() == b.scheme(),
        (Endpoint::Http(a), Endpoint::Ssh(b)) => a.scheme() == "https" && a.host() == b.host(),
        (Endpoint::Ssh(a), Endpoint::Ssh(b)) => a.host() == b.host(),
        (Endpoint::Ssh(a), Endpoint::Http(b)) => a.host() == b.host(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

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

    #[test]
    fn a_server_of_contents_is_the_remotes_or_it_is_another() {
        let is = |lfs: &str, remote: &str| {
            let read = |url: &str| Endpoint::parse(url, Path::new("/")).unwrap();
            is_on_server(&read(lfs), &read(remote))
        };
        for (lfs, remote) in [
            ("https://h.example/a/lfs", "https://h.example/a.git"),
            ("http://h.example:81/lfs", "http://h.example:81/a"),
            ("https://h.example/lfs", "git@h.example:a.git"),
            ("ssh://git@h.example/a", "git@h.example:a.git"),
        ] {
            assert!(is(lfs, remote), "{lfs} {remote}");
        }
        for (lfs, remote) in [
            ("https://evil.example/lfs", "https://h.example/a.git"),
            ("https://h.example:444/lfs", "https://h.example/a.git"),
            ("http://h.example/lfs", "git@h.example:a.git"),
            ("http://h.example:443/lfs", "https://h.example/a.git"),
            ("https://evil.example/lfs", "/a.git"),
            ("/b.git", "/a.git"),
        ] {
            assert!(!is(lfs, remote), "{lfs} {remote}");
        }
    }
}
