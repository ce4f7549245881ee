//! Which files of this machine a commit takes, and opening them: everything below a
//! working tree or a folder is opened from that folder's descriptor, never through a
//! link, and what was opened is what is checked and read.

use super::place::{not_text, relative};
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::folder::{Folder, NotTaken, Opened, Sort, open_file};
use crate::git::TreePath;
use crate::ops::access::Target;
use crate::ops::base;
use crate::words::shell_path;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders inside each other that are walked: each is held open while it is.
const MAX_DEPTH: usize = 128;
/// Files that one folder may hold, all below it counted.
const MAX_FILES: usize = 1_000_000;
/// Files that are opened before anything is connected to, and held. The others are
/// opened when they are read: a process may have 256 open on some systems.
const HELD: usize = 64;

/// Where a file's content comes from.
pub(in crate::ops) enum Source {
    /// A file of this machine.
    File(Taken),
    /// Content without a file, and so without a mode.
    Stream(Box<dyn Read + Send>),
}

/// One file to write.
pub(in crate::ops) struct Input {
    /// Where it goes in the tree.
    pub path: TreePath,
    /// Where its content comes from.
    pub source: Source,
}

impl Input {
    /// Whether the content is that of the working tree's own file of the path.
    pub(in crate::ops) fn is_own(&self) -> bool {
        matches!(&self.source, Source::File(file) if file.is_own())
    }
}

/// A file of this machine that a commit takes.
#[derive(Debug)]
pub(in crate::ops) struct Taken {
    place: Origin,
    held: Option<Opened>,
    /// Whether it is the working tree's own file of the path that it goes to.
    is_own: bool,
}

#[derive(Debug)]
enum Origin {
    /// Below a folder that is held open.
    Below(Arc<Folder>, String),
    /// Wherever its giver says.
    Named(PathBuf),
}

impl Taken {
    /// A file wherever it is: links among its parents are its giver's word.
    /// `is_own` tells whether it is the working tree's own file of its path.
    pub(super) fn named(file: PathBuf, is_own: bool) -> Taken {
        Taken {
            place: Origin::Named(file),
            held: None,
            is_own,
        }
    }

    fn below(root: &Arc<Folder>, path: &str) -> Taken {
        Taken {
            place: Origin::Below(Arc::clone(root), path.to_owned()),
            held: None,
            is_own: false,
        }
    }

    /// A file of the working tree, for its own path.
    fn own(root: &Arc<Folder>, path: &str) -> Taken {
        Taken {
            is_own: true,
            ..Taken::below(root, path)
        }
    }

    /// Whether it is the working tree's own file of the path that it goes to.
    pub(super) fn is_own(&self) -> bool {
        self.is_own
    }

    /// Opens it, once. `path` is where it goes in the tree.
    ///
    /// Errors: usage, for what cannot be read; denied, for what is no regular file.
    pub(super) fn open(&mut self, path: &TreePath) -> Result<Opened> {
        if let Some(held) = self.held.take() {
            return Ok(held);
        }
        match &self.place {
            Origin::Below(root, below) => root
                .file(below)
                .map_err(|e| refused(e, path, below, Path::new(below))),
            Origin::Named(file) => {
                open_file(file).map_err(|e| refused(e, path, path.as_str(), file))
            }
        }
    }
}

/// Opens the first files, so that what cannot be read is told before anything is
/// connected to.
pub(super) fn hold(inputs: &mut [Input]) -> Result<()> {
    let files = inputs.iter_mut().filter_map(|i| match &mut i.source {
        Source::File(file) => Some((&i.path, file)),
        Source::Stream(_) => None,
    });
    for (path, file) in files.take(HELD) {
        file.held = Some(file.open(path)?);
    }
    Ok(())
}

