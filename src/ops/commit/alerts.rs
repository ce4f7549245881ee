//! What a commit is to be noticed for, and what the policy says to that.

use super::FileChange;
use super::build::Build;
use super::read::ReadFile;
use crate::alerts::{self, Alert, AlertKind};
use crate::error::{Error, Kind, Result};
use crate::policy::Reaction;

impl Build<'_> {
    /// What is noticed of the commit.
    ///
    /// Errors: denied, for what the policy refuses.
    pub(super) fn alerts(&self, wanted: &[ReadFile], files: &[FileChange]) -> Result<Vec<Alert>> {
        let mut raised = Vec::new();
        if let Some(directive) = alerts::ci_directive(self.message) {
            raised.push(Alert {
                alert: AlertKind::CiDirective,
                path: None,
                detail: format!("the message tells CI not to run: {directive}"),
            });
        }
        for want in wanted {
            if let Some(what) = want.secret {
                let path = Some(want.path.to_string());
                raised.push(Alert {
                    alert: AlertKind::PossibleSecret,
                    path,
                    detail: format!("the content looks like {what}"),
                });
            }
        }
        let lines: u64 = files.iter().map(|f| f.added + f.removed).sum();
        if self
            .state
            .policy
            .limits()
            .lines
            .is_some_and(|most| lines > most)
        {
            return Err(Error::new(
                Kind::Denied,
                format!(
                    "the commit changes {lines} lines, and the policy allows {}",
                    self.state.policy.limits().lines.unwrap_or(0)
                ),
            )
            .hint("write it in smaller commits"));
        }
        if lines > self.state.policy.large_diff_lines() {
            raised.push(Alert {
                alert: AlertKind::LargeDiff,
                path: None,
                detail: format!(
                    "{lines} lines changed; {} are expected at most",
                    self.state.policy.large_diff_lines()
                ),
            });
        }
        raised.retain(|a| self.state.policy.reaction(a.alert) != Reaction::Ignore);
        if let Some(worst) = raised
            .iter()
            .find(|a| self.state.policy.reaction(a.alert) == Reaction::Refuse)
        {
            let place = worst
                .path
                .as_deref()
                .map(|p| format!("`{p}`: "))
                .unwrap_or_default();
            return Err(Error::new(
                Kind::Denied,
                format!(
                    "the policy refuses this commit ({}): {place}{}",
                    worst.alert.name(),
                    worst.detail
                ),
            )
            .hint("nothing was written"));
        }
        Ok(raised)
    }
}
