//! `aidf backup schedule`: text to paste where jobs are scheduled.

use super::super::Global;
use super::super::heartbeat::check;
use super::super::ui::{Ui, internal};
use aidf::alerts::secret_in;
use aidf::environment::Environment;
use aidf::error::{Error, Kind as ErrorKind, Result};
use aidf::git::{has_password, redact};
use aidf::ops::backup::{configured, destinations_of};
use aidf::words::{for_shell, is_plain};
use aidf::yaml::scalar;
use clap::{ArgGroup, Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("where").required(true))]
pub struct Arguments {
    /// Print crontab lines
    #[arg(long, group = "where")]
    cron: bool,
    /// Print a systemd service and timer for each job
    #[arg(long, group = "where")]
    systemd: bool,
    /// Print a GitHub Actions workflow
    #[arg(long, group = "where")]
    actions: bool,
    /// A job to schedule (default: create, prune, drill; also export if it has a folder to write to)
    #[arg(long = "job", value_enum, value_name = "JOB")]
    jobs: Vec<Kind>,
    /// The folder for the weekly export (default: the folders in the configured destinations)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Work on every repository in the config
    #[arg(long, conflicts_with_all = ["repo", "dir", "actions"])]
    all: bool,
    /// Have each job call URL when it has ended well; {job} and {exit} stand for its name and code
    #[arg(long, value_name = "URL")]
    heartbeat: Option<String>,
}

/// What can be scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Every night: back up
    Create,
    /// Every night, after the backup: remove what no rule keeps
    Prune,
    /// Every morning: fail if the newest backup is older than 36 hours
    Watch,
    /// Every week: restore into an empty repository
    Drill,
    /// Every week: check every backup and bundle
    Verify,
    /// Every week: write the ledgers as JSON
    Export,
}

/// A job with its times, in UTC or the machine's own.
struct Job {
    name: &'static str,
    does: &'static str,
    /// minute hour day month weekday
    cron: &'static str,
    calendar: &'static str,
    command: Vec<String>,
}

/// What was made.
#[derive(Debug, Serialize)]
struct Report {
    kind: &'static str,
    text: String,
}

/// Where jobs are scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduler {
    Cron,
    Systemd,
    Actions,
}

/// The entry for the usual jobs.
///
/// Errors: usage, for a configuration that cannot be used.
pub fn entry(global: &Global, scheduler: Scheduler) -> Result<String> {
    let arguments = Arguments {
        cron: scheduler == Scheduler::Cron,
        systemd: scheduler == Scheduler::Systemd,
        actions: scheduler == Scheduler::Actions,
        jobs: Vec::new(),
        out: None,
        all: false,
        heartbeat: None,
    };
    made(global, &arguments).map(|report| report.text)
}

fn made(global: &Global, arguments: &Arguments) -> Result<Report> {
    let jobs = jobs(global, arguments)?;
    let (kind, text) = match arguments {
        Arguments { cron: true, .. } => ("cron", cron(global, arguments, &jobs)?),
        Arguments { systemd: true, .. } => ("systemd", systemd(global, arguments, &jobs)?),
        _ => ("actions", actions(&jobs)),
    };
    Ok(Report { kind, text })
}

pub fn run(global: &Global, ui: &Ui, arguments: &Arguments) -> Result<()> {
    arguments.heartbeat.as_deref().map_or(Ok(()), check)?;
    // What would not work from here does not work from a job.
    if is_in_clone(global, arguments) && !arguments.actions {
        global.context(ui)?;
    }
    let report = made(global, arguments)?;
    ui.result(&report, |out| out.block(&report.text))
}

fn jobs(global: &Global, arguments: &Arguments) -> Result<Vec<Job>> {
    let config = global.config(&Environment::of_process())?;
    let places = match arguments.all {
        false => vec![("", destinations_of(&config, None))],
        true => configured(&config)?
            .iter()
            .map(|own| (own.url.as_str(), destinations_of(&config, Some(own))))
            .collect(),
    };
    // An export to the destinations fails for a repository that has no folder among them.
    let mut without = places
        .iter()
        .filter(|(_, all)| all.iter().all(|d| d.folder.is_none()));
    let without = without.next().map(|(url, _)| redact(url));
    let exports = arguments.actions || arguments.out.is_some() || without.is_none();
    let mut kinds = arguments.jobs.clone();
    if kinds.is_empty() {
        kinds = vec![Kind::Create, Kind::Prune, Kind::Drill];
        kinds.extend(exports.then_some(Kind::Export));
    } else if kinds.contains(&Kind::Export) && !exports {
        let of = match without.as_deref() {
            None | Some("") => String::new(),
            Some(url) => format!(" of {url}"),
        };
        return Err(Error::new(
            ErrorKind::Usage,
            format!("no destination{of} in the configuration is a folder, so the export has no folder to write to"),
        )
        .hint("name a folder with --out DIR"));
    }
    let keeps = config.backup.keep.is_some();
    let out = match &arguments.out {
        None => None,
        Some(out) if arguments.actions => Some(out.clone()),
        Some(out) => Some(std::path::absolute(out).map_err(|e| internal(e.into()))?),
    };
    Ok(kinds
        .into_iter()
        .map(|kind| job(kind, arguments, out.as_ref(), keeps))
        .collect())
}

