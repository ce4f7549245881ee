//! How many sandboxes a pod has open: the records of openings that a push makes and deletes,
//! and the server's own notes of them.

use super::names::NO_TIME;
use super::{NO_REFS, PreReceive, Push, Update};
use crate::clock::{DAY, Moment};
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::names::is_sandbox;
use crate::openings::{self, Opening};
use crate::policy::Policy;
use crate::ref_rules::{self, Motion, Pusher};
use crate::sharing::Sharing;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The pod of the token for a sandbox.
fn pod_of<'p>(pusher: &'p Pusher, branch: &str) -> Option<&'p str> {
    let mut pods = pusher.pods.iter();
    let (_, pod) = pods.find(|(b, _)| b == branch)?;
    pod.as_deref()
}

/// An opening that the server wrote down by itself.
struct Noted {
    branch: String,
    /// None if this account cannot read the note.
    said: Option<Said>,
}

/// What a note says.
struct Said {
    pod: Option<String>,
    /// When it was written; none in a note of an older program.
    time: Option<Moment>,
}

impl Noted {
    /// What the note tells, if no record of the branch is newer than it. `newest` is the time
    /// of the newest record. `own` is the tag of the pod that opens a sandbox now: a note that
    /// cannot be read counts against that one, because it may be of it.
    fn counted<'n>(&'n self, newest: Option<Moment>, own: Option<&'n str>) -> Option<Opening<'n>> {
        let time = self.said.as_ref().and_then(|said| said.time);
        let is_told = newest.is_some_and(|newest| time.is_none_or(|time| newest > time));
        (!is_told).then(|| Opening {
            branch: &self.branch,
            time: time.unwrap_or(Moment::from_seconds(0)),
            pod: match &self.said {
                Some(said) => said.pod.as_deref(),
                None => own,
            },
        })
    }
}

/// The server's own notes of the sandboxes that a quota counts, beside the refs that record
/// them. They lie in `aidf/opened/`: a small file for each sandbox, with the code of its pod
/// and the time of the note on a line each. They hold no secret, and every account that
/// pushes must read them: so they have the mode that the account's umask gives.
pub(super) struct Openings {
    folder: PathBuf,
    sharing: Sharing,
}

impl Openings {
    /// The notes of the repository in the folder `repository`.
    pub fn of(repository: &Path, sharing: Sharing) -> Openings {
        Openings {
            folder: repository.join("aidf").join("opened"),
            sharing,
        }
    }

    /// The sandboxes that have a note.
    ///
    /// Errors: those of reading the folder.
    fn branches(&self) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
        let names = names.collect::<io::Result<Vec<Option<String>>>>()?;
        Ok(names
            .into_iter()
            .flatten()
            .filter(|n| is_sandbox(n))
            .collect())
    }

    /// Every note.
    ///
    /// Errors: internal, for a folder that cannot be read: then nobody can count.
    fn all(&self) -> Result<Vec<Noted>> {
        let branches = self.branches().map_err(|e| self.failed("read", &e))?;
        let noted = branches.into_iter().filter_map(|branch| {
            let said = match std::fs::read_to_string(self.folder.join(&branch)) {
                // Another push took it away.
                Err(e) if e.kind() == ErrorKind::NotFound => return None,
                Err(_) => None,
                Ok(text) => {
                    let mut lines = text.lines();
                    let pod = lines.next().unwrap_or_default().trim_end().to_owned();
                    Some(Said {
                        pod: Some(pod).filter(|pod| !pod.is_empty()),
                        time: lines.next().and_then(Moment::from_stamp),
                    })
                }
            };
            Some(Noted { branch, said })
        });
        Ok(noted.collect())
    }

    fn has(&self, branch: &str) -> bool {
        self.folder.join(branch).exists()
    }

    /// Errors: internal.
    fn note(&self, branch: &str, pod: Option<&str>, now: Moment) -> Result<()> {
        let text = format!("{}\n{}\n", pod.unwrap_or_default(), now.compact());
        files::write_open(&self.folder.join(branch), text.as_bytes(), self.sharing)
            .map_err(|e| self.failed("written", &e))
    }

    /// Errors: internal.
    fn forget(&self, branch: &str) -> Result<()> {
        match std::fs::remove_file(self.folder.join(branch)) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(self.failed("removed", &e)),
            _ => Ok(()),
        }
    }

    /// The reason stands in the sentence itself, since the pusher's program tells of causes too.
    fn failed(&self, what: &str, why: &io::Error) -> Error {
        let folder = self.folder.display();
        Error::new(
            Kind::Internal,
            format!("the notes of the open sandboxes in {folder} cannot be {what}: {why}"),
        )
        .hint("on the server, let the account that runs the hook write that folder and its files")
    }

    /// Removes the notes of sandboxes that are gone. A young note stays, because git may be
    /// about to make its branch. It only cleans up: what fails is left for another push.
    fn forget_closed(&self, now: Moment, is_open: impl Fn(&str) -> Result<bool>) {
        for branch in self.branches().unwrap_or_default() {
            let file = self.folder.join(&branch);
            self.sharing.existing(&file);
            let made = file.metadata();
            let made = made.and_then(|m| m.modified()).ok();
            let made = made.and_then(|t| t.duration_since(UNIX_EPOCH).ok());
            let made = made.map_or(i64::MAX, |t| i64::try_from(t.as_secs()).unwrap_or(i64::MAX));
            let is_old = now.seconds().saturating_sub(made) > DAY;
            if is_old && is_open(&branch).is_ok_and(|open| !open) {
                let _ = self.forget(&branch);
            }
        }
    }
}

