//! Reads from a remote. If the server supports protocol version 2 (gitprotocol-v2), it
//! lists only the refs that were asked for; otherwise version 0 is used.

use super::advertisement::{
    Advertisement, Budget, OUR_AGENT, format_capability, read_greeting, split, usable,
};
use super::pkt_line::{self, Packet};
use super::{Ahead, Endpoint, Heard, LinkSettings, Service, Wire};
use crate::error::{Error, Kind, Result};
use crate::git::id::{ObjectFormat, ObjectId, is_ref_name};
use crate::git::intake::{Intake, Place};
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

/// What is asked of a server in one exchange.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ask<'a> {
    /// The objects that are wanted, with all that they reach and `haves` do not.
    pub wants: &'a [ObjectId],
    /// Commits that are here, with all that they reach.
    pub haves: &'a [ObjectId],
    /// Those commits at which our history is cut: their parents are not here.
    pub cuts: &'a [ObjectId],
    /// How many commits deep the history is to be; none: all of it. A server that does not
    /// offer this is not asked for it, nor for the next.
    pub depth: Option<u32>,
    /// What is to be left out of what the wanted objects reach (git-rev-list(1), `--filter`).
    pub filter: Option<&'a str>,
    /// Whether deltas may be against objects that the server believes to be here.
    pub thin: bool,
}

/// What a server can leave out of what it sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Offers {
    /// Commits beyond a depth.
    pub depth: bool,
    /// What a filter says.
    pub filter: bool,
}

impl Offers {
    /// What the line `fetch=…` among the capabilities of a server says (gitprotocol-v2).
    fn of(server: &Advertisement) -> Offers {
        Offers {
            depth: server.offers("fetch=", "shallow"),
            filter: server.offers("fetch=", "filter"),
        }
    }
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

    /// What the server can leave out of what it sends.
    pub(crate) fn offers(&self) -> Offers {
        match &self.speaks {
            Speaks::Version2(server) => Offers::of(server),
            Speaks::Version0 { .. } => Offers::default(),
        }
    }

    /// How the server's repository names its objects.
    pub fn format(&self) -> ObjectFormat {
        match &self.speaks {
            Speaks::Version2(server) => server.format(),
            Speaks::Version0 { refs, .. } => refs.format(),
        }
    }

    /// Whether it answers several requests, one after the other.
    pub(crate) fn can_go_on(&self) -> bool {
        matches!(self.speaks, Speaks::Version2(_))
    }

