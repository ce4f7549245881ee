//! What a verification comes to.

use super::loss::forgetting;
use super::restored::is_unreached;
use crate::error::{Error, Kind, Result};
use crate::ops::outcome::Reported;
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was verified.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct VerifyReport {
    /// The repository; empty if only bundles were looked at.
    pub repo_name: String,
    /// The backups and bundles that have all their objects, all intact.
    pub verified: Vec<String>,
    /// Those of them that have no known maker, or that are older than manifests.
    pub unauthenticated: Vec<String>,
    /// Those of them that were made with a key that we do not have.
    pub unknown: Vec<String>,
    /// What is wrong, and with which backup or bundle.
    pub problems: Vec<Problem>,
    /// One sentence.
    pub message: String,
    /// Those problems that are a place which is not there or could not be reached: nothing is
    /// known about its bundles.
    #[serde(skip)]
    pub unreached: Vec<Error>,
    /// The address of the remote; empty if only bundles were looked at.
    #[serde(skip)]
    pub address: String,
}

/// Something that is wrong with a backup or a bundle.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The backup or bundle.
    pub name: String,
    /// What is wrong.
    pub problem: String,
    /// Which kind of a problem it is.
    #[serde(skip)]
    pub what: What,
}

/// Which kind of a problem something is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum What {
    /// A bundle is damaged, or a place of them.
    #[default]
    Bundle,
    /// A backup of the remote is damaged.
    Backup,
    /// A backup of the remote is gone.
    Gone,
    /// A place is not there or could not be reached.
    Unreached,
}

impl Reported for VerifyReport {
    fn verdict(&mut self) -> Result<()> {
        if self.unreached.len() == self.problems.len()
            && let Some(first) = self.unreached.pop()
        {
            return Err(first);
        }
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(self.damage()),
        }
    }
}

/// How many of the damaged backups the error names.
const MAX_NAMED: usize = 5;

impl VerifyReport {
    /// The error that names what is damaged, and where it lies: with `--quiet` nothing else does.
    fn damage(&self) -> Error {
        let damaged = self.problems.iter().filter(|p| p.what != What::Unreached);
        let mut names: Vec<String> = damaged
            .map(|p| match p.what {
                What::Backup | What::Gone => format!("{} of {}", p.name, self.address),
                What::Bundle | What::Unreached => p.name.clone(),
            })
            .collect();
        let more = names.len().saturating_sub(MAX_NAMED);
        names.truncate(MAX_NAMED);
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        let message = format!("{}: {}", self.message, names.join(", "));
        let mut hints = Vec::new();
        let is = |what: What| move |p: &&Problem| p.what == what;
        if self
            .problems
            .iter()
            .any(|p| matches!(p.what, What::Bundle | What::Backup))
        {
            hints.push(
                "keep what is left; restore from another destination, and repair this one"
                    .to_owned(),
            );
        }
        if let Some(gone) = self.problems.iter().find(is(What::Gone)) {
            hints.push(format!(
                "find out who deleted {}; if that was on purpose, let it go: {}",
                gone.name,
                forgetting(&self.address, &gone.name)
            ));
        }
        Error::new(Kind::Integrity, message).hint(hints.join("; "))
    }

    /// Notes a place that has no bundles, of which nothing is known.
    pub(super) fn missing(&mut self, name: String, why: Error) {
        self.problems.push(Problem {
            name,
            problem: why.in_full(),
            what: What::Unreached,
        });
        self.unreached.push(why);
    }

    /// Notes what is wrong with a backup or a bundle.
    pub(super) fn problem(&mut self, name: String, error: &Error, mut what: What) {
        if is_unreached(error) {
            what = What::Unreached;
            let cause = anyhow::anyhow!(error.in_full());
            let mut unreached =
                Error::new(error.kind(), format!("{name} cannot be verified")).caused_by(cause);
            if let Some(hint) = error.hint_text() {
                unreached = unreached.hint(hint);
            }
            self.unreached.push(unreached);
        }
        self.problems.push(Problem {
            name,
            problem: error.in_full(),
            what,
        });
    }

    /// The report with its sentence.
    pub(super) fn told(mut self) -> Self {
        let (good, bad) = (self.verified.len(), self.problems.len());
        self.message = match (good, bad) {
            (0, 0) => "there are no backups to verify".to_owned(),
            (_, 0) => {
                let mut more = String::new();
                for (n, what) in [
                    (self.unauthenticated.len(), "not authenticated"),
                    (self.unknown.len(), "with a key that is not here"),
                ] {
                    if n > 0 {
                        more.push_str(&format!("; {n} {what}"));
                    }
                }
                format!(
                    "{} verified: every object is there and intact{more}",
                    words::count(good, "backup", "backups")
                )
            }
            _ => {
                let unreached = self.unreached.len();
                let damaged = bad - unreached;
                let mut told = match damaged {
                    0 => format!("{good} verified"),
                    n => {
                        let is_gone = self.problems.iter().any(|p| p.what == What::Gone);
                        let what = if is_gone {
                            "damaged or gone"
                        } else {
                            "damaged"
                        };
                        let all = words::count(good + n, "backup", "backups");
                        format!("{n} of {all} {what}")
                    }
                };
                if unreached > 0 {
                    let places = words::count(unreached, "bundle or place", "bundles and places");
                    told.push_str(&format!(", and {places} cannot be reached"));
                }
                told
            }
        };
        self
    }
}
