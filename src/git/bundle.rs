//! Reads git bundles (gitformat-bundle(5)) of versions 2 and 3.

use super::id::{CommitId, ObjectFormat, ObjectId, is_invisible};
use super::intake::{Intake, Place};
use super::limits::TransferLimits;
use super::objects::Objects;
use super::pack::are_followed_by_their_checksum;
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use crate::progress::Progress;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A header line longer than this is not one of git's.
const MAX_LINE: u64 = 64 * 1024;
/// Refs and needs that a header may list.
const MAX_LINES: usize = 2_000_000;

/// A bundle's own records: what it holds, and what it needs.
#[derive(Debug, Clone)]
pub struct Bundle {
    path: PathBuf,
    /// How its objects are named.
    pub format: ObjectFormat,
    /// What messages call it.
    shown: String,
    /// Full names and tips.
    pub refs: Vec<(String, CommitId)>,
    /// Commits that whoever unpacks it must have.
    pub needs: Vec<CommitId>,
    pack_at: u64,
}

impl Bundle {
    /// Reads the header.
    ///
    /// Errors: not_found, for the file; integrity, for what is no bundle.
    pub fn read(path: &Path) -> Result<Bundle> {
        Bundle::read_as(path, &path.display().to_string())
    }

    /// The same for a copy of a file that messages call `shown`.
    ///
    /// Errors: as those of [`Bundle::read`].
    pub fn read_as(path: &Path, shown: &str) -> Result<Bundle> {
        let bad = |why: &str| {
            Error::new(
                Kind::Integrity,
                format!("{shown} cannot be read as a git bundle: {why}"),
            )
        };
        let file =
            File::open(path).or_fail(Kind::NotFound, || format!("there is no bundle {shown}"))?;
        let mut from = BufReader::new(file);
        let mut next = || -> Result<Option<String>> {
            let mut line = Vec::new();
            (&mut from)
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|e| bad("it is incomplete").caused_by(e))?;
            if line.pop() != Some(b'\n') {
                return Err(bad("its header is incomplete"));
            }
            let line = String::from_utf8(line).map_err(|_| bad("its header is not text"))?;
            Ok((!line.is_empty()).then_some(line))
        };
        let version = next()?;
        if !matches!(
            version.as_deref(),
            Some("# v2 git bundle" | "# v3 git bundle")
        ) {
            return Err(bad("it does not start like a git bundle"));
        }
        let mut bundle = Bundle {
            path: path.to_owned(),
            format: ObjectFormat::Sha1,
            shown: shown.to_owned(),
            refs: Vec::new(),
            needs: Vec::new(),
            pack_at: 0,
        };
        while let Some(line) = next()? {
            let format = bundle.format;
            let id = |text: &str| {
                ObjectId::parse_in(text, format).ok_or_else(|| bad("an id is malformed"))
            };
            if let Some(capability) = line.strip_prefix('@') {
                let named = capability.strip_prefix("object-format=");
                bundle.format = named.and_then(ObjectFormat::named).ok_or_else(|| {
                    bad(&format!(
                        "it needs `{capability}`, which aidf does not support"
                    ))
                })?;
            } else if let Some(need) = line.strip_prefix('-') {
                let digits = need.split(' ').next().unwrap_or("");
                bundle.needs.push(id(digits)?);
            } else if let Some((digits, name)) = line.split_once(' ') {
                // git names no ref like this, and it might end up in a log or a path.
                if name.contains("..") || name.chars().any(|c| c.is_control() || is_invisible(c)) {
                    return Err(bad("the name of a ref is malformed"));
                }
                bundle.refs.push((name.to_owned(), id(digits)?));
            } else {
                return Err(bad("a line of its header is malformed"));
            }
            if bundle.refs.len() + bundle.needs.len() > MAX_LINES {
                return Err(bad("its header has no end"));
            }
        }
        bundle.pack_at = from
            .stream_position()
            .or_fail(Kind::Internal, || format!("{shown} cannot be read"))?;
        Ok(bundle)
    }

    /// The branches that it holds: short names and tips.
    pub fn branches(&self) -> impl Iterator<Item = (&str, CommitId)> {
        self.refs
            .iter()
            .filter_map(|(name, id)| Some((name.strip_prefix("refs/heads/")?, *id)))
    }

    /// Checks its bytes against the checksum that ends its pack (gitformat-pack(5)).
    ///
    /// Errors: integrity.
    pub fn check_bytes(&self) -> Result<()> {
        let bad =
            |why: &str| Error::new(Kind::Integrity, format!("{} is damaged: {why}", self.shown));
        let mut file = self.pack()?;
        let end = file
            .seek(SeekFrom::End(0))
            .map_err(|e| bad("it is incomplete").caused_by(e))?;
        let Some(length) = end
            .checked_sub(self.pack_at + self.format.bytes() as u64)
            .filter(|l| *l >= 12)
        else {
            return Err(bad("its pack is incomplete"));
        };
        file.seek(SeekFrom::Start(self.pack_at))
            .map_err(|e| bad("it is incomplete").caused_by(e))?;
        match are_followed_by_their_checksum(&mut file, length, self.format) {
            Ok(true) => Ok(()),
            Ok(false) => Err(bad("its pack does not match its checksum")),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => {
                Err(bad("it is incomplete").caused_by(e))
            }
            Err(e) => Err(bad("it cannot be read").caused_by(e)),
        }
    }

    /// Puts its objects into `store`, which must have what it needs; each is hashed.
    ///
    /// Errors: integrity, for a damaged bundle or one that needs what is not there.
    pub fn unpack(&self, store: &Store, progress: &dyn Progress) -> Result<()> {
        if let Some(lacking) = self.needs.iter().find(|id| !store.has_commit(**id)) {
            return Err(Error::new(
                Kind::Integrity,
                format!(
                    "{} is incremental and needs {lacking}, which is missing",
                    self.shown
                ),
            )
            .hint("first unpack the full bundle that it is based on"));
        }
        let damaged = || format!("{} is damaged", self.shown);
        let odb = Objects::of(store.repo())?;
        self.format
            .expect(odb.format(), || format!("{} is of", self.shown))?;
        let mut intake = Intake::new(
            Place::of(store.repo(), &odb),
            TransferLimits::own(),
            &store.programs().environment,
        );
        let mut bytes = 0;
        let taken = intake.add_all(&mut self.pack()?, |n| {
            bytes += n;
            progress.advance("bytes unpacked", bytes, 0);
        });
        taken.or_fail(Kind::Integrity, damaged)?;
        // However large: it lies on this machine's disk, and nobody drips it.
        intake
            .finish(Duration::from_secs(24 * 3600))
            .or_fail(Kind::Integrity, damaged)
    }

    fn pack(&self) -> Result<File> {
        let failed = || format!("the bundle {} cannot be read", self.shown);
        let mut file = File::open(&self.path).or_fail(Kind::NotFound, failed)?;
        file.seek(SeekFrom::Start(self.pack_at))
            .or_fail(Kind::Integrity, failed)?;
        Ok(file)
    }
}
