//! Tells the operator of alerts, as his configuration says. What cannot be told now waits in
//! this machine's outbox, and is told by a later call.

use crate::alerts::{Alert, AlertKind};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{hex, write_whole};
use crate::git::run_alone;
use crate::notify::{Notify, SecretPlace, To, signature};
use crate::secret::Secret;
use crate::words;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Seconds after which nobody is told any more of what could not be told.
const KEPT: i64 = 7 * crate::clock::DAY;

/// The pauses between the tries of one call.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// The write that raised alerts.
pub(super) struct Occurrence<'a> {
    pub command: &'a str,
    pub branch: Option<&'a str>,
    pub commit: Option<String>,
    /// `done`, or the kind of failure.
    pub outcome: &'a str,
    pub message: &'a str,
}

/// An alert as somebody is told of it.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    time: String,
    alert: AlertKind,
    path: Option<&'a str>,
    detail: &'a str,
    repo_name: &'a str,
    repository: Option<String>,
    branch: Option<&'a str>,
    commit: Option<&'a str>,
    command: &'a str,
    outcome: &'a str,
    message: &'a str,
    token_id: Option<String>,
    pod: Option<String>,
}

/// A message that waits for one whom it is for.
#[derive(Serialize, Deserialize)]
struct Waiting {
    /// [`Notify::name`]
    to: String,
    /// Seconds since 1970.
    since: i64,
    id: String,
    body: String,
}

/// Tells everybody who is to be told of these alerts. What fails is a warning: the write is
/// done.
pub(super) fn tell(cx: &Context, occurrence: &Occurrence<'_>, alerts: &[Alert]) {
    // What waits from earlier calls may keep nobody waiting who has no alert himself.
    if cx.config.notify.is_empty() || alerts.is_empty() {
        return;
    }
    let mut outbox = Outbox::new(cx);
    for alert in alerts {
        let id = hex(&cx.random::<8>());
        let principal = cx.principal();
        let message = Message {
            kind: "alert",
            id: &id,
            time: cx.now.rfc3339(),
            alert: alert.alert,
            path: alert.path.as_deref(),
            detail: &alert.detail,
            repo_name: &cx.repo_name,
            repository: cx.identity().id().map(|id| id.to_string()),
            branch: occurrence.branch,
            commit: occurrence.commit.as_deref(),
            command: occurrence.command,
            outcome: occurrence.outcome,
            message: occurrence.message,
            token_id: principal.as_ref().map(|c| c.id.clone()),
            pod: principal.and_then(|c| c.pod),
        };
        let Ok(body) = serde_json::to_string(&message) else {
            continue;
        };
        for notify in cx.config.notify.iter().filter(|n| n.wants(alert.alert)) {
            outbox.tell(
                notify,
                Waiting {
                    to: notify.name(),
                    since: cx.now.seconds(),
                    id: id.clone(),
                    body: body.clone(),
                },
            );
        }
    }
    outbox.tell_waiting();
}

/// Tells what waits; how many messages wait still.
pub(super) fn tell_waiting(cx: &Context) -> usize {
    let mut outbox = Outbox::new(cx);
    outbox.tell_waiting();
    outbox.waiting().len()
}

/// What waits on this machine, file by file.
struct Outbox<'a> {
    cx: &'a Context,
    folder: PathBuf,
    /// Who could not be told in this call: they are not waited for again.
    failed: Vec<String>,
    tried: Vec<PathBuf>,
}

