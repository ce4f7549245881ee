//! Servers that say nothing: every wait has an end, and an answer that was lost
//! is not taken for a push that was not made.

use std::net::TcpListener;
use std::time::Duration;

use crate::support::{CHANGELOG, Kind, Machine, Mode, Out, World, entries, make_executable};

/// A generous bound for a timeout of two seconds: only a hang is longer.
const SLACK: Duration = Duration::from_secs(25);

/// Accepts and never answers, for as long as the test runs.
fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let theirs = listener.try_clone().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        while let Ok((stream, _)) = theirs.accept() {
            held.push(stream);
        }
    });
    (listener, port)
}

#[track_caller]
fn ended_in_time(out: &Out) {
    assert_eq!(out.code, 9, "{out}");
    assert!(out.took < SLACK, "it took {:?}\n{out}", out.took);
    assert!(
        out.took >= Duration::from_millis(500),
        "it gave up without waiting\n{out}"
    );
    let error = out.error();
    assert_eq!(error["kind"], "unavailable", "{out}");
    assert_eq!(error["retryable"], true, "{out}");
}

/// Every command that speaks to a remote, against a silent one.
fn all_commands_end(w: &World, url: &str) {
    w.git(&["remote", "set-url", "origin", url]);
    w.write("a.txt", "a\n");
    for args in [
        vec!["sandbox", "init", "--force-new"],
        vec!["commit", "a.txt", "-m", "Add a"],
        vec!["sandbox", "list"],
        vec!["log"],
        vec!["rollback", "--last", "1"],
        vec!["-R", url, "sandbox", "init"],
    ] {
        let mut all = args.clone();
        all.extend(["--timeout", "2", "--json"]);
        ended_in_time(&w.aidf(&all));
    }
}

#[test]
fn a_silent_git_daemon_ends_in_unavailable() {
    let w = World::path();
    w.sandbox();
    let (_listener, port) = silent();
    all_commands_end(&w, &format!("git://127.0.0.1:{port}/widgets.git"));
}

#[test]
fn a_silent_web_server_ends_in_unavailable() {
    let w = World::path();
    w.sandbox();
    let (_listener, port) = silent();
    all_commands_end(&w, &format!("http://127.0.0.1:{port}/widgets.git"));
}

#[test]
fn a_silent_tls_server_ends_in_unavailable() {
    let w = World::path();
    w.sandbox();
    let (_listener, port) = silent();
    all_commands_end(&w, &format!("https://127.0.0.1:{port}/widgets.git"));
}

#[cfg(unix)]
#[test]
fn a_silent_ssh_ends_in_unavailable() {
    let mut w = World::path();
    w.sandbox();
    let script = w.env.path("silent-ssh");
    std::fs::write(&script, "#!/bin/sh\nexec sleep 120\n").unwrap();
    make_executable(&script);
    let script = script.display().to_string();
    w.vars.push(("GIT_SSH_COMMAND".to_owned(), script));
    all_commands_end(&w, "ssh://git@box.invalid/widgets.git");
}

#[test]
fn a_web_server_that_reads_and_never_answers_ends_in_unavailable() {
    let w = World::new(Kind::Http);
    w.sandbox();
    w.write("a.txt", "a\n");
    w.remote.http().mode(Mode::Silent);
    for args in [
        ["commit", "a.txt", "-m", "Add a", "--timeout", "2", "--json"].as_slice(),
        ["sandbox", "init", "--force-new", "--timeout", "2", "--json"].as_slice(),
    ] {
        ended_in_time(&w.aidf(args));
    }
}

#[cfg(unix)]
#[test]
fn a_hook_that_never_ends_is_not_waited_for() {
    for kind in [Kind::Path, Kind::Daemon, Kind::Http] {
        let w = World::new(kind);
        w.sandbox();
        // It refuses in the end, so that nothing moves after the test looked.
        w.remote
            .hook("pre-receive", "#!/bin/sh\nsleep 40\nexit 1\n");
        w.write("a.txt", "a\n");
        let refs = w.remote.refs();
        let out = w.aidf(&["commit", "a.txt", "-m", "Add a", "--timeout", "2", "--json"]);
        assert_eq!(out.code, 9, "{kind:?}\n{out}");
        assert!(out.took < SLACK, "{kind:?}: it took {:?}\n{out}", out.took);
        assert_eq!(w.remote.refs(), refs);
    }
}

