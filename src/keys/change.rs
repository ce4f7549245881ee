//! Shows and changes the file of a key ring. A change is made under a lock, and the file is
//! replaced as a whole: a crash leaves the old one or the new one.

use super::{Key, KeyEntry, KeyRing, KeySource, KeyState, RingFile, read_ring, read_secret};
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{lock_file, lock_within, may_be_there, write_durably};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a change waits for another one.
const PATIENCE: Duration = Duration::from_secs(10);

/// What may be told of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyInfo {
    /// The id that tokens and signatures name.
    pub key_id: String,
    /// What it is for.
    pub state: KeyState,
    /// When it was made; RFC 3339. None for a key of a variable or of a plain file.
    pub created_at: Option<String>,
}

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The key that seals now.
    pub active: Option<String>,
    /// The key that waits for the next rotation.
    pub next: Option<String>,
    /// Whether the key was made now. Another machine has it only if it gets this ring.
    pub is_made: bool,
}

/// What a retirement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retired {
    /// The key is retired from now on.
    Done,
    /// It was before.
    Before,
}

/// The keys at hand, and the file that they come from; none for a variable.
///
/// Errors: those of [`KeyRing::load`].
pub fn list(source: &KeySource) -> Result<(Vec<KeyInfo>, Option<PathBuf>)> {
    let ring = KeyRing::load(source)?;
    let path = match &source.inline {
        Some(_) => None,
        None => Some(source.file.clone().unwrap_or_else(|| source.ring.clone())),
    };
    // A file of plain secrets tells no times.
    let file = path
        .as_deref()
        .filter(|p| p.is_file())
        .and_then(|p| read(p).ok());
    let made = |id: &str| {
        let entries = &file.as_ref()?.keys;
        let entry = entries.iter().find(|e| e.id == id)?;
        Some(entry.created_at.clone())
    };
    let keys = ring.keys.iter().map(|(key, state)| KeyInfo {
        key_id: key.id.clone(),
        state: *state,
        created_at: made(&key.id),
    });
    Ok((keys.collect(), path))
}

/// Makes another key active: the one that was prepared, or a new one of these random bytes.
/// With `prepare` a new key only waits for that.
///
/// Errors: usage, for a ring that is no file of aidf's; auth; unavailable, while another
/// process changes it for long.
pub fn rotate(source: &KeySource, random: [u8; 32], now: &str, prepare: bool) -> Result<Rotated> {
    if !may_be_there(&source.ring) && source.file.is_none() && source.inline.is_none() {
        let ring = KeyRing::load_or_make(source, random, now)?;
        return Ok(Rotated {
            active: ring.active().map(|k| k.id.clone()),
            next: None,
            is_made: true,
        });
    }
    change(source, |file| {
        let id_of = |entry: &KeyEntry| entry.id.clone();
        let prepared = file.keys.iter().position(|e| e.state == KeyState::Next);
        let waits = |file: &RingFile, next: Option<String>| Rotated {
            active: file.keys.iter().find(|e| is_active(e)).map(id_of),
            next,
            is_made: prepared.is_none(),
        };
        if let (true, Some(at)) = (prepare, prepared) {
            return Ok(waits(file, Some(file.keys[at].id.clone())));
        }
        let mut entry = match prepared {
            Some(at) => file.keys.remove(at),
            None => {
                let key = Key::new(random.to_vec());
                KeyEntry {
                    id: key.id,
                    secret: STANDARD.encode(random).into(),
                    created_at: now.to_owned(),
                    state: KeyState::Next,
                }
            }
        };
        let id = entry.id.clone();
        if prepare {
            file.keys.push(entry);
            return Ok(waits(file, Some(id)));
        }
        entry.state = KeyState::Active;
        file.keys.insert(0, entry);
        Ok(waits(file, None))
    })
}

