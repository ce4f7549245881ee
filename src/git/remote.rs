//! A remote: where it is, how to connect, and what is fetched from it.

use super::config;
use super::credential::LoginSource;
use super::draft::pack_of;
use super::endpoint::Endpoint;
use super::id::CommitId;
use super::limits::TransferLimits;
use super::object::Person;
use super::packing::{Taker, pack_of_history};
use super::places::{Origins, Places};
use super::settings::{GitSettings, why_ignored};
use super::store::Store;
use super::wire::PushFailure;
use super::wire::{
    FetchConnection, LinkSettings, PushConnection, PushOutcome, RefUpdate, RemoteRef, SshClient,
};
use crate::cancel::Cancel;
use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::files::real;
use crate::http::Http;
use crate::progress::Progress;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How a remote is to be reached.
#[derive(Debug, Clone)]
pub struct RemoteOptions {
    /// Bound on every wait for the network.
    pub timeout: Duration,
    /// The variables that count for it.
    pub environment: Environment,
    /// Tells the present.
    pub clock: Clock,
    /// Ends a fetch early.
    pub cancel: Cancel,
    /// Bounds on what a server may send.
    pub limits: TransferLimits,
    /// Whether ssh and the credential helpers may ask questions.
    pub interactive: bool,
    /// Whether the helpers are not told what came of their logins: they then store nothing,
    /// and forget nothing.
    pub looks_only: bool,
    /// Who else knows logins for HTTP remotes, such as a forge's app.
    pub logins: Option<Arc<dyn LoginSource>>,
}

/// A repository elsewhere.
pub struct Remote {
    name: String,
    at: Arc<Places>,
    /// The addresses that git would push to as well.
    also: Vec<String>,
}

impl Remote {
    /// The remote `name` of a clone, with insteadOf, pushInsteadOf and pushurl. Where no name
    /// is given it is `origin`, or else the only one.
    ///
    /// Errors: not_found, when the clone has no such remote; usage, for its address, or where
    /// several could be meant.
    pub fn of_clone(store: &Store, name: Option<&str>, options: &RemoteOptions) -> Result<Remote> {
        let git = store.settings()?.clone();
        let remotes = git.remotes();
        let name = match name {
            Some(name) => name,
            None => meant(&remotes)?,
        };
        let urls = git.all(&format!("remote.{name}.url"));
        let Some(url) = urls.first().map(|u| u.to_string()) else {
            return Err(none_such(store, name, &remotes));
        };
        let base = store.work_dir().unwrap_or(store.git_dir()).to_owned();
        let read = Endpoint::parse(&git.rewrite(&url, false), &base)?;
        // git-config(1): a pushurl is rewritten by insteadOf alone.
        let pushed = git.all(&format!("remote.{name}.pushurl"));
        let mut pushed: Vec<String> = match pushed.is_empty() {
            true => urls.iter().map(|url| git.rewrite(url, true)).collect(),
            false => pushed.iter().map(|url| git.rewrite(url, false)).collect(),
        };
        let write = Endpoint::parse(&pushed.remove(0), &base)?;
        let mut also = Vec::new();
        for url in pushed {
            // As they are shown, without logins.
            also.push(Endpoint::parse(&url, &base)?.to_string());
        }
        for place in [&read, &write] {
            refuse_inside(store, place)?;
        }
        Ok(Remote {
            name: name.to_owned(),
            also,
            at: Arc::new(Places::new(read, write, link_settings(git, options, false))),
        })
    }

    /// A remote by its address, with the user's own configuration alone.
    ///
    /// Errors: usage.
    pub fn of_url(url: &str, base: &Path, options: &RemoteOptions) -> Result<Remote> {
        let git = config::of_user(&options.environment, options.timeout)?;
        let read = Endpoint::parse(&git.rewrite(url, false), base)?;
        let write = Endpoint::parse(&git.rewrite(url, true), base)?;
        Ok(Remote {
            name: "origin".to_owned(),
            also: Vec::new(),
            at: Arc::new(Places::new(read, write, link_settings(git, options, true))),
        })
    }

    /// Its name in the clone.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The repository's name: the last part of its address.
    pub fn repo_name(&self) -> String {
        self.at.write.repo_name()
    }

    /// Where writes go, for people and for naming the cache.
    pub fn address(&self) -> String {
        self.at.write.to_string()
    }

