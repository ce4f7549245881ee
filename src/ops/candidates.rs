//! What a word of a command line may become, as far as this machine knows: for front ends
//! that complete what is typed. Nothing is asked of a remote, and nothing is written; what
//! cannot be read offers nothing.

use super::snapshots::Place;
use super::token::remembered;
use super::{access, backup, compose, log, revoked, session};
use crate::backup_name;
use crate::context::Context;
use crate::git::{CommitId, RefName, is_invisible};
use crate::keys::{self, KeySource, KeyState};
use crate::names;
use std::collections::BTreeSet;

/// The most candidates that are given.
pub const MOST: usize = 1000;
/// The most commits that are read.
const MOST_COMMITS: usize = 500;
/// The most branches whose commits are read.
const MOST_TIPS: usize = 50;
/// The longest candidate, in bytes.
const MAX_BYTES: usize = 255;

/// Which names of a repository are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Branches.
    Branch,
    /// Branches of sandboxes.
    Sandbox,
    /// Sandboxes that were opened here and are gone.
    Closed,
    /// Backups.
    Backup,
    /// Tasks, by their ids.
    Task,
    /// Commits, by the first digits of their ids.
    Commit,
    /// Commits, by their whole ids.
    CommitId,
    /// What names a commit: its id, a branch or a backup.
    Revision,
    /// Tokens, by their ids.
    Token,
}

/// What a word may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word, without a character that acts on a terminal.
    pub value: String,
    /// A line about it, which may be foreign text.
    pub about: Option<String>,
}

impl Candidate {
    fn new(value: impl Into<String>) -> Candidate {
        Candidate {
            value: value.into(),
            about: None,
        }
    }

    fn about(self, text: impl Into<String>) -> Candidate {
        Candidate {
            about: Some(text.into()).filter(|t| !t.is_empty()),
            ..self
        }
    }
}

/// The names of a repository that start with `start`. `branch` is the one that the command
/// names, for what belongs to a branch.
pub fn of_repository(
    cx: &Context,
    wanted: Wanted,
    branch: Option<&str>,
    start: &str,
) -> Vec<Candidate> {
    let found = match wanted {
        Wanted::Branch => branches(cx, |_| true),
        Wanted::Sandbox => branches(cx, names::is_sandbox),
        Wanted::Closed => closed(cx),
        Wanted::Backup => backups(cx, start),
        Wanted::Task => tasks(cx, branch),
        Wanted::Commit => commits(cx, branch, start, false),
        Wanted::CommitId => commits(cx, branch, start, true),
        Wanted::Revision => {
            let mut all = commits(cx, branch, start, false);
            all.extend(backups(cx, start));
            // Every commit starts with nothing.
            if !start.is_empty() {
                all.extend(branches(cx, |_| true));
            }
            all
        }
        Wanted::Token => tokens(cx),
    };
    bounded(found, start)
}

/// The keys that may be retired, by their ids.
pub fn of_keys(source: &KeySource, start: &str) -> Vec<Candidate> {
    let (keys, _) = keys::list(source).unwrap_or_default();
    let keys = keys.into_iter().filter_map(|key| {
        let state = match key.state {
            KeyState::Previous => "previous",
            KeyState::Next => "next",
            KeyState::Active | KeyState::Retired => return None,
        };
        let made = key.created_at.unwrap_or_default();
        Some(Candidate::new(key.key_id).about(format!("{state} {made}").trim_end()))
    });
    bounded(keys.collect(), start)
}

/// The snapshots of a working tree.
pub fn of_snapshots(place: &Place, start: &str) -> Vec<Candidate> {
    let saved = place.names(MOST);
    let latest = place.latest_name();
    let latest = latest.map(|name| Candidate::new("latest").about(name));
    let named = saved.into_iter();
    let named = named.map(|(name, message)| Candidate::new(name).about(message));
    bounded(latest.into_iter().chain(named).collect(), start)
}

