//! The operator's settings: file, environment and flags, resolved once.

use crate::environment::Environment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::may_be_there;
use crate::forge::{ForgeFile, ForgeSettings};
use crate::git::{TransferFile, TransferLimits};
use crate::keys::KeySource;
use crate::notify::{Notify, NotifyFile};
use crate::policy::PolicyFile;
use crate::policy::pods::check_name;
use crate::s3::ObjectLock;
use crate::secret::Secret;
use crate::yaml;
use serde::Deserialize;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigFile {
    /// Which branches are written and read.
    pub write: WriteFile,
    /// How sandboxes are made.
    pub sandbox: SandboxFile,
    /// The pod that writes from here.
    pub pod: Option<String>,
    /// Who decides about tokens.
    pub trust: Option<Trust>,
    /// Rules that tighten every repository's own policy.
    pub policy: PolicyFile,
    /// What is backed up, and how long it is kept.
    pub backup: BackupFile,
    /// The repositories that `--all` means.
    pub repositories: Vec<RepositoryFile>,
    /// The forges, and who we are to them.
    pub forge: ForgeFile,
    /// How much a remote may make us take.
    pub transfer: TransferFile,
    /// What is put on record.
    pub audit: AuditFile,
    /// Who is told of alerts.
    pub notify: Vec<NotifyFile>,
    /// The private caches of remotes.
    pub cache: CacheFile,
}

/// `cache:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheFile {
    /// How many bytes all of them may take together.
    pub bytes: Option<u64>,
}

/// `audit:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditFile {
    /// Whether nothing is written if the journal cannot be written.
    pub required: bool,
    /// Whether holders write the sandboxes: their commits are unsigned, and a server's hook,
    /// whose journal cannot be read from here, has judged them.
    pub holders: bool,
}

/// `backup:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackupFile {
    /// The branches; the remote's default one where none is named.
    pub branches: Vec<String>,
    /// What `backup prune` keeps.
    pub keep: Option<KeepFile>,
    /// Where copies go besides the remote itself.
    pub destinations: Vec<DestinationFile>,
}

/// One of `destinations:`: a remote, or a folder or a place in S3 storage for bundles. `{repo}`
/// in any of them stands for the repository's name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DestinationFile {
    /// A remote's address.
    pub url: Option<String>,
    /// A folder; each repository has one of its own name in it.
    pub folder: Option<PathBuf>,
    /// `s3://bucket/prefix`; each repository has a prefix of its own name below it.
    pub s3: Option<String>,
    /// The address of the S3 storage; AWS itself where none is named.
    pub endpoint: Option<String>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// Whether the bucket stands in the path, and not before the host.
    pub path_style: Option<bool>,
    /// How long each bundle is locked there against deletion.
    pub object_lock: Option<ObjectLock>,
    /// How old the full bundle may grow before there is a new one, such as `30d`.
    pub full_every: Option<String>,
}

/// `backup: keep:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepFile {
    /// The last so many.
    pub last: Option<u32>,
    /// The last of each of so many days.
    pub daily: Option<u32>,
    /// The last of each of so many weeks.
    pub weekly: Option<u32>,
    /// The last of each of so many months.
    pub monthly: Option<u32>,
    /// All within this time before the newest, such as `30d`.
    pub within: Option<String>,
}

/// One of `repositories:`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepositoryFile {
    /// Its address.
    pub url: String,
    /// The branches to back up, in place of `backup.branches`.
    #[serde(default)]
    pub branches: Vec<String>,
    /// Where copies go, in place of `backup.destinations`.
    #[serde(default)]
    pub destinations: Vec<DestinationFile>,
}

/// `write:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriteFile {
    /// The branch written when nothing else names one.
    pub default_branch: Option<String>,
}

/// `sandbox:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxFile {
    /// The branch that sandboxes fork from, and that holds the policy.
    pub base: Option<String>,
}

/// Who decides whether a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// aidf, with the key ring of this machine.
    Broker,
    /// The server's hook; the token is only carried there.
    Holder,
}