#[test]
fn a_connection_that_is_refused_is_unavailable() {
    let w = World::path();
    w.sandbox();
    // Bound and dropped: nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for url in [
        format!("http://127.0.0.1:{port}/widgets.git"),
        format!("git://127.0.0.1:{port}/widgets.git"),
    ] {
        w.git(&["remote", "set-url", "origin", &url]);
        let out = w
            .aidf(&["sandbox", "init", "--force-new", "--json"])
            .exits(9);
        assert_eq!(out.error()["kind"], "unavailable", "{out}");
        assert!(
            out.stderr.contains(&port.to_string()),
            "it says where\n{out}"
        );
    }
}

#[test]
fn a_host_that_does_not_exist_is_unavailable() {
    let w = World::path();
    w.git(&[
        "remote",
        "set-url",
        "origin",
        "http://no-such-host.invalid/widgets.git",
    ]);
    let out = w
        .aidf(&["sandbox", "init", "--json", "--timeout", "5"])
        .exits(9);
    assert!(out.stderr.contains("no-such-host.invalid"), "{out}");
}

/// The push landed and nobody said so: success, and committed once.
fn lost_answer(mode: &Mode) {
    let w = World::new(Kind::Http);
    let branch = w.sandbox();
    let before = w.remote.tip(&branch);
    w.write("a.txt", "a\n");
    w.remote.http().mode(mode.clone());
    let out = w.aidf(&["commit", "a.txt", "-m", "Add a", "--timeout", "3", "--json"]);
    w.remote.http().mode(Mode::Serve);
    assert_eq!(out.code, 0, "{mode:?}\n{out}");
    let tip = w.remote.tip(&branch);
    assert_eq!(out.json()["commit"], tip.as_str(), "{out}");
    assert_eq!(out.json()["unchanged"], false, "{out}");
    assert_eq!(out.json()["attempts"], 1, "{mode:?}: pushed once\n{out}");
    assert_eq!(
        w.remote.count(&format!("{before}..{tip}")),
        1,
        "{mode:?}: committed once"
    );
    let log = entries(&w.remote.file(&branch, CHANGELOG));
    assert_eq!(log.iter().filter(|e| e["path"] == "a.txt").count(), 1);
    // And the clone knows what landed.
    let seen = w.git(&["rev-parse", &format!("refs/remotes/origin/{branch}")]);
    assert_eq!(seen, tip);
}

#[test]
fn a_push_whose_answer_was_cut_off_is_found_and_not_made_twice() {
    lost_answer(&Mode::LoseAnswer);
}

#[test]
fn a_push_whose_answer_never_came_is_found_and_not_made_twice() {
    lost_answer(&Mode::HoldAnswer);
}

#[test]
fn a_push_whose_answer_was_a_gateways_error_is_found_and_not_made_twice() {
    lost_answer(&Mode::BadAnswer(502));
    lost_answer(&Mode::BadAnswer(504));
}

#[test]
fn a_new_sandbox_whose_answer_was_lost_is_found_and_not_made_twice() {
    for mode in [Mode::LoseAnswer, Mode::HoldAnswer, Mode::BadAnswer(502)] {
        let w = World::new(Kind::Http);
        w.remote.http().mode(mode.clone());
        let out = w.aidf(&["sandbox", "init", "--timeout", "3", "--json"]);
        w.remote.http().mode(Mode::Serve);
        assert_eq!(out.code, 0, "{mode:?}\n{out}");
        let branches = w.remote.git(&["for-each-ref", "refs/heads/sandbox-*"]);
        assert_eq!(branches.lines().count(), 1, "{mode:?}: {branches}");
        assert!(branches.contains(out.json()["branch"].as_str().unwrap()));
        // Its token is good.
        w.save("a.txt", "a\n", "Add a");
    }
}

#[cfg(unix)]
#[test]
fn a_push_whose_server_died_after_it_is_found_and_not_made_twice() {
    for kind in [Kind::Path, Kind::Ssh] {
        let w = World::new(kind);
        let branch = w.sandbox();
        let before = w.remote.tip(&branch);
        // The refs are updated by then; the report is not sent yet.
        w.remote.hook("post-receive", "#!/bin/sh\nkill -9 $PPID\n");
        w.write("a.txt", "a\n");
        let out = w.aidf(&["commit", "a.txt", "-m", "Add a", "--timeout", "5", "--json"]);
        w.remote.unhook("post-receive");
        let tip = w.remote.tip(&branch);
        assert_eq!(
            w.remote.count(&format!("{before}..{tip}")),
            1,
            "{kind:?}\n{out}"
        );
        assert_eq!(out.code, 0, "{kind:?}\n{out}");
        assert_eq!(out.json()["commit"], tip.as_str(), "{out}");
    }
}

