//! The HMAC signature of a commit. It shows that the commit was made through aidf with a
//! key that we have, and that no byte of it was altered. Pure.
//!
//! `Aidf-Signature: <key id> v3 <base64url of HMAC-SHA256>` is the last line of the
//! object. The HMAC covers the repository's identity, the branch, and the bytes of the
//! commit object before that line, each preceded by its length as eight big-endian bytes.
//! The `Aidf-Repository` line names the identity, and the `Aidf-Branch` line the branch
//! that the commit was written to. A fork has the commits of its parent: those are of
//! another repository, and nobody can tell here whether that one has them.
//!
//! The second version, `Aidf-Signature: <key id> v2 <base64url>`, covers the repository's
//! name in place of the identity. It is made for repositories without an identity. The
//! first version, `Aidf-Signature: <key id> <base64url>`, covers parts of the commit
//! instead (see `Parts`). Both are still accepted, but only for commits that have nothing
//! except those parts.

use crate::git::MAX_COMMIT;
use crate::identity::{Identity, Repository, RepositoryId};
use crate::keys::{Key, KeyRing};
use crate::names;
use crate::seal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The trailer with the signature; always the last line of the message.
pub const TRAILER: &str = "Aidf-Signature";
/// The trailer with the branch that the commit was written to.
pub const BRANCH: &str = "Aidf-Branch";
/// The trailer with the identity of the repository that the commit was written to.
pub const REPOSITORY: &str = "Aidf-Repository";
const PURPOSE: &str = "aidf commit signature v3";
const PURPOSE_V2: &str = "aidf commit signature v2";
const PURPOSE_V1: &str = "aidf commit signature v1";
/// How many digits a key's id has.
const ID_DIGITS: usize = 8;
/// How many characters 32 bytes have in base64url without padding.
const MAC_LENGTH: usize = 43;

/// The result of checking a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Signed with a key of the ring, and not altered.
    Good,
    /// The signature names a key of the ring, but the commit was altered or forged. Or the
    /// signature has a form that aidf never writes.
    Bad,
    /// Not signed.
    None,
    /// Signed with a key that we do not have, or for another repository.
    Unknown,
}

/// What is known about a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The result of checking its signature.
    pub check: Check,
    /// The branch that it was written to. Without a good signature, this is only a claim.
    pub branch: Option<String>,
}

/// The trailer line, without a newline, for a commit object whose bytes so far are
/// `before`.
///
/// `before` must contain the `Aidf-Branch` line of `branch`, and the `Aidf-Repository`
/// line if the repository's identity is known, and end with a newline.
pub fn sign(key: &Key, repository: &Repository<'_>, branch: &str, before: &[u8]) -> String {
    let (version, mac) = match repository.identity.id() {
        Some(id) => {
            let id = id.to_string();
            (3, seal::seal(key, PURPOSE, &covered(&id, branch, before)))
        }
        None => {
            let parts = covered(repository.name, branch, before);
            (2, seal::seal(key, PURPOSE_V2, &parts))
        }
    };
    format!("{TRAILER}: {} v{version} {mac}", key.id)
}

