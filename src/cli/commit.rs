//! `aidf commit`

use super::ui::{Style, Ui};
use super::{Global, text, token};
use aidf::context::Context;
use aidf::error::{Error, Kind, OrFail, Result};
use aidf::git::TreePath;
use aidf::ops::commit::{self, Input, Request, Source};
use clap::Args;
use std::path::{Component, Path, PathBuf};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A file or folder of the working tree, DEST=SRC for another file, DEST=- for stdin
    #[arg(value_name = "PATH|DEST=SRC|DEST=-")]
    files: Vec<String>,
    /// Take every change of the working tree against its HEAD
    #[arg(short, long)]
    all: bool,
    /// Take every file below DIR into the same path of the tree
    #[arg(long, value_name = "DIR")]
    from_dir: Option<PathBuf>,
    /// Remove a path
    #[arg(long = "rm", value_name = "PATH")]
    remove: Vec<String>,
    /// What was done
    #[arg(short, long, value_name = "MESSAGE", allow_hyphen_values = true)]
    message: Option<String>,
    /// The task it belongs to
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    task_id: Option<String>,
    /// Who wrote it (default: the branch's name)
    #[arg(long, value_name = "WHO", allow_hyphen_values = true)]
    committed_by: Option<String>,
    /// The program that wrote it
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    agent: Option<String>,
    /// What the files are for, for the memory entry
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// A word to find the files by, for the memory entry
    #[arg(long = "tag", value_name = "T", allow_hyphen_values = true)]
    tags: Vec<String>,
    /// The branch to write
    #[arg(long, value_name = "BRANCH")]
    branch: Option<String>,
    /// The sandbox's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<String>,
    /// Fail unless the branch is at this commit
    #[arg(long, value_name = "OID")]
    expect_head: Option<String>,
    /// The commit that the files were taken from, where git cannot tell
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Take ours where others changed the same file
    #[arg(long)]
    overwrite: bool,
    /// Write no changelog entries
    #[arg(long)]
    no_changelog: bool,
    /// Write no memory entries
    #[arg(long)]
    no_memory: bool,
    /// Do all but push
    #[arg(long)]
    dry_run: bool,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    if arguments.files.is_empty()
        && !arguments.all
        && arguments.from_dir.is_none()
        && arguments.remove.is_empty()
    {
        return Err(Error::new(Kind::Usage, "nothing to commit was named")
            .hint("name files (aidf commit PATH… -m MESSAGE), or take every change of the working tree with -a"));
    }
    let stdin_users = arguments.files.iter().filter(|f| f.ends_with("=-")).count()
        + usize::from(arguments.reuse_token.as_deref() == Some("-"));
    if stdin_users > 1 {
        return Err(Error::new(
            Kind::Usage,
            "standard input can be read once, and more than one argument asks for it",
        ));
    }
    let message = match arguments
        .message
        .clone()
        .or_else(|| ui.ask("What was done"))
    {
        Some(message) => message,
        None => {
            return Err(Error::new(Kind::Usage, "a commit needs a message")
                .hint("say what was done with -m MESSAGE"));
        }
    };
    let cx = global.context(ui)?;
    let mut inputs = Vec::new();
    for file in &arguments.files {
        inputs.extend(input(&cx, file)?);
    }
    if let Some(dir) = &arguments.from_dir {
        let root = cx.dir.join(dir);
        folder(&root, "", &mut inputs, &|_| false)?;
        if inputs.is_empty() {
            return Err(Error::new(
                Kind::Usage,
                format!("there are no files below {}", dir.display()),
            ));
        }
    }
    let request = Request {
        inputs,
        remove: arguments
            .remove
            .iter()
            .map(|p| in_tree(&cx, p))
            .collect::<Result<_>>()?,
        all: arguments.all,
        message,
        task_id: arguments.task_id,
        committed_by: arguments.committed_by,
        agent: arguments.agent,
        description: arguments.description,
        tags: arguments.tags,
        branch: arguments.branch,
        reuse_token: token(arguments.reuse_token)?,
        expect_head: arguments.expect_head,
        base: arguments.base,
        overwrite: arguments.overwrite,
        no_changelog: arguments.no_changelog,
        no_memory: arguments.no_memory,
        dry_run: arguments.dry_run,
    };
    let report = commit::commit(&cx, request)?;
    let mut warnings = cx.warnings();
    for alert in &report.alerts {
        let place = alert
            .path
            .as_deref()
            .map(|p| format!("{p}: "))
            .unwrap_or_default();
        warnings.push(format!("{}: {place}{}", alert.alert.name(), alert.detail));
    }
    ui.result(&report, &warnings, |out| {
        out.line(out.styled(
            if report.unchanged {
                Style::Strong
            } else {
                Style::Good
            },
            &report.message,
        ));
        text::files(out, &report.files);
        let ledgers: Vec<&str> = [&report.changelog, &report.memory]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if !ledgers.is_empty() {
            out.line(out.styled(Style::Dim, &format!("  logged in {}", ledgers.join(", "))));
        }
    })
}

