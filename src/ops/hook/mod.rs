//! What a server of one's own lets in: git's pre-receive hook, which is asked once for
//! all refs of a push and refuses all or none.

mod activity;
mod content;
mod names;
mod place;
mod push;
mod record;

use super::access::{self, revocation_ref};
use crate::backup_name;
use crate::clock::Moment;
use crate::config::DEFAULT_BASE;
use crate::error::{Error, Kind, Result};
use crate::gate::{self, Asked, Motion, Pusher};
use crate::git::{CommitId, Store};
use crate::journal::Journal;
use crate::keys::KeyRing;
use crate::policy::{Policy, PolicyFile};
use crate::token::{self, Activity, Rejection, TokenKind};
use activity::Records;
pub use place::{BASE, KEY_FILE, REPO_NAME, journal_of, key_source, name_of};
pub use push::{Push, TOKEN_OPTION, Update};
pub use record::Decision;

/// The rule by which a ref may move, or why it may not.
type Verdict = std::result::Result<&'static str, gate::Refusal>;

/// The server's side: its repository, keys and rules.
pub struct Gate {
    store: Store,
    keys: KeyRing,
    repo_name: String,
    base: String,
    now: Moment,
    journal: Journal,
    activity: Records,
}

impl Gate {
    /// Opens the repository that git runs the hook in.
    ///
    /// Errors: usage, outside of a hook; auth and usage, for a key that cannot be used.
    pub fn open(now: Moment, environment: impl Fn(&str) -> Option<String>) -> Result<Gate> {
        let store = Store::open_in_hook()?;
        let source = key_source(&store, environment);
        let keys = KeyRing::load(&source)?;
        // A ring that was named and is empty must not leave the sandboxes to everybody.
        if let Some(file) = source.file.filter(|_| keys.is_empty()) {
            return Err(Error::new(
                Kind::Usage,
                format!("the key file {} holds no key", file.display()),
            ));
        }
        let repo_name = store
            .setting(REPO_NAME)
            .unwrap_or_else(|| name_of(store.git_dir()));
        let base = store
            .setting(BASE)
            .unwrap_or_else(|| DEFAULT_BASE.to_owned());
        let journal = Journal::new(Some(journal_of(&store)));
        let activity = Records::of(store.common_dir());
        Ok(Gate {
            store,
            keys,
            repo_name,
            base,
            now,
            journal,
            activity,
        })
    }

    /// Decides on a push, and writes each decision into the server's journal.
    ///
    /// Errors: integrity, for a policy that cannot be read, except to an operator; what
    /// cannot be decided is not let in.
    pub fn decide(&self, push: &Push) -> Result<(Vec<Decision>, Vec<String>)> {
        let mut warnings = Vec::new();
        let file = self.policy_file();
        let (pusher, token_ids) = self.pusher(push, file.as_ref().ok());
        let decision = |update: &Update, allowed: bool, rule: String, todo: Option<String>| {
            let motion = self.motion(update);
            Decision {
                time: self.now.rfc3339(),
                user: push.user.clone(),
                token_ids: token_ids.clone(),
                name: update.name.clone(),
                motion,
                // Of a deletion what goes, and not what the pusher made of it.
                old: match motion {
                    Motion::Delete => self.store.local_ref(&update.name),
                    _ => update.old,
                },
                new: update.new,
                allowed,
                rule,
                todo,
            }
        };
        let verdicts = self.verdicts(push, &pusher, file, &mut warnings);
        let decisions: Vec<Decision> = match &verdicts {
            Ok(verdicts) => {
                let refused = verdicts.iter().any(|v| v.is_err());
                let each = push.updates.iter().zip(verdicts);
                each.map(|(update, verdict)| match verdict {
                    // All or none: what would have passed alone does not move either.
                    Ok(rule) if refused => {
                        let rule = format!("another ref of the push is refused ({rule})");
                        decision(update, false, rule, None)
                    }
                    Ok(rule) => decision(update, true, (*rule).to_owned(), None),
                    Err(no) => decision(update, false, no.why.clone(), Some(no.todo.clone())),
                })
                .collect()
            }
            // What cannot be decided is a refusal, and is on record like one.
            Err(e) => {
                let all = push.updates.iter();
                all.map(|u| decision(u, false, e.message().to_owned(), None))
                    .collect()
            }
        };
        for decision in &decisions {
            warnings.extend(self.journal.write(decision));
        }
        warnings.dedup();
        verdicts.map(|_| (decisions, warnings))
    }

