//! The pre-receive hook of a server of one's own, by plain git over a path, `git daemon`
//! and smart HTTP, and as a hostile writer would try it.
use crate::support::{
    CHANGELOG, Guarded, Kind, MEMORY, Machine, Remote, World, claims, entries, protect, some_of,
    text, times,
};

const KINDS: [Kind; 3] = [Kind::Path, Kind::Daemon, Kind::Http];
const WORKFLOW: (&str, &str) = (".github/workflows/x.yml", "on: push\n");

fn now() -> i64 {
    aidf::clock::Moment::now().seconds()
}

/// A guarded remote with a holder's sandbox, checked out on a machine of theirs.
fn held(kind: Kind, policy: &str) -> (Guarded, Machine, String) {
    let g = Guarded::new(kind, policy);
    let holder = g.w.other();
    let token = g.token("sandbox-ada");
    holder.at("sandbox");
    g.passes(&holder, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
    (g, holder, token)
}

#[test]
fn strangers_are_refused_and_holders_and_operators_pass_over_every_transport() {
    for kind in KINDS {
        let (g, ada, token) = held(kind, "");
        ada.plain(&[("a.txt", "a\n")], "Mine");
        g.refused(&ada, &[], &["HEAD:refs/heads/main"], "main is protected");
        g.refused(
            &ada,
            &[],
            &["HEAD:refs/heads/sandbox-ada"],
            "only the holder of its token",
        );
        g.passes(&ada, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
        assert_eq!(g.w.remote.text("sandbox-ada", "a.txt"), "a\n");
        let bob = g.token("sandbox-bob");
        g.refused(&ada, &[&bob], &[":refs/heads/sandbox-ada"], "sandbox-ada");
        // Of a push of two the one that is refused is what the pusher hears of.
        g.refused(
            &ada,
            &[&token],
            &["HEAD:refs/heads/sandbox-ada", "HEAD:refs/heads/main"],
            "error: main is protected",
        );
        let past = g.seal(
            &claims(Some("sandbox-ada"), now() - 9, Some(now() - 1)),
            "widgets",
        );
        g.refused(
            &ada,
            &[&past],
            &[":refs/heads/sandbox-ada"],
            "it has expired",
        );
        let other = g.seal(&claims(None, now(), None), "gadgets");
        g.refused(&ada, &[&other], &["HEAD:refs/heads/sandbox"], "not valid");
        ada.at("main");
        ada.plain(&[("m.txt", "m\n")], "For main");
        g.passes(&ada, &[&g.operator], &["HEAD:refs/heads/main"]);
        assert_eq!(g.w.remote.text("main", "m.txt"), "m\n");
        g.passes(&ada, &[&token], &[":refs/heads/sandbox-ada"]);
        assert_eq!(g.w.remote.try_tip("sandbox-ada"), None);
        // One line for each ref of each push that came to a decision.
        assert_eq!(g.journal().len(), 10, "{:#?}", g.journal());
        g.w.remote.is_sound();
    }
}

#[test]
fn eight_writers_race_through_the_hook_and_lose_nothing() {
    const WRITERS: usize = 8;
    let commits = times(2, 4);
    for kind in some_of([Kind::Daemon, Kind::Http], 1) {
        let g = Guarded::new(kind, "");
        let opened = g.w.init();
        let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
        let before = g.w.remote.tip(&branch);
        let machines: Vec<Machine> = (0..WRITERS).map(|_| g.w.other()).collect();
        std::thread::scope(|scope| {
            for (writer, machine) in machines.iter().enumerate() {
                machine.share_key(&g.w);
                let token = &token;
                scope.spawn(move || {
                    for n in 0..commits {
                        let pair = format!("race/{writer}-{n}.txt=-");
                        machine
                            .call(&["commit", &pair, "-m", "Race", "--json"])
                            .env("AIDF_REUSE_TOKEN", token)
                            .stdin("x\n")
                            .run()
                            .ok();
                    }
                });
            }
        });
        let tip = g.w.remote.tip(&branch);
        let range = format!("{before}..{tip}");
        assert_eq!(g.w.remote.count(&range), WRITERS * commits);
        let files = g.w.remote.files(&branch);
        let log = entries(&g.w.remote.file(&branch, CHANGELOG));
        for writer in 0..WRITERS {
            for n in 0..commits {
                let path = format!("race/{writer}-{n}.txt");
                assert!(files.contains(&path), "{path} is lost");
                let logged = log.iter().filter(|e| e["path"] == path.as_str()).count();
                assert_eq!(logged, 1, "{path}");
            }
        }
        g.w.remote.is_sound();
    }
}

#[test]
fn a_merge_of_main_passes_with_its_workflows_and_an_evil_merge_does_not() {
    let (g, ada, token) = held(Kind::Path, "");
    g.w.remote.write(
        "main",
        &[(".github/workflows/ci.yml", Some(b"on: merge_group\n"))],
        "Add CI",
    );
    ada.plain(&[("a.txt", "a\n")], "Mine");
    ada.git(&["fetch", "--quiet", "origin", "main"]);
    ada.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Take main in",
        "FETCH_HEAD",
    ]);
    let clean = ada.git(&["rev-parse", "HEAD"]);
    ada.write(WORKFLOW.0, WORKFLOW.1);
    ada.git(&["add", "-A"]);
    ada.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    let target = "HEAD:refs/heads/sandbox-ada";
    g.refused(&ada, &[&token], &[target], WORKFLOW.0);
    // What main has may not come changed either.
    ada.git(&["reset", "--quiet", "--hard", &clean]);
    ada.write(".github/workflows/ci.yml", "on: push\n");
    ada.git(&["commit", "--quiet", "-a", "--amend", "--no-edit"]);
    g.refused(&ada, &[&token], &[target], ".github/workflows/ci.yml");
    ada.git(&["reset", "--quiet", "--hard", &clean]);
    g.passes(&ada, &[&token], &[target]);
    assert_eq!(
        g.w.remote.text("sandbox-ada", ".github/workflows/ci.yml"),
        "on: merge_group\n"
    );
}

