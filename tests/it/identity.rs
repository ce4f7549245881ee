//! The identity of a repository: made once, kept by servers, and what tokens, signatures and
//! sessions are bound to.

use aidf::identity::REF;
use aidf::keys::{KeyRing, KeySource};
use aidf::token::{self, Claims, TokenKind};

use crate::support::{Guarded, Kind, Machine, Remote, World, make_executable, protect, text};

/// The tree without entries, which git always knows.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// The key of a machine.
fn key(machine: &Machine) -> KeyRing {
    KeyRing::load(&KeySource {
        inline: None,
        file: None,
        ring: machine.env.keys(),
    })
    .unwrap()
}

/// A token of the old format, which names the repository alone.
fn old_token(machine: &Machine, branch: Option<&str>) -> String {
    let claims = Claims {
        branch: branch.map(str::to_owned),
        base: None,
        id: "0123456789abcdef".to_owned(),
        kind: match branch {
            Some(_) => TokenKind::Sandbox,
            None => TokenKind::Operator,
        },
        repository: None,
        pod: None,
        issued: aidf::clock::Moment::now().seconds(),
        expires: None,
    };
    let ring = key(machine);
    token::seal(&claims, ring.active().unwrap(), "widgets", [7; 24])
}

/// Another repository of the same name, and a machine with a clone of it and the same key.
fn namesake(w: &World) -> (Remote, Machine) {
    let remote = Remote::new(Kind::Path, "widgets", true);
    let machine = Machine::new(&remote);
    machine.share_key(w);
    (remote, machine)
}

#[test]
fn a_repository_gets_its_identity_with_its_first_sandbox_and_keeps_it() {
    for kind in [Kind::Path, Kind::Http, Kind::Daemon, Kind::Ssh] {
        let w = World::new(kind);
        assert_eq!(w.remote.identity(), None);
        w.init();
        let id = w.remote.identity().expect("an identity");
        let body = w.remote.git(&["cat-file", "commit", REF]);
        assert!(!body.contains("\nparent "), "{body}");
        assert_eq!(w.remote.git(&["ls-tree", REF]), "");
        w.json(&["sandbox", "init", "--force-new"]);
        let other = w.other();
        other.share_key(&w);
        other.init();
        assert_eq!(w.remote.identity(), Some(id));
        // Commits name it.
        let branch = other.sandbox();
        other.save("a.txt", "a\n", "Add a");
        assert_eq!(w.remote.trailer(&branch, "Aidf-Repository"), id.to_string());
        assert_eq!(other.json(&["log"])["commits"][0]["signature"], "good");
        w.remote.is_sound();
    }
}

#[test]
fn eight_first_sandboxes_at_once_agree_on_one_identity() {
    let w = World::path();
    let machines: Vec<Machine> = (0..8).map(|_| w.other()).collect();
    std::thread::scope(|scope| {
        for machine in &machines {
            scope.spawn(|| machine.init());
        }
    });
    let id = w.remote.identity().expect("an identity");
    for machine in &machines {
        machine.save("a.txt", machine.clone.display().to_string(), "Add a");
        let branch = text(&machine.json(&["status"]), "branch");
        assert_eq!(w.remote.trailer(&branch, "Aidf-Repository"), id.to_string());
    }
}

#[test]
fn repositories_of_one_name_under_one_key_do_not_take_each_others_tokens() {
    let w = World::path();
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let operator = text(&w.json(&["token", "issue", "--operator"]), "token");
    let (remote, machine) = namesake(&w);
    // Before the other one has an identity, and after; on a branch of the same name.
    remote.git(&["branch", &branch, "main"]);
    for round in 0..2 {
        let before = remote.refs();
        machine.write("a.txt", "a\n");
        for args in [
            vec!["commit", "a.txt", "-m", "Add a", "--branch", &branch],
            vec!["rollback", "--last", "1", "--branch", &branch],
            vec!["sandbox", "init", "--strict"],
        ] {
            for token in [&token, &operator] {
                let mut args = args.clone();
                if token == &operator && args[0] == "sandbox" {
                    continue;
                }
                args.extend(["--reuse-token", token.as_str(), "--json"]);
                let out = machine.aidf(&args);
                assert_eq!(out.code, 4, "round {round}: {args:?}\n{out}");
                assert!(out.all().contains("not valid for this repository"), "{out}");
            }
        }
        let inspected = machine.aidf(&["token", "inspect", &token, "--json"]);
        assert_eq!(inspected.code, 4, "{inspected}");
        assert_eq!(remote.refs(), before, "round {round}");
        machine.init();
    }
    // In its own repository it is as good as before.
    w.save("a.txt", "a\n", "Add a");
    let inspected = w.json(&["token", "inspect", &token]);
    assert_eq!(inspected["valid"], true);
}