/// Checks the bytes of a commit object of `repository`. The HMAC is compared in constant
/// time.
///
/// `looked_at` is the branch to assume for an old commit that names none.
pub fn judge(ring: &KeyRing, repository: &Repository<'_>, looked_at: &str, raw: &[u8]) -> Judged {
    let said = |check| Judged {
        check,
        branch: named(raw, BRANCH),
    };
    // aidf makes none that large, and to search it takes everybody's time.
    if raw.len() > MAX_COMMIT {
        return Judged {
            check: Check::None,
            branch: None,
        };
    }
    let seal = match find(raw) {
        Found::Nothing => return said(Check::None),
        Found::Malformed => return said(Check::Bad),
        Found::Seal(seal) => seal,
    };
    // aidf writes only such commits. If a commit has more, somebody altered it.
    let Some(plain) = Plain::read(seal.before) else {
        return said(Check::Bad);
    };
    let branch = match seal.version {
        Version::One => Some(plain.sandbox().unwrap_or(looked_at).to_owned()),
        Version::Two | Version::Three => named(raw, BRANCH),
        Version::Later => return said(Check::Unknown),
    };
    let Some(branch) = branch else {
        return said(Check::Bad);
    };
    let Some(key) = ring.get(seal.key_id) else {
        return said(Check::Unknown);
    };
    let mut foreign = false;
    let holds = match seal.version {
        Version::One => {
            let parts = plain.parts(repository.name, &branch);
            seal::holds(key, PURPOSE_V1, &parts, seal.mac)
        }
        Version::Two => {
            let parts = covered(repository.name, &branch, seal.before);
            seal::holds(key, PURPOSE_V2, &parts, seal.mac)
        }
        Version::Three | Version::Later => {
            let id = named(raw, REPOSITORY).and_then(|id| RepositoryId::parse(&id));
            let Some(id) = id else {
                return said(Check::Bad);
            };
            foreign = repository.identity != Identity::Is(id);
            let parts = covered(&id.to_string(), &branch, seal.before).map(<[u8]>::to_vec);
            seal::holds(key, PURPOSE, &parts, seal.mac)
        }
    };
    match holds {
        true if foreign => said(Check::Unknown),
        true => Judged {
            check: Check::Good,
            branch: Some(branch),
        },
        false => said(Check::Bad),
    }
}

/// Every value of a trailer in the last paragraph of a message, in order.
pub fn trailers<'a>(message: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let body = message.trim_end();
    let last = body.rfind("\n\n").map_or("", |at| &body[at + 2..]);
    last.split('\n')
        .filter_map(move |l| l.strip_prefix(name)?.strip_prefix(": "))
}

/// The value of a trailer of a commit; `None` unless it has exactly one.
fn named(raw: &[u8], trailer: &str) -> Option<String> {
    let message = std::str::from_utf8(message_of(raw)).ok()?;
    let mut named = trailers(message, trailer);
    let value = named.next()?;
    named.next().is_none().then(|| value.to_owned())
}

/// The bytes after the headers.
fn message_of(raw: &[u8]) -> &[u8] {
    let end = raw.windows(2).position(|w| w == b"\n\n");
    end.map_or(&[], |at| &raw[at + 2..])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
    Three,
    Later,
}

/// The last line of a signed commit.
struct Seal<'a> {
    /// Every byte before that line.
    before: &'a [u8],
    key_id: &'a str,
    version: Version,
    mac: &'a str,
}

enum Found<'a> {
    Nothing,
    /// A signature in a form that aidf does not write, or with something after it.
    Malformed,
    Seal(Seal<'a>),
}

fn find(raw: &[u8]) -> Found<'_> {
    if let Some(seal) = last_line(raw) {
        return Found::Seal(seal);
    }
    let message = String::from_utf8_lossy(message_of(raw)).to_lowercase();
    let name = TRAILER.to_lowercase();
    // Look only in the last paragraph, with any kind of line ends; elsewhere it is a
    // quotation.
    let lines = message.trim_end().split(['\n', '\r']).rev();
    let mut blank = 0;
    let crlf = message.contains('\r');
    for line in lines {
        // `\r\n` looks like an additional empty line.
        blank = if line.trim().is_empty() { blank + 1 } else { 0 };
        if blank > usize::from(crlf) {
            break;
        }
        let rest = line.trim_start().strip_prefix(name.as_str());
        if rest.is_some_and(|rest| rest.trim_start().starts_with(':')) {
            return Found::Malformed;
        }
    }
    Found::Nothing
}

/// Parses the last line, if it is a signature in the form that aidf writes.
fn last_line(raw: &[u8]) -> Option<Seal<'_>> {
    let body = raw.strip_suffix(b"\n")?;
    let start = body.iter().rposition(|b| *b == b'\n')? + 1;
    let (before, line) = body.split_at(start);
    let value = std::str::from_utf8(line).ok()?;
    let value = value.strip_prefix(TRAILER)?.strip_prefix(": ")?;
    let (key_id, rest) = value.split_once(' ')?;
    let (version, mac) = match rest.split_once(' ') {
        None => (Version::One, rest),
        Some(("v2", mac)) => (Version::Two, mac),
        Some(("v3", mac)) => (Version::Three, mac),
        Some((other, mac)) => {
            let digits = other.strip_prefix('v')?;
            let number: u32 = digits.parse().ok().filter(|n| *n > 3)?;
            // aidf never writes such numbers as `v04` and `v+4`.
            (number.to_string() == digits).then_some((Version::Later, mac))?
        }
    };
    let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let well_formed = key_id.len() == ID_DIGITS && key_id.bytes().all(hex);
    let known = version == Version::Later || mac.len() == MAC_LENGTH;
    (well_formed && known).then_some(Seal {
        before,
        key_id,
        version,
        mac,
    })
}

