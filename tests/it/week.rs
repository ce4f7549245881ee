//! A week of two people and an agent on three machines, with a server that holds everybody
//! to the rules: nobody's line is lost on the way to main, and each entry is there once.

use crate::support::team::{doc, edit};
use crate::support::{Guarded, Kind, Machine, Remote, entries, text};

const LOG: &str = "project/outputs/changelog.yaml";

/// A remote whose branches hold a document, guarded by the hook.
fn guarded() -> Guarded {
    let remote = Remote::new(Kind::Path, "widgets", true);
    let files: Vec<(&str, Option<Vec<u8>>)> = ["doc.txt", "docs/one.txt"]
        .into_iter()
        .map(|f| (f, Some(doc(&[]).into_bytes())))
        .collect();
    let files: Vec<(&str, Option<&[u8]>)> = files.iter().map(|(f, t)| (*f, t.as_deref())).collect();
    remote.write("main", &files, "Documents");
    remote.git(&["update-ref", "refs/heads/sandbox", "refs/heads/main"]);
    Guarded::of(remote, "")
}

fn machine(g: &Guarded) -> Machine {
    let machine = Machine::new(&g.w.remote);
    machine.git(&["config", "user.name", "Somebody"]);
    machine.git(&["config", "user.email", "some@body.invalid"]);
    machine
}

