//! Files that appear whole or not at all.

use crate::sharing::Sharing;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a temporary file of something unfinished is called; the rest is random.
pub const UNFINISHED: &str = ".aidf-unfinished-";

/// Writes `bytes` under a temporary name beside `path`, with mode 0600, and puts the file
/// in place by a rename. Folders above it are made.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_shared(path, bytes, Sharing::default())
}

/// The same, of a file that other accounts may share.
pub fn write_shared(path: &Path, bytes: &[u8], sharing: Sharing) -> io::Result<()> {
    written(&mut tempfile::Builder::new(), path, bytes, sharing)?.persist(path)?;
    Ok(())
}

/// The same, and as far as the umask lets them, other accounts may use the file anyway.
pub fn write_open(path: &Path, bytes: &[u8], sharing: Sharing) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    written(&mut builder, path, bytes, sharing)?.persist(path)?;
    Ok(())
}

/// As [`write_whole`], and it also outlasts a power cut from when it returns.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_durably_shared(path, bytes, Sharing::default())
}

/// The same, of a file that other accounts may share.
pub fn write_durably_shared(path: &Path, bytes: &[u8], sharing: Sharing) -> io::Result<()> {
    let temporary = written(&mut tempfile::Builder::new(), path, bytes, sharing)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Whether something may be at a path. A link that leads nowhere and what cannot be looked at count:
/// a file of settings that cannot be read is not one that nobody wrote.
pub fn may_be_there(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(_) => true,
        Err(e) => !matches!(
            e.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        ),
    }
}

/// Whether a file is this account's or root's, who may write it anyway.
#[cfg(unix)]
pub fn is_ours(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    [0, rustix::process::geteuid().as_raw()].contains(&meta.uid())
}

/// Gives a file that is on the disk another name in another folder, for good.
pub fn move_durably(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    sync_folder(to.parent().unwrap_or(Path::new(".")))
}

/// The name by which this machine's runs know each other in folders that other machines use
/// too. It lies in the state folder, and is made there the first time.
pub fn own_name(state: &Path) -> io::Result<String> {
    let path = state.join("machine");
    match std::fs::read_to_string(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        read => return read.map(|text| text.trim_end().to_owned()),
    }
    let mut fresh = temporary(&path)?;
    let name = short_digest(&fresh.path().to_string_lossy());
    writeln!(fresh, "{name}")?;
    match fresh.persist_noclobber(&path) {
        Ok(_) => Ok(name),
        // Another run made it at the same moment.
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => own_name(state),
        Err(e) => Err(e.error),
    }
}

/// A temporary file beside `path` that has its bytes, shared as it is to be.
fn written(
    builder: &mut tempfile::Builder<'_, '_>,
    path: &Path,
    bytes: &[u8],
    sharing: Sharing,
) -> io::Result<tempfile::NamedTempFile> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        sharing.folder(folder)?;
    }
    let mut temporary = temporary_of(builder.prefix(UNFINISHED), path)?;
    temporary.write_all(bytes)?;
    sharing.file(temporary.path(), temporary.as_file());
    Ok(temporary)
}

/// A temporary file beside `path`, with mode 0600. Folders above it are made.
pub fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    temporary_of(tempfile::Builder::new().prefix(UNFINISHED), path)
}

/// An unfinished file of a run that is still at work is younger than this, in seconds.
pub const YOUNG: u64 = 600;

/// Removes what runs that were cut off have left beside `path`: unfinished files that are not
/// young, and that nobody has locked.
pub fn remove_unfinished(path: &Path) {
    let entries = path.parent().map(std::fs::read_dir);
    for entry in entries.into_iter().flatten().flatten().flatten() {
        let is_left = || -> io::Result<bool> {
            let age = entry.metadata()?.modified()?.elapsed();
            let is_old = age.is_ok_and(|age| age.as_secs() >= YOUNG);
            let is_file = entry.file_type()?.is_file();
            Ok(is_file && is_old && std::fs::File::open(entry.path())?.try_lock().is_ok())
        };
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_prefix(UNFINISHED));
        // The file's name is the prefix with six letters or digits that were drawn for it.
        let is_drawn =
            |rest: &str| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_alphanumeric());
        if name.is_some_and(is_drawn) && is_left().unwrap_or(false) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn temporary_of(
    builder: &tempfile::Builder<'_, '_>,
    path: &Path,
) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    builder.tempfile_in(folder)
}