/// Folders of this user.
#[derive(Debug, Clone)]
pub struct Folders {
    /// Configuration and the key ring.
    pub config: PathBuf,
    /// Caches of remotes.
    pub cache: PathBuf,
    /// The journal.
    pub state: PathBuf,
}

impl Folders {
    /// The operator's own key ring.
    pub fn ring(&self) -> PathBuf {
        self.config.join("keys.json")
    }

    /// This machine's journal.
    pub fn journal(&self) -> PathBuf {
        self.state.join("journal.jsonl")
    }

    /// The platform's own, under `aidf`.
    ///
    /// Errors: usage, where the user has no home folder.
    pub fn of_user() -> Result<Folders> {
        let dirs = directories::ProjectDirs::from("", "", "aidf").ok_or_else(|| {
            Error::new(Kind::Usage, "there is no home folder to keep settings in").hint("set HOME")
        })?;
        Ok(Folders {
            config: dirs.config_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
            state: dirs.state_dir().unwrap_or(dirs.data_local_dir()).to_owned(),
        })
    }
}

/// What the flags of every command say.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--timeout`, in seconds.
    pub timeout: Option<u64>,
}

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Config {
    /// `DEFAULT_WRITE_BRANCH`
    pub environment_branch: Option<String>,
    /// `write.default_branch`
    pub default_branch: Option<String>,
    /// The branch that sandboxes fork from, and that holds the policy.
    pub base: String,
    /// The pod that writes from here.
    pub pod: Option<String>,
    /// Who decides about tokens; none: the broker where there is a key ring.
    pub trust: Option<Trust>,
    /// Rules that tighten the repository's own.
    pub policy: PolicyFile,
    /// What is backed up, and how long it is kept.
    pub backup: BackupFile,
    /// The repositories that `--all` means.
    pub repositories: Vec<RepositoryFile>,
    /// The forges, and who we are to them.
    pub forge: ForgeSettings,
    /// Where the key ring comes from.
    pub keys: KeySource,
    /// This user's folders.
    pub folders: Folders,
    /// Bound on every wait for the network.
    pub timeout: Duration,
    /// How much a remote may make us take.
    pub limits: TransferLimits,
    /// Whether nothing is written if the journal cannot be written.
    pub audit_required: bool,
    /// Whether `audit verify` takes unsigned commits of sandboxes for those of holders.
    pub audit_holders: bool,
    /// Who is told of alerts.
    pub notify: Vec<Notify>,
    /// How many bytes the private caches may take together.
    pub cache_bytes: u64,
    /// `AIDF_REUSE_TOKEN`
    pub environment_token: Option<Secret>,
}

/// What the private caches may take together where nothing else is said: a GiB.
const CACHE_BYTES: u64 = 1 << 30;

/// The base of sandboxes where nothing else is said.
pub const DEFAULT_BASE: &str = "sandbox";

impl Config {
    /// Resolves flags over environment over file; `folders` are those of whoever calls.
    ///
    /// Errors: usage, for a file that is named and not there, or that cannot be read.
    pub fn resolve(flags: &Flags, environment: &Environment, folders: Folders) -> Result<Config> {
        let file = match Config::place(flags, environment, &folders) {
            Some(path) => read(&path)?,
            None => ConfigFile::default(),
        };
        Config::of(file, flags, environment, folders)
    }

    /// The file that is read: the one that is named, or else the user's own where it is there.
    pub fn place(flags: &Flags, environment: &Environment, folders: &Folders) -> Option<PathBuf> {
        let named = flags.config.clone();
        named
            .or_else(|| environment.text("AIDF_CONFIG").map(PathBuf::from))
            .or_else(|| Some(folders.config.join("config.yaml")).filter(|own| may_be_there(own)))
    }

