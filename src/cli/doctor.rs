//! `aidf doctor`

use super::text;
use super::ui::{Style, Text, Ui};
use super::{Global, caller};
use aidf::clock::Moment;
use aidf::config::{Flags, Folders};
use aidf::error::Result;
use aidf::ops::doctor::{self, Check, Report, Seat, State};
use aidf::ops::outcome::Outcome;

pub fn run(global: &Global, ui: &Ui) -> Result<()> {
    let seat = Seat {
        flags: Flags {
            config: global.config.clone(),
            timeout: Some(global.timeout),
        },
        folders: Folders::of_user(),
        dir: global.folder(),
        repo: global.repo.clone(),
        remote: global.remote.clone(),
        interactive: ui.interactive(),
        program: std::env::current_exe().ok(),
        now: Moment::now(),
    };
    let report = doctor::examine(&seat, caller(ui));
    ui.outcome(Outcome::with(report, Vec::new()), told)
}

/// Where the sentences start.
const START: usize = 26;

fn told(text: &mut Text, report: &Report) {
    for check in &report.checks {
        line(text, check);
    }
    let style = match report.problems {
        0 => Style::Good,
        _ => Style::Bad,
    };
    text.line("");
    text.line(text.styled(style, &report.message));
}

/// A line for each check; below it, for those that are not well, what to do.
fn line(out: &mut Text, check: &Check) {
    let (style, state) = match check.state {
        State::Ok => (Style::Good, "ok"),
        State::Warning => (Style::Warn, "warning"),
        State::Problem => (Style::Bad, "PROBLEM"),
        State::Unknown => (Style::Warn, "unknown"),
        State::Skipped => (Style::Dim, "skipped"),
    };
    let head = format!(
        "{}  {:14}   ",
        out.styled(style, &format!("{state:7}")),
        check.name.name()
    );
    let dim = check.state == State::Skipped;
    let mend = check.mend.as_deref();
    text::checked(out, (&head, START), &check.seen, dim, mend);
}