/// Retires a key: it opens no token any more.
///
/// Errors: not_found; usage, for the active key; those of [`rotate`].
pub fn retire(source: &KeySource, key_id: &str) -> Result<Retired> {
    change(source, |file| {
        let active = file.keys.iter().position(is_active);
        let Some(at) = file.keys.iter().position(|e| e.id == key_id) else {
            return Err(
                Error::new(Kind::NotFound, format!("the key ring has no key {key_id}"))
                    .hint("see its keys with `aidf key show`"),
            );
        };
        if active == Some(at) {
            return Err(Error::new(
                Kind::Usage,
                format!("the key {key_id} is active: it seals new tokens"),
            )
            .hint("make another key active first: aidf key rotate"));
        }
        let entry = &mut file.keys[at];
        let before = std::mem::replace(&mut entry.state, KeyState::Retired);
        Ok(match before {
            KeyState::Retired => Retired::Before,
            _ => Retired::Done,
        })
    })
}

fn is_active(entry: &KeyEntry) -> bool {
    super::is_unmarked(&entry.state)
}

/// Changes the ring's file.
fn change<T>(source: &KeySource, edit: impl FnOnce(&mut RingFile) -> Result<T>) -> Result<T> {
    if source.inline.is_some() {
        return Err(Error::new(
            Kind::Usage,
            "the keys come from the variable AIDF_KEY, and aidf changes files alone",
        )
        .hint("change the variable where it is set: the first of several keys, separated by commas, is the active one"));
    }
    let path = source.path();
    if !path.exists() {
        return Err(Error::new(
            Kind::NotFound,
            format!("there is no key ring {}", path.display()),
        )
        .hint("the first sandbox or token makes one: aidf sandbox init"));
    }
    let failed = || format!("the key ring {} cannot be changed", path.display());
    let lock = lock_file(&source.lock()).or_fail(Kind::Internal, failed)?;
    if !lock_within(&lock, PATIENCE).or_fail(Kind::Internal, failed)? {
        return Err(Error::new(Kind::Unavailable, failed())
            .hint("another process has changed it for long; try again")
            .retryable(true));
    }
    let mut file = read(path)?;
    let done = edit(&mut file)?;
    let text = serde_json::to_string_pretty(&file).or_fail(Kind::Internal, failed)?;
    // A temporary file has mode 0600, and takes the place of the old one as a whole.
    write_durably(path, text.as_bytes()).or_fail(Kind::Internal, failed)?;
    Ok(done)
}