impl PreReceive {
    /// Checks that a record of an opening is made with the branch, now, and for the pod of
    /// the branch's token; and that it goes with the branch. Otherwise a sandbox could have
    /// any age, and count for another pod or for none.
    pub(super) fn check_opened(
        &self,
        name: &str,
        motion: Motion,
        push: &Push,
        pusher: &Pusher,
    ) -> std::result::Result<(), String> {
        let Some(opening) = openings::read_rest(name) else {
            return Err(NO_TIME.to_owned());
        };
        let branch = format!("refs/heads/{}", opening.branch);
        let tip = self.store.local_ref(&branch).map_err(|_| NO_REFS)?;
        let is_open = tip.is_some();
        if motion == Motion::Delete {
            // git deletes a ref at the tip that the push names, and at no other.
            let goes = |u: &Update| u.name == branch && u.new.is_none() && u.old == tip;
            return match !is_open || push.updates.iter().any(goes) {
                true => Ok(()),
                false => Err("its sandbox stays open".to_owned()),
            };
        }
        self.check_now(opening.time)?;
        if is_open {
            return Err("its sandbox is open here already".to_owned());
        }
        let pod = pod_of(pusher, opening.branch).map(openings::tag);
        match opening.pod == pod.as_deref() {
            true => Ok(()),
            false => Err("it names another pod than the sandbox's token".to_owned()),
        }
    }

    /// Refuses a new sandbox to a pod that has as many open as it may, and one that the next
    /// push could not count.
    ///
    /// Errors: denied; internal.
    pub(super) fn check_open_sandboxes(
        &self,
        branch: &str,
        push: &Push,
        pusher: &Pusher,
        policy: &Policy,
    ) -> Result<()> {
        let pod = pod_of(pusher, branch);
        let policy = policy.of_pod(pod);
        if policy.open_sandboxes().is_none() {
            return Ok(());
        }
        // What the same push opens besides counts too.
        let made = push.updates.iter().filter(|u| u.new.is_some());
        let made = made.filter_map(|u| openings::read(&u.name));
        if !made.clone().any(|o| o.branch == branch) {
            return Err(Error::new(
                Kind::Denied,
                format!(
                    "{branch} would be open without a record of it, and the policy counts the open sandboxes of its pod (rule: {})",
                    openings::RULE
                ),
            )
            .hint("open it with `aidf sandbox init`; a holder names the pod of the token with AIDF_POD"));
        }
        let refs = self.store.refs_below(ref_rules::OPENED)?;
        let refs = refs.iter();
        let recorded = refs.filter_map(|(name, _)| openings::read_rest(name));
        let recorded: Vec<Opening> = recorded.chain(made).collect();
        let mut newest: HashMap<&str, Moment> = HashMap::new();
        for opening in &recorded {
            let time = newest.entry(opening.branch).or_insert(opening.time);
            *time = opening.time.max(*time);
        }
        let own = pod.map(openings::tag);
        let all = self.openings.all()?;
        let noted = all
            .iter()
            .filter_map(|n| n.counted(newest.get(&*n.branch).copied(), own.as_deref()));
        let known = recorded
            .iter()
            .copied()
            .chain(noted)
            // A record of it that was left over does not count against itself.
            .filter(|o| o.branch != branch);
        let is_open = |branch: &str| {
            let branch = format!("refs/heads/{branch}");
            let makes = |u: &Update| u.name == branch && u.new.is_some();
            Ok(push.updates.iter().any(makes) || self.store.local_ref(&branch)?.is_some())
        };
        let unread = all.iter().filter(|n| n.said.is_none()).count();
        openings::check_quota(&policy, pod, known, is_open).map_err(|e| match unread {
            0 => e,
            _ => e.hint(format!(
                "on the server, let the account that runs the hook read all of {}: a note there that it cannot read counts for every pod",
                self.openings.folder.display()
            )),
        })
    }

    /// Writes down which sandboxes the push opens, and which records of open ones it deletes:
    /// git moves the refs of a push one by one. So a record may fail to be made with its
    /// branch, or may go while its branch stays. A note of an earlier sandbox of the same name
    /// goes, whoever opens the new one. Returns warnings.
    ///
    /// Errors: internal, if what a quota counts cannot be written down.
    pub(super) fn note_openings(
        &self,
        push: &Push,
        pusher: &Pusher,
        policy: &Policy,
    ) -> Result<Vec<String>> {
        let counts = |branch: &str| {
            let policy = policy.of_pod(pod_of(pusher, branch));
            !pusher.operator && policy.open_sandboxes().is_some()
        };
        let mut warnings = Vec::new();
        for update in &push.updates {
            let branch = update.name.strip_prefix("refs/heads/");
            if let Some(branch) = branch.filter(|b| update.new.is_some() && is_sandbox(b))
                && self.tip_of(branch)?.is_none()
            {
                let tag = pod_of(pusher, branch).map(openings::tag);
                match counts(branch) {
                    true => self.openings.note(branch, tag.as_deref(), self.now)?,
                    false => {
                        let forgotten = self.openings.forget(branch);
                        warnings.extend(forgotten.err().map(|e| e.in_full()));
                    }
                }
            }
            if let Some(opening) = openings::read(&update.name).filter(|_| update.new.is_none())
                && counts(opening.branch)
                && self.tip_of(opening.branch)?.is_some()
                && !self.openings.has(opening.branch)
            {
                self.openings.note(opening.branch, opening.pod, self.now)?;
            }
        }
        let open = |branch: &str| Ok(self.tip_of(branch)?.is_some());
        self.openings.forget_closed(self.now, open);
        Ok(warnings)
    }
}