#[test]
fn without_a_clone_the_variable_of_another_repository_of_the_name_is_left_aside() {
    let w = World::path();
    let token = text(&w.init(), "reuse_token");
    let (remote, machine) = namesake(&w);
    machine.init();
    let call = machine
        .call(&["-R", &remote.url, "sandbox", "list", "--json"])
        .env("AIDF_REUSE_TOKEN", &token);
    assert_eq!(call.run().code, 0);
    let call = machine
        .call(&["-R", &remote.url, "log", "--json"])
        .env("AIDF_REUSE_TOKEN", &token);
    let out = call.run();
    assert_eq!(out.code, 0, "{out}");
    assert!(
        out.stdout
            .contains("AIDF_REUSE_TOKEN is no token of widgets"),
        "{out}"
    );
}

#[test]
fn a_push_sends_the_token_of_its_own_repository_and_no_other() {
    let w = World::path();
    let foreign = text(&w.init(), "reuse_token");
    let (remote, machine) = namesake(&w);
    machine.init();
    let own = text(&machine.json(&["token", "issue", "--operator"]), "token");
    remote.git(&["config", "receive.advertisePushOptions", "true"]);
    let spy = "#!/bin/sh\necho \"$GIT_PUSH_OPTION_COUNT $GIT_PUSH_OPTION_0\" > heard\n";
    remote.hook("pre-receive", spy);
    let heard = |token: &str| {
        machine.save("a.txt", token, "Add a line to the journal");
        let call = machine.call(&["audit", "checkpoint"]);
        call.env("AIDF_REUSE_TOKEN", token).run().ok();
        std::fs::read_to_string(remote.bare.join("heard")).unwrap()
    };
    let told = heard(&foreign);
    assert!(!told.contains("aidf-token"), "{told}");
    assert_eq!(heard(&own), format!("1 aidf-token={own}\n"));
}

#[test]
fn a_token_stays_good_when_its_repository_gets_another_name() {
    let w = World::path();
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let renamed = w.remote.bare.with_file_name("gadgets.git");
    std::fs::rename(&w.remote.bare, &renamed).unwrap();
    let path = renamed.to_str().unwrap();
    w.git(&["remote", "set-url", "origin", path]);
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a", "--reuse-token", &token]);
    let shown = w.env.git(&renamed, &["show", &format!("{branch}:a.txt")]);
    assert_eq!(shown, "a");
    // So does the session of the clone, and what it signed before.
    w.write("b.txt", "b\n");
    w.json(&["commit", "b.txt", "-m", "Add b"]);
    let log = w.json(&["log"]);
    assert_eq!(log["commits"][0]["signature"], "good");
    assert_eq!(log["commits"][1]["signature"], "good");
}

#[test]
fn a_revocation_holds_under_another_name_of_the_repository() {
    let w = World::path();
    let opened = w.init();
    let token = text(&opened, "reuse_token");
    let revoked = w.json(&["token", "revoke", &token]);
    // Somebody deletes the ref, and reaches the repository by another name.
    w.remote
        .git(&["update-ref", "-d", &text(&revoked, "revocation")]);
    let alias = w.remote.bare.with_file_name("gadgets.git");
    std::fs::rename(&w.remote.bare, &alias).unwrap();
    let url = alias.to_str().unwrap();
    w.write("a.txt", "a\n");
    let out = w.aidf(&[
        "-R",
        url,
        "commit",
        "a.txt",
        "-m",
        "Add a",
        "--reuse-token",
        &token,
        "--json",
    ]);
    assert_eq!(out.code, 4, "{out}");
    assert!(out.all().contains("it was revoked"), "{out}");
}

