//! The base and its two files: made on the remote by one push, with at most one commit.

use super::{Added, Name, Request, State, Steps};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Advertisement, CommitId, Draft, Edit, Entry, Mode};
use crate::ledger::attributes;
use crate::ops::access::{self, Target};
use crate::ops::compose::{self, Words};
use crate::ops::snapshot;
use crate::ops::write::{self, BranchState, Carried, Change, Changed, Deed, Edited, written};
use crate::policy::{self, PATH};
use crate::words;
use std::cell::RefCell;

/// What was written to the base.
#[derive(Default)]
pub(super) struct Founded {
    /// The base.
    base: String,
    /// The commit on it.
    pub commit: Option<CommitId>,
    /// What it adds.
    pub files: Vec<Added>,
    attempts: u32,
    message: String,
}

written!(Founded, base);

/// What the last try saw, and what it was about to do.
#[derive(Default)]
struct Seen {
    /// The base's tip, if the remote has the base.
    tip: Option<CommitId>,
    /// The branch that the base is made from, and its tip.
    origin: Option<(String, CommitId)>,
    policy: Option<Stand>,
    attributes: Option<Stand>,
}

/// How one of the files stands.
#[derive(Clone)]
struct Stand {
    state: State,
    detail: String,
    mend: Option<String>,
}

impl Stand {
    fn new(state: State, detail: impl Into<String>) -> Stand {
        Stand {
            state,
            detail: detail.into(),
            mend: None,
        }
    }
}

/// What keeps a step from being done where the base could not be made.
const NO_BASE: &str = "there is no base to write it to";

/// Sees that the base and its files are on the remote, and tells what came of it.
///
/// Errors: interrupted.
pub(super) fn found(cx: &Context, request: &Request, steps: &mut Steps) -> Result<Founded> {
    let seen = RefCell::default();
    let ready = access::choose(cx, Some(&cx.config.base), request.reuse_token.as_ref())
        .map_err(access::as_operator);
    let is_carried = ready.as_ref().is_ok_and(|target| target.token.is_some());
    let ready = ready.map(|target| {
        let founding = Founding {
            request,
            seen: &seen,
        };
        (target, founding)
    });
    let result = write::run(cx, ready);
    let seen = seen.into_inner();
    match result {
        Ok(founded) => {
            told(cx, request, &seen, steps);
            Ok(founded)
        }
        Err(e) if e.kind() == Kind::Interrupted => Err(e),
        Err(e) => {
            let e = match e.kind() {
                // Whoever got as far as that was refused by the server.
                Kind::Denied if !is_carried && seen.policy.is_some() => closed(&cx.config.base, e),
                _ => e,
            };
            blamed(cx, request, &seen, &e, steps);
            Ok(Founded::default())
        }
    }
}

/// A refusal of the server, with what to do about it.
fn closed(base: &str, refusal: Error) -> Error {
    refusal.hint(format!(
        "if {base} is protected already: on a server of your own give an operator's token (`aidf token issue --operator`, then `aidf setup --reuse-token -`); on a forge add the files by a pull request to {base} (`aidf setup --dry-run` prints them), and run `aidf setup` again"
    ))
}

/// Tells how all of it stands, after it was done.
fn told(cx: &Context, request: &Request, seen: &Seen, steps: &mut Steps) {
    base_told(cx, request, seen, steps);
    for (name, stand) in [
        (Name::Policy, &seen.policy),
        (Name::Attributes, &seen.attributes),
    ] {
        if let Some(stand) = stand {
            steps.add(name, stand.state, &stand.detail);
            stand.mend.iter().for_each(|todo| steps.mend(todo));
        }
    }
}

fn base_told(cx: &Context, request: &Request, seen: &Seen, steps: &mut Steps) {
    let base = &cx.config.base;
    match (&seen.origin, seen.tip) {
        (Some((from, tip)), _) => {
            let what = format!("{base} from {from} at {}", tip.short());
            let detail = match request.dry_run {
                true => format!("would make {what}"),
                false => format!("made {what}"),
            };
            if !request.dry_run
                && seen.policy.as_ref().is_none_or(Stand::is_kept)
                && seen.attributes.as_ref().is_none_or(Stand::is_kept)
            {
                // No commit tells of it.
                cx.record(
                    Founding::COMMAND,
                    Some(base),
                    Some(tip.to_string()),
                    Ok(&detail),
                );
            }
            steps.done(Name::Base, detail);
        }
        (None, Some(tip)) => {
            steps.already(Name::Base, format!("{base} is there, at {}", tip.short()));
        }
        (None, None) => {}
    }
}

