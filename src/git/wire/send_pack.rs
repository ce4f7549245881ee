//! Pushing (gitprotocol-pack, "Pushing Data To a Server"): the advertisement gives
//! every ref's tip, the commands name the old tips, the server's report is believed
//! and nothing else.

use super::pkt_line::{self, Packet};
use super::{Endpoint, LinkSettings, Service, Wire};
use crate::error::{Error, Kind, Result};
use crate::git::id::{CommitId, ObjectId, RefName};
use crate::git::pack::Pack;
use std::io::Read;
use std::time::{Duration, Instant};

/// Every ref of a remote and what its server can do, as it said at one moment.
#[derive(Default)]
pub struct Advertisement {
    /// Names one after the other; 100,000 refs cost some megabytes and no more.
    names: String,
    refs: Vec<(u32, u32, ObjectId)>,
    sorted: bool,
    capabilities: Vec<String>,
}

impl Advertisement {
    fn push(&mut self, name: &str, id: ObjectId) {
        let start = self.names.len() as u32;
        if let Some(&(s, e, _)) = self.refs.last() {
            self.sorted &= &self.names[s as usize..e as usize] < name;
        }
        self.names.push_str(name);
        self.refs.push((start, self.names.len() as u32, id));
    }

    fn name_at(&self, at: usize) -> &str {
        let (start, end, _) = self.refs[at];
        &self.names[start as usize..end as usize]
    }

    /// The tip of a ref, by its full name.
    pub fn tip(&self, name: &str) -> Option<CommitId> {
        if self.sorted {
            let at = self
                .refs
                .binary_search_by(|&(s, e, _)| self.names[s as usize..e as usize].cmp(name))
                .ok()?;
            return Some(self.refs[at].2);
        }
        (0..self.refs.len())
            .find(|&at| self.name_at(at) == name)
            .map(|at| self.refs[at].2)
    }

    /// The tip of a branch, by its short name.
    pub fn branch(&self, name: &str) -> Option<CommitId> {
        self.tip(&format!("refs/heads/{name}"))
    }

    /// Every ref whose full name starts with `prefix`, in the server's order.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, CommitId)> {
        // The sorted run is contiguous; an unsorted answer is searched whole.
        let before =
            |&(s, e, _): &(u32, u32, ObjectId)| &self.names[s as usize..e as usize] < prefix;
        let start = if self.sorted {
            self.refs.partition_point(before)
        } else {
            0
        };
        (start..self.refs.len())
            .take_while(move |&at| !self.sorted || self.name_at(at).starts_with(prefix))
            .filter(move |&at| self.name_at(at).starts_with(prefix))
            .map(|at| (self.name_at(at), self.refs[at].2))
    }

    pub(super) fn empty() -> Self {
        Advertisement {
            sorted: true,
            ..Advertisement::default()
        }
    }

    /// What follows `prefix` in the capability that starts with it.
    pub(super) fn capability(&self, prefix: &str) -> Option<&str> {
        self.capabilities
            .iter()
            .find_map(|c| c.strip_prefix(prefix))
    }

    /// True when there is no ref at all.
    pub fn is_empty(&self) -> bool {
        self.refs.is_empty()
    }

    fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c == capability)
    }

    /// Whether several refs may move together or not at all.
    pub fn is_atomic(&self) -> bool {
        self.can("atomic")
    }

    /// Whether push options reach the server's hooks.
    pub fn takes_push_options(&self) -> bool {
        self.can("push-options")
    }
}

/// One ref's move: from the tip that was seen to a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    /// The ref.
    pub name: RefName,
    /// The tip it must have; `None`: it must not exist.
    pub old: Option<CommitId>,
    /// The new tip; `None`: delete it.
    pub new: Option<CommitId>,
}

/// What the server said of one ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It moved.
    Moved,
    /// It did not, and why, in the server's words.
    Refused(String),
}

/// The server's report.
#[derive(Debug)]
pub struct PushOutcome {
    /// One verdict for each update, in their order.
    pub verdicts: Vec<Verdict>,
    /// What the server's hooks printed.
    pub messages: Vec<String>,
}

/// Why a push has no report.
#[derive(Debug)]
pub enum PushFailure {
    /// Nothing was sent, nothing has moved.
    NotSent(Error),
    /// The commands may have reached the server: the refs must be looked at.
    NoAnswer(Error),
}

