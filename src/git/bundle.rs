//! Git bundles (gitformat-bundle(5)): read in versions 2 and 3, and written in version 2, or in
//! version 3 where a repository names its objects by SHA-256.

use super::id::{CommitId, ObjectFormat, ObjectId, is_invisible};
use super::intake::{Intake, Place};
use super::limits::TransferLimits;
use super::objects::Objects;
use super::pack::are_followed_by_their_checksum;
use super::pack_check::PackCheck;
use super::packing::{Taker, pack_of_history};
use super::store::Store;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{Digested, Flushing, temporary};
use crate::progress::Progress;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
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

impl Store {
    /// Writes `refs` (full names and tips) with their history as a git bundle; what
    /// `needs` reach is left out. Under its own name it appears whole or not at all. Gives
    /// its SHA-256, as [`crate::files::digest_of`] does.
    ///
    /// Errors: internal, for the disk; integrity, for a history that is not all here or is
    /// damaged; those of fetching what the store lacks of it.
    pub fn write_bundle(
        &self,
        path: &Path,
        refs: &[(String, CommitId)],
        needs: &[CommitId],
    ) -> Result<String> {
        let failed = || format!("the bundle {} cannot be written", path.display());
        let file = temporary(path).or_fail(Kind::Internal, failed)?;
        let tips: Vec<CommitId> = refs.iter().map(|(_, id)| *id).collect();
        let pack = pack_of_history(self, &tips, needs, Taker::File)?;
        let format = self.format();
        // Version 2 cannot tell of a format.
        let mut head = match format {
            ObjectFormat::Sha1 => "# v2 git bundle\n".to_owned(),
            ObjectFormat::Sha256 => format!("# v3 git bundle\n@object-format={}\n", format.name()),
        };
        for id in needs {
            head.push_str(&format!("-{id} \n"));
        }
        for (name, id) in refs {
            head.push_str(&format!("{id} {name}\n"));
        }
        head.push('\n');
        let file = Flushing::new(file).or_fail(Kind::Internal, failed)?;
        let mut out = Digested::new(file);
        out.write_all(head.as_bytes())
            .or_fail(Kind::Internal, failed)?;
        copy_checked(pack.bytes, &mut out, format, failed)?;
        let (file, digest) = out.finish();
        let file = file.finish().or_fail(Kind::Internal, failed)?;
        file.persist(path)
            .map_err(|e| Error::new(Kind::Internal, failed()).caused_by(e.error))?;
        Ok(digest)
    }
}

/// How many pieces of a pack may wait to be checked.
const AHEAD: usize = 16;

/// Copies a pack to a file. What a disk has damaged goes into a pack as it is, and no server
/// looks at it here: so each object is inflated meanwhile, which shows that.
fn copy_checked(
    pack: Box<dyn Read>,
    out: &mut impl Write,
    format: ObjectFormat,
    failed: impl Fn() -> String,
) -> Result<()> {
    let (give, pieces) = sync_channel::<Vec<u8>>(AHEAD);
    let (copied, checked) = std::thread::scope(|scope| {
        let checking = scope.spawn(move || {
            let mut check = PackCheck::new(TransferLimits::own(), format, true);
            pieces
                .iter()
                .try_for_each(|piece| check.add(&piece, &|_| None))
                .map(|()| check.is_complete())
        });
        // The channel ends with this, and then so does the check.
        let copied = copy(pack, out, give, &failed);
        (copied, checking.join())
    });
    let checked = checked.map_err(|_| {
        Error::new(Kind::Internal, failed()).caused_by(anyhow::anyhow!("a thread broke off"))
    })?;
    let is_complete = checked.map_err(|e| {
        Error::new(
            Kind::Integrity,
            "the repository that is backed up is damaged here",
        )
        .hint("find out where with `git fsck`, and make a new clone")
        .caused_by(e)
    })?;
    copied?;
    match is_complete {
        true => Ok(()),
        false => {
            Err(Error::new(Kind::Internal, failed())
                .caused_by(anyhow::anyhow!("its pack ended early")))
        }
    }
}

/// Copies a pack to a file, and to who checks it, until he wants no more.
fn copy(
    mut pack: Box<dyn Read>,
    out: &mut impl Write,
    check: SyncSender<Vec<u8>>,
    failed: impl Fn() -> String,
) -> Result<()> {
    loop {
        let mut piece = vec![0; 1 << 16];
        let n = pack.read(&mut piece).map_err(|e| match Error::carried(e) {
            Ok(ours) => ours,
            Err(e) => Error::new(Kind::Internal, failed()).caused_by(e),
        })?;
        piece.truncate(n);
        out.write_all(&piece).or_fail(Kind::Internal, &failed)?;
        if n == 0 || check.send(piece).is_err() {
            return Ok(());
        }
    }
}
