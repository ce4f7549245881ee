//! What one call needs: settings, store, remote, keys, the present, and who listens.

use crate::clock::Moment;
use crate::config::{Config, Trust};
use crate::error::{Error, Kind, Result};
use crate::files::short_digest;
use crate::forge;
use crate::git::{CommitId, Patience, Remote, RemoteOptions, Store};
use crate::journal::{Event, Journal};
use crate::keys::KeyRing;
use crate::progress::Progress;
use crate::revocations::Revocations;
use crate::token::redact;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

/// Where a call works.
#[derive(Debug, Clone)]
pub struct Place {
    /// A remote's address, for work without a clone.
    pub repo: Option<String>,
    /// The clone's folder.
    pub dir: PathBuf,
    /// Which remote of the clone.
    pub remote: String,
    /// Whether ssh and credential helpers may ask questions.
    pub interactive: bool,
}

/// One for each call; used by ops and front ends alone.
pub struct Context {
    /// The settings in force.
    pub config: Config,
    /// The clone, or the cache of the remote.
    pub store: Store,
    /// The remote.
    pub remote: Remote,
    /// Its repository's name.
    pub repo_name: String,
    /// The folder that relative paths start from.
    pub dir: PathBuf,
    /// The present.
    pub now: Moment,
    /// Whether ssh and credential helpers may ask questions.
    pub interactive: bool,
    /// Who listens.
    pub progress: Box<dyn Progress>,
    keys: KeyRing,
    /// The ring of the first use, where there was none.
    made: OnceLock<KeyRing>,
    journal: Journal,
    revocations: Revocations,
    warnings: Mutex<Vec<String>>,
}

impl Context {
    /// Opens the store and finds the remote. Nothing is connected to yet.
    ///
    /// Errors: not_found, usage, auth.
    pub fn open(
        config: Config,
        place: &Place,
        now: Moment,
        progress: Box<dyn Progress>,
    ) -> Result<Context> {
        let options = RemoteOptions {
            timeout: config.timeout,
            limits: config.limits,
            interactive: place.interactive,
            logins: Some(forge::logins_for_git(&config.forge)),
        };
        let keys = KeyRing::load(&config.keys)?;
        let (mut store, remote) = match &place.repo {
            Some(url) => {
                let remote = Remote::of_url(url, &place.dir, &options)?;
                let name = remote.repo_name();
                let short = short_digest(&remote.address());
                let safe: String = name
                    .chars()
                    .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
                    .take(40)
                    .collect();
                let path = config
                    .folders
                    .cache
                    .join("repos")
                    .join(format!("{safe}-{short}.git"));
                (Store::open_cache(&path, config.timeout)?, remote)
            }
            None => {
                let store = Store::open_clone(&place.dir)?;
                let remote = Remote::of_clone(&store, &place.remote, &options)?;
                (store, remote)
            }
        };
        store.wait_for_programs(Patience {
            timeout: config.timeout,
            limits: config.limits,
            interactive: place.interactive,
        });
        let journal = Journal::new(Some(config.folders.state.join("journal.jsonl")));
        let repo_name = remote.repo_name();
        let context = Context {
            revocations: Revocations::of_user(&config.folders.state, &repo_name),
            repo_name,
            config,
            store,
            remote,
            dir: place.dir.clone(),
            now,
            interactive: place.interactive,
            progress,
            keys,
            made: OnceLock::new(),
            journal,
            warnings: Mutex::new(Vec::new()),
        };
        for warning in context.remote.ignored_settings() {
            context.warn(warning);
        }
        Ok(context)
    }

    /// The keys at hand.
    pub fn keys(&self) -> &KeyRing {
        self.made.get().unwrap_or(&self.keys)
    }

    /// The revocations that were seen from here.
    pub fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// The keys at hand; a first one is made where there is none.
    ///
    /// Errors: denied, for a holder, whose keys are elsewhere.
    pub fn keys_or_make(&self) -> Result<&KeyRing> {
        if self.keys().is_empty() {
            if self.config.trust == Some(Trust::Holder) {
                return Err(Error::new(
                    Kind::Denied,
                    "this machine is a holder (`trust: holder`) and issues no tokens",
                )
                .hint("ask the operator for a token, and use it with --branch and --reuse-token"));
            }
            let made =
                KeyRing::load_or_make(&self.config.keys, rand::random(), &self.now.rfc3339())?;
            // Another thread's is the same one: the file has made them agree.
            let _ = self.made.set(made);
        }
        Ok(self.keys())
    }

    /// Whether aidf itself decides about tokens here.
    pub fn is_broker(&self) -> bool {
        match self.config.trust {
            Some(trust) => trust == Trust::Broker,
            None => !self.keys().is_empty(),
        }
    }

    /// Refuses work that needs the history, where the clone's is cut.
    ///
    /// Errors: usage.
    pub fn needs_history(&self) -> Result<()> {
        if !self.store.is_shallow() {
            return Ok(());
        }
        Err(Error::new(
            Kind::Usage,
            "this clone is shallow, and its history is needed for this",
        )
        .hint("run `git fetch --unshallow` first, or work without a clone: -R URL"))
    }

    /// Keeps a warning for the report.
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        if let Ok(mut all) = self.warnings.lock()
            && !all.contains(&text)
        {
            all.push(text);
        }
    }

    /// The warnings so far.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.lock().map(|w| w.clone()).unwrap_or_default()
    }

    /// Enters what came of a write: what `done` says of a success, nothing where it says
    /// none (then nothing was written); and each failure, for `branch`.
    pub fn journal<'r, T>(
        &self,
        command: &str,
        branch: Option<&str>,
        result: &'r Result<T>,
        done: impl FnOnce(&'r T) -> Option<(&'r str, CommitId, &'r str)>,
    ) {
        match result {
            Ok(report) => {
                if let Some((branch, commit, message)) = done(report) {
                    self.record(command, Some(branch), Some(commit.to_string()), Ok(message));
                }
            }
            Err(e) => self.record(command, branch, None, Err(e)),
        }
    }

    /// Writes what happened to the journal.
    pub fn record(
        &self,
        command: &str,
        branch: Option<&str>,
        commit: Option<String>,
        result: Result<&str, &Error>,
    ) {
        let (outcome, detail) = match result {
            Ok(done) => ("done", done.to_owned()),
            Err(e) => (e.kind().name(), e.message().to_owned()),
        };
        // A token may have been typed in a branch's place.
        let branch = branch.map(redact);
        let event = Event {
            time: self.now.rfc3339(),
            command,
            outcome,
            repo_name: &self.repo_name,
            branch: branch.as_deref(),
            commit,
            detail: Some(redact(&detail).into_owned()),
        };
        if let Some(why) = self.journal.write(&event) {
            self.warn(why);
        }
    }
}
