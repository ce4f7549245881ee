//! The only printer. Results go to stdout, everything else to stderr; what comes from a
//! repository or a remote is shown with control, escape and bidi characters visible.

use aidf::error::{Error, Kind};
use aidf::ops::outcome::{ErrorReport, Outcome, Reported, json_of};
use aidf::progress::Progress;
use aidf::shown::json;
pub use aidf::shown::visible;
use aidf::token::redact;
use aidf::words;
use anstyle::AnsiColor;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On terminals, unless NO_COLOR is set
    Auto,
    /// Always, also into pipes
    Always,
    /// Never
    Never,
}

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub json: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub color: ColorChoice,
    pub no_input: bool,
    pub yes: bool,
}

/// The printer.
#[derive(Clone)]
pub struct Ui(Arc<Inner>);

struct Inner {
    settings: Settings,
    color_out: bool,
    color_err: bool,
    start: Instant,
    bar: Mutex<Option<ProgressBar>>,
}

/// The styles in use.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    Good,
    Bad,
    Warn,
    Strong,
    Dim,
    Added,
    Removed,
}

impl Ui {
    pub fn new(settings: Settings) -> Self {
        let wanted = |terminal: bool| match settings.color {
            ColorChoice::Always => !settings.json,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
                terminal
                    && !settings.json
                    && !set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
            }
        };
        Ui(Arc::new(Inner {
            settings,
            color_out: wanted(io::stdout().is_terminal()),
            color_err: wanted(io::stderr().is_terminal()),
            start: Instant::now(),
            bar: Mutex::new(None),
        }))
    }

    /// Whether questions may be asked.
    pub fn interactive(&self) -> bool {
        !self.0.settings.no_input
            && !self.0.settings.json
            && io::stdin().is_terminal()
            && io::stderr().is_terminal()
    }

    /// Asks for a line of text; none where nobody is there.
    pub fn ask(&self, question: &str) -> Option<String> {
        if !self.asks() {
            return None;
        }
        dialoguer::Input::<String>::new()
            .with_prompt(question)
            .interact_text()
            .ok()
    }

    /// Whether questions are asked: somebody is there, and has not said yes to all of them.
    pub fn asks(&self) -> bool {
        self.interactive() && !self.0.settings.yes
    }

    /// Whether every question is answered with yes.
    pub fn says_yes(&self) -> bool {
        self.0.settings.yes
    }

    /// Asks for a line of text with a default. Only for where [`Ui::asks`] is true.
    ///
    /// Errors: interrupted.
    pub fn ask_or(&self, question: &str, default: &str) -> Result<String, Error> {
        dialoguer::Input::<String>::new()
            .with_prompt(question)
            .default(default.to_owned())
            .interact_text()
            .map_err(unanswered)
    }

    /// Asks a question of yes or no. Only for where [`Ui::asks`] is true.
    ///
    /// Errors: interrupted.
    pub fn confirm(&self, question: &str, default: bool) -> Result<bool, Error> {
        dialoguer::Confirm::new()
            .with_prompt(question)
            .default(default)
            .interact()
            .map_err(unanswered)
    }

    /// Asks for one of some answers, by its number; the first is the default. Only for where
    /// [`Ui::asks`] is true.
    ///
    /// Errors: interrupted.
    pub fn choose(&self, question: &str, answers: &[&str]) -> Result<usize, Error> {
        dialoguer::Select::new()
            .with_prompt(question)
            .items(answers)
            .default(0)
            .interact()
            .map_err(unanswered)
    }

    /// Prints what came of a call, and gives its verdict.
    pub fn outcome<T: Reported>(
        &self,
        outcome: Outcome<T>,
        human: impl FnOnce(&mut Text, &T),
    ) -> Result<(), Error> {
        let value = || outcome.to_json();
        self.print(value, &outcome.warnings, |text| {
            human(text, &outcome.report)
        })?;
        outcome.verdict
    }

    /// Prints the result of a command that is no operation.
    pub fn result<T: Serialize>(
        &self,
        report: &T,
        human: impl FnOnce(&mut Text),
    ) -> Result<(), Error> {
        self.print(|| json_of(report, &[]), &[], human)
    }

    /// One JSON object, or what `human` makes of it.
    fn print(
        &self,
        value: impl FnOnce() -> Result<serde_json::Value, Error>,
        warnings: &[String],
        human: impl FnOnce(&mut Text),
    ) -> Result<(), Error> {
        self.end_bar();
        if self.0.settings.json {
            return self.stdout(format!("{}\n", json(&value()?)).as_bytes());
        }
        if self.0.settings.quiet {
            return Ok(());
        }
        for warning in warnings {
            self.warn(warning);
        }
        let mut text = Text {
            color: self.0.color_out,
            verbose: self.0.settings.verbose,
            out: String::new(),
        };
        human(&mut text);
        self.stdout(text.out.as_bytes())
    }

    /// Prints bytes as they are; a pipe that was closed ends the program quietly.
    pub fn stdout(&self, bytes: &[u8]) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(e) => Err(internal(
                anyhow::Error::from(e).context("the result could not be written"),
            )),
            Ok(()) => Ok(()),
        }
    }

    /// Text for stdout in a style, each line made safe.
    pub fn painted(&self, style: Style, text: &str) -> String {
        text.lines()
            .map(|l| paint(self.0.color_out, style, &visible(l)))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Prints a line to stderr, unless only errors are wanted.
    pub fn note(&self, line: &str) {
        if !self.0.settings.quiet {
            self.stderr(&format!("{}\n", redact(line)));
        }
    }

    /// Prints a warning.
    pub fn warn(&self, text: &str) {
        self.stderr(&format!(
            "{} {}\n",
            paint(self.0.color_err, Style::Warn, "warning:"),
            visible(&redact(text))
        ));
    }

    /// Prints a failure, its causes and what to do next.
    pub fn error(&self, error: &Error) {
        self.end_bar();
        if self.0.settings.json {
            let object = serde_json::json!(ErrorReport::of(error));
            self.stderr(&format!("{}\n", json(&object)));
            return;
        }
        let color = self.0.color_err;
        let mut text = format!(
            "{} {}\n",
            paint(color, Style::Bad, "error:"),
            visible(&redact(error.message()))
        );
        for cause in error.causes() {
            for line in cause.lines().filter(|l| !l.trim().is_empty()) {
                // What aidf says on the server comes in its lines.
                let line = line.strip_prefix("caused by: ").unwrap_or(line);
                text.push_str(&format!(
                    "{} {}\n",
                    paint(color, Style::Dim, "caused by:"),
                    visible(&redact(line))
                ));
            }
        }
        if let Some(hint) = error.hint_text() {
            text.push_str(&format!(
                "{} {}\n",
                paint(color, Style::Strong, "hint:"),
                visible(&redact(hint))
            ));
        }
        self.stderr(&text);
    }

    fn stderr(&self, text: &str) {
        if let Ok(bar) = self.0.bar.lock()
            && let Some(bar) = bar.as_ref()
        {
            bar.suspend(|| write_stderr(text));
            return;
        }
        write_stderr(text);
    }

    fn end_bar(&self) {
        if let Ok(mut bar) = self.0.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }
}

