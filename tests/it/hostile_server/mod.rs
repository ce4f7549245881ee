//! A server that means harm, or is broken: whatever it sends, aidf ends in good time with
//! an error, holds little memory, and keeps nothing of it.

mod bombs;
mod drips;
mod floods;
mod lacking;
mod lists;
mod packets;
mod packs;
mod reports;
mod stand_in;

use crate::support::{Machine, Out, World, make_executable};
use stand_in::{Asked, StandIn, Step};
use std::time::Duration;

/// Only what goes on without end takes longer, with a timeout of a second.
const SLACK: Duration = Duration::from_secs(60);

/// What an attack may make us hold, in bytes. libgit2 reserves some for each object that a
/// pack says it has, and a pack may say that it has 20 million.
const MEMORY: u64 = 384 << 20;

/// An id that no object has.
const NOBODY: &str = "1111111111111111111111111111111111111111";

/// A machine without a clone.
fn machine() -> (World, Machine) {
    let w = World::path();
    let machine = Machine::bare(&w.remote);
    (w, machine)
}

/// Frames a line.
fn pkt(data: impl AsRef<[u8]>) -> Vec<u8> {
    let data = data.as_ref();
    let mut bytes = format!("{:04x}", data.len() + 4).into_bytes();
    bytes.extend(data);
    bytes
}

/// Frames bytes for a band.
fn band(number: u8, data: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in data.as_ref().chunks(60_000) {
        bytes.extend(pkt([&[number], piece].concat()));
    }
    bytes
}

/// Says one thing.
fn say(bytes: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Say(bytes.into())]
}

/// The greeting of version 2.
fn version2() -> Vec<u8> {
    [
        pkt("version 2\n"),
        pkt("ls-refs\n"),
        pkt("fetch\n"),
        pkt("object-format=sha1\n"),
        b"0000".to_vec(),
    ]
    .concat()
}

/// The list of one branch, by version 2.
fn listed(id: &str) -> Vec<u8> {
    [pkt(format!("{id} refs/heads/main\n")), b"0000".to_vec()].concat()
}

/// What a receive-pack begins with: these refs.
fn greeting(refs: &[(&str, &str)]) -> Vec<u8> {
    let can =
        "report-status delete-refs side-band-64k atomic ofs-delta push-options object-format=sha1";
    let mut bytes = Vec::new();
    for (at, (id, name)) in refs.iter().enumerate() {
        let tail = if at == 0 {
            format!("\0{can}")
        } else {
            String::new()
        };
        bytes.extend(pkt(format!("{id} {name}{tail}\n")));
    }
    bytes.extend(b"0000");
    bytes
}

/// `aidf log main` of what this server gives, by HTTP and by git's own protocol.
fn log_of(script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Vec<Out> {
    let server = StandIn::start(script);
    at_once([server.http(), server.git()].map(|url| move || log_at(&url)))
}

/// Most attacks are waited for: both at once take half the time.
fn at_once<const N: usize>(calls: [impl FnOnce() -> Out + Send; N]) -> Vec<Out> {
    std::thread::scope(|scope| {
        let threads = calls.map(|call| scope.spawn(call));
        threads.map(|t| t.join().expect("a call")).into()
    })
}

/// Bounds that a flood reaches in a debug build in a second or two.
const SMALL: &str = "transfer: {advertisement_bytes: 4194304, pack_bytes: 33554432}\n";

fn log_at(url: &str) -> Out {
    let (_w, machine) = machine();
    machine.env.operator_config(SMALL);
    let args = ["-R", url, "log", "main", "--timeout", "1", "--json"];
    machine.call(&args).watched().run()
}

/// The same for a server that lists `id` and answers a fetch with `pack`.
fn log_of_pack(id: String, pack: Vec<Step>) -> Vec<Out> {
    log_of(move |asked| match &asked.request {
        None => say(version2()),
        Some(r) if has(r, "command=ls-refs") => say(listed(&id)),
        Some(_) => pack.clone(),
    })
}

fn has(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|w| w == words.as_bytes())
}

