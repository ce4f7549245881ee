//! Reads from a remote. If the server supports protocol version 2 (gitprotocol-v2), it
//! lists only the refs that were asked for; otherwise version 0 is used.

use super::advertisement::{Advertisement, Budget, OUR_AGENT, read_greeting, split, usable};
use super::pkt_line::{self, Packet};
use super::{Ahead, Endpoint, Heard, LinkSettings, Service, Wire};
use crate::error::{Error, Kind, OrFail, Result};
use crate::git::id::{ObjectId, is_ref_name};
use crate::git::intake::Intake;
use crate::progress::Progress;

/// The most bytes that a server may send besides the pack.
const MAX_TALK: u64 = 64 << 20;

/// A ref as the remote lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRef {
    /// Full name, or `HEAD`.
    pub name: String,
    /// Its tip.
    pub id: ObjectId,
    /// The ref that `HEAD` points at.
    pub target: Option<String>,
}

/// A connection for reading.
pub struct FetchConnection {
    wire: Wire,
    speaks: Speaks,
}

enum Speaks {
    /// With what the server offers, and no ref.
    Version2(Advertisement),
    Version0 {
        refs: Advertisement,
        head: Option<String>,
    },
}

/// How the pack of version 0 comes: in bands, the widest first, or as it is.
const BANDS: [&str; 2] = ["side-band-64k", "side-band"];

impl FetchConnection {
    /// Connects and reads the greeting.
    ///
    /// Errors: not_found, auth, unavailable.
    pub(crate) fn open(endpoint: &Endpoint, settings: &LinkSettings) -> Result<FetchConnection> {
        FetchConnection::greeted(Wire::connect(
            endpoint,
            Service::UploadPack,
            true,
            settings,
        )?)
    }

    /// Reads the greeting of a server after connecting.
    pub(super) fn greeted(mut wire: Wire) -> Result<FetchConnection> {
        let greeting = read_greeting(&mut wire, Service::UploadPack, true)?;
        wire.settle();
        let speaks = if greeting.version2 {
            Speaks::Version2(greeting.refs)
        } else {
            let refs = greeting.refs;
            let head = refs.capability("symref=HEAD:").and_then(target);
            Speaks::Version0 { refs, head }
        };
        Ok(FetchConnection { wire, speaks })
    }

    /// What was heard of the server when the connection was opened.
    pub fn heard(&self) -> Heard {
        self.wire.link.heard()
    }

    /// The refs whose full names start with one of `prefixes`, and `HEAD`.
    pub fn refs(&mut self, prefixes: &[&str]) -> Result<Vec<RemoteRef>> {
        let wanted = |name: &str| name == "HEAD" || prefixes.iter().any(|p| name.starts_with(p));
        let server = match &self.speaks {
            Speaks::Version2(server) => server,
            Speaks::Version0 { refs, head } => {
                return Ok(refs
                    .under("")
                    .filter(|(name, _)| wanted(name))
                    .map(|(name, id)| RemoteRef {
                        name: name.to_owned(),
                        id,
                        target: head.clone().filter(|_| name == "HEAD"),
                    })
                    .collect());
            }
        };
        let mut request = command("ls-refs", server)?;
        pkt_line::write(&mut request, b"symrefs\n")?;
        pkt_line::write(&mut request, b"ref-prefix HEAD\n")?;
        for prefix in prefixes {
            pkt_line::write(&mut request, format!("ref-prefix {prefix}\n").as_bytes())?;
        }
        pkt_line::flush(&mut request);
        self.wire.send(&request)?;
        let wire = &mut self.wire;
        let mut budget = Budget::new();
        let mut found: Vec<RemoteRef> = Vec::new();
        let mut in_order = true;
        loop {
            let packet = match wire.next()? {
                Some(packet) => packet,
                None => return Err(wire.cut_off()),
            };
            budget.packet(wire, &packet)?;
            let Packet::Data(data) = packet else { break };
            let line = data.strip_suffix(b"\n").unwrap_or(&data);
            if let Some(said) = line.strip_prefix(b"ERR ") {
                return Err(wire.said_error(said));
            }
            // An unborn HEAD is listed with a word in place of an id.
            if line.starts_with(b"unborn ") {
                continue;
            }
            budget.one(wire)?;
            let mut words = line.splitn(3, |&b| b == b' ');
            let entry = [words.next(), words.next()].map(Option::unwrap_or_default);
            let Some((id, name)) = split(&entry.join(&b' ')).map(|(id, name)| (id, name.to_vec()))
            else {
                return Err(wire.malformed("a malformed line in its list of refs"));
            };
            let Some(name) = usable(&name, id).filter(|n| wanted(n)) else {
                continue;
            };
            let attributes = String::from_utf8_lossy(words.next().unwrap_or_default());
            let target = attributes
                .split(' ')
                .find_map(|w| w.strip_prefix("symref-target:"))
                .and_then(target);
            in_order &= found.last().is_none_or(|last| last.name.as_str() < name);
            found.push(RemoteRef {
                name: name.to_owned(),
                id,
                target,
            });
        }
        if !in_order {
            let mut names: Vec<&str> = found.iter().map(|r| r.name.as_str()).collect();
            names.sort_unstable();
            if names.windows(2).any(|w| w[0] == w[1]) {
                return Err(wire.malformed("a list of refs that names a ref twice"));
            }
        }
        Ok(found)
    }

