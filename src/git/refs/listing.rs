//! What git says of refs in tables.
//!
//! Starting git costs milliseconds, so what it said is kept for as long as the lists of
//! tables stay as they were. Every change of a ref makes a table of a new name, and its list
//! anew: what was read before git was asked tells whether its answer still holds.

use crate::error::{Error, Kind, OrFail, Result};
use crate::git::children::{self, Terminal, on_one_line};
use crate::git::config::own_values;
use crate::git::id::ObjectId;
use crate::git::plumbing::Plumbing;
use crate::mutex::locked;
use git2::Repository;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The list of tables, in the folder of a repository or of a linked worktree.
const LIST: &str = "reftable/tables.list";

/// The setting that names how the refs are kept.
const FORMAT_OF_REFS: &str = "extensions.refstorage";

/// What git is asked about each ref.
const FORMAT: &str = "--format=%(refname)%00%(objectname)%00%(symref)";

/// Tables of so many bytes hold a few thousand refs at most: to ask for all of them takes no
/// longer than to ask for one, and answers every later question.
const SMALL: u64 = 128 * 1024;

/// The prefix of all refs but HEAD and its like.
const ALL: &str = "refs/";

/// How long a lock of git's is waited for. Whoever has it needs milliseconds.
const LOCKED_FOR: Duration = Duration::from_secs(3);

/// The first git that knows such refs.
const NEEDED: &str =
    "git 2.45 or newer is needed for refs in tables (reftable); see `git --version`";

/// A ref as git lists it.
struct Ref {
    /// What it comes to in the end.
    id: ObjectId,
    /// What it stands for, if it is symbolic.
    target: Option<String>,
}

/// What is known of the refs.
#[derive(Default)]
struct Seen {
    /// The lists of tables before git was asked; none where they could not be read.
    lists: Option<Vec<u8>>,
    refs: BTreeMap<String, Ref>,
    /// The names, and the prefixes that end in `/`, that git was asked for. What is not among
    /// `refs` then is not there. The empty prefix is that of all, HEAD too.
    asked: BTreeSet<String>,
    /// Symbolic refs that git was asked for by themselves: it lists none whose target is not
    /// there.
    targets: BTreeMap<String, Option<String>>,
}

impl Seen {
    fn covers(&self, wanted: &str) -> bool {
        let above = wanted.match_indices('/').map(|(at, _)| &wanted[..=at]);
        let mut all = above.chain(["", wanted]);
        all.any(|name| self.asked.contains(name))
    }
}

/// The refs of one repository, as git lists them.
pub(in crate::git) struct Listing {
    git: Arc<Plumbing>,
    lists: Vec<PathBuf>,
    seen: Mutex<Seen>,
}

