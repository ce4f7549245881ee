//! The destinations of the backups' copies: other remotes, and homes of bundles. Each one
//! is reported separately. If one missed something, the next run completes it.

use super::bundles::{self, Folder};
use super::place::{Home, Reach};
use super::restored::is_outage;
use super::{Backup, Found, dated};
use crate::backup_name;
use crate::clock::{Moment, Period};
use crate::config::{Config, DestinationFile, RepositoryFile};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::PushFailure::{NoAnswer, NotSent};
use crate::git::redact;
use crate::git::{Advertisement, CommitId, Endpoint, RefUpdate, Remote, Verdict};
use crate::keys::KeyRing;
use crate::ops::{one_by_one, publish};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;

/// The placeholder for the repository's name in a destination.
pub(super) const REPOSITORY: &str = "{repo}";

/// The result at one destination.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Destination {
    /// Its address, without any password.
    pub destination: String,
    /// The backups that were pushed now. Those that the destination had already are not
    /// pushed again.
    pub pushed: Vec<String>,
    /// The bundle that was written now, if one was.
    pub bundle: Option<String>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// The error itself, for the exit code.
    #[serde(skip)]
    pub failure: Option<Error>,
}

impl Destination {
    /// What its failure comes to for the whole run.
    pub(super) fn told(&self, failure: Error) -> Error {
        let there = &self.destination;
        let again = "run the same command: it completes what is missing";
        let (message, hint) = match (&self.bundle, failure.hint_text()) {
            (Some(_), hint) => (
                format!("the backup reached {there}, and something there is damaged"),
                hint.unwrap_or("look at it with `aidf backup verify`")
                    .to_owned(),
            ),
            (None, Some(hint)) => (
                format!("the backup did not reach {there}"),
                format!("{hint}; then {again}"),
            ),
            (None, None) => (
                format!("the backup did not reach {there}"),
                format!("when that works again, {again}"),
            ),
        };
        Error::new(failure.kind(), message)
            .retryable(failure.is_retryable())
            .hint(hint)
            .caused_by(failure)
    }

    fn fail(&mut self, error: Error) {
        self.error = Some(error.in_full());
        self.failure = Some(error);
    }
}

/// One destination.
#[derive(Debug, Clone)]
pub(super) enum CopyTo {
    /// A remote.
    Remote(String),
    /// A home that has one place of bundles for each repository.
    Bundles {
        home: Home,
        full_every: Option<Period>,
    },
}

/// The configuration for the current repository.
pub(super) struct BackupSettings<'a> {
    pub branches: &'a [String],
    pub destinations: Vec<CopyTo>,
}

/// Where the copies of a repository go: the places of its own entry, or else those for all.
pub fn destinations_of<'a>(
    config: &'a Config,
    own: Option<&'a RepositoryFile>,
) -> &'a [DestinationFile] {
    own.map(|r| &r.destinations)
        .filter(|own| !own.is_empty())
        .unwrap_or(&config.backup.destinations)
}

/// The settings of the current repository: those of its own entry, or else those for all.
///
/// Errors: usage, for a destination that cannot be read.
pub(super) fn settings_of(cx: &Context) -> Result<BackupSettings<'_>> {
    let here = cx.remote.address();
    let own = cx
        .config
        .repositories
        .iter()
        .find(|r| Endpoint::parse(&r.url, &cx.dir).is_ok_and(|e| e.to_string() == here));
    let general = &cx.config.backup;
    let branches = own
        .map(|r| &r.branches)
        .filter(|b| !b.is_empty())
        .unwrap_or(&general.branches);
    Ok(BackupSettings {
        branches,
        destinations: destinations_of(&cx.config, own)
            .iter()
            .map(|d| place(cx, d))
            .collect::<Result<_>>()?,
    })
}

