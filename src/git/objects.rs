//! An object store that is asked by ids of its own format alone.

use super::id::{ObjectFormat, ObjectId};
use super::loose;
use crate::error::{Error, Kind, OrFail, Result};
use git2::{ObjectType, Odb, OdbLookupFlags, OdbObject, Repository};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The objects of a repository. An id of another format names none of them.
pub(super) struct Objects<'r> {
    odb: Odb<'r>,
    format: ObjectFormat,
    /// Where those lie that have files of their own.
    folder: PathBuf,
}

impl<'r> Objects<'r> {
    /// Those of this repository.
    ///
    /// Errors: internal, when they cannot be opened.
    pub fn of(repo: &'r Repository) -> Result<Objects<'r>> {
        let odb = repo.odb();
        Ok(Objects {
            odb: odb.or_fail(Kind::Internal, || "the object store cannot be opened")?,
            format: ObjectFormat::of(repo),
            folder: repo.commondir().join("objects"),
        })
    }

    /// Those in this folder, which is another repository's, and in those that it borrows from.
    ///
    /// Errors: internal, when they cannot be opened.
    pub fn at(folder: &Path, format: ObjectFormat) -> Result<Objects<'static>> {
        let failed = || format!("the objects in {} cannot be opened", folder.display());
        let Some(path) = folder.to_str() else {
            return Err(Error::new(Kind::Internal, failed()));
        };
        let odb = Odb::new_ext(format.raw()).or_fail(Kind::Internal, failed)?;
        odb.add_disk_alternate(path)
            .or_fail(Kind::Internal, failed)?;
        Ok(Objects {
            odb,
            format,
            folder: folder.to_owned(),
        })
    }

    /// How they are named.
    pub fn format(&self) -> ObjectFormat {
        self.format
    }

    /// Whether an object is here. What is not known is looked for on the disk again.
    pub fn has(&self, id: ObjectId) -> bool {
        self.odb.exists(id.in_format(self.format))
    }

    /// Whether an object is here, as far as the store was last read.
    pub fn has_now(&self, id: ObjectId) -> bool {
        let id = id.in_format(self.format);
        self.odb.exists_ext(id, OdbLookupFlags::NO_REFRESH)
    }

    /// Reads an object.
    pub fn read(&self, id: ObjectId) -> std::result::Result<OdbObject<'_>, git2::Error> {
        self.odb.read(id.in_format(self.format))
    }

    /// Reads all of a blob.
    ///
    /// Errors: not_found; integrity, for an object of another kind.
    pub fn blob(&self, id: ObjectId) -> Result<Vec<u8>> {
        if let Some(content) = self.own(id).and_then(|folder| loose::read(folder, id)) {
            return Ok(content);
        }
        let lacking = || format!("blob {id} is not in this store");
        let object = self.read(id).or_fail(Kind::NotFound, lacking)?;
        match object.kind() {
            ObjectType::Blob => Ok(object.data().to_vec()),
            _ => Err(Error::new(Kind::Integrity, format!("{id} is not a blob"))),
        }
    }

    /// A blob's length in bytes, without reading all of it.
    ///
    /// Errors: not_found.
    pub fn blob_size(&self, id: ObjectId) -> Result<u64> {
        let lacking = || format!("blob {id} is not in this store");
        let (length, _) = self.header(id).or_fail(Kind::NotFound, lacking)?;
        Ok(length as u64)
    }

    /// Where an object lies that has a file of its own.
    fn own(&self, id: ObjectId) -> Option<&Path> {
        (id.as_bytes().len() == self.format.bytes()).then_some(self.folder.as_path())
    }

    /// The length and the kind of an object, without reading all of it.
    pub fn header(&self, id: ObjectId) -> std::result::Result<(usize, ObjectType), git2::Error> {
        // libgit2 reads all of an object's own file for that.
        let own = self.own(id).and_then(|folder| loose::header(folder, id));
        let own = own.and_then(|(length, kind)| {
            let kind = ObjectType::from_str(&kind)?;
            Some((usize::try_from(length).ok()?, kind))
        });
        match own {
            Some(own) => Ok(own),
            None => self.odb.read_header(id.in_format(self.format)),
        }
    }

    /// Reads an object piece by piece: one that does not lie in a pack. With its length and kind.
    pub fn reader(
        &self,
        id: ObjectId,
    ) -> std::result::Result<(Box<dyn Read + '_>, u64, ObjectType), git2::Error> {
        if let Some((from, length)) = self.own(id).and_then(|folder| loose::reader(folder, id)) {
            return Ok((Box::new(from), length, ObjectType::Blob));
        }
        let (from, length, kind) = self.odb.reader(id.in_format(self.format))?;
        Ok((Box::new(from), length as u64, kind))
    }

    /// Writes an object.
    pub fn write(
        &self,
        kind: ObjectType,
        bytes: &[u8],
    ) -> std::result::Result<ObjectId, git2::Error> {
        if kind == ObjectType::Blob && bytes.len() >= loose::LARGE {
            let written = loose::write(&self.folder, self.format, bytes, |id| self.has_now(id));
            // One that is there is made young again, and a failure is told in libgit2's words.
            if let Ok((id, true)) = written {
                return Ok(id);
            }
        }
        self.odb.write(kind, bytes).map(ObjectId::from)
    }

    /// Reads the store again: what others have just written.
    ///
    /// Errors: internal.
    pub fn refresh(&self) -> Result<()> {
        let again = self.odb.refresh();
        again.or_fail(Kind::Internal, || "the object store cannot be read again")
    }
}
