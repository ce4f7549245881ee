//! Three-way merges: of a file's text, and of what a path holds.
//!
//! One home for both: commit, rollback, pull, sync and land take the same answer for the
//! same three versions.

use super::compare::is_binary;
use super::draft::Draft;
use super::lfs::lfs_content;
use super::object::{Entry, MAX_TEXT, Mode};
use super::store::Store;
use crate::conflict::{Clash, LineRange};
use crate::error::{Kind, OrFail, Result};

/// A merge of text that conflicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The merge, with git's conflict markers where it conflicts.
    pub marked: Vec<u8>,
    /// The lines of our side that are in dispute.
    pub lines: Vec<LineRange>,
}

/// What a merge of text came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergedText {
    /// Merged.
    Clean(Vec<u8>),
    /// In conflict.
    Conflict(Conflict),
    /// Not text, or too large.
    NotText,
}

/// What a merge of a path came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergedEntry {
    /// What it holds now; none: nothing.
    Clean(Option<Entry>),
    /// In conflict; lines of our side, where they are known.
    Clash(Clash, Vec<LineRange>),
}

/// What the two sides of a conflict are called in its markers.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// Behind `<<<<<<<`.
    pub ours: &'a str,
    /// Behind `>>>>>>>`.
    pub theirs: &'a str,
}

impl Store {
    /// Merges three versions of a file as git-merge-file(1) does. Pointers of git-lfs are no
    /// text: a merge of their lines points nowhere, and markers in one would go into the
    /// working file in place of its content.
    pub fn merge_text(
        &self,
        base: &[u8],
        ours: &[u8],
        theirs: &[u8],
        labels: Labels<'_>,
    ) -> Result<MergedText> {
        let unfit =
            |s: &&[u8]| is_binary(s) || s.len() as u64 > MAX_TEXT || lfs_content(s).is_some();
        if [base, ours, theirs].iter().any(unfit) {
            return Ok(MergedText::NotText);
        }
        let input = |content| {
            let mut input = git2::MergeFileInput::new();
            input.content(content);
            input
        };
        let mut options = git2::MergeFileOptions::new();
        options.our_label(labels.ours).their_label(labels.theirs);
        let merged = git2::merge_file(
            &input(base),
            &input(ours),
            &input(theirs),
            Some(&mut options),
        )
        .or_fail(Kind::Internal, || "the versions of a file cannot be merged")?;
        if merged.is_automergeable() {
            return Ok(MergedText::Clean(merged.content().to_vec()));
        }
        Ok(MergedText::Conflict(Conflict {
            marked: merged.content().to_vec(),
            lines: disputed(base, ours, theirs)?,
        }))
    }

    /// Merges what a path holds on two sides that started from `base`. A merged text is
    /// written to `draft`.
    pub fn merge_entry(
        &self,
        draft: &mut Draft<'_>,
        base: Option<Entry>,
        ours: Option<Entry>,
        theirs: Option<Entry>,
    ) -> Result<MergedEntry> {
        if ours == theirs || ours == base {
            return Ok(MergedEntry::Clean(theirs));
        }
        if theirs == base {
            return Ok(MergedEntry::Clean(ours));
        }
        let clash = |why| Ok(MergedEntry::Clash(why, Vec::new()));
        let (o, t) = match (ours, theirs) {
            (Some(o), Some(t)) => (o, t),
            (None, _) => return clash(Clash::DeletedByUs),
            (_, None) => return clash(Clash::DeletedByThem),
        };
        if (o.mode == Mode::Folder) != (t.mode == Mode::Folder) {
            return clash(Clash::FileAndFolder);
        }
        let Some(b) = base else {
            // Both added the same content: only the mode is open, and a run bit is kept.
            if o.id == t.id && o.mode.is_file() && t.mode.is_file() {
                let mode = Mode::Executable;
                return Ok(MergedEntry::Clean(Some(Entry { mode, ..o })));
            }
            return clash(Clash::BothAdded);
        };
        if ![b, o, t].iter().all(|e| e.mode.is_file()) {
            return clash(Clash::NotText);
        }
        let mode = if o.mode == b.mode { t.mode } else { o.mode };
        let id = if o.id == t.id || t.id == b.id {
            o.id
        } else if o.id == b.id {
            t.id
        } else {
            for side in [b, o, t] {
                if self.blob_size(side.id)? > MAX_TEXT {
                    return clash(Clash::NotText);
                }
            }
            let read = |e: Entry| self.read_blob(e.id);
            let labels = Labels {
                ours: "ours",
                theirs: "theirs",
            };
            match self.merge_text(&read(b)?, &read(o)?, &read(t)?, labels)? {
                MergedText::Clean(content) => draft.blob(&content)?,
                MergedText::Conflict(conflict) => {
                    return Ok(MergedEntry::Clash(Clash::SameLines, conflict.lines));
                }
                MergedText::NotText => return clash(Clash::NotText),
            }
        };
        Ok(MergedEntry::Clean(Some(Entry { id, mode })))
    }
}

