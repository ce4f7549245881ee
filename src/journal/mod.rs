//! This machine's own audit log: what was written, refused, removed or failed here. It has
//! one JSON object on each line, and holds no secrets and no content. The lines are a chain
//! (see [`chain`]).

pub mod chain;

use crate::alerts::AlertKind;
use crate::files::lock_within;
use crate::keys::{Key, KeyRing};
use crate::sharing::Sharing;
use chain::{Checked, End};
use serde::Serialize;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One line of the journal.
#[derive(Debug, Clone, Serialize)]
pub struct Event<'a> {
    /// UTC, RFC 3339.
    pub time: String,
    /// The command: `commit`, `rollback`, `sandbox init`, …
    pub command: &'a str,
    /// `done`, or the kind of failure.
    pub outcome: &'a str,
    /// What the call came through, such as `cli`.
    pub door: &'a str,
    /// The repository's name.
    pub repo_name: &'a str,
    /// The repository's identity, as far as it was known.
    pub repository: Option<String>,
    /// The remote's address, without any password.
    pub address: String,
    /// The branch, if one was chosen.
    pub branch: Option<&'a str>,
    /// The token that was used or issued, by its id.
    pub token_id: Option<String>,
    /// The pod that the token was given to.
    pub pod: Option<String>,
    /// The resulting commit.
    pub commit: Option<String>,
    /// The policy file that was in force, by its object id; none where there was none, or
    /// where it was not read.
    pub policy: Option<String>,
    /// An HMAC-SHA256 of the request under this machine's key: equal requests have equal ones,
    /// and nothing of a request can be guessed from it. None without a key.
    pub request: Option<String>,
    /// A description in one sentence.
    pub detail: Option<String>,
    /// What the write was noticed for.
    #[serde(skip_serializing_if = "<[AlertKind]>::is_empty")]
    pub alerts: &'a [AlertKind],
}

/// The size in bytes at which a rotating journal starts a new file.
const MAX_BYTES: u64 = 16 << 20;
/// How many earlier files are kept, as `NAME.1` (the newest) and so on.
const KEPT: u32 = 9;
/// How long a line waits for those of other processes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of a file's end is read to find its last lines, in bytes. A line is shorter.
const TAIL: u64 = 1 << 20;
/// How much of it mostly has one, in bytes: each write reads that.
const NEAR: u64 = 8 << 10;

/// The file of the journal.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
    sharing: Sharing,
}

impl Journal {
    /// A journal at `path`. It never takes more than ten files of 16 MiB plus what one call
    /// adds, because on a server strangers could make it grow.
    pub fn new(path: PathBuf) -> Self {
        Journal::shared(path, Sharing::default())
    }