/// The room that a disk must have not to be full, in bytes: what is full for one small write
/// is full for the next.
const ROOM: usize = 1 << 20;

/// Whether the disk of a folder is full; of the nearest folder above where it is not there.
/// Asked after a failure alone, since it writes for that. Where it cannot be found out, it is
/// not.
pub fn is_full(folder: &Path) -> bool {
    let Some(folder) = folder.ancestors().find(|folder| folder.is_dir()) else {
        return false;
    };
    let tried = tempfile::tempfile_in(folder).and_then(|mut file| {
        file.write_all(&vec![1; ROOM])?;
        // Some systems look for room only now.
        file.sync_data()
    });
    tried.is_err_and(|e| {
        matches!(
            e.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        )
    })
}

/// A large file on its way to the disk: what was written is flushed while the rest is made.
pub struct Flushing {
    file: tempfile::NamedTempFile,
    ask: SyncSender<()>,
    flusher: JoinHandle<io::Result<()>>,
    written: usize,
}

/// After so many bytes what was written is flushed.
const FLUSHED: usize = 16 << 20;

impl Flushing {
    /// Errors: those of the system, where the file cannot be opened again.
    pub fn new(file: tempfile::NamedTempFile) -> io::Result<Self> {
        let (ask, asked) = sync_channel(1);
        let again = file.as_file().try_clone()?;
        // A disk tells of a failure once: whoever meets it keeps it for the end.
        let flusher = std::thread::spawn(move || asked.iter().try_for_each(|()| again.sync_data()));
        Ok(Flushing {
            file,
            ask,
            flusher,
            written: 0,
        })
    }

    /// The file, of which everything is on the disk now.
    pub fn finish(self) -> io::Result<tempfile::NamedTempFile> {
        drop(self.ask);
        let flushed = self.flusher.join();
        flushed.unwrap_or_else(|_| Err(io::Error::other("a thread broke off")))?;
        self.file.as_file().sync_all()?;
        Ok(self.file)
    }
}

impl Write for Flushing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.written += n;
        // While it flushes, it need not be asked again.
        if self.written >= FLUSHED && self.ask.try_send(()).is_ok() {
            self.written = 0;
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Makes a folder's names last: a rename is on the disk only when its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Other platforms open no folders.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// The path without links, or as it is where nothing is there.
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The most links that a path may lead through, one after the other. It is Linux's own bound.
const MOST_LINKS: usize = 40;

/// Where a path leads that ends in a link; nothing need be there. Any other stays as it is.
///
/// Errors: those of the system, which may keep a user from a link of somebody else's in a
/// shared folder (fs.protected_symlinks in proc(5)).
pub fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if !path.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
            return Ok(path);
        }
        // The system follows a link only where it may be followed; reading it is always allowed.
        match path.metadata() {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let around = path.parent().unwrap_or(Path::new(""));
        path = around.join(std::fs::read_link(&path)?);
    }
    Err(io::Error::other("it leads through too many links"))
}

/// Opens a file that is there to be locked. Folders above it are made.
pub fn lock_file(path: &Path) -> io::Result<File> {
    open_lock(path, &mut File::options())
}

fn open_lock(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    options.create(true).truncate(false).write(true).open(path)
}

/// Opens, or makes, a file that is there to be locked by its owner alone. Folders above it are
/// made.
pub fn own_lock_file(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = open_lock(path, File::options().mode(0o600))?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    lock_file(path)
}