fn job(kind: Kind, arguments: &Arguments, out: Option<&PathBuf>, keeps: bool) -> Job {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (name, does, cron, calendar, text) = match kind {
        Kind::Create => (
            "create",
            "back up",
            "17 2 * * *",
            "*-*-* 02:17:00",
            "create",
        ),
        Kind::Prune => (
            "prune",
            "remove the backups that no rule keeps",
            "47 2 * * *",
            "*-*-* 02:47:00",
            match keeps {
                true => "prune",
                false => "prune --keep-daily 7 --keep-weekly 5 --keep-monthly 12",
            },
        ),
        Kind::Watch => (
            "watch",
            "fail if the newest backup is old",
            "7 8 * * *",
            "*-*-* 08:07:00",
            "list --max-age 36h",
        ),
        Kind::Drill => (
            "drill",
            "prove that the backup can be restored",
            "17 4 * * 0",
            "Sun *-*-* 04:17:00",
            "drill",
        ),
        Kind::Verify => (
            "verify",
            "check every backup and bundle",
            "17 5 * * 0",
            "Sun *-*-* 05:17:00",
            "verify",
        ),
        Kind::Export => (
            "export",
            "export the ledgers",
            "47 4 * * 0",
            "Sun *-*-* 04:47:00",
            "export",
        ),
    };
    let mut command = words("backup");
    command.extend(words(text));
    if kind == Kind::Export {
        match out {
            Some(out) => command.extend(["--out".to_owned(), out.display().to_string()]),
            None if arguments.actions => command.extend(words("--out ledgers")),
            None => command.extend(words("--to-destinations")),
        }
    }
    if arguments.all {
        command.push("--all".to_owned());
    }
    if let Some(template) = &arguments.heartbeat {
        let url = template.replace("{job}", name);
        command.extend(["--heartbeat".to_owned(), url]);
    }
    Job {
        name,
        does,
        cron,
        calendar,
        command,
    }
}

/// The command as a scheduler has to call it: whole paths, and the place it works on.
fn command(global: &Global, arguments: &Arguments, job: &Job) -> Result<Vec<String>> {
    let program = std::env::current_exe().map_err(|e| internal(e.into()))?;
    let mut words = vec![
        program.display().to_string(),
        "-q".to_owned(),
        "--no-input".to_owned(),
    ];
    if let Some(config) = &global.config {
        let config = std::path::absolute(config).map_err(|e| internal(e.into()))?;
        words.extend(["--config".to_owned(), config.display().to_string()]);
    }
    match (&global.repo, arguments.all) {
        (_, true) => {}
        (Some(url), _) => words.extend(["-R".to_owned(), absolute(url)?]),
        (None, _) => {
            words.extend(["-C".to_owned(), global.folder()?.display().to_string()]);
            if let Some(remote) = &global.remote {
                words.extend(["--remote".to_owned(), remote.clone()]);
            }
        }
    }
    words.extend(job.command.iter().cloned());
    Ok(words)
}

/// A remote that is a folder, from wherever the scheduler stands.
///
/// Errors: usage, for an address with a password, which others could read where jobs are listed.
fn absolute(remote: &str) -> Result<String> {
    if has_password(remote) || secret_in(remote).is_some() {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("the address {} has a password or a token in it, and a job's text is no place for one", redact(remote)),
        )
        .hint("leave it out of the address, and give it to git's credential helper: git credential approve"));
    }
    match std::path::Path::new(remote).exists() {
        true => std::path::absolute(remote)
            .map(|p| p.display().to_string())
            .map_err(|e| internal(e.into())),
        false => Ok(remote.to_owned()),
    }
}

/// A value in quotes, as systemd reads one (systemd.syntax(7)).
fn for_unit(value: &str) -> String {
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%");
    format!("\"{escaped}\"")
}

/// What the job's environment must say as this one does: where things lie, and never a
/// secret itself.
fn environment(in_clone: bool) -> Vec<(&'static str, String)> {
    // A job begins in another folder.
    const FILES: [&str; 9] = [
        "HOME",
        "AIDF_CONFIG",
        "AIDF_GITHUB_APP_KEY_FILE",
        "AIDF_KEY_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "GIT_CONFIG_GLOBAL",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
    ];
    // These say which clone it is, and jobs on other repositories work in none.
    const CLONE: [&str; 2] = ["GIT_DIR", "GIT_WORK_TREE"];
    const WORDS: [&str; 17] = [
        "PATH",
        "AIDF_FORGE_API_URL",
        "AIDF_FORGE_HOST",
        "AIDF_GITHUB_APP_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_PROFILE",
        "AWS_REGION",
        "GIT_SSH_COMMAND",
        "http_proxy",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
    ];
    let given = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let clone = CLONE.into_iter().filter(|_| in_clone);
    let files = FILES.into_iter().chain(clone).filter_map(|name| {
        let whole = std::path::absolute(given(name)?).ok()?;
        Some((name, whole.display().to_string()))
    });
    let words = WORDS
        .into_iter()
        .filter_map(|name| Some((name, given(name)?)))
        // A proxy's address may have a login in it.
        .filter(|(name, value)| {
            !(name.to_ascii_lowercase().ends_with("proxy") && value.contains('@'))
        });
    files.chain(words).collect()
}

