//! Writes git bundles (gitformat-bundle(5)): version 2, or version 3 where a repository names
//! its objects by SHA-256.

use super::id::{CommitId, ObjectFormat};
use super::limits::TransferLimits;
use super::object_folders::PackLook;
use super::on_path::has_program;
use super::pack::{Checksum, Pack};
use super::pack_check::PackCheck;
use super::packing::{Order, Taker};
use super::store::Store;
use crate::cancel::Cancel;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::{Digested, Flushing, remove_unfinished, temporary};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use tempfile::NamedTempFile;

/// Full names and tips.
type Refs = [(String, CommitId)];

impl Store {
    /// Writes `refs` (full names and tips) with their history as a git bundle; what
    /// `needs` reach is left out. Under its own name it appears whole or not at all. Gives
    /// its SHA-256, as [`crate::files::digest_of`] does.
    ///
    /// Errors: internal, for the disk; integrity, for a history that is not all here or is
    /// damaged; those of fetching what the store lacks of it.
    pub fn write_bundle(&self, path: &Path, refs: &Refs, needs: &[CommitId]) -> Result<String> {
        self.fill_bundle(path, refs, needs)?.put(path)
    }

    /// The same, but for its name: nothing is at `path` yet, or still what was there.
    ///
    /// Errors: those of [`Store::write_bundle`].
    pub fn fill_bundle(&self, path: &Path, refs: &Refs, needs: &[CommitId]) -> Result<FullBundle> {
        let draft = Draft::beside(path, head(self.format(), refs, needs), self.format())?;
        let order = Order::of(self, &tips(refs), needs, Taker::File);
        let look = order.look_at_packs();
        draft.fill(order.pack(self)?, look)
    }

    /// Begins to write a whole bundle on a thread of its own, while the caller does something
    /// else. None, if it cannot be begun before more is known of the history, or of the path.
    pub fn begin_bundle(&self, path: &Path, refs: &Refs) -> Option<BegunBundle> {
        let all_are_here = || refs.iter().all(|(_, tip)| self.has_commit(*tip));
        let has_git = || has_program("git", &self.programs().environment);
        // Nobody is to find a folder that he did not have, if nothing comes of it.
        let has_folder = path.parent().is_some_and(Path::is_dir);
        if refs.is_empty() || self.is_narrow() || !has_folder || !has_git() || !all_are_here() {
            return None;
        }
        let format = self.format();
        let draft = Draft::beside(path, head(format, refs, &[]), format).ok()?;
        let order = Order::of(self, &tips(refs), &[], Taker::File);
        Some(BegunBundle {
            path: path.to_owned(),
            refs: refs.to_vec(),
            cancel: order.cancel(),
            work: Some(std::thread::spawn(move || {
                let look = order.look_at_packs();
                draft.fill(order.begin()?, look)
            })),
        })
    }
}

/// A bundle that is being written. Nothing of it is left if it is not finished.
pub struct BegunBundle {
    path: PathBuf,
    refs: Vec<(String, CommitId)>,
    cancel: Cancel,
    work: Option<JoinHandle<Result<FullBundle>>>,
}

impl BegunBundle {
    /// Whether it is of these.
    pub fn is_of(&self, refs: &Refs) -> bool {
        self.refs == refs
    }

    /// Waits for the end.
    ///
    /// Errors: as those of [`Store::write_bundle`].
    pub fn finish(mut self) -> Result<FullBundle> {
        let failed = || cannot_be_written(&self.path);
        match self.work.take().map(JoinHandle::join) {
            Some(Ok(full)) => full,
            _ => Err(Error::new(Kind::Internal, failed())
                .caused_by(anyhow::anyhow!("a thread broke off"))),
        }
    }
}

impl Drop for BegunBundle {
    fn drop(&mut self) {
        self.cancel.cancel();
        // The thread removes its file.
        let _ = self.work.take().map(JoinHandle::join);
    }
}

fn cannot_be_written(path: &Path) -> String {
    format!("the bundle {} cannot be written", path.display())
}

fn tips(refs: &Refs) -> Vec<CommitId> {
    refs.iter().map(|(_, id)| *id).collect()
}

/// What stands before the pack.
fn head(format: ObjectFormat, refs: &Refs, needs: &[CommitId]) -> String {
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
    head
}

/// A file that is to be a bundle.
struct Draft {
    file: NamedTempFile,
    head: String,
    format: ObjectFormat,
    failed: String,
}