    /// Where reads come from, for people.
    pub fn read_address(&self) -> String {
        self.at.read.to_string()
    }

    /// Where writes go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.at.write
    }

    /// Whether what is read comes from where writes go.
    pub fn reads_where_it_writes(&self) -> bool {
        self.at.are_one()
    }

    /// How this remote is reached; others are to be reached alike, but ask nobody.
    pub fn options(&self) -> RemoteOptions {
        RemoteOptions {
            timeout: self.at.settings.timeout,
            environment: self.at.settings.environment.clone(),
            clock: self.at.settings.http.clock.clone(),
            cancel: self.at.settings.cancel.clone(),
            limits: self.at.settings.limits,
            interactive: false,
            looks_only: self.at.settings.looks_only,
            logins: self.at.settings.logins.clone(),
        }
    }

    /// How HTTP servers are reached from here, with this remote's git configuration.
    pub fn http(&self) -> Http {
        self.at.settings.http.clone()
    }

    /// The name and address that git would write down for the operator.
    pub fn operator(&self) -> Option<Person> {
        self.at.settings.git.operator()
    }

    /// Whether the user gave the address, and not a clone's own configuration.
    pub fn is_named_by_user(&self) -> bool {
        self.at.settings.named
    }

    /// Whether the refs are read again after a push that the server calls done.
    pub fn confirms_pushes(&self) -> bool {
        self.at.settings.limits.confirm_pushes
    }

    /// The settings of the repository's own file that would matter here, and are not
    /// honoured: a warning for each.
    pub fn ignored_settings(&self) -> Vec<String> {
        let mut all = self.at.settings.git.ignored(&self.at.write);
        for name in self.at.settings.git.ignored(&self.at.read) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        let also = self.also.iter().map(|url| {
            format!(
                "aidf writes to {} alone, and not to {url}, to which git push of {} goes as well; push there by other means",
                self.at.write, self.name
            )
        });
        all.into_iter().map(why_ignored).chain(also).collect()
    }

    /// The address under which GitHub serves a file of `branch`, where this is GitHub.
    pub fn raw_url(&self, branch: &str, path: &str) -> Option<String> {
        let (host, place) = match &self.at.write {
            Endpoint::Http(url) => (url.host(), url.path()),
            Endpoint::Ssh(ssh) => (ssh.host(), ssh.path()),
            _ => return None,
        };
        let place = place.trim_matches('/');
        let place = place.strip_suffix(".git").unwrap_or(place);
        (host == "github.com")
            .then(|| format!("https://raw.githubusercontent.com/{place}/{branch}/{path}"))
    }

    /// Connects for pushing; the answer lists every ref.
    ///
    /// Errors: not_found, auth, unavailable.
    pub fn connect(&self) -> Result<PushConnection> {
        PushConnection::open(&self.at.write, &self.at.settings)
    }

    /// Connects for reading.
    ///
    /// Errors: not_found, auth, unavailable.
    pub fn connect_for_reading(&self) -> Result<FetchConnection> {
        self.at.connect(false)
    }

    /// Takes a connection for reading back, for what is asked for next.
    pub fn keep(&self, connection: FetchConnection) {
        self.at.keep(false, connection);
    }

    /// Has what the store lacks come from here.
    pub fn fill(&self, store: &Store, progress: &Arc<dyn Progress>) {
        // From here on a server of another format is refused before its refs are read.
        let _ = self.at.settings.ours.set(store.handles());
        let Some(narrow) = store.narrow() else {
            return;
        };
        let others = narrow.promisors().iter().filter(|name| **name != self.name);
        // One that cannot be reached like this is left out, as if the clone did not name it.
        let others = others.filter_map(|n| Remote::of_clone(store, Some(n), &self.options()).ok());
        let origins = Origins {
            first: Arc::clone(&self.at),
            promisors: others.map(|remote| remote.at).collect(),
        };
        narrow.fill_from(Arc::new(origins), &self.name, Arc::clone(progress));
    }

    /// Fetches what `wants` need and the store lacks. Moves no ref.
    ///
    /// `from_write_side` reads from where writes go, should that be another address.
    pub fn fetch(
        &self,
        store: &Store,
        wants: &[CommitId],
        from_write_side: bool,
        progress: &dyn Progress,
    ) -> Result<()> {
        let missing = store.lacking(wants);
        if missing.is_empty() {
            return Ok(());
        }
        tell(progress, &missing, self.at.side(from_write_side));
        loop {
            let fetched = self.at.talk_to(from_write_side, &mut |connection| {
                store.fetch_tips(connection, &missing, progress)
            });
            let refused = matches!(&fetched, Err(e) if e.kind() == Kind::NotFound);
            if !refused || !store.narrow().is_some_and(|n| n.asks_otherwise()) {
                return fetched;
            }
        }
    }

    /// Fetches what `wants` need, with all that they reach: a store that does not hold
    /// everything holds everything of these then.
    pub fn fetch_all(
        &self,
        store: &Store,
        wants: &[CommitId],
        progress: &dyn Progress,
    ) -> Result<()> {
        self.fetch(store, wants, true, progress)?;
        store
            .narrow()
            .map_or(Ok(()), |narrow| narrow.complete(wants))
    }

    /// The same as [`Remote::fetch`], on a connection that has listed the refs already.
    pub fn fetch_over(
        &self,
        mut connection: FetchConnection,
        store: &Store,
        wants: &[CommitId],
        progress: &dyn Progress,
    ) -> Result<()> {
        if connection.can_go_on() {
            self.at.keep(false, connection);
            return self.fetch(store, wants, false, progress);
        }
        let missing = store.lacking(wants);
        if missing.is_empty() {
            return Ok(());
        }
        tell(progress, &missing, &self.at.read);
        store.fetch_tips(&mut connection, &missing, progress)
    }

    /// The same, into a store that was made to look at these commits and is thrown away.
    /// `lender` is the one whose objects it sees, if it sees those of any. Without one, the
    /// commits come without their history where the server can do that.
    pub fn fetch_to_look(
        &self,
        mut connection: FetchConnection,
        into: &Store,
        lender: Option<&Store>,
        wants: &[CommitId],
        progress: &dyn Progress,
    ) -> Result<()> {
        if into.is_narrow() {
            return into.fetch_tips(&mut connection, wants, progress);
        }
        let haves = lender
            .map(Store::known_tips)
            .transpose()?
            .unwrap_or_default();
        let depth = haves.is_empty().then_some(1);
        into.fetch_plainly(&mut connection, wants, &haves, depth, progress)
    }

    /// What reaches it by ssh; none where it is not reached by ssh.
    pub fn ssh_client(&self) -> Option<SshClient> {
        matches!(self.at.read, Endpoint::Ssh(_)).then(|| SshClient::of(&self.at.settings))
    }

    /// Where what is read comes from.
    pub fn read_endpoint(&self) -> &Endpoint {
        &self.at.read
    }

    /// Fetches the tips that `names` (full ref names) have now, where writes go, so that
    /// a retry need not do it between the advertisement and its push. Gives the refs there whose
    /// names begin with one of these, or with one of `others`.
    pub(crate) fn refresh(
        &self,
        store: &Store,
        names: &[&str],
        others: &[&str],
        progress: &dyn Progress,
    ) -> Result<Vec<RemoteRef>> {
        let mut found = Vec::new();
        self.at.ask_anew(true, &mut |connection| {
            found = connection.refs(&[names, others].concat())?;
            let named = found.iter().filter(|r| names.contains(&r.name.as_str()));
            let missing = store.lacking(&named.map(|r| r.id).collect::<Vec<_>>());
            match missing.is_empty() {
                true => Ok(()),
                false => store.fetch_tips(connection, &missing, progress),
            }
        })?;
        Ok(found)
    }

    /// The branch that the remote's HEAD names. A server that does not tell which one that is
    /// (an old one, or one with a detached HEAD) has the branch at HEAD's commit; of several,
    /// the one that a new repository would have.
    ///
    /// Errors: not_found, when it has none, or when nobody can tell which.
    pub fn default_branch(&self) -> Result<String> {
        self.default_branch_and(&[]).map(|(name, _)| name)
    }

    /// The same, and where these branches are that the remote has. If none is named, that is the
    /// default branch.
    ///
    /// Errors: as those of [`Remote::default_branch`].
    pub fn default_branch_and(
        &self,
        names: &[String],
    ) -> Result<(String, Vec<(String, CommitId)>)> {
        let mut connection = self.connect_for_reading()?;
        let full: Vec<String> = names.iter().map(|name| format!("{HEADS}{name}")).collect();
        let full: Vec<&str> = full.iter().map(String::as_str).collect();
        let refs = connection.refs(&full)?;
        let (default, tip) = self.default_among(&refs, &mut connection)?;
        let tips = match names {
            [] => vec![(default.clone(), tip)],
            names => {
                let at = |name: &String| {
                    let is_it = |r: &&RemoteRef| r.name.strip_prefix(HEADS) == Some(name);
                    Some((name.clone(), refs.iter().find(is_it)?.id))
                };
                names.iter().filter_map(at).collect()
            }
        };
        Ok((default, tips))
    }

    fn default_among(
        &self,
        refs: &[RemoteRef],
        connection: &mut FetchConnection,
    ) -> Result<(String, CommitId)> {
        let Some(head) = refs.iter().find(|r| r.name == "HEAD") else {
            let (what, todo) = match connection.refs(&[HEADS])?.is_empty() {
                true => (
                    "has no default branch yet",
                    "push a first commit to it, or name another base with --base",
                ),
                false => (
                    "has branches, and its HEAD names none of them",
                    "have the server's HEAD name its default branch, in the server's settings or there: git symbolic-ref HEAD refs/heads/BRANCH; or name another base with --base",
                ),
            };
            let message = format!("{} {what}", self.at.read);
            return Err(Error::new(Kind::NotFound, message).hint(todo));
        };
        let short = |name: &str| name.strip_prefix(HEADS).map(str::to_owned);
        if let Some(name) = head.target.as_deref().and_then(short) {
            return Ok((name, head.id));
        }
        let branches = connection.refs(&[HEADS])?;
        let at_head = branches.iter().filter(|r| r.id == head.id);
        let at_head: Vec<String> = at_head.filter_map(|r| short(&r.name)).collect();
        let usual = [
            self.at.settings.git.last("init.defaultbranch"),
            Some("main"),
            Some("master"),
        ];
        let name = likely(&at_head, &usual).ok_or_else(|| {
            let seen = match at_head.is_empty() {
                true => "no branch is".to_owned(),
                false => format!("{} all are", at_head.join(", ")),
            };
            Error::new(
                Kind::NotFound,
                format!(
                    "{} does not say which branch is its default one, and {seen} at the commit of its HEAD",
                    self.at.read
                ),
            )
            .hint("name the base with --base, or have the server's HEAD name a branch: git symbolic-ref HEAD refs/heads/BRANCH")
        })?;
        Ok((name, head.id))
    }

    /// Fetches `wants` into an empty store, on a connection of its own.
    ///
    /// Errors: as the server gives them; what it cannot read of its own is unavailable.
    pub fn fetch_whole(
        &self,
        into: &Store,
        wants: &[CommitId],
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut connection = self.connect_for_reading()?;
        into.fetch_plainly(&mut connection, wants, &[], None, progress)
    }

    /// Pushes whole histories to a remote that may have a part of them: `updates`, all or
    /// none, with what its advertised tips do not reach.
    pub(crate) fn push_history(
        &self,
        connection: PushConnection,
        store: &Store,
        updates: &[RefUpdate],
        options: &[String],
    ) -> std::result::Result<PushOutcome, PushFailure> {
        let wants: Vec<CommitId> = updates.iter().filter_map(|u| u.new).collect();
        let haves = store.present(
            connection
                .advertisement
                .under("refs/heads/")
                .map(|(_, id)| id),
        );
        let taker = Taker::Peer {
            takes_thin: !connection.advertisement.can("no-thin"),
        };
        let pack = pack_of_history(store, &wants, &haves, taker).map_err(PushFailure::NotSent)?;
        connection.push(updates, Some(pack), options)
    }

    /// Pushes on `connection`: `objects` and `updates`, all refs or none.
    pub(crate) fn push(
        &self,
        connection: PushConnection,
        store: &Store,
        updates: &[RefUpdate],
        objects: &[super::ObjectId],
        options: &[String],
    ) -> std::result::Result<PushOutcome, PushFailure> {
        let may_be_thin = !connection.advertisement.can("no-thin");
        let pack = match updates.iter().any(|u| u.new.is_some()) {
            true => Some(pack_of(store, objects, may_be_thin).map_err(PushFailure::NotSent)?),
            false => None,
        };
        connection.push(updates, pack, options)
    }
}