/// Whether the jobs work in a clone.
fn is_in_clone(global: &Global, arguments: &Arguments) -> bool {
    global.repo.is_none() && !arguments.all
}

/// What is said where the key comes from a variable: a job without it makes a key of its own, by
/// which no other machine knows its backups.
fn key_apart() -> &'static str {
    match std::env::var("AIDF_KEY").is_ok_and(|key| !key.is_empty()) {
        true => {
            "# AIDF_KEY is a secret, and is not in here: give the jobs the key by a file (AIDF_KEY_FILE)\n"
        }
        false => "",
    }
}

fn cron(global: &Global, arguments: &Arguments, jobs: &[Job]) -> Result<String> {
    let mut text = String::from(
        "# aidf: times are in the machine's time zone; cron mails what a job prints\n",
    );
    text.push_str(key_apart());
    for (name, value) in environment(is_in_clone(global, arguments)) {
        text.push_str(&format!("{name}={value}\n"));
    }
    for job in jobs {
        // In a crontab a percent sign is a newline.
        let line = for_shell(&command(global, arguments, job)?).replace('%', "\\%");
        text.push_str(&format!("# {}\n{}  {line}\n", job.does, job.cron));
    }
    Ok(text)
}

fn systemd(global: &Global, arguments: &Arguments, jobs: &[Job]) -> Result<String> {
    let mut text = key_apart().to_owned();
    for job in jobs {
        let name = format!("aidf-backup-{}", job.name);
        let words = command(global, arguments, job)?;
        let line = words.iter().map(|word| match is_plain(word) {
            true => word.clone(),
            // No shell is in between: a dollar sign is doubled (systemd.service(5)).
            false => for_unit(word).replace('$', "$$"),
        });
        let line = line.collect::<Vec<_>>().join(" ");
        text.push_str(&format!(
            "# ~/.config/systemd/user/{name}.service\n\
             [Unit]\nDescription=aidf: {}\n\n\
             [Service]\nType=oneshot\n",
            job.does
        ));
        for (name, value) in environment(is_in_clone(global, arguments)) {
            let value = for_unit(&format!("{name}={value}"));
            text.push_str(&format!("Environment={value}\n"));
        }
        text.push_str(&format!(
            "ExecStart={line}\n\n\
             # ~/.config/systemd/user/{name}.timer\n\
             [Unit]\nDescription=aidf: {}\n\n\
             [Timer]\nOnCalendar={} UTC\nPersistent=true\nRandomizedDelaySec=10m\n\n\
             [Install]\nWantedBy=timers.target\n\n",
            job.does, job.calendar
        ));
    }
    let timers: Vec<String> = jobs
        .iter()
        .map(|j| format!("aidf-backup-{}.timer", j.name))
        .collect();
    text.push_str(&format!(
        "# then: systemctl --user enable --now {}\n# to run them also while you are logged out: loginctl enable-linger\n",
        timers.join(" ")
    ));
    Ok(text)
}

/// The folder that a job writes to.
fn folder(command: &[String]) -> Option<&str> {
    let at = command.iter().position(|word| word == "--out")?;
    command.get(at + 1).map(String::as_str)
}

/// One workflow: each schedule runs the jobs of its hour.
fn actions(jobs: &[Job]) -> String {
    let mut text = String::from(
        "# .github/workflows/backup.yml on the default branch (times are UTC)\n\
         name: backup\non:\n  schedule:\n",
    );
    for job in jobs {
        text.push_str(&format!("    - cron: '{}'  # {}\n", job.cron, job.name));
    }
    text.push_str(
        "  workflow_dispatch:\npermissions:\n  contents: write\n\
         concurrency:\n  group: aidf-backup\njobs:\n  backup:\n    runs-on: ubuntu-latest\n    env:\n\
         \x20     # the key from your key ring: with it other machines can authenticate these backups\n\
         \x20     AIDF_KEY: ${{ secrets.AIDF_KEY }}\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          fetch-depth: 0\n\
         \x20     # before this step, install aidf on the runner's PATH\n\
         \x20     - run: aidf --version\n",
    );
    for job in jobs {
        text.push_str(&format!(
            "      - if: github.event_name != 'schedule' || github.event.schedule == '{}'\n        run: {}\n",
            job.cron,
            scalar(&format!("aidf --no-input {}", for_shell(&job.command)))
        ));
        if job.name == "export" {
            text.push_str(&format!(
                "      - if: github.event_name != 'schedule' || github.event.schedule == '{}'\n        uses: actions/upload-artifact@v4\n        with:\n          name: ledgers\n          path: {}\n",
                job.cron,
                scalar(folder(&job.command).unwrap_or("ledgers"))
            ));
        }
    }
    text
}
