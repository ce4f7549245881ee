//! What the commit that holds the policy tells: the policy itself, the ledgers and their
//! attributes; and what is judged by the policy, the server's rules.

use super::remote::Listed;
use super::{Findings, Opened, Seat, Subject, times};
use crate::clock::Period;
use crate::config::Config;
use crate::context::{Caller, Context, Parts};
use crate::error::{Kind, Result};
use crate::forge::State as RuleState;
use crate::git::{CommitId, ObjectFormat, RemoteRef, Store};
use crate::ledger::attributes;
use crate::ops::snapshot::{self, Standing};
use crate::ops::{backup, compose, protect};
use crate::policy::{self, Ledgers, Policy, PolicyFile};
use crate::temporary::{self, WorkFolder};
use crate::words;
use std::collections::HashSet;
use std::convert::Infallible;

/// How old the newest backup may be.
const BACKUP_AGE: &str = "48h";

/// From so many bytes on the ledgers take most of the time of a commit: git stores a file anew with
/// each change.
const LARGE_LEDGERS: u64 = 4 << 20;

/// The branch that holds the policy, and its tip.
type Home = (String, CommitId);

/// Looks at the content of the base, and at what depends on it.
pub(super) fn look(
    seat: &Seat,
    opened: Opened,
    listed: Listed,
    caller: Caller,
    found: &mut Findings,
) {
    let Opened {
        config,
        keys,
        lender,
        remote,
    } = opened;
    let Ok(home) = snapshot::branch_of_policy(
        &config.base,
        || Ok(listed.default.clone()),
        |name| Ok::<_, Infallible>(listed.tip_of(name)),
    );
    let Listed {
        connection,
        refs,
        branches,
        default,
        heard,
    } = listed;
    let wants: Vec<CommitId> = home.iter().map(|(_, tip)| *tip).collect();
    let format = connection.format();
    let fetch = |into: &Store, lender: Option<&Store>| {
        remote.fetch_to_look(connection, into, lender, &wants, &*caller.progress)
    };
    let ground = match Ground::prepare(lender, &wants, format, &caller, &config, fetch) {
        Ok(ground) => ground,
        Err(e) => {
            found.unknown(Subject::Policy, e.in_full(), e.hint_text());
            found.skip_rest("there is no place to look at it");
            return;
        }
    };
    let Ground {
        store,
        fetched,
        _folder,
    } = ground;
    let parts = Parts {
        config,
        store,
        remote,
        keys,
    };
    let dir = seat.dir.as_deref().unwrap_or(std::path::Path::new(""));
    let cx = Context::of(parts, dir, seat.interactive, seat.now, caller);
    match branches.is_empty() {
        true => found.skip(Subject::Backups, "there is nothing to back up yet"),
        false => backups(&cx, &refs, default.as_deref().unwrap_or_default(), found),
    }
    times::check(&cx, &branches, heard.ahead, found);
    let Some(home) = home else {
        found.skip_rest("there is no branch that could hold a policy yet");
        return;
    };
    if let Err(e) = fetched {
        let seen = format!("{} cannot be looked at: {}", home.0, e.in_full());
        found.unknown(Subject::Policy, seen, e.hint_text());
        for name in [Subject::Ledgers, Subject::Attributes, Subject::Protection] {
            found.unknown(name, "it depends on the policy", None);
        }
        return;
    }
    let Some(file) = policy(&cx, &home, found) else {
        found.skip_rest("it depends on the policy, which cannot be read");
        return;
    };
    let standing = Standing {
        file,
        tip: Some(home.1),
        default_branch: default,
        branches,
        // No token is judged here.
        revoked: HashSet::new(),
    };
    let policy = standing.policy(&cx);
    content(&cx, &home, &policy, found);
    protection(&cx, seat, standing, found);
}

/// Where the base's commit can be read.
struct Ground {
    /// The clone or cache, if it has the commit; or else a store that is thrown away.
    store: Store,
    /// What came of fetching the commit.
    fetched: Result<()>,
    _folder: Option<WorkFolder>,
}