/// Those that start so and can be typed, at most [`MOST`].
fn bounded(mut all: Vec<Candidate>, start: &str) -> Vec<Candidate> {
    let acts = |c: char| c.is_control() || is_invisible(c);
    all.retain(|c| {
        let value = &c.value;
        let fits = value.starts_with(start) && (1..=MAX_BYTES).contains(&value.len());
        // A program would take it for an option.
        fits && !value.starts_with('-') && !value.contains(acts)
    });
    if all.len() > MOST {
        // A shell types what all candidates have in common: in a list in order, the first and
        // the last tell that.
        all.drain(MOST - 1..all.len() - 1);
    }
    all
}

/// The branches that this machine has seen, in order, where `wanted` takes them.
fn branches(cx: &Context, wanted: impl Fn(&str) -> bool) -> Vec<Candidate> {
    let mut found: BTreeSet<String> = tracked(cx).into_iter().map(|(name, _)| name).collect();
    let open = opened(cx);
    for (name, is_closed) in &open {
        if !is_closed {
            found.insert(name.clone());
        }
    }
    // What aidf refuses to take as a branch is no help to anybody.
    let good = |name: &String| wanted(name) && RefName::branch(name).is_ok();
    let about = |name: String| match open.first() {
        Some((open, false)) if *open == name => Candidate::new(name).about("open here"),
        _ => Candidate::new(name),
    };
    found.into_iter().filter(good).map(about).collect()
}

/// The sandboxes that were opened here and that this machine knows nowhere.
fn closed(cx: &Context) -> Vec<Candidate> {
    let there: BTreeSet<String> = tracked(cx).into_iter().map(|(name, _)| name).collect();
    let gone = opened(cx).into_iter().enumerate();
    let gone = gone.filter(|(at, (name, is_closed))| {
        // The one that is open need not have been fetched.
        *is_closed || (*at > 0 && !there.contains(name))
    });
    let mut gone: Vec<String> = gone.map(|(_, (name, _))| name).collect();
    gone.retain(|name| names::is_sandbox(name));
    gone.sort();
    gone.dedup();
    gone.into_iter().map(Candidate::new).collect()
}

/// The branches of the remote as this machine saw them last, and their tips.
fn tracked(cx: &Context) -> Vec<(String, CommitId)> {
    let prefix = format!("refs/remotes/{}/", cx.remote.name());
    cx.store.refs_below(&prefix).unwrap_or_default()
}

/// The sandboxes that were opened here, the newest first, and whether each one is known to
/// be closed.
fn opened(cx: &Context) -> Vec<(String, bool)> {
    let Ok(Some(session)) = session::load(cx) else {
        return Vec::new();
    };
    let earlier = session.previous.into_iter().map(|p| (p.branch, false));
    std::iter::once((session.branch, session.closed))
        .chain(earlier)
        .collect()
}

/// The backups, newest first: in whole, or by what follows the common start of their names.
fn backups(cx: &Context, start: &str) -> Vec<Candidate> {
    let mut all: BTreeSet<String> = tracked(cx).into_iter().map(|(name, _)| name).collect();
    all.extend(backup::remembered_names(cx));
    let dated = all.into_iter().filter_map(|name| {
        let time = backup_name::parse(&name)?.time.seconds();
        RefName::branch(&name).ok()?;
        Some((time, name))
    });
    let mut dated: Vec<(i64, String)> = dated.collect();
    dated.sort_by(|a, b| b.cmp(a));
    let prefix = backup_name::PREFIX;
    let whole = !start.is_empty() && (prefix.starts_with(start) || start.starts_with(prefix));
    let shown = |name: &String| match whole {
        true => Candidate::new(name),
        false => Candidate::new(name.trim_start_matches(prefix)),
    };
    dated.iter().map(|(_, name)| shown(name)).collect()
}

/// The tip of the branch that a command works on, as this machine saw it last.
fn tip(cx: &Context, branch: Option<&str>) -> Option<CommitId> {
    let at_hand = || access::branch_at_hand(cx).ok().flatten();
    let name = branch.map(str::to_owned).or_else(at_hand);
    let name = RefName::branch(&name?).ok()?;
    let tracking = crate::git::tracking_ref(cx.remote.name(), &name);
    cx.store.local_ref(&tracking).ok().flatten()
}

