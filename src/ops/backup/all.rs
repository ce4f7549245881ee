//! Runs a job for every repository of the configuration, several at a time. If one
//! repository fails, the others still run.

use super::create::{CreateReport, CreateRequest, Untold, create_untold, told};
use super::destination::REPOSITORY;
use super::shard::Shard;
use crate::clock::Moment;
use crate::config::{Config, RepositoryFile};
use crate::context::{Caller, Context, Location};
use crate::error::{Error, Kind, Result};
use crate::git::Endpoint;
use crate::git::redact;
use crate::ops::outcome::Reported;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many repositories run at once. They mostly wait for disks and networks.
const AT_ONCE: usize = 8;
/// How many repositories that failed the verdict names.
const MAX_NAMED: usize = 20;

/// The result for each repository.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AllOf<T> {
    /// In the order of the configuration.
    pub repositories: Vec<OneOf<T>>,
    /// One sentence.
    pub message: String,
    /// The warnings of the runs, in the order of the configuration.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// The result for one repository.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct OneOf<T> {
    /// Its address, without any password.
    pub url: String,
    /// The report. After a failure it is none, or covers as much as is known.
    #[serde(flatten)]
    pub report: Option<T>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// The error itself, for the exit code.
    #[serde(skip)]
    pub failure: Option<Error>,
}

impl<T: Reported> Reported for AllOf<T> {
    /// A failure comes before a finding, and an earlier repository before a later one. The
    /// others are named with it: with `--quiet` nothing else names them.
    fn verdict(&mut self) -> Result<()> {
        let total = self.repositories.len();
        let mut faults: Vec<(&str, Error)> = Vec::new();
        for one in &mut self.repositories {
            let failure = one.failure.take();
            let fault = failure.or_else(|| one.report.as_mut().and_then(|r| r.verdict().err()));
            faults.extend(fault.map(|fault| (one.url.as_str(), fault)));
        }
        // A report can be bad news though the job was done, so it counts as its verdict does.
        if self.message.is_empty() {
            let found = |f: &&(&str, Error)| f.1.kind() == Kind::Findings;
            let found = faults.iter().filter(found).count();
            self.message = summary(total, faults.len() - found, found);
        }
        faults.sort_by_key(|(_, fault)| fault.kind() == Kind::Findings);
        if faults.len() < 2 {
            let fault = faults.pop();
            return fault.map_or(Ok(()), |(url, f)| Err(f.within(&format!("in {url}"))));
        }
        let (_, first) = &faults[0];
        // A finding is told once, and so each of them is.
        let mut failures = 0;
        let is_named = |(_, fault): &&(&str, Error)| {
            failures += usize::from(fault.kind() != Kind::Findings);
            fault.kind() == Kind::Findings || failures <= MAX_NAMED
        };
        let mut each: Vec<String> = faults
            .iter()
            .filter(is_named)
            .map(|(url, fault)| format!("in {url}: {}", fault.in_full()))
            .collect();
        if let Some(more) = faults.len().checked_sub(each.len()).filter(|n| *n > 0) {
            each.push(format!("and in {more} more"));
        }
        let all = Error::new(first.kind(), each.join("; ")).retryable(first.is_retryable());
        Err(match first.hint_text() {
            Some(hint) => all.hint(hint),
            None => all,
        })
    }
}

/// The settings of the run, and who started it.
pub struct Operator<'a> {
    /// The configuration, with the repositories.
    pub config: &'a Config,
    /// The folder where relative paths start.
    pub dir: &'a Path,
    /// The current time.
    pub now: Moment,
    /// Which share of the repositories the run works on; all of them if none is named.
    pub shard: Option<Shard>,
    /// Makes the caller for one repository's run.
    pub caller: &'a (dyn Fn() -> Caller + Sync),
}

/// The repositories that `--all` means.
///
/// Errors: usage, if the configuration names none.
pub fn configured(config: &Config) -> Result<&[RepositoryFile]> {
    match config.repositories.as_slice() {
        [] => Err(Error::new(
            Kind::Usage,
            "--all works on the repositories in the configuration, and it names none",
        )
        .hint("list them under `repositories: [{url: …}]` in the config file, or leave --all out")),
        all => Ok(all),
    }
}

/// Runs `job` for every repository of the configuration, or of the run's share of it.
///
/// Errors: usage, if the configuration names no repository. A failure in one repository is
/// in its report.
pub fn each<T: Send>(
    operator: &Operator<'_>,
    job: impl Fn(&Context) -> Result<T> + Sync,
) -> Result<AllOf<T>> {
    let configured = configured(operator.config)?;
    let mine = |url: &str| match (operator.shard, name_of(url, operator.dir)) {
        (None, _) => true,
        (Some(shard), Some(name)) => shard.has(&name),
        // It fails in one share, and not in all of them.
        (Some(shard), None) => shard.has(url),
    };
    let repositories: Vec<&RepositoryFile> = configured.iter().filter(|r| mine(&r.url)).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let total = repositories.len();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(total) {
            scope.spawn(|| {
                let listener = (operator.caller)().progress;
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(repository) = repositories.get(at) else {
                        return;
                    };
                    let place = Location {
                        repo: Some(repository.url.clone()),
                        dir: operator.dir.to_owned(),
                        remote: None,
                        interactive: false,
                    };
                    let context = Context::open(
                        operator.config.clone(),
                        &place,
                        operator.now,
                        (operator.caller)(),
                    );
                    let mut warnings = Vec::new();
                    let result = context.and_then(|cx| {
                        let result = job(&cx);
                        warnings = cx.warnings();
                        result
                    });
                    let (report, failure) = match result {
                        Ok(report) => (Some(report), None),
                        Err(e) => (None, Some(e)),
                    };
                    let one = OneOf {
                        url: redact(&repository.url),
                        report,
                        error: failure.as_ref().map(Error::in_full),
                        failure,
                    };
                    if let Ok(mut done) = done.lock() {
                        done.push((at, one, warnings));
                        listener.advance("repositories", done.len() as u64, total as u64);
                    }
                }
            });
        }
    });
    let mut done = done
        .into_inner()
        .map_err(|_| Error::new(Kind::Internal, "a worker of the job failed"))?;
    done.sort_by_key(|(at, ..)| *at);
    let mut warnings = Vec::new();
    let mut repositories = Vec::new();
    for (_, one, of_it) in done {
        warnings.extend(of_it);
        repositories.push(one);
    }
    Ok(AllOf {
        message: String::new(),
        repositories,
        warnings,
    })
}

