//! The tests' own servers serve plain git: what fails elsewhere is not theirs. And git's
//! servers with each setting that refuses something: what works without it does, what does
//! not is refused in words, and nothing is lost.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::support::{Env, Kind, Out, Remote, World, text};

const KINDS: [Kind; 5] = [Kind::Path, Kind::File, Kind::Daemon, Kind::Http, Kind::Ssh];

fn plain(w: &World, args: &[&str]) {
    let mut command = w.env.command("git", &w.clone);
    command.args(args);
    for (name, value) in &w.vars {
        command.env(name, value);
    }
    let out = command.output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn plain_git_clones_pushes_and_fetches_over_every_kind() {
    for kind in KINDS {
        let w = World::new(kind);
        w.write("a.txt", "a\n");
        w.git(&["add", "a.txt"]);
        w.git(&["commit", "--quiet", "-m", "Add a"]);
        plain(&w, &["push", "--quiet", "origin", "HEAD:refs/heads/plain"]);
        assert_eq!(w.remote.file("plain", "a.txt"), b"a\n", "{kind:?}");
        plain(&w, &["fetch", "--quiet"]);
        w.remote.is_sound();
        w.clone_is_sound();
    }
}

#[test]
fn plain_git_pushes_what_does_not_fit_its_buffer() {
    // More than http.postBuffer: git probes, then sends chunks.
    let w = World::new(Kind::Http);
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    w.write("big.bin", &bytes);
    w.git(&["add", "big.bin"]);
    w.git(&["commit", "--quiet", "-m", "Big"]);
    plain(&w, &["push", "--quiet", "origin", "HEAD:refs/heads/plain"]);
    assert_eq!(w.remote.file("plain", "big.bin"), bytes);
}

#[test]
fn the_counters_count() {
    for kind in [Kind::Http, Kind::Daemon] {
        let w = World::new(kind);
        w.remote.reset();
        assert_eq!(w.remote.connections(), 0);
        plain(&w, &["ls-remote", "--quiet", "origin"]);
        assert_eq!(w.remote.connections(), 1, "{kind:?}");
        plain(&w, &["ls-remote", "--quiet", "origin"]);
        assert_eq!(w.remote.connections(), 2, "{kind:?}");
    }
}

#[test]
fn the_other_writer_is_real() {
    let w = World::path();
    let before = w.remote.tip("sandbox");
    w.remote.write(
        "sandbox",
        &[("x/y.txt", Some(b"y\n")), ("README.md", None)],
        "Other",
    );
    assert_eq!(w.remote.file("sandbox", "x/y.txt"), b"y\n");
    assert!(w.remote.try_file("sandbox", "README.md").is_none());
    assert_eq!(w.remote.count(&format!("{before}..sandbox")), 1);
    w.remote.is_sound();
}

/// The kinds whose server reads the settings of the repository.
const SERVED: [Kind; 3] = [Kind::Path, Kind::Http, Kind::Daemon];

fn set(w: &World, settings: &[(&str, &str)]) {
    for (name, value) in settings {
        w.remote.git(&["config", "--add", name, value]);
    }
}

fn archives(w: &World) -> String {
    w.remote.git(&[
        "for-each-ref",
        "--format=%(objectname)",
        "refs/aidf/archive/",
    ])
}

/// A sandbox, a commit of this clone and one of another machine, a rollback, two backups.
#[track_caller]
fn works(w: &World) -> String {
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let first = w.save("a.txt", "a\n", "Add a");
    let other = w.other();
    other.share_key(w);
    let args = [
        "-R",
        &w.url,
        "commit",
        "b.txt=-",
        "-m",
        "Add b",
        "--reuse-token",
        &token,
    ];
    other.call(&args).stdin("b\n").run().ok();
    w.json(&["rollback", &text(&first, "commit")]);
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
    assert_eq!(w.remote.file(&branch, "b.txt"), b"b\n");
    let made = w.json(&[
        "backup", "create", "--branch", "main", "--branch", "sandbox",
    ]);
    for backup in made["backups"].as_array().unwrap() {
        assert_eq!(backup["created"], true, "{made}");
        assert_eq!(
            w.remote.tip(&text(backup, "backup")),
            text(backup, "commit")
        );
    }
    let again = w.json(&[
        "backup", "create", "--branch", "main", "--branch", "sandbox",
    ]);
    for backup in again["backups"].as_array().unwrap() {
        assert_eq!(backup["created"], false, "{again}");
        assert_eq!(backup["authenticated"], true, "{again}");
    }
    let checked = w.json(&["backup", "verify"]);
    assert_eq!(checked["problems"], serde_json::json!([]), "{checked}");
    w.remote.is_sound();
    branch
}

#[test]
fn settings_that_refuse_nothing_of_aidf_change_nothing() {
    for kind in SERVED {
        let w = World::new(kind);
        set(
            &w,
            &[
                ("receive.denyNonFastForwards", "true"),
                ("receive.denyDeletes", "true"),
                ("receive.denyCurrentBranch", "refuse"),
                ("receive.advertisePushOptions", "false"),
                ("receive.certNonceSeed", "a seed"),
                ("receive.unpackLimit", "1"),
                ("transfer.fsckObjects", "true"),
                ("uploadpack.allowAnySHA1InWant", "false"),
                ("uploadpack.allowTipSHA1InWant", "false"),
                ("uploadpack.allowFilter", "false"),
                ("uploadpack.allowRefInWant", "false"),
                ("uploadpack.hideRefs", "refs/aidf"),
                ("protocol.version", "0"),
            ],
        );
        works(&w);
        for version in ["1", "2"] {
            w.remote.git(&["config", "protocol.version", version]);
            w.save("c.txt", version, "Add c");
        }
    }
}

#[test]
fn a_server_that_moves_no_two_refs_as_one_does_it_one_by_one() {
    for kind in SERVED {
        let w = World::of(Remote::new(kind, "widgets", false));
        set(&w, &[("receive.advertiseAtomic", "false")]);
        w.remote.git(&["branch", "sandbox-base-of-others", "main"]);
        // The base is made before the sandbox that comes from it.
        let opened = w.init();
        assert_eq!(opened["base_created"], true, "{opened}");
        assert_eq!(w.remote.tip("sandbox"), w.remote.tip("main"));
        let branch = works(&w);
        let tip = w.remote.tip(&branch);
        w.json(&["sandbox", "close", &branch]);
        assert!(w.remote.try_tip(&branch).is_none());
        assert_eq!(archives(&w), tip);
        w.json(&["sandbox", "restore", &branch]);
        assert_eq!(w.remote.tip(&branch), tip);
        // Old backups of two branches, without entries of the manifest.
        for old in [
            "backup/2019-01-01",
            "backup/sandbox/2019-01-01",
            "backup/2018-01-01",
        ] {
            w.remote.git(&["branch", old, "main"]);
        }
        let prune = [
            "backup",
            "prune",
            "--keep-last",
            "1",
            "--trust-unauthenticated",
        ];
        let pruned = w.json(&prune);
        let mut gone: Vec<&str> = pruned["removed"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|name| name.as_str())
            .collect();
        gone.sort_unstable();
        assert_eq!(
            gone,
            [
                "backup/2018-01-01",
                "backup/2019-01-01",
                "backup/sandbox/2019-01-01"
            ]
        );
        let left = w.remote.refs();
        assert!(
            !left.contains("/2018-") && !left.contains("/2019-"),
            "{left}"
        );
        assert_eq!(w.json(&prune)["removed"], serde_json::json!([]));
        w.remote.is_sound();
    }
}

#[test]
fn a_destination_that_moves_no_two_refs_as_one_gets_the_backups_one_by_one() {
    let w = World::path();
    let there = Remote::new(Kind::Http, "copies", false);
    there.git(&["config", "receive.advertiseAtomic", "false"]);
    let create = [
        "backup", "create", "--branch", "main", "--branch", "sandbox", "--dest", &there.url,
    ];
    let made = w.json(&create);
    let pushed = &made["destinations"][0]["pushed"];
    assert_eq!(pushed.as_array().map(Vec::len), Some(2), "{made}");
    for backup in made["backups"].as_array().unwrap() {
        assert_eq!(there.tip(&text(backup, "backup")), text(backup, "commit"));
    }
    assert_eq!(
        w.json(&create)["destinations"][0]["pushed"],
        serde_json::json!([])
    );
    there.is_sound();
}

#[test]
fn a_backup_of_several_that_is_refused_midway_says_what_was_made() {
    let w = World::path();
    set(&w, &[("receive.advertiseAtomic", "false")]);
    w.remote.hook(
        "pre-receive",
        "#!/bin/sh\nwhile read old new ref; do case $ref in *backup/sandbox/*) echo never >&2; exit 1;; esac; done\n",
    );
    let create = [
        "backup", "create", "--branch", "main", "--branch", "sandbox",
    ];
    let out = w.aidf(&create).exits(5);
    assert!(out.stderr.contains("never"), "{out}");
    assert!(out.stderr.contains("before this it took backup/"), "{out}");
    // The next run finds the first, and makes the other.
    w.remote.unhook("pre-receive");
    let made = w.json(&create);
    let created: Vec<bool> = made["backups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["created"].as_bool().unwrap())
        .collect();
    assert_eq!(created, [false, true], "{made}");
    for backup in made["backups"].as_array().unwrap() {
        assert_eq!(backup["authenticated"], true, "{made}");
    }
}

/// Has a server call every push of a backup of main done, and do nothing (githooks(5),
/// proc-receive).
fn pretends(remote: &Remote) {
    pretends_of(
        remote,
        "refs/heads/backup",
        "refs/heads/backup/$(date -u +%F)",
    );
}

/// The same, of the refs below `prefix`, and of one of them by its name.
fn pretends_of(remote: &Remote, prefix: &str, name: &str) {
    remote.git(&["config", "receive.advertiseAtomic", "false"]);
    remote.git(&["config", "receive.procReceiveRefs", prefix]);
    remote.hook(
        "proc-receive",
        &format!(
            "#!/bin/sh\nanswer=\"ok {name}\"\nprintf '000dversion=1%s%04x%s0000' 0000 $((${{#answer}} + 4)) \"$answer\"\ncat >/dev/null\n"
        ),
    );
}

#[test]
fn a_server_that_only_says_that_it_took_the_base_of_a_sandbox_is_found_out() {
    let w = World::of(Remote::new(Kind::Http, "widgets", false));
    pretends_of(&w.remote, "refs/heads/sandbox", "refs/heads/sandbox");
    let out = w.aidf(&["sandbox", "init"]).exits(9);
    assert!(out.stderr.contains("and does not show it"), "{out}");
    assert!(w.remote.try_tip("sandbox").is_none());
}

#[test]
fn a_sandbox_that_is_refused_after_its_base_was_made_says_so() {
    let w = World::of(Remote::new(Kind::Path, "widgets", false));
    set(&w, &[("receive.advertiseAtomic", "false")]);
    w.remote.hook(
        "pre-receive",
        "#!/bin/sh\nwhile read old new ref; do case $ref in *sandbox-*) echo never >&2; exit 1;; esac; done\n",
    );
    let out = w.aidf(&["sandbox", "init"]).exits(5);
    assert!(out.stderr.contains("before this it took sandbox"), "{out}");
    w.remote.unhook("pre-receive");
    assert_eq!(w.init()["base_created"], false);
}

#[test]
fn a_destination_that_refuses_a_backup_midway_says_what_it_took() {
    let w = World::path();
    let there = Remote::new(Kind::Http, "copies", false);
    there.git(&["config", "receive.advertiseAtomic", "false"]);
    there.hook(
        "pre-receive",
        "#!/bin/sh\nwhile read old new ref; do case $ref in *backup/sandbox/*) echo never >&2; exit 1;; esac; done\n",
    );
    let create = [
        "backup", "create", "--branch", "main", "--branch", "sandbox", "--dest", &there.url,
    ];
    let out = w.aidf(&create).exits(5);
    assert!(out.all().contains("never"), "{out}");
    assert!(out.all().contains("before this it took backup/"), "{out}");
}

#[test]
fn a_server_that_only_says_that_it_took_a_backup_is_found_out() {
    let w = World::new(Kind::Http);
    let both = [
        "backup", "create", "--branch", "main", "--branch", "sandbox",
    ];
    let there = Remote::new(Kind::Http, "copies", false);
    pretends(&there);
    let refs = there.refs();
    let out = w.aidf(&[&both[..], &["--dest", &there.url]].concat());
    assert_eq!(out.code, 9, "{out}");
    assert!(out.stderr.contains("and does not show it"), "{out}");
    assert_eq!(there.refs(), refs);
    let w = World::new(Kind::Http);
    pretends(&w.remote);
    let refs = w.remote.refs();
    let out = w.aidf(&both).exits(9);
    assert!(out.stderr.contains("and does not show it"), "{out}");
    assert_eq!(w.remote.refs(), refs);
}

/// A command that the server refuses: in words, and with nothing moved.
#[track_caller]
fn refused(w: &World, args: &[&str], code: i32, words: &[&str]) -> Out {
    let out = w.refuses(args, code);
    for word in words {
        assert!(out.stderr.contains(word), "{word:?} is not said\n{out}");
    }
    out
}

#[test]
fn what_a_setting_refuses_is_refused_in_words_and_nothing_moves() {
    for kind in SERVED {
        let w = World::new(kind);
        let branch = w.sandbox();
        w.save("a.txt", "a\n", "Add a");
        // A branch that cannot go is not archived either.
        set(&w, &[("receive.denyDeletes", "true")]);
        refused(&w, &["sandbox", "close"], 5, &["deletion"]);
        assert!(w.remote.try_tip(&branch).is_some());
        assert_eq!(archives(&w), "");
        w.save("b.txt", "b\n", "Add b");
        // Names that are hidden from pushes.
        set(&w, &[("receive.hideRefs", "refs/heads/backup")]);
        refused(&w, &["backup", "create"], 5, &["hidden"]);
        set(&w, &[("receive.hideRefs", &format!("refs/heads/{branch}"))]);
        w.write("c.txt", "c\n");
        refused(&w, &["commit", "c.txt", "-m", "Add c"], 3, &[&branch]);
        w.remote.git(&["config", "--unset-all", "receive.hideRefs"]);
        // Packs that are too large.
        set(&w, &[("receive.maxInputSize", "500")]);
        let noise: Vec<u8> = (0..4000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8)
            .collect();
        w.write("c.bin", noise);
        let out = w.aidf(&["commit", "c.bin", "-m", "Add c"]);
        assert!([5, 9].contains(&out.code), "{out}");
        // A server that closes what it has not read to its end resets the connection, and its
        // last words may be lost with it.
        let is_lost = kind == Kind::Daemon && out.stderr.contains("ended the connection");
        let is_told = out.stderr.contains("exceeds maximum allowed size");
        assert!(is_told || is_lost, "{out}");
        w.remote
            .git(&["config", "--unset-all", "receive.maxInputSize"]);
        w.save("c.txt", "c\n", "Add c");
        for (path, content) in [("a.txt", "a\n"), ("b.txt", "b\n"), ("c.txt", "c\n")] {
            assert_eq!(w.remote.text(&branch, path), content);
        }
        w.remote.is_sound();
    }
}

#[test]
fn a_server_that_hides_the_refs_of_aidf_has_sandboxes_without_an_identity() {
    for kind in SERVED {
        let w = World::new(kind);
        set(&w, &[("transfer.hideRefs", "refs/aidf")]);
        let branch = w.sandbox();
        // git moves the refs that it does not hide, though the push was to move all or none.
        let sandboxes = w.remote.git(&[
            "for-each-ref",
            "--format=%(refname:short)",
            "refs/heads/sandbox-*",
        ]);
        assert_eq!(sandboxes, branch, "a sandbox was left behind");
        w.save("a.txt", "a\n", "Add a");
        assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
        assert!(
            !w.remote.refs().contains("refs/aidf"),
            "{}",
            w.remote.refs()
        );
        w.json(&["rollback", "--last", "1"]);
        let made = w.json(&["backup", "create"]);
        assert_eq!(made["backups"][0]["created"], true);
        assert_eq!(made["backups"][0]["authenticated"], false);
        assert!(
            made["warnings"].to_string().contains("not authenticated"),
            "{made}"
        );
        let issued = w.json(&["token", "issue", "--branch", &branch]);
        refused(
            &w,
            &["token", "revoke", &text(&issued, "token_id")],
            5,
            &["hidden"],
        );
        refused(&w, &["sandbox", "close"], 5, &["hidden", "moved them back"]);
        assert!(w.remote.try_tip(&branch).is_some());
        // Where the server lets nobody bring it back, it is said how.
        w.remote.hook(
            "update",
            "#!/bin/sh\ncase $2 in 0000*) echo no new ones >&2; exit 1;; esac\n",
        );
        let tip = w.remote.tip(&branch);
        let out = w.aidf(&["sandbox", "close"]).exits(5);
        let mend = format!("{tip}:refs/heads/{branch}");
        assert!(out.stderr.contains(&mend), "{out}");
        w.remote.unhook("update");
        w.git(&[
            "push",
            "--quiet",
            "--force",
            &w.remote.bare.display().to_string(),
            &mend,
        ]);
        w.remote.is_sound();
    }
}

#[test]
fn a_server_that_takes_no_pushes_is_read_and_says_so() {
    let read_only = |w: &World, code: i32, words: &str| {
        for args in [
            &["sandbox", "list"][..],
            &["log", "main"],
            &["backup", "list"],
        ] {
            w.json(args);
        }
        w.write("a.txt", "a\n");
        for args in [
            &["sandbox", "init"][..],
            &["commit", "a.txt", "-m", "Add a", "--branch", "work"],
            &["backup", "create"],
        ] {
            refused(w, args, code, &[words]);
        }
        w.remote.is_sound();
    };
    let w = World::new(Kind::Http);
    w.remote.git(&["config", "http.receivepack", "false"]);
    read_only(&w, 4, "403");
    read_only(
        &World::new(Kind::ReadOnlyDaemon),
        3,
        "--enable=receive-pack",
    );
    let w = World::new(Kind::Http);
    w.remote.git(&["config", "http.uploadpack", "false"]);
    refused(&w, &["sandbox", "list"], 4, &["403"]);
}

#[test]
fn the_branch_that_a_server_has_checked_out_is_not_written_behind_its_back() {
    let w = World::path();
    let server = w.env.path("checked-out");
    let path = server.to_str().unwrap();
    w.env
        .git(&w.env.home(), &["clone", "--quiet", &w.url, path]);
    w.env.git(&server, &["branch", "sandbox", "origin/sandbox"]);
    let init = ["-R", path, "sandbox", "init", "--json"];
    let opened = w.env.aidf(&w.env.home(), &init).ok().json();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let commit = || {
        w.env
            .call(
                &w.env.home(),
                &["-R", path, "commit", "a.txt=-", "-m", "Add a"],
            )
            .env("AIDF_REUSE_TOKEN", &token)
            .stdin("a\n")
            .run()
    };
    w.env.git(&server, &["checkout", "--quiet", &branch]);
    let head = w.env.git(&server, &["rev-parse", "HEAD"]);
    let out = commit().exits(5);
    assert!(out.stderr.contains("currently checked out"), "{out}");
    assert_eq!(w.env.git(&server, &["rev-parse", "HEAD"]), head);
    assert_eq!(w.env.git(&server, &["status", "--porcelain"]), "");
    // Elsewhere it may be written.
    w.env.git(&server, &["checkout", "--quiet", "main"]);
    commit().ok();
    let shown = w.env.git(&server, &["show", &format!("{branch}:a.txt")]);
    assert_eq!(shown, "a");
    assert_eq!(w.env.git(&server, &["status", "--porcelain"]), "");
}

/// What was offered, and what was asked for, of each exchange.
type Kept = Mutex<Vec<(BTreeSet<String>, BTreeSet<String>)>>;

/// git's own server of version 0 behind a daemon that leaves some capabilities out of what it
/// offers, and keeps what is asked of it.
struct Plainer {
    url: String,
    asked: Arc<Kept>,
}

fn names(capabilities: &str) -> BTreeSet<String> {
    let words = capabilities.split_ascii_whitespace();
    words
        .map(|w| w.split('=').next().unwrap().to_owned())
        .collect()
}

fn read_packet(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 4];
    from.read_exact(&mut head)?;
    let length = usize::from_str_radix(std::str::from_utf8(&head).unwrap(), 16).unwrap();
    let mut data = vec![0; length.saturating_sub(4)];
    from.read_exact(&mut data)?;
    Ok(data)
}

fn packet(data: &[u8]) -> Vec<u8> {
    [format!("{:04x}", data.len() + 4).as_bytes(), data].concat()
}

impl Plainer {
    fn start(remote: &Remote, left_out: &'static [&'static str]) -> Plainer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (bare, kept) = (remote.bare.clone(), Arc::clone(&asked));
        std::thread::spawn(move || {
            let env = Env::new();
            for line in listener.incoming().flatten() {
                let command = env.command("git", &bare);
                let (bare, kept) = (bare.clone(), Arc::clone(&kept));
                std::thread::spawn(move || {
                    // Whoever leaves early is not missed.
                    let _ = serve(line, command, bare, left_out, &kept);
                });
            }
        });
        Plainer {
            url: format!("git://127.0.0.1:{port}/widgets.git"),
            asked,
        }
    }

    /// What was asked for without having been offered.
    fn not_offered(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        assert!(!asked.is_empty());
        let mut found = Vec::new();
        for (offered, asked) in asked.iter() {
            found.extend(asked.difference(offered).cloned());
        }
        found
    }
}