/// A connection that has been told every ref, and may push once.
pub struct PushConnection {
    wire: Wire,
    /// What the server said when it was connected to.
    pub advertisement: Advertisement,
}

impl PushConnection {
    /// Connects and reads the advertisement.
    ///
    /// Errors: not_found, auth, unavailable.
    pub(crate) fn open(endpoint: &Endpoint, settings: &LinkSettings) -> Result<PushConnection> {
        let mut wire = Wire::connect(endpoint, Service::ReceivePack, false, settings)?;
        let advertisement = read_advertisement(&mut wire, Service::ReceivePack)?;
        wire.settle();
        Ok(PushConnection {
            wire,
            advertisement,
        })
    }

    /// Leaves without pushing, as the protocol wants it.
    pub fn close(mut self) {
        if !self.wire.is_http() {
            let _ = self.wire.send(b"0000");
        }
        self.wire.link.finish_sending();
    }

    /// Pushes `updates`, all or none when there are several, with `pack` (none when
    /// only refs are deleted) and `options` for the server's hooks.
    pub(crate) fn push(
        mut self,
        updates: &[RefUpdate],
        pack: Option<Pack>,
        options: &[String],
    ) -> std::result::Result<PushOutcome, PushFailure> {
        let request = self
            .request(updates, options)
            .map_err(PushFailure::NotSent)?;
        let length = request.len() as u64 + pack.as_ref().map_or(0, |p| p.length);
        let sent = match pack {
            Some(pack) => self
                .wire
                .send_from(&mut request.as_slice().chain(pack.file), length),
            None => self.wire.send(&request),
        };
        self.wire.link.finish_sending();
        sent.and_then(|()| self.read_report(updates))
            .map_err(PushFailure::NoAnswer)
    }

    fn request(&self, updates: &[RefUpdate], options: &[String]) -> Result<Vec<u8>> {
        let server = &self.advertisement;
        let lacking = |what: &str| {
            Error::new(
                Kind::Unavailable,
                format!("the server does not offer `{what}`, which this push needs"),
            )
            .retryable(false)
            .hint("nothing was sent; ask for a git server of version 2.11 or later")
        };
        if !server.can("report-status") {
            return Err(lacking("report-status"));
        }
        if updates.iter().any(|u| u.new.is_none()) && !server.can("delete-refs") {
            return Err(lacking("delete-refs"));
        }
        let mut wanted = vec![
            "report-status",
            "object-format=sha1",
            concat!("agent=aidf/", env!("CARGO_PKG_VERSION")),
        ];
        wanted.retain(|w| w.starts_with("agent") || server.can(w));
        if server.can("side-band-64k") {
            wanted.push("side-band-64k");
        }
        // Of several refs, all or none: half a push is never made up for by hope.
        if updates.len() > 1 {
            if !server.can("atomic") {
                return Err(lacking("atomic"));
            }
            wanted.push("atomic");
        }
        if !options.is_empty() {
            if !server.can("push-options") {
                return Err(lacking("push-options")
                    .hint("on the server: git config receive.advertisePushOptions true"));
            }
            wanted.push("push-options");
        }
        let zero = "0".repeat(40);
        let hex = |id: &Option<CommitId>| id.map_or(zero.clone(), |i| i.to_string());
        let mut request = Vec::new();
        for (at, update) in updates.iter().enumerate() {
            let mut line = format!("{} {} {}", hex(&update.old), hex(&update.new), update.name);
            if at == 0 {
                line.push('\0');
                line.push_str(&wanted.join(" "));
            }
            pkt_line::write(&mut request, line.as_bytes());
        }
        pkt_line::flush(&mut request);
        if !options.is_empty() {
            for option in options {
                if option.len() > pkt_line::MAX_DATA || option.contains(['\n', '\0']) {
                    return Err(Error::new(
                        Kind::Usage,
                        "a push option is too long or holds a newline",
                    ));
                }
                pkt_line::write(&mut request, option.as_bytes());
            }
            pkt_line::flush(&mut request);
        }
        Ok(request)
    }

