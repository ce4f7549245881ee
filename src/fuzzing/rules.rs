//! Decoders of the pure rules: addresses, names, dates, tokens, signatures, globs.

use super::{has_control, two};
use crate::alerts::{SecretScan, ci_directive};
use crate::backup_name as backup;
use crate::callback::Callback;
use crate::clock::{Moment, Period};
use crate::git::Endpoint;
use crate::git::redact;
use crate::identity::{Identity, Repository, RepositoryId};
use crate::keys::{Key, KeyRing};
use crate::names;
use crate::policy::{Policy, PolicyFile};
use crate::signature::{self as sign, Check};
use crate::token::{self as tokens, Claims, TokenKind};
use crate::url::{HttpUrl, percent_decode};
use std::path::Path;

const NOW: i64 = 1_795_342_272;

fn ring() -> KeyRing {
    KeyRing::of(vec![Key::new(vec![7; 32])])
}

/// What an address decodes to can neither end a line nor be an option to a program.
pub(super) fn endpoint(data: &[u8]) {
    let Ok(url) = std::str::from_utf8(data) else {
        return;
    };
    let sound = |part: &str| assert!(!has_control(part), "{part:?} holds a control character");
    let host = |host: &str| {
        sound(host);
        assert!(!host.is_empty() && !host.contains(char::is_whitespace));
        assert!(!host.starts_with('-') && !host.starts_with("[-"), "{host}");
        // Nothing but an IPv6 address is in brackets.
        if let Some(inner) = host.strip_prefix('[') {
            let bare = inner.strip_suffix(']').unwrap_or(inner);
            let address = bare.split('%').next().unwrap_or(bare);
            assert!(address.parse::<std::net::Ipv6Addr>().is_ok(), "{host}");
        }
    };
    if let Some(decoded) = percent_decode(url) {
        assert!(decoded.len() <= url.len());
    }
    let shown = redact(url);
    let Ok(endpoint) = Endpoint::parse(url, Path::new("/base")) else {
        return;
    };
    let told = endpoint.to_string();
    sound(&told);
    sound(&endpoint.repo_name());
    match &endpoint {
        Endpoint::Path(path) => {
            sound(&path.to_string_lossy());
        }
        Endpoint::Ssh(ssh) => {
            host(ssh.host());
            sound(ssh.path());
            assert!(!ssh.path().is_empty() && !ssh.path().starts_with('-'));
            assert!(!ssh.destination().starts_with('-'));
            if let Some(user) = ssh.user() {
                sound(user);
                assert!(!user.starts_with('-') && !user.is_empty(), "{user}");
            }
        }
        Endpoint::Daemon(daemon) => {
            host(daemon.host());
            sound(daemon.path());
        }
        Endpoint::Http(http) => of_http(http, (url, &told, &shown), host),
    }
}

fn of_http(http: &HttpUrl, (url, told, shown): (&str, &str, &str), host: impl Fn(&str)) {
    host(http.host());
    assert!(!http.path().contains(['?', '#']));
    for part in [http.user(), http.password()].into_iter().flatten() {
        assert!(!has_control(part), "{part:?} holds a control character");
    }
    if let Some(password) = http.password().filter(|p| p.len() > 8) {
        // Where it is behind the login as well, it is no secret of theirs.
        let authority = url.find("://").map_or(0, |at| at + 3);
        let end = url[authority..].find(['/', '?', '#']);
        let end = end.map_or(url.len(), |at| authority + at);
        let login = url[..end].rfind('@').unwrap_or(0);
        let plain = url[login..].contains(password) || http.path().contains(password);
        assert!(plain || !told.contains(password), "{told} tells a password");
        assert!(
            plain || !shown.contains(password),
            "{shown} tells a password"
        );
    }
    // What is told leads to the same place, and nobody is named in it.
    let Ok(Endpoint::Http(again)) = Endpoint::parse(told, Path::new("/base")) else {
        panic!("{told} is no address any more");
    };
    assert_eq!(again.plain(), http.plain());
    assert!(again.user().is_none() && again.password().is_none());
}