impl Listing {
    /// Of a repository that keeps its refs in tables; none for one that keeps them in files.
    ///
    /// Errors: usage, where it keeps them otherwise.
    pub fn of(repo: &Repository, git: &Arc<Plumbing>) -> Result<Option<Listing>> {
        let failed = || {
            format!(
                "the configuration of {} cannot be read",
                repo.path().display()
            )
        };
        let formats = own_values(repo, FORMAT_OF_REFS).or_fail(Kind::Internal, failed)?;
        let Some(format) = formats.iter().find(|f| *f != "files") else {
            return Ok(None);
        };
        if format != "reftable" {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "{} keeps its refs as `{format}` ({FORMAT_OF_REFS}), and aidf knows `files` and `reftable`",
                    repo.path().display()
                ),
            )
            .hint("convert them: git refs migrate --ref-format=files"));
        }
        let mut folders = vec![repo.commondir()];
        if repo.path() != repo.commondir() {
            folders.push(repo.path());
        }
        Ok(Some(Listing {
            lists: folders.into_iter().map(|f| f.join(LIST)).collect(),
            git: Arc::clone(git),
            seen: Mutex::default(),
        }))
    }

    /// The object that a ref comes to in the end.
    pub fn id(&self, name: &str) -> Result<Option<ObjectId>> {
        if !is_name(name) {
            return Ok(None);
        }
        self.read(name, |seen| seen.refs.get(name).map(|r| r.id))
    }

    /// What a symbolic ref points at.
    pub fn target(&self, name: &str) -> Result<Option<String>> {
        if !is_name(name) {
            return Ok(None);
        }
        let mut seen = locked(&self.seen);
        self.look(&mut seen, name)?;
        if let Some(found) = seen.refs.get(name) {
            return Ok(found.target.clone());
        }
        if let Some(known) = seen.targets.get(name) {
            return Ok(known.clone());
        }
        let out = self.run(&["symbolic-ref", "--quiet", name], Vec::new())?;
        let target = match (out.status.success(), out.status.code()) {
            (true, _) => Some(one_line(&out.stdout)),
            (_, Some(1)) => None,
            _ => return Err(self.unreadable(&out)),
        };
        seen.targets.insert(name.to_owned(), target.clone());
        Ok(target)
    }

    /// The object that HEAD comes to.
    pub fn head(&self) -> Result<Option<ObjectId>> {
        let id = self.id("HEAD")?;
        if id.is_none() {
            // Before the first commit it points at a branch; anything else is an error.
            self.target("HEAD")?;
        }
        Ok(id)
    }

    /// Every ref with this prefix, which ends in `/`: the rest of its name, its object, and
    /// whether it is symbolic.
    pub fn below(&self, prefix: &str) -> Result<Vec<(String, ObjectId, bool)>> {
        if prefix != ALL && !is_name(prefix.trim_end_matches('/')) {
            return Ok(Vec::new());
        }
        self.read(prefix, |seen| {
            let from = seen.refs.range(prefix.to_owned()..);
            let found = from.map_while(|(name, found)| {
                let rest = name.strip_prefix(prefix)?.to_owned();
                Some((rest, found.id, found.target.is_some()))
            });
            found.collect()
        })
    }

    /// The objects of at most so many refs, but for those with this prefix.
    pub fn some(&self, most: usize, but: &str) -> Result<Vec<ObjectId>> {
        if self.read_lists().is_some_and(|lists| self.is_small(&lists)) {
            let mut all = self.below(ALL)?;
            let but = but.strip_prefix(ALL).unwrap_or(but);
            all.retain(|(rest, _, _)| !rest.starts_with(but));
            return Ok(all.into_iter().map(|(_, id, _)| id).take(most).collect());
        }
        let count = format!("--count={most}");
        let but = format!("--exclude={but}");
        let said = self.told(&["for-each-ref", "--no-sort", &count, &but, FORMAT])?;
        Ok(listed(&said).map(|(_, found)| found.id).collect())
    }

    /// Runs git to read, and gives what it prints.
    ///
    /// Errors: unavailable.
    pub fn told(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let out = self.run(arguments, Vec::new())?;
        match out.status.success() {
            true => Ok(out.stdout),
            false => Err(self.unreadable(&out)),
        }
    }

    /// Has git change refs by this command with this input. The inner error is what it says
    /// against that: then nothing was changed.
    ///
    /// Errors: unavailable.
    pub fn change<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        input: &[u8],
    ) -> Result<std::result::Result<(), String>> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(4);
        loop {
            let out = self.run(arguments, input.to_vec())?;
            if out.status.success() {
                return Ok(Ok(()));
            }
            let why = on_one_line(&out.stderr);
            // A newer git waits by itself (reftable.lockTimeout), an older one not at all.
            let is_locked = why.contains("cannot lock references");
            if !is_locked || begun.elapsed() > LOCKED_FOR {
                return Ok(Err(why));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(64));
        }
    }

    /// Runs git, without the repository's hooks, and with its complaints in English.
    ///
    /// Errors: unavailable, where it cannot be started or does not end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A], input: Vec<u8>) -> Result<Output> {
        let mut command = self.git.command();
        command
            .env("LC_ALL", "C")
            .args(["-c", "core.hooksPath=/dev/null"])
            .args(arguments);
        let within = self.git.programs.timeout;
        let out = children::run(&mut command, input, within, Terminal::None)
            .or_fail(Kind::Unavailable, || self.place_of("cannot be read"))
            .map_err(|e| e.hint(NEEDED).retryable(false))?;
        out.ok_or_else(|| Error::no_answer("git, asked for refs,", within.as_secs()))
    }

    /// What git says against reading the refs.
    fn unreadable(&self, out: &Output) -> Error {
        Error::new(Kind::Unavailable, self.place_of("cannot be read"))
            .hint(NEEDED)
            .retryable(false)
            .caused_by(anyhow::anyhow!(on_one_line(&out.stderr)))
    }

    fn place_of(&self, what: &str) -> String {
        format!("the refs of {} {what}", self.git.git_dir.display())
    }

    fn read<T>(&self, wanted: &str, read: impl FnOnce(&Seen) -> T) -> Result<T> {
        let mut seen = locked(&self.seen);
        self.look(&mut seen, wanted)?;
        Ok(read(&seen))
    }

    /// Asks git for what is wanted, where that is not known by now.
    fn look(&self, seen: &mut Seen, wanted: &str) -> Result<()> {
        let lists = self.read_lists();
        if lists.is_none() || lists != seen.lists {
            *seen = Seen {
                lists,
                ..Seen::default()
            };
        }
        if seen.covers(wanted) {
            return Ok(());
        }
        let small = seen.lists.as_ref().is_some_and(|l| self.is_small(l));
        let (asked, said) = match wanted {
            _ if small => (
                "",
                self.told(&["for-each-ref", "--include-root-refs", FORMAT])?,
            ),
            // git lists HEAD only together with all.
            "HEAD" => ("HEAD", self.told_of_head()?),
            _ => (wanted, self.told(&["for-each-ref", FORMAT, "--", wanted])?),
        };
        seen.refs.extend(listed(&said));
        seen.asked.insert(asked.to_owned());
        Ok(())
    }

    /// HEAD as a list would have it; nothing before the first commit.
    fn told_of_head(&self) -> Result<Vec<u8>> {
        let both = ["rev-parse", "HEAD", "--symbolic-full-name", "HEAD"];
        let out = self.run(&both, Vec::new())?;
        let said = String::from_utf8_lossy(&out.stdout);
        let line = match said.trim_end().split_once('\n') {
            Some((id, "HEAD")) if out.status.success() => format!("HEAD\0{id}\0"),
            Some((id, branch)) if out.status.success() => format!("HEAD\0{id}\0{branch}"),
            _ => String::new(),
        };
        Ok(line.into_bytes())
    }

    /// The lists of tables; none where one cannot be read.
    fn read_lists(&self) -> Option<Vec<u8>> {
        const MOST: u64 = 1024 * 1024;
        let mut all = Vec::new();
        for path in &self.lists {
            // A stranger's clone may have something there that never ends.
            if !path.symlink_metadata().ok()?.is_file() {
                return None;
            }
            let mut file = File::open(path).ok()?.take(MOST);
            file.read_to_end(&mut all).ok()?;
            all.push(0);
        }
        Some(all)
    }

    /// Whether the tables of these lists hold few refs.
    fn is_small(&self, lists: &[u8]) -> bool {
        let mut bytes = 0;
        for (list, names) in self.lists.iter().zip(lists.split(|b| *b == 0)) {
            for name in String::from_utf8_lossy(names).lines() {
                let table = list.with_file_name(name).symlink_metadata();
                bytes += table.map_or(0, |meta| meta.len());
            }
        }
        bytes <= SMALL
    }
}

