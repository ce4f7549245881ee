//! Gives libgit2 the objects that a store lacks, at the moment it reads them.
//!
//! libgit2 asks each backend of an object store in turn. One more, asked last, fetches what
//! the others do not have. So no code that reads an object can take "it is not here" for "it
//! does not exist": each read gets the object, or fails. Asking whether an object is here
//! fetches nothing.
#![expect(
    unsafe_code,
    reason = "libgit2 takes a backend as C functions, and git2 has no safe way to make one"
)]

use super::id::ObjectId;
use git2::{Binding, ObjectType, Odb, Oid};
use libgit2_sys as raw;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An object.
pub(super) struct Found {
    pub kind: ObjectType,
    pub bytes: Vec<u8>,
}

/// An object could not be had. Why is known to the one who was asked.
pub(super) struct Failed;

/// Where objects come from that a store lacks.
pub(super) trait Filler: Send + Sync {
    /// The object, if it lies beside the store on this machine.
    fn beside(&self, id: ObjectId) -> Option<Found>;

    /// The object, from wherever it is; none if there is no such place.
    fn obtain(&self, id: ObjectId) -> Result<Option<Found>, Failed>;
}

/// What libgit2 knows as a backend; it sees the first field alone.
#[repr(C)]
struct Backend {
    parent: raw::git_odb_backend,
    filler: Arc<dyn Filler>,
    /// Whether the other backends have looked at the disk again since the last read.
    refreshed: AtomicBool,
}

/// Has `filler` asked for what `odb` lacks. It must not use `odb`, which waits for it.
pub(super) fn fill(odb: &Odb<'_>, filler: Arc<dyn Filler>) -> Result<(), git2::Error> {
    let backend = Box::new(Backend {
        parent: raw::git_odb_backend {
            version: 1,
            odb: std::ptr::null_mut(),
            read: Some(read),
            read_prefix: None,
            read_header: Some(read_header),
            write: None,
            writestream: None,
            readstream: None,
            exists: None,
            exists_prefix: None,
            refresh: Some(refresh),
            foreach: None,
            writepack: None,
            writemidx: None,
            freshen: None,
            free: Some(free),
        },
        filler,
        refreshed: AtomicBool::new(false),
    });
    let backend = Box::into_raw(backend);
    // The lowest priority of all is asked last.
    const LAST: c_int = -1;
    // SAFETY: `odb` is a live object store, and `backend` is the first field of a live
    // `Backend`. From here on libgit2 owns it, and ends it by `free`.
    let code = unsafe { raw::git_odb_add_backend(odb.raw(), backend.cast(), LAST) };
    if code < 0 {
        // SAFETY: libgit2 did not take it, so it is still ours.
        drop(unsafe { Box::from_raw(backend) });
        return Err(git2::Error::last_error(code));
    }
    Ok(())
}

/// The object of a read; or the code to answer.
///
/// SAFETY: `backend` must be one that `fill` made, and `id` the id of an object.
unsafe fn found(
    backend: *mut raw::git_odb_backend,
    id: *const raw::git_oid,
) -> Result<Found, c_int> {
    // SAFETY: the caller promises both; libgit2 keeps the backend until it calls `free`.
    let (this, id) = unsafe {
        (
            &*backend.cast::<Backend>(),
            ObjectId::from(Oid::from_raw(id)),
        )
    };
    let refreshed = this.refreshed.swap(false, Ordering::Relaxed);
    let ask = || match refreshed {
        // Every read is tried twice: only the second one sees what others have just written.
        false => Ok(this.filler.beside(id)),
        true => this.filler.obtain(id),
    };
    // A panic must not run through libgit2.
    match catch_unwind(AssertUnwindSafe(ask)) {
        Ok(Ok(Some(found))) => Ok(found),
        Ok(Ok(None)) => Err(raw::GIT_ENOTFOUND),
        Ok(Err(Failed)) | Err(_) => {
            let why = c"an object that is lacking here could not be fetched";
            // SAFETY: it copies the text.
            unsafe { raw::git_error_set_str(raw::GIT_ERROR_ODB as c_int, why.as_ptr()) };
            Err(raw::GIT_EUSER)
        }
    }
}

extern "C" fn read(
    data: *mut *mut c_void,
    length: *mut usize,
    kind: *mut raw::git_object_t,
    backend: *mut raw::git_odb_backend,
    id: *const raw::git_oid,
) -> c_int {
    // SAFETY: libgit2 calls this with a backend of ours and an id.
    let found = match unsafe { found(backend, id) } {
        Ok(found) => found,
        Err(code) => return code,
    };
    // SAFETY: the memory is as long as the bytes that are copied to it, and libgit2 frees it;
    // the three places are libgit2's, for just this.
    unsafe {
        let memory = raw::git_odb_backend_data_alloc(backend, found.bytes.len());
        if memory.is_null() {
            return raw::GIT_ERROR;
        }
        std::ptr::copy_nonoverlapping(found.bytes.as_ptr(), memory.cast(), found.bytes.len());
        *data = memory;
        *length = found.bytes.len();
        *kind = found.kind.raw();
    }
    0
}

extern "C" fn read_header(
    length: *mut usize,
    kind: *mut raw::git_object_t,
    backend: *mut raw::git_odb_backend,
    id: *const raw::git_oid,
) -> c_int {
    // SAFETY: libgit2 calls this with a backend of ours and an id.
    match unsafe { found(backend, id) } {
        Ok(found) => {
            // SAFETY: the two places are libgit2's, for just this.
            unsafe {
                *length = found.bytes.len();
                *kind = found.kind.raw();
            }
            0
        }
        Err(code) => code,
    }
}

extern "C" fn refresh(backend: *mut raw::git_odb_backend) -> c_int {
    // SAFETY: libgit2 calls this with a backend of ours.
    let this = unsafe { &*backend.cast::<Backend>() };
    this.refreshed.store(true, Ordering::Relaxed);
    0
}

extern "C" fn free(backend: *mut raw::git_odb_backend) {
    // SAFETY: `fill` made it by `Box::into_raw`, and libgit2 calls this once.
    drop(unsafe { Box::from_raw(backend.cast::<Backend>()) });
}
