//! The server's report of a push (gitprotocol-pack, "Report Status"), and what its hooks
//! print meanwhile. A report is believed only if it says exactly one thing about each ref.

use super::pkt_line::{self, Packet};
use crate::error::{Error, Kind, Result};
use crate::git::id::{CommitId, RefName};

/// The update of one ref: from the tip that was seen to a new tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    /// The ref.
    pub name: RefName,
    /// The tip that it must have now; `None`: it must not exist.
    pub old: Option<CommitId>,
    /// The new tip; `None`: delete the ref.
    pub new: Option<CommitId>,
}

/// What the server said of one ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The ref moved.
    Moved,
    /// The ref did not move; the reason in the server's words.
    Refused(String),
}

/// The server's report.
#[derive(Debug)]
pub struct PushOutcome {
    /// One verdict for each update, in the same order.
    pub verdicts: Vec<Verdict>,
    /// What the server's hooks printed.
    pub messages: Vec<String>,
}

/// The largest report without any refs, in bytes.
const MAX_HEAD: u64 = 1 << 20;
/// How many bytes each ref adds to that.
const MAX_PER_REF: u64 = 8 << 10;
/// The longest line that is kept of a hook's output, in bytes.
const MAX_LINE: usize = 8192;
/// The most lines that are kept of the hooks' output.
const MAX_LINES: usize = 1000;

/// The lines of a report, as they arrive.
pub(super) struct Report {
    limit: u64,
    bytes: Vec<u8>,
}

impl Report {
    pub(super) fn of(updates: &[RefUpdate]) -> Self {
        Report {
            limit: MAX_HEAD + MAX_PER_REF * updates.len() as u64,
            bytes: Vec::new(),
        }
    }

    /// Adds a piece of the report; false if it is longer than any report can be.
    #[must_use]
    pub(super) fn add(&mut self, bytes: &[u8]) -> bool {
        if (self.bytes.len() + bytes.len()) as u64 > self.limit {
            return false;
        }
        self.bytes.extend_from_slice(bytes);
        true
    }

    /// Whether nothing of the report has arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether its last packet has arrived.
    pub(super) fn is_complete(&self) -> bool {
        self.bytes.ends_with(b"0000")
    }

    /// Reads `unpack …`, then `ok <ref>` or `ng <ref> <reason>` for each of `updates`.
    ///
    /// Errors: denied, if the objects were refused; unavailable, for a report that leaves
    /// out a ref or says two things about one.
    pub(super) fn read(&self, updates: &[RefUpdate], messages: Vec<String>) -> Result<PushOutcome> {
        let broken = || {
            Error::new(
                Kind::Unavailable,
                "the server's report of the push is incomplete or contradicts itself",
            )
        };
        let mut from = self.bytes.as_slice();
        let mut unpacked: Option<String> = None;
        let mut verdicts: Vec<Option<Verdict>> = vec![None; updates.len()];
        while let Some(packet) = pkt_line::read(&mut from).map_err(|e| broken().caused_by(e))? {
            let Packet::Data(data) = packet else { break };
            let line = pkt_line::text(&data);
            if let Some(result) = line.strip_prefix("unpack ") {
                if unpacked.as_deref().is_some_and(|before| before != result) {
                    return Err(broken());
                }
                unpacked = Some(result.to_owned());
                continue;
            }
            let (verdict, name) = match line.split_once(' ') {
                Some(("ok", name)) => (Verdict::Moved, name),
                Some(("ng", rest)) => {
                    let (name, reason) = rest.split_once(' ').unwrap_or((rest, "refused"));
                    let reason = pkt_line::brief(reason.as_bytes());
                    (Verdict::Refused(reason), name)
                }
                _ => continue,
            };
            if let Some(at) = updates.iter().position(|u| u.name.as_str() == name) {
                let differs = |v: &Verdict| (*v == Verdict::Moved) != (verdict == Verdict::Moved);
                if verdicts[at].as_ref().is_some_and(differs) {
                    return Err(broken());
                }
                verdicts[at] = Some(verdict);
            }
        }
        match unpacked.as_deref() {
            Some("ok") => {}
            Some(reason) => {
                let reason = pkt_line::brief(reason.as_bytes());
                let mut error = Error::new(Kind::Denied, format!("the server refused the objects: {reason}"))
                    .hint("nothing was written; a limit or check of the server refused them (such as receive.maxInputSize or receive.fsckObjects)");
                if !messages.is_empty() {
                    error = error.caused_by(anyhow::anyhow!(messages.join("\n")));
                }
                return Err(error);
            }
            None => return Err(broken()),
        }
        let verdicts = verdicts
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(broken)?;
        Ok(PushOutcome { verdicts, messages })
    }
}

