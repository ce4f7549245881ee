//! A lock that a panic elsewhere does not take away.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits for the mutex. What it guards in aidf is whole at every moment, so a thread that
/// panicked with it leaves nothing half done.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
