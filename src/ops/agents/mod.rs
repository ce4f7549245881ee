//! Instructions for AI agents: a text that says how to write here with aidf, put between
//! marker lines into the files that agents read.

mod block;

use super::outcome::Reported;
use super::snapshot;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::folder::{Folder, NotTaken, Sort};
use crate::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::Read;

/// The largest file that is added to.
const MAX_BYTES: u64 = 1 << 20;

/// What a new rule file of Cursor begins with: the rule is for every chat.
const CURSOR_HEAD: &str =
    "---\ndescription: How to write to this repository with aidf\nalwaysApply: true\n---\n\n";

/// What the default branch is mostly called.
const USUAL: &str = "main";

/// An agent, or a family of them that reads the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Agent {
    /// Claude Code: `CLAUDE.md`.
    Claude,
    /// Codex, and others that read `AGENTS.md`.
    Codex,
    /// Cursor: `.cursor/rules/aidf.mdc`.
    Cursor,
    /// GitHub Copilot: `.github/copilot-instructions.md`.
    Copilot,
}

impl Agent {
    /// Every agent.
    pub const ALL: [Agent; 4] = [Agent::Claude, Agent::Codex, Agent::Cursor, Agent::Copilot];

    /// The file that it reads, from the top of the working tree.
    pub fn path(self) -> &'static str {
        match self {
            Agent::Claude => "CLAUDE.md",
            Agent::Codex => "AGENTS.md",
            Agent::Cursor => ".cursor/rules/aidf.mdc",
            Agent::Copilot => ".github/copilot-instructions.md",
        }
    }

    /// What its file has before the block, where there was no file.
    fn head(self) -> &'static str {
        match self {
            Agent::Cursor => CURSOR_HEAD,
            _ => "",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InstallRequest {
    /// For these agents; for all where none is named.
    pub agents: Vec<Agent>,
    /// Write the files. Otherwise they are only looked at.
    pub apply: bool,
}

/// What was written, or would be.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct InstallReport {
    /// The repository.
    pub repo_name: String,
    /// The file of each agent.
    pub files: Vec<AgentFile>,
    /// What stands in each file, with the marker lines.
    pub text: String,
    /// True where every file has the text already.
    pub unchanged: bool,
    /// True where nothing was written because `apply` was not asked for.
    pub dry_run: bool,
    /// One sentence.
    pub message: String,
}

/// The file of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentFile {
    /// The agent.
    pub agent: Agent,
    /// The path in the working tree.
    pub path: String,
    /// What happens to it.
    pub change: FileState,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// It is new.
    Added,
    /// The text is added to it, or replaces an older one.
    Modified,
    /// It has the text already.
    Unchanged,
}

impl Reported for InstallReport {}

/// A file that was looked at.
struct Planned {
    file: AgentFile,
    before: Option<String>,
    after: String,
}

/// Puts the instructions into the files of the working tree. All files are looked at before
/// one is written, and nothing outside of the marker lines is changed.
///
/// Errors: usage, without a working tree, for a file that is no text and for a default branch that
/// the text cannot name; denied, for a symlink;
/// conflict, for marker lines that do not match and for a file that changed meanwhile; internal.
pub fn install(cx: &Context, request: &InstallRequest) -> Result<InstallReport> {
    let root = cx.store.need_work_dir("`agents install`")?;
    let folder = Folder::open(root).or_fail(Kind::Internal, || {
        format!("{} cannot be opened", root.display())
    })?;
    let text = text(cx)?;
    let is_meant = |agent: &Agent| request.agents.is_empty() || request.agents.contains(agent);
    let planned = Agent::ALL
        .into_iter()
        .filter(is_meant)
        .map(|agent| plan(&folder, agent, &text))
        .collect::<Result<Vec<_>>>()?;
    let to_write: Vec<&Planned> = planned
        .iter()
        .filter(|p| p.file.change != FileState::Unchanged)
        .collect();
    if request.apply {
        for file in &to_write {
            write(cx, file)?;
        }
    }
    let count = words::count(to_write.len(), "file", "files");
    let message = match (to_write.is_empty(), request.apply) {
        (true, _) => "nothing to do: the instructions are there".to_owned(),
        (false, false) => format!("would write {count}; add --apply to do it"),
        (false, true) => format!(
            "wrote {count}; sandboxes may not write them, so commit them with git and let somebody review them"
        ),
    };
    Ok(InstallReport {
        repo_name: cx.repo_name.clone(),
        unchanged: to_write.is_empty(),
        dry_run: !request.apply,
        message,
        text,
        files: planned.into_iter().map(|p| p.file).collect(),
    })
}