impl<'a> Outbox<'a> {
    fn new(cx: &'a Context) -> Outbox<'a> {
        Outbox {
            cx,
            folder: cx.config.folders.state.join("outbox"),
            failed: Vec::new(),
            tried: Vec::new(),
        }
    }

    /// Tells one of a new message. It waits in a file until that is done, so that a call that
    /// is killed loses none.
    fn tell(&mut self, notify: &Notify, waiting: Waiting) {
        let name = format!("{}-{}-{}.json", waiting.since, waiting.id, waiting.to);
        let path = self.folder.join(name);
        let kept = serde_json::to_vec(&waiting)
            .map_err(std::io::Error::from)
            .and_then(|bytes| write_whole(&path, &bytes));
        match kept {
            Ok(()) => self.try_file(&path),
            Err(e) => {
                let said = match self.send(notify, &waiting) {
                    Ok(()) => return,
                    Err(failed) => failed,
                };
                self.cx.warn(format!(
                    "{notify} could not be told of an alert ({}), and {} cannot keep it ({e})",
                    said.message(),
                    self.folder.display()
                ));
            }
        }
    }

    /// Tells what waits from earlier calls.
    fn tell_waiting(&mut self) {
        for path in self.waiting() {
            if self.cx.cancel.is_cancelled() {
                return;
            }
            if !self.tried.contains(&path) {
                self.try_file(&path);
            }
        }
    }

    /// The files of what waits, the oldest first.
    fn waiting(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten();
        let paths = entries.filter_map(|e| Some(e.ok()?.path()));
        let mut paths: Vec<PathBuf> = paths
            .filter(|p| p.extension().is_some_and(|e| e == "json"))
            .collect();
        paths.sort();
        paths
    }

    /// Tells what this file holds, and removes it when that is done. Another process that has
    /// it in hand is left to it.
    fn try_file(&mut self, path: &Path) {
        self.tried.push(path.to_owned());
        let Ok(mut file) = File::open(path) else {
            return;
        };
        // The lock ends with the process. Who had it before may have removed the file.
        if file.try_lock().is_err() || !path.exists() {
            return;
        }
        let mut text = String::new();
        let read = file.read_to_string(&mut text).ok();
        let waiting = read.and_then(|_| serde_json::from_str::<Waiting>(&text).ok());
        let Some(waiting) = waiting else {
            self.cx.warn(format!(
                "{} is no alert that waits; remove it",
                path.display()
            ));
            return;
        };
        let age = self.cx.now.seconds().saturating_sub(waiting.since);
        let known = self
            .cx
            .config
            .notify
            .iter()
            .find(|n| n.name() == waiting.to);
        let gone = match known {
            Some(_) if self.failed.contains(&waiting.to) => false,
            Some(notify) => match self.send(notify, &waiting) {
                Ok(()) => true,
                Err(e) => {
                    self.failed.push(waiting.to.clone());
                    self.cx.warn(format!(
                        "{notify} could not be told of an alert: {}; it waits for the next alert, or for `aidf audit alerts`",
                        e.in_full()
                    ));
                    false
                }
            },
            None => false,
        };
        let is_old = !gone && age > KEPT;
        if is_old {
            self.cx.warn(format!(
                "an alert could not be told for {}, and is given up: {}",
                words::count(age / crate::clock::DAY, "day", "days"),
                waiting.body
            ));
        }
        if gone || is_old {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Tells one, and tries again as long as the time for it lasts.
    fn send(&self, notify: &Notify, waiting: &Waiting) -> Result<()> {
        let cx = self.cx;
        cx.progress.step(&format!("tell {notify} of an alert"));
        let begun = Instant::now();
        let left = || notify.timeout.saturating_sub(begun.elapsed());
        match &notify.to {
            To::Run(words) => run(cx, words, &waiting.body, notify.timeout),
            To::Post(callback, place) => {
                let secret = secret(cx, place)?;
                let mut pauses = PAUSES.iter();
                loop {
                    // Each try is signed with its own time: a receiver refuses old ones.
                    let now = cx.remote.options().clock.now().seconds();
                    let headers = [
                        ("webhook-id", waiting.id.clone()),
                        ("webhook-timestamp", now.to_string()),
                        (
                            "webhook-signature",
                            signature(secret.reveal(), &waiting.id, now, &waiting.body),
                        ),
                    ];
                    let posted = callback.post(&cx.remote.http(), left(), &headers, &waiting.body);
                    let pause = pauses.next().filter(|pause| **pause < left());
                    match (posted, pause) {
                        (Err(_), Some(pause)) => cx.cancel.sleep(*pause)?,
                        (posted, _) => return posted,
                    }
                }
            }
        }
    }
}

/// Runs a program with the message on its standard input. It sees neither aidf's own variables
/// nor the forges' tokens.
///
/// Errors: unavailable, for one that cannot be started, fails, or does not end in time.
fn run(cx: &Context, words: &[String], body: &str, within: Duration) -> Result<()> {
    let failed = |why: String| Error::new(Kind::Unavailable, why);
    let ended = run_alone(words, cx.environment(), body.as_bytes().to_vec(), within)
        .or_fail(Kind::Unavailable, || "it cannot be run".to_owned())?;
    match ended {
        None => Err(failed(format!(
            "it did not end within {}, and was ended",
            words::count(within.as_secs(), "second", "seconds")
        ))),
        Some((true, _)) => Ok(()),
        Some((false, said)) => Err(failed(format!("it failed: {said}"))),
    }
}

/// Reads a webhook's secret.
///
/// Errors: usage, for one that is not there.
fn secret(cx: &Context, place: &SecretPlace) -> Result<Secret> {
    let (text, whence) = match place {
        SecretPlace::File(path) => {
            let whence = format!("the file {}", path.display());
            let text = std::fs::read_to_string(path).or_fail(Kind::Usage, || {
                format!("{whence} with its secret cannot be read")
            })?;
            (text, whence)
        }
        SecretPlace::Variable(name) => (
            cx.environment().text(name).unwrap_or_default(),
            format!("the variable {name}"),
        ),
    };
    match text.trim() {
        "" => Err(Error::new(
            Kind::Usage,
            format!("{whence} has no secret to sign with"),
        )),
        text => Ok(Secret::new(text)),
    }
}
