//! The audit: what was done, from every record of it, and proof that the records hold.

use crate::context::Context;
use crate::error::{Kind, OrFail, Result};
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
fn check_journal(cx: &Context, each: impl FnMut(&[u8])) -> Result<Checked> {
    let journal = cx.journal_file();
    journal.check(cx.keys(), each).or_fail(Kind::Internal, || {
        format!("the journal {} cannot be read", journal.path().display())
    })
}
