//! Refs in files, as git has kept them from its beginning: libgit2 reads and writes them.

use super::{Backend, SNAPSHOTS};
use crate::error::{Kind, OrFail, Result};
use crate::git::id::{CommitId, ObjectId};
use crate::git::object::RefMove;
use git2::Repository;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The refs of a repository that keeps them in files.
pub(super) struct Files<'s>(pub &'s Repository);

impl Files<'_> {
    /// The loose ref is replaced by a rename, which readers see whole or not at all. git's
    /// own way takes `<ref>.lock` first, and one that a killed process leaves behind stops
    /// git and us alike until somebody removes it; what is set here only remembers what
    /// the remote has, so that the last writer may win.
    fn replace(&self, name: &str, id: CommitId) -> std::io::Result<()> {
        let path = self.0.commondir().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        let folder = self.0.commondir().join("aidf");
        std::fs::create_dir_all(&folder)?;
        let mut file = ref_file(&folder)?;
        writeln!(file, "{id}")?;
        file.persist(path)?;
        Ok(())
    }
}

impl Backend for Files<'_> {
    fn id(&self, name: &str) -> Result<Option<ObjectId>> {
        Ok(self.0.refname_to_id(name).ok().map(ObjectId::from))
    }

    fn target(&self, name: &str) -> Result<Option<String>> {
        let found = self.0.find_reference(name).ok();
        let target = found.as_ref().and_then(|r| r.symbolic_target().ok()?);
        Ok(target.map(str::to_owned))
    }

    fn head(&self) -> Result<Option<CommitId>> {
        let head = self.0.head().and_then(|head| head.peel_to_commit());
        Ok(head.ok().map(|c| ObjectId::from(c.id())))
    }

    fn has_below(&self, prefix: &str) -> Result<bool> {
        let found = self.0.references_glob(&format!("{prefix}*"));
        Ok(found.is_ok_and(|mut refs| refs.names().next().is_some()))
    }

    fn below(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>> {
        let Ok(found) = self.0.references_glob(&format!("{prefix}*")) else {
            return Ok(Vec::new());
        };
        let found = found.flatten().filter_map(|reference| {
            let rest = reference.name().ok()?.strip_prefix(prefix)?.to_owned();
            Some((rest, ObjectId::from(reference.target()?)))
        });
        Ok(found.collect())
    }

    fn all_below(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>> {
        let failed = || "the refs cannot be read";
        let mut found = Vec::new();
        let all = self.0.references_glob(&format!("{prefix}*"));
        for reference in all.or_fail(Kind::Internal, failed)? {
            let reference = reference.or_fail(Kind::Internal, failed)?;
            let rest = reference.name().ok().and_then(|n| n.strip_prefix(prefix));
            if let (Some(rest), Some(id)) = (rest, reference.target()) {
                found.push((rest.to_owned(), ObjectId::from(id)));
            }
        }
        Ok(found)
    }

    fn commits_below(&self, prefix: &str) -> Result<Vec<CommitId>> {
        let found = self
            .0
            .references_glob(&format!("{prefix}*"))
            .or_fail(Kind::Internal, || "the refs cannot be read")?;
        let commits = found.flatten().filter_map(|r| r.peel_to_commit().ok());
        Ok(commits.map(|c| ObjectId::from(c.id())).collect())
    }

    fn tips(&self, most: usize) -> Result<Vec<CommitId>> {
        let Ok(found) = self.0.references() else {
            return Ok(Vec::new());
        };
        let sent = found
            .flatten()
            .filter(|r| !r.name_bytes().starts_with(SNAPSHOTS.as_bytes()));
        let commits = sent.filter_map(|r| r.peel_to_commit().ok());
        Ok(commits.map(|c| ObjectId::from(c.id())).take(most).collect())
    }

    fn moves(&self, name: &str, most: usize) -> Result<Vec<RefMove>> {
        let Ok(log) = self.0.reflog(name) else {
            return Ok(Vec::new());
        };
        let moves = log.iter().take(most).map(|e| {
            let why = e.message_bytes().unwrap_or_default();
            RefMove::new(
                ObjectId::from(e.id_new()),
                e.committer().when().seconds(),
                why,
            )
        });
        Ok(moves.collect())
    }

    fn resolve(&self, revision: &str) -> Result<Option<CommitId>> {
        let object = self.0.revparse_single(revision).ok();
        let commit = object.and_then(|o| o.peel_to_commit().ok());
        Ok(commit.map(|c| ObjectId::from(c.id())))
    }

    fn set(&self, name: &str, id: CommitId, why: &str) -> Result<()> {
        let oid = id.written_in(self.0)?;
        if self.replace(name, id).is_ok() {
            return Ok(());
        }
        self.0
            .reference(name, oid, true, why)
            .map(drop)
            .or_fail(Kind::Internal, || super::cannot_be_set(name))
    }

    fn create(&self, name: &str, id: CommitId) -> Result<bool> {
        use git2::ErrorCode::{Exists, Locked};
        match self.0.reference(name, id.written_in(self.0)?, false, "") {
            Ok(_) => Ok(true),
            Err(e) if matches!(e.code(), Exists | Locked) => Ok(false),
            Err(e) => Err(e).or_fail(Kind::Internal, || super::cannot_be_set(name)),
        }
    }

    fn delete(&self, names: &[&str]) -> Result<()> {
        for name in names {
            let Ok(mut reference) = self.0.find_reference(name) else {
                continue;
            };
            reference.delete().or_fail(Kind::Internal, || {
                format!("the ref {name} of this clone cannot be removed")
            })?;
        }
        Ok(())
    }

    fn set_target(&self, name: &str, target: &str, why: &str) -> Result<()> {
        self.0
            .reference_symbolic(name, target, true, why)
            .map(drop)
            .or_fail(Kind::Internal, || super::cannot_be_set(name))
    }

    fn move_to(&self, name: &str, old: Option<CommitId>, new: CommitId, why: &str) -> Result<()> {
        let new = new.written_in(self.0)?;
        match old {
            Some(old) => {
                let old = old.written_in(self.0)?;
                self.0.reference_matching(name, new, true, old, why)
            }
            None => self.0.reference(name, new, false, why),
        }
        .map(drop)
        .or_fail(Kind::Conflict, || super::moved_meanwhile(name))
    }

    fn set_head(&self, branch: &str) -> Result<()> {
        self.0
            .set_head(branch)
            .or_fail(Kind::Conflict, || super::head_cannot_point_to(branch))
    }

    fn is_checked_out_elsewhere(&self, branch: &str) -> Result<bool> {
        let name = format!("ref: {branch}");
        let common = self.0.commondir();
        let linked = std::fs::read_dir(common.join("worktrees"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path());
        let here = self.0.path().canonicalize().ok();
        Ok(std::iter::once(common.to_owned())
            .chain(linked)
            .filter(|dir| dir.canonicalize().ok() != here)
            .filter_map(|dir| std::fs::read_to_string(dir.join("HEAD")).ok())
            .any(|head| head.trim_end() == name && !self.0.is_bare()))
    }

    fn add_worktree(&self, dir: &Path, branch: &str, tip: CommitId) -> Result<PathBuf> {
        let failed = || super::no_worktree_at(dir);
        let commit = self.0.find_commit(tip.within(self.0));
        let commit = commit.or_fail(Kind::NotFound, failed)?;
        let name = branch.replace('/', "-");
        let made = match self.0.find_branch(branch, git2::BranchType::Local) {
            Ok(found) => found,
            Err(_) => self
                .0
                .branch(branch, &commit, false)
                .or_fail(Kind::Usage, failed)?,
        };
        let reference = made.into_reference();
        let mut options = git2::WorktreeAddOptions::new();
        options.reference(Some(&reference));
        let tree = self
            .0
            .worktree(&name, dir, Some(&options))
            .or_fail(Kind::Usage, failed)?;
        let inner = Repository::open_from_worktree(&tree).or_fail(Kind::Internal, failed)?;
        Ok(inner.path().to_owned())
    }
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