    /// Judges every ref of a push by itself.
    fn verdicts(
        &self,
        push: &Push,
        pusher: &Pusher,
        file: Result<PolicyFile>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Verdict>> {
        let file = match file {
            Ok(file) => file,
            // Somebody must be able to mend it.
            Err(e) if pusher.operator => {
                warnings.push(e.in_full());
                PolicyFile::default()
            }
            Err(e) => return Err(e),
        };
        let default = self.default_branch();
        let policy = Policy::new(
            &file,
            &PolicyFile::default(),
            &self.base,
            default.as_deref(),
        );
        // Not backups: nobody reviewed them.
        let reviewed: Vec<CommitId> = self
            .store
            .branches()?
            .into_iter()
            .filter(|(name, _)| policy.is_protected(name) && !name.starts_with(backup_name::PREFIX))
            .map(|(_, tip)| tip)
            .collect();
        let updates = push.updates.iter();
        updates
            .map(|update| self.judge(update, self.motion(update), pusher, &policy, &reviewed))
            .collect()
    }

    fn judge(
        &self,
        update: &Update,
        motion: Motion,
        pusher: &Pusher,
        policy: &Policy,
        reviewed: &[CommitId],
    ) -> Result<Verdict> {
        let refuse = |why: String, todo: &str| {
            Ok(Err(gate::Refusal {
                why,
                todo: todo.to_owned(),
            }))
        };
        if self.store.is_symbolic(&update.name) {
            return refuse(
                format!("{} stands for another branch here", update.name),
                "push that one by its own name",
            );
        }
        let branch = update.name.strip_prefix("refs/heads/");
        if branch.is_some() && update.new.is_some_and(|id| !self.store.is_commit(id)) {
            return refuse(
                format!("{} would not be a commit", update.name),
                "push a commit",
            );
        }
        let default = self
            .default_branch()
            .and_then(|b| self.store.local_ref(&format!("refs/heads/{b}")));
        let asked = Asked {
            name: &update.name,
            motion,
            at_default: update.new.is_some() && update.new == default,
            backup: branch.map_or(Ok(()), |b| self.check_backup(b, update.new)),
            archive: update
                .name
                .strip_prefix(gate::ARCHIVE)
                .map_or(Ok(()), |a| self.check_archive(a, update.new)),
        };
        let rule = match gate::judge(asked, pusher, policy, &self.base) {
            Ok(rule) => rule,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match (branch, update.new) {
            (Some(branch), Some(new))
                if !pusher.operator && !branch.starts_with(backup_name::PREFIX) =>
            {
                match self.check_content(branch, update.old, new, policy, reviewed) {
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

    /// How a ref would move, going by what the pusher says that it is at. git holds the
    /// pusher to that in its own transaction, except for deletions: where the old object
    /// is none that it knows, it deletes whatever is there.
    fn motion(&self, update: &Update) -> Motion {
        match (update.old, update.new) {
            (_, None) => Motion::Delete,
            (None, Some(_)) => Motion::Create,
            (Some(old), Some(new)) if self.store.is_ancestor(old, new) => Motion::Forward,
            _ => Motion::Force,
        }
    }

    /// Opens the tokens of the push.
    fn pusher(&self, push: &Push, file: Option<&PolicyFile>) -> (Pusher, Vec<String>) {
        let mut pusher = Pusher {
            keyed: !self.keys.is_empty(),
            ..Pusher::default()
        };
        let mut ids = Vec::new();
        let idle_days = file
            .map(|f| Policy::new(f, &PolicyFile::default(), &self.base, None))
            .and_then(|p| p.sandbox().idle_days);
        let tokens = push
            .options
            .iter()
            .filter_map(|o| o.strip_prefix(TOKEN_OPTION))
            // No pusher needs more, and each costs work.
            .take(8);
        for text in tokens.filter(|_| pusher.keyed) {
            let opened = token::open(text, &self.keys, &self.repo_name, self.now.seconds());
            let good = opened.and_then(|claims| {
                if self.store.local_ref(&revocation_ref(&claims.id)).is_some() {
                    return Err(Rejection::Revoked);
                }
                let branch = claims.branch.as_deref();
                let tip = branch.and_then(|b| self.store.local_ref(&format!("refs/heads/{b}")));
                let activity = Activity {
                    tip: tip.and_then(|id| Some(self.store.commit(id).ok()?.time)),
                    recorded: self.activity.last(&claims.id),
                };
                match token::idleness(&claims, activity, idle_days, self.now.seconds()).over {
                    true => Err(Rejection::Idle),
                    false => Ok(claims),
                }
            });
            match good {
                Ok(claims) => {
                    ids.push(claims.id);
                    pusher.operator |= claims.kind == TokenKind::Operator;
                    pusher.sandboxes.extend(claims.branch);
                }
                Err(why) => pusher.rejected = Some(why.to_string()),
            }
        }
        (pusher, ids)
    }

    fn policy_file(&self) -> Result<PolicyFile> {
        let tip = |branch: &str| self.store.local_ref(&format!("refs/heads/{branch}"));
        let tip = tip(&self.base)
            .or_else(|| tip(DEFAULT_BASE))
            .or_else(|| tip(&self.default_branch()?));
        match tip {
            Some(tip) => access::policy_file(&self.store, tip, &self.base),
            None => Ok(PolicyFile::default()),
        }
    }

    fn default_branch(&self) -> Option<String> {
        let target = self.store.symbolic_ref("HEAD")?;
        target.strip_prefix("refs/heads/").map(str::to_owned)
    }
}