fn read(path: &Path) -> Result<RingFile> {
    let from = path.display().to_string();
    let text = read_secret(path, None, || format!("the key ring {from} cannot be read"))?;
    if !text.trim_start().starts_with('{') {
        return Err(Error::new(
            Kind::Usage,
            format!("{from} holds keys alone, and is no key ring of aidf's"),
        )
        .hint("put the new key before the others in it: the first one is active"));
    }
    read_ring(&text, &from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-26T00:00:00Z";

    fn states(source: &KeySource) -> Vec<(String, KeyState)> {
        let (keys, _) = list(source).unwrap();
        keys.into_iter().map(|k| (k.key_id, k.state)).collect()
    }

    fn ring() -> (tempfile::TempDir, KeySource) {
        let dir = tempfile::tempdir().unwrap();
        let source = KeySource {
            inline: None,
            file: None,
            ring: dir.path().join("keys.json"),
        };
        KeyRing::load_or_make(&source, [1; 32], NOW).unwrap();
        (dir, source)
    }

    fn id(n: u8) -> String {
        Key::new(vec![n; 32]).id
    }

    #[test]
    fn a_key_is_prepared_then_active_then_retired() {
        use KeyState::{Active, Next, Previous, Retired as Out};
        let (_dir, source) = ring();
        let prepared = rotate(&source, [2; 32], NOW, true).unwrap();
        assert_eq!((prepared.active, prepared.next), (Some(id(1)), Some(id(2))));
        assert_eq!(states(&source), [(id(1), Active), (id(2), Next)]);
        // To prepare twice makes one key.
        rotate(&source, [3; 32], NOW, true).unwrap();
        assert_eq!(states(&source), [(id(1), Active), (id(2), Next)]);
        let rotated = rotate(&source, [3; 32], NOW, false).unwrap();
        assert_eq!((rotated.active, rotated.next), (Some(id(2)), None));
        assert_eq!(states(&source), [(id(2), Active), (id(1), Previous)]);
        assert_eq!(retire(&source, &id(1)).unwrap(), Retired::Done);
        assert_eq!(retire(&source, &id(1)).unwrap(), Retired::Before);
        assert_eq!(states(&source), [(id(2), Active), (id(1), Out)]);
        let ring = KeyRing::load(&source).unwrap();
        assert_eq!(ring.active().unwrap().id, id(2));
        assert!(ring.get(&id(1)).is_some(), "it still verifies");
        assert!(ring.opener(&id(1)).is_none(), "it opens nothing");
        // Without a key that was prepared a new one takes over at once.
        rotate(&source, [4; 32], NOW, false).unwrap();
        assert_eq!(
            states(&source),
            [(id(4), Active), (id(2), Previous), (id(1), Out)]
        );
    }

    #[test]
    fn what_cannot_be_changed_stays_as_it_is() {
        let (dir, source) = ring();
        let before = std::fs::read(&source.ring).unwrap();
        assert_eq!(retire(&source, &id(1)).unwrap_err().kind(), Kind::Usage);
        assert_eq!(
            retire(&source, "00000000").unwrap_err().kind(),
            Kind::NotFound
        );
        assert_eq!(std::fs::read(&source.ring).unwrap(), before);
        let inline = KeySource {
            inline: Some(STANDARD.encode([1; 32]).into()),
            ..source.clone()
        };
        assert_eq!(
            rotate(&inline, [2; 32], NOW, false).unwrap_err().kind(),
            Kind::Usage
        );
        let plain = dir.path().join("plain");
        std::fs::write(&plain, STANDARD.encode([1; 32])).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let plain = KeySource {
            file: Some(plain),
            ..source.clone()
        };
        assert_eq!(
            rotate(&plain, [2; 32], NOW, false).unwrap_err().kind(),
            Kind::Usage
        );
        assert_eq!(states(&plain), [(id(1), KeyState::Active)]);
    }

    #[test]
    fn an_older_aidf_takes_the_same_key_for_the_active_one() {
        let (_dir, source) = ring();
        rotate(&source, [2; 32], NOW, true).unwrap();
        rotate(&source, [3; 32], NOW, false).unwrap();
        rotate(&source, [4; 32], NOW, true).unwrap();
        let text = std::fs::read_to_string(&source.ring).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let active = KeyRing::load(&source).unwrap().active().unwrap().id.clone();
        assert_eq!(file["keys"][0]["id"], active.as_str());
    }

    #[test]
    fn each_key_is_shown_with_the_time_when_it_was_made() {
        let (_dir, source) = ring();
        let later = "2026-11-27T00:00:00Z";
        rotate(&source, [2; 32], later, true).unwrap();
        let (keys, path) = list(&source).unwrap();
        let made = |k: KeyInfo| (k.key_id, k.created_at);
        let made: Vec<_> = keys.into_iter().map(made).collect();
        let expected = [(id(1), Some(NOW.into())), (id(2), Some(later.into()))];
        assert_eq!(made, expected);
        assert_eq!(path, Some(source.ring));
    }

    #[test]
    fn a_key_that_waits_is_not_the_active_one_even_in_the_first_place() {
        let (_dir, source) = ring();
        rotate(&source, [2; 32], NOW, true).unwrap();
        let text = std::fs::read_to_string(&source.ring).unwrap();
        let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
        file["keys"].as_array_mut().unwrap().reverse();
        std::fs::write(&source.ring, file.to_string()).unwrap();
        let prepared = rotate(&source, [3; 32], NOW, true).unwrap();
        assert_eq!((prepared.active, prepared.next), (Some(id(1)), Some(id(2))));
        assert_eq!(retire(&source, &id(1)).unwrap_err().kind(), Kind::Usage);
        assert_eq!(retire(&source, &id(2)).unwrap(), Retired::Done);
    }
}
