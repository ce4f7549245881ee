//! How many sandboxes a pod has open: the records of openings that a push makes and deletes,
//! and the server's own notes of them.

use super::names::NO_TIME;
use super::{NO_REFS, PreReceive, Push, Update};
use crate::clock::{DAY, Moment};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files;
use crate::names::is_sandbox;
use crate::openings::{self, Opening};
use crate::policy::Policy;
use crate::ref_rules::{self, Motion, Pusher};
use crate::sharing::Sharing;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The pod of the token for a sandbox.
fn pod_of<'p>(pusher: &'p Pusher, branch: &str) -> Option<&'p str> {
    let mut pods = pusher.pods.iter();
    let (_, pod) = pods.find(|(b, _)| b == branch)?;
    pod.as_deref()
}

/// An opening that the server wrote down by itself.
pub(super) struct Noted {
    branch: String,
    pod: Option<String>,
}

impl Noted {
    fn as_opening(&self) -> Opening<'_> {
        Opening {
            branch: &self.branch,
            time: Moment::from_seconds(0),
            pod: self.pod.as_deref(),
        }
    }
}

/// The server's own notes of the sandboxes that a quota counts, beside the refs that record
/// them. They lie in `aidf/opened/`: a small file for each sandbox, with the code of its pod.
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

    /// Every note.
    ///
    /// Errors: internal, for notes that cannot be read: then nobody can count.
    fn all(&self) -> Result<Vec<Noted>> {
        let failed = || format!("{} cannot be read", self.folder.display());
        let entries = match std::fs::read_dir(&self.folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.or_fail(Kind::Internal, failed)?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.or_fail(Kind::Internal, failed)?;
            let name = entry.file_name();
            let Some(branch) = name.to_str().filter(|name| is_sandbox(name)) else {
                continue;
            };
            let text = match std::fs::read_to_string(entry.path()) {
                // Another push took it away.
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                text => text.or_fail(Kind::Internal, failed)?,
            };
            let pod = Some(text.trim_end().to_owned()).filter(|pod| !pod.is_empty());
            found.push(Noted {
                branch: branch.to_owned(),
                pod,
            });
        }
        Ok(found)
    }

    fn has(&self, branch: &str) -> bool {
        self.folder.join(branch).exists()
    }

    fn note(&self, branch: &str, pod: Option<&str>) -> Result<()> {
        let file = self.folder.join(branch);
        let text = format!("{}\n", pod.unwrap_or_default());
        files::write_shared(&file, text.as_bytes(), self.sharing).or_fail(Kind::Internal, || {
            format!("{} cannot be written", file.display())
        })
    }

    /// Removes the notes of sandboxes that are gone. A young note stays, because git may be
    /// about to make its branch.
    fn forget_closed(&self, now: Moment, is_open: impl Fn(&str) -> Result<bool>) -> Result<()> {
        for noted in self.all()? {
            let file = self.folder.join(&noted.branch);
            let made = file.metadata().and_then(|m| m.modified()).ok();
            let made = made.and_then(|t| t.duration_since(UNIX_EPOCH).ok());
            let made = made.map_or(i64::MAX, |t| i64::try_from(t.as_secs()).unwrap_or(i64::MAX));
            if now.seconds().saturating_sub(made) > DAY && !is_open(&noted.branch)? {
                let _ = std::fs::remove_file(file);
            }
        }
        Ok(())
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
        let noted = self.openings.all()?;
        let known = refs
            .iter()
            .filter_map(|(name, _)| openings::read_rest(name))
            .chain(made)
            .chain(noted.iter().map(Noted::as_opening))
            // A record of it that was left over does not count against itself.
            .filter(|o| o.branch != branch);
        let is_open = |branch: &str| {
            let branch = format!("refs/heads/{branch}");
            let makes = |u: &Update| u.name == branch && u.new.is_some();
            Ok(push.updates.iter().any(makes) || self.store.local_ref(&branch)?.is_some())
        };
        openings::check_quota(&policy, pod, known, is_open)
    }

    /// Writes down which sandboxes the push opens, and which records of open ones it deletes:
    /// git moves the refs of a push one by one. So a record may fail to be made with its
    /// branch, or may go while its branch stays.
    ///
    /// Errors: internal.
    pub(super) fn note_openings(
        &self,
        push: &Push,
        pusher: &Pusher,
        policy: &Policy,
    ) -> Result<()> {
        let counts = |branch: &str| {
            let policy = policy.of_pod(pod_of(pusher, branch));
            policy.open_sandboxes().is_some()
        };
        for update in &push.updates {
            let branch = update.name.strip_prefix("refs/heads/");
            if let Some(branch) = branch.filter(|b| update.new.is_some() && is_sandbox(b))
                && counts(branch)
                && self.tip_of(branch)?.is_none()
            {
                let tag = pod_of(pusher, branch).map(openings::tag);
                self.openings.note(branch, tag.as_deref())?;
            }
            if let Some(opening) = openings::read(&update.name).filter(|_| update.new.is_none())
                && counts(opening.branch)
                && self.tip_of(opening.branch)?.is_some()
                && !self.openings.has(opening.branch)
            {
                self.openings.note(opening.branch, opening.pod)?;
            }
        }
        let open = |branch: &str| Ok(self.tip_of(branch)?.is_some());
        self.openings.forget_closed(self.now, open)
    }
}