#[test]
fn what_was_smuggled_to_another_ref_first_is_refused_on_a_sandbox() {
    let (g, ada, token) = held(Kind::Path, "");
    let target = "HEAD:refs/heads/sandbox-ada";
    ada.plain(&[WORKFLOW], "Smuggle");
    for place in ["refs/heads/feature/x", "refs/tags/x", "refs/notes/x"] {
        g.passes(&ada, &[], &[&format!("HEAD:{place}")]);
        g.refused(&ada, &[&token], &[target], WORKFLOW.0);
    }
    // A backup is of today and of its branch as it is, and no place to put things.
    for name in ["2020-01-01", "evil", "2099-01-01", "sandbox-ada/evil"] {
        let to = format!("HEAD:refs/heads/backup/{name}");
        g.refused(&ada, &[&token], &[&to], "is refused as a backup");
    }
    let today = aidf::clock::Moment::now().date();
    let planted = format!("HEAD:refs/heads/backup/{today}");
    g.refused(&ada, &[&token], &[&planted], "another commit here by now");
    // Nor does a merge of it, a commit that hides it, or a history of its own help.
    ada.at("sandbox-ada");
    ada.plain(&[("b.txt", "b\n")], "Mine");
    ada.git(&["fetch", "--quiet", "origin", "feature/x"]);
    ada.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "FETCH_HEAD"]);
    g.refused(&ada, &[&token], &[target], WORKFLOW.0);
    ada.git(&["rm", "--quiet", WORKFLOW.0]);
    ada.plain(&[], "Hide");
    g.refused(&ada, &[&token], &[target], WORKFLOW.0);
    ada.git(&["checkout", "--quiet", "--orphan", "alone"]);
    ada.git(&["rm", "-r", "--quiet", "--cached", "--force", "."]);
    ada.plain(&[WORKFLOW], "A history of its own");
    g.refused(&ada, &[&token], &[target], WORKFLOW.0);
}

#[test]
fn what_is_denied_may_be_neither_removed_nor_renamed_nor_linked() {
    let (g, ada, token) = held(Kind::Path, "");
    g.w.remote.write(
        "sandbox",
        &[("CODEOWNERS", Some(b"* @operator\n"))],
        "Name the owners",
    );
    let target = "HEAD:refs/heads/sandbox-ada";
    ada.at("sandbox");
    g.passes(&ada, &[&token], &[target]);
    ada.git(&["rm", "--quiet", "CODEOWNERS"]);
    ada.plain(&[], "Remove it");
    g.refused(&ada, &[&token], &[target], "CODEOWNERS");
    ada.at("sandbox");
    ada.git(&["mv", "CODEOWNERS", "owners.txt"]);
    ada.plain(&[], "Rename it");
    g.refused(&ada, &[&token], &[target], "CODEOWNERS");
    ada.at("sandbox");
    ada.plain(&[("codeowners", "* @ada\n")], "In another case");
    g.refused(&ada, &[&token], &[target], "codeowners");
    // In the place of a ledger, a link would close the sandbox to aidf.
    #[cfg(unix)]
    {
        ada.at("sandbox");
        std::fs::remove_file(ada.clone.join(MEMORY)).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", ada.clone.join(MEMORY)).unwrap();
        ada.git(&["add", MEMORY]);
        ada.plain(&[], "Link it");
        g.refused(&ada, &[&token], &[target], "would be a symlink");
    }
}

#[test]
fn caps_on_one_commit_hold_for_plain_pushes_to_sandboxes() {
    let limits = "limits: {files: 2, file_bytes: 100, total_bytes: 150, lines: 20}\n";
    let (g, ada, token) = held(Kind::Path, limits);
    let target = "HEAD:refs/heads/sandbox-ada";
    let (large, middling) = ("x".repeat(101), "y".repeat(90));
    let many = "l\n".repeat(21);
    for (files, words) in [
        (vec![("a", "1"), ("b", "1"), ("c", "1")], "3 files change"),
        (vec![("a", large.as_str())], "`a` has 101 bytes"),
        (
            vec![("a", middling.as_str()), ("b", middling.as_str())],
            "180 bytes are written",
        ),
        (vec![("a", many.as_str())], "21 lines change"),
    ] {
        ada.at("sandbox-ada");
        ada.plain(&files, "Too much");
        g.refused(&ada, &[&token], &[target], words);
    }
    // Each commit is counted by itself, and what is not a sandbox is left as it is.
    ada.at("sandbox-ada");
    ada.plain(&[("a", "1"), ("b", "1")], "One");
    ada.plain(&[("c", "1"), ("d", "1")], "Two");
    g.passes(&ada, &[&token], &[target]);
    ada.plain(&[("a", &large)], "Large");
    g.passes(&ada, &[], &["HEAD:refs/heads/feature/large"]);
}

