//! Writers of one branch who come from several machines let each other write.

use std::time::Duration;

use crate::support::{Guarded, Kind, World, rivals, text};

/// The tickets that are there.
fn tickets(w: &World) -> String {
    w.remote.git(&["for-each-ref", "refs/aidf/turn"])
}

/// A ticket of somebody else, as the first in line.
fn ticket(branch: &str) -> String {
    format!("refs/aidf/turn/{branch}/0000000001-0123abcd")
}

#[test]
fn who_sees_a_ticket_lets_its_holder_write_first() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        let branch = w.sandbox();
        let tip = w.remote.tip(&branch);
        w.remote.git(&["update-ref", &ticket(&branch), &tip]);
        w.write("a.txt", "a\n");
        let out = std::thread::scope(|scope| {
            let commit = scope.spawn(|| w.aidf(&["commit", "a.txt", "-m", "Ours", "-v"]));
            std::thread::sleep(Duration::from_millis(1500));
            let theirs = [("b.txt", Some(&b"b\n"[..]))];
            let theirs = w.remote.write(&branch, &theirs, "Theirs");
            w.remote.git(&["update-ref", "-d", &ticket(&branch)]);
            let out = commit.join().unwrap().ok();
            let before = w.remote.git(&["rev-parse", &format!("{branch}~")]);
            assert_eq!(before.trim(), theirs, "it waited\n{out}");
            out
        });
        assert!(out.stderr.contains("others write this branch"), "{out}");
        assert_eq!(tickets(&w), "");
        w.remote.is_sound();
    }
}

#[test]
fn a_ticket_that_nobody_seems_to_hold_is_passed_and_goes_with_the_push() {
    let w = World::path();
    let branch = w.sandbox();
    let tip = w.remote.tip(&branch);
    w.remote.git(&["update-ref", &ticket(&branch), &tip]);
    let committed = w.save("a.txt", "a\n", "Ours");
    assert_eq!(committed["attempts"], 1, "{committed}");
    assert_eq!(w.remote.tip(&branch), text(&committed, "commit"));
    assert_eq!(tickets(&w), "");
}

#[test]
fn who_has_lost_races_stands_in_line_and_leaves_no_ticket() {
    for kind in [Kind::Path, Kind::Daemon, Kind::Http, Kind::Ssh] {
        let w = World::new(kind);
        let branch = w.sandbox();
        w.remote.hook("pre-receive", &rivals(&branch, 3, ""));
        w.write("a.txt", "a\n");
        let call = ["commit", "a.txt", "-m", "Ours", "-v", "--json"];
        let out = w.aidf(&call).ok();
        assert!(out.stderr.contains("stand in line"), "{out}");
        assert_eq!(out.json()["attempts"], 4, "{out}");
        assert_eq!(w.remote.text(&branch, "a.txt"), "a\n");
        assert_eq!(tickets(&w), "");
        w.remote.is_sound();
    }
}

#[test]
fn where_the_server_takes_no_tickets_the_write_races() {
    let w = World::path();
    let branch = w.sandbox();
    let none = "case $pushed in *refs/aidf/turn*) echo no tickets here; exit 1 ;; esac";
    w.remote.hook("pre-receive", &rivals(&branch, 5, none));
    w.write("a.txt", "a\n");
    let call = ["commit", "a.txt", "-m", "Ours", "-v", "--json"];
    let out = w.aidf(&call).ok();
    assert_eq!(out.json()["attempts"], 6, "{out}");
    assert_eq!(out.stderr.matches("stand in line").count(), 1, "{out}");
    assert_eq!(tickets(&w), "");
}

