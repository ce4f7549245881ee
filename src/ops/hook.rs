//! What a server of one's own lets in: git's pre-receive hook, which is asked once for
//! all refs of a push and refuses all or none.

use super::access::{self, revocation_ref};
use crate::backup_manifest::{self, Opened};
use crate::backup_name;
use crate::clock::Moment;
use crate::config::{DEFAULT_BASE, Folders};
use crate::error::{Error, Kind, Result};
use crate::gate::{self, Asked, Motion, Pusher};
use crate::git::{Change, CommitId, ObjectId, Store, TreePath};
use crate::journal::Journal;
use crate::keys::{KeyRing, KeySource};
use crate::names;
use crate::policy::{Policy, PolicyFile};
use crate::token::{self, Rejection, TokenKind};
use serde::Serialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The push option that carries a token.
pub const TOKEN_OPTION: &str = "aidf-token=";

/// Settings of the server's repository that the hook reads.
pub const KEY_FILE: &str = "aidf.keyfile";
/// The repository's name in tokens, where it is not the folder's.
pub const REPO_NAME: &str = "aidf.reponame";
/// The base of sandboxes, where it is not `sandbox`.
pub const BASE: &str = "aidf.base";

/// Paths of one push that are looked at: a real import, and no more than some megabytes.
const MAX_CHANGES: usize = 200_000;

/// One ref of a push, as git hands it to the hook.
#[derive(Debug, Clone)]
pub struct Update {
    /// The tip that it has; none where it is new.
    pub old: Option<ObjectId>,
    /// The tip that it shall have; none where it goes.
    pub new: Option<ObjectId>,
    /// The full name.
    pub name: String,
}

impl Update {
    /// Reads a line of the hook's standard input (githooks(5), pre-receive).
    ///
    /// Errors: usage.
    pub fn parse(line: &str) -> Result<Update> {
        let bad = || {
            Error::new(
                Kind::Usage,
                "a line of the hook's input is not `old new ref`",
            )
        };
        let mut words = line.splitn(3, ' ');
        let mut id = || -> Result<Option<ObjectId>> {
            let id = ObjectId::parse(words.next().ok_or_else(bad)?).map_err(|_| bad())?;
            Ok(Some(id).filter(|id| !id.is_zero()))
        };
        let (old, new) = (id()?, id()?);
        let name = words.next().ok_or_else(bad)?.to_owned();
        Ok(Update { old, new, name })
    }
}

/// A push.
#[derive(Debug, Clone, Default)]
pub struct Push {
    /// Its refs.
    pub updates: Vec<Update>,
    /// Its options.
    pub options: Vec<String>,
    /// Who the server says it is from.
    pub user: Option<String>,
}