#[test]
fn hundreds_of_refs_in_one_push_are_each_decided() {
    let many = times(500, 2000);
    let g = Guarded::new(Kind::Path, "");
    let bob = g.w.other();
    bob.at("main");
    bob.plain(&[("b.txt", "b\n")], "Mine");
    let refs: Vec<String> = (0..many)
        .map(|n| format!("HEAD:refs/heads/many/{n}"))
        .collect();
    let mut refs: Vec<&str> = refs.iter().map(String::as_str).collect();
    refs.push("HEAD:refs/heads/main");
    g.refused(&bob, &[], &refs, "main is protected");
    // Of what is refused there are a hundred lines and a count.
    let journal = g.journal();
    assert_eq!(journal.len(), 101, "{:#?}", journal.last());
    assert_eq!(journal[0]["ref"], "refs/heads/main");
    assert_eq!(journal[100]["refs"], many + 1 - 100);
    assert!(journal.iter().all(|l| l["allowed"] == false));
    refs.pop();
    let out = g.passes(&bob, &[], &refs);
    assert!(out.took.as_secs() < 60, "{out}");
    // And of what anybody may write, ten and a count.
    let journal = g.journal();
    assert_eq!(journal.len(), 101 + 11);
    assert_eq!(journal[111]["refs"], many - 10);
    assert_eq!(g.w.remote.refs().matches("refs/heads/many/").count(), many);
}

#[test]
fn input_that_git_would_not_give_lets_nothing_in() {
    let g = Guarded::new(Kind::Path, "");
    let bare = &g.w.remote.bare;
    let tip = g.w.remote.tip("main");
    let zero = "0".repeat(40);
    let inputs: Vec<Vec<u8>> = vec![
        b"garbage\n".to_vec(),
        b"\n".to_vec(),
        b"a b c\n".to_vec(),
        format!("{tip} {tip}\n").into_bytes(),
        format!("{tip}  {tip} refs/heads/x\n").into_bytes(),
        format!("{tip} {zero}0 refs/heads/x\n").into_bytes(),
        format!("{}{}\n", "x".repeat(1 << 20), tip).into_bytes(),
        vec![0xff, 0xfe, 0, b'\n'],
        format!("{zero} {tip} refs/heads/x\n\0\n").into_bytes(),
    ];
    let hook = |input: Vec<u8>| {
        g.w.env
            .call(bare, &["hook", "pre-receive"])
            .env("GIT_DIR", ".")
            .stdin(input)
            .run()
    };
    for input in inputs {
        let shown = String::from_utf8_lossy(&input[..input.len().min(80)]).into_owned();
        let out = hook(input);
        assert_eq!(out.code, 2, "{shown:?}\n{out}");
        assert!(!out.stderr.contains("panicked"), "{out}");
    }
    // An object that is not there is no reason to fall over, or to let it in.
    let absent = "1".repeat(40);
    let line = format!("{tip} {absent} refs/heads/main\n");
    hook(line.into_bytes()).exits(5);
    for count in ["-1", "x", "99999999999999999999", "1000000"] {
        let line = format!("{zero} {tip} refs/heads/main\n");
        let out = g.w.env.call(bare, &["hook", "pre-receive"]);
        let out = out
            .env("GIT_DIR", ".")
            .env("GIT_PUSH_OPTION_COUNT", count)
            .stdin(line)
            .run();
        assert_eq!(out.code, 5, "{out}");
    }
}

#[test]
fn nobody_but_an_operator_replaces_objects_or_stands_in_a_names_way() {
    let (g, ada, token) = held(Kind::Path, "protected_branches: ['release/*']\n");
    let tip = ada.git(&["rev-parse", "HEAD"]);
    // One that stands for itself would close the repository to every push.
    let replace = format!("HEAD:refs/replace/{tip}");
    g.refused(&ada, &[&token], &[&replace], "would replace an object");
    for (name, words) in [
        ("backup/2030-01-01/x", "would block backup/2030-01-01"),
        ("main/x", "would block main"),
        ("release/1/x", "would block release/1"),
        ("sandbox-other/x", "starts like a sandbox's name"),
        ("sandbox-Other", "starts like a sandbox's name"),
        ("backup", "would block all backups"),
    ] {
        let to = format!("HEAD:refs/heads/{name}");
        g.refused(&ada, &[&token], &[&to], words);
    }
    // Before there is a base, too.
    g.w.remote.git(&["update-ref", "-d", "refs/heads/sandbox"]);
    g.refused(
        &ada,
        &[&token],
        &["HEAD:refs/heads/sandbox/x"],
        "would block sandbox",
    );
    g.w.init();
    let today = aidf::clock::Moment::now().date();
    let branch = "refs/remotes/origin/sandbox-ada";
    let backup = format!("{branch}:refs/heads/backup/sandbox-ada/{today}");
    ada.git(&["fetch", "--quiet", "origin"]);
    g.passes(&ada, &[], &[&backup]);
    g.passes(&ada, &[], &["HEAD:refs/heads/sandboxes/x"]);
}

