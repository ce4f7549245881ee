//! Reading from a remote: protocol version 2 (gitprotocol-v2) where the server
//! speaks it, so that only the refs asked for are listed; version 0 elsewhere.

use super::pkt_line::{self, Packet};
use super::send_pack::{Advertisement, advertised_line};
use super::{Endpoint, LinkSettings, Service, Wire};
use crate::error::{Error, Kind, OrFail, Result};
use crate::git::id::ObjectId;
use crate::git::pack::Indexer;
use crate::progress::Progress;

/// A ref as the remote lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRef {
    /// Full name, or `HEAD`.
    pub name: String,
    /// Its tip.
    pub id: ObjectId,
    /// What `HEAD` points at.
    pub target: Option<String>,
}

/// A connection for reading.
pub struct FetchConnection {
    wire: Wire,
    speaks: Speaks,
}

enum Speaks {
    Version2,
    Version0 {
        refs: Advertisement,
        head: Option<String>,
    },
}

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

    /// Reads the greeting of a server that was connected to.
    pub(super) fn greeted(mut wire: Wire) -> Result<FetchConnection> {
        let mut packet = wire.next()?;
        if let Some(Packet::Data(line)) = &packet
            && line.starts_with(b"# service=")
        {
            packet = wire.next()?;
            if packet == Some(Packet::Flush) {
                packet = wire.next()?;
            }
        }
        let mut refs = Advertisement::empty();
        let mut version2 = false;
        loop {
            match packet {
                Some(Packet::Data(data)) if pkt_line::text(&data) == "version 2" => version2 = true,
                Some(Packet::Data(data)) if version2 => {
                    let capability = pkt_line::text(&data);
                    if capability.starts_with("object-format=")
                        && capability != "object-format=sha1"
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
                Some(Packet::Data(data)) => advertised_line(&mut wire, &mut refs, &data)?,
                Some(_) => break,
                None => return Err(wire.cut_off()),
            }
            packet = wire.next()?;
        }
        wire.settle();
        let speaks = if version2 {
            Speaks::Version2
        } else {
            let head = refs.capability("symref=HEAD:").map(str::to_owned);
            Speaks::Version0 { refs, head }
        };
        Ok(FetchConnection { wire, speaks })
    }

    /// The refs whose full names start with one of `prefixes`, and `HEAD`.
    pub fn refs(&mut self, prefixes: &[&str]) -> Result<Vec<RemoteRef>> {
        let wanted = |name: &str| name == "HEAD" || prefixes.iter().any(|p| name.starts_with(p));
        if let Speaks::Version0 { refs, head } = &self.speaks {
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
        let mut request = command("ls-refs");
        pkt_line::write(&mut request, b"symrefs\n");
        pkt_line::write(&mut request, b"ref-prefix HEAD\n");
        for prefix in prefixes {
            pkt_line::write(&mut request, format!("ref-prefix {prefix}\n").as_bytes());
        }
        pkt_line::flush(&mut request);
        self.wire.send(&request)?;
        let mut found = Vec::new();
        loop {
            match self.wire.next()? {
                Some(Packet::Data(data)) => {
                    let line = pkt_line::text(&data);
                    if let Some(said) = line.strip_prefix("ERR ") {
                        return Err(super::classify_complaint(&self.wire.endpoint, said)
                            .caused_by(anyhow::anyhow!(said.to_owned())));
                    }
                    let mut words = line.split(' ');
                    let (Some(hex), Some(name)) = (words.next(), words.next()) else {
                        continue;
                    };
                    // An unborn HEAD is listed with a word in place of an id.
                    let Ok(id) = ObjectId::parse(hex) else {
                        continue;
                    };
                    let target = words
                        .find_map(|w| w.strip_prefix("symref-target:"))
                        .map(str::to_owned);
                    if wanted(name) {
                        found.push(RemoteRef {
                            name: name.to_owned(),
                            id,
                            target,
                        });
                    }
                }
                Some(_) => return Ok(found),
                None => return Err(self.wire.cut_off()),
            }
        }
    }

    /// Fetches `wants` with all that they reach and `haves` do not, into `repo`.
    ///
    /// Errors: not_found, when the server does not have them; unavailable.
    pub(crate) fn fetch(
        mut self,
        repo: &git2::Repository,
        wants: &[ObjectId],
        haves: &[ObjectId],
        progress: &dyn Progress,
    ) -> Result<()> {
        let shallow = shallow_roots(repo);
        let mut request = Vec::new();
        let line = |request: &mut Vec<u8>, text: String| pkt_line::write(request, text.as_bytes());
        let version2 = matches!(self.speaks, Speaks::Version2);
        if version2 {
            request = command("fetch");
            for option in ["thin-pack\n", "ofs-delta\n", "no-progress\n"] {
                pkt_line::write(&mut request, option.as_bytes());
            }
        }
        for (at, want) in wants.iter().enumerate() {
            let capabilities = if at == 0 && !version2 {
                " side-band-64k thin-pack ofs-delta no-progress"
            } else {
                ""
            };
            line(&mut request, format!("want {want}{capabilities}\n"));
        }
        for root in shallow {
            line(&mut request, format!("shallow {root}\n"));
        }
        if !version2 {
            pkt_line::flush(&mut request);
        }
        for have in haves {
            line(&mut request, format!("have {have}\n"));
        }
        line(&mut request, "done\n".to_owned());
        if version2 {
            pkt_line::flush(&mut request);
        }
        self.wire.send(&request)?;
        let odb = repo
            .odb()
            .or_fail(Kind::Internal, || "the object store cannot be opened")?;
        self.receive(&odb, version2, progress)?;
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

    /// A transfer that ended early: a server that says why has trouble with its objects.
    fn broken_off(&mut self) -> Error {
        let said = self.wire.link.complaint();
        if said.contains("fatal:") || said.contains("error:") {
            return Error::new(Kind::Integrity, "the server cannot read what it has")
                .caused_by(anyhow::anyhow!(said));
        }
        self.wire.cut_off()
    }

    fn receive(
        &mut self,
        odb: &git2::Odb<'_>,
        version2: bool,
        progress: &dyn Progress,
    ) -> Result<()> {
        let kept = || "the fetched objects could not be stored";
        let mut indexer = Indexer::new(odb).or_fail(Kind::Internal, kept)?;
        let mut in_pack = !version2;
        let mut bytes = 0u64;
        loop {
            let data = match self.wire.next()? {
                Some(Packet::Data(data)) => data,
                Some(Packet::Flush | Packet::End) => break,
                Some(Packet::Delimiter) => continue,
                None => return Err(self.broken_off()),
            };
            if let Some(said) = data.strip_prefix(b"ERR ") {
                let said = pkt_line::text(said);
                return Err(Error::new(
                    Kind::NotFound,
                    format!("{} does not give these commits", self.wire.endpoint),
                )
                .caused_by(anyhow::anyhow!(said)));
            }
            if !in_pack {
                in_pack = data == b"packfile\n";
                continue;
            }
            match data.split_first() {
                Some((1, rest)) => {
                    bytes += rest.len() as u64;
                    progress.advance("bytes received", bytes, 0);
                    indexer.add(rest).or_fail(Kind::Internal, kept)?;
                }
                Some((2, _)) => {}
                Some((3, rest)) => {
                    return Err(
                        Error::new(Kind::Integrity, "the server cannot read what it has")
                            .caused_by(anyhow::anyhow!(pkt_line::text(rest))),
                    );
                }
                // ACK and NAK of version 0.
                _ => {}
            }
        }
        if indexer.broke_off() {
            return Err(self.broken_off());
        }
        indexer.finish().or_fail(Kind::Internal, kept)
    }
}

fn command(name: &str) -> Vec<u8> {
    let mut request = Vec::new();
    pkt_line::write(&mut request, format!("command={name}\n").as_bytes());
    pkt_line::write(
        &mut request,
        concat!("agent=aidf/", env!("CARGO_PKG_VERSION"), "\n").as_bytes(),
    );
    pkt_line::write(&mut request, b"object-format=sha1\n");
    pkt_line::delimiter(&mut request);
    request
}

/// The commits at which a shallow clone's history was cut.
fn shallow_roots(repo: &git2::Repository) -> Vec<String> {
    std::fs::read_to_string(repo.commondir().join("shallow"))
        .map(|text| {
            text.lines()
                .filter(|l| l.len() == 40)
                .map(str::to_owned)
                .collect()
        })
        .unwrap_or_default()
}
