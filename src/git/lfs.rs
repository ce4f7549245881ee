//! git-lfs: what its pointers say, and uploads.

use super::convert::last_line;
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
}

impl Store {
    /// All of git's configuration as git reads it, with includes that libgit2 does not know.
    pub(super) fn config_by_git(&self) -> Result<Vec<Setting>> {
        let mut command = self.git();
        command.args(["config", "--null", "--name-only", "--list"]);
        let failed = "git cannot tell its configuration";
        let said = self.run(command, Vec::new(), 0, failed)?;
        let names = said.split(|b| *b == 0).map(String::from_utf8_lossy);
        let setting = |name: std::borrow::Cow<'_, str>| Setting {
            name: name.into_owned(),
        };
        Ok(names.map(setting).collect())
    }

    /// Uploads contents of git-lfs that this clone has to the server of a remote.
    ///
    /// Errors: unavailable, with what git-lfs says.
    pub fn upload_lfs(&self, remote: &str, contents: &[LfsContent]) -> Result<()> {
        if contents.is_empty() {
            return Ok(());
        }
        let mut command = self.git();
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