#[cfg(unix)]
#[test]
fn a_link_or_a_module_in_the_place_of_a_denied_folder_is_refused() {
    let (g, ada, token) = held(Kind::Path, "");
    let target = "HEAD:refs/heads/sandbox-ada";
    std::fs::create_dir_all(ada.clone.join(".github")).unwrap();
    std::os::unix::fs::symlink("../docs", ada.clone.join(".github/workflows")).unwrap();
    ada.git(&["add", "-A"]);
    ada.plain(&[], "Link it");
    g.refused(&ada, &[&token], &[target], ".github/workflows");
    ada.at("sandbox-ada");
    let module = format!("160000,{},.husky", ada.git(&["rev-parse", "HEAD"]));
    ada.git(&["update-index", "--add", "--cacheinfo", &module]);
    ada.git(&["commit", "--quiet", "-m", "A module"]);
    g.refused(&ada, &[&token], &[target], ".husky");
    // Sandboxes hold files alone, there and elsewhere.
    ada.at("sandbox-ada");
    std::os::unix::fs::symlink("guide.md", ada.clone.join("docs/link")).unwrap();
    ada.git(&["add", "-A"]);
    ada.plain(&[], "A plain link");
    g.refused(&ada, &[&token], &[target], "symlink or submodule");
}

#[test]
fn a_merge_of_any_protected_branch_passes_with_what_was_reviewed_there() {
    let (g, ada, token) = held(Kind::Path, "protected_branches: ['release/*']\n");
    g.w.remote.git(&["branch", "release/1", "main"]);
    let workflow: [(&str, Option<&[u8]>); 1] = [(WORKFLOW.0, Some(WORKFLOW.1.as_bytes()))];
    g.w.remote.write("release/1", &workflow, "Add CI");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    ada.git(&["fetch", "--quiet", "origin", "release/1"]);
    ada.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "FETCH_HEAD"]);
    g.passes(&ada, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
}

#[test]
fn an_operator_writes_a_protected_branch_with_aidf_through_the_hook() {
    let g = Guarded::new(Kind::Http, "");
    g.w.write("o.txt", "o\n");
    let commit = [
        "commit",
        "o.txt",
        "-m",
        "By an operator",
        "--branch",
        "main",
    ];
    g.w.refuses(&commit, 5);
    let done = g.w.call(&[&commit[..], &["--json"]].concat());
    done.env("AIDF_REUSE_TOKEN", &g.operator).run().ok();
    assert_eq!(g.w.remote.text("main", "o.txt"), "o\n");
}

#[test]
fn outside_of_git_the_hook_says_so() {
    let g = Guarded::new(Kind::Path, "");
    let out =
        g.w.env
            .call(&g.w.env.home(), &["hook", "pre-receive", "--json"]);
    let out = out.stdin("").run().exits(2);
    assert!(
        out.error()["hint"]
            .as_str()
            .unwrap()
            .contains("protect apply")
    );
    let out = g.w.env.call(&g.w.env.home(), &["hook", "pre-receive"]);
    out.env("GIT_DIR", "/nonexistent").stdin("").run().exits(2);
}

/// Speaks to `git receive-pack` by hand: `old new ref` as claimed, and a pack of nothing.
fn by_hand(g: &Guarded, old: &str, new: &str, name: &str) -> String {
    let command = format!("{old} {new} {name}\0report-status");
    let mut bytes = format!("{:04x}{command}0000", command.len() + 4).into_bytes();
    if new.chars().any(|c| c != '0') {
        bytes.extend(
            g.w.env
                .git_bytes(&g.w.clone, &["pack-objects", "--stdout", "-q"], b""),
        );
    }
    String::from_utf8_lossy(&g.receive_pack(&bytes).stdout).into_owned()
}

#[test]
fn a_client_that_lies_about_what_a_ref_is_moves_nothing() {
    let (g, _ada, _token) = held(Kind::Path, "");
    let first = g.w.remote.git(&["rev-list", "--max-parents=0", "main"]);
    g.w.remote
        .git(&["update-ref", "refs/heads/backup/2020-01-01", &first]);
    let (zero, ones) = ("0".repeat(40), "1".repeat(40));
    let base = g.w.remote.tip("sandbox");
    let main = g.w.remote.tip("main");
    let before = g.w.remote.refs();
    for (old, new, name) in [
        // As if it were new, which all may do with a backup.
        (&zero, &base, "refs/heads/backup/2020-01-01"),
        // As if the base were not there and were made at the default branch's tip.
        (&zero, &main, "refs/heads/sandbox"),
        // As if it were a step forward.
        (&main, &base, "refs/heads/main"),
        (&base, &zero, "refs/heads/sandbox-ada"),
        (&main, &zero, "refs/heads/../heads/main"),
        (&zero, &main, "refs/heads/sandbox-ada/../../heads/main"),
        // Deletions that say of themselves that there is nothing, or something else.
        (&zero, &zero, "refs/heads/backup/2020-01-01"),
        (&ones, &zero, "refs/heads/backup/2020-01-01"),
        (&zero, &zero, "refs/heads/main"),
        (&zero, &zero, "refs/heads/sandbox-ada"),
        (&zero, &main, "HEAD"),
        (&zero, &main, "heads/main"),
    ] {
        let said = by_hand(&g, old, new, name);
        assert_eq!(g.w.remote.refs(), before, "{name}: {said}");
    }
    // The same words told truly do pass where they may: the wire is spoken right.
    let said = by_hand(&g, &zero, &main, "refs/heads/feature/by-hand");
    assert!(said.contains("ok refs/heads/feature/by-hand"), "{said}");
}