#[test]
fn where_the_server_deletes_no_ticket_it_holds_nobody_up_twice() {
    let w = World::path();
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let zero = "0".repeat(40);
    let stay = format!("case $pushed in *\" {zero} refs/aidf/turn\"*) exit 1 ;; esac");
    w.remote.hook("pre-receive", &rivals(&branch, 2, &stay));
    w.write("a.txt", "a\n");
    let out = w.aidf(&["commit", "a.txt", "-m", "Ours", "-v"]).ok();
    assert!(out.stderr.contains("stand in line"), "{out}");
    assert_ne!(tickets(&w), "", "it could not be deleted");
    // The machine knows by now, and waits for it no more.
    w.write("b.txt", "b\n");
    let out = w.aidf(&["commit", "b.txt", "-m", "Ours", "-v"]).ok();
    assert!(!out.stderr.contains("others write this branch"), "{out}");
    // Another one finds it out, and commits all the same.
    let other = w.other();
    other.write("c.txt", "c\n");
    let args = ["commit", "c.txt", "-m", "Theirs", "--branch", &branch];
    let call = other.call(&args).env("AIDF_REUSE_TOKEN", &token);
    call.run().ok();
    assert_eq!(w.remote.text(&branch, "c.txt"), "c\n");
    w.remote.is_sound();
}

#[test]
fn what_a_hook_refuses_is_said_also_to_who_stands_in_line() {
    let w = World::path();
    let branch = w.sandbox();
    let closed = format!(
        "case $pushed in *refs/heads/{branch}*)\n\
         [ \"$(cat rivals 2>/dev/null | wc -l)\" -ge 2 ] && {{ echo not today; exit 1; }} ;;\n\
         esac"
    );
    w.remote.hook("pre-receive", &rivals(&branch, 2, &closed));
    w.write("a.txt", "a\n");
    let out = w.aidf(&["commit", "a.txt", "-m", "Ours", "-v"]).exits(5);
    assert!(out.stderr.contains("stand in line"), "{out}");
    assert!(out.stderr.contains("not today"), "{out}");
    assert_eq!(tickets(&w), "");
    // It is no reason to do without tickets from now on.
    w.remote.hook("pre-receive", &rivals(&branch, 4, ""));
    let out = w.aidf(&["commit", "a.txt", "-m", "Ours", "-v"]).ok();
    assert!(out.stderr.contains("stand in line"), "{out}");
    assert_eq!(tickets(&w), "");
}

#[test]
fn a_write_that_comes_to_nothing_leaves_the_line() {
    let w = World::path();
    let branch = w.sandbox();
    // The third rival makes it a conflict.
    let clash = format!(
        "if [ \"$(cat rivals 2>/dev/null | wc -l)\" = 2 ] && [ ! -e clashed ]; then\n\
         touch clashed\n\
         unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n\
         blob=$(echo theirs | git hash-object -w --stdin)\n\
         export GIT_INDEX_FILE=rival-index\n\
         git read-tree refs/heads/{branch}\n\
         git update-index --add --cacheinfo 100644,$blob,README.md\n\
         new=$(git commit-tree -p refs/heads/{branch} -m Clash $(git write-tree))\n\
         git update-ref refs/heads/{branch} $new\n\
         fi"
    );
    w.remote.hook("pre-receive", &rivals(&branch, 2, &clash));
    w.write("README.md", "ours\n");
    let out = w
        .aidf(&["commit", "README.md", "-m", "Ours", "-v"])
        .exits(6);
    assert!(out.stderr.contains("stand in line"), "{out}");
    assert_eq!(w.remote.text(&branch, "README.md"), "theirs\n");
    assert_eq!(tickets(&w), "");
}

#[test]
fn behind_the_hook_the_holder_of_a_sandbox_stands_in_its_line_and_nobody_else() {
    let g = Guarded::new(Kind::Path, "");
    let ada = g.w.other();
    let token = g.token("sandbox-ada");
    let tip = "HEAD:refs/heads/sandbox-ada";
    g.passes(&ada, &[&token], &[tip]);
    let to = format!("HEAD:{}", ticket("sandbox-ada"));
    let other = g.token("sandbox-bob");
    g.refused(&ada, &[], &[&to], "belongs to aidf");
    g.refused(&ada, &[&other], &[&to], "belongs to aidf");
    let junk = "HEAD:refs/aidf/turn/sandbox-ada/first";
    g.refused(&ada, &[&token], &[junk], "belongs to aidf");
    g.passes(&ada, &[&token], &[&to]);
    let gone = format!(":{}", ticket("sandbox-ada"));
    g.refused(&ada, &[&other], &[&gone], "belongs to aidf");
    g.passes(&ada, &[&token], &[&gone]);
}