#[test]
fn a_token_of_the_old_format_writes_the_sandbox_that_is_there_and_makes_none() {
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    let id = w.remote.identity();
    let token = old_token(&w, Some(&branch));
    w.write("a.txt", "a\n");
    let done = w.json(&["commit", "a.txt", "-m", "Add a", "--reuse-token", &token]);
    let warnings = done["warnings"].to_string();
    assert!(warnings.contains("of the old format"), "{warnings}");
    assert!(
        warnings.contains(&format!("aidf token issue --branch {branch}")),
        "{warnings}"
    );
    // An archive tells it from others of the name as well; what was never here does not.
    w.json(&["sandbox", "close", &branch]);
    let back = w.json(&["sandbox", "init", "--strict", "--reuse-token", &token]);
    assert_eq!(back["branch"], branch.as_str());
    let other = old_token(&w, Some("sandbox-quiet-otter"));
    let out = w.refuses(&["sandbox", "init", "--strict", "--reuse-token", &other], 4);
    assert!(
        out.all().contains("older than this repository's identity"),
        "{out}"
    );
    let operator = old_token(&w, None);
    w.write("b.txt", "b\n");
    let write = [
        "commit",
        "b.txt",
        "-m",
        "Add b",
        "--branch",
        "main",
        "--reuse-token",
        &operator,
    ];
    let out = w.refuses(&write, 4);
    assert!(
        out.all().contains("older than this repository's identity"),
        "{out}"
    );
    assert_eq!(w.remote.identity(), id);
}

#[test]
fn a_commit_of_another_repository_is_not_taken_for_a_good_one() {
    let w = World::path();
    w.init();
    w.save("a.txt", "a\n", "Add a");
    let branch = text(&w.json(&["status"]), "branch");
    let (remote, machine) = namesake(&w);
    machine.init();
    // Whoever may push puts the signed commit there.
    let theirs = remote.bare.to_str().unwrap();
    w.git(&["fetch", "--quiet", "origin", &branch]);
    w.git(&[
        "push",
        "--quiet",
        "--force",
        theirs,
        &format!("FETCH_HEAD:refs/heads/{branch}"),
    ]);
    let line = &machine.json(&["log", &branch])["commits"][0];
    assert_eq!(line["signature"], "unknown", "{line:#}");
    assert_eq!(w.json(&["log", &branch])["commits"][0]["signature"], "good");
}

#[test]
fn a_server_that_takes_no_identity_still_opens_sandboxes() {
    let w = World::path();
    let hook = w.remote.bare.join("hooks/update");
    let script = "#!/bin/sh\ncase \"$1\" in refs/aidf/id) echo no such refs here; exit 1;; esac\n";
    std::fs::write(&hook, script).unwrap();
    make_executable(&hook);
    let opened = w.init();
    assert!(text(&opened, "reuse_token").starts_with("aidf1."));
    assert_eq!(w.remote.identity(), None);
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.json(&["log"])["commits"][0]["signature"], "good");
    let issued = w.json(&["token", "issue", "--operator"]);
    let warnings = issued["warnings"].to_string();
    assert!(
        warnings.contains("bound to the name widgets alone"),
        "{warnings}"
    );
}

#[test]
fn an_identity_that_was_deleted_is_told_and_its_tokens_work_from_a_clone_that_knows_it() {
    let w = World::path();
    let opened = w.init();
    let token = text(&opened, "reuse_token");
    let id = w.remote.git(&["rev-parse", REF]);
    w.remote.git(&["update-ref", "-d", REF]);
    w.write("a.txt", "a\n");
    let done = w.json(&["commit", "a.txt", "-m", "Add a", "--reuse-token", &token]);
    let warnings = done["warnings"].to_string();
    assert!(
        warnings.contains("no longer has its identity"),
        "{warnings}"
    );
    // A machine that never knew it cannot tell whose token this is.
    let other = w.other();
    other.share_key(&w);
    other.write("b.txt", "b\n");
    let out = other.aidf(&["commit", "b.txt", "-m", "Add b", "--reuse-token", &token]);
    assert_eq!(out.code, 4, "{out}");
    // The message says how to put it back.
    w.git(&["push", "--quiet", "origin", &format!("{id}:{REF}")]);
    other.json(&["commit", "b.txt", "-m", "Add b", "--reuse-token", &token]);
}

