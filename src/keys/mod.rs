//! The key ring. It is loaded from the environment or the operator's folder, and created on
//! first use. A secret leaves this module only as a key derived for one purpose.

mod change;
mod first;

use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{hex, may_be_there, unhex};
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The fewest bytes that a key may have.
const MIN_BYTES: usize = 32;

pub use change::{KeyInfo, Retired, Rotated, list, retire, rotate};
pub use first::OwnKeys;

/// What a key of a ring is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It seals new tokens and signs new commits. There is one of these.
    Active,
    /// It opens the tokens that it sealed, and verifies what it signed.
    #[default]
    Previous,
    /// The same, and the next rotation makes it active: every machine is to have it by then.
    Next,
    /// It verifies what it signed, and opens no token any more.
    Retired,
}

/// A secret, and the public id by which tokens and signatures refer to it.
#[derive(Clone)]
pub struct Key {
    /// Eight hexadecimal digits, derived from the secret without revealing anything about
    /// it.
    pub id: String,
    secret: Vec<u8>,
}

impl Key {
    /// A key from random bytes.
    pub fn new(secret: Vec<u8>) -> Self {
        let mut id = [0; 4];
        expand(&secret, b"aidf key id v1", &mut id);
        Key {
            id: hex(&id),
            secret,
        }
    }

    /// 32 bytes for one `purpose` (HKDF-SHA256, RFC 5869, no salt).
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut out = [0; 32];
        expand(&self.secret, purpose.as_bytes(), &mut out);
        out
    }
}

fn expand(secret: &[u8], info: &[u8], out: &mut [u8]) {
    // Fails only for outputs of more than 8,160 bytes.
    let done = Hkdf::<Sha256>::new(None, secret).expand(info, out);
    debug_assert!(done.is_ok());
}

/// The keys that we have, and what each one is for.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: Vec<(Key, KeyState)>,
}

#[derive(Serialize, Deserialize)]
struct RingFile {
    version: u32,
    keys: Vec<KeyEntry>,
}

#[derive(Serialize, Deserialize)]
struct KeyEntry {
    id: String,
    secret: Secret,
    created_at: String,
    /// Next or retired; of the others the first is active. An aidf that does not know this
    /// field takes the first key of all for the active one, so the active one comes first.
    #[serde(default, skip_serializing_if = "is_unmarked")]
    state: KeyState,
}

fn is_unmarked(state: &KeyState) -> bool {
    matches!(state, KeyState::Active | KeyState::Previous)
}

/// Where the ring comes from.
#[derive(Debug, Clone)]
pub struct KeySource {
    /// `AIDF_KEY`: the key itself in base64 or hexadecimal, or several keys separated by
    /// commas, or the text of a key ring file.
    pub inline: Option<Secret>,
    /// `AIDF_KEY_FILE`, if it is set.
    pub file: Option<PathBuf>,
    /// The file of the operator's own ring, created on first use.
    pub ring: PathBuf,
}

impl KeySource {
    /// The file of the ring, where it is one.
    fn path(&self) -> &Path {
        self.file.as_ref().unwrap_or(&self.ring)
    }

    /// The file that is locked while the ring is made or changed.
    fn lock(&self) -> PathBuf {
        self.path().with_extension("lock")
    }
}

impl KeyRing {
    /// A ring of these keys; the first one is active.
    pub fn of(keys: Vec<Key>) -> Self {
        KeyRing::marked(keys.into_iter().map(|k| (k, KeyState::Previous)).collect())
    }

    /// A ring of these keys; the first one that is neither next nor retired is active.
    fn marked(mut keys: Vec<(Key, KeyState)>) -> Self {
        if let Some((_, state)) = keys.iter_mut().find(|(_, s)| is_unmarked(s)) {
            *state = KeyState::Active;
        }
        KeyRing { keys }
    }

    /// Loads the ring; it is empty if the operator has none.
    ///
    /// Errors: usage, for a key that cannot be read; auth, for a file that others can read,
    /// or that belongs to another account.
    pub fn load(source: &KeySource) -> Result<KeyRing> {
        KeyRing::load_for(source, None)
    }