    /// Fetches `wants` into `repo`, with everything that they reach and `haves` do not.
    ///
    /// Errors: not_found, if the server does not have them; unavailable.
    pub(crate) fn fetch(
        self,
        repo: &git2::Repository,
        wants: &[ObjectId],
        haves: &[ObjectId],
        progress: &dyn Progress,
    ) -> Result<()> {
        self.fetch_to(false, repo, wants, haves, progress)
    }

    /// The same; with `alone` a server of version 2 sends the commits without their history.
    ///
    /// Errors: those of [`FetchConnection::fetch`].
    pub(crate) fn fetch_to(
        mut self,
        alone: bool,
        repo: &git2::Repository,
        wants: &[ObjectId],
        haves: &[ObjectId],
        progress: &dyn Progress,
    ) -> Result<()> {
        let shallow = crate::git::store::shallow_roots(repo);
        let mut request = Vec::new();
        let line = |request: &mut Vec<u8>, text: String| pkt_line::write(request, text.as_bytes());
        let (server, version2) = match &self.speaks {
            Speaks::Version2(server) => (server, true),
            Speaks::Version0 { refs, .. } => (refs, false),
        };
        let mut capabilities = Vec::new();
        let mut raw = false;
        if !version2 {
            let band = BANDS.into_iter().find(|band| server.can(band));
            raw = band.is_none();
            capabilities.extend(band);
            let usual = ["thin-pack", "ofs-delta", "no-progress", OUR_AGENT];
            capabilities.extend(server.offered(&usual));
        } else {
            request = command("fetch", server)?;
            for option in ["thin-pack\n", "ofs-delta\n", "no-progress\n"] {
                pkt_line::write(&mut request, option.as_bytes())?;
            }
        }
        for (at, want) in wants.iter().enumerate() {
            let asked: String = match at {
                0 => capabilities.iter().map(|c| format!(" {c}")).collect(),
                _ => String::new(),
            };
            line(&mut request, format!("want {want}{asked}\n"))?;
        }
        for root in shallow {
            line(&mut request, format!("shallow {root}\n"))?;
        }
        if !version2 {
            pkt_line::flush(&mut request);
        } else if alone && server.offers("fetch=", "shallow") {
            line(&mut request, "deepen 1\n".to_owned())?;
        }
        for have in haves {
            line(&mut request, format!("have {have}\n"))?;
        }
        line(&mut request, "done\n".to_owned())?;
        if version2 {
            pkt_line::flush(&mut request);
        }
        self.wire.send(&request)?;
        let odb = repo
            .odb()
            .or_fail(Kind::Internal, || "the object store cannot be opened")?;
        match raw {
            true => self.receive_raw(repo, &odb, progress)?,
            false => self.receive(repo, &odb, version2, progress)?,
        }
        self.wire.link.finish_sending();
        odb.refresh()
            .or_fail(Kind::Internal, || "the object store cannot be read again")?;
        for want in wants {
            if !odb.exists(want.0) {
                return Err(Error::new(
                    Kind::Integrity,
                    format!("{} did not send commit {want}", self.wire.endpoint),
                ));
            }
        }
        Ok(())
    }

    /// The error for a transfer that ended early. If the server said why, the server has
    /// trouble with its objects.
    fn broken_off(&mut self) -> Error {
        let said = self.wire.link.complaint();
        if said.contains("fatal:") || said.contains("error:") {
            return Error::new(Kind::Integrity, "the server cannot read its own objects")
                .caused_by(anyhow::anyhow!(pkt_line::brief(said.as_bytes())));
        }
        self.wire.cut_off()
    }

