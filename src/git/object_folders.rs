//! The folders of objects that git reads when it packs a history, and what it takes on trust
//! there: the packs, and all that lies beside them.

use super::id::ObjectFormat;
use super::pack;
use crate::error::{Error, Kind, OrFail, Result};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::SystemTime;

/// Whether git may believe the maps of which commit reaches what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maps {
    Sound,
    Doubtful,
}

/// The folders of objects that git reads.
#[derive(Debug, Clone)]
pub(super) struct ObjectFolders(Vec<PathBuf>);

impl ObjectFolders {
    /// Those of the repositories in these folders, each once.
    pub(super) fn of(repositories: &[&Path]) -> ObjectFolders {
        let mut folders: Vec<PathBuf> = repositories.iter().map(|r| r.join("objects")).collect();
        folders.dedup();
        ObjectFolders(folders)
    }

    /// What is known without reading a map.
    pub(super) fn first_look(&self) -> Maps {
        // Nobody looks at those of another repository, and at a chain of them.
        let unseen = ["info/alternates", "pack/multi-pack-index.d"];
        let is_there = |objects: &PathBuf| unseen.iter().any(|name| objects.join(name).exists());
        match self.0.iter().any(is_there) {
            false => Maps::Sound,
            true => Maps::Doubtful,
        }
    }

    /// git takes the maps beside its packs on trust: with a damaged one, objects would be left
    /// out of the pack unseen. So their checksums are looked at.
    ///
    /// Errors: integrity, for a map of where the objects are.
    pub(super) fn check(&self, format: ObjectFormat) -> Result<Maps> {
        let mut maps = self.first_look();
        for path in self.beside_packs().or_fail(Kind::Internal, not_read)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_map = name.ends_with(".bitmap");
            let is_index = name.ends_with(".idx") || name == "multi-pack-index";
            if !is_map && !is_index {
                continue;
            }
            match ends_with_its_checksum(&path, format) {
                Ok(true) => {}
                // It was tidied away in this moment.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                _ if is_map => maps = Maps::Doubtful,
                other => {
                    other.or_fail(Kind::Internal, || {
                        format!("{} cannot be read", path.display())
                    })?;
                    return Err(Error::new(
                        Kind::Integrity,
                        format!("{} is damaged: it does not match its checksum", path.display()),
                    )
                    .hint("make it again with `git index-pack FILE.pack`, or `git multi-pack-index write`; then run `git fsck`"));
                }
            }
        }
        Ok(maps)
    }

    /// The files in which packs lie, and those beside them. Nothing else is among them: who opened
    /// a pipe might wait for ever.
    fn beside_packs(&self) -> io::Result<Vec<PathBuf>> {
        let folders = self.0.iter().map(|objects| objects.join("pack"));
        let entries = folders.flat_map(std::fs::read_dir).flatten();
        let paths = entries.map(|entry| Ok(entry?.path()));
        paths
            .filter(|path| path.as_ref().map_or(true, |path| path.is_file()))
            .collect()
    }

    /// What git copies from, in order: the packs, and the lists of where their objects end.
    fn copied_from(&self) -> io::Result<Vec<Seen>> {
        let mut files = self.beside_packs()?;
        files.retain(|path| is_pack(path) || path.extension().is_some_and(|e| e == "rev"));
        files.sort();
        files.into_iter().map(Seen::of).collect()
    }
}

/// A file, and which one it is: another one of this name is not equal to it.
#[derive(PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    length: u64,
    changed: SystemTime,
}

impl Seen {
    fn of(path: PathBuf) -> io::Result<Seen> {
        let meta = path.metadata()?;
        Ok(Seen {
            length: meta.len(),
            changed: meta.modified()?,
            path,
        })
    }
}

fn is_pack(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "pack")
}

/// Up to so many bytes of packs are read to tell whether they are whole: the system has them in
/// its memory then, where git reads them.
const READ: u64 = 512 << 20;
/// The mean size of their objects, in bytes, up to which it takes less time to read the packs
/// than to inflate the objects. Larger ones are most often of a kind that nothing compresses,
/// and those are inflated at once.
const MEAN: u64 = 32 << 10;

/// Whether it is better to read the packs among these files than to inflate their objects.
fn are_worth_reading(files: &[Seen]) -> io::Result<bool> {
    let (mut bytes, mut objects) = (0, 0);
    for pack in files.iter().filter(|file| is_pack(&file.path)) {
        let mut file = File::open(&pack.path)?;
        // gitformat-pack(5): the number of objects ends the header.
        let mut header = [0; 12];
        file.read_exact(&mut header)?;
        let count = header[8..].iter().fold(0, |n, b| n << 8 | u64::from(*b));
        objects += count;
        bytes += pack.length;
    }
    Ok(bytes <= READ && bytes <= objects * MEAN)
}

/// A look at the files that a history is copied from, on a thread of its own. git copies what
/// stands there as it is.
pub(super) struct PackLook {
    folders: ObjectFolders,
    work: JoinHandle<io::Result<Vec<Seen>>>,
}

impl PackLook {
    /// Begins it. None, if git may copy from elsewhere too, or if it takes too long.
    pub(super) fn begin(folders: &ObjectFolders, format: ObjectFormat) -> Option<PackLook> {
        if folders.first_look() == Maps::Doubtful {
            return None;
        }
        let files = folders.copied_from().ok()?;
        if !are_worth_reading(&files).unwrap_or(false) {
            return None;
        }
        let look = move || {
            for file in &files {
                if !ends_with_its_checksum(&file.path, format)? {
                    return Err(io::ErrorKind::InvalidData.into());
                }
            }
            Ok(files)
        };
        Some(PackLook {
            folders: folders.clone(),
            work: std::thread::spawn(look),
        })
    }

    /// Waits for the end. Whether all of them are whole, and still the same, and all that there
    /// is: then git has copied from no other.
    pub(super) fn finds_all_whole(self) -> bool {
        let Ok(Ok(seen)) = self.work.join() else {
            return false;
        };
        let are_the_same = |files| files == seen;
        let is_known = self.folders.first_look() == Maps::Sound;
        is_known && self.folders.copied_from().is_ok_and(are_the_same)
    }
}

fn not_read() -> &'static str {
    "the folder of the repository's packs cannot be read"
}

/// Whether a file ends with the digest of what stands before, as git's own do.
fn ends_with_its_checksum(path: &Path, format: ObjectFormat) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let Some(length) = file
        .seek(SeekFrom::End(0))?
        .checked_sub(format.bytes() as u64)
    else {
        return Ok(false);
    };
    file.rewind()?;
    pack::are_followed_by_their_checksum(&mut file, length, format)
}