/// A commit with exactly the four headers that aidf writes, in UTF-8 without NUL, as
/// git-commit-tree(1) writes it. Other headers (`encoding`, `gpgsig`, `mergetag`, unknown
/// ones) change what other tools show of a commit, or vouch for it.
struct Plain<'a> {
    tree: &'a str,
    parents: Vec<&'a str>,
    author: &'a str,
    committer: &'a str,
    message: &'a str,
}

impl<'a> Plain<'a> {
    fn read(raw: &'a [u8]) -> Option<Plain<'a>> {
        let text = std::str::from_utf8(raw)
            .ok()
            .filter(|t| !t.contains('\0'))?;
        let (headers, message) = text.split_once("\n\n")?;
        let id = |id: &str| {
            let hex = id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            hex && (id.len() == 40 || id.len() == 64)
        };
        let mut lines = headers.split('\n').peekable();
        let tree = lines.next()?.strip_prefix("tree ").filter(|t| id(t))?;
        let mut parents = Vec::new();
        while let Some(parent) = lines.peek().and_then(|l| l.strip_prefix("parent ")) {
            parents.push(Some(parent).filter(|p| id(p))?);
            lines.next();
        }
        let author = lines.next()?.strip_prefix("author ")?;
        let committer = lines.next()?.strip_prefix("committer ")?;
        lines.next().is_none().then_some(Plain {
            tree,
            parents,
            author,
            committer,
            message,
        })
    }

    /// The sandbox that wrote the commit: aidf names it as author and committer.
    fn sandbox(&self) -> Option<&'a str> {
        let (name, rest) = self.author.split_once(" <")?;
        let (address, _) = rest.split_once('>')?;
        let own = address.strip_suffix("@sandbox.invalid") == Some(name);
        (own && names::is_sandbox(name) && self.author == self.committer).then_some(name)
    }

    /// The parts that the first version covers.
    fn parts(&self, repository: &str, branch: &str) -> Parts {
        [
            repository.into(),
            branch.into(),
            self.tree.into(),
            self.parents.join(" ").into(),
            self.author.into(),
            self.committer.into(),
            self.message.into(),
        ]
    }
}

/// The parts that the first version covers: repository, branch, id of the tree, ids of the
/// parents separated by spaces, author line, committer line, and the message before the
/// trailer.
type Parts = [Vec<u8>; 7];