    /// The same, in files that other accounts may share.
    pub fn shared(path: PathBuf, sharing: Sharing) -> Self {
        Journal { path, sharing }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one line, authenticated by `key` if there is one. A journal that cannot be
    /// written does not stop the work: the reason is returned for a warning.
    pub fn write(&self, event: &impl Serialize, key: Option<&Key>) -> Option<String> {
        self.write_all(std::slice::from_ref(event), key)
    }

    /// Appends a line for each event, all in one write.
    pub fn write_all(&self, events: &[impl Serialize], key: Option<&Key>) -> Option<String> {
        self.append(events, key).err().map(|e| self.unwritten(&e))
    }

    /// Looks whether a line can be written, and sees to it that the disk has room for it.
    ///
    /// Errors: in words, why not.
    pub fn check_writable(&self) -> Result<(), String> {
        let opened = self.locked().and_then(|lock| {
            // A journal that is full makes way before its next line.
            rotate(&self.path, MAX_BYTES, KEPT)?;
            reserve(&self.path, &self.open(&self.path)?)?;
            Ok(lock.unlock()?)
        });
        opened.map_err(|e| self.unwritten(&e))
    }

    fn unwritten(&self, why: &anyhow::Error) -> String {
        format!(
            "the journal {} could not be written: {why}",
            self.path.display()
        )
    }

    /// The lock that every writer takes: a line follows the one before it.
    fn locked(&self) -> anyhow::Result<File> {
        if let Some(folder) = self.path.parent() {
            self.sharing.folder(folder)?;
        }
        // Nobody else can open it, and so nobody else can hold it.
        let lock = self.open(&beside(&self.path, ".lock"))?;
        match lock_within(&lock, PATIENCE)? {
            true => Ok(lock),
            false => anyhow::bail!("another process holds it for more than {PATIENCE:?}"),
        }
    }

    fn append(&self, events: &[impl Serialize], key: Option<&Key>) -> anyhow::Result<()> {
        let path = &self.path;
        let lock = self.locked()?;
        let done = || -> anyhow::Result<()> {
            rotate(path, MAX_BYTES, KEPT)?;
            let (mut end, torn) = end_of(path)?;
            let mut text = Vec::new();
            // What a crash tore is left as it is, on a line of its own.
            if torn {
                text.push(b'\n');
            }
            for event in events {
                let line = end.append(&serde_json::to_string(event)?, key);
                text.extend_from_slice(line.as_bytes());
                text.push(b'\n');
            }
            let mut file = self.open(path)?;
            let before = file.metadata()?.len();
            // A single write: a reader sees whole lines.
            if let Err(e) = file.write_all(&text) {
                // A full disk may have taken the beginning, which is no line.
                file.set_len(before)?;
                return Err(e.into());
            }
            Ok(())
        };
        let done = done();
        // Closing the lock file is not enough: a child process that another thread is
        // starting right now holds the file open until it runs its program.
        done.and(lock.unlock().map_err(Into::into))
    }

    fn open(&self, path: &Path) -> std::io::Result<File> {
        let file = open(path)?;
        self.sharing.file(path, &file);
        Ok(file)
    }

    /// The last lines of the journal, the oldest first: those in the last megabyte of its
    /// newest two files. What cannot be read has none.
    pub fn last_lines(&self) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for path in [beside(&self.path, ".1"), self.path.clone()] {
            let Ok((tail, from)) = File::open(&path).and_then(|f| tail_of(&f, TAIL)) else {
                continue;
            };
            let lines = whole_lines(&tail, from);
            found.extend(lines.filter(|l| !l.is_empty()).map(<[u8]>::to_vec));
        }
        found
    }

    /// Checks every line of the journal and of its earlier files, the oldest first; `each`
    /// gets the lines.
    ///
    /// Errors: those of reading.
    pub fn check(&self, ring: &KeyRing, mut each: impl FnMut(&[u8])) -> std::io::Result<Checked> {
        self.check_each(ring, |line, _| each(line))
    }

