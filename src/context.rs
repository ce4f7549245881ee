//! What one call needs: settings, store, remote, keys, the present, and who listens.

use crate::alerts::AlertKind;
use crate::cancel::Cancel;
use crate::clock::{Clock, Moment};
use crate::config::{Config, Trust};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::files::short_digest;
use crate::forge;
use crate::git::{CommitId, ObjectId, Programs, Remote, RemoteOptions, Store};
use crate::identities;
use crate::identity::{Identity, Repository};
use crate::journal::{Event, Journal};
use crate::keys::{KeyRing, OwnKeys};
use crate::mutex::locked;
use crate::progress::Progress;
use crate::revocations::Revocations;
use crate::seal;
use crate::secret::Secret;
use crate::shown::clipped;
use crate::token::{self, Claims, redact};
use rand::CryptoRng;
use serde::Serialize;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What the key of this machine seals a request for.
const REQUEST: &str = "aidf journal request v1";

/// The longest sentence of a line of the journal, in characters.
const MAX_DETAIL: usize = 4000;

/// Where a call works.
#[derive(Debug, Clone)]
pub struct Location {
    /// A remote's address, for work without a clone.
    pub repo: Option<String>,
    /// The clone's folder.
    pub dir: PathBuf,
    /// Which remote of the clone; none for `origin`, or else the only one.
    pub remote: Option<String>,
    /// Whether ssh and credential helpers may ask questions.
    pub interactive: bool,
}

/// What a front end brings to a call, in place of what the process has.
pub struct Caller {
    /// The variables that count, for the call and for the programs that it starts.
    pub environment: Environment,
    /// Tells the present to what outlasts the call's own moment.
    pub clock: Clock,
    /// Where random bytes come from. They name and seal tokens.
    pub random: Box<dyn CryptoRng + Send>,
    /// Who listens.
    pub progress: Box<dyn Progress>,
    /// Ends the call early.
    pub cancel: Cancel,
    /// What a request calls its standard input.
    pub input: Option<Box<dyn Read + Send>>,
    /// What the caller is, for the journal, such as `cli`.
    pub door: &'static str,
}

impl Caller {
    /// How programs are started for it; `interactive` where they may ask somebody.
    pub fn programs(&self, config: &Config, interactive: bool) -> Programs {
        Programs {
            environment: self.environment.clone(),
            timeout: config.timeout,
            limits: config.limits,
            interactive,
        }
    }

    /// How its remotes are reached; `interactive` where ssh and the helpers may ask somebody.
    pub fn remote_options(&self, config: &Config, interactive: bool) -> RemoteOptions {
        RemoteOptions {
            timeout: config.timeout,
            environment: self.environment.clone(),
            clock: self.clock.clone(),
            cancel: self.cancel.clone(),
            limits: config.limits,
            interactive,
            looks_only: false,
            logins: Some(forge::logins_for_git(&config.forge)),
        }
    }
}

/// What a context is made of.
pub struct Parts {
    /// The settings in force.
    pub config: Config,
    /// The clone, or the cache of the remote.
    pub store: Store,
    /// The remote.
    pub remote: Remote,
    /// The keys at hand.
    pub keys: KeyRing,
}

/// The folder of the private cache of a remote.
pub fn cache_of(config: &Config, remote: &Remote) -> PathBuf {
    let short = short_digest(&remote.address());
    let safe: String = remote
        .repo_name()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .take(40)
        .collect();
    let repos = config.folders.cache.join("repos");
    repos.join(format!("{safe}-{short}.git"))
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
    /// When the call began.
    pub now: Moment,
    /// When that was by the clock that measures how long something takes.
    begun: Instant,
    /// Whether ssh and credential helpers may ask questions.
    pub interactive: bool,
    /// Who listens.
    pub progress: Arc<dyn Progress>,
    /// Ends the call early.
    pub cancel: Cancel,
    door: &'static str,
    random: Mutex<Box<dyn CryptoRng + Send>>,
    input: Mutex<Option<Box<dyn Read + Send>>>,
    keys: OwnKeys,
    journal: Journal,
    opened: Mutex<Vec<(Secret, Claims)>>,
    identity: Mutex<Identity>,
    principal: Mutex<Option<Claims>>,
    policy: Mutex<Option<ObjectId>>,
    request: Mutex<Option<String>>,
    warnings: Mutex<Vec<String>>,
    published: AtomicBool,
}

impl Context {
    /// Opens the store and finds the remote. Nothing is connected to yet.
    ///
    /// Errors: not_found, usage, auth.
    pub fn open(config: Config, place: &Location, now: Moment, caller: Caller) -> Result<Context> {
        Context::open_by(false, config, place, now, caller)
    }

    /// The same, to look at what is here: the cache of a remote is not made, and nothing is
    /// fetched.
    ///
    /// Errors: those of [`Context::open`]; not_found, for a remote without a cache.
    pub fn look(config: Config, place: &Location, now: Moment, caller: Caller) -> Result<Context> {
        Context::open_by(true, config, place, now, caller)
    }