/// The lines that hooks print.
#[derive(Default)]
pub(super) struct Messages {
    lines: Vec<String>,
    partial: Vec<u8>,
}

impl Messages {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        for &b in bytes {
            match b {
                b'\n' | b'\r' => self.end(),
                _ if self.partial.len() < MAX_LINE => self.partial.push(b),
                _ => {}
            }
        }
    }

    /// All lines.
    pub(super) fn finish(mut self) -> Vec<String> {
        self.end();
        self.lines
    }

    fn end(&mut self) {
        let line = String::from_utf8_lossy(&self.partial).trim_end().to_owned();
        self.partial.clear();
        // A hook can only make us keep a limited number of lines.
        if !line.is_empty() && self.lines.len() < MAX_LINES {
            self.lines.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::id::{ObjectId, RefName};

    fn read(lines: &[&str]) -> Result<PushOutcome> {
        let update = RefUpdate {
            name: RefName::branch("a").unwrap(),
            old: None,
            new: Some(ObjectId::parse(&format!("{:040x}", 1)).unwrap()),
        };
        let mut buf = Vec::new();
        for line in lines {
            pkt_line::write(&mut buf, line.as_bytes()).unwrap();
        }
        pkt_line::flush(&mut buf);
        let updates = std::slice::from_ref(&update);
        let mut report = Report::of(updates);
        assert!(report.add(&buf));
        report.read(updates, Vec::new())
    }

    #[test]
    fn a_report_without_a_verdict_for_each_ref_is_no_report() {
        let verdict = |lines: &[&str]| read(lines).unwrap().verdicts;
        assert_eq!(
            verdict(&["unpack ok\n", "ok refs/heads/a\n"]),
            [Verdict::Moved]
        );
        assert_eq!(
            verdict(&["unpack ok\n", "ng refs/heads/a hook declined\n"]),
            [Verdict::Refused("hook declined".into())]
        );
        assert!(read(&["unpack ok\n"]).is_err());
        assert!(read(&["unpack ok\n", "ok refs/heads/b\n"]).is_err());
        assert!(read(&["unpack ok\n", "ok refs/heads/A\n"]).is_err());
        assert!(read(&["ok refs/heads/a\n"]).is_err());
        assert_eq!(
            read(&["unpack index-pack failed\n", "ok refs/heads/a\n"])
                .unwrap_err()
                .kind(),
            Kind::Denied
        );
    }

    #[test]
    fn a_report_that_says_two_things_of_one_ref_is_no_report() {
        for lines in [
            ["unpack ok\n", "ng refs/heads/a no\n", "ok refs/heads/a\n"],
            ["unpack ok\n", "ok refs/heads/a\n", "ng refs/heads/a no\n"],
            ["unpack no\n", "ok refs/heads/a\n", "unpack ok\n"],
        ] {
            assert_eq!(
                read(&lines).unwrap_err().kind(),
                Kind::Unavailable,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_report_has_a_longest_length() {
        let mut report = Report::of(&[]);
        let piece = vec![b'x'; 64 << 10];
        let taken = (0..1000).take_while(|_| report.add(&piece)).count();
        assert_eq!(taken, 16);
    }
}