#[test]
fn a_policy_that_is_broken_closes_the_repository_to_all_but_an_operator_who_mends_it() {
    let (g, ada, token) = held(Kind::Path, "");
    g.w.remote.write(
        "sandbox",
        &[(".aidf.yaml", Some(b"paths: {deny: ['[z']}\n"))],
        "Break it",
    );
    ada.plain(&[("a.txt", "a\n")], "Mine");
    let before = g.journal().len();
    for refs in ["sandbox-ada", "feature/x", "backup/2020-01-01"] {
        let to = format!("HEAD:refs/heads/{refs}");
        g.refused(
            &ada,
            &[&token],
            &[&to],
            "the policy `.aidf.yaml` of sandbox cannot be used",
        );
    }
    // A refusal is on record, for whatever reason it was.
    let journal = g.journal();
    assert_eq!(journal.len(), before + 3);
    assert!(journal[before..].iter().all(|l| l["allowed"] == false));
    ada.at("sandbox");
    ada.plain(&[(".aidf.yaml", "version: 1\n")], "Mend it");
    let out = g.passes(&ada, &[&g.operator], &["HEAD:refs/heads/sandbox"]);
    assert!(out.stderr.contains("cannot be used"), "{out}");
    ada.plain(&[("b.txt", "b\n")], "Mine");
    g.passes(&ada, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
}

/// Addresses that lead to this machine, though nothing in them says so.
#[cfg(target_os = "linux")]
#[test]
fn a_token_that_is_not_sent_in_the_open_is_told_of_and_so_is_what_to_do() {
    for kind in [Kind::Daemon, Kind::Http] {
        let (g, ada, token) = held(kind, "");
        ada.write("a.txt", "a\n");
        let commit = ["commit", "a.txt", "-m", "Mine", "--branch", "sandbox-ada"];
        let commit = [&commit[..], &["--reuse-token", &token, "--json"]].concat();
        let url = g.w.remote.url.replace("127.0.0.1", "0.0.0.0");
        assert_ne!(url, g.w.remote.url);
        ada.git(&["remote", "set-url", "origin", &url]);
        let before = g.w.remote.refs();
        let error = ada.call(&commit).run().exits(5).error();
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("did not send it"), "{hint}");
        assert!(hint.contains("https or ssh"), "{hint}");
        assert_eq!(g.w.remote.refs(), before);
        // A server without the hook takes what nobody checked.
        g.w.remote.unhook("pre-receive");
        let done = ada.call(&commit).run().ok().json();
        let warned = done["warnings"].to_string();
        assert!(warned.contains("nobody checked the token"), "{warned}");
        assert!(warned.contains("https or ssh"), "{warned}");
        // Where the network is this machine's own, it is sent and checked as ever.
        g.protect(&["apply"]).ok();
        ada.git(&["remote", "set-url", "origin", &g.w.remote.url]);
        ada.write("a.txt", "b\n");
        let done = ada.call(&commit).run().ok().json();
        assert_eq!(done["warnings"], serde_json::json!([]));
    }
}

#[test]
fn without_a_key_sandboxes_are_everybodys_and_all_else_stands() {
    let remote = Remote::new(Kind::Daemon, "widgets", true);
    let bob = Machine::new(&remote);
    crate::support::protect(&bob, &remote, &["apply"]).ok();
    let check = crate::support::protect(&bob, &remote, &["check", "--json"]).exits(8);
    let states = crate::support::states(&check.json());
    let holder = states.iter().find(|s| s.0 == "holder_only").unwrap();
    assert_eq!(holder.2, "missing", "{states:?}");
    bob.plain(&[("b.txt", "b\n")], "Mine");
    let push = |to: &str| {
        let to = format!("HEAD:refs/heads/{to}");
        bob.env
            .try_git(&bob.clone, &["push", "--quiet", "origin", &to])
    };
    push("sandbox-any").ok();
    assert_ne!(push("main").code, 0);
    bob.git(&["rm", "--quiet", "README.md"]);
    bob.plain(&[WORKFLOW], "A workflow");
    assert_ne!(push("sandbox-any").code, 0);
}

#[test]
fn a_key_file_that_cannot_be_used_refuses_every_push() {
    let (g, ada, token) = held(Kind::Http, "");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    let good = std::fs::read(&g.key_file).unwrap();
    let to = ["HEAD:refs/heads/sandbox-ada"];
    let feature = ["HEAD:refs/heads/feature/x"];
    let spoils: [&dyn Fn(); 4] = [
        &|| std::fs::write(&g.key_file, "").unwrap(),
        &|| std::fs::write(&g.key_file, r#"{"version":1,"keys":[]}"#).unwrap(),
        &|| std::fs::write(&g.key_file, r#"{"version":1,"keys":[{"id":"x"}]}"#).unwrap(),
        &|| std::fs::remove_file(&g.key_file).unwrap(),
    ];
    for spoil in spoils {
        spoil();
        g.refused(&ada, &[&token], &to, "key");
        g.refused(&ada, &[], &feature, "key");
        g.refused(&ada, &[&g.operator], &["HEAD:refs/heads/main"], "key");
    }
    // Others could have read it: it is worth nothing.
    std::fs::write(&g.key_file, good).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&g.key_file, mode(0o644)).unwrap();
        g.refused(&ada, &[&token], &to, "others can read it");
        std::fs::set_permissions(&g.key_file, mode(0o600)).unwrap();
    }
    g.passes(&ada, &[&token], &to);
}

