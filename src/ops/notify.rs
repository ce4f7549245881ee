//! Tells the operator of alerts, as his configuration says. What cannot be told now waits in
//! this machine's outbox, and is told by a later call.

use crate::alerts::Alert;
use crate::callback::tried;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{hex, write_whole};
use crate::git::run_alone;
use crate::keys::read_private;
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

/// What somebody is told of a write.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    time: String,
    alerts: Vec<&'a Alert>,
    /// How many there are, with those that are left out.
    alerts_total: usize,
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

/// How many alerts a message lists.
const MAX_LISTED: usize = 20;
/// How many messages of earlier calls are sent besides those of a write, and how long that may
/// take.
const BACKLOG: (usize, Duration) = (20, Duration::from_secs(10));
/// The same for a call that is there to send them.
const ALL: (usize, Duration) = (1000, Duration::from_secs(120));

/// A message that waits for one whom it is for.
#[derive(Serialize, Deserialize)]
struct Waiting {
    /// [`Notify::name`]
    to: String,
    /// Its place in the configuration, for where the entry there was mended.
    at: usize,
    /// Seconds since 1970.
    since: i64,
    id: String,
    body: String,
}

/// Tells everybody who is to be told of these alerts, each with one message. What fails is a
/// warning: the write is done.
pub(super) fn tell(cx: &Context, occurrence: &Occurrence<'_>, alerts: &[Alert]) {
    // What waits from earlier calls may keep nobody waiting who has no alert himself.
    if cx.config.notify.is_empty() || alerts.is_empty() {
        return;
    }
    let mut outbox = Outbox::new(cx);
    let mut new = Vec::new();
    // All of it waits in files before the first is told: a call that is ended loses none.
    for (at, notify) in cx.config.notify.iter().enumerate() {
        let wanted: Vec<&Alert> = alerts.iter().filter(|a| notify.wants(a.alert)).collect();
        if wanted.is_empty() {
            continue;
        }
        let id = hex(&cx.random::<8>());
        let Some(body) = body(cx, occurrence, &wanted, &id) else {
            continue;
        };
        let waiting = Waiting {
            to: notify.name(),
            at,
            since: cx.now.seconds(),
            id,
            body,
        };
        new.push((notify, outbox.keep(&waiting), waiting));
    }
    for (notify, path, waiting) in new {
        match path {
            Ok(path) => outbox.try_file(&path),
            Err(e) => outbox.send_unkept(notify, &waiting, &e),
        }
    }
    outbox.tell_waiting(BACKLOG);
}

fn body(cx: &Context, occurrence: &Occurrence<'_>, wanted: &[&Alert], id: &str) -> Option<String> {
    let principal = cx.principal();
    let message = Message {
        kind: "alerts",
        id,
        time: cx.now.rfc3339(),
        alerts: wanted.iter().copied().take(MAX_LISTED).collect(),
        alerts_total: wanted.len(),
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
    serde_json::to_string(&message).ok()
}

/// Tells what waits; how many messages wait still.
pub(super) fn tell_waiting(cx: &Context) -> usize {
    let mut outbox = Outbox::new(cx);
    outbox.tell_waiting(ALL);
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

    /// Keeps a message until it is told.
    fn keep(&self, waiting: &Waiting) -> std::io::Result<PathBuf> {
        let name = format!("{}-{}-{}.json", waiting.since, waiting.id, waiting.to);
        let path = self.folder.join(name);
        write_whole(&path, &serde_json::to_vec(waiting)?)?;
        Ok(path)
    }

    /// Tells one of a message that could not be kept.
    fn send_unkept(&self, notify: &Notify, waiting: &Waiting, why: &std::io::Error) {
        if let Err(failed) = self.send(notify, waiting) {
            self.cx.warn(format!(
                "{notify} could not be told of an alert ({}), and {} cannot keep it ({why})",
                failed.message(),
                self.folder.display()
            ));
        }
    }

    /// Tells what waits from earlier calls: so many at most, and only so long.
    fn tell_waiting(&mut self, (most, within): (usize, Duration)) {
        let begun = Instant::now();
        let all = self.waiting();
        let others: Vec<PathBuf> = all
            .into_iter()
            .filter(|p| !self.tried.contains(p))
            .collect();
        for path in others.into_iter().take(most) {
            if self.cx.cancel.is_cancelled() || begun.elapsed() > within {
                return;
            }
            self.try_file(&path);
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
        let all = &self.cx.config.notify;
        let same = all.iter().find(|n| n.name() == waiting.to);
        // Who mends a wrong entry wants what waited for it.
        let known = same.or_else(|| all.get(waiting.at));
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
        match &notify.to {
            To::Run(words) => run(cx, words, &waiting.body, notify.timeout),
            To::Post(callback, place) => {
                let secret = secret(cx, place)?;
                tried(&cx.cancel, notify.timeout, &PAUSES, |left| {
                    // Each try is signed with its own time: a receiver refuses old ones.
                    let now = cx.remote.options().clock.now().seconds();
                    let signed = signature(secret.reveal(), &waiting.id, now, &waiting.body);
                    let headers = [
                        ("webhook-id", waiting.id.clone()),
                        ("webhook-timestamp", now.to_string()),
                        ("webhook-signature", signed),
                    ];
                    callback.post(&cx.remote.http(), left, &headers, &waiting.body)
                })
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
/// Errors: usage, for one that is not there; auth, for a file that others can read.
fn secret(cx: &Context, place: &SecretPlace) -> Result<Secret> {
    let (text, whence) = match place {
        SecretPlace::File(path) => {
            let whence = format!("the file {}", path.display());
            let unreadable = || format!("{whence} with its secret cannot be read");
            (read_private(path, unreadable)?, whence.clone())
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