/// What is wrong with a file, in words; `below` is the path that was followed.
fn refused(refusal: NotTaken, path: &TreePath, below: &str, shown: &Path) -> Error {
    match refusal {
        NotTaken::Link(at) if at < below.len() => Error::new(
            Kind::Denied,
            format!(
                "the path `{path}` is refused: `{}` is a symlink",
                &below[..at]
            ),
        )
        .hint("name the file that it points to: DEST=FILE"),
        NotTaken::Link(_) => link(path),
        NotTaken::NotAFile => not_a_file(path),
        NotTaken::System(e) => {
            Error::new(Kind::Usage, format!("`{}` cannot be read", shown.display()))
                .hint("name a file that is there and that you may read")
                .caused_by(e)
        }
    }
}

fn link(path: &TreePath) -> Error {
    Error::new(
        Kind::Denied,
        format!("`{path}` is a symlink, and aidf writes only files"),
    )
    .hint("name the file that it points to: DEST=FILE")
}

fn not_a_file(path: &TreePath) -> Error {
    Error::new(Kind::Denied, format!("`{path}` is not a regular file"))
        .hint("aidf takes only files, not pipes, sockets or devices")
}

/// Whether something is at `path`, as seen from the folder the user is in.
pub fn is_there(cx: &Context, path: &str) -> bool {
    cx.dir.join(path).symlink_metadata().is_ok()
}

/// The file, or every file of the folder that git neither ignores nor is told not to look at,
/// that `path` names in the working tree; in a call without one, below the folder the user is in.
///
/// Errors: usage, for what is not there; denied, for what is no file, or behind a link.
pub(super) fn from_tree(cx: &Context, path: &str) -> Result<Vec<Input>> {
    let place = relative(&cx.store, &cx.dir, path).map_err(|e| match path {
        "" => e,
        _ => e.hint("to take a file from elsewhere: DEST=FILE"),
    })?;
    let top = cx.store.work_dir().unwrap_or(&cx.dir);
    let root = Arc::new(open_root(top)?);
    // Checked before it is followed: it may say anything, `..` and all.
    let checked = match place.as_str() {
        "" => None,
        other => Some(TreePath::new(other)?),
    };
    let sort = root.sort(&place).map_err(|e| match &checked {
        Some(checked) => refused(e, checked, &place, Path::new(path)),
        None => Error::new(Kind::Usage, format!("`{path}` cannot be read")),
    })?;
    match (sort, checked) {
        (None, _) => Err(Error::new(Kind::Usage, format!("there is no file `{path}`"))
            .hint("to remove it from the branch: --rm PATH; to take another file's content: DEST=FILE")),
        (Some(Sort::Link), Some(checked)) => Err(link(&checked)),
        (Some(Sort::Other), Some(checked)) => Err(not_a_file(&checked)),
        _ if in_repository(top, &place) => Err(Error::new(
            Kind::Usage,
            format!("`{path}` is another git repository, and aidf does not take its files"),
        )
        .hint("commit them there; to record the new commit of a submodule here, use git itself")),
        (Some(Sort::File), Some(checked)) => Ok(vec![Input {
            source: Source::File(Taken::own(&root, &place)),
            path: checked,
        }]),
        _ => {
            let mut found = Vec::new();
            let skip = |path: &str| {
                Ok(cx.store.is_ignored(&top.join(path)) || cx.store.is_hidden(path)?)
            };
            walk(cx, &root, &place, &mut found, &skip)?;
            for input in &mut found {
                if let Source::File(file) = &mut input.source {
                    file.is_own = cx.store.work_dir().is_some();
                }
            }
            match found.is_empty() {
                true => Err(Error::new(
                    Kind::Usage,
                    format!("there are no files below `{path}`, or git ignores or skips all of them"),
                )),
                false => Ok(found),
            }
        }
    }
}

/// Whether a `.git` makes the folder around it a repository: an empty folder makes none, for git
/// either.
fn is_repository(git: &Path) -> bool {
    git.is_file() || git.join("HEAD").symlink_metadata().is_ok()
}

