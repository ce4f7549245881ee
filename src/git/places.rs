//! Where a remote is reached: the place that is read, and the one that is written.

use super::endpoint::Endpoint;
use super::narrow::Origin;
use super::wire::{FetchConnection, LinkSettings};
use crate::error::{Kind, Result};
use crate::mutex::locked;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The places of a remote, mostly one and the same.
pub(super) struct Places {
    pub read: Endpoint,
    pub write: Endpoint,
    pub settings: LinkSettings,
    /// Whether objects were last fetched from where writes go.
    from_write_side: AtomicBool,
    /// A connection for reading that is open, and whether it is to where writes go.
    open: Mutex<Option<(bool, FetchConnection)>>,
}

impl Places {
    pub fn new(read: Endpoint, write: Endpoint, settings: LinkSettings) -> Places {
        Places {
            read,
            write,
            settings,
            from_write_side: AtomicBool::new(false),
            open: Mutex::default(),
        }
    }

    /// Whether both are the same.
    pub fn are_one(&self) -> bool {
        self.read.to_string() == self.write.to_string()
    }

    /// The place that is read, or that is written.
    pub fn side(&self, write: bool) -> &Endpoint {
        match write {
            true => &self.write,
            false => &self.read,
        }
    }

    /// Connects for reading.
    pub fn connect(&self, write: bool) -> Result<FetchConnection> {
        FetchConnection::open(self.side(write), &self.settings)
    }

    /// Keeps a connection for what is asked for next.
    pub fn keep(&self, write: bool, connection: FetchConnection) {
        self.from_write_side.store(write, Ordering::Relaxed);
        // A server of an older version answers once.
        if connection.can_go_on() {
            *locked(&self.open) = Some((write && !self.are_one(), connection));
        }
    }

    /// Has `work` talk to one side about what is there now: a program that answers for long
    /// still tells the refs that it has read first.
    pub fn ask_anew(
        &self,
        write: bool,
        work: &mut dyn FnMut(&mut FetchConnection) -> Result<()>,
    ) -> Result<()> {
        drop(locked(&self.open).take_if(|(_, connection)| !connection.is_http()));
        self.talk_to(write, work)
    }

    /// Has `work` talk to one side: on the open connection, or else on a new one. A server
    /// may have ended the open one meanwhile; then `work` begins again.
    pub fn talk_to(
        &self,
        write: bool,
        work: &mut dyn FnMut(&mut FetchConnection) -> Result<()>,
    ) -> Result<()> {
        let side = write && !self.are_one();
        let open = locked(&self.open).take_if(|(open, _)| *open == side);
        if let Some((_, mut connection)) = open {
            match work(&mut connection) {
                Err(e) if e.kind() == Kind::Unavailable && !e.is_futile_at_once() => {}
                Err(e) => return Err(e),
                Ok(()) => {
                    self.keep(write, connection);
                    return Ok(());
                }
            }
        }
        let mut connection = self.connect(write)?;
        work(&mut connection)?;
        self.keep(write, connection);
        Ok(())
    }
}

/// The remote that is worked with, and those that promised what it may not have.
pub(super) struct Origins {
    pub first: Arc<Places>,
    pub promisors: Vec<Arc<Places>>,
}

impl Origin for Origins {
    fn talk(&self, work: &mut dyn FnMut(&mut FetchConnection) -> Result<()>) -> Result<()> {
        let mut done = self.first.talk(work);
        for other in &self.promisors {
            match done {
                Err(e) if e.kind() == Kind::NotFound => {
                    done = other.talk(work).map_err(|other| match other.kind() {
                        Kind::NotFound => e,
                        // It may be there all the same.
                        _ => other,
                    });
                }
                done => return done,
            }
        }
        done
    }
}

impl Origin for Places {
    fn talk(&self, work: &mut dyn FnMut(&mut FetchConnection) -> Result<()>) -> Result<()> {
        let last = self.from_write_side.load(Ordering::Relaxed);
        match self.talk_to(last, work) {
            // What only one of the two has is fetched from that one.
            Err(e) if e.kind() == Kind::NotFound && !self.are_one() => {
                self.talk_to(!last, work).map_err(|_| e)
            }
            done => done,
        }
    }
}
