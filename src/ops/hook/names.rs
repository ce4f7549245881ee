//! Checks names that make a claim: backups, archives, and the times of openings.

use super::{NO_REFS, PreReceive};
use super::{Push, Update};
use crate::backup_name;
use crate::clock::CLOCK_SKEW;
use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use crate::git::CommitId;
use crate::openings;
use crate::policy::Policy;
use crate::ref_rules::{self, Motion, Pusher};

/// The pod of the token for a sandbox.
fn pod_of<'p>(pusher: &'p Pusher, branch: &str) -> Option<&'p str> {
    let mut pods = pusher.pods.iter();
    let (_, pod) = pods.find(|(b, _)| b == branch)?;
    pod.as_deref()
}

impl PreReceive {
    /// Checks that a new backup is what its name claims: made now, of its branch's current
    /// tip. A planted backup could cause real ones to be pruned, or hide that a branch was
    /// rewound.
    pub(super) fn check_backup(
        &self,
        name: &str,
        new: Option<CommitId>,
    ) -> std::result::Result<(), &'static str> {
        let Some(read) = backup_name::parse(name) else {
            return Err("its name is not the name of a dated backup");
        };
        if !read.is_now(self.now) {
            return Err("its date is not the present date");
        }
        let default = self.default_branch().map_err(|_| NO_REFS)?;
        let default = default.unwrap_or_default();
        let branch = read.branch.unwrap_or_else(|| default.clone());
        let tip = self.tip_of(&branch).map_err(|_| NO_REFS)?;
        // A server that only holds copies has the backups, and no default branch.
        let is_copy = self.tip_of(&default).map_err(|_| NO_REFS)?.is_none();
        match (tip.is_none() && is_copy) || tip == new {
            true => Ok(()),
            false => Err(ref_rules::MOVED),
        }
    }

    /// Checks that a new archive is what its name claims: made now, of its sandbox's current
    /// tip. A push that deletes the sandbox must archive that same tip. If an archive could
    /// hold other content, the sandbox would be restored with that content when its holder
    /// comes back. If its name could have a later time, it would remain the newest archive
    /// for ever.
    pub(super) fn check_archive(
        &self,
        name: &str,
        new: Option<CommitId>,
    ) -> std::result::Result<(), &'static str> {
        let branch = self.of_now(name)?;
        let tip = self.tip_of(branch).map_err(|_| NO_REFS)?;
        match tip.is_some() && tip == new {
            true => Ok(()),
            false => Err("it is at another commit than its sandbox is here"),
        }
    }

    /// Checks that a record of an opening is made with the branch, now, and for the pod of
    /// the branch's token; and that it goes with the branch. Otherwise a sandbox could have
    /// any age, and count for another pod or for none.
    pub(super) fn check_opened(
        &self,
        name: &str,
        motion: Motion,
        push: &Push,
        pusher: &Pusher,
    ) -> std::result::Result<(), &'static str> {
        let Some(opening) = openings::read_rest(name) else {
            return Err("its name does not end in a time such as 2026-11-22T101112Z");
        };
        let branch = format!("refs/heads/{}", opening.branch);
        let tip = self.store.local_ref(&branch).map_err(|_| NO_REFS)?;
        let is_open = tip.is_some();
        if motion == Motion::Delete {
            // git deletes a ref at the tip that the push names, and at no other.
            let goes = |u: &Update| u.name == branch && u.new.is_none() && u.old == tip;
            return match !is_open || push.updates.iter().any(goes) {
                true => Ok(()),
                false => Err("its sandbox stays open"),
            };
        }
        self.check_now(opening.time)?;
        if is_open {
            return Err("its sandbox is open here already");
        }
        let pod = pod_of(pusher, opening.branch).map(openings::tag);
        match opening.pod == pod.as_deref() {
            true => Ok(()),
            false => Err("it names another pod than the sandbox's token"),
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
        let known = refs
            .iter()
            .filter_map(|(name, _)| openings::read_rest(name))
            .chain(made)
            // A record of it that was left over does not count against itself.
            .filter(|o| o.branch != branch);
        let is_open = |branch: &str| {
            let branch = format!("refs/heads/{branch}");
            let makes = |u: &Update| u.name == branch && u.new.is_some();
            Ok(push.updates.iter().any(makes) || self.store.local_ref(&branch)?.is_some())
        };
        openings::check_quota(&policy, pod, known, is_open)
    }

    /// The branch of a name that ends in the present time.
    fn of_now<'n>(&self, name: &'n str) -> std::result::Result<&'n str, &'static str> {
        let (branch, time) = name.rsplit_once('/').unwrap_or((name, ""));
        let Some(time) = Moment::from_stamp(time) else {
            return Err("its name does not end in a time such as 2026-11-22T101112Z");
        };
        self.check_now(time).map(|()| branch)
    }

    fn check_now(&self, time: Moment) -> std::result::Result<(), &'static str> {
        match (self.now.seconds() - time.seconds()).abs() > CLOCK_SKEW {
            true => Err("its time is not the present one"),
            false => Ok(()),
        }
    }
}