/// What one argument means.
fn input(cx: &Context, argument: &str) -> Result<Vec<Input>> {
    // A file whose own name has a `=` is meant itself.
    if let Some((dest, source)) = argument.split_once('=')
        && cx.dir.join(argument).symlink_metadata().is_err()
    {
        let path = TreePath::new(dest)?;
        let source = match source {
            "" => {
                return Err(
                    Error::new(Kind::Usage, format!("`{argument}` names no source"))
                        .hint("give DEST=FILE, or DEST=- for standard input"),
                );
            }
            "-" => Source::Stream(Box::new(std::io::stdin())),
            file => Source::File(cx.dir.join(file)),
        };
        return Ok(vec![Input { path, source }]);
    }
    let file = cx.dir.join(argument);
    let is_folder = file.symlink_metadata().is_ok_and(|m| m.is_dir());
    if !is_folder {
        let path = in_tree(cx, argument)?;
        if file.symlink_metadata().is_err() {
            return Err(Error::new(Kind::Usage, format!("there is no file `{argument}`")).hint("to remove it from the branch: --rm PATH; to take another file's content: DEST=FILE"));
        }
        check_links(cx, &path)?;
        return Ok(vec![Input {
            path,
            source: Source::File(file),
        }]);
    }
    let prefix = match relative(cx, argument)? {
        root if root.is_empty() => root,
        other => TreePath::new(&other)?.to_string(),
    };
    if !prefix.is_empty() {
        check_links(cx, &TreePath::new(&format!("{prefix}/x"))?)?;
    }
    let mut found = Vec::new();
    folder(&file, &prefix, &mut found, &|path| {
        cx.store.is_ignored(path)
    })?;
    if found.is_empty() {
        return Err(Error::new(
            Kind::Usage,
            format!("there are no files below `{argument}` that are not ignored"),
        ));
    }
    Ok(found)
}

/// Refuses a path of the working tree that leads through a symlink, as git does.
fn check_links(cx: &Context, path: &TreePath) -> Result<()> {
    let Some(root) = cx.store.work_dir() else {
        return Ok(());
    };
    match path.parents().find(|p| root.join(p).is_symlink()) {
        Some(link) => Err(Error::new(
            Kind::Denied,
            format!("the path `{path}` is refused: `{link}` is a symlink"),
        )
        .hint("name the file it leads to: DEST=FILE")),
        None => Ok(()),
    }
}

/// A path as the user means it, from the folder they are in, as the tree has it.
fn in_tree(cx: &Context, argument: &str) -> Result<TreePath> {
    TreePath::new(&relative(cx, argument)?)
}

fn relative(cx: &Context, argument: &str) -> Result<String> {
    let Some(root) = cx.store.work_dir() else {
        // Without a working tree a path is the tree's own.
        return Ok(if argument == "." {
            String::new()
        } else {
            argument
                .strip_prefix("./")
                .unwrap_or(argument)
                .trim_end_matches('/')
                .to_owned()
        });
    };
    // `.` and `..` are the user's shorthand here; every other part is checked later as it is.
    let mut parts: Vec<Component<'_>> = Vec::new();
    let whole = cx.dir.join(argument);
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let flat: PathBuf = parts.iter().collect();
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let inside = flat.strip_prefix(&root).map_err(|_| {
        Error::new(
            Kind::Usage,
            format!(
                "`{argument}` is outside the working tree {}",
                root.display()
            ),
        )
        .hint("take a file from elsewhere with DEST=FILE")
    })?;
    let text = inside.to_str().ok_or_else(|| {
        Error::new(
            Kind::Denied,
            format!("the path `{argument}` is refused: it is not UTF-8"),
        )
    })?;
    Ok(if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.to_owned()
    })
}

/// Every file below a folder, but for repositories' own and what `skip` names.
fn folder(
    dir: &Path,
    prefix: &str,
    found: &mut Vec<Input>,
    skip: &dyn Fn(&Path) -> bool,
) -> Result<()> {
    let failed = || format!("the folder {} cannot be read", dir.display());
    let mut entries = std::fs::read_dir(dir)
        .or_fail(Kind::Usage, failed)?
        .collect::<std::io::Result<Vec<_>>>()
        .or_fail(Kind::Usage, failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let path = entry.path();
        if name == ".git" || skip(&path) {
            continue;
        }
        let name = name.to_str().ok_or_else(|| {
            Error::new(
                Kind::Denied,
                format!("the path `{}` is refused: it is not UTF-8", path.display()),
            )
        })?;
        let place = if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}/{name}")
        };
        if entry.file_type().or_fail(Kind::Usage, failed)?.is_dir() {
            folder(&path, &place, found, skip)?;
        } else {
            found.push(Input {
                path: TreePath::new(&place)?,
                source: Source::File(path),
            });
        }
    }
    Ok(())
}
