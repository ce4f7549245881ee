//! What a commit is to be noticed for besides its message, its time and its ledgers.

use super::FileChange;
use super::build::Build;
use super::read::ReadFile;
use crate::alerts::{Alert, AlertKind};
use crate::error::{Error, Kind, Result};

impl Build<'_> {
    /// Takes note of what the files and their size give reason to notice.
    ///
    /// Errors: denied, for what the policy refuses.
    pub(super) fn notice(&self, wanted: &[ReadFile], files: &[FileChange]) -> Result<()> {
        let (policy, noticed) = (self.state.policy, self.state.noticed);
        for want in wanted {
            noticed.check_secret(policy, "commit", want.path.as_str(), want.secret)?;
        }
        let lines: u64 = files.iter().map(|f| f.added + f.removed).sum();
        if let Some(most) = policy.limits().lines.filter(|most| lines > *most) {
            return Err(Error::new(
                Kind::Denied,
                format!("the commit changes {lines} lines, and the policy allows {most}"),
            )
            .hint("write it in smaller commits"));
        }
        let expected = policy.large_diff_lines();
        if lines > expected {
            let detail = format!("{lines} lines changed; {expected} are expected at most");
            noticed.raise(policy, "commit", Alert::of(AlertKind::LargeDiff, detail))?;
        }
        Ok(())
    }
}