/// `aidf sandbox init` at a server that says `report` to the push.
fn push_of(report: impl Fn(&[u8]) -> Vec<Step> + Send + Sync + 'static) -> Vec<Out> {
    push_beside(None, report)
}

/// The same at a server whose lists name one more ref.
fn push_beside(
    another: Option<(&'static str, &'static str)>,
    report: impl Fn(&[u8]) -> Vec<Step> + Send + Sync + 'static,
) -> Vec<Out> {
    let report = std::sync::Arc::new(report);
    at_once([true, false].map(|by_http| {
        let report = std::sync::Arc::clone(&report);
        move || {
            let w = World::path();
            let tip = w.remote.tip("sandbox");
            let server = StandIn::start(move |asked| {
                let mut refs = vec![(tip.as_str(), "refs/heads/sandbox")];
                refs.extend(another);
                let lines = refs.iter().map(|(id, name)| pkt(format!("{id} {name}\n")));
                match (&asked.request, asked.pushes) {
                    (None, true) => say(greeting(&refs)),
                    (Some(request), true) => report(request),
                    (None, false) => say(version2()),
                    (Some(_), false) => {
                        say([lines.collect::<Vec<_>>().concat(), b"0000".to_vec()].concat())
                    }
                }
            });
            let url = if by_http { server.http() } else { server.git() };
            w.git(&["remote", "set-url", "origin", &url]);
            let args = ["sandbox", "init", "--force-new", "--timeout", "1", "--json"];
            w.call(&args).watched().run()
        }
    }))
}

/// The new ref that the commands of a push name.
fn new_ref(request: &[u8]) -> String {
    let sandbox = new_refs(request)
        .into_iter()
        .find(|name| name.starts_with("refs/heads/sandbox-"));
    sandbox.expect("a new sandbox")
}

/// Each ref that a push asks for, in its order: the third word of each command's line.
fn new_refs(request: &[u8]) -> Vec<String> {
    let (mut names, mut rest) = (Vec::new(), request);
    while let Some((length, _)) = rest.split_at_checked(4) {
        let length = usize::from_str_radix(&String::from_utf8_lossy(length), 16);
        let length = length.expect("the length of a line");
        if length == 0 {
            break;
        }
        let line = String::from_utf8_lossy(&rest[4..length]);
        let command = line.split('\0').next().unwrap_or_default();
        names.extend(command.trim_end().split(' ').nth(2).map(str::to_owned));
        rest = &rest[length..];
    }
    names
}

/// Each has to have ended in time with one of these kinds, and to have held little.
#[track_caller]
fn all_end(outs: &[Out], kinds: &[&str]) {
    assert!(!outs.is_empty());
    for out in outs {
        let kind = out.error()["kind"].as_str().unwrap_or_default().to_owned();
        assert!(kinds.contains(&kind.as_str()), "{kinds:?} expected\n{out}");
        in_bounds(out);
    }
}

#[track_caller]
fn in_bounds(out: &Out) {
    assert!(out.took < SLACK, "it took {:?}\n{out}", out.took);
    assert!(out.peak < MEMORY, "it held {} MiB\n{out}", out.peak >> 20);
    assert!(
        out.all().len() < 64 << 10,
        "{} bytes were said",
        out.all().len()
    );
}

/// Each says these words.
#[track_caller]
fn all_say(outs: &[Out], words: &str) {
    for out in outs {
        assert!(out.stderr.contains(words), "does not say {words:?}\n{out}");
    }
}

/// A stand-in for ssh: this shell script, whatever it is called with.
#[cfg(unix)]
fn log_through_ssh(script: &str) -> Out {
    let (_w, machine) = machine();
    let file = machine.env.path("hostile-ssh");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    make_executable(&file);
    let ssh = file.display().to_string();
    let args = [
        "-R",
        "ssh://git@box.invalid/widgets.git",
        "log",
        "main",
        "--timeout",
        "1",
        "--json",
    ];
    machine
        .call(&args)
        .env("GIT_SSH_COMMAND", ssh)
        .watched()
        .run()
}
