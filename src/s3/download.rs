//! Fetches an object into a file. A line that is cut is taken up where it broke.

use super::client::{Client, MAX_TRIES, length};
use super::refusal;
use super::request::Ask;
use crate::error::{Error, Kind, OrFail, Result};
use std::io::{Read, Write};
use std::time::Instant;

impl Client<'_> {
    /// Writes the bytes of an object to `to`.
    ///
    /// Errors: not_found; internal, for the disk; unavailable, auth, denied.
    pub fn download(&self, key: &str, to: &mut dyn Write) -> Result<()> {
        let (mut done, mut tries) = (0, 0);
        let mut first: Option<(String, u64)> = None;
        loop {
            let before = done;
            match self.rest(key, &mut first, &mut done, to) {
                Ok(()) => return Ok(()),
                // A line that is cut again and again, but moves on, is no loss.
                Err(e) if e.is_retryable() && !e.is_futile_at_once() => {
                    tries = if done > before { 1 } else { tries + 1 };
                    if tries >= MAX_TRIES {
                        return Err(e);
                    }
                }
                // The bytes so far are those of an object that is not there any more.
                Err(e) if done > 0 && e.kind() == Kind::Conflict => {
                    let shown = self.shown(Some(key));
                    return Err(Error::new(
                        Kind::Unavailable,
                        format!("{shown} was replaced while it was fetched"),
                    )
                    .caused_by(e));
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Fetches what is missing after `done` bytes.
    fn rest(
        &self,
        key: &str,
        first: &mut Option<(String, u64)>,
        done: &mut u64,
        to: &mut dyn Write,
    ) -> Result<()> {
        let mut ask = Ask::new("GET", Some(key));
        if let Some((etag, _)) = first.as_ref().filter(|_| *done > 0) {
            ask = ask
                .header("range", format!("bytes={done}-"))
                .header("if-match", etag);
        }
        let from = *done;
        let response = self
            .tried(&ask, Ok)
            .map_err(|e| match refusal::is_missing(&e) {
                true => Error::new(
                    Kind::NotFound,
                    format!("there is no {}", self.shown(Some(key))),
                )
                .caused_by(e),
                false => e,
            })?;
        let told = length(response.headers())
            .ok_or_else(|| self.garbled(&ask, "it does not tell its length"))?;
        let total = match first {
            Some((_, total)) if from > 0 => {
                if response.status().as_u16() != 206 || from.checked_add(told) != Some(*total) {
                    return Err(self.garbled(&ask, "it is not the part that was asked for"));
                }
                *total
            }
            _ => {
                *first = Some((self.etag(&ask, &response)?, told));
                told
            }
        };
        let name = key.rsplit('/').next().unwrap_or(key);
        let what = format!("bytes of {name} fetched");
        let begun = Instant::now();
        let mut body = response
            .into_body()
            .into_with_config()
            .limit(u64::MAX)
            .reader();
        let mut buffer = vec![0; 1 << 16];
        while *done < total {
            self.way.cancel.check()?;
            let most = usize::try_from(total - *done).unwrap_or(usize::MAX);
            let most = most.min(buffer.len());
            let n = match body.read(&mut buffer[..most]) {
                Ok(0) => return Err(self.cut(&ask)),
                Ok(n) => n,
                Err(e) => return Err(self.cut(&ask).caused_by(e)),
            };
            to.write_all(&buffer[..n]).or_fail(Kind::Internal, || {
                format!("the copy of {} cannot be written", self.shown(Some(key)))
            })?;
            *done += n as u64;
            if begun.elapsed() > self.patience(*done - from) {
                return Err(Error::no_answer(
                    self.shown(Some(key)),
                    begun.elapsed().as_secs(),
                ));
            }
            self.way.progress.advance(&what, *done, total);
        }
        Ok(())
    }
}