/// Hands on piece by piece: `std::io::copy` leaves that to the kernel, which may wait for more.
fn relay(from: &mut impl Read, to: &mut impl Write) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}

fn serve(
    mut line: TcpStream,
    mut command: Command,
    bare: PathBuf,
    left_out: &[&str],
    kept: &Kept,
) -> std::io::Result<()> {
    let request = String::from_utf8(read_packet(&mut line)?).unwrap();
    let service = request.split(' ').next().unwrap();
    let service = service.strip_prefix("git-").unwrap();
    let mut child = command
        .arg(service)
        .arg(bare)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (mut to, mut from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let first = read_packet(&mut from)?;
    let nul = first.iter().position(|b| *b == 0).unwrap();
    let all = String::from_utf8(first[nul + 1..].to_vec()).unwrap();
    let stays = |w: &&str| !left_out.iter().any(|l| w.split('=').next() == Some(l));
    let rest: Vec<&str> = all.split_ascii_whitespace().filter(stays).collect();
    let rest = rest.join(" ");
    line.write_all(&packet(&[&first[..=nul], rest.as_bytes(), b"\n"].concat()))?;
    let mut back = line.try_clone()?;
    let answer = std::thread::spawn(move || {
        relay(&mut from, &mut back);
        let _ = back.shutdown(std::net::Shutdown::Both);
    });
    let said = read_packet(&mut line)?;
    let text = String::from_utf8_lossy(&said).into_owned();
    let asked = match (text.split_once('\0'), text.strip_prefix("want ")) {
        (Some((_, asked)), _) => Some(asked),
        (None, Some(want)) => want.split_once(' ').map(|(_, asked)| asked),
        // Nothing is wanted.
        _ => None,
    };
    if let Some(asked) = asked {
        kept.lock().unwrap().push((names(&rest), names(asked)));
    }
    match said.is_empty() {
        true => to.write_all(b"0000")?,
        false => to.write_all(&packet(&said))?,
    }
    relay(&mut line, &mut to);
    drop(to);
    let _ = answer.join();
    child.wait().map(drop)
}

#[test]
fn nothing_is_asked_of_a_server_that_it_does_not_offer() {
    const CASES: [&[&str]; 4] = [
        &[],
        &["side-band-64k"],
        &["agent", "object-format", "push-options", "atomic", "quiet"],
        &[
            "side-band-64k",
            "side-band",
            "thin-pack",
            "ofs-delta",
            "no-progress",
            "multi_ack",
            "multi_ack_detailed",
            "no-done",
            "agent",
            "object-format",
            "symref",
            "atomic",
            "push-options",
            "filter",
            "shallow",
        ],
    ];
    for left_out in CASES {
        let mut w = World::path();
        let server = Plainer::start(&w.remote, left_out);
        w.git(&["remote", "set-url", "origin", &server.url]);
        w.url = server.url.clone();
        let opened = w.init();
        let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
        let large: Vec<u8> = (0..300_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        w.save("large.bin", &large, "Add a large file");
        // Another machine fetches all of it, and then what it lacks.
        let other = w.other();
        other.share_key(&w);
        other.json(&["sandbox", "init", "--reuse-token", &token]);
        w.save("a.txt", "a\n", "Add a");
        other.save("b.txt", "b\n", "Add b");
        other.json(&["rollback", "--last", "2"]);
        assert_eq!(w.remote.file(&branch, "large.bin"), large);
        assert!(
            w.remote.try_file(&branch, "a.txt").is_none(),
            "{left_out:?}"
        );
        let list = ["-R", &server.url, "sandbox", "list"];
        w.json(&list);
        w.json(&["backup", "create"]);
        w.json(&["backup", "drill"]);
        assert_eq!(server.not_offered(), [""; 0], "{left_out:?}");
        w.remote.is_sound();
        other.clone_is_sound();
    }
}

#[test]
fn a_pack_in_no_band_that_is_cut_short_is_not_taken() {
    let w = World::path();
    w.remote
        .write("main", &[("new.txt", Some(b"new\n"))], "New");
    let tip = w.remote.tip("main");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut line in listener.incoming().flatten() {
            let _ = read_packet(&mut line);
            let refs = packet(format!("{tip} HEAD\0agent=x\n").as_bytes());
            let main = packet(format!("{tip} refs/heads/main\n").as_bytes());
            let _ = line.write_all(&[refs, main, b"0000".to_vec()].concat());
            let _ = read_packet(&mut line);
            let _ = line.write_all(&[packet(b"NAK\n"), b"PACK\0\0\0\x02\0\0".to_vec()].concat());
        }
    });
    let url = format!("git://127.0.0.1:{port}/widgets.git");
    let out = w.aidf(&["-R", &url, "log", "main"]).exits(9);
    assert!(out.stderr.contains("ended the connection"), "{out}");
}