/// Where branches are.
pub const HEADS: &str = "refs/heads/";

/// The branch that HEAD most likely is, of those at its commit.
fn likely(at_head: &[String], usual: &[Option<&str>]) -> Option<String> {
    match at_head {
        [one] => Some(one.clone()),
        several => {
            let mut usual = usual.iter().flatten();
            let found = usual.find(|name| several.iter().any(|b| b == *name));
            found.map(|name| name.to_string())
        }
    }
}

/// The remote that is meant where none is named.
///
/// Errors: usage, with the names of all.
fn meant<'r>(remotes: &BTreeSet<&'r str>) -> Result<&'r str> {
    const USUAL: &str = "origin";
    let mut all = remotes.iter().copied();
    match (remotes.contains(USUAL), remotes.len()) {
        (true, _) | (false, 0) => Ok(USUAL),
        (false, 1) => Ok(all.next().unwrap_or(USUAL)),
        _ => Err(Error::new(
            Kind::Usage,
            format!(
                "this clone has several remotes, and none is named `{USUAL}`: {}",
                all.collect::<Vec<_>>().join(", ")
            ),
        )
        .hint("name one with --remote NAME")),
    }
}

fn none_such(store: &Store, name: &str, remotes: &BTreeSet<&str>) -> Error {
    if remotes.is_empty() && store.work_dir().is_none() {
        return Error::new(
            Kind::NotFound,
            format!(
                "the bare repository at {} has no remote",
                store.git_dir().display()
            ),
        )
        .hint("to work on that repository itself, name it with -R PATH, such as `-R .`");
    }
    let known: Vec<&str> = remotes.iter().copied().collect();
    let others = match known.is_empty() {
        true => String::new(),
        false => format!("; it has {}", known.join(", ")),
    };
    Error::new(
        Kind::NotFound,
        format!("this clone has no remote named `{name}`{others}"),
    )
    .hint(
        "name a remote that `git remote` lists with --remote NAME, or give an address with -R URL",
    )
}