/// How many repositories are done, failed, and have something to look at.
fn summary(total: usize, failed: usize, found: usize) -> String {
    let done = total - failed;
    let mut told = format!(
        "{done} of {total} repositories {} done; {failed} failed",
        is_or_are(done)
    );
    if found > 0 {
        told.push_str(&format!(", {found} with findings"));
    }
    told
}

fn is_or_are(count: usize) -> &'static str {
    match count {
        1 => "is",
        _ => "are",
    }
}

/// Backs up every repository of the configuration.
///
/// Errors: usage, if the configuration names no repository, or if it would push all of them
/// to one place. A failure in one repository is in its report.
pub fn create_all(operator: &Operator<'_>, request: &CreateRequest) -> Result<AllOf<CreateReport>> {
    let repositories = &operator.config.repositories;
    if let Some(url) = request
        .destinations
        .iter()
        .find(|d| !d.contains(REPOSITORY))
        && repositories.len() > 1
    {
        return Err(Error::new(
            Kind::Usage,
            format!("every repository would be pushed to {}", redact(url)),
        )
        .hint(
            "write {repo} where the repository's name belongs: --dest ssh://git@far/{repo}.git",
        ));
    }
    let mut all = each(operator, |cx| create_untold(cx, request))?;
    tell(operator, &mut all)?;
    let total = all.repositories.len();
    let (mut unmade, mut uncopied, mut rewound) = (0, 0, 0);
    for one in &mut all.repositories {
        let is_whole = one.error.is_none();
        let report = one
            .report
            .get_or_insert_with(|| nothing(&one.url, operator.dir));
        rewound += usize::from(!report.rewound.is_empty());
        let is_made = is_whole && report.unmade.is_empty();
        unmade += usize::from(!is_made);
        let is_copied = report.destinations.iter().all(|d| d.failure.is_none());
        uncopied += usize::from(is_made && !is_copied);
    }
    let made = total - unmade;
    all.message = format!(
        "{made} of {total} repositories {} backed up; {rewound} rewound, {} failed",
        is_or_are(made),
        unmade + uncopied
    );
    if uncopied > 0 {
        all.message
            .push_str(&format!(" ({uncopied} of them only to copy)"));
    }
    Ok(all)
}

/// Enters the backups of branches that have lost something, now that all repositories are done
/// and the losses are as good as told. A run that is cut off before leaves them to the next.
fn tell(operator: &Operator<'_>, all: &mut AllOf<CreateReport>) -> Result<()> {
    let reports = all.repositories.iter_mut();
    let mut reports: Vec<&mut CreateReport> =
        reports.filter_map(|one| one.report.as_mut()).collect();
    reports.retain(|report| !report.untold.entries.is_empty());
    if reports.is_empty() {
        return Ok(());
    }
    let untold = |address: &str| {
        let mut waiting = reports.iter().map(|report| &report.untold);
        let found = waiting.find(|untold| untold.address == address);
        found.map_or_else(Vec::new, |untold| untold.entries.clone())
    };
    let entered = each(operator, |cx| {
        let address = cx.remote.address();
        Ok((told(cx, &untold(&address)), address))
    })?;
    all.warnings.extend(entered.warnings);
    let entered = entered.repositories.into_iter();
    let entered: Vec<_> = entered.filter_map(|one| one.report).collect();
    for report in reports {
        let of = entered.iter().find(|(_, a)| *a == report.untold.address);
        report.note(of.map_or_else(Vec::new, |(names, _)| names.clone()));
    }
    Ok(())
}

fn name_of(url: &str, dir: &Path) -> Option<String> {
    Endpoint::parse(url, dir).ok().map(|e| e.repo_name())
}

/// Sees to it that each repository of the configuration has a name of its own, for what is kept by
/// their names in one folder.
///
/// Errors: usage, for two of one name.
pub fn check_names(config: &Config, dir: &Path) -> Result<()> {
    let mut known: HashMap<String, &str> = HashMap::new();
    for RepositoryFile { url, .. } in &config.repositories {
        let Some(name) = name_of(url, dir) else {
            continue;
        };
        if let Some(other) = known.insert(name.clone(), url) {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "{} and {} are both named {name}, and one would overwrite what the other has in the folder",
                    redact(other),
                    redact(url)
                ),
            )
            .hint("nothing was written; give each a folder of its own: `destinations: [{folder: /PATH}]` beside its url, and --to-destinations"));
        }
    }
    Ok(())
}

/// The report of a repository that failed.
fn nothing(url: &str, dir: &Path) -> CreateReport {
    CreateReport {
        repo_name: name_of(url, dir).unwrap_or_default(),
        backups: Vec::new(),
        unmade: Vec::new(),
        rewound: Vec::new(),
        destinations: Vec::new(),
        message: "nothing was backed up".to_owned(),
        untold: Untold::default(),
    }
}