impl Draft {
    fn beside(path: &Path, head: String, format: ObjectFormat) -> Result<Draft> {
        let failed = cannot_be_written(path);
        remove_unfinished(path);
        let file = temporary(path).or_fail(Kind::Internal, || failed.clone())?;
        // This says that a run is at work on it. Where the disk knows no locks, its age does.
        let _ = file.as_file().try_lock();
        Ok(Draft {
            file,
            head,
            format,
            failed,
        })
    }

    /// What a disk has damaged goes into a pack as it is, and no server looks at it here. So
    /// `look` has to find whole what it is copied from, or each object is inflated, which shows
    /// damage.
    fn fill(self, pack: Pack, look: Option<PackLook>) -> Result<FullBundle> {
        let failed = || self.failed.clone();
        let file = Flushing::new(self.file).or_fail(Kind::Internal, failed)?;
        let mut out = Digested::new(file);
        out.write_all(self.head.as_bytes())
            .or_fail(Kind::Internal, failed)?;
        match &look {
            Some(_) => copy_whole(pack.bytes, &mut out, self.format, failed)?,
            None => copy_checked(pack.bytes, &mut out, self.format, failed)?,
        }
        let (file, digest) = out.finish();
        let mut file = file.finish().or_fail(Kind::Internal, failed)?;
        if look.is_some_and(|look| !look.finds_all_whole()) {
            let start = SeekFrom::Start(self.head.len() as u64);
            file.seek(start).or_fail(Kind::Internal, failed)?;
            copy_checked(&mut file, &mut io::sink(), self.format, failed)?;
        }
        Ok(FullBundle { file, digest })
    }
}

/// A bundle that has no name yet. All of it is on the disk, and goes with this if nobody puts it
/// anywhere.
pub struct FullBundle {
    file: NamedTempFile,
    digest: String,
}

impl FullBundle {
    /// Gives it its name, in place of what has that. Gives its SHA-256.
    ///
    /// Errors: internal, for the disk.
    pub fn put(self, path: &Path) -> Result<String> {
        self.file
            .persist(path)
            .map_err(|e| Error::new(Kind::Internal, cannot_be_written(path)).caused_by(e.error))?;
        Ok(self.digest)
    }
}

/// Copies a pack, and inflates each of its objects on the way.
fn copy_checked(
    pack: impl Read,
    out: &mut impl Write,
    format: ObjectFormat,
    failed: impl Fn() -> String,
) -> Result<()> {
    let mut check = PackCheck::new(TransferLimits::own(), format, true);
    let look = |piece: &[u8]| {
        check.add(piece, &|_| None).map_err(|e| {
            Error::new(
                Kind::Integrity,
                "the repository that is backed up is damaged here",
            )
            .hint("find out where with `git fsck`, and make a new clone")
            .caused_by(e)
        })
    };
    copy(pack, out, look, &failed)?;
    ended(check.is_complete(), failed)
}

/// Copies a pack, and looks at its checksum alone.
fn copy_whole(
    pack: impl Read,
    out: &mut impl Write,
    format: ObjectFormat,
    failed: impl Fn() -> String,
) -> Result<()> {
    let mut sum = Checksum::new(format);
    let look = |piece: &[u8]| {
        sum.add(piece);
        Ok(())
    };
    copy(pack, out, look, &failed)?;
    ended(sum.matches(), failed)
}

fn ended(is_complete: bool, failed: impl Fn() -> String) -> Result<()> {
    match is_complete {
        true => Ok(()),
        false => {
            Err(Error::new(Kind::Internal, failed())
                .caused_by(anyhow::anyhow!("its pack ended early")))
        }
    }
}

/// Copies a pack, and has `look` see each piece before it is written.
fn copy(
    mut pack: impl Read,
    out: &mut impl Write,
    mut look: impl FnMut(&[u8]) -> Result<()>,
    failed: impl Fn() -> String,
) -> Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = pack
            .read(&mut buffer)
            .map_err(|e| match Error::carried(e) {
                Ok(ours) => ours,
                Err(e) => Error::new(Kind::Internal, failed()).caused_by(e),
            })?;
        if n == 0 {
            return Ok(());
        }
        look(&buffer[..n])?;
        out.write_all(&buffer[..n])
            .or_fail(Kind::Internal, &failed)?;
    }
}