    fn open_by(
        looks: bool,
        config: Config,
        place: &Location,
        now: Moment,
        caller: Caller,
    ) -> Result<Context> {
        let programs = caller.programs(&config, place.interactive);
        let options = caller.remote_options(&config, place.interactive);
        let keys = KeyRing::load(&config.keys)?;
        let (store, remote) = match &place.repo {
            Some(url) => {
                let remote = Remote::of_url(url, &place.dir, &options)?;
                let cache = cache_of(&config, &remote);
                let store = match looks {
                    true => Store::look_at_cache(&cache, &programs),
                    false => Store::open_cache(&cache, &programs),
                };
                (store?, remote)
            }
            None => {
                let store = Store::open_clone(&place.dir, &programs)?;
                let remote = Remote::of_clone(&store, place.remote.as_deref(), &options)?;
                (store, remote)
            }
        };
        if looks {
            store.ask_nobody();
        }
        let cache_bytes = config.cache_bytes;
        let parts = Parts {
            config,
            store,
            remote,
            keys,
        };
        let context = Context::of(parts, &place.dir, place.interactive, now, caller);
        for warning in context.remote.ignored_settings() {
            context.warn(warning);
        }
        if let Err(e) = context.store.prune_others(cache_bytes) {
            context.warn(format!("old caches could not be removed: {e}"));
        }
        Ok(context)
    }

    /// A context of these parts. `dir` is the folder that relative paths start from.
    pub fn of(parts: Parts, dir: &Path, interactive: bool, now: Moment, caller: Caller) -> Context {
        let Parts {
            config,
            store,
            remote,
            keys,
        } = parts;
        let journal = Journal::new(config.folders.journal());
        let progress: Arc<dyn Progress> = caller.progress.into();
        remote.fill(&store, &progress);
        let repo_name = remote.repo_name();
        let identity = identities::remembered(&store, &remote.address());
        Context {
            repo_name,
            config,
            store,
            remote,
            dir: dir.to_owned(),
            now,
            begun: Instant::now(),
            interactive,
            progress,
            cancel: caller.cancel,
            door: caller.door,
            random: Mutex::new(caller.random),
            input: Mutex::new(caller.input),
            keys: OwnKeys::of(keys),
            journal,
            opened: Mutex::default(),
            identity: Mutex::new(identity),
            principal: Mutex::default(),
            policy: Mutex::default(),
            request: Mutex::default(),
            warnings: Mutex::new(Vec::new()),
            published: AtomicBool::new(false),
        }
    }

    /// The variables that count here.
    pub fn environment(&self) -> &Environment {
        &self.store.programs().environment
    }