fn head(cx: &Context) -> Option<CommitId> {
    cx.store.head().ok().flatten()
}

/// The newest commits of a branch.
fn commits(cx: &Context, branch: Option<&str>, start: &str, whole: bool) -> Vec<Candidate> {
    let tips: Vec<CommitId> = match tip(cx, branch) {
        Some(tip) => vec![tip],
        None if branch.is_none() => head(cx).into_iter().collect(),
        None => Vec::new(),
    };
    let recent = cx.store.recent(&tips, MOST_COMMITS).into_iter();
    let found = recent.filter_map(|id| {
        let (full, short) = (id.to_string(), id.short());
        let value = match whole || start.len() > short.len() {
            true => full,
            false => short,
        };
        // Only those that fit are read.
        let fits = value.starts_with(start).then_some(value)?;
        let subject = cx.store.commit(id).ok()?.subject().to_owned();
        Some(Candidate::new(fits).about(subject))
    });
    found.collect()
}

/// The tasks of the newest commits: of a branch, or of all sandboxes, those of the branch
/// that a command works on before the others.
fn tasks(cx: &Context, branch: Option<&str>) -> Vec<Candidate> {
    let first: Vec<CommitId> = tip(cx, branch).into_iter().collect();
    let mut walks = vec![first];
    if branch.is_none() {
        let mut others = tracked(cx);
        others.retain(|(name, _)| names::is_sandbox(name));
        let others = others.into_iter().map(|(_, tip)| tip).take(MOST_TIPS);
        walks.push(others.chain(head(cx)).collect());
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for tips in walks {
        for id in cx.store.recent(&tips, MOST_COMMITS) {
            let Ok(commit) = cx.store.commit(id) else {
                continue;
            };
            if let Some(task) = log::trailer(&commit, compose::TASK)
                && seen.insert(task.clone())
            {
                found.push(Candidate::new(task).about(commit.subject()));
            }
        }
    }
    found
}

/// The tokens that this machine remembers and can open, and those that were issued here, but
/// for those that were revoked.
fn tokens(cx: &Context) -> Vec<Candidate> {
    let held = remembered::all(cx).unwrap_or_default().into_iter();
    let held = held.filter_map(|one| cx.claims_of(&one.token));
    let held = held.map(|claims| (claims.id, claims.branch));
    let issued = remembered::issued(cx).into_iter();
    let issued = issued.map(|one| (one.id, one.branch));
    let mut seen = BTreeSet::new();
    let mut all: Vec<(String, Option<String>)> = held.chain(issued).collect();
    all.retain(|(id, _)| seen.insert(id.clone()));
    all.truncate(MOST);
    all.retain(|(id, _)| !revoked::is_remembered(cx, id));
    let about = |branch: Option<String>| branch.unwrap_or_else(|| "an operator's".to_owned());
    let all = all.into_iter();
    all.map(|(id, branch)| Candidate::new(id).about(about(branch)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(all: &[Candidate]) -> Vec<&str> {
        all.iter().map(|c| c.value.as_str()).collect()
    }

    #[test]
    fn what_acts_on_a_terminal_or_reads_as_an_option_is_not_offered() {
        let names = ["a", "a\u{1b}[2J", "a\nb", "a\u{202e}b", "--force", "-x", ""];
        let all = names.map(Candidate::new).to_vec();
        assert_eq!(values(&bounded(all, "")), ["a"]);
        assert_eq!(bounded(vec![Candidate::new("x".repeat(256))], ""), []);
    }

    #[test]
    fn a_bounded_list_still_has_in_common_what_the_whole_one_has() {
        let all = (0..MOST).map(|n| Candidate::new(format!("fix-a{n:04}")));
        let all: Vec<Candidate> = all.chain([Candidate::new("fix-b")]).collect();
        let few = bounded(all, "fix");
        assert_eq!(few.len(), MOST);
        assert_eq!(few[0].value, "fix-a0000");
        assert_eq!(few[MOST - 1].value, "fix-b");
    }
}