#[cfg(unix)]
#[test]
fn a_push_that_was_lost_before_it_landed_is_not_called_a_success() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.tip(&branch);
    // The server dies before it has moved anything.
    w.remote.hook("pre-receive", "#!/bin/sh\nkill -9 $PPID\n");
    w.write("a.txt", "a\n");
    let out = w.aidf(&["commit", "a.txt", "-m", "Add a", "--timeout", "5", "--json"]);
    assert_ne!(out.code, 0, "{out}");
    assert_eq!(w.remote.tip(&branch), before);
    w.remote.unhook("pre-receive");
    w.json(&["commit", "a.txt", "-m", "Add a"]);
    assert_eq!(w.remote.count(&format!("{before}..{branch}")), 1);
}

#[cfg(unix)]
#[test]
fn a_push_that_was_lost_once_is_made_again() {
    let w = World::path();
    let branch = w.sandbox();
    let before = w.remote.tip(&branch);
    let script = "#!/bin/sh\n[ -e died ] && exit 0\ntouch died\nkill -9 $PPID\n";
    w.remote.hook("pre-receive", script);
    w.write("a.txt", "a\n");
    let answer = w.json(&["commit", "a.txt", "-m", "Add a", "--timeout", "5"]);
    assert_eq!(answer["attempts"], 2, "{answer:#}");
    assert_eq!(w.remote.count(&format!("{before}..{branch}")), 1);
}

#[cfg(unix)]
#[test]
fn a_hooks_child_that_holds_the_line_is_not_waited_for() {
    let w = World::path();
    let branch = w.sandbox();
    // It keeps stderr open long after the push is reported.
    w.remote
        .hook("post-receive", "#!/bin/sh\nsleep 60 &\nexit 0\n");
    let out = w
        .call(&[
            "commit",
            "a.txt=-",
            "-m",
            "Add a",
            "--timeout",
            "3",
            "--json",
        ])
        .stdin("a\n")
        .run();
    assert_eq!(out.code, 0, "{out}");
    assert!(out.took < Duration::from_secs(40), "{:?}", out.took);
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
}

#[cfg(unix)]
#[test]
fn no_program_is_left_behind_when_the_wait_is_over() {
    let mut w = World::path();
    w.sandbox();
    let script = w.env.path("silent-ssh");
    let pid = w.env.path("pid");
    let text = format!("#!/bin/sh\necho $$ > '{}'\nexec sleep 90\n", pid.display());
    std::fs::write(&script, text).unwrap();
    make_executable(&script);
    w.vars
        .push(("GIT_SSH_COMMAND".to_owned(), script.display().to_string()));
    w.git(&[
        "remote",
        "set-url",
        "origin",
        "ssh://git@box.invalid/widgets.git",
    ]);
    ended_in_time(&w.aidf(&["sandbox", "init", "--force-new", "--timeout", "2", "--json"]));
    let pid = std::fs::read_to_string(pid).unwrap();
    let alive = || {
        let mut kill = w.env.command("kill", &w.env.home());
        kill.args(["-0", pid.trim()])
            .output()
            .unwrap()
            .status
            .success()
    };
    let until = std::time::Instant::now() + Duration::from_secs(5);
    while alive() && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!alive(), "ssh still runs as {pid}");
}

#[test]
fn a_machine_with_no_network_can_still_be_told_what_is_wrong_with_its_arguments() {
    let w = World::path();
    let machine = Machine::bare(&w.remote);
    let (_listener, port) = silent();
    let url = format!("http://127.0.0.1:{port}/x.git");
    let out = machine.aidf(&[
        "-R",
        &url,
        "sandbox",
        "init",
        "--name",
        "Not A Name",
        "--json",
    ]);
    assert_eq!(out.code, 2, "{out}");
    assert!(
        out.took < Duration::from_secs(10),
        "it waited for a network it did not need\n{out}"
    );
}
