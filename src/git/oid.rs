//! Ids of objects, and the two formats that they come in.
//!
//! An id of one format that reaches a repository of the other breaks libgit2's memory. So what
//! libgit2 takes as an id can be had from an [`ObjectId`] only together with the repository that
//! it is meant for: [`ObjectId::within`] to look it up, [`ObjectId::written_in`] to write it down.

use crate::error::{Error, Kind, Result};
use git2::{Oid, Repository};
use std::fmt;

/// How a repository names its objects (gitformat-pack and hash-function-transition of git's
/// documentation).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectFormat {
    /// By SHA-1: 20 bytes, 40 hexadecimal digits.
    #[default]
    Sha1,
    /// By SHA-256: 32 bytes, 64 hexadecimal digits.
    Sha256,
}

impl ObjectFormat {
    /// All of them.
    pub const ALL: [ObjectFormat; 2] = [ObjectFormat::Sha1, ObjectFormat::Sha256];

    /// That of a repository.
    pub(super) fn of(repo: &Repository) -> ObjectFormat {
        ObjectFormat::from(repo.object_format())
    }

    /// The one that git calls so.
    pub fn named(name: &str) -> Option<ObjectFormat> {
        ObjectFormat::ALL.into_iter().find(|f| f.name() == name)
    }

    /// What git calls it (git-init(1), `--object-format`).
    pub fn name(self) -> &'static str {
        match self {
            ObjectFormat::Sha1 => "sha1",
            ObjectFormat::Sha256 => "sha256",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            ObjectFormat::Sha1 => "SHA-1",
            ObjectFormat::Sha256 => "SHA-256",
        }
    }

    /// The length of an id in bytes.
    pub fn bytes(self) -> usize {
        match self {
            ObjectFormat::Sha1 => 20,
            ObjectFormat::Sha256 => 32,
        }
    }

    /// The length of an id in hexadecimal digits.
    pub fn digits(self) -> usize {
        2 * self.bytes()
    }

    /// The id that stands for no object.
    pub fn zero(self) -> ObjectId {
        ObjectId(match self {
            ObjectFormat::Sha1 => Oid::ZERO_SHA1,
            ObjectFormat::Sha256 => Oid::ZERO_SHA256,
        })
    }

    /// Refuses what comes from a repository of another format than `ours`; `what` begins the
    /// sentence.
    ///
    /// Errors: usage.
    pub(super) fn expect(self, ours: ObjectFormat, what: impl FnOnce() -> String) -> Result<()> {
        match self == ours {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Usage,
                format!(
                    "{} a {} repository, and this one is a {} repository",
                    what(),
                    self.title(),
                    ours.title()
                ),
            )),
        }
    }

    /// For libgit2.
    pub(super) fn raw(self) -> git2::ObjectFormat {
        match self {
            ObjectFormat::Sha1 => git2::ObjectFormat::Sha1,
            ObjectFormat::Sha256 => git2::ObjectFormat::Sha256,
        }
    }
}

impl From<git2::ObjectFormat> for ObjectFormat {
    fn from(format: git2::ObjectFormat) -> Self {
        match format {
            git2::ObjectFormat::Sha1 => ObjectFormat::Sha1,
            git2::ObjectFormat::Sha256 => ObjectFormat::Sha256,
        }
    }
}

/// The id of a commit, tree or blob.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId(Oid);

/// By what names the object. An id that libgit2 has read from a tree has room for the longer
/// format behind it, with whatever was there before.
impl std::hash::Hash for ObjectId {
    fn hash<H: std::hash::Hasher>(&self, into: &mut H) {
        self.0.as_bytes().hash(into);
    }
}

/// The id of a commit.
pub type CommitId = ObjectId;

impl ObjectId {
    /// Reads 40 hexadecimal digits, or 64.
    ///
    /// Errors: usage, when `text` is anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let formats = ObjectFormat::ALL.into_iter();
        let mut read = formats.filter_map(|format| ObjectId::parse_in(text, format));
        read.next().ok_or_else(|| {
            Error::new(
                Kind::Usage,
                format!("`{text}` is not a commit id of 40 or 64 hexadecimal digits"),
            )
        })
    }

    /// Reads an id of this format; none for anything else.
    pub fn parse_in(text: &str, format: ObjectFormat) -> Option<Self> {
        let has_length = text.len() == format.digits();
        let read = || Oid::from_str_ext(text, format.raw()).ok().map(ObjectId);
        has_length.then(read).flatten()
    }

    /// The same of bytes that may be no text.
    pub(super) fn parse_bytes(text: &[u8], format: ObjectFormat) -> Option<Self> {
        ObjectId::parse_in(std::str::from_utf8(text).ok()?, format)
    }

    /// The id with these bytes, 20 or 32; none for any other number.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Oid::from_bytes(bytes).ok().map(ObjectId)
    }

    /// The first 10 digits, for people.
    pub fn short(&self) -> String {
        let mut hex = self.to_string();
        hex.truncate(10);
        hex
    }

    /// Its format.
    pub fn format(&self) -> ObjectFormat {
        self.0.object_format().into()
    }

    /// Whether it is the id that stands for no object.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Its bytes, 20 or 32.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The id to look up in this repository. In one of another format there is nothing of that
    /// name, and nothing is found.
    pub(super) fn within(self, repo: &Repository) -> Oid {
        self.in_format(ObjectFormat::of(repo))
    }

    /// The id to look up in an object store of this format; one that stands for no object where
    /// it has another format itself.
    pub(super) fn in_format(self, format: ObjectFormat) -> Oid {
        match self.format() == format {
            true => self.0,
            false => format.zero().0,
        }
    }

    /// The id to write down in this repository.
    ///
    /// Errors: usage, for one of another format.
    pub(super) fn written_in(self, repo: &Repository) -> Result<Oid> {
        self.check_format(ObjectFormat::of(repo)).map(|()| self.0)
    }

    /// Errors: usage, unless this is its format.
    pub(super) fn check_format(self, format: ObjectFormat) -> Result<()> {
        self.format()
            .expect(format, || format!("{self} is the id of an object of"))
    }
}

/// What libgit2 gives is of its repository's format.
impl From<Oid> for ObjectId {
    fn from(oid: Oid) -> Self {
        ObjectId(oid)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> serde::Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        ObjectId::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for ObjectId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ObjectId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$",
            "description": "A git object's id."
        })
    }
}

impl serde::Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
