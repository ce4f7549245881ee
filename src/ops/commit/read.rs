//! The files of a commit: where they come from, and reading them within the limits.

use super::take::{Input, Source};
use crate::alerts::SecretScan;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{Draft, Entry, Mode, ObjectId, TreePath};
use crate::policy::Limits;
use std::collections::BTreeSet;
use std::io::Read;

/// Bytes that a file may have more than when it was opened: those of a log that somebody
/// writes on, or of a file of the system that tells no size. What grows on has no end.
const GROWTH: u64 = 1 << 20;

/// A file as it was read: its content is in the store, its size and alert known.
#[derive(Clone)]
pub(super) struct ReadFile {
    pub path: TreePath,
    pub entry: Option<Entry>,
    pub secret: Option<&'static str>,
    /// Nothing here tells the mode: a file that is there keeps its own.
    pub keeps_mode: bool,
    /// It is a removal that was asked for by name: then it is of what the branch has, should
    /// the file never have been here.
    pub named_removal: bool,
}

pub(super) fn check_unique(inputs: &[Input], remove: &[TreePath]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for path in inputs.iter().map(|i| &i.path).chain(remove) {
        if !seen.insert(path.as_str()) {
            return Err(Error::new(Kind::Usage, format!("`{path}` is given twice"))
                .hint("nothing was written; name it once"));
        }
    }
    // What is removed may make room for a folder, or for a file in the folder's place.
    let written: BTreeSet<&str> = inputs.iter().map(|i| i.path.as_str()).collect();
    for path in &written {
        if let Some(parent) = path
            .match_indices('/')
            .map(|(at, _)| &path[..at])
            .find(|p| written.contains(p))
        {
            return Err(Error::new(
                Kind::Usage,
                format!("`{parent}` and `{path}` cannot both be files"),
            )
            .hint("nothing was written; leave one of them out"));
        }
    }
    Ok(())
}

pub(super) fn read_all(
    cx: &Context,
    draft: &mut Draft<'_>,
    inputs: &mut [Input],
    removed: usize,
    limits: Limits,
) -> Result<Vec<ReadFile>> {
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
        let mut opened;
        let (from, mode, end): (&mut dyn Read, Option<Mode>, Option<u64>) = match &mut input.source
        {
            Source::File(file) => {
                opened = file.open(&path)?;
                let end = opened.size.saturating_add(GROWTH);
                let mode = cx
                    .store
                    .mode_here(path.as_str().as_bytes(), opened.executable)?;
                (&mut opened.file, mode, Some(end))
            }
            Source::Stream(stream) => (stream, None, None),
        };
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
            if end.is_some_and(|end| size > end) {
                return Err(Error::new(
                    Kind::Conflict,
                    format!("`{path}` grew while aidf read it"),
                )
                .hint("nothing was written; commit it when the program that writes it is done"));
            }
            scan.feed(piece);
            Ok(())
        };
        let id = draft.blob_from(from, look)?;
        wanted.push(ReadFile {
            path: input.path.clone(),
            entry: Some(Entry {
                id,
                mode: mode.unwrap_or(Mode::File),
            }),
            secret: scan.found(),
            keeps_mode: mode.is_none(),
            named_removal: false,
        });
    }
    Ok(wanted)
}

/// Makes of the files what git would store of them, by the attributes of `tree`. Contents of
/// git-lfs that the tree has not are uploaded, unless nothing is to be written.
///
/// Of the files after the first `named`, which nobody named, those with a filter that is not
/// run here are left out with a note. Errors: denied, for any other such file; unavailable.
pub(super) fn as_stored(
    cx: &Context,
    draft: &mut Draft<'_>,
    tree: ObjectId,
    wanted: Vec<ReadFile>,
    named: usize,
    dry_run: bool,
) -> Result<Vec<ReadFile>> {
    let convert = cx.store.convert(tree);
    let paths: Vec<&str> = wanted.iter().map(|w| w.path.as_str()).collect();
    convert.learn(paths.iter().copied())?;
    let here = cx.store.filters_here(tree, &paths)?;
    let (mut kept, mut uploads) = (Vec::with_capacity(wanted.len()), Vec::new());
    for (at, mut want) in wanted.into_iter().enumerate() {
        let path = want.path.as_str();
        if let Some(entry) = &mut want.entry {
            let unfiltered = match here.get(path) {
                Some(filter) if convert.filter_of(path)?.as_ref() != Some(filter) => {
                    Some(unfiltered(path, filter))
                }
                _ => None,
            };
            let why = unfiltered.or(convert.refusal(path)?);
            match why {
                Some(why) if at >= named => {
                    cx.warn(format!("left out: {}", why.message()));
                    continue;
                }
                Some(why) => return Err(why),
                None => {}
            }
            let raw = entry.id;
            entry.id = convert.clean(draft, path, raw)?;
            let there = cx.store.entry(tree, path.as_bytes())?;
            // A pointer that was given as one has its content elsewhere.
            if raw != entry.id && there.map(|e| e.id) != Some(entry.id) {
                uploads.extend(convert.lfs_content(path, entry.id)?);
            }
        }
        kept.push(want);
    }
    draft.keep_only(&kept.iter().filter_map(|w| w.entry).map(|e| e.id).collect());
    if dry_run || uploads.is_empty() {
        return Ok(kept);
    }
    if cx.store.is_cache() {
        return Err(Error::new(
            Kind::Denied,
            "aidf uploads files of git-lfs from a clone, and -R works without one",
        )
        .hint("nothing was written; commit them from a clone"));
    }
    cx.progress.step("upload the content of LFS files");
    let (name, at) = (cx.remote.name(), cx.remote.endpoint());
    cx.store.upload_lfs(name, at, &uploads)?;
    Ok(kept)
}

/// Refuses to store a file as it is that git here would pass through a filter: that may be
/// what keeps a secret out of the repository.
fn unfiltered(path: &str, filter: &str) -> Error {
    Error::new(
        Kind::Conflict,
        format!(
            "`{path}` has the filter `{filter}` by the attributes of your checkout, and not by those of the sandbox, which would get the file without it"
        ),
    )
    .hint("nothing was written; if main has these attributes, take them with `aidf sandbox sync --from main`; if not, they have to come to main first, which an operator does")
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
