//! Backups of every repository of the configuration, some at a time; one that fails
//! does not stop the others.

use super::create::{CreateReport, CreateRequest, create};
use crate::clock::Moment;
use crate::config::Config;
use crate::context::{Context, Place};
use crate::error::{Error, Kind, Result};
use crate::git::Endpoint;
use crate::git::wire::endpoint::redact;
use crate::progress::Progress;
use serde::Serialize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Repositories at work at once: the work is waiting, for disks and networks.
const AT_ONCE: usize = 8;

/// What was made, of each repository.
#[derive(Debug, Serialize)]
pub struct AllReport {
    /// In the order of the configuration.
    pub repositories: Vec<OneReport>,
    /// One sentence.
    pub message: String,
}

/// One repository's part.
#[derive(Debug, Serialize)]
pub struct OneReport {
    /// Its address, without a password.
    pub url: String,
    /// What was made; nothing where it failed.
    #[serde(flatten)]
    pub report: CreateReport,
    /// Why not.
    pub error: Option<String>,
    /// The error itself, for the exit code.
    #[serde(skip)]
    pub failure: Option<Error>,
}

/// Backs up every repository of the configuration.
///
/// Errors: usage, when it names none; what went wrong with one is in its report.
pub fn create_all(
    config: &Config,
    request: &CreateRequest,
    dir: &Path,
    now: Moment,
    progress: &(dyn Fn() -> Box<dyn Progress> + Sync),
) -> Result<AllReport> {
    let repositories = &config.repositories;
    if repositories.is_empty() {
        return Err(Error::new(
            Kind::Usage,
            "--all backs up the repositories of the configuration, and it names none",
        )
        .hint("list them under `repositories: [{url: …}]` in the config file"));
    }
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let total = repositories.len();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(total) {
            scope.spawn(|| {
                let listener = progress();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(repository) = repositories.get(at) else {
                        return;
                    };
                    let place = Place {
                        repo: Some(repository.url.clone()),
                        dir: dir.to_owned(),
                        remote: "origin".to_owned(),
                        interactive: false,
                    };
                    let mut request = request.clone();
                    if request.branches.is_empty() {
                        request.branches.clone_from(&repository.branches);
                    }
                    let result = Context::open(config.clone(), &place, now, progress())
                        .and_then(|cx| create(&cx, &request));
                    let (report, failure) = match result {
                        Ok(report) => (report, None),
                        Err(e) => (nothing(&repository.url, dir), Some(e)),
                    };
                    let error = failure.as_ref().map(Error::in_full);
                    if let Ok(mut done) = done.lock() {
                        done.push((
                            at,
                            OneReport {
                                url: redact(&repository.url),
                                report,
                                error,
                                failure,
                            },
                        ));
                        listener.advance("repositories", done.len() as u64, total as u64);
                    }
                }
            });
        }
    });
    let mut done = done
        .into_inner()
        .map_err(|_| Error::new(Kind::Internal, "a worker of the backup failed"))?;
    done.sort_by_key(|(at, _)| *at);
    let repositories: Vec<OneReport> = done.into_iter().map(|(_, one)| one).collect();
    let failed = repositories.iter().filter(|r| r.error.is_some()).count();
    let rewound = repositories
        .iter()
        .filter(|r| !r.report.rewound.is_empty())
        .count();
    let message = format!(
        "{} of {total} repositories are backed up; {rewound} rewound, {failed} failed",
        total - failed
    );
    Ok(AllReport {
        repositories,
        message,
    })
}

/// The report of a repository that failed.
fn nothing(url: &str, dir: &Path) -> CreateReport {
    let name = Endpoint::parse(url, dir).map(|e| e.repo_name());
    CreateReport {
        repo_name: name.unwrap_or_default(),
        backups: Vec::new(),
        rewound: Vec::new(),
        destinations: Vec::new(),
        message: "nothing was backed up".to_owned(),
    }
}