/// A name of a backup has one spelling, and one moment.
pub(super) fn backup_name(data: &[u8]) {
    let Ok(name) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(read) = backup::parse(name) {
        let made = [
            backup::of_day(read.branch.as_deref(), read.time),
            backup::of_second(read.branch.as_deref(), read.time),
        ];
        assert!(made.iter().any(|m| m == name), "{name} has two spellings");
    }
    if names::is_sandbox(name) {
        let rest = &name[names::PREFIX.len()..];
        assert!((1..=64).contains(&rest.len()) && !rest.starts_with('-'));
        assert!(!has_control(name) && name.is_ascii() && !name.contains(['/', '.', ' ', '_']));
        assert!(crate::git::RefName::branch(name).is_ok());
        assert!(backup::parse(name).is_none());
    }
    if let Ok(branch) = names::requested(name) {
        assert!(names::is_sandbox(&branch));
    }
}

/// Stamps have one spelling; lengths of time go back where they came from.
pub(super) fn date(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(moment) = Moment::from_stamp(text) {
        assert!(moment.date() == text || moment.compact() == text);
        let _ = (moment.rfc3339(), moment.ledger(), moment.week_number());
        let _ = (moment.month_number(), moment.day_number());
    }
    if let Some(period) = Period::parse(text) {
        assert_eq!(period.to_string(), text);
        let now = Moment::from_seconds(NOW);
        assert!(period.before(now) < now, "{text} ago is not over");
        assert!(period.after(now) > now, "in {text} is over");
    }
    if let Ok(seconds) = text.trim().parse::<i64>() {
        let moment = Moment::from_seconds(seconds);
        let _ = (moment.rfc3339(), moment.date(), moment.month_number());
    }
}

/// Nothing but what was sealed opens, and no text repeats a token.
pub(super) fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let ring = ring();
    assert_eq!(
        tokens::open(text, &ring, "demo"),
        None,
        "{text} was never sealed"
    );
    if let Some(id) = tokens::key_id(text) {
        assert!(text.contains(id));
    }
    let (branch, rest) = two(text);
    let claims = Claims {
        branch: Some(branch.to_owned()),
        base: Some(rest.to_owned()).filter(|r| !r.is_empty()),
        id: "0123456789abcdef".to_owned(),
        kind: TokenKind::Sandbox,
        repository: None,
        pod: None,
        issued: NOW,
        expires: Some(NOW + 10),
    };
    let Some(key) = ring.active() else {
        panic!("a ring of one key has none");
    };
    for repository in [None, RepositoryId::parse(&"0f".repeat(20))] {
        let claims = Claims {
            repository,
            ..claims.clone()
        };
        let sealed = tokens::seal(&claims, key, "demo", [9; 24]);
        match tokens::open(&sealed, &ring, "demo") {
            Some(opened) => {
                assert!(names::is_sandbox(branch));
                assert_eq!(opened, claims);
            }
            None => assert!(!names::is_sandbox(branch) || sealed.len() > 4096),
        }
        let elsewhere = tokens::open(&sealed, &ring, "other");
        assert_eq!(
            elsewhere,
            Some(claims).filter(|c| c.repository.is_some()
                && names::is_sandbox(branch)
                && sealed.len() <= 4096)
        );
        // In the midst of any text.
        let secret = sealed.rsplit('.').next().unwrap_or(&sealed);
        let around = format!("{branch}{sealed}{rest}");
        let shown = tokens::redact(&around);
        assert!(!shown.contains(secret), "{shown}");
    }
    let plain = tokens::redact(text);
    assert!(plain == text || text.contains("aidf1.") || text.contains("aidf2."));
}

/// A signature holds for what was signed, and for nothing else. The bytes are a commit,
/// and then the message of one.
pub(super) fn signature(data: &[u8]) {
    let id = |digits: &str| RepositoryId::parse(&digits.repeat(20));
    for ids in [[None, None], [id("0f"), id("f0")]] {
        let [ours, other] = ids.map(|id| id.map_or(Identity::Absent, Identity::Is));
        let demo = Repository {
            name: "demo",
            identity: ours,
        };
        let other = Repository {
            name: "other",
            identity: other,
        };
        signed_for(data, &demo, &other);
    }
}