    /// Receives a pack that comes in no band, and so ends with the stream.
    fn receive_raw(
        &mut self,
        repo: &git2::Repository,
        odb: &git2::Odb<'_>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut intake = Intake::new(repo, odb, self.wire.limits, &self.wire.environment)?;
        let (mut bytes, mut talk) = (0u64, 0u64);
        let start = loop {
            let packet = match self.wire.next_or(*b"PACK")? {
                Some(Ahead::Packet(packet)) => packet,
                Some(Ahead::Other(head)) => break head,
                None => return Err(self.broken_off()),
            };
            talk += packet.length();
            if talk > MAX_TALK {
                let limit = crate::git::limits::shown(MAX_TALK);
                return Err(self.wire.too_much("its output before the pack", &limit, ""));
            }
            if let Packet::Data(data) = &packet
                && let Some(said) = data.strip_prefix(b"ERR ")
            {
                return Err(refused(&self.wire, said));
            }
        };
        intake.add(&start)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            self.wire.cancel.check()?;
            match self.wire.read(&mut buffer)? {
                0 => break,
                n => {
                    intake.add(&buffer[..n])?;
                    bytes += n as u64;
                    self.wire.deadline.useful(n as u64);
                    progress.advance("bytes received", bytes, 0);
                }
            }
        }
        if !intake.is_complete() {
            return Err(self.broken_off());
        }
        intake.finish(self.wire.deadline.left())
    }

    fn receive(
        &mut self,
        repo: &git2::Repository,
        odb: &git2::Odb<'_>,
        version2: bool,
        progress: &dyn Progress,
    ) -> Result<()> {
        let mut intake = Intake::new(repo, odb, self.wire.limits, &self.wire.environment)?;
        let mut in_pack = !version2;
        let (mut bytes, mut talk) = (0u64, 0u64);
        loop {
            self.wire.cancel.check()?;
            let wire = &mut self.wire;
            let packet = match wire.next()? {
                Some(packet) => packet,
                None => return Err(self.broken_off()),
            };
            let length = packet.length();
            let data = match packet {
                Packet::Data(data) => data,
                Packet::Flush | Packet::End => break,
                Packet::Delimiter => Vec::new(),
            };
            if let (true, Some((1, rest))) = (in_pack, data.split_first()) {
                intake.add(rest)?;
                bytes += rest.len() as u64;
                wire.deadline.useful(rest.len() as u64);
                progress.advance("bytes received", bytes, 0);
                continue;
            }
            // Everything else is overhead: progress, acknowledgements, sections that nobody
            // asked for.
            talk += length;
            if talk > MAX_TALK {
                let limit = crate::git::limits::shown(MAX_TALK);
                return Err(wire.too_much("its output besides the pack", &limit, ""));
            }
            if let Some(said) = data.strip_prefix(b"ERR ") {
                return Err(refused(wire, said));
            }
            if !in_pack {
                in_pack = data == b"packfile\n";
                continue;
            }
            // The only other lines here are ACK and NAK of version 0, and band 2.
            if let Some((3, rest)) = data.split_first() {
                return Err(
                    Error::new(Kind::Integrity, "the server cannot read its own objects")
                        .caused_by(anyhow::anyhow!(pkt_line::brief(rest))),
                );
            }
        }
        if !intake.is_complete() {
            return Err(self.broken_off());
        }
        intake.finish(self.wire.deadline.left())
    }
}

/// The error of a server that said why it sends no pack.
fn refused(wire: &Wire, said: &[u8]) -> Error {
    Error::new(
        Kind::NotFound,
        format!("{} refuses to send these commits", wire.endpoint),
    )
    .caused_by(anyhow::anyhow!(pkt_line::brief(said)))
}

/// The target of a symbolic ref, if it may be the name of a ref.
fn target(name: &str) -> Option<String> {
    is_ref_name(name).then(|| name.to_owned())
}

fn command(name: &str, server: &Advertisement) -> Result<Vec<u8>> {
    let mut request = Vec::new();
    pkt_line::write(&mut request, format!("command={name}\n").as_bytes())?;
    for capability in server.offered(&[OUR_AGENT, "object-format=sha1"]) {
        pkt_line::write(&mut request, format!("{capability}\n").as_bytes())?;
    }
    pkt_line::delimiter(&mut request);
    Ok(request)
}
