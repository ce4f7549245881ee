//! The rules of a self-hosted server, enforced by git's pre-receive hook. Git runs it once
//! for all refs of a push, and it refuses all or none.

mod activity;
mod budget;
mod changes;
mod content;
mod ledgers;
mod manifest;
mod names;
mod objects;
mod opened;
mod place;
mod push;
mod pusher;
mod record;
mod revoked;

use crate::backup_manifest;
use crate::backup_name;
use crate::clock::Moment;
use crate::config::DEFAULT_BASE;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::git::Programs;
use crate::git::{CommitId, Store};
use crate::journal::Journal;
use crate::keys::KeyRing;
use crate::names::is_sandbox;
use crate::ops::snapshot;
use crate::policy::{Policy, PolicyFile};
use crate::ref_rules::{self, Asked, Motion, Pusher};
use crate::revocations::{Revocations, token_of};
use activity::Records;
use budget::{BOUNDS, Budget};
use content::Content;
use objects::ObjectReader;
use opened::Openings;
pub use place::{
    BASE, ENFORCE, KEY_FILE, REPO_NAME, is_off, journal_of, key_source, name_of, revocations_of,
    sharing_of,
};
pub use push::{Push, TOKEN_OPTION, Update};
pub use record::Decision;
use std::collections::BTreeSet;
use std::time::Duration;

/// Why a push is refused whose names cannot be compared with what is here.
const NO_REFS: &str = "the server cannot read its own refs";

/// The rule that allows a ref to move, or the reason that it may not.
type Verdict = std::result::Result<&'static str, ref_rules::Violation>;

/// The server's side: its repository, keys and rules.
pub struct PreReceive {
    store: Store,
    keys: KeyRing,
    repo_name: String,
    base: String,
    now: Moment,
    journal: Journal,
    activity: Records,
    openings: Openings,
    revocations: Revocations,
}

impl PreReceive {
    /// Opens the repository in which git runs the hook; none if the hook is switched off in it.
    ///
    /// Errors: usage, outside of a hook; auth and usage, for a key that cannot be used.
    pub fn open(now: Moment, environment: &Environment) -> Result<Option<PreReceive>> {
        let store = Store::open_in_hook(&Programs::of(environment.clone()))?;
        if is_off(&store) {
            return Ok(None);
        }
        let source = key_source(&store, |name| environment.text(name));
        let keys = KeyRing::load(&source)?;
        // If a key ring is configured and empty, refuse. Without a key everybody could
        // write the sandboxes.
        if let Some(file) = source.file.filter(|_| keys.is_empty()) {
            return Err(Error::new(
                Kind::Usage,
                format!("the key file {} contains no key", file.display()),
            ));
        }
        let repo_name = store
            .setting(REPO_NAME)
            .unwrap_or_else(|| name_of(store.git_dir()));
        let base = store
            .setting(BASE)
            .unwrap_or_else(|| DEFAULT_BASE.to_owned());
        let sharing = sharing_of(&store);
        let journal = Journal::shared(journal_of(&store), sharing);
        let activity = Records::of(store.common_dir(), sharing);
        let openings = Openings::of(store.common_dir(), sharing);
        let revocations = Revocations::shared(revocations_of(&store), sharing);
        // A file that only its owner may read stops the tokens of all other accounts. So its
        // owner shares it with any push.
        revocations.share();
        Ok(Some(PreReceive {
            store,
            keys,
            repo_name,
            base,
            now,
            journal,
            activity,
            openings,
            revocations,
        }))
    }

