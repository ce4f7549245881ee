//! Large blobs as files of their own, read and written by zlib-rs: libgit2 uses the zlib of the
//! system and a digest that looks for attacks, and takes three times as long.
//!
//! Format: gitrepository-layout(5), `objects/[0-9a-f][0-9a-f]`, and Documentation/technical of
//! git, "loose object": the words `blob LENGTH` and a zero byte, then the content, all of it
//! compressed by zlib (RFC 1950).

use super::hash::Hash;
use super::id::{ObjectFormat, ObjectId};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

/// The size in bytes from which a blob is written here. Smaller ones take no time.
pub(super) const LARGE: usize = 128 << 10;
/// The largest blob that is read here, in bytes.
const MOST: u64 = 512 << 20;
/// The longest header, in bytes: the word, a space, twenty digits and a zero byte.
const HEADER: u64 = 26;
/// How many bytes are inflated to read the header.
const PIECE: usize = 512;
/// What a reader is likely to add, in bytes, without a second copy of all of it.
const ROOM: usize = 16 << 10;

/// Whoever finds such a file unfinished and old removes it: git-prune(1) knows the name.
const UNFINISHED: &str = "tmp_obj_";

fn path_of(folder: &Path, id: ObjectId) -> PathBuf {
    let name = id.to_string();
    folder.join(&name[..2]).join(&name[2..])
}

/// A blob that has a file of its own, open behind its header.
struct Opened {
    from: BufReader<ZlibDecoder<BufReader<File>>>,
    length: u64,
}

fn open(folder: &Path, id: ObjectId) -> Option<Opened> {
    let (kind, opened) = open_any(folder, id)?;
    (kind == "blob").then_some(opened)
}

/// The same for an object of any kind, with the word for its kind.
fn open_any(folder: &Path, id: ObjectId) -> Option<(String, Opened)> {
    let file = BufReader::with_capacity(1 << 16, File::open(path_of(folder, id)).ok()?);
    let mut from = BufReader::with_capacity(PIECE, ZlibDecoder::new(file));
    let mut header = Vec::new();
    (&mut from).take(HEADER).read_until(0, &mut header).ok()?;
    let header = std::str::from_utf8(header.strip_suffix(b"\0")?).ok()?;
    let (kind, length) = header.split_once(' ')?;
    let length = length.parse().ok()?;
    Some((kind.to_owned(), Opened { from, length }))
}

/// How many bytes an object has that lies in this folder of objects by itself, and the word for
/// its kind; none as [`read`].
pub(super) fn header(folder: &Path, id: ObjectId) -> Option<(u64, String)> {
    open_any(folder, id).map(|(kind, opened)| (opened.length, kind))
}

/// Such a blob, to be read piece by piece, and how many bytes it has; none as [`read`]. libgit2
/// maps the whole file into memory for that.
pub(super) fn reader(folder: &Path, id: ObjectId) -> Option<(impl Read + use<>, u64)> {
    open(folder, id).map(|opened| (opened.from, opened.length))
}

/// The content of a blob that lies in this folder of objects by itself. None where there is
/// no such file, or where it is not what it should be: libgit2 says what is wrong with it.
pub(super) fn read(folder: &Path, id: ObjectId) -> Option<Vec<u8>> {
    let Opened { mut from, length } = open(folder, id)?;
    let size = usize::try_from(length).ok().filter(|_| length <= MOST)?;
    // The system gives pages of zeros for this, and they are written once.
    let mut content = vec![0; size + ROOM];
    from.read_exact(&mut content[..size]).ok()?;
    // At the end the checksum of all of it is compared, too.
    let ends = from.read(&mut [0]).ok()? == 0;
    content.truncate(size);
    ends.then_some(content)
}

