//! Refs in tables (reftable): git itself reads and writes them, and libgit2 none.

use super::listing::Listing;
use super::{Backend, SNAPSHOTS};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::real;
use crate::git::children::last_line;
use crate::git::id::{CommitId, ObjectId};
use crate::git::object::RefMove;
use crate::git::store::Store;
use git2::Repository;
use std::path::{Path, PathBuf};

/// The refs of a repository that keeps them in tables.
pub(super) struct Tables<'s> {
    pub store: &'s Store,
    pub listing: &'s Listing,
}

impl Tables<'_> {
    /// The commit that an object is, or that a tag leads to.
    fn commit_at(&self, id: ObjectId) -> Option<CommitId> {
        let repo = self.store.repo();
        let object = repo.find_object(id.within(repo), None).ok()?;
        object.peel_to_commit().ok().map(|c| ObjectId::from(c.id()))
    }

    /// Changes refs, all or none, as `git update-ref --stdin -z` reads it. The inner error is
    /// what git says against it.
    fn update(&self, changes: &str, why: &str) -> Result<std::result::Result<(), String>> {
        let mut arguments = vec!["update-ref", "--no-deref", "--stdin", "-z"];
        if !why.is_empty() {
            arguments.extend(["-m", why]);
        }
        self.listing.change(&arguments, changes.as_bytes())
    }

    fn point(
        &self,
        name: &str,
        target: &str,
        why: &str,
    ) -> Result<std::result::Result<(), String>> {
        let arguments = ["symbolic-ref", "-m", why, name, target];
        self.listing.change(&arguments, &[])
    }
}

/// Fails with what git says against a change.
fn done(said: std::result::Result<(), String>, kind: Kind, failed: String) -> Result<()> {
    said.map_err(|why| {
        let error = Error::new(kind, failed);
        let error = match why.contains("lock references") {
            true => error.hint(
                "another git may be at work; if none runs, remove reftable/tables.list.lock from the git directory",
            ),
            false => error,
        };
        error.caused_by(anyhow::anyhow!(why))
    })
}

