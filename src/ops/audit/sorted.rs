//! Sorts more than memory should hold: what is too much goes to temporary files, each of
//! them sorted, and comes back merged.

use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::marker::PhantomData;
use std::path::PathBuf;

/// How many bytes stay in memory.
const MOST: usize = 4 << 20;
/// How many files there are at most; each is open, and takes a buffer while they are merged.
const FILES: usize = 64;

/// What comes first: a time in RFC 3339, a rank among those of one time, and a number among
/// those of one rank.
pub(super) type Key = (String, u8, i64);

type Line = (Key, String);

/// Values that are being sorted.
pub(super) struct Sorter<T> {
    folder: PathBuf,
    most: usize,
    held: Vec<Line>,
    bytes: usize,
    files: Vec<File>,
    of: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> Sorter<T> {
    /// One whose files lie in the cache's folder. They have no names.
    pub fn new(cx: &Context) -> Self {
        Sorter::within(cx.config.folders.cache.clone(), MOST)
    }

    fn within(folder: PathBuf, most: usize) -> Self {
        Sorter {
            folder,
            most,
            held: Vec::new(),
            bytes: 0,
            files: Vec::new(),
            of: PhantomData,
        }
    }

    /// Takes a value.
    ///
    /// Errors: internal, for the disk.
    pub fn add(&mut self, key: Key, value: &T) -> Result<()> {
        let text = serde_json::to_string(value).or_fail(Kind::Internal, failed)?;
        self.bytes += key.0.len() + text.len() + size_of::<Line>();
        self.held.push((key, text));
        if self.bytes < self.most {
            return Ok(());
        }
        self.held.sort_unstable();
        self.bytes = 0;
        let held = std::mem::take(&mut self.held).into_iter().map(Ok);
        self.keep(held)?;
        if self.files.len() == FILES {
            let files = std::mem::take(&mut self.files);
            let files = files
                .into_iter()
                .map(lines_of)
                .collect::<Result<Vec<_>>>()?;
            self.keep(merged(files)?)?;
        }
        Ok(())
    }

    /// Writes sorted lines to a file of their own.
    fn keep(&mut self, lines: impl Iterator<Item = Result<Line>>) -> Result<()> {
        std::fs::create_dir_all(&self.folder).or_fail(Kind::Internal, failed)?;
        let file = tempfile::tempfile_in(&self.folder).or_fail(Kind::Internal, failed)?;
        let mut file = BufWriter::new(file);
        for line in lines {
            serde_json::to_writer(&mut file, &line?).or_fail(Kind::Internal, failed)?;
            file.write_all(b"\n").or_fail(Kind::Internal, failed)?;
        }
        let file = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error);
        self.files.push(file.or_fail(Kind::Internal, failed)?);
        Ok(())
    }

    /// The values with their keys, in order.
    ///
    /// Errors: internal, for the disk.
    pub fn sorted(mut self) -> Result<impl Iterator<Item = Result<(Key, T)>>> {
        self.held.sort_unstable();
        let mut all = self
            .files
            .into_iter()
            .map(lines_of)
            .collect::<Result<Vec<_>>>()?;
        all.push(Box::new(self.held.into_iter().map(Ok)));
        Ok(merged(all)?.map(|line| {
            let (key, text) = line?;
            let value = serde_json::from_str(&text).or_fail(Kind::Internal, failed)?;
            Ok((key, value))
        }))
    }
}

fn failed() -> &'static str {
    "the events cannot be sorted: a temporary file cannot be written or read"
}

type Lines = Box<dyn Iterator<Item = Result<Line>>>;

fn lines_of(mut file: File) -> Result<Lines> {
    file.rewind().or_fail(Kind::Internal, failed)?;
    let lines = BufReader::new(file).lines().map(|line| {
        let line = line.or_fail(Kind::Internal, failed)?;
        serde_json::from_str(&line).or_fail(Kind::Internal, failed)
    });
    Ok(Box::new(lines))
}

/// The lines of all, each of which is sorted.
fn merged(mut all: Vec<Lines>) -> Result<impl Iterator<Item = Result<Line>>> {
    let mut next: BinaryHeap<Reverse<(Line, usize)>> = BinaryHeap::new();
    for (at, lines) in all.iter_mut().enumerate() {
        if let Some(line) = lines.next() {
            next.push(Reverse((line?, at)));
        }
    }
    Ok(std::iter::from_fn(move || {
        let Reverse((line, at)) = next.pop()?;
        match all[at].next().transpose() {
            Ok(Some(after)) => next.push(Reverse((after, at))),
            Ok(None) => {}
            Err(e) => {
                next.clear();
                return Some(Err::<Line, Error>(e));
            }
        }
        Some(Ok(line))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_memory_does_not_hold_comes_back_in_order_all_of_it() {
        let place = tempfile::tempdir().unwrap();
        // A file for each few values, and more files than may be open.
        for (most, count) in [(MOST, 0), (MOST, 50), (200, 1_000), (2_000, 1_000)] {
            let mut sorter = Sorter::<u64>::within(place.path().join("cache"), most);
            let mut number: u64 = 7;
            let mut expected = Vec::new();
            for n in 0..count {
                number = number
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let key = (format!("{:03}", number >> 57), (number % 3) as u8, -n);
                expected.push((key.clone(), number));
                sorter.add(key, &number).unwrap();
            }
            assert_eq!(most < MOST, !sorter.files.is_empty());
            assert!(sorter.files.len() < FILES, "{}", sorter.files.len());
            expected.sort();
            let found: Vec<_> = sorter.sorted().unwrap().map(Result::unwrap).collect();
            assert_eq!(found, expected, "{most}");
        }
        let left = std::fs::read_dir(place.path().join("cache"))
            .unwrap()
            .count();
        assert_eq!(left, 0, "the files have no names");
    }
}