#[test]
fn a_server_that_does_not_say_where_its_head_is_has_its_branch_found_by_its_commit() {
    let w = World::without_base();
    let server = Plainer::start(&w.remote, &["symref"]);
    let init = |extra: &[&str]| {
        let args = [&["-R", &server.url, "sandbox", "init", "--json"], extra].concat();
        w.call(&args).run()
    };
    // One branch is there.
    w.remote.git(&["branch", "-m", "main", "dev"]);
    w.remote.git(&["symbolic-ref", "HEAD", "refs/heads/dev"]);
    w.remote
        .write("other", &[("x.txt", Some(b"x\n"))], "Elsewhere");
    let opened = init(&[]).ok().json();
    assert_eq!(opened["base_created"], true, "{opened}");
    assert_eq!(w.remote.tip("sandbox"), w.remote.tip("dev"));
    // Two may be it, and nobody can tell.
    let clear = || {
        for name in w
            .remote
            .git(&["for-each-ref", "--format=%(refname)", "refs/heads/sandbox*"])
            .lines()
        {
            w.remote.git(&["update-ref", "-d", name]);
        }
    };
    clear();
    w.remote.git(&["branch", "trunk", "dev"]);
    let refs = w.remote.refs();
    let fresh = w.other();
    let args = ["-R", &server.url, "sandbox", "init"];
    let out = fresh.aidf(&args).exits(3);
    assert!(out.stderr.contains("dev, trunk"), "{out}");
    assert!(out.stderr.contains("--base"), "{out}");
    assert_eq!(w.remote.refs(), refs);
    // What new repositories would have decides, as it does for git.
    fresh.env.gitconfig("[init]\n\tdefaultBranch = trunk\n");
    let made = fresh.json(&["-R", &server.url, "backup", "create"]);
    assert_eq!(made["backups"][0]["branch"], "trunk", "{made}");
    w.remote.git(&["branch", "master", "dev"]);
    let made = w.other().json(&["-R", &server.url, "backup", "create"]);
    assert_eq!(made["backups"][0]["branch"], "master", "{made}");
}
