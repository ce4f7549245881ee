//! The first key of a machine. It can seal before its ring is in its place: what then fails
//! leaves no key behind, with which this machine would judge tokens that it cannot open.

use super::{Key, KeyEntry, KeyRing, KeySource, KeyState, RingFile, parse_ring, read_secret};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{lock_file, lock_within, write_durably};
use crate::mutex::locked;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// How long a first key waits for another process that makes one. That one may wait for a
/// server meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// A ring with a first key, which is no machine's ring until it is kept.
struct First {
    ring: KeyRing,
    /// Its file, beside that of the ring. A run that is killed leaves it, and the next one takes
    /// its key: a server may have what was sealed with it.
    file: tempfile::TempPath,
    place: PathBuf,
    /// Keeps other processes from making another first key: the tokens of one would be lost.
    _lock: File,
}

impl First {
    /// Makes it the ring of this machine.
    ///
    /// Errors: internal, for the disk.
    fn keep(self) -> Result<KeyRing> {
        // It never replaces a ring.
        match self.file.persist_noclobber(&self.place) {
            Ok(_) => Ok(self.ring),
            Err(e) => Err(Error::new(Kind::Internal, unwritten(&self.place)).caused_by(e.error)),
        }
    }
}

/// The keys of this machine for one call, which may make the first one.
pub struct OwnKeys {
    loaded: KeyRing,
    /// The ring of the first use, where there was none.
    made: OnceLock<KeyRing>,
    /// That ring, as long as nothing keeps it.
    first: Mutex<Option<First>>,
}

impl OwnKeys {
    /// These keys.
    pub fn of(loaded: KeyRing) -> OwnKeys {
        OwnKeys {
            loaded,
            made: OnceLock::new(),
            first: Mutex::default(),
        }
    }

    /// The keys at hand, with one that is only prepared.
    pub fn ring(&self) -> &KeyRing {
        self.made.get().unwrap_or(&self.loaded)
    }

    /// The keys that stay: what a prepared one has sealed, nobody could check later.
    pub fn kept(&self) -> &KeyRing {
        match *locked(&self.first) {
            Some(_) => &self.loaded,
            None => self.ring(),
        }
    }

    /// The keys at hand; a first one is prepared where there is none.
    ///
    /// Errors: those of [`KeyRing::load_or_make`].
    pub fn prepare(&self, source: &KeySource, random: [u8; 32], now: &str) -> Result<&KeyRing> {
        // Another thread may do so at the same moment.
        let mut first = locked(&self.first);
        if self.ring().is_empty() {
            let ring = match KeyRing::load_or_prepare(source, random, now)? {
                Ok(ring) => ring,
                Err(made) => first.insert(made).ring.clone(),
            };
            let _ = self.made.set(ring);
        }
        Ok(self.ring())
    }

    /// Keeps a first key that was prepared. True where there was one.
    ///
    /// Errors: internal, for the disk.
    pub fn keep(&self) -> Result<bool> {
        let first = locked(&self.first).take();
        first.map_or(Ok(false), |first| first.keep().map(|_| true))
    }
}

impl KeyRing {
    /// Loads the ring; if there is none, creates one with a first key.
    ///
    /// If several processes start at once, one creates the ring and all use it.
    pub fn load_or_make(source: &KeySource, random: [u8; 32], now: &str) -> Result<KeyRing> {
        match KeyRing::load_or_prepare(source, random, now)? {
            Ok(ring) => Ok(ring),
            Err(first) => first.keep(),
        }
    }

    /// Loads the ring; the inner error is a first key, if there is none. Until that is kept or
    /// dropped, other processes that would make one wait.
    ///
    /// Errors: those of [`KeyRing::load`]; internal, for the disk; unavailable, while another
    /// process makes a first key.
    fn load_or_prepare(
        source: &KeySource,
        random: [u8; 32],
        now: &str,
    ) -> Result<std::result::Result<KeyRing, First>> {
        let ring = KeyRing::load(source)?;
        if !ring.is_empty() {
            return Ok(Ok(ring));
        }
        let failed = || unwritten(&source.ring);
        let folder = source.ring.parent().unwrap_or(Path::new("."));
        private_folder(folder).or_fail(Kind::Internal, failed)?;
        let lock = lock_file(&source.lock()).or_fail(Kind::Internal, failed)?;
        if !lock_within(&lock, PATIENCE).or_fail(Kind::Internal, failed)? {
            return Err(Error::new(Kind::Unavailable, failed())
                .hint("another process has held it for long; try again")
                .retryable(true));
        }
        let ring = KeyRing::load(source)?;
        if !ring.is_empty() {
            return Ok(Ok(ring));
        }
        let prepared = source.ring.with_extension("first");
        let left = read_secret(&prepared, None, failed);
        let left = left.and_then(|text| parse_ring(&text, &prepared.display().to_string()));
        let ring = match left {
            Ok(ring) => ring,
            Err(_) => write_first(&prepared, random, now).or_fail(Kind::Internal, failed)?,
        };
        Ok(Err(First {
            ring,
            file: tempfile::TempPath::try_from_path(prepared).or_fail(Kind::Internal, failed)?,
            place: source.ring.clone(),
            _lock: lock,
        }))
    }
}

/// Writes a ring with a new key. It is on the disk before anything is sealed, so that only a rename
/// is left to do.
fn write_first(prepared: &Path, random: [u8; 32], now: &str) -> std::io::Result<KeyRing> {
    let key = Key::new(random.to_vec());
    let entry = KeyEntry {
        id: key.id.clone(),
        secret: STANDARD.encode(&key.secret).into(),
        created_at: now.to_owned(),
        state: KeyState::Active,
    };
    let file = RingFile {
        version: 1,
        keys: vec![entry],
    };
    let text = serde_json::to_string_pretty(&file)?;
    write_durably(prepared, text.as_bytes())?;
    Ok(KeyRing::of(vec![key]))
}

fn unwritten(ring: &Path) -> String {
    format!("the key ring {} cannot be written", ring.display())
}

/// Creates a folder that nobody else can read, whatever the umask is. An existing folder
/// keeps its mode.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    if let Some(above) = folder.parent() {
        std::fs::create_dir_all(above)?;
    }
    let mut maker = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        maker.mode(0o700);
    }
    match maker.create(folder) {
        Err(_) if folder.is_dir() => Ok(()),
        other => other,
    }
}