/// Writes a blob as a file of its own into this folder of objects, unless `has` says that it is
/// there: then nothing is written, and the answer is false.
///
/// Its name is a plain digest. What collides with another object is refused by the server, which
/// looks for that.
pub(super) fn write(
    folder: &Path,
    format: ObjectFormat,
    content: &[u8],
    has: impl Fn(ObjectId) -> bool,
) -> io::Result<(ObjectId, bool)> {
    let header = format!("blob {}\0", content.len());
    let named = || {
        let mut hash = Hash::new(format);
        hash.update(header.as_bytes());
        hash.update(content);
        hash.id()
    };
    let (id, compressed) = thread::scope(|scope| {
        // The two take about as long as each other.
        let aside = thread::Builder::new().spawn_scoped(scope, named);
        let compressed = compress(folder, header.as_bytes(), content);
        let id = match aside {
            Ok(thread) => thread.join().ok().flatten(),
            Err(_) => named(),
        };
        (id, compressed)
    });
    let id = id.ok_or_else(|| io::Error::other("a digest could not be made"))?;
    if has(id) {
        return Ok((id, false));
    }
    let path = path_of(folder, id);
    if let Some(parent) = path.parent() {
        match std::fs::create_dir(parent) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
    }
    compressed?.persist(&path)?;
    Ok((id, true))
}

/// What makes a file as git has its objects: to be read alone.
fn objects_file() -> tempfile::Builder<'static, 'static> {
    let mut file = tempfile::Builder::new();
    file.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.permissions(std::fs::Permissions::from_mode(0o444));
    }
    file
}

fn compress(folder: &Path, header: &[u8], content: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let file = objects_file().tempfile_in(folder)?;
    // The second level of zlib-rs makes what the first one of zlib makes.
    let mut zip = ZlibEncoder::new(file, Compression::new(2));
    zip.write_all(header)?;
    zip.write_all(content)?;
    zip.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::{ObjectType, Odb};

    /// A folder of objects, and a blob of so many bytes.
    fn folder_and(length: usize) -> (tempfile::TempDir, Vec<u8>) {
        let content = (0..length).map(|n| (n * n % 251) as u8).collect();
        (tempfile::tempdir().unwrap(), content)
    }

    /// What libgit2 reads of it.
    fn read_by_libgit2(folder: &Path, format: ObjectFormat, id: ObjectId) -> Vec<u8> {
        let odb = Odb::new_ext(format.raw()).unwrap();
        odb.add_disk_alternate(folder.to_str().unwrap()).unwrap();
        odb.read(id.in_format(format)).unwrap().data().to_vec()
    }

    #[test]
    fn a_blob_is_written_as_libgit2_names_and_reads_it_and_read_as_it_was() {
        for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
            for length in [0, 1, LARGE, 3 << 20] {
                let (folder, content) = folder_and(length);
                let folder = folder.path();
                let (id, written) = write(folder, format, &content, |_| false).unwrap();
                assert!(written);
                let named = git2::Oid::hash_object_ext(ObjectType::Blob, &content, format.raw());
                assert_eq!(id, ObjectId::from(named.unwrap()));
                assert_eq!(read_by_libgit2(folder, format, id), content);
                assert_eq!(read(folder, id).unwrap(), content);
                // Again, as one that is there already.
                let (again, written) =
                    write(folder, format, &content, |known| known == id).unwrap();
                assert!(again == id && !written);
                let files = std::fs::read_dir(folder).unwrap().count();
                assert_eq!(files, 1, "nothing unfinished is left");
            }
        }
    }

    #[test]
    fn what_is_no_whole_blob_is_not_read() {
        let (folder, content) = folder_and(LARGE);
        let folder = folder.path();
        let (id, _) = write(folder, ObjectFormat::Sha1, &content, |_| false).unwrap();
        let path = path_of(folder, id);
        let whole = std::fs::read(&path).unwrap();
        let compressed = |bytes: &[u8]| {
            let mut zip = ZlibEncoder::new(Vec::new(), Compression::fast());
            zip.write_all(bytes).unwrap();
            zip.finish().unwrap()
        };
        let mut altered = whole.clone();
        *altered.last_mut().unwrap() ^= 1;
        for odd in [
            Vec::new(),
            whole[..whole.len() / 2].to_vec(),
            altered,
            compressed(b"blob 3\0ab"),
            compressed(b"blob 3\0abcd"),
            compressed(b"tree 3\0abc"),
            compressed(b"blob x\0abc"),
            compressed(b"blob 18446744073709551615\0abc"),
            compressed(&[b'b'; 100]),
        ] {
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, &odd).unwrap();
            assert!(read(folder, id).is_none(), "{odd:?}");
        }
    }
}
