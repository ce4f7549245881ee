//! The handles of a repository, and what they say of how it names its objects.

use super::id::ObjectFormat;
use super::made::change_format;
use super::narrow::Narrow;
use super::wire::Ours;
use crate::error::{Kind, OrFail, Result};
use git2::Repository;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use thread_local::ThreadLocal;

/// A handle for each thread: libgit2 lets one thread at a time use one.
pub(super) struct Handles {
    /// How the repository named its objects when they were opened.
    format: ObjectFormat,
    /// Of the repository.
    pub own: ThreadLocal<Repository>,
    /// Of the whole history, where it is cut.
    pub pasts: ThreadLocal<Repository>,
}

/// The handles of a repository. A new cache names its objects as its remote does, and that is
/// not known before the remote has been connected to: then all handles are opened again.
pub(super) struct AllHandles {
    git_dir: PathBuf,
    is_cache: bool,
    first: Handles,
    again: OnceLock<Handles>,
    narrow: OnceLock<Arc<Narrow>>,
}

impl Handles {
    fn of(format: ObjectFormat) -> Handles {
        Handles {
            format,
            own: ThreadLocal::new(),
            pasts: ThreadLocal::new(),
        }
    }
}

impl AllHandles {
    /// Those of a repository; `is_cache` for the cache of a remote.
    pub fn of(repo: Repository, is_cache: bool) -> AllHandles {
        let handles = AllHandles {
            git_dir: repo.path().to_owned(),
            is_cache,
            first: Handles::of(ObjectFormat::of(&repo)),
            again: OnceLock::new(),
            narrow: OnceLock::new(),
        };
        handles.first.own.get_or(|| repo);
        handles
    }

    /// Whether they are those of a repository of aidf's own.
    pub fn is_cache(&self) -> bool {
        self.is_cache
    }

    /// Those that are in use.
    pub fn now(&self) -> &Handles {
        self.again.get().unwrap_or(&self.first)
    }

    /// The narrow side of the repository, if it has one.
    pub fn narrow(&self) -> Option<&Arc<Narrow>> {
        self.narrow.get()
    }

    /// Says that it does not hold everything; the first word counts.
    pub fn narrowed(&self, narrow: Arc<Narrow>) {
        let _ = self.narrow.set(narrow);
    }
}

impl Ours for AllHandles {
    fn format(&self) -> ObjectFormat {
        self.now().format
    }

    fn cache(&self) -> Option<&Path> {
        self.is_cache.then_some(&*self.git_dir)
    }

    fn follow(&self, theirs: ObjectFormat) -> Result<bool> {
        if !self.is_cache {
            return Ok(false);
        }
        // Another thread may have been quicker.
        if let Some(again) = self.again.get() {
            return Ok(again.format == theirs);
        }
        let place = self.git_dir.display();
        let changed = change_format(&self.git_dir, theirs)
            .or_fail(Kind::Internal, || format!("{place} cannot be changed"))?;
        if changed {
            let _ = self.again.set(Handles::of(theirs));
            if let Some(narrow) = self.narrow() {
                narrow.open_again();
            }
        }
        Ok(changed)
    }
}