/// Whether a place below the folder `top` is a git repository of its own, or in one.
fn in_repository(top: &Path, place: &str) -> bool {
    let place = Path::new(place).ancestors();
    place
        .filter(|folder| *folder != Path::new(""))
        .any(|folder| is_repository(&top.join(folder).join(".git")))
}

/// Every file below a folder, wherever that is, into the same path of the tree.
///
/// Errors: usage, for a folder that cannot be read or has no files; denied.
pub(super) fn from_folder(cx: &Context, dir: &Path) -> Result<Vec<Input>> {
    let root = open_root(&cx.dir.join(dir))
        .map_err(|e| e.hint("name a folder that is there with --from-dir DIR"))?;
    let root = Arc::new(root);
    let mut found = Vec::new();
    walk(cx, &root, "", &mut found, &|_| Ok(false))?;
    match found.is_empty() {
        true => Err(Error::new(
            Kind::Usage,
            format!("there are no files below {}", dir.display()),
        )),
        false => Ok(found),
    }
}

pub(in crate::ops) fn open_root(dir: &Path) -> Result<Folder> {
    Folder::open(dir).or_fail(Kind::Usage, || {
        format!("the folder {} cannot be read", dir.display())
    })
}

/// Every file below the folder `start` of `root`, but for repositories' own and what
/// `skip` names.
fn walk(
    cx: &Context,
    root: &Arc<Folder>,
    start: &str,
    found: &mut Vec<Input>,
    skip: &dyn Fn(&str) -> Result<bool>,
) -> Result<()> {
    let folder = root.folder(start).map_err(|e| unreadable(e, start))?;
    descend(cx, root, &folder, start, 1, found, skip)
}

fn descend(
    cx: &Context,
    root: &Arc<Folder>,
    folder: &Folder,
    prefix: &str,
    depth: usize,
    found: &mut Vec<Input>,
    skip: &dyn Fn(&str) -> Result<bool>,
) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::new(
            Kind::Denied,
            format!("the folder `{prefix}` is refused: it lies more than {MAX_DEPTH} folders deep"),
        )
        .hint("name the folders that you mean; a folder that contains itself has no end"));
    }
    let names = folder
        .names()
        .map_err(|e| unreadable(NotTaken::System(e), prefix))?;
    let before = found.len();
    for (name, sort) in names {
        if name == ".git" {
            if prefix.is_empty() {
                continue;
            }
            // Of a repository of its own git keeps the commit alone.
            cx.warn(format!("left out: `{prefix}` is another git repository"));
            found.truncate(before);
            return Ok(());
        }
        let place = |name: &str| match prefix {
            "" => name.to_owned(),
            _ => format!("{prefix}/{name}"),
        };
        let Some(place) = name.to_str().map(place) else {
            return Err(not_text(&place(&name.to_string_lossy())));
        };
        if skip(&place)? {
            continue;
        }
        match sort {
            Sort::Folder => {
                let inner = folder
                    .folder(&place[place.len() - name.len()..])
                    .map_err(|e| unreadable(e, &place))?;
                descend(cx, root, &inner, &place, depth + 1, found, skip)?;
            }
            Sort::Link => return Err(link(&TreePath::new(&place)?)),
            Sort::Other => return Err(not_a_file(&TreePath::new(&place)?)),
            Sort::File if found.len() >= MAX_FILES => {
                return Err(Error::new(
                    Kind::Denied,
                    format!("there are more than {MAX_FILES} files to take"),
                )
                .hint("name the folders that you mean"));
            }
            Sort::File => found.push(Input {
                path: TreePath::new(&place)?,
                source: Source::File(Taken::below(root, &place)),
            }),
        }
    }
    Ok(())
}