fn signed_for(data: &[u8], demo: &Repository<'_>, elsewhere: &Repository<'_>) {
    let ring = ring();
    let judge = |repository, raw: &[u8]| sign::judge(&ring, repository, "b", raw);
    let good = |raw: &[u8]| judge(demo, raw).check == Check::Good;
    assert!(!good(data), "it was never signed");
    let Some(key) = ring.active() else {
        panic!("a ring of one key has none");
    };
    let person = "a <a> 1 +0000";
    let head = format!(
        "tree {}\nauthor {person}\ncommitter {person}\n\n",
        "1".repeat(40)
    );
    let named = demo
        .identity
        .id()
        .map(|id| format!("{}: {id}\n", sign::REPOSITORY));
    let named = format!("\n\n{}Aidf-Branch: b\n", named.unwrap_or_default());
    let mut raw = [head.as_bytes(), data, named.as_bytes()].concat();
    let covered = raw.len();
    raw.extend_from_slice(sign::sign(key, demo, "b", &raw).as_bytes());
    raw.push(b'\n');
    let judged = judge(demo, &raw);
    if judged.check != Check::Good {
        let plain = |b: &u8| b.is_ascii_lowercase() || b" .:\n".contains(b);
        assert!(
            data.is_empty() || !data.iter().all(plain),
            "a signature is lost"
        );
        return;
    }
    assert_eq!(judged.branch.as_deref(), Some("b"));
    let there = judge(elsewhere, &raw).check;
    assert_ne!(there, Check::Good, "in another repository");
    // One bit anywhere, and a byte more.
    for at in [data.len() % covered, covered / 2, covered - 2] {
        let mut other = raw.clone();
        other[at] ^= 1;
        assert!(!good(&other), "byte {at} is altered");
    }
    raw.insert(head.len(), b'x');
    assert!(!good(&raw), "a byte more");
}

/// Content in pieces tells what it tells as a whole.
pub(super) fn alerts(data: &[u8]) {
    let mut whole = SecretScan::default();
    whole.feed(data);
    // Each piece is looked at with what was kept: long content in large pieces alone.
    for size in [1, 7, 64].into_iter().filter(|n| n * 200 > data.len()) {
        let mut pieces = SecretScan::default();
        data.chunks(size).for_each(|piece| pieces.feed(piece));
        assert_eq!(
            pieces.found().is_some(),
            whole.found().is_some(),
            "in pieces of {size}"
        );
    }
    let text = String::from_utf8_lossy(data);
    if let Some(directive) = ci_directive(&text) {
        let lower = text.to_lowercase();
        let stem = directive.split(':').next().unwrap_or(directive);
        assert!(lower.contains(stem) || lower.contains("ci"));
    }
    let middle = data.len() / 2;
    let (old, new) = data.split_at(middle);
    let _ = crate::guards::measure(old, new, 1000);
}

/// The first line is a glob, the second a path. A glob without a mark means itself.
pub(super) fn glob(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (glob, path) = two(text);
    if glob.len() > 256 || path.len() > 512 {
        return;
    }
    let mut file = PolicyFile::default();
    file.paths.deny.push(glob.to_owned());
    file.protected_branches.push(glob.to_owned());
    if file.fault().is_some() {
        return;
    }
    let policy = Policy::new(&file, &PolicyFile::default(), "sandbox", None);
    let _ = policy.check_path("sandbox-a", path);
    assert!(policy.is_protected("main"));
    assert!(
        !policy.is_protected("sandbox-a"),
        "a sandbox is its holder's"
    );
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    if !glob.is_empty() && glob.chars().all(plain) && !glob.ends_with('/') {
        for path in [glob.to_owned(), format!("{glob}/x"), glob.to_uppercase()] {
            assert!(policy.check_path("sandbox-a", &path).is_err(), "{path}");
        }
        assert!(names::is_sandbox(glob) || policy.is_protected(glob));
    }
    // No other rule of a policy lets its own file go.
    assert!(policy.check_path("sandbox-a", crate::policy::PATH).is_err());
}

/// An address that is called is one of a server, and shows no more than its host.
pub(super) fn callback(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(callback) = Callback::parse(text) else {
        return;
    };
    assert_eq!(callback.text(), text);
    let shown = callback.to_string();
    assert!(!has_control(&shown), "{shown:?} holds a control character");
    let host = shown.split_once("://").map(|(_, rest)| rest);
    let host = host.and_then(|rest| rest.strip_suffix("/…"));
    assert!(
        host.is_some_and(|h| !h.contains(['/', '?', '@'])),
        "{shown}"
    );
}
