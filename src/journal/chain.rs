//! The chain of a journal's lines: each one names the line before it by its hash, and is
//! authenticated by the key that was at hand. A line that was altered, removed, put
//! elsewhere or made up shows. Pure.
//!
//! A line is one JSON object that ends in the fields `seq` (counted from 1), `prev` (the
//! SHA-256 of the whole line before it, without its newline, in hexadecimal; empty for the
//! first), and, where a key was at hand, `key_id` and `mac` (the base64url HMAC-SHA256 of
//! everything in the line before the field `mac`).

use crate::files::hex;
use crate::keys::{Key, KeyRing};
use crate::seal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const PURPOSE: &str = "aidf journal v1";
/// What stands before the authentication code of a line.
const MAC: &str = ",\"mac\":\"";

/// Where a chain ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// The number of the last line; 0 where there is none.
    pub seq: u64,
    /// The hash of the last line; empty where there is none.
    pub hash: String,
}

/// The fields that a line has besides those of its event.
#[derive(Deserialize)]
struct Link {
    seq: Option<u64>,
    prev: Option<String>,
    key_id: Option<String>,
    mac: Option<String>,
}

impl End {
    /// The end of a chain with these last lines. A line that a crash tore has no number: that
    /// is the one of the last line before it which has one.
    pub fn of<'l>(lines: impl DoubleEndedIterator<Item = &'l [u8]>) -> End {
        let mut lines = lines.rev().peekable();
        let Some(last) = lines.peek() else {
            return End::default();
        };
        let hash = hash(last);
        let number = |line| serde_json::from_slice::<Link>(line).ok()?.seq;
        let seq = lines.find_map(number).unwrap_or_default();
        End { seq, hash }
    }

    /// Makes an event, which is a JSON object, the next line; without its newline.
    pub fn append(&mut self, event: &str, key: Option<&Key>) -> String {
        self.seq += 1;
        let event = event.strip_suffix('}').unwrap_or(event);
        let comma = if event.ends_with('{') { "" } else { "," };
        let mut line = format!(
            "{event}{comma}\"seq\":{},\"prev\":\"{}\"",
            self.seq, self.hash
        );
        if let Some(key) = key {
            line.push_str(&format!(",\"key_id\":\"{}\"", key.id));
            let mac = seal::seal(key, PURPOSE, &[line.as_bytes()]);
            line.push_str(&format!("{MAC}{mac}\""));
        }
        line.push('}');
        self.hash = hash(line.as_bytes());
        line
    }
}

/// What is wrong with a line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// The line, counted from 1 through all files, the oldest first; 0 for one that is gone.
    pub line: usize,
    /// What is wrong.
    pub fault: FaultKind,
    /// One sentence.
    pub detail: String,
}

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It is no whole JSON object: a crash, or somebody, cut it.
    Torn,
    /// It does not follow the line before it: lines were removed, altered or moved there.
    Broken,
    /// Its authentication code is not that of its text.
    Forged,
    /// A checkpoint knows lines after the journal's end.
    Cut,
    /// A checkpoint knows another line of this number.
    Rewritten,
    /// It has no number, and comes after lines that have.
    Unchained,
}

/// What a check of a journal came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many lines there are.
    pub lines: usize,
    /// How many of them are older than the chain.
    pub before: usize,
    /// How many are authenticated by a key at hand.
    pub authenticated: usize,
    /// The faults, in order.
    pub faults: Vec<Fault>,
    /// Where the chain ends.
    pub end: End,
}

impl Checked {
    /// Takes the next line, without its newline.
    pub fn line(&mut self, line: &[u8], ring: &KeyRing) {
        self.lines += 1;
        let mut fault = |at, fault, detail: String| {
            self.faults.push(Fault {
                line: at,
                fault,
                detail,
            });
        };
        let link: Option<Link> = serde_json::from_slice(line).ok();
        let seq = self.end.seq;
        let here = End {
            seq,
            hash: hash(line),
        };
        let before = std::mem::replace(&mut self.end, here);
        let Some(link) = link else {
            let detail = "it is no whole JSON object".to_owned();
            return fault(self.lines, FaultKind::Torn, detail);
        };
        let (Some(seq), Some(prev)) = (link.seq, &link.prev) else {
            if before.seq > 0 {
                let detail = "it has no number, and lines before it have".to_owned();
                return fault(self.lines, FaultKind::Unchained, detail);
            }
            self.before += 1;
            return;
        };
        // The first line of all may follow files that are gone by rotation.
        let first = before.hash.is_empty();
        if !first && *prev != before.hash {
            let detail = format!("number {seq} does not follow the line before it");
            fault(self.lines, FaultKind::Broken, detail);
        } else if !first && seq != before.seq + 1 {
            let detail = format!("number {seq} comes after number {}", before.seq);
            fault(self.lines, FaultKind::Broken, detail);
        }
        self.end.seq = seq;
        let Some(key) = link.key_id.as_deref().and_then(|id| ring.get(id)) else {
            return;
        };
        let text = std::str::from_utf8(line).unwrap_or("");
        let sealed = link.mac.as_deref().and_then(|mac| {
            let rest = text.strip_suffix("\"}")?.strip_suffix(mac)?;
            Some((rest.strip_suffix(MAC)?, mac))
        });
        match sealed.is_some_and(|(text, mac)| seal::holds(key, PURPOSE, &[text], mac)) {
            true => self.authenticated += 1,
            false => {
                let detail = format!("the code of number {seq} is not that of its text");
                fault(self.lines, FaultKind::Forged, detail);
            }
        }
    }
}