/// A folder that was one when it was named, and cannot be opened as one.
fn unreadable(refusal: NotTaken, folder: &str) -> Error {
    let shown = if folder.is_empty() { "." } else { folder };
    match refusal {
        NotTaken::Link(at) => Error::new(
            Kind::Denied,
            format!(
                "the folder `{shown}` is refused: `{}` is a symlink",
                folder.get(..at).filter(|p| !p.is_empty()).unwrap_or(shown)
            ),
        )
        .hint("name the folder that it points to with --from-dir, or its files with DEST=FILE"),
        NotTaken::NotAFile => Error::new(Kind::Usage, format!("`{shown}` is not a folder")),
        NotTaken::System(e) => {
            Error::new(Kind::Usage, format!("the folder `{shown}` cannot be read")).caused_by(e)
        }
    }
}

/// The path of a change of the working tree, as the tree has it; or why it is no file that a
/// commit can take. `root` is the working tree, where the change is not a removal.
pub(in crate::ops) fn tree_path(
    root: Option<&Folder>,
    change: &[u8],
) -> std::result::Result<TreePath, &'static str> {
    let Ok(text) = std::str::from_utf8(change) else {
        return Err("not a UTF-8 name");
    };
    // A folder is reported as one where it is a repository of its own.
    if text.ends_with('/') {
        return Err("another git repository");
    }
    let Ok(path) = TreePath::new(text) else {
        return Err("a name that not every platform allows");
    };
    match root.map(|root| root.sort(text)) {
        Some(Ok(Some(Sort::Link))) => Err("a symlink"),
        Some(Ok(Some(Sort::Folder))) => Err("a submodule or a folder"),
        Some(Ok(Some(Sort::Other))) => Err("no regular file"),
        _ => Ok(path),
    }
}

/// Every change of the working tree against HEAD, but for what is named already.
///
/// Local commits are changes of ours as well, and so is what was written from here before
/// and changed since, whatever HEAD says of it.
pub(super) fn from_changes(
    cx: &Context,
    target: &Target,
    inputs: &mut Vec<Input>,
    remove: &mut Vec<TreePath>,
) -> Result<()> {
    let root = cx
        .store
        .work_dir()
        .map(open_root)
        .transpose()?
        .map(Arc::new);
    let mut named: BTreeSet<TreePath> = inputs.iter().map(|i| i.path.clone()).collect();
    named.extend(remove.iter().cloned());
    let absent = base::absent(cx);
    let is_absent = |path: &TreePath| {
        let is_absent = absent.contains_key(path.as_str());
        if is_absent {
            cx.warn(format!(
                "left out: `{path}` is on the branch and was left alone here; to remove it: --rm {}",
                shell_path(path.as_str())
            ));
        }
        is_absent
    };
    for (bytes, there) in cx.store.working_changes()? {
        let path = match tree_path(root.as_deref().filter(|_| there), &bytes) {
            Ok(path) => path,
            Err(why) => {
                let shown = String::from_utf8_lossy(&bytes);
                cx.warn(format!("left out: `{shown}` is {why}"));
                continue;
            }
        };
        if !named.insert(path.clone())
            || !there && is_absent(&path)
            || cx.store.is_hidden(path.as_str())?
        {
            continue;
        }
        match (&root, there) {
            (Some(root), true) => inputs.push(Input {
                source: Source::File(Taken::own(root, path.as_str())),
                path,
            }),
            _ => remove.push(path),
        }
    }
    let Some(root) = root else { return Ok(()) };
    for path in base::own_paths(cx, target)? {
        if !named.insert(path.clone()) || cx.store.is_hidden(path.as_str())? {
            continue;
        }
        match root.sort(path.as_str()) {
            Ok(Some(Sort::File)) => inputs.push(Input {
                source: Source::File(Taken::own(&root, path.as_str())),
                path,
            }),
            Ok(None) => remove.push(path),
            Ok(Some(Sort::Folder)) if !cx.store.is_in_work_dir(path.as_str().as_bytes()) => {
                remove.push(path);
            }
            // What took its place was seen among the changes, if it is to be taken at all.
            Ok(Some(_)) | Err(_) => {}
        }
    }
    Ok(())
}