/// Says what is fetched; of many commits, how many.
fn tell(progress: &dyn Progress, missing: &[CommitId], side: &Endpoint) {
    const NAMED: usize = 8;
    let named: Vec<String> = missing.iter().take(NAMED).map(CommitId::short).collect();
    let more = match missing.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    progress.step(&format!("fetch {}{more} from {side}", named.join(" ")));
}

/// A repository inside the clone came with it, and so did its hooks, which a push would run.
fn refuse_inside(store: &Store, place: &Endpoint) -> Result<()> {
    let Endpoint::Path(path) = place else {
        return Ok(());
    };
    let path = real(path);
    // A clone's own configuration may say that it has no working tree.
    let own = store.common_dir();
    let holder = own
        .parent()
        .filter(|_| own.file_name().is_some_and(|n| n == ".git"));
    let inside = [store.work_dir(), Some(own), holder]
        .into_iter()
        .flatten()
        .any(|own| path.starts_with(real(own)));
    if !inside {
        return Ok(());
    }
    Err(Error::new(
        Kind::Usage,
        format!("the remote {place} lies inside this clone, and its hooks would run here"),
    )
    .hint("if it is yours, give its address with -R, or move it out of the clone"))
}

/// The door to HTTP servers that are no remotes, with the user's own settings of git.
///
/// Errors: usage, where git cannot read them; unavailable.
pub fn http_of_user(options: &RemoteOptions) -> Result<Http> {
    let git = config::of_user(&options.environment, options.timeout)?;
    Ok(link_settings(git, options, true).http)
}

fn link_settings(git: GitSettings, options: &RemoteOptions, named: bool) -> LinkSettings {
    let for_http = git.clone();
    LinkSettings {
        timeout: options.timeout,
        limits: options.limits,
        environment: options.environment.clone(),
        cancel: options.cancel.clone(),
        ssh_command: git.ssh_command(),
        interactive: options.interactive,
        looks_only: options.looks_only,
        http: Http::new(
            options.timeout,
            options.environment.clone(),
            options.clock.clone(),
            move |url| for_http.http_for(url),
        ),
        named,
        logins: options.logins.clone(),
        git,
        ours: OnceLock::new(),
    }
}