    /// Decides on a push, and writes the decisions to the server's journal.
    ///
    /// `clock` gives the time since the hook began. Errors: integrity, for a policy that
    /// cannot be read, except for an operator. A push that cannot be decided is refused.
    pub fn decide(
        &self,
        push: &Push,
        clock: &dyn Fn() -> Duration,
    ) -> Result<(Vec<Decision>, Vec<String>)> {
        let mut warnings = Vec::new();
        let budget = Budget::new(BOUNDS, clock);
        let objects = ObjectReader::new(&self.store, &budget);
        let file = self.policy_file();
        let known = self.pusher(push, file.as_ref().ok(), &mut warnings);
        let (pusher, token_ids, fault) = match known {
            Ok((pusher, ids)) => (pusher, ids, None),
            Err(e) => (Pusher::default(), Vec::new(), Some(e)),
        };
        let large = match pusher.operator {
            true => Ok(()),
            false => self.check_sizes(push, &budget),
        };
        let fault = fault.or(large.err());
        let updates = push.updates.iter();
        let look = fault.is_none();
        let motions: Vec<Motion> = updates.map(|u| self.motion(u, look, &budget)).collect();
        let decision = |at: usize, allowed: bool, rule: String, todo: Option<String>| {
            let (update, motion) = (&push.updates[at], motions[at]);
            let tip = match motion {
                Motion::Delete | Motion::Force => self.store.local_ref(&update.name).ok().flatten(),
                Motion::Create | Motion::Forward => None,
            };
            Decision {
                time: self.now.rfc3339(),
                user: push.user.clone(),
                token_ids: token_ids.clone(),
                operator: pusher.operator,
                name: update.name.clone(),
                motion,
                // For a deletion, record the tip that is really deleted. The pusher may
                // have named another.
                old: match motion {
                    Motion::Delete => tip,
                    _ => update.old,
                },
                // git moves no ref from a tip that it does not have.
                leaves: tip.is_some() && (motion == Motion::Delete || tip == update.old),
                new: update.new,
                allowed,
                decision: match allowed {
                    true => "allowed_by_hook",
                    false => "refused_by_hook",
                },
                rule,
                todo,
            }
        };
        let verdicts = match fault {
            Some(e) => Err(e),
            None => self.verdicts(push, &motions, &objects, &pusher, file, &mut warnings),
        };
        let decisions: Vec<Decision> = match &verdicts {
            Ok(verdicts) => {
                let refused = verdicts.iter().any(|v| v.is_err());
                let each = verdicts.iter().enumerate();
                each.map(|(at, verdict)| match verdict {
                    // All or nothing: if one ref is refused, the others do not move either.
                    Ok(rule) if refused => {
                        let rule = format!("another ref of this push is refused ({rule})");
                        decision(at, false, rule, None)
                    }
                    Ok(rule) => decision(at, true, (*rule).to_owned(), None),
                    Err(no) => decision(at, false, no.why.clone(), Some(no.todo.clone())),
                })
                .collect()
            }
            // A push that cannot be decided is refused, and recorded as refused.
            Err(e) => (0..push.updates.len())
                .map(|at| decision(at, false, e.message().to_owned(), None))
                .collect(),
        };
        warnings.extend(record::write(&self.journal, self.keys.active(), &decisions));
        if decisions.iter().all(|d| d.allowed) && !decisions.is_empty() {
            warnings.extend(
                token_ids
                    .iter()
                    .filter_map(|id| self.activity.note(id, self.now)),
            );
            let created = decisions.iter().filter(|d| d.motion == Motion::Create);
            let revoked = created.filter_map(|d| token_of(&d.name));
            warnings.extend(revoked.filter_map(|id| self.remember_revoked(id)));
        }
        warnings.dedup();
        verdicts.map(|_| (decisions, warnings))
    }