    /// The same, for a ring whose file may also belong to the account `owner`.
    ///
    /// Errors: those of [`KeyRing::load`].
    pub fn load_for(source: &KeySource, owner: Option<u32>) -> Result<KeyRing> {
        if let Some(text) = &source.inline {
            return parse(text.reveal(), "AIDF_KEY");
        }
        if let Some(path) = &source.file {
            let text = read_secret(path, owner, || {
                format!("the key file {} cannot be read", path.display())
            })
            .map_err(|e| match e.hint_text() {
                Some(_) => e,
                None => e.hint("AIDF_KEY_FILE names it: let it name a file that is there and that you may read, or unset it"),
            })?;
            return parse(&text, &path.display().to_string());
        }
        if !may_be_there(&source.ring) {
            return Ok(KeyRing::default());
        }
        let text = read_secret(&source.ring, owner, || {
            format!("the key ring {} cannot be read", source.ring.display())
        })?;
        parse_ring(&text, &source.ring.display().to_string())
    }

    /// True when there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key that seals and signs.
    pub fn active(&self) -> Option<&Key> {
        let active = self.keys.iter().find(|(_, s)| *s == KeyState::Active);
        active.map(|(key, _)| key)
    }

    /// The key with this id, to verify what it signed.
    pub fn get(&self, id: &str) -> Option<&Key> {
        self.keys.iter().map(|(k, _)| k).find(|k| k.id == id)
    }

    /// The key with this id, to open a token; none for a retired one.
    pub fn opener(&self, id: &str) -> Option<&Key> {
        let opens = |(key, state): &&(Key, KeyState)| key.id == id && *state != KeyState::Retired;
        self.keys.iter().find(opens).map(|(key, _)| key)
    }
}

/// Parses keys: a ring as aidf writes it, or plain secrets.
fn parse(text: &str, from: &str) -> Result<KeyRing> {
    match text.trim_start().starts_with('{') {
        true => parse_ring(text, from),
        false => parse_secrets(text, from),
    }
}

fn read_ring(text: &str, from: &str) -> Result<RingFile> {
    serde_json::from_str(text).map_err(|e| {
        // The parser's message could quote the secret, so only the position is shown.
        damaged(from).caused_by(anyhow::anyhow!("line {}, column {}", e.line(), e.column()))
    })
}

fn damaged(from: &str) -> Error {
    Error::new(Kind::Usage, format!("the key ring {from} is damaged")).hint("put a copy of the ring in its place (mode 600), from a backup or another machine; without a copy, keep the file under another name: aidf makes a new ring, which opens none of the tokens so far")
}

fn parse_ring(text: &str, from: &str) -> Result<KeyRing> {
    let file = read_ring(text, from)?;
    let mut keys = Vec::new();
    for entry in file.keys {
        let secret = STANDARD
            .decode(entry.secret.reveal().trim())
            .map_err(|_| damaged(from))?;
        if secret.len() < MIN_BYTES {
            return Err(damaged(from).hint("one of its keys is shorter than 32 bytes"));
        }
        keys.push((Key::new(secret), entry.state));
    }
    if keys.is_empty() {
        return Err(damaged(from).hint("it contains no key"));
    }
    Ok(KeyRing::marked(keys))
}

fn parse_secrets(text: &str, from: &str) -> Result<KeyRing> {
    let mut keys = Vec::new();
    for word in text
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|w| !w.is_empty())
    {
        let secret = decode_secret(word).filter(|s| s.len() >= MIN_BYTES).ok_or_else(|| {
            Error::new(Kind::Usage, format!("{from} does not contain a key of at least 32 random bytes in base64 or hexadecimal"))
                .hint("make one with: openssl rand -base64 32")
        })?;
        keys.push(Key::new(secret));
    }
    if keys.is_empty() {
        return Err(Error::new(Kind::Usage, format!("{from} is empty"))
            .hint("make a key with: openssl rand -base64 32"));
    }
    Ok(KeyRing::of(keys))
}

fn decode_secret(word: &str) -> Option<Vec<u8>> {
    if word.len() >= 64
        && let Some(bytes) = unhex(word)
    {
        return Some(bytes);
    }
    STANDARD
        .decode(word)
        .ok()
        .or_else(|| URL_SAFE_NO_PAD.decode(word.trim_end_matches('=')).ok())
}

/// Reads a file with a secret. It refuses a file that others can read, and a file of
/// another account, whose owner could choose the secret. It reads the same open file that
/// it checked.
///
/// Errors: auth; usage, with the words of `unreadable`, for a file that cannot be read.
pub fn read_private(path: &Path, unreadable: impl Fn() -> String) -> Result<String> {
    read_secret(path, None, unreadable)
}