/// The refs of a list in [`FORMAT`]. Names that are no text mean nothing to aidf.
fn listed(said: &[u8]) -> impl Iterator<Item = (String, Ref)> {
    said.split(|b| *b == b'\n').filter_map(|line| {
        let mut fields = std::str::from_utf8(line).ok()?.split('\0');
        let (name, id, target) = (fields.next()?, fields.next()?, fields.next()?);
        let found = Ref {
            id: ObjectId::parse(id).ok()?,
            target: (!target.is_empty()).then(|| target.to_owned()),
        };
        Some((name.to_owned(), found))
    })
}

/// Whether git could have a ref of this name. Another one may be a pattern to git.
fn is_name(name: &str) -> bool {
    git2::Reference::is_valid_name(name)
}

fn one_line(said: &[u8]) -> String {
    String::from_utf8_lossy(said).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_was_asked_for_is_known_to_be_missing() {
        let mut seen = Seen::default();
        assert!(!seen.covers("refs/heads/a"));
        seen.asked.insert("refs/heads/a".to_owned());
        seen.asked.insert("refs/tags/".to_owned());
        for (wanted, known) in [
            ("refs/heads/a", true),
            ("refs/heads/a/b", false),
            ("refs/heads/", false),
            ("refs/heads", false),
            ("refs/tags/v1", true),
            ("refs/tags/v1/x", true),
            ("refs/tags/", true),
            ("HEAD", false),
        ] {
            assert_eq!(seen.covers(wanted), known, "{wanted}");
        }
        seen.asked.insert(String::new());
        assert!(seen.covers("HEAD") && seen.covers("refs/heads/"));
    }

    #[test]
    fn a_list_is_read_line_by_line() {
        let id = "9c122f01ecc84cb2259844fb0ee428c99076d514";
        let said = format!("HEAD\0{id}\0refs/heads/a\nrefs/heads/a\0{id}\0\nbroken\0x\0\n\n");
        let found: Vec<(String, Option<String>)> = listed(said.as_bytes())
            .map(|(name, found)| (name, found.target))
            .collect();
        let head = ("HEAD".to_owned(), Some("refs/heads/a".to_owned()));
        assert_eq!(found, [head, ("refs/heads/a".to_owned(), None)]);
    }
}