    /// Judges each ref of a push separately.
    fn verdicts(
        &self,
        push: &Push,
        motions: &[Motion],
        objects: &ObjectReader<'_>,
        pusher: &Pusher,
        file: Result<PolicyFile>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Verdict>> {
        let file = match file {
            Ok(file) => file,
            // An operator must be able to repair the policy.
            Err(e) if pusher.operator => {
                warnings.push(e.in_full());
                PolicyFile::default()
            }
            Err(e) => return Err(e),
        };
        let default = self.default_branch()?;
        let policy = Policy::new(
            &file,
            &PolicyFile::default(),
            &self.base,
            default.as_deref(),
        );
        // Leave out backups, because nobody reviewed them.
        let mut reviewed: Vec<CommitId> = self
            .store
            .all_refs_below("refs/heads/")?
            .into_iter()
            .filter(|(name, _)| policy.is_protected(name) && !name.starts_with(backup_name::PREFIX))
            .map(|(_, tip)| tip)
            .collect();
        reviewed.sort();
        reviewed.dedup();
        // Each pod has rules of its own; nearly every push is of one.
        let pods: BTreeSet<Option<&String>> =
            pusher.pods.iter().map(|(_, pod)| pod.as_ref()).collect();
        let bound: Vec<(Option<&String>, Policy)> = [None]
            .into_iter()
            .chain(pods)
            .map(|pod| (pod, policy.of_pod(pod.map(String::as_str))))
            .collect();
        let contents = bound.iter().map(|(pod, policy)| {
            let content = Content::new(objects, policy, &reviewed, self.policy_tip()?)?;
            Ok((*pod, content))
        });
        let contents = contents.collect::<Result<Vec<_>>>()?;
        let updates = push.updates.iter().zip(motions);
        let judged = updates
            .map(|(update, motion)| {
                let branch = update.name.strip_prefix("refs/heads/").unwrap_or_default();
                let pod = pusher.pods.iter().find(|(b, _)| b == branch);
                let pod = pod.and_then(|(_, pod)| pod.as_ref());
                let (_, content) = contents
                    .iter()
                    .find(|(p, _)| *p == pod)
                    .unwrap_or(&contents[0]);
                self.judge(push, update, *motion, pusher, &policy, content)
            })
            .collect::<Result<Vec<Verdict>>>()?;
        if judged.iter().all(|verdict| verdict.is_ok()) {
            warnings.extend(self.note_openings(push, pusher, &policy)?);
        }
        Ok(judged)
    }

    fn judge(
        &self,
        push: &Push,
        update: &Update,
        motion: Motion,
        pusher: &Pusher,
        policy: &Policy,
        content: &Content<'_>,
    ) -> Result<Verdict> {
        let refuse = |why: String, todo: &str| {
            Ok(Err(ref_rules::Violation {
                why,
                todo: todo.to_owned(),
            }))
        };
        let mended = pusher.operator && motion == Motion::Delete;
        if !update.is_text && !mended {
            return refuse(
                format!("the ref name {} is not UTF-8", update.name),
                "choose another name",
            );
        }
        if self.store.is_symbolic(&update.name)? {
            return refuse(
                format!("{} is a symbolic ref to another branch here", update.name),
                "push to that branch by its own name",
            );
        }
        let branch = update.name.strip_prefix("refs/heads/");
        if branch.is_some() && update.new.is_some_and(|id| !self.store.is_commit(id)) {
            return refuse(
                format!("{} would not point to a commit", update.name),
                "push a commit",
            );
        }
        let default = match self.default_branch()? {
            Some(branch) => self.tip_of(&branch)?,
            None => None,
        };
        let asked = Asked {
            name: &update.name,
            motion,
            at_default: update.new.is_some() && update.new == default,
            backup: match branch {
                Some(branch) => self.check_backup(branch, update.new),
                None if update.name == backup_manifest::REF && !pusher.operator => {
                    self.check_manifest(update, push).map_err(str::to_owned)
                }
                None => Ok(()),
            },
            archive: update
                .name
                .strip_prefix(ref_rules::ARCHIVE)
                .map_or(Ok(()), |a| self.check_archive(a, update.new)),
            opened: update
                .name
                .strip_prefix(ref_rules::OPENED)
                .map_or(Ok(()), |o| self.check_opened(o, motion, push, pusher)),
        };
        let rule = match ref_rules::judge(asked, pusher, policy, &self.base) {
            Ok(rule) => rule,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match (branch, update.new) {
            (Some(branch), Some(new))
                if !pusher.operator && !branch.starts_with(backup_name::PREFIX) =>
            {
                let opens = motion == Motion::Create && is_sandbox(branch);
                let counted = match opens {
                    true => self.check_open_sandboxes(branch, push, pusher, policy),
                    false => Ok(()),
                };
                let checked =
                    counted.and_then(|()| content.check(branch, new, &self.repo_name, self.now));
                match checked {
                    Ok(()) => Ok(Ok(rule)),
                    Err(e) if e.kind() == Kind::Denied => refuse(
                        e.message().to_owned(),
                        e.hint_text().unwrap_or("leave it out"),
                    ),
                    Err(e) => Err(e),
                }
            }
            _ => Ok(Ok(rule)),
        }
    }

    /// How a ref would move from the old tip that the pusher names. Git checks that old tip
    /// in its own transaction, except for a deletion: if it does not know the named object,
    /// it deletes whatever is there. If there is no time left to look, or the history must not
    /// be read, the move counts as forced, which fewer rules allow.
    fn motion(&self, update: &Update, look: bool, budget: &Budget<'_>) -> Motion {
        match (update.old, update.new) {
            (_, None) => Motion::Delete,
            (None, Some(_)) => Motion::Create,
            (Some(old), Some(new))
                if look && budget.time().is_ok() && self.store.is_ancestor(old, new) =>
            {
                Motion::Forward
            }
            _ => Motion::Force,
        }
    }

    fn policy_file(&self) -> Result<PolicyFile> {
        snapshot::policy_file(&self.store, self.policy_tip()?, &self.base)
    }

    /// The commit that holds the policy: the tip that sandboxes fork from.
    fn policy_tip(&self) -> Result<Option<CommitId>> {
        let tip = |branch: &str| self.tip_of(branch);
        snapshot::home_of_policy(&self.base, || self.default_branch(), tip)
    }

    /// The tip of a branch as it is before this push.
    fn tip_of(&self, branch: &str) -> Result<Option<CommitId>> {
        self.store.local_ref(&format!("refs/heads/{branch}"))
    }

    /// The server's default branch: the one that its HEAD names.
    fn default_branch(&self) -> Result<Option<String>> {
        self.store.head_branch()
    }
}
