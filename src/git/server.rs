//! A repository as its own server sees it: from inside a hook, and when it is set up.

use super::alternates::open_in_hook;
use super::children::{Programs, last_line};
use super::config::{own_config, own_values};
use super::id::{CommitId, ObjectId};
use super::object::{Entry, Folder, Mode, Person};
use super::objects::Objects;
use super::open::{check_owner, without_search};
use super::store::{Store, prepare};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::real;
use git2::ObjectType;
use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Removes the headers of a section without settings from a file of git's.
///
/// Errors: those of the system; the file is as it was then.
fn drop_empty(file: &Path, section: &str) -> std::io::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let header = format!("[{section}]");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_empty = |at: usize| {
        let next = lines.get(at + 1).map(|line| line.trim_start());
        lines[at].trim() == header && next.is_none_or(|line| line.starts_with('['))
    };
    let kept = (0..lines.len()).filter(|at| !is_empty(*at));
    let kept: String = kept.map(|at| lines[at]).collect();
    if kept == text {
        return Ok(());
    }
    // As git itself does it: who writes the file has this lock.
    let lock = file.with_extension("lock");
    let mut new = File::options().write(true).create_new(true).open(&lock)?;
    let done = new.write_all(kept.as_bytes());
    let done = done.and_then(|()| std::fs::rename(&lock, file));
    if done.is_err() {
        let _ = std::fs::remove_file(&lock);
    }
    done
}

impl Store {
    /// Opens the repository that git started a hook in, with the objects of the push,
    /// which lie in quarantine (git-receive-pack(1)).
    ///
    /// Errors: usage, outside of a hook.
    pub fn open_in_hook(programs: &Programs) -> Result<Store> {
        prepare();
        let outside = || {
            Error::new(
                Kind::Usage,
                "this command is a git hook, and git did not start it",
            )
            .hint("`aidf protect apply -R PATH` installs it in a bare repository")
        };
        programs.environment.os("GIT_DIR").ok_or_else(outside)?;
        let repo = open_in_hook(&programs.environment).map_err(|e| outside().caused_by(e))?;
        check_owner(&repo, programs)?;
        Store::of_hook(repo, programs)
    }

