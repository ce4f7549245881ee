//! A prefix in S3 storage as a place of bundles.

use super::{Draft, Local, Place, Small, Version};
use crate::bundle_manifest::MAX_BYTES;
use crate::clock::Moment;
use crate::error::{Kind, Result};
use crate::files::UNFINISHED;
use crate::progress::Progress;
use crate::s3::{self, Address, Client, Condition, ObjectLock};
use crate::temporary;
use std::path::Path;

/// A prefix of a bucket.
pub(super) struct Bucket<'a> {
    pub client: Client<'a>,
    pub address: Address,
    /// The address with its server, which two endpoints do not share.
    pub id: String,
    /// How bundles are locked.
    pub lock: Option<ObjectLock>,
    pub now: Moment,
    pub progress: &'a dyn Progress,
}

impl Bucket<'_> {
    fn below(&self) -> String {
        self.address.key("")
    }
}

impl Place for Bucket<'_> {
    fn shown(&self) -> String {
        self.address.to_string()
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    fn is_near(&self) -> bool {
        false
    }

    fn names(&self) -> Result<Vec<String>> {
        self.client.list(&self.below())
    }

    fn read(&self, name: &str, most: u64) -> Result<Small> {
        Ok(match self.client.small(&self.address.key(name), most)? {
            s3::Small::Absent => Small::Absent,
            s3::Small::TooLong => Small::TooLong,
            s3::Small::Bytes(bytes, etag) => Small::Bytes(bytes, Version::Marked(etag)),
        })
    }

    fn file(&self, name: &str) -> Result<Local> {
        let mut copy = temporary::file(UNFINISHED)?;
        self.client.download(&self.address.key(name), &mut copy)?;
        Ok(Local::copy(copy.into_temp_path(), self.address(name)))
    }

    fn draft(&self) -> Result<Draft> {
        Ok(Draft::file(temporary::file(UNFINISHED)?.into_temp_path()))
    }

    fn put(&self, draft: &Path, name: &str) -> Result<()> {
        self.client.put(&self.address.key(name), draft, self.lock)
    }

    fn replace(&self, name: &str, bytes: &[u8], was: &Version) -> Result<Version> {
        let condition = match was {
            Version::Absent => Condition::Absent,
            Version::Marked(etag) => Condition::Is(etag.clone()),
        };
        let key = self.address.key(name);
        let etag = self.client.write(&key, bytes, &condition)?;
        Ok(Version::Marked(etag))
    }

    fn set_aside(&self, name: &str) -> Result<Option<String>> {
        let mut aside = None;
        // A longer one was refused unread, and is of no use to anybody.
        if let Small::Bytes(..) = self.read(name, MAX_BYTES)? {
            let local = self.file(name)?;
            let to = self.name_aside(name)?;
            let key = self.address.key(&to);
            self.client.put(&key, local.path(), None)?;
            aside = Some(self.address(&to));
        }
        self.client.delete(&self.address.key(name))?;
        Ok(aside)
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.client.delete(&self.address.key(name))
    }

    fn held(&self, name: &str) -> Result<Option<String>> {
        let head = self.client.head(&self.address.key(name))?;
        Ok(head.and_then(|head| match head.locked_until {
            Some(until) if until > self.now => Some(format!("locked until {}", until.rfc3339())),
            _ if head.is_held => Some("on legal hold".to_owned()),
            _ => None,
        }))
    }

    fn tidy(&self) -> Result<()> {
        match self.client.abort_stale(&self.below()) {
            // A policy may leave this permission out, and some storage does not know it. A
            // backup is made all the same.
            Err(e) if matches!(e.kind(), Kind::Denied | Kind::Usage) => {
                self.progress.step(&e.in_full());
                Ok(())
            }
            done => done,
        }
    }

    fn address(&self, name: &str) -> String {
        self.address.join(name).to_string()
    }
}