impl Stand {
    /// Whether nothing is to be written.
    fn is_kept(&self) -> bool {
        self.state != State::Done
    }
}

/// Tells which step an error belongs to, and what becomes of the others.
fn blamed(cx: &Context, request: &Request, seen: &Seen, error: &Error, steps: &mut Steps) {
    const DEPENDS: &str = "it depends on the policy, which cannot be used";
    let of_policy = error.kind() == Kind::Integrity;
    // If nothing else was asked for, the base alone can have failed.
    let is_alone = request.no_policy && request.no_attributes && !of_policy;
    let is_base_told = seen.tip.is_some() && !is_alone;
    match is_base_told {
        true => base_told(cx, request, seen, steps),
        false if of_policy => steps.skipped(Name::Base, DEPENDS),
        false => steps.failed(Name::Base, error),
    }
    let asked = [
        (Name::Policy, &seen.policy, !request.no_policy),
        (Name::Attributes, &seen.attributes, !request.no_attributes),
    ];
    // Where nothing else is at fault, one of the steps that are not done is.
    let mut free = is_base_told || of_policy;
    for (name, stand, is_asked) in asked {
        match stand {
            Some(stand) if stand.is_kept() => {
                steps.add(name, stand.state, &stand.detail);
                stand.mend.iter().for_each(|todo| steps.mend(todo));
            }
            _ if free && (is_asked || of_policy) => {
                steps.failed(name, error);
                free = false;
            }
            _ if !is_asked => steps.skipped(name, "not asked for"),
            _ if of_policy => steps.skipped(name, DEPENDS),
            _ if is_base_told => {
                steps.skipped(name, "it comes with the policy, in one commit");
            }
            _ => steps.skipped(name, NO_BASE),
        }
    }
}

/// The change that founds the base.
struct Founding<'r> {
    request: &'r Request,
    seen: &'r RefCell<Seen>,
}

impl Change for Founding<'_> {
    type Report = Founded;

    const COMMAND: &'static str = "setup";

    const FOUNDS: bool = true;

    fn is_dry_run(&self) -> bool {
        self.request.dry_run
    }

    fn origin(&self, cx: &Context, advertisement: &Advertisement) -> Result<Option<CommitId>> {
        let origin = snapshot::tip_of_default(cx, advertisement)?;
        let tip = origin.1;
        self.seen.borrow_mut().origin = Some(origin);
        Ok(Some(tip))
    }

    fn wants(
        &mut self,
        _cx: &Context,
        target: &Target,
        advertisement: &Advertisement,
        _tip: CommitId,
    ) -> Result<Vec<CommitId>> {
        let mut seen = self.seen.borrow_mut();
        seen.tip = advertisement.branch(target.name());
        if seen.tip.is_some() {
            // Somebody else has made it since the last try.
            seen.origin = None;
        }
        Ok(Vec::new())
    }

    fn explain(&self, refusal: Error) -> Error {
        match refusal.kind() {
            Kind::Denied => refusal.hint("a sandbox's token does not set a repository up: leave it out (AIDF_REUSE_TOKEN too), or give an operator's token: aidf token issue --operator"),
            _ => refusal,
        }
    }

    fn edit(&mut self, state: &BranchState<'_>, draft: &mut Draft<'_>) -> Result<Edited<Founded>> {
        let work = Work {
            state,
            request: self.request,
        };
        let mut founded = Founded {
            base: state.target.name().to_owned(),
            ..Founded::default()
        };
        let mut edits = Vec::new();
        let policy = work.policy(draft, &mut edits, &mut founded.files)?;
        let attributes = work.attributes(draft, &mut edits, &mut founded.files)?;
        {
            let mut seen = self.seen.borrow_mut();
            seen.policy = Some(policy);
            seen.attributes = Some(attributes);
        }
        if edits.is_empty() {
            return Ok(Edited::Nothing(founded));
        }
        let names: Vec<&str> = founded.files.iter().map(|f| f.path.as_str()).collect();
        let what = format!("{} to {}", names.join(" and "), state.target.name());
        Ok(Edited::Changed(Changed {
            edits,
            merged: None,
            objects: Carried::Also(Vec::new()),
            deed: Deed {
                done: "added",
                would: "add",
                what,
            },
            report: founded,
        }))
    }

    fn words(&self, _state: &BranchState<'_>, report: &Founded) -> Result<Words> {
        let about = |file: &Added| match file.path == PATH {
            true => "the policy",
            false => "the attributes of the ledgers",
        };
        let what: Vec<&str> = report.files.iter().map(about).collect();
        Ok(Words {
            message: format!("Set aidf up: add {}", what.join(" and ")),
            committed_by: report.base.clone(),
            trailers: Vec::new(),
        })
    }
}