fn place(cx: &Context, given: &DestinationFile) -> Result<CopyTo> {
    let usage = |why: String| {
        Error::new(
            Kind::Usage,
            format!("a destination of the configuration cannot be used: {why}"),
        )
        .hint("write `- url: ADDRESS`, `- folder: /PATH` or `- s3: s3://BUCKET/PREFIX`; the last two with `full_every: 30d` if you like")
    };
    let named = |text: &str| text.replace(REPOSITORY, &cx.repo_name);
    let of_s3 = [
        ("endpoint", given.endpoint.is_some()),
        ("region", given.region.is_some()),
        ("path_style", given.path_style.is_some()),
        ("object_lock", given.object_lock.is_some()),
    ];
    if given.s3.is_none()
        && let Some((name, _)) = of_s3.iter().find(|(_, is_there)| *is_there)
    {
        return Err(usage(format!("`{name}:` is for `s3:` alone")));
    }
    let full_every = given
        .full_every
        .as_deref()
        .map(|text| {
            Period::parse(text).ok_or_else(|| {
                usage(format!(
                    "`full_every: {text}` is not a length of time such as 30d"
                ))
            })
        })
        .transpose()?;
    match (&given.url, &given.folder, &given.s3) {
        (Some(url), None, None) if full_every.is_none() => Ok(CopyTo::Remote(named(url))),
        (None, Some(folder), None) => {
            let dir = PathBuf::from(named(&folder.to_string_lossy()));
            // Under cron, nobody can tell where a relative path would lead.
            if !dir.is_absolute() {
                let shown = dir.display();
                return Err(usage(format!(
                    "the folder `{shown}` is not an absolute path"
                )));
            }
            let home = Home::Dir(dir);
            Ok(CopyTo::Bundles { home, full_every })
        }
        (None, None, Some(address)) => {
            let home = Home::of_file(&named(address), given)?;
            Ok(CopyTo::Bundles { home, full_every })
        }
        _ => Err(usage(
            "it must have url, folder or s3, and only one of them".to_owned(),
        )),
    }
}

/// Copies the backups to a destination. A remote also gets those of the `earlier` ones, newest
/// first, that it missed.
pub(super) fn send(
    cx: &Context,
    keys: &KeyRing,
    place: &CopyTo,
    backups: &[Backup],
    earlier: &[Found],
    full: bool,
) -> Destination {
    match place {
        CopyTo::Remote(url) => {
            let url = url.replace(REPOSITORY, &cx.repo_name);
            push_to(cx, &url, backups, earlier)
        }
        CopyTo::Bundles { home, full_every } => {
            let mut destination = Destination {
                destination: home.shown(),
                ..Destination::default()
            };
            let refs = bundles::bundled_refs(backups);
            let place = home.join(&cx.repo_name).place(Reach::Call(cx));
            let opened = place.and_then(|place| Folder::open_mended(cx, place));
            let written = opened.and_then(|(mut folder, damage)| {
                let full = full || damage.is_some();
                let bundle = folder.write(cx, keys, &refs, full, full_every.as_ref())?;
                Ok((bundle, damage))
            });
            match written {
                Ok((bundle, damage)) => {
                    destination.bundle = bundle;
                    if let Some(e) = damage {
                        destination.fail(e);
                    }
                }
                Err(e) => destination.fail(e),
            }
            destination
        }
    }
}

fn push_to(cx: &Context, url: &str, backups: &[Backup], earlier: &[Found]) -> Destination {
    let mut destination = Destination::default();
    let remote = match Remote::of_url(url, &cx.dir, &cx.remote.options()) {
        Ok(remote) => remote,
        Err(e) => {
            destination.destination = redact(url);
            destination.fail(e);
            return destination;
        }
    };
    destination.destination = remote.address();
    let mut pushing = Pushing {
        cx,
        remote,
        backups,
        earlier,
        moved: Vec::new(),
        is_one_by_one: false,
        is_careful: false,
        trying: Vec::new(),
        refused: Vec::new(),
    };
    let result = pushing.run();
    let Pushing {
        moved,
        is_one_by_one,
        ..
    } = pushing;
    let names = moved.iter().map(|update| update.name.short().to_owned());
    destination.pushed = names.collect();
    if let Err(e) = result {
        destination.fail(match is_one_by_one {
            true => one_by_one::after(&moved, e),
            false => e,
        });
    }
    destination
}

/// The backups of this run that are not there yet.
///
/// Errors: integrity, when one of them is another commit there.
fn lacking(there: &Advertisement, backups: &[Backup]) -> Result<Vec<RefUpdate>> {
    let mut updates = Vec::new();
    for backup in backups {
        match there.branch(&backup.backup) {
            Some(commit) if commit == backup.commit => {}
            Some(commit) => {
                return Err(Error::new(
                    Kind::Integrity,
                    format!(
                        "{} is at {commit} there, and {} was expected",
                        backup.backup, backup.commit
                    ),
                ));
            }
            None => updates.push(super::creation(&backup.backup, backup.commit)?),
        }
    }
    Ok(updates)
}

