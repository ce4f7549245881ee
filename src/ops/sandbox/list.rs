//! Every sandbox of a remote, and what it did by itself.

use super::archived::{self, Archived};
use super::opened;
use super::own::{Own, Place};
use super::start::starts;
use crate::clock::{DAY, Moment};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, RemoteRef, Unkept};
use crate::names;
use crate::ops::access;
use crate::ops::snapshot;
use crate::ref_rules::OPENED;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListRequest {
    /// Only those without a write for so many days.
    pub idle_days: Option<u64>,
    /// Those that were archived, in place of those that are open.
    pub archived: bool,
}

/// What was found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListReport {
    /// The repository.
    pub repo_name: String,
    /// The branch they are measured against.
    pub base: String,
    /// By name.
    pub sandboxes: Vec<Sandbox>,
    /// The archived ones by name, where they were asked for.
    pub archived: Vec<Archived>,
}

/// One sandbox. What it inherited from its base does not count.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Sandbox {
    /// Its branch.
    pub branch: String,
    /// The branch it is measured against: its base, where that is known here.
    pub base: String,
    /// Its tip.
    pub head: CommitId,
    /// When its branch was made, or brought back, last; none where nobody recorded it.
    pub opened_at: Option<String>,
    /// Time of its first own commit; none before that.
    pub created_at: Option<String>,
    /// Time of its last own commit; none before that.
    pub last_write_at: Option<String>,
    /// Whole days since its last own commit, or since it was opened where that was later;
    /// none where neither is known.
    pub idle_days: Option<u64>,
    /// Its own commits, without those that a sync brought in.
    pub commits: usize,
    /// Files that differ from its fork point.
    pub files: usize,
    /// Who says to have written them.
    pub committed_by: Vec<String>,
    /// Its own commits without a good signature of this sandbox; none where there is no
    /// key to tell.
    pub unsigned: Option<usize>,
    /// Commits that the base has not, wherever they were made.
    pub ahead: u64,
    /// Commits of the base that it has not.
    pub behind: u64,
}

/// Lists the sandboxes, on one connection.
///
/// Errors: not_found, unavailable; usage, for a filter that archived sandboxes do not have.
pub fn list(cx: &Context, request: &ListRequest) -> Result<ListReport> {
    let mut report = ListReport {
        repo_name: cx.repo_name.clone(),
        base: cx.config.base.clone(),
        sandboxes: Vec::new(),
        archived: Vec::new(),
    };
    match (request.archived, request.idle_days) {
        (false, _) => report.sandboxes = open(cx, request.idle_days)?,
        (true, None) => report.archived = archived::list(cx)?,
        (true, Some(_)) => {
            return Err(Error::new(
                Kind::Usage,
                "archived sandboxes are listed whole, and a number of idle days was given",
            )
            .hint("give one of --archived and --idle DAYS"));
        }
    }
    Ok(report)
}

/// The sandboxes that are measured against one branch.
struct Group<'r> {
    base: String,
    tip: Option<CommitId>,
    found: Vec<&'r RemoteRef>,
}

