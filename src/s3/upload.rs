//! Writes objects. Each appears whole or not at all: a small one by one request, a large one by
//! parts that the last request puts together.

use super::address::ObjectLock;
use super::client::Client;
use super::refusal;
use super::request::{Ask, Condition, Digests, Payload};
use super::xml;
use crate::clock::{DAY, Moment};
use crate::error::{Error, Kind, OrFail, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The length of a part, in bytes, and of the largest object that is sent in one request. S3
/// takes no smaller part than 5 MiB, and no larger one than 5 GiB.
const PART: u64 = 16 << 20;
/// The most parts of an object.
const MAX_PARTS: u64 = 10_000;
/// How old an upload has to be before another run takes it for one that was cut off, in
/// seconds.
const STALE: i64 = DAY;

/// A file that is to be an object.
struct Whole<'w> {
    key: &'w str,
    path: &'w Path,
    length: u64,
    digests: Digests,
    lock: Vec<(&'static str, String)>,
}

impl Client<'_> {
    /// Writes a small object, if what is there is as the condition says. Returns its ETag.
    ///
    /// Errors: conflict, if it is not; unavailable, auth, denied.
    pub fn write(&self, key: &str, bytes: &[u8], condition: &Condition) -> Result<String> {
        let digests = Digests::of(bytes);
        let mut ask = Ask::new("PUT", Some(key))
            .condition(condition)
            .mark(&digests.sha256);
        ask.payload = Payload::Bytes(bytes);
        let written = self.tried(&ask, |response| self.etag(&ask, &response));
        self.or_ours(key, &digests.sha256, written)
    }

    /// Makes a file an object, if there is none under this key.
    ///
    /// Errors: conflict, if there is one; internal, for the disk; unavailable, auth, denied;
    /// usage, for a lock that the bucket does not know.
    pub fn put(&self, key: &str, path: &Path, lock: Option<ObjectLock>) -> Result<()> {
        let failed = || format!("{} cannot be read", path.display());
        let file = File::open(path).or_fail(Kind::Internal, failed)?;
        let (digests, length) = Digests::of_reader(file).or_fail(Kind::Internal, failed)?;
        let now = self.way.http.clock.now();
        let lock = lock.map(|lock| {
            let until = Moment::from_seconds(now.seconds() + i64::from(lock.days) * DAY);
            vec![
                ("x-amz-object-lock-mode", lock.mode.name().to_owned()),
                ("x-amz-object-lock-retain-until-date", until.rfc3339()),
            ]
        });
        let whole = Whole {
            key,
            path,
            length,
            digests,
            lock: lock.unwrap_or_default(),
        };
        match length <= PART {
            true => self.put_at_once(&whole),
            false => self.put_in_parts(&whole),
        }
    }

    fn put_at_once(&self, whole: &Whole<'_>) -> Result<()> {
        let mut ask = Ask::new("PUT", Some(whole.key))
            .condition(&Condition::Absent)
            .mark(&whole.digests.sha256);
        ask.headers.extend(whole.lock.iter().cloned());
        ask.payload = Payload::Part {
            path: whole.path,
            at: 0,
            length: whole.length,
            digests: whole.digests.clone(),
        };
        let written = self.tried(&ask, |response| self.etag(&ask, &response));
        self.or_ours(whole.key, &whole.digests.sha256, written)
            .map(drop)
    }

    fn put_in_parts(&self, whole: &Whole<'_>) -> Result<()> {
        // Before all of it crosses the network for nothing.
        if self.head(whole.key)?.is_some() {
            return match self.is_ours(whole.key, &whole.digests.sha256)? {
                Some(_) => Ok(()),
                None => Err(self.taken(whole.key)),
            };
        }
        let mut begin = Ask::new("POST", Some(whole.key))
            .query("uploads", "")
            .mark(&whole.digests.sha256);
        begin.headers.extend(whole.lock.iter().cloned());
        let id = self.element(&begin, "UploadId")?;
        let sent = self.send_parts(whole, &id);
        let done = sent.and_then(|etags| self.put_together(whole, &id, &etags));
        if let Err(e) = &done {
            // What S3 keeps of it costs money until somebody says that it is of no use.
            let abort = Ask::new("DELETE", Some(whole.key)).query("uploadId", id.as_str());
            if let Err(more) = self.tried(&abort, |_| Ok(()))
                && !refusal::is(&more, "NoSuchUpload")
            {
                self.way.progress.step(&format!(
                    "{}; and its parts stay: {}",
                    e.in_full(),
                    more.in_full()
                ));
            }
        }
        done
    }

    fn send_parts(&self, whole: &Whole<'_>, id: &str) -> Result<Vec<String>> {
        let failed = || format!("{} cannot be read", whole.path.display());
        let part = PART.max(whole.length.div_ceil(MAX_PARTS));
        let name = whole.key.rsplit('/').next().unwrap_or(whole.key);
        let what = format!("bytes of {name} sent");
        let (mut at, mut etags) = (0, Vec::new());
        while at < whole.length {
            let length = part.min(whole.length - at);
            let mut file = File::open(whole.path).or_fail(Kind::Internal, failed)?;
            file.seek(SeekFrom::Start(at))
                .or_fail(Kind::Internal, failed)?;
            let (digests, read) =
                Digests::of_reader(file.take(length)).or_fail(Kind::Internal, failed)?;
            if read != length {
                return Err(Error::new(Kind::Internal, failed()));
            }
            let number = (etags.len() + 1).to_string();
            let mut ask = Ask::new("PUT", Some(whole.key))
                .query("partNumber", number)
                .query("uploadId", id);
            ask.payload = Payload::Part {
                path: whole.path,
                at,
                length,
                digests,
            };
            etags.push(self.tried(&ask, |response| self.etag(&ask, &response))?);
            at += length;
            self.way.progress.advance(&what, at, whole.length);
        }
        Ok(etags)
    }

    fn put_together(&self, whole: &Whole<'_>, id: &str, etags: &[String]) -> Result<()> {
        let mut text = String::from("<CompleteMultipartUpload>");
        for (at, etag) in etags.iter().enumerate() {
            text.push_str(&format!(
                "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>",
                at + 1,
                escaped(etag)
            ));
        }
        text.push_str("</CompleteMultipartUpload>");
        let mut ask = Ask::new("POST", Some(whole.key))
            .query("uploadId", id)
            .condition(&Condition::Absent);
        ask.payload = Payload::Bytes(text.as_bytes());
        ask.is_long = true;
        let done = self.element(&ask, "ETag");
        match done {
            // It may be done already, and the answer was lost.
            Err(e) if refusal::is(&e, "NoSuchUpload") => {
                match self.is_ours(whole.key, &whole.digests.sha256)? {
                    Some(_) => Ok(()),
                    None => Err(e),
                }
            }
            done => self
                .or_ours(whole.key, &whole.digests.sha256, done)
                .map(drop),
        }
    }

    /// Ends the uploads below a prefix that nobody goes on with.
    ///
    /// Errors: unavailable, auth, denied.
    pub fn abort_stale(&self, prefix: &str) -> Result<()> {
        let limit = self.way.http.clock.now().seconds() - STALE;
        let mut stale = Vec::new();
        self.pages(
            |token| {
                let ask = Ask::new("GET", None)
                    .query("uploads", "")
                    .query("prefix", prefix);
                match token {
                    [key, upload] => ask
                        .query("key-marker", key.as_str())
                        .query("upload-id-marker", upload.as_str()),
                    _ => ask,
                }
            },
            &["NextKeyMarker", "NextUploadIdMarker"],
            |entry| {
                let of = |name: &str| entry.get(&format!("Upload/{name}")).cloned();
                if let (Some(key), Some(id), Some(begun)) =
                    (of("Key"), of("UploadId"), of("Initiated"))
                    && key.starts_with(prefix)
                    && Moment::from_rfc3339(&begun).is_some_and(|m| m.seconds() < limit)
                {
                    stale.push((key, id));
                }
            },
        )?;
        for (key, id) in stale {
            let abort = Ask::new("DELETE", Some(&key)).query("uploadId", id.as_str());
            match self.tried(&abort, |_| Ok(())) {
                Err(e) if refusal::is(&e, "NoSuchUpload") => {}
                done => done?,
            }
        }
        Ok(())
    }

    /// The text of the only element of this name in an answer.
    fn element(&self, ask: &Ask<'_>, name: &str) -> Result<String> {
        let text = self.text(ask)?;
        let mut found = None;
        xml::read(&text, |path, text| {
            if xml::ends_in(path, &[name]) && !text.is_empty() {
                found = Some(text.to_owned());
            }
        })
        .map_err(|why| self.garbled(ask, &why))?;
        found.ok_or_else(|| self.garbled(ask, &format!("it has no {name}")))
    }

    /// A write that found something in its way may have found itself: its first try was done,
    /// and the answer was lost.
    fn or_ours(&self, key: &str, sha256: &str, written: Result<String>) -> Result<String> {
        match written {
            Err(e) if e.kind() == Kind::Conflict => match self.is_ours(key, sha256)? {
                Some(etag) => Ok(etag),
                None => Err(e),
            },
            done => done,
        }
    }

    fn taken(&self, key: &str) -> Error {
        let shown = self.shown(Some(key));
        Error::new(Kind::Conflict, format!("{shown} exists already"))
    }
}

/// A text inside of an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
