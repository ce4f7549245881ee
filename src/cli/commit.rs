//! `aidf commit`

use super::ui::{Style, Ui};
use super::{Global, complete, text, token};
use aidf::context::Context;
use aidf::error::{Error, Kind, Result};
use aidf::ops::commit::{self, Content, File, Request, is_there};
use aidf::secret::Secret;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    /// A file or folder of the working tree; DEST=SRC takes another file, DEST=- takes stdin
    #[arg(value_name = "PATH|DEST=SRC|DEST=-", add = complete::files())]
    files: Vec<String>,
    /// Commit every change of the working tree since HEAD
    #[arg(short, long)]
    all: bool,
    /// Commit every file below DIR, at the same path on the branch
    #[arg(long, value_name = "DIR")]
    from_dir: Option<PathBuf>,
    /// Leave out matching files of folders and of -a, such as '*.log' or 'build/**'
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Remove a path from the branch
    #[arg(long = "rm", value_name = "PATH", add = complete::files())]
    remove: Vec<String>,
    /// The commit message: what was done
    #[arg(short, long, value_name = "MESSAGE", allow_hyphen_values = true)]
    message: Option<String>,
    /// The task that the commit belongs to
    #[arg(long, value_name = "ID", allow_hyphen_values = true, add = complete::tasks())]
    task_id: Option<String>,
    /// The writer's name (default: the branch's name)
    #[arg(long, value_name = "WHO", allow_hyphen_values = true)]
    committed_by: Option<String>,
    /// The program that wrote the files
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    agent: Option<String>,
    /// The model that the program used
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    model: Option<String>,
    /// Where the session that wrote it can be read
    #[arg(long, value_name = "URL")]
    session_url: Option<String>,
    /// What the files are for (goes into the memory entry)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// A search word for the files (goes into the memory entry)
    #[arg(long = "tag", value_name = "T", allow_hyphen_values = true)]
    tags: Vec<String>,
    /// The branch to write to
    #[arg(long, value_name = "BRANCH", add = complete::branches())]
    branch: Option<String>,
    /// The sandbox's token (- reads it from stdin)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
    /// Fail unless the branch is at this commit
    #[arg(long, value_name = "OID", add = complete::commit_ids())]
    expect_head: Option<String>,
    /// The commit that your files are based on, if git cannot tell
    #[arg(long, value_name = "REV", add = complete::revisions())]
    base: Option<String>,
    /// Write your version of a file even if others changed it
    #[arg(long)]
    overwrite: bool,
    /// Write no changelog entries
    #[arg(long)]
    no_changelog: bool,
    /// Write no memory entries
    #[arg(long)]
    no_memory: bool,
    /// Do everything except the push
    #[arg(long)]
    dry_run: bool,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let names_nothing = arguments.files.is_empty()
        && !arguments.all
        && arguments.from_dir.is_none()
        && arguments.remove.is_empty();
    one_reader(&arguments.files, arguments.reuse_token.as_ref())?;
    // Whoever named nothing is told so, and asked for no message before.
    let asked = || match names_nothing {
        true => Some(String::new()),
        false => ui.ask("What was done"),
    };
    let Some(message) = arguments.message.or_else(asked) else {
        return Err(Error::new(Kind::Usage, "a commit needs a message")
            .hint("say what was done with -m MESSAGE"));
    };
    let mut request = Request {
        files: Vec::new(),
        from_dir: arguments.from_dir,
        remove: arguments.remove,
        all: arguments.all,
        message,
        task_id: arguments.task_id,
        committed_by: arguments.committed_by,
        agent: arguments.agent,
        model: arguments.model,
        session_url: arguments.session_url,
        description: arguments.description,
        tags: arguments.tags,
        branch: arguments.branch,
        reuse_token: token(arguments.reuse_token)?,
        expect_head: arguments.expect_head,
        base: arguments.base,
        overwrite: arguments.overwrite,
        no_changelog: arguments.no_changelog,
        no_memory: arguments.no_memory,
        exclude: arguments.exclude,
        dry_run: arguments.dry_run,
    };
    let work = |cx: &Context| {
        let files = arguments.files.iter().map(|a| file(cx, a));
        request.files = files.collect::<Result<_>>()?;
        commit::commit(cx, &request)
    };
    global.call(ui, work, |out, report| {
        text::outcome(out, report.unchanged, &report.message);
        text::written(out, &report.files);
        let ledgers: Vec<&str> = [&report.changelog, &report.memory]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        if !ledgers.is_empty() {
            let done = if report.dry_run {
                "would log"
            } else {
                "logged"
            };
            let text = format!("  {done} in {}", ledgers.join(", "));
            out.line(out.styled(Style::Dim, &text));
        }
    })
}

/// Refuses several arguments that each read standard input.
///
/// Errors: usage.
pub fn one_reader(files: &[String], reuse_token: Option<&Secret>) -> Result<()> {
    let readers = files.iter().filter(|f| f.ends_with("=-")).count()
        + usize::from(reuse_token.is_some_and(|t| t.reveal() == "-"));
    match readers {
        0 | 1 => Ok(()),
        _ => Err(Error::new(
            Kind::Usage,
            "more than one argument reads standard input, and it can be read only once",
        )),
    }
}

/// What one argument means: a file or folder of the working tree, or `DEST=SRC`, where `-` is
/// standard input.
///
/// Errors: usage.
pub fn file(cx: &Context, argument: &str) -> Result<File> {
    // A file whose own name has a `=` is meant itself.
    let Some((path, source)) = argument.split_once('=').filter(|_| !is_there(cx, argument)) else {
        return Ok(File::Path(argument.to_owned()));
    };
    let from = match source {
        "" => {
            return Err(Error::new(
                Kind::Usage,
                format!("`{argument}` has no source after the `=`"),
            )
            .hint("give DEST=FILE, or DEST=- for standard input"));
        }
        "-" => Content::Input,
        file => Content::File(file.into()),
    };
    Ok(File::Content {
        path: path.to_owned(),
        from,
    })
}