impl Ground {
    /// Makes a place in which `wants` can be read. Nothing is added to the lender.
    ///
    /// Errors: internal, where no temporary folder can be made, and there is no lender.
    fn prepare(
        lender: Option<Store>,
        wants: &[CommitId],
        format: ObjectFormat,
        caller: &Caller,
        config: &Config,
        fetch: impl FnOnce(&Store, Option<&Store>) -> Result<()>,
    ) -> Result<Ground> {
        let as_it_is = |store, fetched| Ground {
            store,
            fetched,
            _folder: None,
        };
        let lender = match lender {
            Some(store) if !store.is_narrow() && wants.iter().all(|id| store.has_commit(*id)) => {
                return Ok(as_it_is(store, Ok(())));
            }
            other => other,
        };
        let made = || -> Result<(WorkFolder, Store)> {
            let folder = temporary::work_folder()?;
            let path = folder.path().join("look.git");
            // Of one that does not hold everything, what it has may not be what is needed.
            let store = match &lender {
                Some(lender) if !lender.is_narrow() => Store::scratch_over(&path, lender)?,
                _ => Store::scratch_narrow(&path, format, &caller.programs(config, false))?,
            };
            Ok((folder, store))
        };
        match (made(), lender) {
            (Ok((folder, store)), lender) => Ok(Ground {
                fetched: match wants.is_empty() {
                    true => Ok(()),
                    false => fetch(&store, lender.as_ref()),
                },
                store,
                _folder: Some(folder),
            }),
            (Err(e), Some(lender)) => Ok(as_it_is(lender, Err(e))),
            (Err(e), None) => Err(e),
        }
    }
}

fn backups(cx: &Context, refs: &[RemoteRef], default: &str, found: &mut Findings) {
    const NAME: Subject = Subject::Backups;
    let Some(age) = Period::parse(BACKUP_AGE) else {
        return;
    };
    match backup::newest_among(cx, refs, default, &age) {
        Err(e) => found.failed(NAME, &e, "mend the configuration"),
        Ok((_, Some(stale))) => found.warning(
            NAME,
            stale,
            "make one: aidf backup create; have a job make them: aidf backup schedule",
        ),
        Ok((Some(newest), None)) => found.ok(NAME, format!("the newest is {newest}")),
        Ok((None, None)) => found.ok(NAME, "none is expected"),
    }
}

/// The policy file, where it can be read.
fn policy(cx: &Context, (branch, tip): &Home, found: &mut Findings) -> Option<PolicyFile> {
    const NAME: Subject = Subject::Policy;
    let short = tip.short();
    let file = match snapshot::policy_file(&cx.store, Some(*tip), branch) {
        Ok(file) => file,
        Err(e) if e.kind() == Kind::Integrity => {
            let mend = format!(
                "nobody writes until it is mended: change it in a reviewed commit on {branch}"
            );
            found.problem(NAME, e.in_full(), mend);
            return None;
        }
        Err(e) => {
            found.unknown(NAME, e.in_full(), e.hint_text());
            return None;
        }
    };
    let tree = cx.store.commit(*tip).map(|commit| commit.tree);
    let there = tree.and_then(|tree| cx.store.entry(tree, policy::PATH.as_bytes()));
    let seen = match there {
        Ok(Some(_)) => format!("{} of {branch} at {short}", policy::PATH),
        _ => format!("{branch} has no {}: the defaults hold", policy::PATH),
    };
    found.ok(NAME, seen);
    Some(file)
}

