//! What a flag or the configuration names as the home of bundles, and the place that it leads
//! to.

use super::bucket::Bucket;
use super::{Dir, LIST, Place};
use crate::bundle_manifest::FILE as MANIFEST;
use crate::clock::Clock;
use crate::config::{Config, DestinationFile};
use crate::context::{Caller, Context};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result};
use crate::files::followed;
use crate::git::http_of_user;
use crate::s3::{Address, Client, Settings, Site, Way, find_credentials};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What the name of a bundle ends in.
const BUNDLE: &str = ".bundle";

/// A folder, or a prefix in S3 storage.
#[derive(Debug, Clone)]
pub(in crate::ops::backup) enum Home {
    /// A folder on this machine.
    Dir(PathBuf),
    /// A prefix in S3 storage.
    S3(Settings),
}

/// Who reaches a place.
#[derive(Clone, Copy)]
pub(in crate::ops::backup) enum Reach<'a> {
    /// A call on a repository.
    Call(&'a Context),
    /// A call on none.
    Caller(&'a Config, &'a Caller),
}

impl<'a> Reach<'a> {
    fn environment(&self) -> &'a Environment {
        match self {
            Reach::Call(cx) => cx.environment(),
            Reach::Caller(_, caller) => &caller.environment,
        }
    }

    fn config(&self) -> &'a Config {
        match self {
            Reach::Call(cx) => &cx.config,
            Reach::Caller(config, _) => config,
        }
    }

    fn way(&self) -> Result<Way<'a>> {
        Ok(match self {
            Reach::Call(cx) => Way {
                http: cx.remote.http(),
                cancel: cx.cancel.clone(),
                progress: &*cx.progress,
            },
            Reach::Caller(config, caller) => Way {
                http: http_of_user(&caller.remote_options(config, false))?,
                cancel: caller.cancel.clone(),
                progress: &*caller.progress,
            },
        })
    }

    fn clock(&self, way: &Way<'_>) -> Clock {
        way.http.clock.clone()
    }
}

impl Home {
    /// What a flag names: an address in S3 storage, or a path from `base`. Where the
    /// configuration has a destination in the same bucket, its endpoint counts.
    ///
    /// Errors: usage.
    pub fn named(given: &Path, base: &Path, reach: Reach<'_>) -> Result<Home> {
        let Some(text) = given.to_str().filter(|text| Address::is_meant_by(text)) else {
            return Ok(Home::Dir(base.join(given)));
        };
        let address = Address::parse(text)?;
        let config = reach.config();
        let own = config.repositories.iter().flat_map(|r| &r.destinations);
        let all = config.backup.destinations.iter().chain(own);
        for known in all {
            let there = known.s3.as_deref().map(Address::parse).transpose()?;
            let Some(there) = there.filter(|there| there.bucket == address.bucket) else {
                continue;
            };
            let settings = Home::settings(there, known);
            let same = settings.address == address;
            return Ok(Home::S3(Settings {
                address,
                object_lock: settings.object_lock.filter(|_| same),
                ..settings
            }));
        }
        Ok(Home::S3(Settings::of(address)))
    }

    /// The settings of a destination in the configuration.
    pub fn settings(address: Address, given: &DestinationFile) -> Settings {
        Settings {
            address,
            endpoint: given.endpoint.clone(),
            region: given.region.clone(),
            path_style: given.path_style,
            object_lock: given.object_lock,
        }
    }

    /// Its address, for messages.
    pub fn shown(&self) -> String {
        match self {
            Home::Dir(dir) => dir.display().to_string(),
            Home::S3(settings) => settings.address.to_string(),
        }
    }

    /// Says that there is no bundle at it. Those of a repository lie in a folder of its name,
    /// and the name may be another one than it was.
    pub fn no_bundle(&self) -> Error {
        let none = Error::new(
            Kind::NotFound,
            format!("there is no bundle {}", self.shown()),
        );
        let inner = self.inner().into_iter().map(|home| home.shown());
        let others: Vec<String> = inner.filter(|dir| std::fs::read_dir(dir).is_ok()).collect();
        match others.is_empty() {
            true => none,
            false => none.hint(format!(
                "it contains the bundles of other repositories; name one of these folders: {}",
                others.join(", ")
            )),
        }
    }