#[test]
fn the_hook_keeps_the_identity_and_takes_none_that_is_another_repositorys() {
    let g = Guarded::new(Kind::Http, "");
    let ada = g.w.other();
    ada.at("sandbox");
    let token = g.token("sandbox-ada");
    assert!(g.w.remote.identity().is_some(), "the first token brings it");
    let (remove, replace) = (format!(":{REF}"), format!("+HEAD:{REF}"));
    for tokens in [vec![], vec![token.as_str()], vec![g.operator.as_str()]] {
        for update in [&remove, &replace] {
            g.refused(&ada, &tokens, &[update], "identity stays for good");
        }
    }
    // A server with the same key that lost its identity, to which somebody brings the first
    // one's, which was made just now, to make the first one's tokens good there.
    let other = Guarded::new(Kind::Http, "");
    let bob = other.w.other();
    bob.at("sandbox");
    other.w.remote.git(&["update-ref", "-d", REF]);
    std::fs::copy(&g.key_file, &other.key_file).unwrap();
    let theirs = g.w.remote.bare.to_str().unwrap();
    bob.git(&["fetch", "--quiet", theirs, REF]);
    let bring = format!("FETCH_HEAD:{REF}");
    let words = "only an operator may give the repository its identity";
    other.refused(&bob, &[], &[&bring], words);
    // Nor does it make the tokens of the push good that brings it.
    for refs in [
        &["HEAD:refs/heads/main", &*bring][..],
        &["HEAD:refs/heads/sandbox-ada", &*bring],
    ] {
        for token in [&g.operator, &token] {
            other.refused(&bob, &[token], refs, words);
        }
    }
    other.refused(&bob, &[], &[&format!("HEAD:{REF}")], words);
    other.w.remote.is_sound();
}

#[test]
fn protect_apply_gives_a_server_its_identity_and_a_second_time_leaves_it() {
    let w = World::path();
    let apply = |what: &str| protect(&w, &w.remote, &[what, "--json"]).ok().json();
    let planned = apply("plan");
    let told = |report: &serde_json::Value| report["changes"].to_string();
    assert!(
        told(&planned).contains("make the repository's identity"),
        "{planned:#}"
    );
    assert_eq!(w.remote.identity(), None);
    apply("apply");
    let id = w.remote.identity().expect("an identity");
    assert_eq!(w.remote.git(&["ls-tree", REF]), "");
    w.remote.is_sound();
    assert_eq!(apply("apply")["changed"], false);
    // What was deleted is put back as it was.
    w.json(&["sandbox", "init"]);
    w.remote.git(&["update-ref", "-d", REF]);
    let back = apply("apply");
    assert!(told(&back).contains("back"), "{back:#}");
    apply("remove");
    assert_eq!(w.remote.identity(), Some(id));
}

#[test]
fn on_a_server_with_an_older_hook_and_no_identity_sandboxes_open_and_an_operator_gives_it_one() {
    let g = Guarded::new(Kind::Path, "");
    g.w.remote.git(&["update-ref", "-d", REF]);
    let ada = g.w.other();
    ada.share_key(&g.w);
    let opened = ada.init();
    assert!(text(&opened, "reuse_token").starts_with("aidf1."));
    let records = g.w.remote.refs().matches("refs/aidf/opened/").count();
    assert_eq!(records, 1, "its opening is on record");
    ada.save("a.txt", "a\n", "Add a");
    assert_eq!(g.w.remote.identity(), None);
    let operator = old_token(&g.w, None);
    ada.git(&["fetch", "--quiet", "origin"]);
    let id = ada.git(&["commit-tree", "-m", "Ours", EMPTY_TREE]);
    g.passes(&ada, &[&operator], &[&format!("{id}:{REF}")]);
    assert!(g.w.remote.identity().is_some());
}

#[test]
fn a_clone_that_moves_to_another_repository_of_the_name_leaves_its_session_aside() {
    let w = World::path();
    let opened = w.init();
    let (remote, machine) = namesake(&w);
    machine.init();
    let before = remote.refs();
    w.git(&["remote", "set-url", "origin", &remote.url]);
    w.json(&["sandbox", "list"]);
    let status = w.json(&["status"]);
    assert_ne!(status["branch"], opened["branch"], "{status:#}");
    w.write("a.txt", "a\n");
    let out = w.aidf(&["commit", "a.txt", "-m", "Add a", "--json"]);
    assert_ne!(out.code, 0, "{out}");
    assert_eq!(remote.refs(), before);
}

/// A machine that knows nothing of the remote's past says what `protect` does there.
fn told_of(remote: &Remote, what: &str) -> serde_json::Value {
    let machine = Machine::new(remote);
    protect(&machine, remote, &[what, "--json"]).ok().json()
}

#[test]
fn an_identity_that_a_server_lost_is_put_back_by_protect_apply_from_its_own_note() {
    let g = Guarded::new(Kind::Path, "");
    let remote = &g.w.remote;
    let id = remote.identity().unwrap();
    let ada = g.w.other();
    ada.plain(&[("a.txt", "a\n")], "Mine");
    remote.git(&["update-ref", "-d", REF]);
    // The token is bound to it, and the way out is told.
    for refs in ["HEAD:refs/heads/main", "HEAD:refs/aidf/id"] {
        let out = g.refused(&ada, &[&g.operator], &[refs], "protect apply");
        assert!(out.stderr.contains("the account that owns"), "{out}");
    }
    let planned = told_of(remote, "plan")["changes"].to_string();
    assert!(
        planned.contains(&format!("back, which was {id}")),
        "{planned}"
    );
    assert_eq!(remote.identity(), None);
    told_of(remote, "apply");
    assert_eq!(remote.identity(), Some(id));
    g.passes(&ada, &[&g.operator], &["HEAD:refs/heads/main"]);
    remote.is_sound();
}