    /// The same; `each` is also told whether a line is in its place, and authenticated by a
    /// key of the ring.
    ///
    /// Errors: those of reading.
    pub fn check_each(
        &self,
        ring: &KeyRing,
        mut each: impl FnMut(&[u8], bool),
    ) -> std::io::Result<Checked> {
        let mut checked = Checked::default();
        let earlier = (1..=KEPT)
            .rev()
            .map(|n| beside(&self.path, &format!(".{n}")));
        for path in earlier.chain([self.path.clone()]) {
            let file = match File::open(&path) {
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                opened => opened?,
            };
            let mut file = BufReader::new(file);
            let mut line = Vec::new();
            while file.read_until(b'\n', &mut line)? > 0 {
                let text = line.strip_suffix(b"\n").unwrap_or(&line);
                let before = (checked.authenticated, checked.faults.len());
                checked.line(text, ring);
                let is_authentic =
                    before == (checked.authenticated.wrapping_sub(1), checked.faults.len());
                each(text, is_authentic);
                line.clear();
            }
        }
        Ok(checked)
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Where the journal's chain ends, and whether its last line is torn.
fn end_of(path: &Path) -> std::io::Result<(End, bool)> {
    let mut found: Option<(End, bool)> = None;
    for path in [path.to_owned(), beside(path, ".1")] {
        let file = match File::open(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            opened => opened?,
        };
        let Some((end, torn)) = end_in(&file)? else {
            continue;
        };
        let (last, _) = found.get_or_insert((end.clone(), torn));
        // The number of a file that begins with a torn line is in the file before it.
        last.seq = last.seq.max(end.seq);
        if last.seq > 0 {
            break;
        }
    }
    Ok(found.unwrap_or_default())
}

/// The same of one file; none of an empty one.
fn end_in(file: &File) -> std::io::Result<Option<(End, bool)>> {
    let mut found = None;
    for most in [NEAR, TAIL] {
        let (tail, from) = tail_of(file, most)?;
        let end = End::of(whole_lines(&tail, from));
        let is_last = from == 0 || end.seq > 0;
        found = (!tail.is_empty()).then(|| (end, !tail.ends_with(b"\n")));
        if is_last {
            break;
        }
    }
    Ok(found)
}

/// The lines of a file's end, which begins at `from`, without their newlines. Where the file is
/// longer, the first line of its end is not whole.
fn whole_lines(tail: &[u8], from: u64) -> impl DoubleEndedIterator<Item = &[u8]> {
    let begin = match from {
        0 => Some(0),
        _ => tail.iter().position(|b| *b == b'\n').map(|at| at + 1),
    };
    let lines = begin
        .map(|at| &tail[at..])
        .filter(|lines| !lines.is_empty());
    let lines = lines.map(|lines| lines.strip_suffix(b"\n").unwrap_or(lines));
    lines
        .into_iter()
        .flat_map(|lines| lines.split(|b| *b == b'\n'))
}

/// The end of a file, so many bytes of it at most, and where it starts.
fn tail_of(mut file: &File, most: u64) -> std::io::Result<(Vec<u8>, u64)> {
    let from = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(most).read_to_end(&mut tail)?;
    Ok((tail, from))
}

/// If the file is large, starts a new one and keeps `kept` earlier files. The caller has
/// the lock.
fn rotate(path: &Path, most: u64, kept: u32) -> std::io::Result<()> {
    let is_large = std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() >= most);
    if !is_large {
        return Ok(());
    }
    (1..kept)
        .rev()
        .map(|n| {
            (
                beside(path, &format!(".{n}")),
                beside(path, &format!(".{}", n + 1)),
            )
        })
        .filter(|(from, _)| from.exists())
        .try_for_each(|(from, to)| std::fs::rename(from, to))
        .and_then(|()| std::fs::rename(path, beside(path, ".1")))
}

/// Room for what one command writes, in bytes.
const ROOM: u64 = 64 << 10;

/// Has the disk set room aside after the end of the journal. Its length stays.
#[cfg(target_os = "linux")]
fn reserve(path: &Path, journal: &File) -> std::io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    let length = journal.metadata()?.len();
    match fallocate(journal, FallocateFlags::KEEP_SIZE, length, ROOM) {
        // Not every file system can.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => try_room(path),
        // A device has no room to set aside.
        Err(Errno::NODEV | Errno::SPIPE) => Ok(()),
        done => done.map_err(Into::into),
    }
}

/// Other platforms have no such call.
#[cfg(not(target_os = "linux"))]
fn reserve(path: &Path, _journal: &File) -> std::io::Result<()> {
    try_room(path)
}

