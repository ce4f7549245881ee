//! A repository's identity: an id that is made once, at random, and stays the same when the
//! repository moves or changes its name. Tokens and signatures are bound to it. Pure.
//!
//! `refs/aidf/id` points at a commit without parents and files; the id is that commit's
//! own id. So the list of refs that every connection begins with tells it, and nothing is
//! fetched. A forge's fork does not copy that ref: it gets an id of its own.

use crate::files;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The ref whose commit is the identity.
pub const REF: &str = "refs/aidf/id";

/// How a repository gets its identity back, or a first one, where the hook stands.
pub const MEND: &str = "run on the server, as the account that owns the repository: aidf -R /PATH/TO/REPOSITORY.git protect apply";

/// How many bytes an identity has: those of a SHA-1 id, or the first ones of a longer one.
const BYTES: usize = 20;

/// The id of one repository.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryId([u8; BYTES]);

impl RepositoryId {
    /// Reads the id of an object in hexadecimal: 40 digits, or more that are left out.
    /// `None` for any other text.
    pub fn parse(text: &str) -> Option<RepositoryId> {
        let digits = text.get(..2 * BYTES)?;
        // git writes ids in lower case; two spellings of one id would be two ids.
        let is_upper = |b: u8| b.is_ascii_uppercase();
        let bytes = files::unhex(digits).filter(|_| !digits.bytes().any(is_upper))?;
        bytes.try_into().ok().map(RepositoryId)
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&files::hex(&self.0))
    }
}

impl fmt::Debug for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Written as 27 characters of base64url, since tokens carry it.
impl Serialize for RepositoryId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for RepositoryId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = URL_SAFE_NO_PAD.decode(&text).ok();
        let bytes: Option<[u8; BYTES]> = bytes.and_then(|b| b.try_into().ok());
        bytes
            .map(RepositoryId)
            .ok_or_else(|| serde::de::Error::custom("a repository's id has 27 characters"))
    }
}

/// What is known of a repository's identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Identity {
    /// Nobody asked the remote yet.
    #[default]
    Unknown,
    /// The remote was asked, and did not answer.
    NoAnswer,
    /// The remote has none: aidf before identities, or none at all, has written there.
    Absent,
    /// This one.
    Is(RepositoryId),
}

impl Identity {
    /// The id, if it is known.
    pub fn id(self) -> Option<RepositoryId> {
        match self {
            Identity::Is(id) => Some(id),
            Identity::Unknown | Identity::NoAnswer | Identity::Absent => None,
        }
    }
}

/// What a remote shows of its identity, beside what was known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The one that was known.
    Same(RepositoryId),
    /// One, where none was known.
    First(RepositoryId),
    /// Another one than was known: another repository answers.
    Other {
        /// The one that was known.
        before: RepositoryId,
        /// The one that is shown.
        now: RepositoryId,
    },
    /// None, where this one was known.
    Gone(RepositoryId),
    /// None, and none was known.
    Absent,
}

impl Identity {
    /// Compares what was known with what the remote shows.
    pub fn beside(self, shown: Option<RepositoryId>) -> Shown {
        match (self.id(), shown) {
            (Some(before), Some(now)) if before == now => Shown::Same(now),
            (Some(before), Some(now)) => Shown::Other { before, now },
            (None, Some(now)) => Shown::First(now),
            (Some(before), None) => Shown::Gone(before),
            (None, None) => Shown::Absent,
        }
    }
}

/// A repository, as tokens and signatures name it: the old ones by its name, the new ones
/// by its identity.
#[derive(Debug, Clone, Copy)]
pub struct Repository<'a> {
    /// The last part of its address, without `.git`.
    pub name: &'a str,
    /// Its identity.
    pub identity: Identity,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn an_id_reads_back_from_both_of_its_forms() {
        let id = RepositoryId::parse(HEX).unwrap();
        assert_eq!(
            (id.to_string(), format!("{id:?}")),
            (HEX.into(), HEX.into())
        );
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json.len(), 29);
        assert_eq!(serde_json::from_str::<RepositoryId>(&json).unwrap(), id);
        // Of a longer id the first digits count.
        let longer = format!("{HEX}89abcdef0123456789abcdef");
        assert_eq!(RepositoryId::parse(&longer), Some(id));
    }

    #[test]
    fn an_identity_is_the_same_new_another_or_gone() {
        let [one, two] = [HEX.to_owned(), HEX.replace('0', "1")];
        let [one, two] = [one, two].map(|t| RepositoryId::parse(&t).unwrap());
        let known = Identity::Is(one);
        assert_eq!(known.beside(Some(one)), Shown::Same(one));
        let other = Shown::Other {
            before: one,
            now: two,
        };
        assert_eq!(known.beside(Some(two)), other);
        assert_eq!(known.beside(None), Shown::Gone(one));
        for nothing in [Identity::Unknown, Identity::NoAnswer, Identity::Absent] {
            assert_eq!(nothing.beside(Some(one)), Shown::First(one));
            assert_eq!(nothing.beside(None), Shown::Absent);
        }
    }

    #[test]
    fn only_an_identity_that_is_known_has_an_id() {
        let id = RepositoryId::parse(HEX).unwrap();
        assert_eq!(Identity::Is(id).id(), Some(id));
        for none in [Identity::Unknown, Identity::NoAnswer, Identity::Absent] {
            assert_eq!(none.id(), None, "{none:?}");
        }
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in [
            "",
            "0123",
            &HEX[1..],
            &HEX.to_uppercase(),
            &HEX.replace('0', "g"),
        ] {
            assert_eq!(RepositoryId::parse(text), None, "{text}");
        }
        for json in ["\"\"", "\"AAAA\"", "\"!\"", "1", "null"] {
            assert!(
                serde_json::from_str::<RepositoryId>(json).is_err(),
                "{json}"
            );
        }
    }
}