/// The lines of `ours` that both sides changed: hunks against the base that overlap or
/// touch, as xdiff takes them for conflicts.
fn disputed(base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<Vec<LineRange>> {
    let (ours, theirs) = (hunks(base, ours)?, hunks(base, theirs)?);
    let mut found: Vec<LineRange> = Vec::new();
    for one in &ours {
        let touches = theirs
            .iter()
            .any(|other| one.from <= other.to && other.from <= one.to);
        if touches {
            found.push(LineRange {
                first: one.first.max(1),
                last: one.last.max(one.first).max(1),
            });
        }
    }
    Ok(found)
}

/// A change against the base: the base's lines as a half-open range, and where the change
/// stands in the other version.
struct Hunk {
    from: u32,
    to: u32,
    first: u32,
    last: u32,
}

fn hunks(base: &[u8], side: &[u8]) -> Result<Vec<Hunk>> {
    let failed = || "the versions of a file cannot be compared";
    let mut options = git2::DiffOptions::new();
    options.context_lines(0).interhunk_lines(0);
    let patch = git2::Patch::from_buffers(base, None, side, None, Some(&mut options))
        .or_fail(Kind::Internal, failed)?;
    (0..patch.num_hunks())
        .map(|at| {
            let (hunk, _) = patch.hunk(at).or_fail(Kind::Internal, failed)?;
            // Of an insertion git names the line before it.
            let from = hunk.old_start() + u32::from(hunk.old_lines() == 0);
            Ok(Hunk {
                from,
                to: from + hunk.old_lines(),
                first: hunk.new_start(),
                last: (hunk.new_start() + hunk.new_lines()).saturating_sub(1),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(changes: &[(usize, &str)]) -> Vec<u8> {
        (1..=20)
            .map(|n| {
                let changed = changes.iter().find(|(at, _)| *at == n);
                changed.map_or(format!("line {n}\n"), |(_, text)| format!("{text}\n"))
            })
            .collect::<String>()
            .into_bytes()
    }

    #[test]
    fn the_lines_in_dispute_are_those_of_our_side() {
        let base = lines(&[]);
        let ours = lines(&[(2, "mine"), (9, "mine"), (10, "mine"), (18, "one\nmore")]);
        let theirs = lines(&[(5, "yours"), (10, "yours"), (18, "yours")]);
        let found = disputed(&base, &ours, &theirs).unwrap();
        let shown: Vec<String> = found.iter().map(LineRange::to_string).collect();
        assert_eq!(shown, ["9-10", "18-19"]);
    }

    #[test]
    fn changes_apart_are_not_in_dispute() {
        let base = lines(&[]);
        let (ours, theirs) = (lines(&[(2, "mine")]), lines(&[(19, "yours")]));
        assert_eq!(disputed(&base, &ours, &theirs).unwrap(), []);
    }
}