    /// Whether each request reaches a program of its own.
    pub(in crate::git) fn is_http(&self) -> bool {
        self.wire.is_http()
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
        let format = server.format();
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
            let entry = entry.join(&b' ');
            let Some((id, name)) = split(&entry, format) else {
                return Err(wire.malformed("a malformed line in its list of refs"));
            };
            let Some(name) = usable(name, id).filter(|n| wanted(n)) else {
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
        wire.settle();
        if !in_order {
            let mut names: Vec<&str> = found.iter().map(|r| r.name.as_str()).collect();
            names.sort_unstable();
            if names.windows(2).any(|w| w[0] == w[1]) {
                return Err(wire.malformed("a list of refs that names a ref twice"));
            }
        }
        Ok(found)
    }

    /// Fetches what is asked for, to its place. `cut` is called before any of it is seen there,
    /// with the commits that come without their parents.
    ///
    /// What was not sent is answered. With a filter that need be no fault: an object that another
    /// wanted one names falls to the filter, and is to be asked for again. Errors: not_found, if
    /// the server does not have or give it; unavailable; those of `cut`.
    pub(in crate::git) fn fetch(
        &mut self,
        place: Place<'_>,
        ask: &Ask<'_>,
        progress: &dyn Progress,
        cut: &mut dyn FnMut(&[ObjectId]) -> Result<()>,
    ) -> Result<Vec<ObjectId>> {
        let (version2, format) = (self.can_go_on(), self.format());
        if format != place.odb.format() {
            return Err(self.wire.other_format(format, place.odb.format()));
        }
        let mut ids = [ask.wants, ask.haves, ask.cuts].into_iter().flatten();
        if let Some(other) = ids.find(|id| id.format() != format) {
            // No repository has objects of both formats.
            return Err(Error::new(
                Kind::NotFound,
                format!("{} has no object {other}", self.wire.endpoint),
            ));
        }
        let request = self.request(ask)?;
        self.wire.send(&request)?;
        let odb = place.odb;
        let (intake, cuts) = match version2 || self.band().is_some() {
            true => self.receive(place, version2, progress)?,
            false => (self.receive_raw(place, progress)?, Vec::new()),
        };
        if !version2 {
            self.wire.link.finish_sending();
        }
        if !cuts.is_empty() {
            cut(&cuts)?;
        }
        intake.finish(self.wire.deadline.left())?;
        let wants = ask.wants.iter().copied();
        Ok(wants.filter(|want| !odb.has(*want)).collect())
    }

    /// The error for what was asked for and not sent.
    pub(in crate::git) fn did_not_send(&self, id: ObjectId) -> Error {
        Error::new(
            Kind::Integrity,
            format!("{} did not send the object {id}", self.wire.endpoint),
        )
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Vec<u8>> {
        let mut request = Vec::new();
        let line = |request: &mut Vec<u8>, text: String| pkt_line::write(request, text.as_bytes());
        let (server, version2) = match &self.speaks {
            Speaks::Version2(server) => (server, true),
            Speaks::Version0 { refs, .. } => (refs, false),
        };
        let names = format_capability(server.format());
        // A server to which nothing is told to be here bases nothing on it, and dulwich refuses
        // who does not say this.
        let thin = (ask.thin || ask.haves.is_empty()).then_some("thin-pack");
        let usual = [thin, Some("ofs-delta"), Some("no-progress")];
        let usual = usual.into_iter().flatten();
        let mut capabilities = Vec::new();
        if !version2 {
            capabilities.extend(self.band());
            let usual: Vec<&str> = usual.chain([OUR_AGENT, &names]).collect();
            capabilities.extend(server.offered(&usual));
        } else {
            request = command("fetch", server)?;
            for option in usual {
                line(&mut request, format!("{option}\n"))?;
            }
        }
        for (at, want) in ask.wants.iter().enumerate() {
            let asked: String = match at {
                0 => capabilities.iter().map(|c| format!(" {c}")).collect(),
                _ => String::new(),
            };
            line(&mut request, format!("want {want}{asked}\n"))?;
        }
        for cut in ask.cuts {
            line(&mut request, format!("shallow {cut}\n"))?;
        }
        let offers = self.offers();
        if let Some(depth) = ask.depth.filter(|_| offers.depth) {
            line(&mut request, format!("deepen {depth}\n"))?;
        }
        if let Some(filter) = ask.filter.filter(|_| offers.filter) {
            line(&mut request, format!("filter {filter}\n"))?;
        }
        if !version2 {
            pkt_line::flush(&mut request);
        }
        for have in ask.haves {
            line(&mut request, format!("have {have}\n"))?;
        }
        line(&mut request, "done\n".to_owned())?;
        if version2 {
            pkt_line::flush(&mut request);
        }
        Ok(request)
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

    /// The band in which the pack of version 0 comes; none for a server that knows none.
    fn band(&self) -> Option<&'static str> {
        match &self.speaks {
            Speaks::Version2(_) => None,
            Speaks::Version0 { refs, .. } => BANDS.into_iter().find(|band| refs.can(band)),
        }
    }

    /// Receives a pack that comes in no band, and so ends with the stream.
    fn receive_raw<'a>(&mut self, place: Place<'a>, progress: &dyn Progress) -> Result<Intake<'a>> {
        let mut intake = Intake::new(place, self.wire.limits, &self.wire.environment);
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
        match intake.is_complete() {
            true => Ok(intake),
            false => Err(self.broken_off()),
        }
    }

    /// Reads the answer up to its end; with the commits that come without their parents.
    fn receive<'a>(
        &mut self,
        place: Place<'a>,
        version2: bool,
        progress: &dyn Progress,
    ) -> Result<(Intake<'a>, Vec<ObjectId>)> {
        let format = place.odb.format();
        let mut intake = Intake::new(place, self.wire.limits, &self.wire.environment);
        let mut cuts = Vec::new();
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
                // A line of the section `shallow-info`; no other section has such lines.
                let id = data.strip_prefix(b"shallow ").map(<[u8]>::trim_ascii_end);
                cuts.extend(id.and_then(|id| ObjectId::parse_bytes(id, format)));
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
        // The connection is kept, and others want to use what it runs over.
        self.wire.settle();
        Ok((intake, cuts))
    }
}

/// The error of a server that said why it sends no pack.
fn refused(wire: &Wire, said: &[u8]) -> Error {
    Error::new(
        Kind::NotFound,
        format!("{} refuses to send these objects", wire.endpoint),
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
    let names = format_capability(server.format());
    for capability in server.offered(&[OUR_AGENT, &names]) {
        pkt_line::write(&mut request, format!("{capability}\n").as_bytes())?;
    }
    pkt_line::delimiter(&mut request);
    Ok(request)
}
