//! Fuzz targets for the wire: arbitrary answers of a server.

use super::deadline::Deadline;
use super::{
    Ask, Endpoint, FetchConnection, Link, PushConnection, RefUpdate, Service, Verdict, Wire,
    pkt_line,
};
use crate::cancel::Cancel;
use crate::environment::Environment;
use crate::git::fuzzing::scratch;
use crate::git::id::{ObjectFormat, ObjectId, RefName};
use crate::git::intake::Place;
use crate::git::limits::TransferLimits;
use crate::git::objects::Objects;
use crate::progress::Silent;
use pkt_line::Packet;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

/// The longest frame of the format, with its four digits, in bytes (gitprotocol-common).
const LONGEST: usize = 65_520;

/// A server that sends a fixed answer in pieces and ignores what it receives.
struct Server {
    says: io::Cursor<Vec<u8>>,
    piece: usize,
    largest: usize,
}

impl Server {
    fn new(says: &[u8], piece: usize) -> Self {
        Server {
            says: io::Cursor::new(says.to_vec()),
            piece: piece.max(1),
            largest: 0,
        }
    }
}

impl Read for Server {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.largest = self.largest.max(to.len());
        let most = to.len().min(self.piece);
        self.says.read(&mut to[..most])
    }
}

impl Link for Server {
    fn send(&mut self, body: &mut dyn Read, _length: Option<u64>) -> io::Result<()> {
        io::copy(body, &mut io::sink()).map(drop)
    }

    fn finish_sending(&mut self) {}

    fn complaint(&mut self) -> String {
        String::new()
    }
}

/// A connection to a server that sends `says`; over HTTP, or through git's own daemon.
fn wire(says: &[u8], http: bool) -> Option<Wire> {
    let url = match http {
        true => "https://h/x",
        false => "git://h/x",
    };
    Some(Wire {
        link: Box::new(Server::new(says, 4096)),
        endpoint: Endpoint::parse(url, Path::new("/")).ok()?,
        timeout: Duration::from_secs(1),
        limits: TransferLimits::default(),
        cancel: Cancel::new(),
        environment: Environment::of_process(),
        deadline: Deadline::start(Duration::from_secs(1), 10, &TransferLimits::default()),
        ours: None,
    })
}

/// The frames of a stream, up to the first invalid one.
fn frames(bytes: &[u8]) -> Vec<Packet> {
    let mut from = bytes;
    let mut found = Vec::new();
    while let Ok(Some(packet)) = pkt_line::read(&mut from) {
        found.push(packet);
    }
    found
}

fn framed(packets: &[Packet]) -> Vec<u8> {
    let mut out = Vec::new();
    for packet in packets {
        match packet {
            Packet::Data(data) => {
                let fits = pkt_line::write(&mut out, data);
                assert!(fits.is_ok(), "a frame that was read cannot be written");
            }
            Packet::Flush => pkt_line::flush(&mut out),
            Packet::Delimiter => pkt_line::delimiter(&mut out),
            Packet::End => out.extend_from_slice(b"0002"),
        }
    }
    out
}

/// The first byte is the size of each piece. No frame is longer than the format allows, and
/// the frames that were read can be written and read again.
pub fn pkt_line(data: &[u8]) {
    let Some((&piece, bytes)) = data.split_first() else {
        return;
    };
    let mut server = Server::new(bytes, usize::from(piece));
    let mut found = Vec::new();
    while let Ok(Some(packet)) = pkt_line::read(&mut server) {
        if let Packet::Data(data) = &packet {
            assert!(data.len() <= LONGEST - 4, "a frame of {}", data.len() + 4);
            let _ = pkt_line::text(data);
        }
        found.push(packet);
    }
    assert!(server.largest <= LONGEST, "{} asked for", server.largest);
    let again = framed(&found);
    assert_eq!(frames(&again), found);
    // It may differ from the input only in the case of the hexadecimal digits.
    let same = bytes.get(..again.len()).unwrap_or_default();
    assert!(again.eq_ignore_ascii_case(same));
}

/// The first byte chooses the kind of connection. Each ref of an advertisement is found
/// again.
pub fn advertisement(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    let Some(wire) = wire(bytes, how & 1 == 1) else {
        return;
    };
    let Ok(connection) = PushConnection::greeted(wire) else {
        return;
    };
    let said = &connection.advertisement;
    let all: Vec<(String, ObjectId)> = said.under("").map(|(n, i)| (n.to_owned(), i)).collect();
    assert_eq!(said.is_empty(), all.is_empty());
    for (name, _) in all.iter().take(50) {
        let first = all.iter().find(|(n, _)| n == name).map(|(_, id)| *id);
        assert_eq!(said.tip(name), first, "{name}");
        if let Some(short) = name.strip_prefix("refs/heads/") {
            assert_eq!(said.branch(short), first);
        }
    }
    for prefix in ["refs/heads/", "refs/aidf/", "refs/heads/b"] {
        let below: Vec<&str> = said.under(prefix).map(|(n, _)| n).collect();
        let want: Vec<&str> = all
            .iter()
            .map(|(n, _)| n.as_str())
            .filter(|n| n.starts_with(prefix))
            .collect();
        assert_eq!(below, want, "below {prefix}");
    }
    let _ = said.takes_push_options();
}

