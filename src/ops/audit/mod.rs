//! The audit: what was done, from every record of it, and proof that the records hold.

mod log;
mod verify;

pub use log::{Entry, LogReport, LogRequest, Source, log};
pub use verify::{
    BranchReport, Finding, FindingKind, JournalReport, VerifyReport, VerifyRequest, verify,
};
