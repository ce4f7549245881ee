//! The audit: what was done, from every record of it, and proof that the records hold.

use crate::context::Context;
use crate::error::{Kind, OrFail, Result};
use crate::journal::chain::Checked;

mod checkpoint;
mod log;
mod verify;

pub use checkpoint::{CheckpointReport, CheckpointRequest, CheckpointsReport, checkpoint};
pub use log::{Entry, LogReport, LogRequest, Source, log};
pub use verify::{
    BranchReport, Finding, FindingKind, JournalReport, VerifyReport, VerifyRequest, verify,
};

/// Checks this machine's journal; `each` gets its lines.
///
/// Errors: internal, for one that cannot be read.
fn check_journal(cx: &Context, each: impl FnMut(&[u8])) -> Result<Checked> {
    let journal = cx.journal_file();
    journal.check(cx.keys(), each).or_fail(Kind::Internal, || {
        format!("the journal {} cannot be read", journal.path().display())
    })
}
