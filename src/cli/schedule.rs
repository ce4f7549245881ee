//! `aidf backup schedule`: text to paste where jobs are scheduled.

use super::Global;
use super::ui::{Ui, internal};
use aidf::error::Result;
use clap::{ArgGroup, Args};
use serde::Serialize;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("where").required(true))]
pub struct Arguments {
    /// A crontab line for each job
    #[arg(long, group = "where")]
    cron: bool,
    /// A systemd service and timer
    #[arg(long, group = "where")]
    systemd: bool,
    /// A GitHub Actions workflow
    #[arg(long, group = "where")]
    actions: bool,
}

/// What was made.
#[derive(Debug, Serialize)]
struct Report {
    kind: &'static str,
    text: String,
}

pub fn run(global: &Global, ui: &Ui, arguments: &Arguments) -> Result<()> {
    let (kind, text) = match arguments {
        Arguments { cron: true, .. } => ("cron", cron(global)?),
        Arguments { systemd: true, .. } => ("systemd", systemd(global)?),
        _ => ("actions", actions()),
    };
    let report = Report { kind, text };
    ui.result(&report, &[], |out| out.block(&report.text))
}

/// The command as a scheduler has to call it: whole paths, and the place it works on.
fn command(global: &Global) -> Result<String> {
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
    match &global.repo {
        Some(url) => words.extend(["-R".to_owned(), url.clone()]),
        None => words.extend(["-C".to_owned(), global.folder()?.display().to_string()]),
    }
    Ok(words
        .iter()
        .map(|w| quoted(w))
        .collect::<Vec<_>>()
        .join(" "))
}

fn quoted(word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./:@=+,".contains(c));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn home() -> String {
    std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned())
}

fn cron(global: &Global) -> Result<String> {
    // In a crontab a percent sign is a newline.
    let aidf = command(global)?.replace('%', "\\%");
    let path = std::env::var("PATH").unwrap_or_default();
    Ok(format!(
        "# nightly backup, then thinning, and a weekly proof that it can be restored (times are the machine's)\n\
         HOME={}\nPATH={path}\n\
         17 2 * * *  {aidf} backup create\n\
         47 2 * * *  {aidf} backup prune --keep-daily 7 --keep-weekly 5 --keep-monthly 12\n\
         17 4 * * 0  {aidf} backup drill\n",
        home()
    ))
}

fn systemd(global: &Global) -> Result<String> {
    let aidf = command(global)?.replace('%', "%%");
    Ok(format!(
        "# ~/.config/systemd/user/aidf-backup.service\n\
         [Unit]\nDescription=Back up a git repository with aidf\nAfter=network-online.target\nWants=network-online.target\n\n\
         [Service]\nType=oneshot\nEnvironment=HOME={}\nExecStart={aidf} backup create\nSuccessExitStatus=0\n\n\
         # ~/.config/systemd/user/aidf-backup.timer\n\
         [Unit]\nDescription=Back up a git repository every night\n\n\
         [Timer]\nOnCalendar=*-*-* 02:17:00 UTC\nPersistent=true\nRandomizedDelaySec=10m\n\n\
         [Install]\nWantedBy=timers.target\n\n\
         # then: systemctl --user enable --now aidf-backup.timer\n",
        home()
    ))
}

fn actions() -> String {
    "# .github/workflows/backup.yml on the default branch\n\
     name: backup\non:\n  schedule:\n    - cron: '17 2 * * *'\n  workflow_dispatch:\npermissions:\n  contents: write\n\
     concurrency:\n  group: aidf-backup\njobs:\n  backup:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          fetch-depth: 0\n\
     \x20     - run: cargo install --locked aidf\n      - run: aidf --no-input backup create\n\
     \x20     - run: aidf --no-input backup prune --keep-daily 7 --keep-weekly 5 --keep-monthly 12\n"
        .to_owned()
}
