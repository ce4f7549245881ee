//! Sandboxes that a pod would open beside its quota: git moves the refs of a push one by one.

use super::now;
use crate::support::{Guarded, Kind, Machine, claims};
use aidf::clock::Moment;
use aidf::openings;
use std::io::{Read, Write};
use std::process::Stdio;

const POLICY: &str = "pods: {SlowPod: {quota: {open_sandboxes: 1}}}\n";
const FULL: &str = "SlowPod has 1 sandbox open";

/// A sandbox of the pod: its branch, its record and its token.
struct Sandbox {
    branch: String,
    record: String,
    token: String,
}

impl Sandbox {
    fn of(g: &Guarded, name: &str) -> Sandbox {
        let claims = aidf::token::Claims {
            pod: Some("SlowPod".to_owned()),
            ..claims(Some(name), now(), None)
        };
        Sandbox {
            branch: format!("refs/heads/{name}"),
            record: openings::name(name, Moment::from_seconds(now()), Some("SlowPod")),
            token: g.seal(&claims, "widgets"),
        }
    }

    fn open(&self) -> [String; 2] {
        [&self.branch, &self.record].map(|name| format!("HEAD:{name}"))
    }

    fn close(&self) -> [String; 2] {
        [&self.branch, &self.record].map(|name| format!(":{name}"))
    }
}

fn world() -> (Guarded, Machine, Sandbox, Sandbox) {
    let g = Guarded::new(Kind::Path, POLICY);
    let ada = g.w.other();
    ada.at("sandbox");
    let [one, two] = ["sandbox-one", "sandbox-two"].map(|name| Sandbox::of(&g, name));
    (g, ada, one, two)
}

fn strs(all: &[String; 2]) -> [&str; 2] {
    all.each_ref().map(String::as_str)
}

#[test]
fn a_record_that_goes_while_its_sandbox_stays_opens_no_second_one() {
    type Hold = fn(&Guarded);
    let holds: [(&str, Hold, Hold); 2] = [
        (
            "a server that denies deletions",
            |g| {
                g.w.remote.git(&["config", "receive.denyDeletes", "true"]);
            },
            |g| {
                g.w.remote.git(&["config", "receive.denyDeletes", "false"]);
            },
        ),
        (
            "a lock that is held",
            |g| {
                let lock = g.w.remote.bare.join("refs/heads/sandbox-one.lock");
                std::fs::write(lock, "").unwrap();
            },
            |g| {
                let lock = g.w.remote.bare.join("refs/heads/sandbox-one.lock");
                std::fs::remove_file(lock).unwrap();
            },
        ),
    ];
    for (what, hold, release) in holds {
        let (g, ada, one, two) = world();
        g.passes(&ada, &[&one.token], &strs(&one.open()));
        hold(&g);
        let out = g.push(&ada, &[&one.token], &strs(&one.close()));
        assert_ne!(out.code, 0, "{what}: {out}");
        let refs = g.w.remote.refs();
        assert!(
            refs.contains(&one.branch) && !refs.contains(&one.record),
            "{what}: the branch alone stays: {refs}"
        );
        release(&g);
        g.refused(&ada, &[&two.token], &strs(&two.open()), FULL);
        // It counts as long as it is there.
        g.passes(&ada, &[&one.token], &[strs(&one.close())[0]]);
        g.passes(&ada, &[&two.token], &strs(&two.open()));
    }
}

#[test]
fn a_record_that_is_not_made_with_its_sandbox_opens_no_second_one() {
    let (g, ada, one, two) = world();
    let lock = g.w.remote.bare.join(format!("{}.lock", one.record));
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(&lock, "").unwrap();
    let out = g.push(&ada, &[&one.token], &strs(&one.open()));
    assert_ne!(out.code, 0, "{out}");
    let refs = g.w.remote.refs();
    assert!(
        refs.contains(&one.branch) && !refs.contains(&one.record),
        "the branch alone is made: {refs}"
    );
    g.refused(&ada, &[&two.token], &strs(&two.open()), FULL);
}

#[test]
fn a_push_that_names_a_ref_twice_is_refused() {
    let (g, ada, one, _two) = world();
    g.passes(&ada, &[&one.token], &strs(&one.open()));
    let (tip, main) = (g.w.remote.tip("sandbox-one"), g.w.remote.tip("main"));
    let zero = "0".repeat(40);
    let before = g.w.remote.refs();
    let commands = [
        format!("{main} {zero} {}", one.branch),
        format!("{tip} {zero} {}", one.branch),
        format!("{tip} {zero} {}", one.record),
    ];
    let said = raw(&g, &one.token, &commands);
    assert_eq!(g.w.remote.refs(), before, "{said}");
    assert!(said.contains("twice"), "{said}");
}

/// Speaks to `git receive-pack` by hand: these commands, with a token, and no objects.
fn raw(g: &Guarded, token: &str, commands: &[String]) -> String {
    let mut command = g.w.env.command("git", &g.w.env.home());
    let mut child = command
        .arg("receive-pack")
        .arg(&g.w.remote.bare)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut sent = String::new();
    let mut packet = |text: &str| sent.push_str(&format!("{:04x}{text}", text.len() + 4));
    for (n, command) in commands.iter().enumerate() {
        match n {
            0 => packet(&format!("{command}\0report-status push-options")),
            _ => packet(command),
        }
    }
    let commands = std::mem::take(&mut sent);
    let mut packet = |text: &str| sent.push_str(&format!("{:04x}{text}", text.len() + 4));
    packet(&format!("aidf-token={token}"));
    let bytes = format!("{commands}0000{sent}0000");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(bytes.as_bytes()).unwrap();
    drop(stdin);
    let mut said = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    child.stderr.take().unwrap().read_to_end(&mut said).unwrap();
    child.wait().unwrap();
    String::from_utf8_lossy(&said).into_owned()
}