#[test]
fn a_repository_known_by_another_name_takes_its_tokens_once_it_is_told() {
    let remote = Remote::new(Kind::Path, "widgets", true);
    let alias = remote.bare.with_file_name("gadgets.git");
    std::fs::rename(&remote.bare, &alias).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&alias, &remote.bare).unwrap();
    let g = Guarded::of(remote, "");
    let token = g.token("sandbox-ada");
    // Applied by the name that people use, the hook knows it.
    assert_eq!(g.w.remote.git(&["config", "aidf.repoName"]), "widgets");
    g.passes(&g.w, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
    // Its identity is the same whatever it is called.
    g.w.remote.git(&["config", "--unset", "aidf.repoName"]);
    g.passes(&g.w, &[&token], &[":refs/heads/sandbox-ada"]);
}

#[test]
fn the_pushers_environment_brings_no_key_of_its_own() {
    let (g, ada, _token) = held(Kind::Path, "");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    // On a path the hook runs with the pusher's environment: the named key file counts.
    let own = "ab".repeat(32);
    let stolen = text(
        &ada.call(&["token", "issue", "--operator", "--json"])
            .env("AIDF_KEY", &own)
            .run()
            .ok()
            .json(),
        "token",
    );
    let mut command = ada.env.command("git", &ada.clone);
    let option = format!("aidf-token={stolen}");
    command
        .env("AIDF_KEY", &own)
        .env("GL_USER", "operator")
        .args([
            "push",
            "--quiet",
            "-o",
            &option,
            "origin",
            "HEAD:refs/heads/main",
        ]);
    let before = g.w.remote.refs();
    let out = command.output().unwrap();
    assert!(!out.status.success());
    assert_eq!(g.w.remote.refs(), before);
}

#[test]
fn a_refusal_shows_the_pusher_no_escape_of_a_path() {
    let (g, ada, token) = held(Kind::Daemon, "paths: {deny: ['secret/**']}\n");
    ada.git(&["config", "core.quotePath", "false"]);
    ada.plain(&[("secret/\u{1b}[2J\u{202e}x", "x\n")], "Escape");
    let out = g.refused(&ada, &[&token], &["HEAD:refs/heads/sandbox-ada"], "secret/");
    assert!(!out.stderr.contains("\u{1b}[2J"), "{out}");
    assert!(!out.stderr.contains('\u{202e}'), "{out}");
    let lines = std::fs::read_to_string(g.w.remote.bare.join("aidf/journal.jsonl")).unwrap();
    assert!(!lines.contains('\u{1b}'), "{lines}");
}

#[test]
fn a_journal_that_cannot_be_written_stops_no_push_and_is_told() {
    let (g, ada, token) = held(Kind::Path, "");
    let journal = g.w.remote.bare.join("aidf/journal.jsonl");
    std::fs::remove_file(&journal).unwrap();
    std::fs::create_dir(&journal).unwrap();
    ada.plain(&[("a.txt", "a\n")], "Mine");
    let out = g.passes(&ada, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
    assert!(out.stderr.contains("journal"), "{out}");
    g.refused(&ada, &[], &["HEAD:refs/heads/main"], "main is protected");
}

#[test]
fn a_parent_that_git_does_not_see_hides_nothing() {
    let (g, ada, token) = held(Kind::Path, "");
    let base = ada.git(&["rev-parse", "HEAD"]);
    ada.plain(&[WORKFLOW], "Smuggle");
    let smuggled = ada.git(&["rev-parse", "HEAD"]);
    g.passes(&ada, &[], &["HEAD:refs/heads/feature/x"]);
    let tree = ada.git(&["rev-parse", "HEAD^{tree}"]);
    let who = "Ada <ada@example.invalid> 1795342272 +0000";
    let commit = format!(
        "tree {tree}\nparent {base}\nauthor {who}\ncommitter {who}\nparent {smuggled}\n\nHide\n"
    );
    let args = ["hash-object", "-t", "commit", "-w", "--stdin"];
    let id = ada.env.git_bytes(&ada.clone, &args, commit.as_bytes());
    let id = String::from_utf8(id).unwrap();
    let to = format!("{}:refs/heads/sandbox-ada", id.trim());
    g.refused(&ada, &[&token], &[&to], WORKFLOW.0);
}

/// git names the objects that a repository lends its hook in a list that colons separate, and
/// quotes a path there that has one.
#[cfg(unix)]
#[test]
fn a_push_to_a_path_with_a_colon_is_decided_as_any_other() {
    for name in ["host:80", "ho\"st:8\\0:"] {
        let g = Guarded::of(Remote::new(Kind::Path, name, true), "");
        let (ada, token) = (g.w.other(), g.token("sandbox-ada"));
        ada.at("sandbox");
        ada.plain(&[("a.txt", "a\n")], "Mine");
        g.refused(&ada, &[], &["HEAD:refs/heads/main"], "main is protected");
        g.passes(&ada, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
        assert_eq!(g.w.remote.text("sandbox-ada", "a.txt"), "a\n");
        // The history is read from what was there, and the files from what comes.
        ada.plain(&[WORKFLOW], "Smuggle");
        let to = "HEAD:refs/heads/sandbox-ada";
        g.refused(&ada, &[&token], &[to], WORKFLOW.0);
    }
}

#[test]
fn a_tree_of_few_objects_and_many_files_is_left_as_soon_as_it_is_too_much() {
    let (g, ada, token) = held(Kind::Path, "");
    let blob = ada
        .env
        .git_bytes(&ada.clone, &["hash-object", "-w", "--stdin"], b"x\n");
    let mut entry = format!("100644 blob {}", String::from_utf8(blob).unwrap().trim());
    let mut tree = String::new();
    for _ in 0..7 {
        let list: String = (0..10).map(|n| format!("{entry}\t{n}\n")).collect();
        let made = ada.env.git_bytes(&ada.clone, &["mktree"], list.as_bytes());
        tree = String::from_utf8(made).unwrap().trim().to_owned();
        entry = format!("040000 tree {tree}");
    }
    let base = ada.git(&["rev-parse", "HEAD"]);
    let bomb = ada.git(&["commit-tree", &tree, "-p", &base, "-m", "Bomb"]);
    let to = format!("{bomb}:refs/heads/sandbox-ada");
    g.refused(&ada, &[&token], &[&to], "too large to check");
    // Where no rule is about paths, none is looked at.
    g.passes(&ada, &[], &[&format!("{bomb}:refs/heads/feature/x")]);
}

#[test]
fn a_merge_brings_no_older_version_of_what_is_denied() {
    let (g, ada, token) = held(Kind::Path, "");
    let at_first: [(&str, Option<&[u8]>); 1] = [(WORKFLOW.0, Some(b"on: push\n"))];
    g.w.remote.write("sandbox", &at_first, "Add CI");
    let old = g.w.remote.tip("sandbox");
    let now: [(&str, Option<&[u8]>); 1] = [(WORKFLOW.0, Some(b"on: workflow_dispatch\n"))];
    g.w.remote.write("sandbox", &now, "Harden it");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    ada.git(&["fetch", "--quiet", "origin"]);
    ada.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", &old]);
    g.refused(
        &ada,
        &[&token],
        &["HEAD:refs/heads/sandbox-ada"],
        WORKFLOW.0,
    );
    ada.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge",
        "origin/sandbox",
    ]);
    g.refused(
        &ada,
        &[&token],
        &["HEAD:refs/heads/sandbox-ada"],
        WORKFLOW.0,
    );
    ada.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    ada.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge",
        "origin/sandbox",
    ]);
    g.passes(&ada, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
}