    /// Opens the bare repository at `path`.
    ///
    /// Errors: not_found; usage, for a clone with a working tree.
    pub fn open_server(path: &Path, programs: &Programs) -> Result<Store> {
        prepare();
        let repo = without_search(path).or_fail(Kind::NotFound, || {
            format!("no git repository at {}", path.display())
        })?;
        check_owner(&repo, programs)?;
        if !repo.is_bare() {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "{} is a clone with a working tree, not a bare repository",
                    path.display()
                ),
            )
            .hint("name the bare repository that people push to"));
        }
        Store::of(repo, programs)
    }

    /// A setting in force here.
    pub fn setting(&self, name: &str) -> Option<String> {
        let config = self.repo().config().ok()?.snapshot().ok()?;
        config.get_str(name).ok().map(str::to_owned)
    }

    /// Every value of a setting of this repository's own file.
    pub fn own_settings(&self, name: &str) -> Vec<String> {
        own_values(self.repo(), name).unwrap_or_default()
    }

    /// Writes settings into this repository's own file; none removes one with all its
    /// values.
    ///
    /// Errors: internal.
    pub fn set_own(&self, name: &str, values: &[&str]) -> Result<()> {
        let failed = || {
            format!(
                "the setting {name} of {} cannot be written",
                self.repo().path().display()
            )
        };
        let file = real(&self.common_dir().join("config"));
        let mode = file.metadata().map(|meta| meta.permissions());
        let mut config = own_config(self.repo()).or_fail(Kind::Internal, failed)?;
        match config.remove_multivar(name, ".*") {
            Ok(()) => {}
            Err(e) if e.code() == git2::ErrorCode::NotFound => {}
            Err(e) => return Err(Error::new(Kind::Internal, failed()).caused_by(e)),
        }
        for value in values {
            // The pattern matches no value: each is added.
            config
                .set_multivar(name, "^$", value)
                .or_fail(Kind::Internal, failed)?;
        }
        // libgit2 leaves a section that is empty now, and makes another one next time.
        let section = name.split('.').next().unwrap_or(name);
        let _ = drop_empty(&file, section);
        // It writes the file anew, with a mode of its own.
        if let Ok(mode) = mode {
            let _ = std::fs::set_permissions(&file, mode);
        }
        Ok(())
    }

    /// Writes a commit without parents and files. git itself writes it, since libgit2 does not
    /// share the folders of new objects as `core.sharedRepository` says.
    ///
    /// Errors: unavailable, where git cannot be started; internal.
    pub fn bare_commit_by_git(
        &self,
        who: &Person,
        seconds: i64,
        message: &str,
    ) -> Result<CommitId> {
        let tree = self.write_by_git("tree", Vec::new())?;
        let line = format!("{} <{}> {seconds} +0000", who.name, who.email);
        let body = format!("tree {tree}\nauthor {line}\ncommitter {line}\n\n{message}");
        self.write_by_git("commit", body.into_bytes())
    }

    fn write_by_git(&self, kind: &str, content: Vec<u8>) -> Result<ObjectId> {
        let failed = format!("git cannot write into {}", self.git_dir().display());
        let mut command = self.plumbing().command();
        command.args(["hash-object", "-w", "--stdin", "-t", kind]);
        let bytes = content.len() as u64;
        let out = self
            .plumbing()
            .ends_in_time(&mut command, content, bytes, &failed)?
            .or_fail(Kind::Unavailable, || failed.clone())?;
        let text = String::from_utf8_lossy(&out.stdout);
        let id = ObjectId::parse_in(text.trim(), self.format());
        id.filter(|_| out.status.success()).ok_or_else(|| {
            let why = anyhow::anyhow!(last_line(&out.stderr));
            Error::new(Kind::Internal, failed).caused_by(why)
        })
    }

    /// Where this repository's hooks lie.
    pub fn hooks(&self) -> PathBuf {
        // Read as a path, as git does: it may begin with `~/`.
        let named = || {
            let config = self.repo().config().ok()?.snapshot().ok()?;
            config.get_path("core.hookspath").ok()
        };
        match named().filter(|p| !p.as_os_str().is_empty()) {
            Some(path) => self.repo().path().join(path),
            None => self.repo().commondir().join("hooks"),
        }
    }

    /// Whether an object is a commit, and not a tag of one.
    pub fn is_commit(&self, id: ObjectId) -> bool {
        let kind = Objects::of(self.repo()).map(|objects| objects.header(id).map(|(_, kind)| kind));
        matches!(kind, Ok(Ok(ObjectType::Commit)))
    }

    /// The first commit or tag with more than `most` bytes that a push brings, and its size.
    /// `tips` are the new tips of its refs. No larger object is read; `each` is asked before each
    /// object, and may stop this.
    ///
    /// Errors: those of `each`; internal.
    pub fn find_large(
        &self,
        tips: impl Iterator<Item = ObjectId>,
        most: usize,
        each: impl Fn() -> Result<()>,
    ) -> Result<Option<(ObjectId, usize)>> {
        // What is not in there was in the repository before (git-receive-pack(1)).
        let Some(folder) = self.programs().environment.os("GIT_QUARANTINE_PATH") else {
            return Ok(None);
        };
        let failed = || "the pushed objects cannot be read";
        let pushed = Objects::at(Path::new(folder), self.format())?;
        let mut open: Vec<ObjectId> = tips.collect();
        let mut seen = HashSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) || !pushed.has_now(id) {
                continue;
            }
            each()?;
            let (size, kind) = pushed.header(id).or_fail(Kind::Internal, failed)?;
            let name = match kind {
                ObjectType::Commit => "parent ",
                ObjectType::Tag => "object ",
                _ => continue,
            };
            if size > most {
                return Ok(Some((id, size)));
            }
            let object = pushed.read(id).or_fail(Kind::Internal, failed)?;
            let lines = object.data().split(|b| *b == b'\n');
            let headers = lines.take_while(|line| !line.is_empty());
            open.extend(headers.filter_map(|line| {
                let id = std::str::from_utf8(line.strip_prefix(name.as_bytes())?);
                ObjectId::parse_in(id.ok()?, self.format())
            }));
        }
        Ok(None)
    }

    /// A tree's own entries, by name.
    ///
    /// Errors: denied, for a tree that holds one name twice: which of the two counts
    /// differs from program to program. Not_found, for one that cannot be read.
    pub fn folder(&self, tree: ObjectId) -> Result<Folder> {
        let mut found = Folder::new();
        for entry in self.tree(tree)?.iter() {
            let there = Entry {
                id: ObjectId::from(entry.id()),
                mode: Mode::from_raw(entry.filemode_raw()),
            };
            if found.insert(entry.name_bytes().to_vec(), there).is_some() {
                return Err(Error::new(
                    Kind::Denied,
                    format!("the tree {tree} has the same name twice"),
                )
                .hint("make the commit again with git itself"));
            }
        }
        Ok(found)
    }

    /// The commits that `tip` reaches and none of `hidden` does, newest first, and no more
    /// than `most` of them.
    ///
    /// Errors: internal.
    pub fn new_commits(
        &self,
        tip: CommitId,
        hidden: &[CommitId],
        most: usize,
    ) -> Result<Vec<CommitId>> {
        let failed = || "the pushed history cannot be walked";
        let repo = self.repo();
        let mut walk = repo.revwalk().or_fail(Kind::Internal, failed)?;
        walk.push(tip.within(repo))
            .or_fail(Kind::Internal, failed)?;
        for id in hidden {
            walk.hide(id.within(repo)).or_fail(Kind::Internal, failed)?;
        }
        walk.take(most)
            .map(|id| id.map(ObjectId::from).or_fail(Kind::Internal, failed))
            .collect()
    }
}
