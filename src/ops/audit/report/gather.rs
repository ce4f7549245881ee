//! Gathers what the report is made of.

use super::tally::{LISTED, Tally};
use super::{
    Backup, Backups, Found, Listed, Protection, Records, Report, ReportRequest, Sandbox, Sandboxes,
    Verified, html,
};
use crate::clock::{DAY, Moment, Period};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::ops::audit::events::{self, Wanted};
use crate::ops::audit::verify::{self, VerifyRequest};
use crate::ops::{backup, protect, sandbox};
use crate::output::Output;
use crate::words;

/// How far back a report looks where nothing is said.
const PERIOD: &str = "30d";

/// Makes the report, and writes its page where one is asked for.
///
/// Errors: usage, for a page that cannot be written; unavailable.
pub fn report(cx: &Context, request: &ReportRequest) -> Result<Report> {
    let period = request.since.clone().or_else(|| Period::parse(PERIOD));
    let period = period.ok_or_else(|| Error::new(Kind::Internal, "the period is no period"))?;
    let since = period.before(cx.now);
    let html_file = request.html.as_ref().map(|given| cx.dir.join(given));
    let page = html_file.as_deref().map(Output::begin).transpose()?;
    let mut tally = Tally::new(cx.now);
    let wanted = Wanted {
        since: Some(since),
        ..Wanted::default()
    };
    cx.progress.step("read every record");
    events::each(cx, &wanted, |entry| {
        tally.see(&entry);
        Ok(())
    })?;
    let future = tally.future;
    let counts = tally.counts();
    let mut report = Report {
        repo_name: cx.repo_name.clone(),
        remote: cx.remote.address(),
        base: cx.config.base.clone(),
        made_at: cx.now.rfc3339(),
        since: since.rfc3339(),
        period: period.to_string(),
        sandboxes: sandboxes(cx, &since.rfc3339())?,
        days: counts.days,
        all: counts.all,
        writers: counts.writers,
        tasks: counts.tasks,
        refusals: counts.refusals,
        alerts: counts.alerts,
        alerts_by_kind: counts.alerts_by_kind,
        backups: backups(cx)?,
        protection: protection(cx, request)?,
        verified: verified(cx)?,
        records: Records {
            journal: cx.journal_file().path().to_owned(),
            server: events::journal_of_server(cx)
                .map(|j| j.path().to_owned())
                .filter(|path| path.is_file()),
        },
        notes: Vec::new(),
        html: html_file,
        message: String::new(),
    };
    if future > 0 {
        cx.warn(format!(
            "{} dated later than this report: a clock is wrong, or a date was made up",
            words::count(future, "event is", "events are")
        ));
    }
    report.notes = cx.warnings();
    report.message = summary(&report);
    if let Some(mut page) = page {
        page.write(html(&report).as_bytes())?;
        page.finish()?;
    }
    Ok(report)
}

fn summary(report: &Report) -> String {
    format!(
        "{} open, {} and {} in {}, {}",
        words::count(report.sandboxes.listed.total, "sandbox", "sandboxes"),
        words::count(report.all.commits, "commit", "commits"),
        words::count(report.all.refusals, "refusal", "refusals"),
        report.period,
        words::count(report.verified.findings.total, "finding", "findings"),
    )
}

/// Whole days from a time in RFC 3339 to now; none for what is no time.
fn days_since(cx: &Context, time: &str) -> Option<u64> {
    let then = Moment::from_rfc3339(time)?;
    u64::try_from((cx.now.seconds() - then.seconds()).max(0) / DAY).ok()
}