/// Looks whether there is room, by a file beside the journal that goes again.
fn try_room(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(&[0; ROOM as usize])?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_rotates_keeps_the_newest_and_only_so_many() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("journal.jsonl");
        for n in 0..7 {
            rotate(&path, 4, 3).unwrap();
            std::fs::write(&path, format!("line {n}")).unwrap();
        }
        let read = |end: &str| std::fs::read_to_string(format!("{}{end}", path.display()));
        let texts = ["", ".1", ".2", ".3"].map(|end| read(end).unwrap());
        assert_eq!(texts, ["line 6", "line 5", "line 4", "line 3"]);
        assert!(read(".4").is_err());
        std::fs::write(&path, "abc").unwrap();
        rotate(&path, 4, 3).unwrap();
        assert_eq!(read("").unwrap(), "abc", "it is small yet");
    }

    /// A forked child holds a copy of the descriptor until it runs its program.
    #[cfg(unix)]
    #[test]
    fn a_child_that_was_started_meanwhile_does_not_keep_the_lock() {
        let place = tempfile::tempdir().unwrap();
        let journal = Journal::new(place.path().join("journal.jsonl"));
        std::thread::scope(|threads| {
            let children = threads.spawn(|| {
                for _ in 0..200 {
                    std::process::Command::new("true").status().unwrap();
                }
            });
            while !children.is_finished() {
                assert_eq!(journal.write(&Line { n: 1 }, None), None);
            }
        });
    }

    #[derive(Serialize)]
    struct Line {
        n: u32,
    }

    fn ring() -> KeyRing {
        KeyRing::of(vec![Key::new(vec![1; 32])])
    }

    #[test]
    fn all_lines_are_written_at_once_and_are_a_chain() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/journal.jsonl");
        let (journal, ring) = (Journal::new(path.clone()), ring());
        let [one, two, three] = [1, 2, 3].map(|n| Line { n });
        assert_eq!(journal.write_all(&[one, two], ring.active()), None);
        assert_eq!(journal.write(&three, ring.active()), None);
        let text = std::fs::read_to_string(&path).unwrap();
        let numbers = text.lines().map(|l| {
            let line: serde_json::Value = serde_json::from_str(l).unwrap();
            (line["n"].as_u64(), line["seq"].as_u64())
        });
        let expected: Vec<_> = (1..=3).map(|n| (Some(n), Some(n))).collect();
        assert_eq!(numbers.collect::<Vec<_>>(), expected);
        let checked = journal.check(&ring, |_| {}).unwrap();
        assert_eq!((checked.authenticated, checked.faults), (3, vec![]));
    }

    #[test]
    fn a_chain_goes_on_in_the_next_file_and_after_a_line_that_a_crash_tore() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("journal.jsonl");
        let (journal, ring) = (Journal::new(path.clone()), ring());
        for n in 0..4 {
            rotate(&path, 1, 9).unwrap();
            assert_eq!(journal.write(&Line { n }, ring.active()), None);
        }
        assert!(beside(&path, ".3").exists());
        let checked = journal.check(&ring, |_| {}).unwrap();
        assert_eq!((checked.lines, checked.end.seq), (4, 4));
        assert_eq!(checked.faults, []);
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 9]).unwrap();
        assert_eq!(journal.write(&Line { n: 5 }, ring.active()), None);
        let checked = journal.check(&ring, |_| {}).unwrap();
        let faults: Vec<_> = checked.faults.iter().map(|f| (f.line, f.fault)).collect();
        assert_eq!(faults, [(4, chain::FaultKind::Torn)]);
    }

    #[test]
    fn the_end_of_a_journal_is_that_of_all_its_lines_wherever_the_last_ones_begin() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("journal.jsonl");
        let near = usize::try_from(NEAR).unwrap();
        let line = |seq: u64, length: usize| {
            let line = format!("{{\"seq\":{seq},\"x\":\"");
            format!(
                "{line}{}\"}}",
                "y".repeat(length.saturating_sub(line.len() + 2))
            )
        };
        let torn = |length: usize| "{\"seq\":9".to_owned() + &"z".repeat(length);
        for lengths in [
            vec![],
            vec![100],
            vec![100, near - 1],
            vec![100, near],
            vec![100, near + 1],
            vec![near + 1],
            vec![3 * near],
            vec![50; 1000],
        ] {
            let lines: Vec<String> = (1..).zip(lengths).map(|(n, l)| line(n, l)).collect();
            for after in [None, Some(0), Some(near - 100), Some(2 * near)] {
                let all: Vec<String> = lines.iter().cloned().chain(after.map(torn)).collect();
                for ends in ["", "\n"] {
                    let text = all.join("\n") + ends;
                    std::fs::write(&path, &text).unwrap();
                    let mut wanted = End::default();
                    for line in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
                        if !text.is_empty() {
                            let own = End::of([line.as_bytes()].into_iter());
                            let seq = own.seq.max(wanted.seq);
                            wanted = End { seq, ..own };
                        }
                    }
                    let (end, is_torn) = end_of(&path).unwrap();
                    assert_eq!(end, wanted, "{} bytes", text.len());
                    assert_eq!(is_torn, !text.is_empty() && ends.is_empty());
                }
            }
        }
    }

    #[test]
    fn a_journal_that_cannot_be_written_is_told_before_and_after() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        std::fs::write(&file, "").unwrap();
        let journal = Journal::new(file.join("journal.jsonl"));
        assert!(journal.check_writable().is_err());
        assert!(journal.write(&Line { n: 1 }, None).is_some());
        let good = Journal::new(place.path().join("journal.jsonl"));
        assert_eq!(good.check_writable(), Ok(()));
        assert_eq!(good.check(&ring(), |_| {}).unwrap().lines, 0);
    }
}