/// The ledgers, and the attributes that tell plain git how to merge them.
fn content(cx: &Context, (branch, tip): &Home, policy: &Policy, found: &mut Findings) {
    let ledgers = policy.ledgers();
    if !ledgers.enabled {
        for name in [Subject::Ledgers, Subject::Attributes] {
            found.skip(name, "the policy turns ledgers off");
        }
        return;
    }
    let looked = parsed(cx, *tip, ledgers).map(|(seen, bytes)| {
        match bytes >= LARGE_LEDGERS && !ledgers.has_own() {
            false => found.ok(Subject::Ledgers, seen),
            true => found.warning(
                Subject::Ledgers,
                format!("{seen}; {} MB, which git stores anew with each commit", bytes >> 20),
                format!(
                    "let each sandbox write its own: `ledgers: {{per_branch: true}}` in {}; or move old entries to an archive: aidf backup export --rotate",
                    policy::PATH
                ),
            ),
        }
    });
    if let Err(e) = looked {
        let mend = format!(
            "mend it in a reviewed commit on {branch}; no commit is written with ledgers until then"
        );
        match e.kind() {
            Kind::Integrity => found.problem(Subject::Ledgers, e.in_full(), mend),
            _ => found.unknown(Subject::Ledgers, e.in_full(), None),
        }
    }
    if let Err(e) = attributes_lines(cx, branch, *tip, ledgers, found) {
        found.unknown(Subject::Attributes, e.in_full(), None);
    }
}

/// How many entries each ledger has, and how many bytes all of them.
fn parsed(cx: &Context, tip: CommitId, ledgers: &Ledgers) -> Result<(String, u64)> {
    let tree = cx.store.commit(tip)?.tree;
    let all = [
        ("changelog", &ledgers.changelog),
        ("memory", &ledgers.memory),
        ("rollbacks", &ledgers.rollbacks),
    ];
    let mut bytes = 0;
    let counts = all.map(|(name, path)| {
        let ledger = compose::read_ledger(cx, tree, path)?;
        bytes += ledger.size() as u64;
        Ok(format!("{name} {}", ledger.len()))
    });
    let counts = counts.into_iter().collect::<Result<Vec<String>>>()?;
    Ok((format!("{} entries", counts.join(", ")), bytes))
}

fn attributes_lines(
    cx: &Context,
    branch: &str,
    tip: CommitId,
    ledgers: &Ledgers,
    found: &mut Findings,
) -> Result<()> {
    const NAME: Subject = Subject::Attributes;
    let paths = ledgers.for_union();
    if paths.is_empty() {
        found.skip(NAME, "each sandbox keeps ledgers of its own");
        return Ok(());
    }
    let tree = cx.store.commit(tip)?.tree;
    let there = cx.store.entry(tree, attributes::PATH.as_bytes())?;
    let Some(old) = compose::read_attributes(cx, there)? else {
        let seen = format!(
            "{} of {branch} is no file that aidf can read",
            attributes::PATH
        );
        found.warning(NAME, seen, "make it a plain file of less than 1 MiB");
        return Ok(());
    };
    let missing = attributes::missing_lines(old.as_deref(), &paths);
    match missing.len() {
        0 => found.ok(NAME, "plain git merges the ledgers by union"),
        n => found.warning(
            NAME,
            format!(
                "{} of {branch} lacks {}, so plain git meets conflicts in the ledgers",
                attributes::PATH,
                words::count(n, "line", "lines")
            ),
            format!(
                "the next commit of a sandbox brings them; or add: {}",
                missing.join("; ")
            ),
        ),
    }
    Ok(())
}

/// The rules of the server, as far as they can be told from here.
fn protection(cx: &Context, seat: &Seat, standing: Standing, found: &mut Findings) {
    const NAME: Subject = Subject::Protection;
    let request = protect::Request {
        program: seat.program.clone(),
        ..protect::Request::default()
    };
    let report = match protect::seen_from_here(cx, &request, standing) {
        Ok(report) => report,
        Err(e) => return found.unknown(NAME, e.in_full(), e.hint_text()),
    };
    let is_missing = report.rules.iter().any(|r| r.state == RuleState::Missing);
    let other = report.rules.iter().find(|r| r.state != RuleState::Enforced);
    match other {
        None => found.ok(NAME, report.message),
        Some(rule) => found.warning(
            NAME,
            format!("{}; {}", report.message, rule.detail),
            match is_missing {
                true => format!("aidf -R {} protect apply", report.target),
                false => "see why: aidf protect check".to_owned(),
            },
        ),
    }
}