    fn read_report(&mut self, updates: &[RefUpdate]) -> Result<PushOutcome> {
        let mut messages = Messages {
            lines: Vec::new(),
            partial: Vec::new(),
        };
        let mut report = Vec::new();
        // A server keeps a slow hook's line alive; that too has an end.
        let until = Instant::now() + self.wire.timeout.max(Duration::from_secs(1)) * 20;
        if self.advertisement.can("side-band-64k") {
            loop {
                let packet = match self.wire.next() {
                    // The verdict is known; only a post-receive hook's words are missing.
                    Err(_) if report.ends_with(b"0000") => break,
                    other => other?,
                };
                match packet {
                    Some(Packet::Data(data)) => match data.split_first() {
                        Some((1, rest)) => report.extend_from_slice(rest),
                        Some((2, rest)) => messages.add(rest),
                        Some((3, rest)) => {
                            messages.end();
                            messages.lines.push(pkt_line::text(rest));
                            return Err(Error::new(Kind::Denied, "the server ended the push")
                                .caused_by(anyhow::anyhow!(messages.lines.join("\n"))));
                        }
                        _ => {}
                    },
                    Some(_) => break,
                    None if report.is_empty() => return Err(self.wire.cut_off()),
                    None => break,
                }
                if Instant::now() > until {
                    return Err(self.wire.fail(std::io::ErrorKind::TimedOut.into()));
                }
            }
        } else {
            loop {
                match self.wire.next()? {
                    Some(Packet::Data(data)) => pkt_line::write(&mut report, &data),
                    Some(_) => break,
                    None => return Err(self.wire.cut_off()),
                }
            }
        }
        messages.end();
        parse_report(&report, updates, messages.lines)
    }
}