    /// The folders in it that contain bundles, had some, or cannot be read. Those of a bucket are not
    /// looked for.
    pub fn inner(&self) -> Vec<Home> {
        let found = match self {
            Home::Dir(dir) => folders_of_bundles(dir),
            Home::S3(_) => Vec::new(),
        };
        found.into_iter().map(Home::Dir).collect()
    }

    /// What lies in it under this name.
    pub fn join(&self, name: &str) -> Home {
        match self {
            Home::Dir(dir) => Home::Dir(dir.join(name)),
            Home::S3(settings) => Home::S3(Settings {
                address: settings.address.join(name),
                ..settings.clone()
            }),
        }
    }

    /// The home around it and its name there, if it is a file and no home itself.
    pub fn as_file(&self) -> Option<(Home, String)> {
        match self {
            Home::Dir(path) if path.is_dir() => None,
            Home::Dir(path) => {
                // What says who made a bundle lies beside it, and not beside a link to it.
                let path = followed(path).unwrap_or_else(|_| path.clone());
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let around = path.parent().map(Path::to_owned).unwrap_or_default();
                Some((Home::Dir(around), name.into_owned()))
            }
            Home::S3(settings) => {
                let prefix = &settings.address.prefix;
                let (around, name) = prefix.rsplit_once('/').unwrap_or(("", prefix));
                let mut home = settings.clone();
                home.address.prefix = around.to_owned();
                name.ends_with(BUNDLE)
                    .then(|| (Home::S3(home), name.to_owned()))
            }
        }
    }

    /// The place.
    ///
    /// Errors: usage, for an endpoint or settings that cannot be used; auth, if there is no
    /// login for it.
    pub fn place<'a>(&self, reach: Reach<'a>) -> Result<Rc<dyn Place + 'a>> {
        let settings = match self {
            Home::Dir(dir) => {
                let state = &reach.config().folders.state;
                return Ok(Rc::new(Dir::at(dir, state)));
            }
            Home::S3(settings) => settings,
        };
        let site = Site::of(settings, reach.environment())?;
        let credentials = find_credentials(reach.environment())
            .map_err(|e| e.within(&format!("for {}", settings.address)))?;
        let way = reach.way()?;
        Ok(Rc::new(Bucket {
            id: format!("{}/{}", site.base().plain(), settings.address.prefix),
            address: settings.address.clone(),
            lock: settings.object_lock,
            now: reach.clock(&way).now(),
            progress: way.progress,
            client: Client::new(site, credentials, way),
        }))
    }

    /// Reads what the configuration says of a destination in S3 storage.
    ///
    /// Errors: usage.
    pub fn of_file(text: &str, given: &DestinationFile) -> Result<Home> {
        if given.object_lock.is_some_and(|lock| lock.days == 0) {
            return Err(
                Error::new(Kind::Usage, "`object_lock: days: 0` would lock nothing")
                    .hint("give a number of days, or leave `object_lock:` out"),
            );
        }
        let address = Address::parse(text)?;
        Ok(Home::S3(Home::settings(address, given)))
    }
}

/// The folders in this one that contain bundles or what aidf writes beside them, in order; and those
/// that cannot be read, because nobody can tell what they contain.
fn folders_of_bundles(dir: &Path) -> Vec<PathBuf> {
    let is_of_bundles = |name: &OsStr| {
        let name = name.to_string_lossy();
        name.ends_with(BUNDLE) || name == MANIFEST || name == LIST
    };
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_found = match std::fs::read_dir(folder.path()) {
            Ok(files) => files.flatten().any(|file| is_of_bundles(&file.file_name())),
            Err(e) if matches!(e.kind(), ErrorKind::NotADirectory | ErrorKind::NotFound) => false,
            // Where a disk is mounted, the system has a folder of its own.
            Err(_) => folder.file_name() != "lost+found",
        };
        if is_found {
            found.push(folder.path());
        }
    }
    found.sort();
    found
}