    /// So many random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.draw(|random| random.fill_bytes(&mut bytes));
        bytes
    }

    /// What `work` makes of the source of random bytes.
    pub fn draw<T>(&self, work: impl FnOnce(&mut dyn CryptoRng) -> T) -> T {
        let mut random = locked(&self.random);
        work(&mut **random)
    }

    /// The call's standard input, which can be read once; none where it has none.
    pub fn input(&self) -> Option<Box<dyn Read + Send>> {
        let mut input = locked(&self.input);
        input.take()
    }

    /// The keys at hand.
    pub fn keys(&self) -> &KeyRing {
        self.keys.ring()
    }

    /// The revocations that were seen from here: those of the repository's identity, or of
    /// its name while it has none.
    pub fn revocations(&self) -> Revocations {
        match self.identity().id() {
            Some(id) => Revocations::of_user(&self.config.folders.state, &id.to_string()),
            None => self.revocations_by_name(),
        }
    }

    /// The revocations that were seen before the repository had an identity.
    pub fn revocations_by_name(&self) -> Revocations {
        Revocations::of_user(&self.config.folders.state, &self.repo_name)
    }

    /// The keys at hand; a first one is made where there is none.
    ///
    /// Errors: denied, for a holder, whose keys are elsewhere.
    pub fn keys_or_make(&self) -> Result<&KeyRing> {
        self.keys_or_prepare()?;
        self.keep_keys()?;
        Ok(self.keys())
    }

    /// The same, but a first key is this machine's only once [`Context::keep_keys`] was
    /// called: what fails before leaves none behind.
    ///
    /// Errors: those of [`Context::keys_or_make`].
    pub fn keys_or_prepare(&self) -> Result<&KeyRing> {
        if self.keys().is_empty() && self.config.trust == Some(Trust::Holder) {
            return Err(Error::new(
                Kind::Denied,
                "this machine is a holder (`trust: holder`) and issues no tokens",
            )
            .hint("ask the operator for a token, and use it with --branch and --reuse-token"));
        }
        let now = self.now.rfc3339();
        self.keys.prepare(&self.config.keys, self.random(), &now)
    }

    /// Keeps a first key that was prepared. True where there was one.
    ///
    /// Errors: internal, for the disk.
    pub fn keep_keys(&self) -> Result<bool> {
        self.keys.keep()
    }

    /// The present, for a call that may have waited for long.
    pub fn present(&self) -> Moment {
        let passed = i64::try_from(self.begun.elapsed().as_secs()).unwrap_or_default();
        Moment::from_seconds(self.now.seconds() + passed)
    }

    /// What is known of the repository's identity, so far.
    pub fn identity(&self) -> Identity {
        *locked(&self.identity)
    }

    /// Takes note of the repository's identity; the one before.
    pub fn set_identity(&self, identity: Identity) -> Identity {
        let mut known = locked(&self.identity);
        std::mem::replace(&mut *known, identity)
    }

    /// The repository, as tokens and signatures name it.
    pub fn repository(&self) -> Repository<'_> {
        Repository {
            name: &self.repo_name,
            identity: self.identity(),
        }
    }

    /// What a token of this repository says, opened once for each call; none for one that no
    /// key at hand opens.
    pub fn claims_of(&self, token: &Secret) -> Option<Claims> {
        let mut opened = locked(&self.opened);
        if let Some((_, claims)) = opened.iter().find(|(t, _)| t == token) {
            return Some(claims.clone());
        }
        let claims = token::open(token.reveal(), self.keys(), &self.repo_name)?;
        opened.push((token.clone(), claims.clone()));
        Some(claims)
    }

    /// The claims of the token that this call works with, once it was opened.
    pub fn principal(&self) -> Option<Claims> {
        locked(&self.principal).clone()
    }

    /// Takes note of the token that this call works with.
    pub fn set_principal(&self, claims: &Claims) {
        *locked(&self.principal) = Some(claims.clone());
    }

    /// Takes note of the policy file that this call works under, for the journal.
    pub fn note_policy(&self, file: Option<ObjectId>) {
        *locked(&self.policy) = file;
    }

    /// Takes note of what this call was asked for, for the journal.
    pub fn note_request(&self, request: &impl Serialize) {
        let sealed = self.keys().active().and_then(|key| {
            let json = serde_json::to_vec(request).ok()?;
            Some(seal::seal(key, REQUEST, &[json]))
        });
        *locked(&self.request) = sealed;
    }

    /// Looks whether the journal can be written, where the operator requires that.
    ///
    /// Errors: unavailable.
    pub fn check_journal(&self) -> Result<()> {
        if !self.config.audit_required {
            return Ok(());
        }
        self.journal.check_writable().map_err(|why| {
            Error::new(Kind::Unavailable, why)
                .hint("nothing was written, because the configuration says `audit: required`; see that the journal can be written, and try again")
        })
    }

    /// This machine's journal.
    pub fn journal_file(&self) -> &Journal {
        &self.journal
    }

    /// Whether aidf itself decides about tokens here.
    pub fn is_broker(&self) -> bool {
        match self.config.trust {
            Some(trust) => trust == Trust::Broker,
            None => !self.keys().is_empty(),
        }
    }

    /// Takes note that a push of this call has landed.
    pub fn note_published(&self) {
        self.published.store(true, Ordering::Relaxed);
    }

    /// Fails if something was read without what could not be fetched. If that was after a push
    /// that landed, it is a warning: what is wrong is no more than this clone's own records.
    ///
    /// Errors: why it could not be fetched.
    pub fn check_fetched(&self) -> Result<()> {
        match self.store.check_fetched() {
            Err(e) if self.published.load(Ordering::Relaxed) => {
                self.warn_of_record(&e);
                Ok(())
            }
            checked => checked,
        }
    }

    /// Warns that a write landed, and that this clone has no record of it.
    pub fn warn_of_record(&self, why: &Error) {
        self.warn(format!(
            "the write succeeded, but this clone could not record it: {why}"
        ));
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
        self.record_alerting(command, branch, commit, result, &[]);
    }

    /// The same, for a write that was noticed for something.
    pub fn record_alerting(
        &self,
        command: &str,
        branch: Option<&str>,
        commit: Option<String>,
        result: Result<&str, &Error>,
        alerts: &[AlertKind],
    ) {
        let (outcome, detail) = match result {
            Ok(done) => ("done", done.to_owned()),
            Err(e) => (e.kind().name(), e.message().to_owned()),
        };
        // A token may have been typed in a branch's place.
        let branch = branch.map(redact);
        let principal = self.principal();
        let event = Event {
            time: self.now.rfc3339(),
            command,
            outcome,
            door: self.door,
            repo_name: &self.repo_name,
            repository: self.identity().id().map(|id| id.to_string()),
            address: self.remote.address(),
            branch: branch.as_deref(),
            token_id: principal.as_ref().map(|c| c.id.clone()),
            pod: principal.and_then(|c| c.pod),
            commit,
            policy: locked(&self.policy).map(|id| id.to_string()),
            request: locked(&self.request).clone(),
            detail: Some(clipped(&redact(&detail), MAX_DETAIL).into_owned()),
            alerts,
        };
        if let Some(why) = self.journal.write(&event, self.keys.kept().active()) {
            self.warn(why);
        }
    }
}