fn covered<'a>(repository: &'a str, branch: &'a str, before: &'a [u8]) -> [&'a [u8]; 3] {
    [repository.as_bytes(), branch.as_bytes(), before]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "tree 0123456789012345678901234567890123456789\n\
        parent 1123456789012345678901234567890123456789\n\
        author sandbox-a <sandbox-a@sandbox.invalid> 1 +0000\n\
        committer sandbox-a <sandbox-a@sandbox.invalid> 1 +0000\n\n\
        Add a\n\nAidf-Committed-By: Q\nAidf-Branch: sandbox-a\n";

    /// The line that aidf wrote in the first version, before it signed raw bytes.
    fn sign_v1(key: &Key, repository: &str, branch: &str, before: &[u8]) -> Option<String> {
        let plain = Plain::read(before)?;
        let mac = seal::seal(key, PURPOSE_V1, &plain.parts(repository, branch));
        Some(format!("{TRAILER}: {} {mac}", key.id))
    }

    fn key() -> Key {
        Key::new(vec![1; 32])
    }

    fn ring() -> KeyRing {
        KeyRing::of(vec![key()])
    }

    fn check(raw: &[u8]) -> Check {
        judge(&ring(), &demo(), "main", raw).check
    }

    const ID: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

    fn demo() -> Repository<'static> {
        Repository {
            name: "demo",
            identity: RepositoryId::parse(ID).map_or(Identity::Absent, Identity::Is),
        }
    }

    /// The same repository, before it had an identity.
    const NAMED: Repository<'static> = Repository {
        name: "demo",
        identity: Identity::Absent,
    };

    fn signed() -> String {
        let line = format!("{REPOSITORY}: {ID}\nAidf-Branch");
        let before = BEFORE.replace("Aidf-Branch", &line);
        let line = sign(&key(), &demo(), "sandbox-a", before.as_bytes());
        format!("{before}{line}\n")
    }

    fn signed_v2() -> String {
        let line = sign(&key(), &NAMED, "sandbox-a", BEFORE.as_bytes());
        format!("{BEFORE}{line}\n")
    }

    /// The same commit, signed in each version.
    fn all() -> [String; 3] {
        [signed(), signed_v2(), signed_v1()]
    }

    fn signed_v1() -> String {
        let before = BEFORE.replace("Aidf-Branch: sandbox-a\n", "");
        let line = sign_v1(&key(), "demo", "sandbox-a", before.as_bytes()).unwrap();
        format!("{before}{line}\n")
    }

    #[test]
    fn a_signature_is_judged_by_the_branch_that_was_written() {
        for looked_at in ["sandbox-a", "sandbox-b", "main"] {
            for raw in all() {
                let judged = judge(&ring(), &demo(), looked_at, raw.as_bytes());
                assert_eq!(judged.check, Check::Good, "{raw}");
                assert_eq!(judged.branch.as_deref(), Some("sandbox-a"));
            }
        }
        // An old commit of an operator names no branch.
        let before = BEFORE
            .replace("Aidf-Branch: sandbox-a\n", "")
            .replace("sandbox-a <sandbox-a@sandbox.invalid>", "Ann <a@b.c>");
        let line = sign_v1(&key(), "demo", "notes", before.as_bytes()).unwrap();
        let raw = format!("{before}{line}\n");
        let of = |looked_at| judge(&ring(), &demo(), looked_at, raw.as_bytes());
        assert_eq!(of("notes").check, Check::Good);
        assert_eq!(of("notes").branch.as_deref(), Some("notes"));
        assert_eq!(of("main").check, Check::Bad);
    }

    #[test]
    fn a_signature_moved_to_another_branch_repository_or_commit_is_bad() {
        for raw in all() {
            let other = Repository {
                name: "other",
                identity: RepositoryId::parse(&ID.replace('f', "e"))
                    .map_or(Identity::Absent, Identity::Is),
            };
            let other = judge(&ring(), &other, "sandbox-a", raw.as_bytes()).check;
            // A fork has the commits of its parent, and they were not altered.
            let expected = match raw.contains(REPOSITORY) {
                true => Check::Unknown,
                false => Check::Bad,
            };
            assert_eq!(other, expected, "{raw}");
            for (from, to) in [
                ("sandbox-a", "sandbox-b"),
                ("tree 0", "tree 1"),
                ("parent 1", "parent 2"),
                ("Add a", "Add b"),
                (" 1 +0000", " 2 +0000"),
                ("Committed-By: Q", "Committed-By: R"),
                ("\nparent 1123456789012345678901234567890123456789", ""),
            ] {
                let moved = raw.replace(from, to);
                assert_ne!(moved, raw);
                assert_eq!(check(moved.as_bytes()), Check::Bad, "{moved}");
            }
        }
        let raw = signed();
        let renamed = raw.replace("Aidf-Branch: sandbox-a", "Aidf-Branch: main");
        assert_eq!(check(renamed.as_bytes()), Check::Bad);
        let unnamed = raw.replace("Aidf-Branch: sandbox-a\n", "");
        assert_eq!(check(unnamed.as_bytes()), Check::Bad);
        let twice = raw.replace("Aidf-Branch", "Aidf-Branch: main\nAidf-Branch");
        assert_eq!(check(twice.as_bytes()), Check::Bad);
    }

    #[test]
    fn the_identity_that_a_commit_names_is_signed_too() {
        let raw = signed();
        let line = format!("{REPOSITORY}: {ID}\n");
        for forged in [
            raw.replace(&line, ""),
            raw.replace(&line, &line.repeat(2)),
            raw.replace(&line, &line.replace('f', "e")),
            raw.replace(&line, &line.replace('f', "x")),
            raw.replace(&line, &line.to_lowercase()),
        ] {
            assert_ne!(forged, raw);
            assert_eq!(check(forged.as_bytes()), Check::Bad, "{forged}");
        }
        // Until the identity is known, nobody can tell whose commit it is.
        for identity in [Identity::Unknown, Identity::Absent] {
            let unknown = Repository { identity, ..demo() };
            let judged = judge(&ring(), &unknown, "main", raw.as_bytes());
            assert_eq!(judged.check, Check::Unknown);
        }
        // What was signed by name stays good when the repository gets an identity.
        for raw in [signed_v2(), signed_v1()] {
            for identity in [Identity::Unknown, Identity::Absent, demo().identity] {
                let repository = Repository { identity, ..demo() };
                let judged = judge(&ring(), &repository, "main", raw.as_bytes());
                assert_eq!(judged.check, Check::Good);
            }
        }
    }

    #[test]
    fn a_header_that_was_added_makes_a_signature_bad() {
        let committer = "committer sandbox-a <sandbox-a@sandbox.invalid> 1 +0000\n";
        for raw in all() {
            for header in [
                "encoding ISO-8859-1\n",
                "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n",
                "gpgsig-sha256 x\n",
                "mergetag object 0123\n type commit\n",
                "HG:extra branch:x\n",
                "x-unknown 1\n",
                " continued\n",
                "\tcontinued\n",
                "committer Eve <e@e.e> 1 +0000\n",
                "author Eve <e@e.e> 1 +0000\n",
                "tree 2123456789012345678901234567890123456789\n",
                "parent 2123456789012345678901234567890123456789\n",
            ] {
                let added = raw.replace(committer, &format!("{committer}{header}"));
                assert_ne!(added, raw);
                assert_eq!(check(added.as_bytes()), Check::Bad, "{added}");
                let first = format!("{header}{raw}");
                assert_eq!(check(first.as_bytes()), Check::Bad, "{first}");
            }
            let swapped = raw.replace("author sandbox", "committer sandbox");
            assert_eq!(check(swapped.as_bytes()), Check::Bad, "{swapped}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_make_a_signature_bad() {
        for raw in all() {
            // Many byte sequences are shown as U+FFFD, and so is U+FFFD itself.
            for bytes in [
                &b"\xff"[..],
                b"\xc0\x80",
                b"\0",
                b"\xed\xa0\x80",
                b"\xef\xbf\xbd",
            ] {
                for at in ["Add a", "Q\n", "sandbox-a <", "+0000\n\n"] {
                    let place = raw.find(at).unwrap();
                    let mut forged = raw.clone().into_bytes();
                    forged.splice(place..place, bytes.iter().copied());
                    assert_eq!(check(&forged), Check::Bad, "{bytes:?} at {at}");
                }
            }
        }
        // A commit that was signed with U+FFFD is not good with another byte in its place.
        let before = BEFORE.replace("Add a", "Add \u{fffd}");
        let line = sign_v1(&key(), "demo", "sandbox-a", before.as_bytes()).unwrap();
        let raw = format!("{before}{line}\n");
        assert_eq!(check(raw.as_bytes()), Check::Good);
        let mut forged = raw.into_bytes();
        let at = forged
            .windows(3)
            .position(|w| w == b"\xef\xbf\xbd")
            .unwrap();
        forged.splice(at..at + 3, [0xff]);
        assert_eq!(check(&forged), Check::Bad);
    }

    #[test]
    fn a_signature_that_is_not_the_only_last_line_is_bad() {
        for raw in all() {
            let line = raw.lines().last().unwrap().to_owned();
            for forged in [
                format!("{raw}\n"),
                format!("{raw}\n\n\n"),
                format!("{raw} \n"),
                format!("{raw}Signed-off-by: Eve <e@e.e>\n"),
                format!("{raw}{line}\n"),
                raw.trim_end().to_owned(),
                raw.replace(&line, &format!("{line}\nAidf-Agent: x")),
                raw.replace(&line, &line.to_lowercase()),
                raw.replace(&line, &format!(" {line}")),
                raw.replace(&line, &line.replace(": ", " : ")),
                raw.replace(&line, &line.replace(": ", ":  ")),
                raw.replace(&line, &format!("{line} ")),
                raw.replace(&line, &format!("{line}x")),
                raw.replace(&line, &line[..line.len() - 1]),
                raw.replace(&line, &line[..20]),
                raw.replace(&line, "Aidf-Signature:"),
                raw.replace(&line, &format!("{line}=")),
            ] {
                assert_eq!(check(forged.as_bytes()), Check::Bad, "{forged:?}");
            }
        }
        for (raw, version) in [(signed(), " v3 "), (signed_v2(), " v2 ")] {
            let with = |text: &str| raw.replace(version, text).into_bytes();
            // Only a later aidf can judge a later version.
            assert_eq!(check(&with(" v4 ")), Check::Unknown);
            // The HMAC of one version is not valid for another.
            for other in [" v2 ", " v3 ", " "].iter().filter(|v| **v != version) {
                assert_eq!(check(&with(other)), Check::Bad, "{version} as {other}");
            }
            for odd in [
                " v0 ", " v1 ", " v02 ", " v04 ", " v+4 ", " v ", " x ", "  ",
            ] {
                assert_eq!(check(&with(odd)), Check::Bad, "{odd}");
            }
        }
    }

    #[test]
    fn lines_that_end_otherwise_make_a_signature_bad() {
        for raw in all() {
            let (headers, message) = raw.split_once("\n\n").unwrap();
            let crlf = message.replace('\n', "\r\n");
            for forged in [
                format!("{headers}\n\n{crlf}"),
                format!("{headers}\n\n{}", crlf.trim_end()),
                format!("{}\n", raw.trim_end().to_owned() + "\r"),
                raw.replace("Add a\n", "Add a\r\n"),
                format!("{headers}\n\n{}", message.replace('\n', "\r")),
            ] {
                assert_eq!(check(forged.as_bytes()), Check::Bad, "{forged:?}");
            }
        }
    }

    #[test]
    fn what_is_not_signed_and_what_another_key_signed_are_told_apart() {
        assert_eq!(check(BEFORE.as_bytes()), Check::None);
        // Without a signature, this is only a claim.
        let judged = judge(&ring(), &demo(), "main", BEFORE.as_bytes());
        assert_eq!(judged.branch.as_deref(), Some("sandbox-a"));
        let quoted = format!("{}\nIt was good.\n", signed());
        assert_eq!(check(quoted.as_bytes()), Check::None, "a quotation is none");
        for odd in [&b""[..], b"\n", b"tree", b"\n\n", b"Aidf-Signature: x\n"] {
            assert_eq!(check(odd), Check::None, "{odd:?}");
        }
        for raw in all() {
            for ring in [KeyRing::of(vec![Key::new(vec![2; 32])]), KeyRing::default()] {
                let judged = judge(&ring, &demo(), "main", raw.as_bytes());
                assert_eq!(judged.check, Check::Unknown);
                // No key makes a commit good that aidf never writes.
                let added = raw.replace("\n\nAdd", "\nencoding x\n\nAdd");
                let judged = judge(&ring, &demo(), "main", added.as_bytes());
                assert_eq!(judged.check, Check::Bad);
            }
        }
    }

    #[test]
    fn moving_a_byte_between_what_is_covered_changes_the_signature() {
        let named = |name, branch: &str, before: &[u8]| {
            sign(&key(), &Repository { name, ..NAMED }, branch, before)
        };
        let one = named("ab", "c", b"d");
        assert_ne!(one, named("a", "bc", b"d"));
        assert_ne!(one, named("ab", "cd", b""));
        assert_ne!(one, named("ab", "c", b"e"));
    }

    #[test]
    fn trailers_stand_in_the_last_of_several_paragraphs_however_short_the_first_is() {
        for first in ["", "a", "\u{65e5}", "Add a"] {
            let message = format!("{first}\n\nAidf-Branch: b\nAidf-Token: c\n");
            let found: Vec<&str> = trailers(&message, BRANCH).collect();
            assert_eq!(found, ["b"], "{message:?}");
        }
        assert_eq!(trailers("Aidf-Branch: b\n", BRANCH).next(), None);
        // Nor are the headers a first paragraph.
        let (headers, _) = BEFORE.split_once("\n\n").unwrap();
        let raw = format!("{headers}\n\nAidf-Branch: sandbox-b\n");
        let judged = judge(&ring(), &demo(), "main", raw.as_bytes());
        assert_eq!((judged.check, judged.branch), (Check::None, None));
    }

    #[test]
    fn a_signature_of_a_form_that_aidf_never_writes_is_bad_and_a_later_one_unknown() {
        let id = key().id;
        for raw in all() {
            let mac = &raw.trim_end()[raw.trim_end().len() - MAC_LENGTH..];
            for odd in ["", "0123456", "012345678", "0123456g", "0123ABCD"] {
                let forged = raw.replace(&id, odd);
                assert_eq!(check(forged.as_bytes()), Check::Bad, "{forged}");
            }
            // No key makes a short code one that another key may have signed.
            for short in [&mac[1..], &format!("A{mac}")] {
                let forged = raw.replace(&id, "0123abcd").replace(mac, short);
                assert_eq!(check(forged.as_bytes()), Check::Bad, "{forged}");
            }
            let other = raw.replace(&id, "0123abcd");
            assert_eq!(check(other.as_bytes()), Check::Unknown);
        }
        // Of a later version only the key's id is known to have a form.
        let raw = signed();
        let mac = &raw.trim_end()[raw.trim_end().len() - MAC_LENGTH..];
        for code in [&mac[1..], &format!("{mac}A"), mac] {
            let later = raw.replace(" v3 ", " v4 ").replace(mac, code);
            assert_eq!(check(later.as_bytes()), Check::Unknown, "{later}");
            let forged = later.replace(&id, "0123456");
            assert_eq!(check(forged.as_bytes()), Check::Bad, "{forged}");
        }
    }

    #[test]
    fn the_ids_of_a_signed_commit_have_forty_or_sixty_four_digits() {
        let (tree, parent) = (&BEFORE[5..45], &BEFORE[53..93]);
        assert!(tree.starts_with('0') && parent.starts_with('1'));
        let with = |id: &str, other: &str| {
            let before = BEFORE.replace(id, other);
            let line = sign(&key(), &NAMED, "sandbox-a", before.as_bytes());
            check(format!("{before}{line}\n").as_bytes())
        };
        for id in [tree, parent] {
            assert_eq!(with(id, &"a".repeat(40)), Check::Good);
            assert_eq!(with(id, &"a".repeat(64)), Check::Good);
            for odd in [
                "",
                &"a".repeat(39),
                &"a".repeat(41),
                &"a".repeat(63),
                &"a".repeat(65),
                &"g".repeat(40),
                &"A".repeat(64),
            ] {
                assert_eq!(with(id, odd), Check::Bad, "{odd}");
            }
        }
    }

    #[test]
    fn an_old_commit_is_of_the_sandbox_that_wrote_it_alone() {
        let own = "sandbox-a <sandbox-a@sandbox.invalid>";
        let mine = BEFORE.replace("Aidf-Branch: sandbox-a\n", "");
        let of = |before: &str, branch: &str| {
            let line = sign_v1(&key(), "demo", branch, before.as_bytes()).unwrap();
            judge(
                &ring(),
                &demo(),
                "main",
                format!("{before}{line}\n").as_bytes(),
            )
            .branch
        };
        assert_eq!(of(&mine, "sandbox-a").as_deref(), Some("sandbox-a"));
        for (from, to) in [
            (own, "ann <ann@sandbox.invalid>"),
            (own, "sandbox-a <sandbox-a@example.org>"),
            (own, "sandbox-a <sandbox-b@sandbox.invalid>"),
            (
                "committer sandbox-a <sandbox-a@sandbox.invalid>",
                "committer Ann <a@b.c>",
            ),
        ] {
            // The branch that is looked at counts, as for a commit of an operator.
            let other = mine.replace(from, to);
            assert_eq!(of(&other, "main").as_deref(), Some("main"), "{to}");
        }
    }
}