/// The earlier backups that are missing there, oldest first.
/// `prune` there may have removed some for good reason. It never removes the newest one of a
/// branch. So those that are newer than that one have never been there.
fn missed(
    cx: &Context,
    there: &Advertisement,
    backups: &[Backup],
    earlier: &[Found],
) -> Result<Vec<RefUpdate>> {
    let is_ahead = |f: &Found| f.read.time.is_in_the_future(cx.now);
    let mut newest: HashMap<Option<String>, (Moment, String)> = HashMap::new();
    for found in dated(there.under(backup_name::REFS)) {
        if !is_ahead(&found) {
            let newer = (found.read.time, found.name);
            // They come newest first.
            newest.entry(found.read.branch).or_insert(newer);
        }
    }
    let mut updates = Vec::new();
    for found in earlier.iter().rev() {
        let is_newer = newest
            .get(&found.read.branch)
            .is_none_or(|(time, name)| (*time, name) < (found.read.time, &found.name));
        let is_of_this_run = backups.iter().any(|b| b.backup == found.name);
        if is_newer && !is_of_this_run && !is_ahead(found) && there.branch(&found.name).is_none() {
            updates.push(super::creation(&found.name, found.commit)?);
        }
    }
    Ok(updates)
}

/// Pushes to a destination.
struct Pushing<'a> {
    cx: &'a Context,
    remote: Remote,
    /// Those of this run.
    backups: &'a [Backup],
    /// Those of which some may be missing there.
    earlier: &'a [Found],
    /// What was pushed.
    moved: Vec<RefUpdate>,
    /// Whether it cannot take several refs at once.
    is_one_by_one: bool,
    /// Whether each earlier backup goes alone, because several failed together.
    is_careful: bool,
    /// The earlier backups that the last push was of; none of this run's.
    trying: Vec<String>,
    /// Those of them that cannot be pushed.
    refused: Vec<String>,
}

/// How many earlier backups that cannot be pushed are tried.
const MAX_REFUSED: usize = 3;

impl Pushing<'_> {
    /// Pushes what is missing there, and then the backups of this run.
    ///
    /// Errors: integrity, when a backup is another commit there; those of the push.
    fn run(&mut self) -> Result<()> {
        // Another run, or a killed one, may hold the destination's locks for a moment longer.
        let mut tries = 0;
        loop {
            match self.push_some() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(e) if e.kind() == Kind::Conflict && tries < 6 => {
                    std::thread::sleep(std::time::Duration::from_millis(50 << tries));
                    tries += 1;
                }
                // The backups of this run do not wait for what cannot be pushed, and nor do the
                // other earlier ones.
                Err(e) if !self.trying.is_empty() && !is_outage(&e) => {
                    tries = 0;
                    let tried = std::mem::take(&mut self.trying);
                    self.is_careful = true;
                    if tried.len() > 1 {
                        continue;
                    }
                    self.cx.warn(format!(
                        "{} lacks {}, and cannot be given it: {}",
                        self.remote.address(),
                        tried.join(", "),
                        e.in_full()
                    ));
                    self.refused.extend(tried);
                    if self.refused.len() == MAX_REFUSED {
                        self.earlier = &[];
                    }
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Pushes the earlier backups that are missing there, or else those of this run: all or
    /// none, or the first alone to a server that cannot do that. False where nothing is left.
    fn push_some(&mut self) -> Result<bool> {
        self.trying.clear();
        let connection = self.remote.connect()?;
        let there = &connection.advertisement;
        let mut updates = missed(self.cx, there, self.backups, self.earlier)?;
        updates.retain(|update| !self.refused.iter().any(|name| name == update.name.short()));
        if self.is_careful {
            updates.truncate(1);
        }
        if updates.is_empty() {
            updates = lacking(there, self.backups)?;
        } else {
            let names = updates.iter().map(|update| update.name.short().to_owned());
            self.trying = names.collect();
            let tips: Vec<CommitId> = updates.iter().filter_map(|update| update.new).collect();
            self.cx
                .remote
                .fetch_all(&self.cx.store, &tips, &*self.cx.progress)?;
        }
        if updates.is_empty() {
            connection.close();
            return Ok(false);
        }
        let waits = one_by_one::first_alone(&mut updates, connection.advertisement.is_atomic());
        let outcome = self
            .remote
            .push_history(connection, &self.cx.store, &updates, &[])
            .map_err(|e| match e {
                NotSent(e) | NoAnswer(e) => e,
            })?;
        for (update, verdict) in updates.iter().zip(outcome.verdicts) {
            let name = update.name.short();
            match verdict {
                Verdict::Moved => one_by_one::take_note(&mut self.moved, vec![update.clone()])?,
                Verdict::Refused(why) => {
                    let kind = match publish::may_be_stale(&why) {
                        true => Kind::Conflict,
                        false => Kind::Denied,
                    };
                    let refused = Error::new(kind, format!("{name} was refused: {why}"));
                    return Err(match outcome.messages.is_empty() {
                        true => refused,
                        false => refused.caused_by(anyhow::anyhow!(outcome.messages.join("\n"))),
                    });
                }
            }
        }
        self.is_one_by_one |= waits;
        Ok(waits || !self.trying.is_empty())
    }
}