#[test]
fn planted_backups_push_no_real_one_out() {
    let g = Guarded::new(Kind::Path, "");
    g.w.aidf(&["backup"]).ok();
    let real = g.w.remote.refs();
    for name in ["2098-01-01", "2099-01-01", "2099-01-02T000000Z"] {
        let planted = format!("refs/heads/backup/{name}");
        g.w.remote.git(&["update-ref", &planted, "sandbox"]);
    }
    let call = g.w.call(&["backup", "prune", "--keep-last", "1", "--json"]);
    let pruned = call.env("AIDF_REUSE_TOKEN", &g.operator).run().ok().json();
    assert_eq!(pruned["removed"], serde_json::json!([]), "{pruned}");
    assert!(
        pruned.to_string().contains("dated in the future"),
        "{pruned}"
    );
    for line in real.lines() {
        assert!(g.w.remote.refs().contains(line), "{line} is gone");
    }
    // Nor do they stand for what was there before.
    let again = g.w.json(&["backup"]);
    assert!(
        again["message"].as_str().unwrap().contains("nothing to do"),
        "{again}"
    );
}

#[test]
fn a_key_that_apply_found_by_itself_closes_the_server_when_it_is_lost() {
    let w = World::path();
    w.aidf(&["token", "issue", "--operator"]).ok();
    protect(&w, &w.remote, &["apply"]).ok();
    let named = w.remote.git(&["config", "aidf.keyfile"]);
    assert_eq!(named, w.env.keys().to_str().unwrap());
    w.init();
    let sandbox = w.sandbox();
    let stranger = w.other();
    stranger.at("main");
    stranger.plain(&[("x", "x\n")], "Not mine");
    let push = ["push", "--force", "origin"];
    let to = format!("HEAD:refs/heads/{sandbox}");
    let args = [&push[..], &[to.as_str()]].concat();
    let before = w.remote.refs();
    let refused = stranger.env.try_git(&stranger.clone, &args);
    assert!(refused.stderr.contains("the holder"), "{refused}");
    // Not found any more, it is no reason to take the server for one without a key.
    std::fs::rename(w.env.keys(), w.env.path("elsewhere.json")).unwrap();
    let refused = stranger.env.try_git(&stranger.clone, &args);
    assert_ne!(refused.code, 0, "{refused}");
    assert_eq!(w.remote.refs(), before);
}

#[cfg(unix)]
#[test]
fn a_token_goes_to_the_repository_it_is_for_and_to_no_other_of_all() {
    let w = World::path();
    let other = Remote::new(Kind::Path, "gadgets", true);
    let operator = text(&w.json(&["token", "issue", "--operator"]), "token");
    let spy = "#!/bin/sh\necho \"$GIT_PUSH_OPTION_COUNT $GIT_PUSH_OPTION_0\" > heard\n";
    for remote in [&w.remote, &other] {
        remote.git(&["config", "receive.advertisePushOptions", "true"]);
        remote.hook("pre-receive", spy);
    }
    let repositories = [&w.remote, &other].map(|r| format!("- url: {}\n", r.url));
    w.env
        .operator_config(&format!("repositories:\n{}", repositories.concat()));
    let call = w.call(&["backup", "create", "--all"]);
    call.env("AIDF_REUSE_TOKEN", &operator).run().ok();
    let heard = |remote: &Remote| std::fs::read_to_string(remote.bare.join("heard")).unwrap();
    assert!(heard(&w.remote).contains(&operator), "{}", heard(&w.remote));
    assert!(!heard(&other).contains("aidf-token"), "{}", heard(&other));
}

