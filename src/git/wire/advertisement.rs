//! What a server sends when a client connects: its refs and its capabilities
//! (gitprotocol-pack, "Reference Discovery"; gitprotocol-v2, "Capability Advertisement").
//!
//! All of it is untrusted: the bytes and the number of refs are bounded, and each name must
//! follow git's own rules.

use super::pkt_line::{self, Packet};
use super::{Service, Wire};
use crate::error::{Error, Kind, Result};
use crate::git::id::{CommitId, ObjectFormat, ObjectId, is_ref_name};

/// Every ref of a remote and its server's capabilities, as sent at one moment.
#[derive(Default)]
pub struct Advertisement {
    /// All names in one string, one after the other, so that 100,000 refs cost only some
    /// megabytes.
    names: String,
    refs: Vec<(u32, u32, ObjectId)>,
    sorted: bool,
    capabilities: Vec<String>,
    /// How its objects are named.
    format: ObjectFormat,
}

impl Advertisement {
    /// Adds a ref; false if there are more names than fit.
    fn push(&mut self, name: &str, id: ObjectId) -> bool {
        let start = self.names.len();
        let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(start + name.len())) else {
            return false;
        };
        if let Some(&(s, e, _)) = self.refs.last() {
            self.sorted &= &self.names[s as usize..e as usize] < name;
        }
        self.names.push_str(name);
        self.refs.push((from, to, id));
        true
    }

    /// Sorts the refs by name; false if one was listed twice.
    fn settle(&mut self) -> bool {
        if self.sorted {
            return true;
        }
        let names = &self.names;
        let name = |&(s, e, _): &(u32, u32, ObjectId)| &names[s as usize..e as usize];
        self.refs.sort_by(|a, b| name(a).cmp(name(b)));
        self.sorted = self.refs.windows(2).all(|w| name(&w[0]) < name(&w[1]));
        self.sorted
    }

    fn name_at(&self, at: usize) -> &str {
        let (start, end, _) = self.refs[at];
        &self.names[start as usize..end as usize]
    }

    /// The tip of a ref, by its full name.
    pub fn tip(&self, name: &str) -> Option<CommitId> {
        Some(self.refs[self.at(name)?].2)
    }

    fn at(&self, name: &str) -> Option<usize> {
        let named =
            |&(s, e, _): &(u32, u32, ObjectId)| self.names[s as usize..e as usize].cmp(name);
        self.refs.binary_search_by(named).ok()
    }

    /// The tip of a branch, by its short name.
    pub fn branch(&self, name: &str) -> Option<CommitId> {
        self.tip(&format!("refs/heads/{name}"))
    }

    /// Has the refs be as they will be when a push that is under way has moved one to `tip`. No
    /// change where there is no such ref.
    pub fn foresee(&mut self, name: &str, tip: CommitId) {
        if let Some(at) = self.at(name) {
            self.refs[at].2 = tip;
        }
    }

    /// Every ref whose full name starts with `prefix`, sorted by name.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, CommitId)> {
        let before =
            |&(s, e, _): &(u32, u32, ObjectId)| &self.names[s as usize..e as usize] < prefix;
        (self.refs.partition_point(before)..self.refs.len())
            .take_while(move |&at| self.name_at(at).starts_with(prefix))
            .map(|at| (self.name_at(at), self.refs[at].2))
    }

    fn empty() -> Self {
        Advertisement {
            sorted: true,
            ..Advertisement::default()
        }
    }

    /// What follows `prefix` in the first capability that starts with it.
    pub(super) fn capability(&self, prefix: &str) -> Option<&str> {
        self.capabilities
            .iter()
            .find_map(|c| c.strip_prefix(prefix))
    }

    /// How the server's repository names its objects.
    pub fn format(&self) -> ObjectFormat {
        self.format
    }

    /// True when there is no ref at all.
    pub fn is_empty(&self) -> bool {
        self.refs.is_empty()
    }

    pub(in crate::git) fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c == capability)
    }

    /// Those of these capabilities that the server offers, as they are asked for: one that it
    /// does not offer must not be (gitprotocol-capabilities).
    pub(super) fn offered<'w>(&self, wanted: &[&'w str]) -> Vec<&'w str> {
        // Each side of a connection names its own agent.
        let is_offered = |w: &&str| match w.starts_with(AGENT) {
            true => self.capability(AGENT).is_some(),
            false => self.can(w),
        };
        wanted.iter().copied().filter(is_offered).collect()
    }

    /// Whether a capability with several values, such as `fetch=` of version 2, has this one.
    pub(super) fn offers(&self, capability: &str, value: &str) -> bool {
        let values = self.capability(capability);
        values.is_some_and(|values| values.split(' ').any(|v| v == value))
    }

    /// Whether the server can move several refs atomically: all or none.
    pub fn is_atomic(&self) -> bool {
        self.can("atomic")
    }

    /// Whether the server deletes refs.
    pub fn deletes_refs(&self) -> bool {
        self.can("delete-refs")
    }

    /// Whether push options reach the server's hooks.
    pub fn takes_push_options(&self) -> bool {
        self.can("push-options")
    }
}