/// The same, for a file that may also belong to the account `owner`.
///
/// Errors: those of [`read_private`].
pub fn read_secret(
    path: &Path,
    owner: Option<u32>,
    unreadable: impl Fn() -> String,
) -> Result<String> {
    const MOST: u64 = 1 << 20;
    let file = open_at_once(path).or_fail(Kind::Usage, &unreadable)?;
    check_secret(path, &file, owner)?;
    if !file
        .metadata()
        .is_ok_and(|m| m.is_file() && m.len() <= MOST)
    {
        return Err(Error::new(
            Kind::Usage,
            format!("{}: it is not a file, or it is too long", unreadable()),
        ));
    }
    let mut text = String::new();
    file.take(MOST)
        .read_to_string(&mut text)
        .or_fail(Kind::Usage, unreadable)?;
    Ok(text)
}

/// Opens a file for reading, without waiting if it is a pipe that nobody writes to.
fn open_at_once(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(unix)]
fn check_secret(path: &Path, file: &std::fs::File, owner: Option<u32>) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let Ok(meta) = file.metadata() else {
        return Ok(());
    };
    let trusted = crate::files::is_ours(&meta) || owner == Some(meta.uid());
    if !trusted {
        return Err(Error::new(
            Kind::Auth,
            format!(
                "{} contains a secret and belongs to another account (number {})",
                path.display(),
                meta.uid()
            ),
        )
        .hint("if you trust what is in it, make your own copy with mode 600"));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(Error::new(
            Kind::Auth,
            format!(
                "{} contains a secret, and others can read it",
                path.display()
            ),
        )
        .hint(format!(
            "chmod 600 {}; where it is mounted, give the mount that mode, such as `defaultMode: 0400` of a volume of Kubernetes",
            path.display()
        )));
    }
    Ok(())
}

/// Other platforms do not use a file mode to keep a user's files private.
#[cfg(not(unix))]
fn check_secret(_path: &Path, _file: &std::fs::File, _owner: Option<u32>) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(dir: &Path) -> KeySource {
        KeySource {
            inline: None,
            file: None,
            ring: dir.join("keys.json"),
        }
    }

    #[test]
    fn a_ring_is_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let source = source(&dir.path().join("new"));
        assert!(KeyRing::load(&source).unwrap().is_empty());
        let made = KeyRing::load_or_make(&source, [7; 32], "2026-11-22T00:00:00Z").unwrap();
        let again = KeyRing::load_or_make(&source, [8; 32], "2026-11-23T00:00:00Z").unwrap();
        assert_eq!(made.active().unwrap().id, again.active().unwrap().id);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&source.ring)
                    .unwrap()
                    .permissions()
                    .mode()
                    & 0o777,
                0o600
            );
            std::fs::set_permissions(&source.ring, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert_eq!(KeyRing::load(&source).err().unwrap().kind(), Kind::Auth);
        }
    }

    #[test]
    fn a_key_of_the_environment_is_checked_and_never_repeated() {
        let load = |text: &str| {
            KeyRing::load(&KeySource {
                inline: Some(Secret::new(text)),
                file: None,
                ring: PathBuf::new(),
            })
        };
        let hex = "ab".repeat(32);
        let base64 = STANDARD.encode([0xab; 32]);
        assert_eq!(
            load(&hex).unwrap().active().unwrap().id,
            load(&base64).unwrap().active().unwrap().id
        );
        let ring = format!(
            r#"{{"version":1,"keys":[{{"id":"x","secret":"{base64}","created_at":"t"}}]}}"#
        );
        assert_eq!(
            load(&ring).unwrap().active().unwrap().id,
            load(&hex).unwrap().active().unwrap().id,
            "the text of a ring's file"
        );
        for bad in [
            "",
            "short",
            r#"{"version":1,"keys":[]}"#,
            "not base64 at all!",
            &STANDARD.encode([1; 16]),
        ] {
            let error = load(bad).err().unwrap();
            assert_eq!(error.kind(), Kind::Usage);
            assert!(bad.is_empty() || !error.message().contains(bad));
        }
    }

    #[test]
    fn purposes_have_keys_of_their_own() {
        let key = Key::new(vec![1; 32]);
        assert_ne!(key.derive("a"), key.derive("b"));
        assert_ne!(key.derive("a"), Key::new(vec![2; 32]).derive("a"));
    }
}