fn sandboxes(cx: &Context, since: &str) -> Result<Sandboxes> {
    cx.progress.step("read the sandboxes");
    let mut found = sandbox::list(cx, &sandbox::ListRequest::default())?.sandboxes;
    // The newest first; those without a commit last; by name where all else is equal.
    found.sort_by(|a, b| {
        let by_time = b.last_write_at.cmp(&a.last_write_at);
        by_time.then_with(|| a.branch.cmp(&b.branch))
    });
    let counted = |is: &dyn Fn(&sandbox::Sandbox) -> bool| found.iter().filter(|s| is(s)).count();
    let written = |s: &sandbox::Sandbox, late: bool| {
        let last = s.last_write_at.as_deref();
        last.is_some_and(|last| (last >= since) == late)
    };
    Ok(Sandboxes {
        active: counted(&|s| written(s, true)),
        idle: counted(&|s| written(s, false)),
        unwritten: counted(&|s| s.last_write_at.is_none()),
        ahead: counted(&|s| s.ahead > 0),
        behind: counted(&|s| s.behind > 0),
        listed: Listed {
            total: found.len(),
            first: found.into_iter().take(LISTED).map(one).collect(),
        },
    })
}

fn one(sandbox: sandbox::Sandbox) -> Sandbox {
    Sandbox {
        branch: sandbox.branch,
        base: sandbox.base,
        committed_by: sandbox.committed_by,
        last_write_at: sandbox.last_write_at,
        idle_days: sandbox.idle_days,
        ahead: sandbox.ahead,
        behind: sandbox.behind,
        unsigned: sandbox.unsigned,
    }
}

fn backups(cx: &Context) -> Result<Backups> {
    cx.progress.step("read the backups");
    let found = backup::list(cx, &backup::ListRequest::default())?;
    let mut newest: Vec<Backup> = Vec::new();
    for one in &found.backups {
        if newest.iter().all(|n| n.branch != one.branch) {
            newest.push(Backup {
                branch: one.branch.clone(),
                name: one.name.clone(),
                age_days: days_since(cx, &one.time).unwrap_or(0),
                made_at: one.time.clone(),
                authenticated: one.authenticated,
            });
        }
    }
    let lacks = |branch: &&String| newest.iter().all(|n| n.branch != **branch);
    let last_drill_at = backup::last_proven_at(cx);
    Ok(Backups {
        total: found.backups.len(),
        missing: found.expected.iter().filter(lacks).cloned().collect(),
        newest: Listed {
            total: newest.len(),
            first: newest.into_iter().take(LISTED).collect(),
        },
        drill_age_days: last_drill_at.as_ref().and_then(|t| days_since(cx, t)),
        last_drill_at,
    })
}

/// What `protect check` tells. A server whose rules cannot be read makes no failure of the
/// report: it says that nothing is known, and why.
fn protection(cx: &Context, request: &ReportRequest) -> Result<Protection> {
    cx.progress.step("read the rules of the server");
    let asked = protect::Request {
        program: request.program.clone(),
        ..protect::Request::default()
    };
    match protect::check(cx, &asked) {
        Ok(report) => Ok(Protection {
            provider: Some(report.provider),
            rules: report.rules,
            unknown: None,
            message: report.message,
        }),
        Err(e) if e.kind() == Kind::Interrupted => Err(e),
        Err(e) => Ok(Protection {
            provider: None,
            rules: Vec::new(),
            unknown: Some(e.in_full()),
            message: "it is unknown which rules the server enforces".to_owned(),
        }),
    }
}

fn verified(cx: &Context) -> Result<Verified> {
    let report = verify::verify(cx, &VerifyRequest::default())?;
    let sum = |of: fn(&verify::BranchReport) -> usize| report.branches.iter().map(of).sum();
    let of_branches = report.branches.iter().flat_map(|branch| {
        branch.findings.iter().map(|finding| Found {
            branch: Some(branch.branch.clone()),
            kind: Some(finding.kind),
            commit: Some(finding.commit),
            line: None,
            detail: finding.detail.clone(),
        })
    });
    let of_journal = report.journal.faults.iter().map(|fault| Found {
        branch: None,
        kind: None,
        commit: None,
        // One that is gone has no place.
        line: Some(fault.line).filter(|line| *line > 0),
        detail: fault.detail.clone(),
    });
    Ok(Verified {
        branches: report.branches.len(),
        commits: sum(|b| b.commits),
        signed: sum(|b| b.signed),
        unknown: sum(|b| b.unknown),
        journal_lines: report.journal.lines,
        findings: Listed {
            total: report.findings,
            first: of_branches.chain(of_journal).take(LISTED).collect(),
        },
        message: report.message,
    })
}