const AGENT: &str = "agent=";
const OBJECT_FORMAT: &str = "object-format=";

/// The capability that says how objects are named.
pub(super) fn format_capability(format: ObjectFormat) -> String {
    format!("{OBJECT_FORMAT}{}", format.name())
}

/// The capability that names us.
pub(super) const OUR_AGENT: &str = concat!("agent=aidf/", env!("CARGO_PKG_VERSION"));

/// The largest capability advertisement of a version 2 server, in bytes.
const MAX_CAPABILITIES: u64 = 1 << 20;

/// Counts how much of a list of refs has been read.
pub(super) struct Budget {
    bytes: u64,
    refs: u64,
}

impl Budget {
    pub(super) fn new() -> Self {
        Budget { bytes: 0, refs: 0 }
    }

    /// Counts a packet of the list.
    ///
    /// Errors: unavailable, for a list longer than the limit.
    pub(super) fn packet(&mut self, wire: &mut Wire, packet: &Packet) -> Result<()> {
        let length = packet.length();
        wire.deadline.useful(length);
        self.bytes += length;
        match self.bytes > wire.limits.advertisement_bytes {
            true => Err(wire.too_much(
                "its list of refs",
                &crate::git::limits::shown(wire.limits.advertisement_bytes),
                "advertisement_bytes",
            )),
            false => Ok(()),
        }
    }

    /// Counts a ref of the list.
    ///
    /// Errors: unavailable, for more refs than the limit.
    pub(super) fn one(&mut self, wire: &Wire) -> Result<()> {
        self.refs += 1;
        match self.refs > wire.limits.refs {
            true => Err(wire.too_much(
                "its list of refs",
                &format!("{} refs", wire.limits.refs),
                "refs",
            )),
            false => Ok(()),
        }
    }
}

/// The first answer of a server.
pub(super) struct Greeting {
    pub version2: bool,
    /// Its refs and capabilities. With version 2 there are no refs: the client has to ask for
    /// them.
    pub refs: Advertisement,
}

/// Reads the greeting of a service.
///
/// Errors: not_found, auth, unavailable; usage, for a repository whose objects are named
/// otherwise than ours.
pub(super) fn read_greeting(
    wire: &mut Wire,
    service: Service,
    may_be_version2: bool,
) -> Result<Greeting> {
    let mut packet = wire.next()?;
    if wire.is_http()
        && let Some(Packet::Data(data)) = &packet
        && pkt_line::text(data) == format!("# service=git-{}", service.command())
    {
        // gitprotocol-http: a line with the service's name, then a flush.
        packet = match wire.next()? {
            Some(Packet::Flush) => wire.next()?,
            other => other,
        };
    }
    let mut found = Advertisement::empty();
    let mut budget = Budget::new();
    let mut version2 = false;
    let mut is_first = true;
    loop {
        let Some(packet_now) = packet else {
            return Err(wire.cut_off());
        };
        budget.packet(wire, &packet_now)?;
        match packet_now {
            Packet::Data(data)
                if is_first && may_be_version2 && pkt_line::text(&data) == "version 2" =>
            {
                version2 = true;
            }
            Packet::Data(data) if version2 => {
                if budget.bytes > MAX_CAPABILITIES {
                    let limit = crate::git::limits::shown(MAX_CAPABILITIES);
                    return Err(wire.too_much("its list of capabilities", &limit, ""));
                }
                let capability = pkt_line::text(&data);
                found.format = format_of(wire, &capability, found.format)?;
                found.capabilities.push(capability);
            }
            Packet::Data(data) => advertised_line(wire, &mut found, &mut budget, &data)?,
            Packet::Flush => break,
            _ => return Err(wire.malformed("a packet that does not belong in a list of refs")),
        }
        is_first = false;
        packet = wire.next()?;
    }
    if !found.settle() {
        return Err(wire.malformed("a list of refs that names a ref twice"));
    }
    // A server that says nothing of it has the oldest format.
    wire.check_format(found.format)?;
    Ok(Greeting {
        version2,
        refs: found,
    })
}

/// How objects are named, if a capability says so (gitprotocol-capabilities, `object-format`);
/// else as before.
///
/// Errors: usage, for a way that aidf does not know, or that is not ours.
fn format_of(wire: &Wire, capability: &str, before: ObjectFormat) -> Result<ObjectFormat> {
    let Some(name) = capability.strip_prefix(OBJECT_FORMAT) else {
        return Ok(before);
    };
    let Some(format) = ObjectFormat::named(name) else {
        let place = &wire.endpoint;
        return Err(Error::new(
            Kind::Usage,
            format!("{place} names its objects by `{name}`, and aidf knows sha1 and sha256 alone"),
        ));
    };
    wire.check_format(format)?;
    Ok(format)
}