/// The hash by which the next line names this one.
pub fn hash(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

/// The number of a line; none for one that has none, or is torn.
pub fn number(line: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Link>(line).ok()?.seq
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> KeyRing {
        KeyRing::of(vec![Key::new(vec![1; 32])])
    }

    fn chain(n: usize) -> Vec<String> {
        let (ring, mut end) = (ring(), End::default());
        let lines = (0..n).map(|i| end.append(&format!("{{\"n\":{i}}}"), ring.active()));
        lines.collect()
    }

    fn check(lines: &[String]) -> Checked {
        let mut checked = Checked::default();
        for line in lines {
            checked.line(line.as_bytes(), &ring());
        }
        checked
    }

    fn faults(lines: &[String]) -> Vec<(usize, FaultKind)> {
        let found = check(lines).faults.into_iter();
        found.map(|f| (f.line, f.fault)).collect()
    }

    #[test]
    fn a_chain_checks_and_goes_on_from_its_last_line() {
        let mut lines = chain(3);
        let mut end = End::of(lines.iter().map(|l| l.as_bytes()));
        assert_eq!(end.seq, 3);
        lines.push(end.append("{}", ring().active()));
        let checked = check(&lines);
        assert_eq!((checked.lines, checked.authenticated), (4, 4));
        assert_eq!((checked.faults, checked.end.seq), (vec![], 4));
        // Each line is one JSON object.
        for line in &lines {
            assert!(
                serde_json::from_str::<serde_json::Value>(line).is_ok(),
                "{line}"
            );
        }
    }

    #[test]
    fn a_line_that_was_removed_moved_altered_or_made_up_shows() {
        use FaultKind::{Broken, Forged, Torn, Unchained};
        let whole = chain(5);
        let with = |edit: &dyn Fn(&mut Vec<String>)| {
            let mut lines = whole.clone();
            edit(&mut lines);
            faults(&lines)
        };
        assert_eq!(with(&|l| drop(l.remove(2))), [(3, Broken)]);
        assert_eq!(
            with(&|l| l.swap(1, 2)),
            [(2, Broken), (3, Broken), (4, Broken)]
        );
        let altered = with(&|l| l[2] = l[2].replace("\"n\":2", "\"n\":9"));
        assert_eq!(altered, [(3, Forged), (4, Broken)]);
        assert_eq!(with(&|l| l[2].truncate(10)), [(3, Torn), (4, Broken)]);
        assert_eq!(
            with(&|l| l.insert(2, "{\"n\":7}".into())),
            [(3, Unchained), (4, Broken)]
        );
        // Without the key a liar can chain a line; those that follow do not fit it.
        let lie = |l: &mut Vec<String>| {
            let mut end = End::of(l[..2].iter().map(|l| l.as_bytes()));
            l[2] = end.append("{\"n\":9}", None);
        };
        assert_eq!(with(&lie), [(4, Broken)]);
        let renumbered = with(&|l| l[4] = l[4].replace("\"seq\":5", "\"seq\":6"));
        assert_eq!(renumbered, [(5, Broken), (5, Forged)]);
        let unsealed = with(&|l| {
            let at = l[4].find(MAC).unwrap();
            l[4] = format!("{}}}", &l[4][..at]);
        });
        assert_eq!(unsealed, [(5, Forged)]);
    }

    #[test]
    fn lines_older_than_the_chain_and_files_that_are_gone_are_no_fault() {
        let mut lines = vec!["{\"n\":0}".to_owned(), "{\"n\":1}".to_owned()];
        let mut end = End::of(lines.iter().map(|l| l.as_bytes()));
        assert_eq!(end.seq, 0);
        for _ in 0..3 {
            lines.push(end.append("{\"n\":2}", ring().active()));
        }
        let checked = check(&lines);
        assert_eq!((checked.before, checked.faults), (2, vec![]));
        // The oldest file is gone by rotation.
        assert_eq!(faults(&chain(5)[2..]), []);
        // A crash tore a line, and the next one follows what is left of it.
        let mut lines = chain(2);
        lines[1].truncate(9);
        let mut end = End::of(lines.iter().map(|l| l.as_bytes()));
        assert_eq!(end.seq, 1);
        lines.push(end.append("{}", ring().active()));
        assert_eq!(faults(&lines), [(2, FaultKind::Torn)]);
    }
}
