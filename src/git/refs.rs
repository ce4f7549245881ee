//! The refs of the clone or cache, HEAD among them.

use super::id::{CommitId, ObjectId, RefName};
use super::store::Store;
use crate::error::{Kind, OrFail, Result};
use std::io::Write;
use std::path::Path;

/// Where the snapshots of the working trees of a clone are.
pub const SNAPSHOTS: &str = "refs/aidf/snapshots/";

impl Store {
    /// The tip of a local ref.
    pub fn local_ref(&self, name: &str) -> Option<CommitId> {
        self.repo().refname_to_id(name).ok().map(ObjectId)
    }

    /// Whether there is a local ref that a glob matches, such as `refs/tags/v1/*`.
    pub fn has_ref_like(&self, glob: &str) -> bool {
        let repo = self.repo();
        let found = repo.references_glob(glob);
        found.is_ok_and(|mut refs| refs.names().next().is_some())
    }

    /// What a symbolic ref points at.
    pub fn symbolic_ref(&self, name: &str) -> Option<String> {
        self.repo()
            .find_reference(name)
            .ok()?
            .symbolic_target()
            .ok()
            .flatten()
            .map(str::to_owned)
    }

    /// Sets a local ref to `id`, whatever it was.
    ///
    /// The loose ref is replaced by a rename, which readers see whole or not at all. git's
    /// own way takes `<ref>.lock` first, and one that a killed process leaves behind stops
    /// git and us alike until somebody removes it; what is set here only remembers what
    /// the remote has, so that the last writer may win.
    pub fn set_ref(&self, name: &str, id: CommitId, why: &str) -> Result<()> {
        let renamed = || -> std::io::Result<()> {
            let path = self.repo().commondir().join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            let folder = self.repo().commondir().join("aidf");
            std::fs::create_dir_all(&folder)?;
            let mut file = ref_file(&folder)?;
            writeln!(file, "{id}")?;
            file.persist(path)?;
            Ok(())
        };
        if renamed().is_ok() {
            return Ok(());
        }
        self.repo()
            .reference(name, id.0, true, why)
            .map(drop)
            .or_fail(Kind::Internal, || {
                format!("the ref {name} of this clone cannot be set")
            })
    }

    /// Forgets a ref of this clone, such as that of a branch that is gone; best effort.
    pub fn forget_ref(&self, name: &str) {
        if let Ok(mut reference) = self.repo().find_reference(name) {
            let _ = reference.delete();
        }
    }

    /// Makes a local ref, without a log; false where it is there already, or another
    /// process has its lock.
    ///
    /// Errors: internal.
    pub fn create_ref(&self, name: &str, id: CommitId) -> Result<bool> {
        use git2::ErrorCode::{Exists, Locked};
        match self.repo().reference(name, id.0, false, "") {
            Ok(_) => Ok(true),
            Err(e) if matches!(e.code(), Exists | Locked) => Ok(false),
            Err(e) => Err(e).or_fail(Kind::Internal, || {
                format!("the ref {name} of this clone cannot be made")
            }),
        }
    }

    /// Removes a local ref; one that is gone already is no failure.
    ///
    /// Errors: internal.
    pub fn delete_ref(&self, name: &str) -> Result<()> {
        let Ok(mut reference) = self.repo().find_reference(name) else {
            return Ok(());
        };
        reference.delete().or_fail(Kind::Internal, || {
            format!("the ref {name} of this clone cannot be removed")
        })
    }

    /// The local refs whose names start with `prefix`, and their commits. The rest of each
    /// name is given.
    pub fn refs_below(&self, prefix: &str) -> Vec<(String, CommitId)> {
        let Ok(found) = self.repo().references_glob(&format!("{prefix}*")) else {
            return Vec::new();
        };
        let found = found.flatten().filter_map(|reference| {
            let rest = reference.name().ok()?.strip_prefix(prefix)?.to_owned();
            Some((rest, ObjectId(reference.target()?)))
        });
        found.collect()
    }

    /// The commit that HEAD names.
    pub fn head(&self) -> Option<CommitId> {
        self.repo()
            .head()
            .ok()?
            .peel_to_commit()
            .ok()
            .map(|c| ObjectId(c.id()))
    }

    /// Tips that a fetch may name as had, newest use first, at most 256. No remote has the
    /// snapshots of a working tree.
    pub fn known_tips(&self) -> Vec<CommitId> {
        let mut tips: Vec<CommitId> = self.head().into_iter().collect();
        if let Ok(references) = self.repo().references() {
            for reference in references.flatten() {
                if tips.len() >= 256 {
                    break;
                }
                if reference.name_bytes().starts_with(SNAPSHOTS.as_bytes()) {
                    continue;
                }
                if let Ok(commit) = reference.peel_to_commit() {
                    tips.push(ObjectId(commit.id()));
                }
            }
        }
        tips.sort();
        tips.dedup();
        tips
    }

    /// Where HEAD has been, the newest first, as its reflog tells; empty where there is none.
    pub fn head_moves(&self) -> Vec<HeadMove> {
        const MOST: usize = 1000;
        let Ok(log) = self.repo().reflog("HEAD") else {
            return Vec::new();
        };
        let amends = |why: Option<&[u8]>| why.is_some_and(|w| w.starts_with(b"commit (amend)"));
        log.iter()
            .take(MOST)
            .map(|e| HeadMove {
                to: ObjectId(e.id_new()),
                at: e.committer().when().seconds(),
                amends: amends(e.message_bytes()),
            })
            .collect()
    }

    /// The commit that a revision of git's syntax names here (gitrevisions(7)).
    pub fn resolve(&self, revision: &str) -> Option<CommitId> {
        let object = self.repo().revparse_single(revision).ok()?;
        object.peel_to_commit().ok().map(|c| ObjectId(c.id()))
    }
}

/// A move of HEAD.
#[derive(Debug, Clone, Copy)]
pub struct HeadMove {
    /// The commit that it came to.
    pub to: CommitId,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Whether that commit took the place of the one before.
    pub amends: bool,
}

/// A new file with the mode that git gives a ref: what the umask leaves of 0666.
#[cfg(unix)]
fn ref_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o666);
    tempfile::Builder::new()
        .permissions(mode)
        .tempfile_in(folder)
}

/// Other platforms have no mode to give.
#[cfg(not(unix))]
fn ref_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(folder)
}

/// The tracking ref of a branch.
pub fn tracking_ref(remote: &str, branch: &RefName) -> String {
    format!("refs/remotes/{remote}/{}", branch.short())
}