    /// The settings in force where the file says this.
    ///
    /// Errors: usage, for a value that cannot be.
    pub fn of(
        file: ConfigFile,
        flags: &Flags,
        environment: &Environment,
        folders: Folders,
    ) -> Result<Config> {
        let get = |name: &str| environment.text(name);
        let timeout = flags.timeout.unwrap_or(30);
        if timeout == 0 {
            return Err(
                Error::new(Kind::Usage, "`--timeout 0` would wait for nothing")
                    .hint("give at least 1 second"),
            );
        }
        if let Some(fault) = file.policy.fault() {
            return Err(Error::new(
                Kind::Usage,
                format!("the configuration's policy has a mistake: {fault}"),
            ));
        }
        let mistake = |fault: String| {
            Error::new(
                Kind::Usage,
                format!("the configuration has a mistake: {fault}"),
            )
        };
        let limits = file
            .transfer
            .resolve()
            .map_err(|e| mistake(e.to_string()))?;
        let pod = get("AIDF_POD").or(file.pod);
        pod.as_deref().map_or(Ok(()), check_name)?;
        let notify = file.notify.into_iter().enumerate();
        let notify = notify.map(|(at, one)| {
            one.resolve()
                .map_err(|fault| mistake(format!("entry {} of `notify`: {fault}", at + 1)))
        });
        let notify = notify.collect::<Result<Vec<Notify>>>()?;
        Ok(Config {
            environment_branch: get("DEFAULT_WRITE_BRANCH"),
            default_branch: file.write.default_branch,
            base: file.sandbox.base.unwrap_or_else(|| DEFAULT_BASE.to_owned()),
            pod,
            trust: file.trust,
            policy: file.policy,
            backup: file.backup,
            repositories: file.repositories,
            forge: ForgeSettings::resolve(file.forge, get)?,
            keys: KeySource {
                inline: get("AIDF_KEY").map(Secret::new),
                file: get("AIDF_KEY_FILE").map(PathBuf::from),
                ring: folders.ring(),
            },
            folders,
            timeout: Duration::from_secs(timeout),
            limits,
            audit_required: file.audit.required,
            audit_holders: file.audit.holders,
            notify,
            cache_bytes: file.cache.bytes.unwrap_or(CACHE_BYTES),
            // A secret that was read from a file mostly ends in a newline.
            environment_token: get("AIDF_REUSE_TOKEN")
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .map(Secret::new),
        })
    }
}

fn read(path: &Path) -> Result<ConfigFile> {
    let shown = path.display();
    let read = || -> std::io::Result<(bool, String)> {
        let mut file = std::fs::File::open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok((is_own(&file.metadata()?), text))
    };
    let (is_own, text) = read()
        .or_fail(Kind::Usage, || {
            format!("the configuration {shown} cannot be read")
        })
        .map_err(|e| {
            e.hint("nothing was done without its settings; see that this account can read it, or name another one with --config FILE or AIDF_CONFIG")
        })?;
    if text.trim().is_empty() {
        return Ok(ConfigFile::default());
    }
    let file = yaml::read::<Option<ConfigFile>>(&text)
        .map(Option::unwrap_or_default)
        .map_err(|why| {
            Error::new(
                Kind::Usage,
                format!("the configuration {shown} has a mistake: {why}"),
            )
            .hint("docs/configuration.md of the project lists every setting")
        })?;
    match is_own || file.notify.iter().all(|one| one.run.is_empty()) {
        true => Ok(file),
        false => Err(Error::new(
            Kind::Denied,
            format!(
                "the configuration {shown} names a program to run, and another account can write it"
            ),
        )
        .hint("if you trust what is in it, make a copy of your own that others cannot write")),
    }
}

/// Whether nobody but this account and root can write a file of settings. A group may that has the
/// account's number: it is the owner's own where each account has one.
#[cfg(unix)]
fn is_own(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_groups = meta.mode() & 0o020 != 0 && meta.gid() != meta.uid();
    crate::files::is_ours(meta) && meta.mode() & 0o002 == 0 && !is_groups
}

/// Other platforms do not tell it by a file's mode.
#[cfg(not(unix))]
fn is_own(_meta: &std::fs::Metadata) -> bool {
    true
}