impl Backend for Tables<'_> {
    fn id(&self, name: &str) -> Result<Option<ObjectId>> {
        self.listing.id(name)
    }

    fn target(&self, name: &str) -> Result<Option<String>> {
        self.listing.target(name)
    }

    fn head(&self) -> Result<Option<CommitId>> {
        let id = self.listing.head()?;
        Ok(id.and_then(|id| self.commit_at(id)))
    }

    fn has_below(&self, prefix: &str) -> Result<bool> {
        Ok(!self.listing.below(prefix)?.is_empty())
    }

    fn below(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>> {
        let found = self.listing.below(prefix)?.into_iter();
        let own = found.filter(|(_, _, is_symbolic)| !is_symbolic);
        Ok(own.map(|(rest, id, _)| (rest, id)).collect())
    }

    fn all_below(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>> {
        self.below(prefix)
    }

    fn commits_below(&self, prefix: &str) -> Result<Vec<CommitId>> {
        let found = self.listing.below(prefix)?.into_iter();
        Ok(found.filter_map(|(_, id, _)| self.commit_at(id)).collect())
    }

    fn tips(&self, most: usize) -> Result<Vec<CommitId>> {
        let found = self.listing.some(most, SNAPSHOTS)?.into_iter();
        Ok(found.filter_map(|id| self.commit_at(id)).collect())
    }

    /// The repository's configuration may name a program that looks at signatures: it is not
    /// to be run.
    fn moves(&self, name: &str, most: usize) -> Result<Vec<RefMove>> {
        let most = format!("--max-count={most}");
        let log = [
            "log",
            "--walk-reflogs",
            "--no-show-signature",
            "--no-patch",
            "--no-mailmap",
            "--no-notes",
            "--no-decorate",
            "--no-color",
            "--date=unix",
            "--format=%H%x00%gd%x00%gs",
            &most,
            name,
            "--",
        ];
        if name == "HEAD" && self.listing.head()?.is_none() {
            return Ok(Vec::new());
        }
        let said = self.listing.told(&log)?;
        let moves = said.split(|b| *b == b'\n').filter_map(|line| {
            let mut fields = line.splitn(3, |b| *b == 0);
            let mut text = || std::str::from_utf8(fields.next()?).ok();
            let to = ObjectId::parse(text()?).ok()?;
            // `HEAD@{1795777190}`
            let at = text()?.split_once('{')?.1.strip_suffix('}')?.parse().ok()?;
            Some(RefMove::new(to, at, fields.next()?))
        });
        Ok(moves.collect())
    }

    fn resolve(&self, revision: &str) -> Result<Option<CommitId>> {
        if let Ok(id) = ObjectId::parse(revision) {
            return Ok(self.commit_at(id));
        }
        if revision.contains('\0') {
            return Ok(None);
        }
        let commit = format!("{revision}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        let out = self.listing.run(&arguments, Vec::new())?;
        if !out.status.success() {
            // No such revision; or git cannot read the refs at all, which is another matter.
            self.listing.head()?;
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&out.stdout);
        Ok(ObjectId::parse(said.trim_end()).ok())
    }

    fn set(&self, name: &str, id: CommitId, why: &str) -> Result<()> {
        if self.id(name)? == Some(id) {
            return Ok(());
        }
        self.store.check_format(id)?;
        let said = self.update(&format!("update {name}\0{id}\0\0"), why)?;
        done(said, Kind::Internal, super::cannot_be_set(name))
    }

    fn create(&self, name: &str, id: CommitId) -> Result<bool> {
        if self.id(name)?.is_some() {
            return Ok(false);
        }
        self.store.check_format(id)?;
        match self.update(&format!("create {name}\0{id}\0"), "")? {
            Ok(()) => Ok(true),
            Err(_) if self.id(name)?.is_some() => Ok(false),
            said => done(said, Kind::Internal, super::cannot_be_set(name)).map(|()| false),
        }
    }

    fn delete(&self, names: &[&str]) -> Result<()> {
        let changes: String = names.iter().map(|n| format!("delete {n}\0\0")).collect();
        if changes.is_empty() {
            return Ok(());
        }
        let said = self.update(&changes, "")?;
        let names = names.join(" ");
        done(
            said,
            Kind::Internal,
            format!("refs of this clone cannot be removed: {names}"),
        )
    }

    fn set_target(&self, name: &str, target: &str, why: &str) -> Result<()> {
        let said = self.point(name, target, why)?;
        done(said, Kind::Internal, super::cannot_be_set(name))
    }

    fn move_to(&self, name: &str, old: Option<CommitId>, new: CommitId, why: &str) -> Result<()> {
        for id in [Some(new), old].into_iter().flatten() {
            self.store.check_format(id)?;
        }
        let change = match old {
            Some(old) => format!("update {name}\0{new}\0{old}\0"),
            None => format!("create {name}\0{new}\0"),
        };
        let said = self.update(&change, why)?;
        done(said, Kind::Conflict, super::moved_meanwhile(name))
    }

    fn set_head(&self, branch: &str) -> Result<()> {
        let failed = super::head_cannot_point_to(branch);
        if self.is_checked_out_elsewhere(branch)? {
            return Err(Error::new(Kind::Conflict, failed));
        }
        let short = |name: &str| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
        let here = match self.target("HEAD")? {
            Some(here) => short(&here),
            None => self
                .listing
                .head()?
                .map_or_else(String::new, |id| id.to_string()),
        };
        // `git switch -` reads it.
        let why = format!("checkout: moving from {here} to {}", short(branch));
        done(self.point("HEAD", branch, &why)?, Kind::Conflict, failed)
    }

    fn is_checked_out_elsewhere(&self, branch: &str) -> Result<bool> {
        let said = self
            .listing
            .told(&["worktree", "list", "--porcelain", "-z"])?;
        let here = self.store.work_dir().map(real);
        let mut at = None;
        for line in said.split(|b| *b == 0) {
            let line = String::from_utf8_lossy(line);
            match line.split_once(' ') {
                Some(("worktree", path)) => at = Some(real(Path::new(path))),
                Some(("branch", name)) if name == branch && at != here => return Ok(true),
                _ => {}
            }
        }
        Ok(false)
    }

    /// git's hooks and the filters of the repository's configuration do not run.
    fn add_worktree(&self, dir: &Path, branch: &str, tip: CommitId) -> Result<PathBuf> {
        let failed = super::no_worktree_at(dir);
        self.store.check_format(tip)?;
        let mut command = self.store.git_without_filters()?;
        command.args(["-c", "core.hooksPath=/dev/null"]).args([
            "worktree",
            "add",
            "--quiet",
            "--no-track",
        ]);
        match self.id(&super::full(branch))? {
            Some(_) => command.arg(dir).arg(branch),
            None => command.args(["-b", branch]).arg(dir).arg(tip.to_string()),
        };
        let out = self
            .store
            .plumbing()
            .ends_in_time(&mut command, Vec::new(), 0, &failed)?
            .or_fail(Kind::Unavailable, || failed.clone())?;
        if !out.status.success() {
            let why = anyhow::anyhow!(last_line(&out.stderr));
            return Err(Error::new(Kind::Usage, failed).caused_by(why));
        }
        let inner = Repository::open(dir).or_fail(Kind::Internal, || failed)?;
        Ok(inner.path().to_owned())
    }
}