/// Reads `unpack …`, then `ok <ref>` or `ng <ref> <reason>` for each ref.
fn parse_report(
    report: &[u8],
    updates: &[RefUpdate],
    messages: Vec<String>,
) -> Result<PushOutcome> {
    let broken = || {
        Error::new(
            Kind::Unavailable,
            "the server's report of the push is incomplete",
        )
    };
    let mut from = report;
    let mut unpacked = None;
    let mut verdicts: Vec<Option<Verdict>> = vec![None; updates.len()];
    while let Some(packet) = pkt_line::read(&mut from).map_err(|e| broken().caused_by(e))? {
        let Packet::Data(data) = packet else { break };
        let line = pkt_line::text(&data);
        if let Some(result) = line.strip_prefix("unpack ") {
            unpacked = Some(result.to_owned());
            continue;
        }
        let (verdict, rest) = match line.split_once(' ') {
            Some(("ok", name)) => (Verdict::Moved, name.to_owned()),
            Some(("ng", rest)) => {
                let (name, reason) = rest.split_once(' ').unwrap_or((rest, "refused"));
                (Verdict::Refused(reason.to_owned()), name.to_owned())
            }
            _ => continue,
        };
        if let Some(at) = updates.iter().position(|u| u.name.as_str() == rest) {
            verdicts[at] = Some(verdict);
        }
    }
    match unpacked.as_deref() {
        Some("ok") => {}
        Some(reason) => {
            let mut error = Error::new(Kind::Denied, format!("the server refused the objects: {reason}"))
                .hint("nothing was written; the server's limits or checks (receive.maxInputSize, receive.fsckObjects) say no");
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

struct Messages {
    lines: Vec<String>,
    partial: Vec<u8>,
}

impl Messages {
    fn add(&mut self, bytes: &[u8]) {
        for &b in bytes {
            match b {
                b'\n' | b'\r' => self.end(),
                _ if self.partial.len() < 8192 => self.partial.push(b),
                _ => {}
            }
        }
    }

    fn end(&mut self) {
        let line = String::from_utf8_lossy(&self.partial).trim_end().to_owned();
        self.partial.clear();
        // What a hook may keep us remembering is bounded.
        if !line.is_empty() && self.lines.len() < 1000 {
            self.lines.push(line);
        }
    }
}

/// Reads refs and capabilities of protocol versions 0 and 1.
pub(super) fn read_advertisement(wire: &mut Wire, service: Service) -> Result<Advertisement> {
    let mut first = wire.next()?;
    if wire.is_http() {
        // gitprotocol-http: a line that names the service, then a flush.
        first = match first {
            Some(Packet::Data(d))
                if pkt_line::text(&d) == format!("# service=git-{}", service.command()) =>
            {
                match wire.next()? {
                    Some(Packet::Flush) => wire.next()?,
                    other => other,
                }
            }
            other => other,
        };
    }
    let mut found = Advertisement::empty();
    let mut packet = first;
    loop {
        match packet {
            Some(Packet::Data(data)) => advertised_line(wire, &mut found, &data)?,
            Some(Packet::Flush) => break,
            Some(_) => return Err(wire.fail(std::io::ErrorKind::InvalidData.into())),
            None => return Err(wire.cut_off()),
        }
        packet = wire.next()?;
    }
    Ok(found)
}

/// Takes one line of the advertisement. Capabilities follow the first ref after a NUL.
pub(super) fn advertised_line(
    wire: &mut Wire,
    found: &mut Advertisement,
    data: &[u8],
) -> Result<()> {
    let line = data.strip_suffix(b"\n").unwrap_or(data);
    if line.starts_with(b"version ") || line.starts_with(b"shallow ") {
        return Ok(());
    }
    if let Some(said) = line.strip_prefix(b"ERR ") {
        return Err(
            super::classify_complaint(&wire.endpoint, &pkt_line::text(said))
                .caused_by(anyhow::anyhow!(pkt_line::text(said))),
        );
    }
    let (entry, capabilities) = match line.iter().position(|&b| b == 0) {
        Some(nul) => (&line[..nul], Some(&line[nul + 1..])),
        None => (line, None),
    };
    if let Some(list) = capabilities {
        found.capabilities = String::from_utf8_lossy(list)
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect();
        if found
            .capabilities
            .iter()
            .any(|c| c.starts_with("object-format=") && c != "object-format=sha1")
        {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "{} is a SHA-256 repository, which aidf does not support yet",
                    wire.endpoint
                ),
            ));
        }
    }
    let bad = || {
        std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "a malformed line in the list of refs",
        )
    };
    let (hex, name) = match entry.iter().position(|&b| b == b' ') {
        Some(at) if at == 40 => entry.split_at(at),
        _ => return Err(wire.fail(bad())),
    };
    let id = std::str::from_utf8(hex)
        .ok()
        .and_then(|h| ObjectId::parse(h).ok())
        .ok_or_else(|| wire.fail(bad()))?;
    // A name that is not UTF-8 cannot be one of ours; `capabilities^{}` stands for no ref.
    if let Ok(name) = std::str::from_utf8(&name[1..])
        && !name.ends_with("^{}")
        && name != ".have"
    {
        found.push(name, id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> ObjectId {
        ObjectId::parse(&format!("{n:040x}")).unwrap()
    }

    fn advertisement(names: &[&str]) -> Advertisement {
        let mut a = Advertisement::empty();
        for (at, name) in names.iter().enumerate() {
            a.push(name, id(at as u8));
        }
        a
    }

    #[test]
    fn refs_are_found_in_any_order() {
        for names in [
            ["refs/heads/a", "refs/heads/b/c", "refs/tags/x"],
            ["refs/tags/x", "refs/heads/b/c", "refs/heads/a"],
        ] {
            let a = advertisement(&names);
            for (at, name) in names.iter().enumerate() {
                assert_eq!(a.tip(name), Some(id(at as u8)));
            }
            assert_eq!(a.tip("refs/heads/none"), None);
            assert_eq!(a.under("refs/heads/").count(), 2);
            assert_eq!(a.under("refs/none/").count(), 0);
        }
    }

    #[test]
    fn a_report_without_a_verdict_for_each_ref_is_no_report() {
        let update = RefUpdate {
            name: RefName::branch("a").unwrap(),
            old: None,
            new: Some(id(1)),
        };
        let lines = |lines: &[&str]| {
            let mut buf = Vec::new();
            lines
                .iter()
                .for_each(|l| pkt_line::write(&mut buf, l.as_bytes()));
            pkt_line::flush(&mut buf);
            buf
        };
        let read = |l: &[&str]| parse_report(&lines(l), std::slice::from_ref(&update), Vec::new());
        assert_eq!(
            read(&["unpack ok\n", "ok refs/heads/a\n"])
                .unwrap()
                .verdicts,
            [Verdict::Moved]
        );
        assert_eq!(
            read(&["unpack ok\n", "ng refs/heads/a hook declined\n"])
                .unwrap()
                .verdicts,
            [Verdict::Refused("hook declined".into())]
        );
        assert!(read(&["unpack ok\n"]).is_err());
        assert!(read(&["unpack ok\n", "ok refs/heads/b\n"]).is_err());
        assert!(read(&["ok refs/heads/a\n"]).is_err());
        assert_eq!(
            read(&["unpack index-pack failed\n", "ok refs/heads/a\n"])
                .unwrap_err()
                .kind(),
            Kind::Denied
        );
    }
}