#[test]
fn the_hook_and_protect_apply_note_an_identity_that_is_there() {
    let g = Guarded::new(Kind::Path, "");
    let remote = &g.w.remote;
    let id = remote.git(&["rev-parse", REF]);
    let note = remote.bare.join("aidf/identity");
    let noted = || std::fs::read_to_string(&note).unwrap_or_default();
    let ada = g.w.other();
    ada.at("main");
    assert_eq!(noted().trim(), id);
    std::fs::remove_file(&note).unwrap();
    g.passes(&ada, &[&g.operator], &["HEAD:refs/heads/sandbox-new"]);
    assert_eq!(noted().trim(), id);
    std::fs::remove_file(&note).unwrap();
    let applied = told_of(remote, "apply")["changes"].to_string();
    assert!(
        applied.contains(&format!("note the repository's identity {id}")),
        "{applied}"
    );
    assert_eq!(noted().trim(), id);
    assert_eq!(told_of(remote, "apply")["changed"], false);
}

#[test]
fn no_new_identity_replaces_one_whose_commit_is_gone_until_somebody_says_so() {
    let g = Guarded::new(Kind::Path, "");
    let remote = &g.w.remote;
    let id = remote.identity().unwrap();
    remote.git(&["update-ref", "-d", REF]);
    remote.git(&["prune", "--expire=now"]);
    let applied = told_of(remote, "apply");
    let warnings = applied["warnings"].to_string();
    assert!(warnings.contains(&id.to_string()), "{warnings}");
    assert_eq!(remote.identity(), None);
    std::fs::remove_file(remote.bare.join("aidf/identity")).unwrap();
    told_of(remote, "apply");
    assert!(remote.identity().is_some_and(|new| new != id));
}

#[cfg(unix)]
#[test]
fn an_account_that_does_not_own_the_repository_makes_no_identity_in_it_and_says_who_can() {
    use std::os::unix::fs::{MetadataExt, chown};
    let w = World::path();
    let bare = &w.remote.bare;
    // Only root can give a file away.
    if bare.metadata().unwrap().uid() != 0 {
        return;
    }
    let all = |folder: &str| {
        let mut find = w.env.command("find", bare);
        let out = find.arg(folder).output().unwrap().stdout;
        let out = String::from_utf8(out).unwrap();
        let names = out.lines().map(|name| bare.join(name));
        names.collect::<Vec<_>>()
    };
    for path in all(".") {
        chown(&path, Some(65_534), Some(65_534)).unwrap();
    }
    w.git(&["config", "--global", "--add", "safe.directory", "*"]);
    for what in ["plan", "apply"] {
        let report = protect(&w, &w.remote, &[what, "--json"]).ok().json();
        let changes = report["changes"].to_string();
        assert!(!changes.contains("identity"), "{what}: {changes}");
        let warnings = report["warnings"].to_string();
        assert!(
            warnings.contains("as the account that owns the repository"),
            "{what}: {warnings}"
        );
    }
    assert!(bare.join("hooks/pre-receive").exists());
    for folder in ["refs", "objects"] {
        for path in all(folder) {
            assert_eq!(path.metadata().unwrap().uid(), 65_534, "{}", path.display());
        }
    }
    assert!(!bare.join("refs/aidf").exists() && !bare.join("aidf").exists());
}

#[cfg(unix)]
#[test]
fn in_a_shared_repository_the_folders_of_a_new_identity_are_shared() {
    use std::os::unix::fs::MetadataExt;
    let w = World::path();
    w.remote.git(&["config", "core.sharedRepository", "group"]);
    protect(&w, &w.remote, &["apply", "--json"]).ok();
    let id = w.remote.git(&["rev-parse", REF]);
    let object = |id: &str| format!("objects/{}", &id[..2]);
    for folder in [&object(&id), &object(EMPTY_TREE), "refs/aidf", "aidf"] {
        let mode = w.remote.bare.join(folder).metadata().unwrap().mode();
        assert_eq!(mode & 0o2070, 0o2070, "{folder}: {mode:o}");
    }
    w.remote.is_sound();
}