#[test]
fn a_token_of_a_key_that_the_server_lacks_is_told_by_its_key_and_who_may_bring_it() {
    let (g, ada, token) = held(Kind::Path, "");
    g.w.json(&["key", "rotate"]);
    let newer = g.token("sandbox-ada");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    let key = newer.split('.').nth(1).unwrap();
    let words = format!("sealed with the key {key}, and this server does not have it");
    let to = ["HEAD:refs/heads/sandbox-ada"];
    let out = g.refused(&ada, &[&newer], &to, &words);
    assert!(out.stderr.contains("if that key is the team's"), "{out}");
    assert!(!out.stderr.contains("keys.json"), "{out}");
    assert!(!out.stderr.contains("sandbox init"), "{out}");
    // A good token beside it is the one that counts, and some refusals are of no token.
    let out = g.refused(
        &ada,
        &[&token, &newer],
        &["HEAD:refs/heads/sandbox-b"],
        &words,
    );
    assert!(
        out.stderr.contains("hint: open one: aidf sandbox init"),
        "{out}"
    );
    let out = g.refused(&ada, &[&newer], &[":refs/heads/main"], &words);
    assert!(out.stderr.contains("aidf rollback"), "{out}");
    // A damaged token is one of no key at all.
    let damaged = newer.replacen("aidf2", "aidf9", 1);
    g.refused(&ada, &[&damaged], &to, "not valid for this repository");
    std::fs::copy(g.w.env.keys(), &g.key_file).unwrap();
    g.passes(&ada, &[&newer], &to);
    ada.plain(&[("b.txt", "b\n")], "Mine too");
    g.passes(&ada, &[&token], &to);
}

#[test]
fn a_time_that_is_not_the_servers_is_refused_with_its_own_and_how_far_they_are_apart() {
    let (g, ada, token) = held(Kind::Path, "");
    let stamp = |seconds: i64| aidf::clock::Moment::from_seconds(now() + seconds).compact();
    let year = &stamp(0)[..4];
    for (shift, apart) in [
        (-3 * 3_600 - 60, "3 hours behind"),
        (20 * 60 + 30, "20 minutes ahead"),
        (-10 * 86_400, "10 days behind"),
    ] {
        let stamp = stamp(shift);
        let tip = ada.git(&["rev-parse", "origin/sandbox-ada"]);
        let archive = format!("{tip}:refs/aidf/archive/sandbox-ada/{stamp}");
        let backup = format!("origin/main:refs/heads/backup/main/{stamp}");
        for (name, words) in [
            (archive, "its time is not the present one"),
            (backup, "its date is not the present date"),
        ] {
            let out = g.refused(&ada, &[&token], &[&name], words);
            assert!(out.stderr.contains(apart), "{apart}: {out}");
            assert!(out.stderr.contains(&format!("here it is {year}-")), "{out}");
        }
    }
}

#[cfg(unix)]
#[test]
fn in_a_repository_that_accounts_share_they_share_what_the_hook_writes() {
    use std::os::unix::fs::PermissionsExt;
    let (g, ada, token) = held(Kind::Path, "");
    let aidf = g.w.remote.bare.join("aidf");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&aidf.join("journal.jsonl")), 0o600);
    g.w.remote
        .git(&["config", "core.sharedRepository", "group"]);
    let revoked = text(
        &g.w.json(&["token", "issue", "--branch", "sandbox-b"]),
        "token_id",
    );
    let revoke = format!("HEAD:refs/aidf/revoked/{revoked}");
    g.passes(&ada, &[&g.operator], &[&revoke]);
    ada.plain(&[("a.txt", "a\n")], "Mine");
    g.passes(&ada, &[&token], &["HEAD:refs/heads/sandbox-ada"]);
    for name in ["journal.jsonl", "journal.jsonl.lock", "revoked.json"] {
        assert_eq!(mode(&aidf.join(name)), 0o660, "{name}");
    }
    for folder in ["", "activity"] {
        let mode = mode(&aidf.join(folder));
        assert_eq!(mode & 0o2070, 0o2070, "{folder}: {mode:o}");
    }
}

#[test]
fn a_memory_of_revocations_that_cannot_be_read_refuses_who_sends_a_token_and_no_one_else() {
    let (g, ada, token) = held(Kind::Path, "");
    std::fs::write(g.w.remote.bare.join("aidf/revoked.json"), "not ours").unwrap();
    let to = ["HEAD:refs/heads/feature/x"];
    let out = g.refused(&ada, &[&token], &to, "cannot be read");
    assert!(out.stderr.contains("as its owner, `chmod g+rw /"), "{out}");
    g.passes(&ada, &[], &to);
}

#[cfg(unix)]
#[test]
fn a_memory_of_revocations_that_was_its_owners_alone_is_shared_by_its_owners_next_push() {
    use std::os::unix::fs::PermissionsExt;
    let (g, ada, _token) = held(Kind::Path, "");
    let file = g.w.remote.bare.join("aidf/revoked.json");
    let mode = || file.metadata().unwrap().permissions().mode() & 0o777;
    std::fs::write(&file, r#"{"version": 1, "revoked": {}}"#).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    g.passes(&ada, &[], &["HEAD:refs/heads/feature/x"]);
    assert_eq!(mode(), 0o600, "accounts share nothing here");
    g.w.remote
        .git(&["config", "core.sharedRepository", "group"]);
    g.passes(&ada, &[], &["HEAD:refs/heads/feature/y"]);
    assert_eq!(mode(), 0o660);
}