/// The edits on one tip.
struct Work<'a> {
    state: &'a BranchState<'a>,
    request: &'a Request,
}

impl Work<'_> {
    /// `added`, or what a dry run says in its place.
    fn added(&self, what: &str) -> Stand {
        let detail = match self.request.dry_run {
            true => format!("would add {what}"),
            false => format!("added {what}"),
        };
        Stand::new(State::Done, detail)
    }

    /// The policy file, if there is none.
    fn policy(
        &self,
        draft: &mut Draft<'_>,
        edits: &mut Vec<Edit>,
        files: &mut Vec<Added>,
    ) -> Result<Stand> {
        let BranchState { cx, tree, .. } = *self.state;
        if self.request.no_policy {
            return Ok(Stand::new(State::Skipped, "not asked for"));
        }
        let globs = &self.request.protected_branches;
        if cx.store.entry(tree, PATH.as_bytes())?.is_some() {
            let reviewed = self.state.policy.reviewed();
            let lacking: Vec<&str> = globs
                .iter()
                .filter(|glob| !reviewed.contains(glob))
                .map(String::as_str)
                .collect();
            if !lacking.is_empty() {
                cx.warn(format!(
                    "{PATH} is there and stays as it is: add {} to its protected_branches in a review",
                    lacking.join(", ")
                ));
            }
            let detail = format!("{PATH} is there, and aidf can use it");
            return Ok(Stand::new(State::Already, detail));
        }
        let text = policy::starter(globs);
        let id = draft.blob(text.as_bytes())?;
        let entry = Entry {
            id,
            mode: Mode::File,
        };
        edits.push((PATH.into(), Some(entry)));
        files.push(Added {
            path: PATH.to_owned(),
            text,
        });
        let said = match globs.is_empty() {
            true => "it changes nothing until somebody edits it".to_owned(),
            false => format!("it protects {}", globs.join(", ")),
        };
        Ok(self.added(&format!("{PATH}; {said}")))
    }

    /// The ledgers' lines of `.gitattributes`, if some are missing.
    fn attributes(
        &self,
        draft: &mut Draft<'_>,
        edits: &mut Vec<Edit>,
        files: &mut Vec<Added>,
    ) -> Result<Stand> {
        const FILE: &str = attributes::PATH;
        let BranchState { cx, tree, .. } = *self.state;
        if self.request.no_attributes {
            return Ok(Stand::new(State::Skipped, "not asked for"));
        }
        let ledgers = self.state.policy.ledgers();
        let paths = ledgers.for_union();
        if paths.is_empty() {
            let why = "the policy keeps no ledgers that several sandboxes write";
            return Ok(Stand::new(State::Skipped, why));
        }
        let there = cx.store.entry(tree, FILE.as_bytes())?;
        let old = compose::read_attributes(cx, there)?;
        let old = old.filter(|old| std::str::from_utf8(old.as_deref().unwrap_or_default()).is_ok());
        let Some(old) = old else {
            return Ok(Stand {
                mend: Some("make it a plain text file of less than 1 MiB".to_owned()),
                ..Stand::new(
                    State::Skipped,
                    format!("{FILE} is no text that aidf can add to"),
                )
            });
        };
        let missing = attributes::missing_lines(old.as_deref(), &paths);
        let edit = compose::attributes_edit(cx, draft, tree, ledgers)?;
        let Some(edit) = edit.filter(|_| !missing.is_empty()) else {
            let seen = format!("{FILE} has the lines of the ledgers");
            return Ok(Stand::new(State::Already, seen));
        };
        edits.push(edit);
        let lines = words::count(missing.len(), "line", "lines");
        files.push(Added {
            path: FILE.to_owned(),
            text: missing.iter().map(|line| format!("{line}\n")).collect(),
        });
        Ok(self.added(&format!(
            "{lines} to {FILE}; plain git merges the ledgers by them"
        )))
    }
}