#[test]
fn a_week_of_two_people_and_an_agent_loses_no_line_and_ends_on_main() {
    let g = guarded();
    let (ada, remote) = (&g.w, &g.w.remote);
    let on_main = |args: &[&str]| {
        let call = ada.call(&[args, &["--json"]].concat());
        call.env("AIDF_REUSE_TOKEN", &g.operator).run().ok().json()
    };

    // Monday: Ada opens a sandbox, Bob comes to it from his own machine, and both write.
    let opened = ada.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let bob = machine(&g);
    bob.share_key(ada);
    bob.json(&["sandbox", "init", "--reuse-token", &token]);
    edit(ada, "doc.txt", 2, "by Ada");
    ada.json(&["commit", "doc.txt", "-m", "Line 2", "--task-id", "plan"]);
    edit(&bob, "doc.txt", 28, "by Bob");
    bob.json(&["commit", "doc.txt", "-m", "Line 28", "--task-id", "plan"]);
    let both = doc(&[(2, "by Ada"), (28, "by Bob")]);
    assert_eq!(remote.text(&branch, "doc.txt"), both);

    // Tuesday: a fetch and a checkout overnight, then the same line. Bob gets a conflict.
    bob.git(&["fetch", "-q"]);
    bob.git(&["checkout", "-q", "--", "doc.txt"]);
    edit(ada, "doc.txt", 10, "Ada's ten");
    ada.json(&["commit", "doc.txt", "-m", "Line 10"]);
    edit(&bob, "doc.txt", 10, "Bob's ten");
    let tip = remote.tip(&branch);
    bob.aidf(&["commit", "-a", "-m", "Line 10 too"]).exits(6);
    assert_eq!(remote.tip(&branch), tip, "a conflict writes nothing");
    bob.aidf(&["sandbox", "pull"]).exits(6);
    let marked = std::fs::read_to_string(bob.clone.join("doc.txt")).unwrap();
    assert!(
        marked.contains("Ada's ten") && marked.contains("Bob's ten"),
        "{marked}"
    );
    let mended = doc(&[(2, "by Ada"), (10, "ten of both"), (28, "by Bob")]);
    bob.write("doc.txt", &mended);
    bob.json(&["commit", "-a", "-m", "Line 10 of both"]);
    assert_eq!(remote.text(&branch, "doc.txt"), mended);

    // Wednesday: an agent without a key gets a sandbox of its own, and errs once.
    let url = ada.url.clone();
    let lent = ada.json(&["-R", &url, "sandbox", "init"]);
    let (its, its_token) = (text(&lent, "branch"), text(&lent, "reuse_token"));
    let agent = machine(&g);
    agent.json(&[
        "sandbox",
        "init",
        "--branch",
        &its,
        "--reuse-token",
        &its_token,
    ]);
    let report = [
        "commit",
        "reports/wednesday.md=-",
        "-m",
        "Report",
        "--task-id",
        "report",
    ];
    agent.call(&report).stdin("all is well\n").run().ok();
    edit(&agent, "docs/one.txt", 5, "nonsense");
    agent.json(&[
        "commit",
        "docs/one.txt",
        "-m",
        "Improve",
        "--task-id",
        "improve",
    ]);
    agent.plain(&[("round.txt", "round the rules\n")], "Round the rules");
    g.refused(
        &agent,
        &[&its_token],
        &["HEAD:refs/heads/main"],
        "main is protected",
    );
    let back = [
        "rollback",
        "--task-id",
        "improve",
        "--unsigned",
        "--reason",
        "nonsense",
        "--branch",
        &its,
    ];
    ada.json(&[&back[..], &["--reuse-token", &its_token]].concat());
    assert_eq!(remote.text(&its, "docs/one.txt"), doc(&[]));
    // The sandbox that Ada has open is still hers.
    assert_eq!(text(&ada.json(&["status"]), "branch"), branch);

    // Thursday: main moves, and both sandboxes take it in, one of them over a conflict.
    ada.git(&["checkout", "-q", "--", "."]);
    ada.write("notes.txt", "of main\n");
    on_main(&["commit", "notes.txt", "--branch", "main", "-m", "Notes"]);
    ada.write("of-main.txt", doc(&[(10, "main's ten")]));
    on_main(&[
        "commit",
        "doc.txt=of-main.txt",
        "--branch",
        "main",
        "-m",
        "Ten of main",
    ]);
    agent.json(&["sandbox", "sync", "--from", "main"]);
    let sync = ["sandbox", "sync", "--from", "main"];
    bob.aidf(&sync).exits(6);
    let ours = doc(&[(2, "by Ada"), (10, "ten of all"), (28, "by Bob")]);
    let resolve = bob.call(&[&sync[..], &["--resolve", "doc.txt=-"]].concat());
    resolve.stdin(ours.clone()).run().ok();

    // Friday: proposed, landed, closed; backed up, and the backup proven.
    for sandbox in [&branch, &its] {
        let proposed = ada.json(&["propose", sandbox, "--to", "main", "--provider", "bare"]);
        assert!(
            text(&proposed, "message").contains("aidf land"),
            "{proposed}"
        );
        on_main(&["land", sandbox, "--to", "main", "--close"]);
        assert_eq!(remote.try_tip(sandbox), None, "closed");
    }
    assert_eq!(remote.text("main", "doc.txt"), ours);
    assert_eq!(remote.text("main", "docs/one.txt"), doc(&[]));
    assert_eq!(remote.text("main", "notes.txt"), "of main\n");
    assert_eq!(remote.text("main", "reports/wednesday.md"), "all is well\n");
    let log = entries(&remote.file("main", LOG));
    for said in [
        "Line 2",
        "Line 28",
        "Line 10",
        "Line 10 of both",
        "Report",
        "Improve",
        "Notes",
        "Ten of main",
    ] {
        let times = log.iter().filter(|e| e["message"] == said).count();
        assert_eq!(times, 1, "{said}: {log:#?}");
    }
    let commits = ada.json(&["log", "main", "-n", "50"]);
    let ours = commits["commits"].as_array().unwrap();
    let signed = ours.iter().filter(|c| c["signature"] == "good").count();
    assert!(signed >= 10, "{commits:#}");
    assert!(ours.iter().all(|c| c["signature"] != "bad"), "{commits:#}");
    on_main(&["backup"]);
    ada.json(&["backup", "drill"]);

    // The Monday after: what was closed comes back to who has its token.
    let again = bob.json(&["sandbox", "init", "--reuse-token", &token]);
    assert_eq!(text(&again, "branch"), branch);
    assert_eq!(
        remote.text(&branch, "doc.txt"),
        doc(&[(2, "by Ada"), (10, "ten of all"), (28, "by Bob")])
    );
    remote.is_sound();
}