fn open(cx: &Context, idle_days: Option<u64>) -> Result<Vec<Sandbox>> {
    let before: BTreeSet<String> = access::known_bases(cx)?.into_values().collect();
    let wanted = before.iter().chain([&cx.config.base]);
    let wanted: BTreeSet<String> = wanted.map(|b| format!("refs/heads/{b}")).collect();
    let mut prefixes: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let sandboxes = format!("refs/heads/{}", names::PREFIX);
    prefixes.extend([sandboxes.as_str(), OPENED]);
    let (connection, refs) = snapshot::listed_on(cx, &prefixes)?;
    let groups = grouped(cx, &refs)?;
    let _unkept = Unkept::new();
    let all = || groups.iter().flat_map(|g| g.found.iter().map(|r| r.id));
    let bases = groups.iter().filter_map(|g| g.tip);
    let wants: Vec<CommitId> = all().chain(bases).collect();
    cx.remote
        .fetch_over(connection, &cx.store, &wants, &*cx.progress)?;

    let opened = opened::times(&refs);
    let default = refs.iter().find(|r| r.name == "HEAD").map(|r| r.id);
    let mut own = Own::of(cx)?;
    let (mut sandboxes, mut done) = (Vec::new(), 0);
    for group in &groups {
        let tips: Vec<CommitId> = group.found.iter().map(|r| r.id).collect();
        let mut lineage = cx.store.lineage(group.tip, &tips)?;
        let named: Vec<_> = group.found.iter().map(|r| (short(r), r.id)).collect();
        let starts = starts(cx, &mut own, &mut lineage, &named, &refs)?;
        let mut stands = Vec::new();
        for (at, found) in group.found.iter().enumerate() {
            stands.push(lineage.stand(at).and_then(|stand| {
                let fork = starts.get(&at).map(|start| start.fork).or(stand.fork);
                let fork = fork.map(|fork| lineage.tree(fork)).transpose()?;
                Ok((stand, (fork, Some(lineage.tree(found.id)?))))
            }));
        }
        match cx
            .store
            .ensure_between(stands.iter().flatten().map(|(_, trees)| *trees))
        {
            // Which of them cannot be had is found out one by one.
            Err(e) if e.kind() != Kind::NotFound => return Err(e),
            _ => {}
        }
        for (at, (found, stand)) in group.found.iter().zip(stands).enumerate() {
            done += 1;
            cx.progress.advance("sandboxes", done, wants.len() as u64);
            let branch = short(found);
            // One sandbox that cannot be read must not hide the others.
            let did = stand.and_then(|(stand, (fork, head))| {
                let place = Place {
                    branch,
                    head: found.id,
                    base: group.tip,
                    default,
                };
                let mut among = lineage.own(at)?;
                if let Some(start) = starts.get(&at) {
                    among.retain(|id| !start.inherited.contains(id));
                }
                let did = own.look(place, among, [fork, head])?;
                Ok((stand, did))
            });
            let (stand, did) = match did {
                Ok(done) => done,
                Err(e) => {
                    cx.warn(format!("{branch} cannot be read and is not listed: {e}"));
                    continue;
                }
            };
            let opened = opened.get(branch).copied();
            let idle = did.last.max(opened).map(|t| idle_days_at(cx.now, t));
            if idle_days.is_some_and(|days| idle.is_none_or(|idle| idle < days)) {
                continue;
            }
            let text = |t: Option<i64>| t.map(|t| Moment::from_seconds(t).rfc3339());
            sandboxes.push(Sandbox {
                branch: branch.to_owned(),
                base: group.base.clone(),
                head: found.id,
                opened_at: text(opened),
                created_at: text(did.first),
                last_write_at: text(did.last),
                idle_days: idle,
                commits: did.commits,
                files: did.files as usize,
                committed_by: did.who,
                unsigned: did.unsigned,
                ahead: stand.ahead,
                behind: stand.behind,
            });
        }
    }
    sandboxes.sort_by(|a, b| a.branch.cmp(&b.branch));
    Ok(sandboxes)
}

/// Whole days from a time to the present.
fn idle_days_at(now: Moment, time: i64) -> u64 {
    (now.seconds().saturating_sub(time).max(0) / DAY) as u64
}

fn short(found: &RemoteRef) -> &str {
    let name = found.name.as_str();
    name.strip_prefix("refs/heads/").unwrap_or(name)
}

/// The sandboxes among `refs`, by the branch that each is measured against.
fn grouped<'r>(cx: &Context, refs: &'r [RemoteRef]) -> Result<Vec<Group<'r>>> {
    let tip = |name: &str| {
        let full = format!("refs/heads/{name}");
        refs.iter().find(|r| r.name == full).map(|r| r.id)
    };
    let head = refs.iter().find(|r| r.name == "HEAD").map(|r| r.id);
    let usual = tip(&cx.config.base).or(head);
    let mut groups: BTreeMap<String, Group<'r>> = BTreeMap::new();
    // Those that this clone opened may have been forked from elsewhere.
    let known = access::known_bases(cx)?;
    for found in refs.iter().filter(|r| names::is_sandbox(short(r))) {
        let other = known.get(short(found)).filter(|b| **b != cx.config.base);
        let other = other.and_then(|b| Some((b.clone(), Some(tip(b)?))));
        let (base, tip) = other.unwrap_or_else(|| (cx.config.base.clone(), usual));
        let group = groups.entry(base.clone()).or_insert_with(|| Group {
            base,
            tip,
            found: Vec::new(),
        });
        group.found.push(found);
    }
    Ok(groups.into_values().collect())
}