/// What was decided of one ref, as it goes into the server's journal.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// UTC, RFC 3339.
    pub time: String,
    /// Who the server says it was.
    pub user: Option<String>,
    /// The ids of the tokens that were good.
    pub token_ids: Vec<String>,
    /// The ref.
    #[serde(rename = "ref")]
    pub name: String,
    /// How it was to move.
    pub motion: Motion,
    /// Its tip before.
    pub old: Option<ObjectId>,
    /// Its tip after.
    pub new: Option<ObjectId>,
    /// Whether it may.
    pub allowed: bool,
    /// By what rule.
    pub rule: String,
    /// What the pusher can do instead.
    #[serde(skip)]
    pub todo: Option<String>,
}

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
        Ok(Gate {
            store,
            keys,
            repo_name,
            base,
            now,
            journal,
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
            .map(|update| self.judge(update, push, pusher, &policy, &reviewed))
            .collect()
    }

    fn judge(
        &self,
        update: &Update,
        push: &Push,
        pusher: &Pusher,
        policy: &Policy,
        reviewed: &[CommitId],
    ) -> Result<Verdict> {
        let motion = self.motion(update);
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
            backup: match branch {
                Some(branch) => self.check_backup(branch, update.new),
                None if update.name == backup_manifest::REF && !pusher.operator => {
                    self.check_manifest(update, push)
                }
                None => Ok(()),
            },
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

    /// The paths and sizes of what is new on a branch: what neither the protected
    /// branches nor its own past have.
    fn check_content(
        &self,
        branch: &str,
        old: Option<CommitId>,
        new: CommitId,
        policy: &Policy,
        reviewed: &[CommitId],
    ) -> Result<()> {
        if !names::is_sandbox(branch) && !policy.has_own_denials() {
            return Ok(());
        }
        let mut known: Vec<CommitId> = old.into_iter().collect();
        known.extend(reviewed);
        let mut left = MAX_CHANGES;
        for id in self.store.new_commits(new, &known)? {
            let (own, taken) = self.own_changes(id, &mut left)?;
            for change in &taken {
                self.check_taken(branch, change, policy, reviewed)?;
            }
            self.check_own(branch, id, &own, policy)?;
        }
        Ok(())
    }

    /// Whether a new backup is what it says: of now, and of what its branch has now. One
    /// that was planted could push real ones out, or hide that a branch was rewound.
    fn check_backup(
        &self,
        name: &str,
        new: Option<CommitId>,
    ) -> std::result::Result<(), &'static str> {
        let Some(read) = backup_name::parse(name) else {
            return Err("its name is not that of a dated backup");
        };
        if !read.is_now(self.now) {
            return Err("its date is not of now");
        }
        let branch = match read.branch {
            Some(branch) => branch,
            None => self.default_branch().unwrap_or_default(),
        };
        let tip = self.store.local_ref(&format!("refs/heads/{branch}"));
        // A copy's server has the backups alone.
        match tip.is_none() || tip == new {
            true => Ok(()),
            false => Err(gate::MOVED),
        }
    }

    /// Whether a manifest of the backups loses no entry of one that is there, and gains
    /// only what may be true of one that is there or made by this push.
    fn check_manifest(
        &self,
        update: &Update,
        push: &Push,
    ) -> std::result::Result<(), &'static str> {
        const MOST: usize = 1000;
        const UNREADABLE: &str = "it cannot be read";
        let tree = |id: Option<ObjectId>| -> std::result::Result<Option<ObjectId>, &'static str> {
            id.map(|id| self.store.commit(id).map(|c| c.tree))
                .transpose()
                .map_err(|_| UNREADABLE)
        };
        let changes = self
            .store
            .changes_up_to(tree(update.old)?, tree(update.new)?, MOST)
            .map_err(|_| UNREADABLE)?
            .ok_or("it changes more entries than one push may")?;
        for change in changes {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let Some((name, _)) = backup_manifest::read_file(&path) else {
                match change.new {
                    Some(_) => return Err("it holds something else than entries of backups"),
                    None => continue,
                }
            };
            let full = format!("refs/heads/{name}");
            let there = self.store.local_ref(&full);
            if change.old.is_some() && there.is_some() {
                return Err("an entry of a backup that is there would change");
            }
            let Some(new) = change.new else { continue };
            let made = push.updates.iter().find(|u| u.name == full);
            let commit = made.map_or(there, |u| u.new);
            let size = self.store.blob_size(new.id).unwrap_or(u64::MAX);
            if !new.mode.is_file() || size > backup_manifest::MAX_BYTES {
                return Err("an entry of it is too long, or no file");
            }
            let text = self.store.read_blob(new.id).map_err(|_| UNREADABLE)?;
            let opened = backup_manifest::open(&self.keys, &self.repo_name, &path, &text);
            if let Opened::Bad(why) = opened {
                return Err(why);
            }
            let says = backup_manifest::read(&text).map(|s| s.entry.commit);
            if says.is_none() || says != commit {
                return Err("an entry of it is of no backup that is there");
            }
        }
        Ok(())
    }

    /// What a commit brings by itself.
    fn check_own(
        &self,
        branch: &str,
        id: CommitId,
        changes: &[Change],
        policy: &Policy,
    ) -> Result<()> {
        let limits = policy.limits();
        let at = format!("in commit {}", id.short());
        let (mut files, mut bytes, mut lines) = (0u64, 0u64, 0u64);
        for change in changes {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            let odd = change.new.is_some_and(|e| !e.mode.is_file());
            let ledger = policy.ledgers().contains(&path);
            if !ledger {
                policy.check_path(branch, &path)?;
                if odd {
                    // A link or a module in a folder's place brings all that is below it.
                    policy.check_path(branch, &format!("{path}/x"))?;
                }
            }
            if !names::is_sandbox(branch) {
                continue;
            }
            if odd {
                return Err(Error::new(
                    Kind::Denied,
                    format!("`{path}` would be a symlink or submodule ({at})"),
                )
                .hint("sandboxes hold files alone; leave it out"));
            }
            if change.new.is_some() && TreePath::new(&path).is_err() {
                return Err(Error::new(
                    Kind::Denied,
                    format!("`{path}` is no path that every platform can hold ({at})"),
                )
                .hint("rename it"));
            }
            let size = match change.new {
                Some(entry) => self.store.blob_size(entry.id)?,
                None => 0,
            };
            // Each write brings its own entries to the ledgers, which grow with time.
            if ledger {
                let most = crate::yaml::MAX_BYTES as u64;
                if size > most {
                    return Err(too_much(&format!("`{path}` has {size} bytes"), most, &at));
                }
                continue;
            }
            files += 1;
            bytes += size;
            if let Some(most) = limits.file_bytes.filter(|most| size > *most) {
                return Err(too_much(&format!("`{path}` has {size} bytes"), most, &at));
            }
            if limits.lines.is_some() {
                let count = self.store.count_lines(change.old, change.new)?;
                lines += count.added + count.removed;
            }
        }
        for (what, count, most) in [
            ("files change", files, limits.files),
            ("bytes are written", bytes, limits.total_bytes),
            ("lines change", lines, limits.lines),
        ] {
            if let Some(most) = most.filter(|most| count > *most) {
                return Err(too_much(&format!("{count} {what}"), most, &at));
            }
        }
        Ok(())
    }

    /// What a merge takes from another parent than its first: of the paths that nobody
    /// writes on this branch, only what the protected branches have now. An old version
    /// of a workflow was reviewed once, and replaced for a reason.
    fn check_taken(
        &self,
        branch: &str,
        change: &Change,
        policy: &Policy,
        reviewed: &[CommitId],
    ) -> Result<()> {
        let path = String::from_utf8_lossy(&change.path).into_owned();
        if policy.ledgers().contains(&path) {
            return Ok(());
        }
        let Err(denied) = policy.check_path(branch, &path) else {
            return Ok(());
        };
        for tip in reviewed {
            let tree = self.store.commit(*tip)?.tree;
            if self.store.entry(tree, &change.path)? == change.new {
                return Ok(());
            }
        }
        Err(denied)
    }

    /// What a commit itself changes, of a merge what is as none of its parents has it; and
    /// what a merge takes over its first parent from another one.
    fn own_changes(&self, id: CommitId, left: &mut usize) -> Result<(Vec<Change>, Vec<Change>)> {
        let commit = self.store.commit(id)?;
        let mut parents = commit.parents.iter();
        let mut against = |parent: Option<&CommitId>| -> Result<Vec<Change>> {
            let tree = parent.map(|p| self.store.commit(*p)).transpose()?;
            let changes =
                self.store
                    .changes_up_to(tree.map(|c| c.tree), Some(commit.tree), *left)?;
            let changes = changes.ok_or_else(|| {
                too_much(
                    "more paths change by this push than the server looks at",
                    MAX_CHANGES as u64,
                    &format!("in commit {}", id.short()),
                )
            })?;
            *left -= changes.len();
            Ok(changes)
        };
        let mut own = against(parents.next())?;
        let mut taken = Vec::new();
        for parent in parents {
            let others: HashSet<Vec<u8>> =
                against(Some(parent))?.into_iter().map(|c| c.path).collect();
            let (still, from_it) = own.into_iter().partition(|c| others.contains(&c.path));
            own = still;
            taken.extend::<Vec<Change>>(from_it);
        }
        Ok((own, taken))
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
                let last_write = tip
                    .and_then(|id| self.store.commit(id).ok())
                    // A commit dated ahead must not keep a token alive.
                    .map(|c| c.time.min(self.now.seconds()));
                let idle = idle_days.filter(|_| claims.kind == TokenKind::Sandbox);
                match token::ends_at(&claims, last_write, idle) {
                    Some(end) if self.now.seconds() >= end => Err(Rejection::Idle),
                    _ => Ok(claims),
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

fn too_much(what: &str, most: u64, at: &str) -> Error {
    Error::new(
        Kind::Denied,
        format!("{what}, and the policy allows {most} ({at})"),
    )
    .hint("write less at once, or ask an operator")
}

/// Where the server's key lies: named by the repository's own settings, which the pusher
/// cannot touch; else as for anybody of the account that the hook runs as.
pub fn key_source(store: &Store, environment: impl Fn(&str) -> Option<String>) -> KeySource {
    if let Some(file) = store.setting(KEY_FILE).filter(|f| !f.is_empty()) {
        return KeySource {
            inline: None,
            file: Some(PathBuf::from(file)),
            ring: PathBuf::new(),
        };
    }
    KeySource {
        inline: environment("AIDF_KEY"),
        file: environment("AIDF_KEY_FILE").map(PathBuf::from),
        // A web server's account may have no home at all.
        ring: Folders::of_user().map_or_else(|_| PathBuf::new(), |f| f.ring()),
    }
}

/// The journal of a server's repository.
pub fn journal_of(store: &Store) -> PathBuf {
    store.common_dir().join("aidf").join("journal.jsonl")
}

/// The repository's name, as its clients' addresses have it.
pub fn name_of(git_dir: &Path) -> String {
    let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned());
    let own = name(git_dir).unwrap_or_default();
    let own = match own.as_str() {
        ".git" => git_dir.parent().and_then(name).unwrap_or_default(),
        _ => own,
    };
    own.strip_suffix(".git").unwrap_or(&own).to_owned()
}
