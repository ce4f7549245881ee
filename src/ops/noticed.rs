//! What a write is noticed for, and what the policy says to that: one home for every command.

use super::quota;
use crate::alerts::{self, Alert, AlertKind};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::CommitId;
use crate::policy::{Policy, Reaction};
use crate::words;
use std::cell::RefCell;

/// What the try of a write that is made just now was noticed for.
#[derive(Debug, Default)]
pub(super) struct Noticed(RefCell<Vec<Alert>>);

impl Noticed {
    /// Begins a new try.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Takes note of one alert, unless the policy ignores its kind.
    ///
    /// Errors: denied, where the policy refuses such a write. `write` is what it is, such as
    /// `commit`.
    pub fn raise(&self, policy: &Policy, write: &str, alert: Alert) -> Result<()> {
        let reaction = policy.reaction(alert.alert);
        if reaction == Reaction::Ignore {
            return Ok(());
        }
        let sentence = alert.sentence();
        self.0.borrow_mut().push(alert);
        match reaction {
            Reaction::Refuse => Err(Error::new(
                Kind::Denied,
                format!("the policy refuses this {write} ({sentence})"),
            )
            .hint("nothing was written")),
            _ => Ok(()),
        }
    }

    /// Raises what the time of the write gives reason to notice: a branch that gets many
    /// commits, and an hour at which nobody is expected to write.
    ///
    /// Errors: those of [`Noticed::raise`]; internal.
    pub fn check_time(
        &self,
        cx: &Context,
        policy: &Policy,
        write: &str,
        (branch, tip): (&str, CommitId),
    ) -> Result<()> {
        let is_heeded = |kind| policy.reaction(kind) != Reaction::Ignore;
        if let Some(most) = policy.high_rate_commits()
            && is_heeded(AlertKind::HighRate)
        {
            let times = quota::of_last_hour(&cx.store, branch, tip, cx.now, most)?;
            if times.len() as u64 == most {
                let got = words::count(most, "commit", "commits");
                let detail = format!("{branch} got {got} within an hour already");
                self.raise(policy, write, Alert::of(AlertKind::HighRate, detail))?;
            }
        }
        if let Some(hours) = policy.outside_hours(cx.now) {
            let detail = format!(
                "it is {}, and writes are expected {hours}",
                cx.now.rfc3339()
            );
            self.raise(policy, write, Alert::of(AlertKind::OutsideHours, detail))?;
        }
        Ok(())
    }

    /// Takes note of a ledger that stops a write because it does not parse.
    pub fn record_ledger(&self, policy: &Policy, error: &Error) {
        if error.kind() == Kind::Integrity
            && policy.reaction(AlertKind::InvalidLedger) != Reaction::Ignore
        {
            let detail = error.message().to_owned();
            self.0
                .borrow_mut()
                .push(Alert::of(AlertKind::InvalidLedger, detail));
        }
    }

    /// Raises that a message tells CI not to run, or holds what looks like a credential.
    ///
    /// Errors: those of [`Noticed::raise`].
    pub fn check_message(&self, policy: &Policy, write: &str, message: &str) -> Result<()> {
        if let Some(what) = alerts::secret_in(message) {
            let detail = format!("the message contains what looks like {what}");
            self.raise(policy, write, Alert::of(AlertKind::PossibleSecret, detail))?;
        }
        match alerts::ci_directive(message) {
            None => Ok(()),
            Some(directive) => {
                let detail = format!("the message tells CI not to run: {directive}");
                self.raise(policy, write, Alert::of(AlertKind::CiDirective, detail))
            }
        }
    }

    /// Raises that a file holds what looks like a credential. `what` is what it looks like.
    ///
    /// Errors: those of [`Noticed::raise`].
    pub fn check_secret(
        &self,
        policy: &Policy,
        write: &str,
        path: &str,
        what: Option<&str>,
    ) -> Result<()> {
        match what {
            None => Ok(()),
            Some(what) => {
                let detail = format!("the content looks like {what}");
                let alert = Alert {
                    path: Some(path.to_owned()),
                    ..Alert::of(AlertKind::PossibleSecret, detail)
                };
                self.raise(policy, write, alert)
            }
        }
    }

    /// All of it so far.
    pub fn all(&self) -> Vec<Alert> {
        self.0.borrow().clone()
    }

    /// Warns of all of it.
    pub fn warn(&self, cx: &Context) {
        self.0.borrow().iter().for_each(|a| cx.warn(a.sentence()));
    }
}
