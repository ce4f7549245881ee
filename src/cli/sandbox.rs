//! `aidf sandbox …`

use super::commit::{file, one_reader};
use super::heartbeat::Heartbeat;
use super::ui::{Style, Text, Ui, visible};
use super::{Global, complete, text, token};
use aidf::context::Context;
use aidf::error::Result;
use aidf::ops::sandbox::DiffRequest;
use aidf::ops::sandbox::{
    self, CloseRequest, InitRequest, ListRequest, PruneRequest, RestoreRequest, SyncRequest,
};
use aidf::secret::Secret;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a sandbox: resume the token's branch, or fork a new one
    Init(Init),
    /// List every sandbox and what it did
    List(List),
    /// Show one sandbox's commits and files
    Show(Show),
    /// Show what one sandbox changed since its fork point
    Diff(Diff),
    /// Merge the sandbox's newest commit into the working files
    Pull(Named),
    /// Check out the sandbox's branch
    Switch(Named),
    /// Merge new commits of the base into the sandbox
    Sync(Sync),
    /// Archive the sandbox, then delete its branch
    Close(Close),
    /// Archive the sandboxes that nobody writes to any more
    Prune(Prune),
    /// Bring a closed sandbox back from its archive
    Restore(Restore),
}

#[derive(Debug, Args)]
pub struct Sync {
    /// The sandbox (default: the one this clone has open)
    #[arg(add = complete::sandboxes())]
    branch: Option<String>,
    /// Merge from this branch (default: the one that the sandbox was forked from)
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    from: Option<String>,
    /// Take the merged content of a path in conflict from its working file, another file or stdin
    #[arg(long, value_name = "PATH|PATH=SRC|PATH=-", add = complete::files())]
    resolve: Vec<String>,
    /// Write both versions of each conflict into the working files, with git's markers
    #[arg(long)]
    markers: bool,
    /// Resolve a path in conflict by removing it
    #[arg(long = "rm", value_name = "PATH", add = complete::files())]
    remove: Vec<String>,
    /// The sandbox's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Do everything except the push
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Close {
    /// The sandbox (default: the one this clone has open)
    #[arg(add = complete::sandboxes())]
    branch: Option<String>,
    /// The sandbox's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Show what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Prune {
    /// Archive the sandboxes without a write for this many days
    #[arg(long, value_name = "DAYS")]
    idle: u64,
    /// An operator's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Show what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub heartbeat: Heartbeat,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// The sandbox
    #[arg(add = complete::closed_sandboxes())]
    branch: String,
    /// The sandbox's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Show what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Named {
    /// The sandbox (default: the one this clone has open)
    #[arg(add = complete::sandboxes())]
    branch: Option<String>,
}

#[derive(Debug, Args)]
pub struct Init {
    /// Come back with this token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// The token's branch (needed if this machine does not have the token's key)
    #[arg(long, value_name = "BRANCH", conflicts_with_all = ["force_new", "base", "name"], add = complete::sandboxes())]
    branch: Option<String>,
    /// Open a new sandbox, even if there is a token
    #[arg(long)]
    force_new: bool,
    /// Fail if the token is rejected, instead of opening a new sandbox
    #[arg(long)]
    strict: bool,
    /// Fork from this branch
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    base: Option<String>,
    /// Call the new sandbox sandbox-NAME
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    name: Option<String>,
    /// Add a git worktree for the branch in DIR
    #[arg(long, value_name = "DIR")]
    worktree: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct List {
    /// List only sandboxes without a write for this many days
    #[arg(long, value_name = "DAYS", conflicts_with = "archived")]
    idle: Option<u64>,
    /// List the archived sandboxes, which `restore` brings back
    #[arg(long)]
    archived: bool,
}

#[derive(Debug, Args)]
pub struct Show {
    /// The sandbox (default: the one this clone has open)
    #[arg(add = complete::sandboxes())]
    branch: Option<String>,
}

#[derive(Debug, Args)]
pub struct Diff {
    /// The sandbox (default: the one this clone has open)
    #[arg(add = complete::sandboxes())]
    branch: Option<String>,
    /// Count the changed lines of each file (the default)
    #[arg(long, conflicts_with = "patch")]
    stat: bool,
    /// Print the changed lines
    #[arg(long, short)]
    patch: bool,
}

pub fn run(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    match command {
        Command::Init(arguments) => init(global, ui, arguments),
        Command::List(arguments) => list(global, ui, &arguments),
        Command::Show(arguments) => show(global, ui, arguments),
        Command::Diff(arguments) => diff(global, ui, arguments),
        Command::Pull(arguments) => pull(global, ui, arguments),
        Command::Switch(arguments) => switch(global, ui, arguments),
        Command::Sync(arguments) => sync(global, ui, arguments),
        Command::Close(arguments) => close(global, ui, arguments),
        Command::Prune(arguments) => {
            let heartbeat = arguments.heartbeat.clone();
            heartbeat.after(global, ui, || prune(global, ui, arguments))
        }
        Command::Restore(arguments) => restore(global, ui, arguments),
    }
}

fn sync(global: &Global, ui: &Ui, arguments: Sync) -> Result<()> {
    one_reader(&arguments.resolve, arguments.reuse_token.as_ref())?;
    let mut request = SyncRequest {
        branch: arguments.branch,
        from: arguments.from,
        resolve: Vec::new(),
        remove: arguments.remove,
        markers: arguments.markers,
        reuse_token: token(arguments.reuse_token)?,
        dry_run: arguments.dry_run,
    };
    let work = |cx: &Context| {
        let files = arguments.resolve.iter().map(|a| file(cx, a));
        request.resolve = files.collect::<Result<_>>()?;
        sandbox::sync(cx, &request)
    };
    global.call(ui, work, |out, report| {
        text::outcome(out, report.unchanged, &report.message);
        text::merged(out, &report.merged, report.merged_count);
        for path in &report.resolved {
            out.line(format!("  resolved  {}", visible(path)));
        }
        text::kept(out, &report.from, &report.kept);
        text::brought_again(out, &report.brought_again);
    })
}

fn close(global: &Global, ui: &Ui, arguments: Close) -> Result<()> {
    let request = CloseRequest {
        branch: arguments.branch,
        reuse_token: token(arguments.reuse_token)?,
        dry_run: arguments.dry_run,
    };
    global.call(
        ui,
        |cx| sandbox::close(cx, &request),
        |out, report| {
            text::outcome(out, report.unchanged, &report.message);
        },
    )
}

fn prune(global: &Global, ui: &Ui, arguments: Prune) -> Result<()> {
    let request = PruneRequest {
        idle_days: arguments.idle,
        reuse_token: token(arguments.reuse_token)?,
        dry_run: arguments.dry_run,
    };
    global.call(
        ui,
        |cx| sandbox::prune(cx, &request),
        |out, report| {
            text::outcome(out, report.pruned.is_empty(), &report.message);
            for one in &report.pruned {
                let last = one.last_write_at.as_deref().map_or("never", |at| &at[..10]);
                out.line(format!("  {}  written last: {last}", visible(&one.branch)));
            }
            for one in &report.left {
                out.line(format!(
                    "  {}  stays: {}",
                    visible(&one.branch),
                    visible(&one.reason)
                ));
            }
        },
    )
}

fn restore(global: &Global, ui: &Ui, arguments: Restore) -> Result<()> {
    let request = RestoreRequest {
        branch: arguments.branch,
        reuse_token: token(arguments.reuse_token)?,
        dry_run: arguments.dry_run,
    };
    global.call(
        ui,
        |cx| sandbox::restore(cx, &request),
        |out, report| {
            text::outcome(out, false, &report.message);
        },
    )
}

fn pull(global: &Global, ui: &Ui, arguments: Named) -> Result<()> {
    let request = sandbox::Named {
        branch: arguments.branch,
    };
    global.call(
        ui,
        |cx| sandbox::pull(cx, &request),
        |text, report| {
            let style = match (report.conflicts.is_empty(), report.unchanged) {
                (false, _) => Style::Bad,
                (true, true) => Style::Strong,
                (true, false) => Style::Good,
            };
            text.line(text.styled(style, &visible(&report.message)));
            for conflict in &report.conflicts {
                text.line(format!("  conflict  {}", visible(&conflict.to_string())));
            }
            let in_conflict = |p: &&String| !report.conflicts.iter().any(|c| c.path == **p);
            for path in report.updated.iter().filter(in_conflict) {
                let what = match report.merged.contains(path) {
                    true => "merged  ",
                    false if report.removed.contains(path) => "removed ",
                    false => "updated ",
                };
                text.line(format!("  {what}  {}", visible(path)));
            }
        },
    )
}

fn switch(global: &Global, ui: &Ui, arguments: Named) -> Result<()> {
    let request = sandbox::Named {
        branch: arguments.branch,
    };
    global.call(
        ui,
        |cx| sandbox::switch(cx, &request),
        |out, report| {
            text::outcome(out, report.unchanged, &report.message);
        },
    )
}

fn init(global: &Global, ui: &Ui, arguments: Init) -> Result<()> {
    let request = InitRequest {
        reuse_token: token(arguments.reuse_token)?,
        force_new: arguments.force_new,
        strict: arguments.strict,
        base: arguments.base,
        name: arguments.name,
        branch: arguments.branch,
        worktree: arguments.worktree,
    };
    global.call(
        ui,
        |cx| sandbox::init(cx, &request),
        |text, report| {
            let what = match (report.reused, report.from_archive) {
                (true, _) => "Welcome back! Your sandbox is as you left it.",
                (false, true) => "Welcome back! Your sandbox is back from its archive.",
                (false, false) => "Welcome! Your sandbox is ready.",
            };
            text.line(text.styled(Style::Good, what));
            text.line("");
            text.line(format!(
                "  branch      {}",
                text.styled(Style::Strong, &report.branch)
            ));
            text.line(format!("  repository  {}", visible(&report.repo_name)));
            let (from, place) = match report.reused || report.from_archive {
                true => ("at         ", report.head.short()),
                false => {
                    let tip = report.base_commit.short();
                    ("forked from", format!("{} at {tip}", report.base))
                }
            };
            text.line(format!("  {from} {}", visible(&place)));
            if let Some(dir) = &report.worktree {
                text.line(format!(
                    "  worktree    {}",
                    visible(&dir.display().to_string())
                ));
            }
            if let Some(end) = &report.expires_at {
                let end = super::text::end(end, report.expires_for_good);
                text.line(format!("  ends        {end}"));
            }
            text.line("");
            text.line("To come back to it from anywhere, use this token:");
            text.line("");
            text.line(format!("  {}", report.reuse_token.reveal()));
            text.line("");
            text.line("Keep this safe: whoever has it can write to your sandbox.");
        },
    )
}

fn list(global: &Global, ui: &Ui, arguments: &List) -> Result<()> {
    global.call(
        ui,
        |cx| {
            sandbox::list(
                cx,
                &ListRequest {
                    idle_days: arguments.idle,
                    archived: arguments.archived,
                },
            )
        },
        |text, report| {
            if arguments.archived {
                return archived(text, &report.archived);
            }
            if report.sandboxes.is_empty() {
                text.line("no sandboxes");
                return;
            }
            let width = report
                .sandboxes
                .iter()
                .map(|s| s.branch.len())
                .max()
                .unwrap_or(0)
                .max(6);
            text.line(text.styled(
                Style::Dim,
                &format!(
                    "{:width$}  {:>7}  {:>5}  {:>6}  {:>6}  LAST WRITE",
                    "BRANCH", "COMMITS", "FILES", "AHEAD", "BEHIND"
                ),
            ));
            for s in &report.sandboxes {
                let ago = match s.idle_days {
                    Some(0) => "today".to_owned(),
                    Some(1) => "yesterday".to_owned(),
                    Some(days) => format!("{days} days ago"),
                    None => String::new(),
                };
                // It counts from the later of the two.
                let last = match (&s.last_write_at, &s.opened_at) {
                    (None, None) => "never".to_owned(),
                    (None, Some(_)) => format!("never, opened {ago}"),
                    (Some(wrote), Some(opened)) if opened > wrote => {
                        format!("{}, opened {ago}", &wrote[..10])
                    }
                    (Some(_), _) => ago,
                };
                let unsigned = match s.unsigned {
                    None | Some(0) => String::new(),
                    Some(n) => format!(", {n} unsigned"),
                };
                text.line(format!(
                    "{:width$}  {:>7}  {:>5}  {:>6}  {:>6}  {last}{unsigned}",
                    s.branch, s.commits, s.files, s.ahead, s.behind
                ));
            }
        },
    )
}

fn archived(out: &mut Text, archived: &[sandbox::Archived]) {
    if archived.is_empty() {
        out.line("no archived sandboxes");
    }
    for one in archived {
        let at = one.archived_at.as_deref().map_or("?", |at| &at[..10]);
        let open = match one.open {
            true => "  (open again)",
            false => "",
        };
        let (branch, head) = (visible(&one.branch), one.head.short());
        out.line(format!("{at}  {head}  {branch}{open}"));
    }
}

fn show(global: &Global, ui: &Ui, arguments: Show) -> Result<()> {
    let request = sandbox::Named {
        branch: arguments.branch,
    };
    global.call(
        ui,
        |cx| sandbox::show(cx, &request),
        |out, report| {
            let fork = report
                .fork_point
                .map_or("nothing".to_owned(), |f| f.short());
            let from = match report.began_elsewhere {
                true => "another branch".to_owned(),
                false => visible(&report.base).to_string(),
            };
            out.line(format!(
                "{}  at {}, forked from {from} at {fork}",
                out.styled(Style::Strong, &report.branch),
                report.head.short(),
            ));
            if report.commits.is_empty() {
                out.line("no commits of its own yet");
                return;
            }
            out.line("");
            text::commits(out, &report.branch, &report.commits);
            out.line("");
            text::files(out, &report.files);
        },
    )
}

fn diff(global: &Global, ui: &Ui, arguments: Diff) -> Result<()> {
    let request = DiffRequest {
        branch: arguments.branch,
        patch: arguments.patch,
    };
    global.call(
        ui,
        |cx| sandbox::diff(cx, &request),
        |out, report| {
            let Some(patch) = &report.patch else {
                if report.files.is_empty() {
                    out.line("no difference from its fork point");
                }
                text::files(out, &report.files);
                return;
            };
            text::patch(out, patch);
        },
    )
}