/// The first byte chooses the server's capabilities; the rest is its report. No ref counts
/// as moved unless the report says so.
pub fn push_report(data: &[u8]) {
    let Some((&can, report)) = data.split_first() else {
        return;
    };
    let mut capabilities = "report-status delete-refs atomic push-options".to_owned();
    let banded = can & 1 == 1;
    if banded {
        capabilities.push_str(" side-band-64k");
    }
    let id = "1".repeat(40);
    let mut says = Vec::new();
    let line = format!("{id} refs/heads/a\0{capabilities}\n");
    let _ = pkt_line::write(&mut says, line.as_bytes());
    pkt_line::flush(&mut says);
    says.extend_from_slice(report);
    let Some(connection) = wire(&says, false).and_then(|w| PushConnection::greeted(w).ok()) else {
        panic!("a plain advertisement was not read");
    };
    let names = ["refs/heads/a", "refs/heads/b"];
    let updates: Vec<RefUpdate> = names
        .iter()
        .take(1 + usize::from(can >> 1 & 1))
        .filter_map(|name| {
            Some(RefUpdate {
                name: RefName::new(name).ok()?,
                old: ObjectId::parse(&id).ok(),
                new: None,
            })
        })
        .collect();
    let Ok(outcome) = connection.push(&updates, None, &["x=y".to_owned()]) else {
        return;
    };
    assert_eq!(outcome.verdicts.len(), updates.len());
    assert!(outcome.messages.len() <= 1000);
    assert!(outcome.messages.iter().all(|m| m.len() <= 3 * 8192));
    let mut said = Vec::new();
    for packet in frames(report) {
        match packet {
            Packet::Data(data) if banded && data.first() == Some(&1) => {
                said.extend_from_slice(&data[1..]);
            }
            Packet::Data(data) if !banded => drop(pkt_line::write(&mut said, &data)),
            _ => {}
        }
    }
    let lines: Vec<String> = frames(&said)
        .iter()
        .filter_map(|p| match p {
            Packet::Data(data) => Some(pkt_line::text(data)),
            _ => None,
        })
        .collect();
    assert!(lines.iter().any(|l| l == "unpack ok"), "{lines:?}");
    for (update, verdict) in updates.iter().zip(&outcome.verdicts) {
        let ok = format!("ok {}", update.name);
        let moved = *verdict == Verdict::Moved;
        assert!(!moved || lines.contains(&ok), "{lines:?} moved {ok}");
    }
}

/// A whole fetch: greeting, refs and objects.
pub fn fetch(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    let Some(wire) = wire(bytes, how & 1 == 1) else {
        return;
    };
    let Ok(mut connection) = FetchConnection::greeted(wire) else {
        return;
    };
    let prefixes = ["refs/heads/", "refs/aidf/"];
    let Ok(refs) = connection.refs(&prefixes) else {
        return;
    };
    for found in &refs {
        let wanted = found.name == "HEAD" || prefixes.iter().any(|p| found.name.starts_with(p));
        assert!(wanted, "{} was not asked for", found.name);
    }
    let wants: Vec<ObjectId> = refs.iter().map(|r| r.id).take(2).collect();
    let theirs = connection.format();
    assert!(refs.iter().all(|r| r.id.format() == theirs));
    // Now and then into a repository of the other format.
    let ours = match how & 8 {
        0 => theirs,
        _ => ObjectFormat::Sha1,
    };
    scratch(ours, |repo| {
        let Ok(odb) = Objects::of(repo) else { return };
        let ask = Ask {
            wants: &wants,
            depth: (how & 4 == 4).then_some(1),
            filter: (how & 2 == 2).then_some("tree:0"),
            ..Ask::default()
        };
        let place = Place::of(repo, &odb);
        let Ok(left_out) = connection.fetch(place, &ask, &Silent, &mut |_| Ok(())) else {
            return;
        };
        assert_eq!(ours, theirs);
        for want in wants.iter().filter(|want| !left_out.contains(want)) {
            assert!(odb.has(*want), "{want}");
        }
    });
}

/// The first line is the old address, the second the new one. No redirect leads out of
/// https, or to another host with a login.
pub fn redirect(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let from = match data.len() % 2 {
        0 => "https://me:pass-word@h.example/o/r",
        _ => "http://127.0.0.1:8080/o/r",
    };
    let Ok(Endpoint::Http(from)) = Endpoint::parse(from, Path::new("/")) else {
        panic!("a plain address was not read");
    };
    for place in [
        text.to_owned(),
        format!("{text}/info/refs?service=git-upload-pack"),
    ] {
        let Ok(next) = super::http::redirect_target(&from, &place, Service::UploadPack) else {
            continue;
        };
        let told = next.plain();
        assert!(
            told.starts_with("https://") || from.scheme() == "http",
            "{told}"
        );
        assert!(!told.chars().any(char::is_control), "{told:?}");
        let same = next.is_same_server(&from);
        let login = format!("{:?} {:?}", next.user(), next.password());
        assert!(
            same || !login.contains("pass-word"),
            "{told} gets the login of another"
        );
        for part in [next.user(), next.password()].into_iter().flatten() {
            assert!(!part.chars().any(char::is_control), "{part:?}");
        }
        // The HTTP client must read the same host from the address.
        let read: Result<ureq::http::Uri, _> = told.parse();
        if let Ok(read) = read {
            let host = read.host().unwrap_or_default();
            assert_eq!(host.to_ascii_lowercase(), next.host(), "{told}");
            let usual = if next.is_secure() { 443 } else { 80 };
            let port = read.port_u16().unwrap_or(usual);
            assert_eq!(port, next.effective_port(), "{told}");
        }
    }
}
