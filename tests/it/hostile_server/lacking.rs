//! A server that is asked for an object by its id, and gives something else.

use super::*;
use crate::support::afar;
use packs::*;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What the server says when it is asked for an object by its id.
type Lie = dyn Fn(&[u8]) -> Vec<Step> + Send + Sync;

/// git's own answer.
fn truly(bare: &Path, asked: &Asked) -> Vec<Step> {
    let service = match asked.pushes {
        true => "receive-pack",
        false => "upload-pack",
    };
    let mut command = Command::new("git");
    command.args([service, "--stateless-rpc"]);
    match &asked.request {
        None => command.arg("--advertise-refs"),
        Some(_) => &mut command,
    };
    if !asked.pushes {
        command.env("GIT_PROTOCOL", "version=2");
    }
    command
        .arg(bare)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let request = asked.request.clone().unwrap_or_default();
    let writing = std::thread::spawn(move || {
        let _ = stdin.write_all(&request);
    });
    let out = child.wait_with_output().unwrap();
    writing.join().unwrap();
    say(out.stdout)
}

/// A server that is git, but for what it is asked for by id while `lies` holds. It counts
/// those requests.
struct Liar {
    server: StandIn,
    lies: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

fn liar(bare: PathBuf, lie: Arc<Lie>) -> Liar {
    let (lies, asked) = (
        Arc::new(AtomicBool::new(true)),
        Arc::new(AtomicUsize::new(0)),
    );
    let (still, count) = (Arc::clone(&lies), Arc::clone(&asked));
    let server = StandIn::start(move |asked| match &asked.request {
        Some(request) if still.load(Ordering::SeqCst) && has(request, "filter tree:0") => {
            count.fetch_add(1, Ordering::SeqCst);
            lie(request)
        }
        _ => truly(&bare, asked),
    });
    Liar {
        server,
        lies,
        asked,
    }
}

/// The pack of a fetch.
fn sent(count: u32, entries: &[Vec<u8>]) -> Vec<Step> {
    let bytes = [
        pkt("packfile\n"),
        band(1, pack(count, entries)),
        b"0000".to_vec(),
    ];
    say(bytes.concat())
}

/// A commit of one file without a clone, at a server that lies about what it is asked for:
/// it ends with one of these kinds, writes nothing, and keeps nothing that is in the way of a
/// sound server.
fn nothing_comes_of(lie: impl Fn(&[u8]) -> Vec<Step> + Send + Sync + 'static, kinds: &[&str]) {
    let w = World::path();
    w.remote.git(&["config", "uploadpack.allowFilter", "true"]);
    let opened = w.json(&["sandbox", "init"]);
    let token = opened["reuse_token"].as_str().unwrap();
    let liar = liar(w.remote.bare.clone(), Arc::new(lie));
    let machine = Machine::bare(&w.remote);
    machine.share_key(&w);
    machine.env.operator_config(SMALL);
    machine.write("new.md", "new\n");
    let url = liar.server.http();
    let write = ["commit", "docs/guide.md=new.md", "-m", "Change"];
    let args = [&write[..], &["--timeout", "2", "--json"]].concat();
    let args = afar(&url, token, &args);
    let before = w.remote.refs();
    let out = machine.call(&args).watched().run();
    assert!(
        liar.asked.load(Ordering::SeqCst) > 0,
        "it was never asked\n{out}"
    );
    all_end(&[out], kinds);
    assert_eq!(w.remote.refs(), before);
    liar.lies.store(false, Ordering::SeqCst);
    machine.aidf(&args).ok();
    let branch = opened["branch"].as_str().unwrap();
    assert_eq!(w.remote.text(branch, "docs/guide.md"), "new\n");
    w.remote.is_sound();
}

/// The first id that a request wants.
fn wanted(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request).into_owned();
    let at = text.find("want ").unwrap();
    text[at + 5..at + 45].to_owned()
}

#[test]
fn nothing_in_place_of_an_object_is_no_object() {
    nothing_comes_of(|_| sent(0, &[]), &["integrity"]);
}

#[test]
fn another_object_is_not_taken_for_the_one_that_was_asked_for() {
    nothing_comes_of(|_| sent(1, &[whole(BLOB, b"another\n")]), &["integrity"]);
    nothing_comes_of(|_| sent(1, &[whole(TREE, b"")]), &["integrity"]);
    let (entries, _) = commit();
    nothing_comes_of(move |_| sent(2, &entries), &["integrity"]);
}

#[test]
fn a_folder_too_large_for_memory_is_refused() {
    let size = 300 << 20;
    let entry = [head(TREE, size), zeros(size)].concat();
    nothing_comes_of(move |_| sent(1, std::slice::from_ref(&entry)), &["denied"]);
}

#[test]
fn a_refusal_is_no_proof_that_there_is_no_such_object() {
    let refuses = |request: &[u8]| {
        let said = format!("ERR upload-pack: not our ref {}", wanted(request));
        say(pkt(said))
    };
    // All that the refs name is fetched in its place, and it is there.
    let w = World::path();
    w.remote.git(&["config", "uploadpack.allowFilter", "true"]);
    let opened = w.json(&["sandbox", "init"]);
    let (branch, token) = (&opened["branch"], &opened["reuse_token"]);
    let liar = liar(w.remote.bare.clone(), Arc::new(refuses));
    let machine = Machine::bare(&w.remote);
    machine.share_key(&w);
    machine.write("new.md", "new\n");
    let url = liar.server.http();
    for path in ["docs/guide.md", "src/lib.py"] {
        let pair = format!("{path}=new.md");
        let token = token.as_str().unwrap();
        let args = ["commit", &pair, "-m", "Change"];
        machine.json(&afar(&url, token, &args));
        assert_eq!(w.remote.text(branch.as_str().unwrap(), path), "new\n");
    }
    assert_eq!(
        liar.asked.load(Ordering::SeqCst),
        1,
        "it is not asked like that again"
    );
    w.remote.is_sound();
}

#[test]
fn an_answer_that_is_cut_off_is_no_answer() {
    let cut = |_: &[u8]| {
        let whole = sent(1, &[whole(BLOB, &vec![b'x'; 5000])]);
        match &whole[0] {
            Step::Say(bytes) => say(bytes[..bytes.len() / 2].to_vec()),
            _ => whole,
        }
    };
    nothing_comes_of(cut, &["unavailable"]);
    nothing_comes_of(|_| say(b"".to_vec()), &["unavailable"]);
    nothing_comes_of(|_| vec![Step::Hold], &["unavailable"]);
}

#[test]
fn a_history_without_the_commit_that_was_asked_for_is_none() {
    let w = World::path();
    w.remote.git(&["config", "uploadpack.allowFilter", "true"]);
    let (entries, _) = commit();
    let liar = liar(
        w.remote.bare.clone(),
        Arc::new(move |_: &[u8]| sent(2, &entries)),
    );
    let machine = Machine::bare(&w.remote);
    let out = machine.aidf(&["-R", &liar.server.http(), "log", "sandbox", "--json"]);
    all_end(&[out], &["integrity"]);
    liar.lies.store(false, Ordering::SeqCst);
    let args = ["-R", &liar.server.http(), "log", "sandbox", "--json"];
    let log = machine.aidf(&args).ok().json();
    assert_eq!(log["commits"].as_array().unwrap().len(), 2);
}
