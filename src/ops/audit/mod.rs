//! The audit: what was done, from every record of it, and proof that the records hold.

use crate::context::Context;
use crate::error::{Kind, OrFail, Result};
use crate::journal::Journal;
use crate::journal::chain::Checked;

mod admitted;
mod alerts;
mod checkpoint;
mod events;
mod export;
mod finding;
mod ledgers;
mod log;
mod report;
mod sorted;
mod verify;

pub use alerts::{AlertsReport, AlertsRequest, alerts};
pub use checkpoint::{CheckpointReport, CheckpointRequest, CheckpointsReport, checkpoint};
pub use events::{Entry, Source};
pub use export::{ExportReport, ExportRequest, each_line, export};
pub use finding::{Finding, FindingKind};
pub use log::{LogReport, LogRequest, log};
pub use report::{Report, ReportRequest, html, report};
pub use verify::{BranchReport, JournalReport, VerifyReport, VerifyRequest, verify};

/// Checks this machine's journal; `each` gets its lines.
///
/// Errors: internal, for one that cannot be read.
fn check_journal(cx: &Context, mut each: impl FnMut(&[u8])) -> Result<Checked> {
    check_each(cx, cx.journal_file(), |line, _| each(line))
}

/// Checks a journal; `each` gets its lines, and whether a key at hand authenticates them.
///
/// Errors: internal, for one that cannot be read.
fn check_each(cx: &Context, journal: &Journal, each: impl FnMut(&[u8], bool)) -> Result<Checked> {
    let checked = journal.check_each(cx.keys(), each);
    checked.or_fail(Kind::Internal, || {
        format!("the journal {} cannot be read", journal.path().display())
    })
}