/// Takes the lock of an open file in the order of those who ask: the system wakes who waits
/// longest first. Gives the locked file; none where it has to be waited for longer than
/// `within`, or `stop` says to wait no longer.
pub fn lock_in_order(
    file: File,
    within: Duration,
    stop: impl Fn() -> bool,
) -> io::Result<Option<File>> {
    const LOOK: Duration = Duration::from_millis(50);
    match file.try_lock() {
        Ok(()) => return Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(e)) => return Err(e),
    }
    let begun = Instant::now();
    let (tell, hear) = std::sync::mpsc::sync_channel(1);
    // The system has no bound on this wait. Where nobody hears of the lock any more, the
    // thread gives it back as soon as it gets it.
    std::thread::Builder::new().spawn(move || {
        let locked = file.lock().map(|()| file);
        let _ = tell.send(locked);
    })?;
    while begun.elapsed() <= within && !stop() {
        match hear.recv_timeout(LOOK) {
            Ok(locked) => return locked.map(Some),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(None)
}

/// Waits for the lock of an open file; false where somebody has it for longer than `within`.
/// It ends with the file, and with the process, however that ends.
pub fn lock_within(file: &File, within: Duration) -> io::Result<bool> {
    wait_for(within, || file.try_lock())
}

/// The same for a lock that others may share.
pub fn share_within(file: &File, within: Duration) -> io::Result<bool> {
    wait_for(within, || file.try_lock_shared())
}

fn wait_for(within: Duration, lock: impl Fn() -> Result<(), TryLockError>) -> io::Result<bool> {
    let begun = Instant::now();
    loop {
        match lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if begun.elapsed() > within => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            Err(TryLockError::Error(e)) => return Err(e),
        }
    }
}

/// The names that a damaged file may get, the first one that is free. What was set aside
/// before is never replaced.
pub fn names_aside(name: &str) -> impl Iterator<Item = String> {
    let numbered = (2..).map(move |n: u64| format!("{name}.damaged.{n}"));
    std::iter::once(format!("{name}.damaged")).chain(numbered)
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of an even number of hexadecimal digits, of either case; `None` for any other text.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect()
}

/// The SHA-256 of these bytes, in lower-case hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A name for `text` that a file may bear: the first 16 digits of its SHA-256.
pub fn short_digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    hex(&digest[..8])
}

/// A writer that digests what passes.
pub struct Digested<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Digested<W> {
    /// Writes to `to`.
    pub fn new(to: W) -> Self {
        Digested {
            to,
            hash: Sha256::new(),
        }
    }

    /// What was written to, and the SHA-256 of it as [`digest_of`] gives it.
    pub fn finish(self) -> (W, String) {
        (self.to, hex(&self.hash.finalize()))
    }
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.hash.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The SHA-256 of a file's bytes, in lower-case hexadecimal.
pub fn digest_of(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => hash.update(&buffer[..n]),
        }
    }
    Ok(hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(folder: &Path) -> tempfile::NamedTempFile {
        tempfile::NamedTempFile::new_in(folder).unwrap()
    }

    #[test]
    fn what_is_flushed_on_its_way_is_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut out = Flushing::new(beside(folder.path())).unwrap();
        let piece: Vec<u8> = (0..1_000_003_u32).map(|n| (n % 251) as u8).collect();
        let many = 5 * FLUSHED / piece.len();
        for _ in 0..many {
            out.write_all(&piece).unwrap();
        }
        let bytes = std::fs::read(out.finish().unwrap().path()).unwrap();
        assert_eq!(bytes.len(), many * piece.len());
        assert!(bytes.chunks(piece.len()).all(|chunk| chunk == piece));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_flushed_is_not_finished() {
        let folder = tempfile::tempdir().unwrap();
        let (_, path) = beside(folder.path()).into_parts();
        let nowhere = OpenOptions::new().write(true).open("/dev/null").unwrap();
        let file = tempfile::NamedTempFile::from_parts(nowhere, path);
        let mut out = Flushing::new(file).unwrap();
        out.write_all(&vec![0; FLUSHED]).unwrap();
        assert!(out.finish().is_err());
    }
}
