//! The files of a commit: where they come from, and reading them within the limits.

use crate::alerts::SecretScan;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::git::{Draft, Entry, Mode, ObjectId, TreePath, bytes_to_path};
use crate::ops::access::Target;
use crate::ops::base;
use crate::policy::Limits;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where a file's content comes from.
pub enum Source {
    /// A file of this machine.
    File(PathBuf),
    /// Standard input, or whatever the front end reads from.
    Stream(Box<dyn Read>),
}

/// One file to write.
pub struct Input {
    /// Where it goes in the tree.
    pub path: TreePath,
    /// Where its content comes from.
    pub source: Source,
}

/// A file as it was read: its content is in the store, its size and alert known.
#[derive(Clone)]
pub(super) struct Wanted {
    pub path: TreePath,
    pub entry: Option<Entry>,
    pub secret: Option<&'static str>,
    /// The content came without a mode: a file that is there keeps its own.
    pub keeps_mode: bool,
}

/// Says what cannot be read before anything is connected to.
pub(super) fn check_sources(inputs: &[Input]) -> Result<()> {
    for input in inputs {
        if let Source::File(file) = &input.source {
            file_mode(&input.path, file)?;
        }
    }
    Ok(())
}

pub(super) fn check_unique(inputs: &[Input], remove: &[TreePath]) -> Result<()> {
    let mut seen = BTreeMap::new();
    for path in inputs.iter().map(|i| &i.path).chain(remove) {
        if seen.insert(path.as_str(), ()).is_some() {
            return Err(Error::new(Kind::Usage, format!("`{path}` is given twice")));
        }
    }
    for path in seen.keys() {
        if let Some(parent) = path
            .match_indices('/')
            .map(|(at, _)| &path[..at])
            .find(|p| seen.contains_key(p))
        {
            return Err(Error::new(
                Kind::Usage,
                format!("`{parent}` and `{path}` cannot both be files"),
            ));
        }
    }
    Ok(())
}

fn file_mode(path: &TreePath, file: &Path) -> Result<Mode> {
    let meta = file.symlink_metadata().or_fail(Kind::Usage, || {
        format!("`{}` cannot be read", file.display())
    })?;
    if meta.is_symlink() {
        return Err(Error::new(
            Kind::Denied,
            format!("`{path}` is a symlink, and only files are written"),
        )
        .hint("name the file it points at: DEST=FILE"));
    }
    if !meta.is_file() {
        return Err(Error::new(
            Kind::Denied,
            format!("`{path}` is not a regular file"),
        ));
    }
    Ok(mode_of(&meta))
}

#[cfg(unix)]
fn mode_of(meta: &std::fs::Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt;
    if meta.permissions().mode() & 0o100 != 0 {
        Mode::Executable
    } else {
        Mode::File
    }
}

/// Other platforms have no executable bit.
#[cfg(not(unix))]
fn mode_of(_meta: &std::fs::Metadata) -> Mode {
    Mode::File
}

/// Every change of the working tree against HEAD, but for what is named already.
///
/// Local commits are changes of ours as well, and so is what was written from here before
/// and changed since, whatever HEAD says of it.
pub(super) fn take_working_tree(
    cx: &Context,
    target: &Target,
    inputs: &mut Vec<Input>,
    remove: &mut Vec<TreePath>,
) -> Result<()> {
    let root = cx.store.work_dir().map(Path::to_owned);
    for (bytes, there) in cx.store.working_changes()? {
        let text = String::from_utf8(bytes.clone()).map_err(|_| {
            Error::new(
                Kind::Denied,
                format!(
                    "the path `{}` is refused: it is not UTF-8",
                    String::from_utf8_lossy(&bytes)
                ),
            )
        })?;
        // A folder is reported as one where it is a repository of its own.
        if text.ends_with('/') {
            cx.warn(format!(
                "`{text}` is a repository of its own and is not taken"
            ));
            continue;
        }
        let path = TreePath::new(&text)?;
        if inputs.iter().any(|i| i.path == path) || remove.contains(&path) {
            continue;
        }
        match (&root, there) {
            (Some(root), true) => {
                let file = root.join(bytes_to_path(&bytes));
                file_mode(&path, &file)?;
                inputs.push(Input {
                    path,
                    source: Source::File(file),
                });
            }
            _ => remove.push(path),
        }
    }
    for path in base::own_paths(cx, target)? {
        if inputs.iter().any(|i| i.path == path) || remove.contains(&path) {
            continue;
        }
        let Some(file) = root.as_ref().map(|r| r.join(path.as_str())) else {
            continue;
        };
        match file.symlink_metadata() {
            Ok(meta) if meta.is_file() => inputs.push(Input {
                path,
                source: Source::File(file),
            }),
            Ok(_) => {}
            Err(_) => remove.push(path),
        }
    }
    Ok(())
}

pub(super) fn read_all(
    draft: &mut Draft<'_>,
    inputs: &mut [Input],
    removed: usize,
    limits: Limits,
) -> Result<Vec<Wanted>> {
    let too_much = |what: String, most: u64| {
        Error::new(
            Kind::Denied,
            format!("{what}, and the policy allows {most}"),
        )
        .hint("nothing was written")
    };
    let count = (inputs.len() + removed) as u64;
    if let Some(most) = limits.files.filter(|most| count > *most) {
        return Err(too_much(format!("the commit has {count} files"), most));
    }
    let mut total = 0u64;
    let mut wanted = Vec::new();
    for input in inputs.iter_mut() {
        let mut size = 0u64;
        let mut scan = SecretScan::default();
        let path = input.path.clone();
        let look = |piece: &[u8]| -> Result<()> {
            size += piece.len() as u64;
            total += piece.len() as u64;
            if let Some(most) = limits.file_bytes.filter(|most| size > *most) {
                return Err(too_much(
                    format!("`{path}` has more than {most} bytes"),
                    most,
                ));
            }
            if let Some(most) = limits.total_bytes.filter(|most| total > *most) {
                return Err(too_much(
                    format!("the files have more than {most} bytes"),
                    most,
                ));
            }
            scan.feed(piece);
            Ok(())
        };
        let keeps_mode = matches!(input.source, Source::Stream(_));
        let (id, mode) = match &mut input.source {
            Source::File(file) => {
                let mode = file_mode(&input.path, file)?;
                let mut open = std::fs::File::open(&*file).or_fail(Kind::Usage, || {
                    format!("`{}` cannot be read", file.display())
                })?;
                (draft.blob_from(&mut open, look)?, mode)
            }
            Source::Stream(stream) => (draft.blob_from(stream, look)?, Mode::File),
        };
        wanted.push(Wanted {
            path: input.path.clone(),
            entry: Some(Entry { id, mode }),
            secret: scan.found(),
            keeps_mode,
        });
    }
    Ok(wanted)
}

/// What a removal means on this tip: the path itself, or every file below a folder.
pub(super) fn below(cx: &Context, tree: ObjectId, remove: &[TreePath]) -> Result<Vec<TreePath>> {
    let mut found = Vec::new();
    for path in remove {
        match cx
            .store
            .entry(tree, path.as_str().as_bytes())?
            .map(|e| e.mode)
        {
            Some(Mode::Folder) => {
                for (file, _) in cx.store.files_below(tree, path.as_str().as_bytes())? {
                    found.push(TreePath::new(&String::from_utf8_lossy(&file))?);
                }
            }
            _ => found.push(path.clone()),
        }
    }
    Ok(found)
}