fn write_stderr(text: &str) {
    // Nobody is left to hear of a stderr that is gone.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A question that got no answer.
fn unanswered(error: dialoguer::Error) -> Error {
    Error::new(Kind::Interrupted, "a question was left without an answer")
        .hint("nothing was written; to be asked nothing, add --no-input")
        .caused_by(error)
}

/// An error of this front end's own.
pub fn internal(error: anyhow::Error) -> Error {
    Error::new(Kind::Internal, error.to_string()).caused_by(error)
}

impl Progress for Ui {
    fn step(&self, what: &str) {
        if self.0.settings.verbose {
            let at = format!("[{:7.3} s]", self.0.start.elapsed().as_secs_f64());
            self.stderr(&format!(
                "{} {}\n",
                paint(self.0.color_err, Style::Dim, &at),
                visible(&redact(what))
            ));
        }
    }

    fn remote(&self, line: &str) {
        self.note(&format!(
            "{} {}",
            paint(self.0.color_err, Style::Dim, "remote:"),
            visible(line)
        ));
    }

    fn enter_code(&self, code: &str, address: &str, seconds: u64) {
        // Also with --quiet: nobody could go on without it.
        let minutes = seconds.div_ceil(60);
        let code = paint(self.0.color_err, Style::Strong, &visible(code));
        self.stderr(&format!(
            "Open {} in a browser, on any device, and enter this code within {}:\n\n  {code}\n\n",
            visible(address),
            words::count(minutes as usize, "minute", "minutes"),
        ));
    }

    fn advance(&self, what: &str, done: u64, total: u64) {
        let settings = self.0.settings;
        // What is over in a moment needs no bar.
        if settings.quiet
            || settings.json
            || !io::stderr().is_terminal()
            || self.0.start.elapsed() < Duration::from_millis(500)
        {
            return;
        }
        let Ok(mut slot) = self.0.bar.lock() else {
            return;
        };
        let bar = slot.get_or_insert_with(|| {
            let template = match (what.starts_with("bytes"), total > 0) {
                (true, _) => "{spinner} {msg} {bytes} {bytes_per_sec}",
                (false, true) => "{spinner} {msg} {pos}/{len} [{bar:30}] {eta}",
                (false, false) => "{spinner} {msg} {pos}",
            };
            let bar = ProgressBar::with_draw_target(
                (total > 0).then_some(total),
                ProgressDrawTarget::stderr(),
            );
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        bar.set_message(visible(what));
        bar.set_position(done);
    }
}

/// Text for people, with colour where it is wanted.
pub struct Text {
    color: bool,
    /// Whether lists are printed whole.
    pub verbose: bool,
    out: String,
}

impl Text {
    /// Adds a line, as it is: its parts were made with `of` and `styled`.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.out.push_str(line.as_ref().trim_end());
        self.out.push('\n');
    }

    /// Adds a block as it is.
    pub fn block(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Text from elsewhere in a style, made safe.
    pub fn styled(&self, style: Style, text: &str) -> String {
        paint(self.color, style, &visible(text))
    }
}

fn paint(color: bool, style: Style, text: &str) -> String {
    if !color || text.is_empty() {
        return text.to_owned();
    }
    let plain = anstyle::Style::new();
    let coloured = |colour: AnsiColor| plain.fg_color(Some(colour.into()));
    let style = match style {
        Style::Good | Style::Added => coloured(AnsiColor::Green),
        Style::Bad => coloured(AnsiColor::Red).bold(),
        Style::Removed => coloured(AnsiColor::Red),
        Style::Warn => coloured(AnsiColor::Yellow),
        Style::Strong => plain.bold(),
        Style::Dim => plain.dimmed(),
    };
    format!("{style}{text}{style:#}")
}