/// Takes one line of the advertisement. Capabilities follow the first ref after a NUL.
fn advertised_line(
    wire: &mut Wire,
    found: &mut Advertisement,
    budget: &mut Budget,
    data: &[u8],
) -> Result<()> {
    let line = data.strip_suffix(b"\n").unwrap_or(data);
    if line.starts_with(b"version ") || line.starts_with(b"shallow ") {
        return Ok(());
    }
    if let Some(said) = line.strip_prefix(b"ERR ") {
        return Err(wire.said_error(said));
    }
    let (entry, capabilities) = match line.iter().position(|&b| b == 0) {
        Some(nul) => (&line[..nul], Some(&line[nul + 1..])),
        None => (line, None),
    };
    budget.one(wire)?;
    // git ignores the capabilities of later lines too.
    if let Some(list) = capabilities
        && budget.refs == 1
    {
        found.capabilities = String::from_utf8_lossy(list)
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect();
        for capability in &found.capabilities {
            found.format = format_of(wire, capability, found.format)?;
        }
    }
    let Some((id, name)) = split(entry, found.format) else {
        return Err(wire.malformed("a malformed line in its list of refs"));
    };
    if let Some(name) = usable(name, id)
        && !found.push(name, id)
    {
        return Err(wire.malformed("more ref names than aidf can hold in memory"));
    }
    Ok(())
}

/// The id and the name of `<digits> <name>`.
pub(super) fn split(entry: &[u8], format: ObjectFormat) -> Option<(ObjectId, &[u8])> {
    let (hex, rest) = entry.split_at_checked(format.digits())?;
    let id = ObjectId::parse_bytes(hex, format)?;
    Some((id, rest.strip_prefix(b" ")?))
}

/// The name, if it may be the name of a ref. git ignores all others (`capabilities^{}`,
/// `.have`, peeled tags, and names that could lead out of the refs folder). git lists a ref
/// with the id zero while somebody deletes it: that ref is gone.
pub(super) fn usable(name: &[u8], id: ObjectId) -> Option<&str> {
    let name = std::str::from_utf8(name).ok()?;
    (!id.is_zero() && (name == "HEAD" || is_ref_name(name))).then_some(name)
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
            assert!(a.push(name, id(at as u8)));
        }
        a
    }

    #[test]
    fn refs_are_found_in_any_order() {
        for names in [
            ["refs/heads/a", "refs/heads/b/c", "refs/tags/x"],
            ["refs/tags/x", "refs/heads/b/c", "refs/heads/a"],
        ] {
            let mut a = advertisement(&names);
            assert!(a.settle());
            for (at, name) in names.iter().enumerate() {
                assert_eq!(a.tip(name), Some(id(at as u8)));
            }
            assert_eq!(a.tip("refs/heads/none"), None);
            assert_eq!(a.under("refs/heads/").count(), 2);
            assert_eq!(a.under("refs/none/").count(), 0);
        }
    }

    #[test]
    fn only_what_is_offered_is_asked_for() {
        let mut server = advertisement(&[]);
        let wanted = ["atomic", "object-format=sha1", "agent=aidf/1"];
        assert!(server.offered(&wanted).is_empty());
        server.capabilities = ["agent=git/2", "object-format=sha256", "atomic"]
            .map(str::to_owned)
            .into();
        assert_eq!(server.offered(&wanted), ["atomic", "agent=aidf/1"]);
    }

    #[test]
    fn a_ref_that_is_listed_twice_is_found_out() {
        for names in [
            ["refs/heads/a", "refs/heads/b", "refs/heads/a"],
            ["refs/x", "refs/x", "refs/y"],
        ] {
            assert!(!advertisement(&names).settle(), "{names:?}");
        }
    }

    #[test]
    fn a_line_is_an_id_of_the_format_and_a_name() {
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let is = |line: &str, format| split(line.as_bytes(), format).is_some();
        let sha1 = |line: &str| is(line, ObjectFormat::Sha1);
        let sha256 = |line: &str| is(line, ObjectFormat::Sha256);
        assert!(sha1(&format!("{hex} refs/heads/a")));
        assert!(!sha256(&format!("{hex} refs/heads/a")));
        let long = format!("{hex}{} refs/heads/a", &hex[..24]);
        assert!(sha256(&long));
        for bad in [
            String::new(),
            hex.to_owned(),
            format!("{hex}\trefs/heads/a"),
            format!("{hex}{} refs/heads/a", &hex[..24]),
            format!("{} refs/heads/a", &hex[..39]),
            format!("{}g refs/heads/a", &hex[..39]),
            format!("{}\u{e9} refs/heads/a", &hex[..39]),
        ] {
            assert!(!sha1(&bad), "{bad:?} was read");
        }
    }
}