/// What stands in each file.
///
/// Errors: usage, for a default branch that it cannot name.
fn text(cx: &Context) -> Result<String> {
    let default = snapshot::learn_default_branch(cx).unwrap_or_else(|e| {
        cx.warn(format!(
            "the text names `{USUAL}`, because the default branch is not known: {}",
            e.in_full()
        ));
        USUAL.to_owned()
    });
    block::text(&default).ok_or_else(|| {
        Error::new(
            Kind::Usage,
            format!(
                "the default branch `{default}` has a name that is more than a word to a shell"
            ),
        )
        .hint("agents copy it from the text; give the branch a name of letters, digits and -_./")
    })
}

/// What a file would become.
fn plan(folder: &Folder, agent: Agent, text: &str) -> Result<Planned> {
    let path = agent.path();
    let before = read(folder, path)?;
    let (change, after) = match &before {
        None => (FileState::Added, format!("{}{text}", agent.head())),
        Some(there) => {
            let after = block::put_into(there, text).ok_or_else(|| {
                Error::new(
                    Kind::Conflict,
                    format!("the marker lines of aidf in `{path}` do not match"),
                )
                .hint(
                    "nothing was written; remove them and what is between them, and run this again",
                )
            })?;
            match after == *there {
                true => (FileState::Unchanged, after),
                false => (FileState::Modified, after),
            }
        }
    };
    Ok(Planned {
        file: AgentFile {
            agent,
            path: path.to_owned(),
            change,
        },
        before,
        after,
    })
}

/// The text of a file; `None` where there is none. No link is followed.
fn read(folder: &Folder, path: &str) -> Result<Option<String>> {
    let sort = folder.sort(path).map_err(|e| refused(e, path))?;
    match sort {
        None => return Ok(None),
        Some(Sort::Link) => return Err(refused(NotTaken::Link(path.len()), path)),
        Some(Sort::File) => {}
        Some(Sort::Folder | Sort::Other) => return Err(refused(NotTaken::NotAFile, path)),
    }
    let opened = folder.file(path).map_err(|e| refused(e, path))?;
    let mut bytes = Vec::new();
    opened
        .file
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .or_fail(Kind::Internal, || format!("`{path}` cannot be read"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(
            Error::new(Kind::Usage, format!("`{path}` is larger than 1 MiB"))
                .hint("nothing was written; leave it out: name the other agents with --for"),
        );
    }
    String::from_utf8(bytes).map(Some).map_err(|_| {
        Error::new(Kind::Usage, format!("`{path}` is no text in UTF-8"))
            .hint("nothing was written; leave it out: name the other agents with --for")
    })
}

fn refused(refusal: NotTaken, path: &str) -> Error {
    let error = match refusal {
        NotTaken::Link(at) if at < path.len() => Error::new(
            Kind::Denied,
            format!("`{path}` is refused: `{}` is a symlink", &path[..at]),
        ),
        NotTaken::Link(_) => Error::new(Kind::Denied, format!("`{path}` is a symlink")),
        NotTaken::NotAFile => Error::new(Kind::Denied, format!("`{path}` is not a file")),
        NotTaken::System(e) => {
            Error::new(Kind::Internal, format!("`{path}` cannot be read")).caused_by(e)
        }
    };
    error.hint("nothing was written; leave it out: name the other agents with --for")
}

fn write(cx: &Context, planned: &Planned) -> Result<()> {
    let path = &planned.file.path;
    let done = cx
        .store
        .put_work_text(path, planned.before.as_deref(), &planned.after)?;
    match done {
        true => Ok(()),
        false => Err(Error::new(
            Kind::Conflict,
            format!("`{path}` changed while aidf wrote it"),
        )
        .hint("it was left as it is; run this again")),
    }
}
