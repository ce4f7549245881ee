//! Live completion, asked as the shells' scripts ask.

use std::path::{Path, PathBuf};

use crate::support::{Call, Machine, World, text};

/// What a shell's script asks of the words of a line: what may the last one become?
fn asking(call: Call, shell: &str, words: &[&str]) -> Call {
    let index = words.len().to_string();
    let call = call.arg("--").arg("aidf");
    let call = words.iter().fold(call, Call::arg);
    call.env("COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", index)
        .env("_CLAP_IFS", "\n")
}

/// The answers, without what is told about them. Nothing else may be said.
#[track_caller]
fn answers(call: Call) -> Vec<String> {
    let out = call.run().ok();
    assert_eq!(out.stderr, "", "{out}");
    let value = |line: &str| line.split(['\t', ':']).next().unwrap().to_owned();
    out.stdout.lines().map(value).collect()
}

#[track_caller]
fn offered(machine: &Machine, words: &[&str]) -> Vec<String> {
    answers(asking(machine.call(&[]), "zsh", words))
}

/// Every file below a folder, with its content.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        }
        found.push((path.clone(), std::fs::read(&path).unwrap_or_default()));
    }
    found.sort();
    found
}

#[test]
fn a_branch_of_the_clone_is_offered_in_each_shells_own_way() {
    let w = World::path();
    let branch = w.sandbox();
    assert_eq!(
        offered(&w, &["log", ""]),
        ["main", "sandbox", branch.as_str()]
    );
    assert_eq!(
        offered(&w, &["sandbox", "show", "sandbox-"]),
        [branch.as_str()]
    );
    assert_eq!(
        offered(&w, &["commit", "--branch", "sandbox-"]),
        [branch.as_str()]
    );
    let ask = |shell: &str| asking(w.call(&[]), shell, &["sandbox", "close", ""]).run();
    assert_eq!(ask("bash").stdout, branch);
    assert_eq!(ask("zsh").stdout, format!("{branch}:open here"));
    assert_eq!(
        ask("/usr/bin/fish").stdout,
        format!("{branch}\topen here\n")
    );
    assert_eq!(ask("pwsh").stdout, format!("{branch}\topen here\n"));
    assert_eq!(ask("elvish").stdout, branch);
    // Without a name that could be meant, a flag is.
    assert!(offered(&w, &["log", "--"]).contains(&"--task-id".to_owned()));
}

#[test]
fn what_a_command_takes_is_offered_by_its_name() {
    let w = World::path();
    let opened = w.init();
    let token = text(&opened, "reuse_token");
    let branch = text(&opened, "branch");
    w.write("a.txt", "a\n");
    let written = w.json(&["commit", "a.txt", "-m", "Add a", "--task-id", "T-17"]);
    let commit = text(&written, "commit");
    w.json(&["backup", "create"]);
    w.write("b.txt", "b\n");
    w.json(&["snapshot", "-m", "Before the move"]);

    assert_eq!(offered(&w, &["log", "--task-id", ""]), ["T-17"]);
    let short = &commit[..10];
    assert_eq!(offered(&w, &["rollback", ""])[0], short);
    assert_eq!(offered(&w, &["rollback", &commit[..12]]), [commit.as_str()]);
    let whole = offered(&w, &["commit", "--expect-head", &commit[..4]]);
    assert_eq!(whole, [commit.as_str()]);
    let backup = text(&w.json(&["backup", "list"])["backups"][0], "name");
    let day = backup.strip_prefix("backup/").unwrap();
    assert_eq!(offered(&w, &["backup", "restore", ""]), [day]);
    assert_eq!(
        offered(&w, &["rollback", "--to", "back"]),
        [backup.as_str()]
    );
    let listed = w.json(&["snapshot", "list"]);
    let snapshot = text(&listed["snapshots"][0], "snapshot");
    let named = offered(&w, &["snapshot", "restore", ""]);
    assert_eq!(named, ["latest", snapshot.as_str()]);

    let [old] = keys(&w, "active").try_into().unwrap();
    w.json(&["key", "rotate"]);
    assert_eq!(offered(&w, &["key", "retire", ""]), [old]);
    let id = text(&w.json(&["token", "inspect", &token]), "token_id");
    for words in [["token", "revoke", ""], ["audit", "log", "--by"]] {
        let words = if words[2].is_empty() {
            words.to_vec()
        } else {
            [&words[..], &[""]].concat()
        };
        assert_eq!(offered(&w, &words), [id.as_str()]);
    }
    // What was issued here is revoked by its id, once.
    let issued = text(&w.json(&["token", "issue", "--operator"]), "token_id");
    assert_eq!(
        offered(&w, &["token", "revoke", &issued[..8]]),
        [issued.as_str()]
    );
    w.json(&["token", "revoke", &issued]);
    assert_eq!(offered(&w, &["token", "revoke", &issued[..8]]), [""; 0]);
    // The token itself is offered nowhere.
    for flag in [
        "token revoke",
        "token inspect",
        "sandbox init --reuse-token",
    ] {
        let mut words: Vec<&str> = flag.split(' ').collect();
        for start in ["", "aidf", &token[..20]] {
            words.push(start);
            let said = asking(w.call(&[]), "fish", &words).run().ok().all();
            assert!(!said.contains(&token), "{words:?}");
            words.pop();
        }
    }
    w.json(&["sandbox", "close"]);
    assert_eq!(offered(&w, &["sandbox", "restore", ""]), [branch.as_str()]);
    assert!(!offered(&w, &["sandbox", "show", ""]).contains(&branch));
}

fn keys(machine: &Machine, state: &str) -> Vec<String> {
    let shown = machine.json(&["key", "show"]);
    let keys = shown["keys"].as_array().unwrap().iter();
    let of = keys.filter(|k| k["state"] == state);
    of.map(|k| text(k, "key_id")).collect()
}

#[test]
fn the_folder_and_the_remote_that_the_line_names_are_looked_at() {
    let w = World::path();
    let branch = w.sandbox();
    let at_home = |words: &[&str]| {
        let call = w.env.call(&w.env.home(), &[]);
        answers(asking(call, "bash", words))
    };
    assert_eq!(at_home(&["log", "sandbox-"]), [""; 0]);
    let clone = w.clone.to_str().unwrap();
    assert_eq!(
        at_home(&["-C", clone, "log", "sandbox-"]),
        [branch.as_str()]
    );
    let quoted = format!("--dir='{clone}'");
    assert_eq!(
        at_home(&[quoted.as_str(), "log", "sandbox-"]),
        [branch.as_str()]
    );
    w.write("docs/plan.md", "x\n");
    assert_eq!(
        at_home(&["-C", clone, "commit", "docs/p"]),
        ["docs/plan.md"]
    );
    assert_eq!(
        at_home(&["-C", clone, "commit", "x=docs/p"]),
        ["x=docs/plan.md"]
    );

    // There is no cache yet, and none is made.
    let of_remote = ["-R", w.url.as_str(), "log", "sandbox-"];
    assert_eq!(at_home(&of_remote), [""; 0]);
    assert!(!w.env.cache().join("aidf").exists());
    let opened = w.env.aidf(
        &w.env.home(),
        &["-R", &w.url, "sandbox", "init", "--name", "far", "--json"],
    );
    let token = text(&opened.ok().json(), "reuse_token");
    let commit = ["-R", &w.url, "commit", "a=-", "-m", "Add a"];
    let call = w.env.call(&w.env.home(), &commit);
    call.env("AIDF_REUSE_TOKEN", &token).stdin("a\n").run().ok();
    assert_eq!(at_home(&of_remote), ["sandbox-far"]);
    let task = ["-R", w.url.as_str(), "log", "--task-id", ""];
    assert_eq!(at_home(&task), [""; 0]);
}

#[test]
fn a_branch_after_an_equals_sign_is_offered_though_bash_cuts_the_word_there() {
    let w = World::path();
    let branch = w.sandbox();
    let call = |words: &[&str]| answers(asking(w.call(&[]), "bash", words));
    assert_eq!(
        call(&["commit", "--branch", "=", "sandbox-"]),
        [branch.as_str()]
    );
    assert_eq!(call(&["commit", "--branch", ""]).last(), Some(&branch));
}

#[test]
fn names_of_strangers_stay_words_and_what_aidf_refuses_is_not_offered() {
    let w = World::path();
    w.sandbox();
    for name in ["$(touch${IFS}x)", "a;b", "a'b", "a\"b", "-x", "a`b`", "a&b"] {
        let name = format!("refs/heads/{name}");
        w.remote.git(&["update-ref", &name, "main"]);
    }
    w.remote.git(&["update-ref", "refs/heads/feat#1", "main"]);
    w.git(&["fetch", "--quiet", "origin"]);
    let ann = w.other();
    ann.git(&["checkout", "--quiet", "main"]);
    for (n, task) in ["$(touch x); y", "--force", "a\u{1b}[2Jb", "it's \"so\""]
        .iter()
        .enumerate()
    {
        let message = format!("Do {n}\n\nAidf-Task-Id: {task}");
        ann.git(&["commit", "--quiet", "--allow-empty", "-m", &message]);
    }
    ann.git(&["push", "--quiet", "origin", "main"]);
    w.git(&["fetch", "--quiet", "origin"]);

    let branches = offered(&w, &["audit", "verify", ""]);
    assert!(branches.contains(&"feat#1".to_owned()), "{branches:?}");
    let odd = |b: &String| b.contains(['$', ';', '\'', '"', '`', '&']) || b.starts_with('-');
    assert!(!branches.iter().any(odd), "{branches:?}");
    let bash = |words: &[&str]| asking(w.call(&[]), "bash", words).run().ok().stdout;
    assert_eq!(bash(&["audit", "verify", "feat"]), "feat\\#1");
    let tasks = ["log", "main", "--task-id", ""];
    assert_eq!(
        bash(&tasks),
        "it\\'s\\ \\\"so\\\"\n\\$\\(touch\\ x\\)\\;\\ y"
    );
    let others = asking(w.call(&[]), "zsh", &tasks).run().ok().stdout;
    assert_eq!(others, "it's \"so\":Do 3\n$(touch x); y:Do 0");
    // PowerShell puts an answer into the line as it is.
    let plain = asking(w.call(&[]), "powershell", &tasks).run().ok().stdout;
    assert_eq!(plain, "");
}

#[test]
fn nothing_is_asked_of_a_remote_and_nothing_is_written() {
    let w = World::path();
    let branch = w.history(2);
    std::fs::rename(&w.remote.bare, w.remote.bare.with_extension("gone")).unwrap();
    let before = (content(&w.env.home()), content(&w.clone));
    for words in [
        &["log", ""][..],
        &["log", "--task-id", ""],
        &["rollback", ""],
        &["backup", "restore", ""],
        &["snapshot", "show", ""],
        &["token", "revoke", ""],
        &["key", "retire", ""],
        &["commit", ""],
        &["-R", &w.url, "log", ""],
    ] {
        asking(w.call(&[]), "bash", words).run().ok();
    }
    assert_eq!(offered(&w, &["sandbox", "diff", ""]), [branch]);
    assert!(before == (content(&w.env.home()), content(&w.clone)));
}

#[test]
fn whatever_is_broken_the_answer_is_silence() {
    let w = World::path();
    w.sandbox();
    let lines: [&[&str]; 8] = [
        &["log", ""],
        &["rollback", ""],
        &["backup", "restore", ""],
        &["snapshot", "show", ""],
        &["token", "revoke", ""],
        &["key", "retire", ""],
        &["commit", "--timeout", "x", "--branch", ""],
        &["no-command", "--no-flag", ""],
    ];
    let all_silent = |call: &dyn Fn() -> Call| {
        for words in lines {
            for shell in ["bash", "zsh", "fish"] {
                answers(asking(call(), shell, words));
            }
        }
    };
    // No clone at all.
    all_silent(&|| w.env.call(&w.env.home(), &[]));
    w.env.operator_config("sandbox: [\n");
    all_silent(&|| w.call(&[]));
    w.env.operator_config("");
    std::fs::write(w.env.keys(), "no keys").unwrap();
    all_silent(&|| w.call(&[]));
    std::fs::write(w.clone.join(".git/aidf/session.json"), "{").unwrap();
    std::fs::write(w.clone.join(".git/packed-refs"), "\0nonsense\n").unwrap();
    all_silent(&|| w.call(&[]));
    std::fs::write(w.clone.join(".git/HEAD"), "\0").unwrap();
    all_silent(&|| w.call(&[]));
    let homeless = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_aidf"));
        command.current_dir(&w.clone).env_clear();
        Call::of(command)
    };
    all_silent(&homeless);
    // A script that says less than it should.
    for index in ["", "x", "99", "0"] {
        let call = w.call(&["--", "aidf", "log", ""]).env("COMPLETE", "bash");
        answers(call.env("_CLAP_COMPLETE_INDEX", index));
    }
    answers(w.call(&["--"]).env("COMPLETE", "bash"));
}

#[test]
fn the_answers_are_bounded_however_many_branches_there_are() {
    let w = World::path();
    let tip = w.git(&["rev-parse", "HEAD"]);
    let lines = (0..3000).map(|n| format!("{tip} refs/remotes/origin/fix-{n:05}\n"));
    let packed: String = lines.collect();
    let file = w.clone.join(".git/packed-refs");
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let head = "# pack-refs with: peeled fully-peeled sorted \n";
    // What was packed before is behind `fix-`, in the order of names.
    let rest = before.lines().filter(|l| !l.starts_with('#'));
    let rest: String = rest.map(|l| format!("{l}\n")).collect();
    std::fs::write(&file, format!("{head}{packed}{rest}")).unwrap();
    let found = offered(&w, &["log", "fix-"]);
    assert_eq!(found.len(), 1000);
    assert_eq!(
        (found[0].as_str(), found[999].as_str()),
        ("fix-00000", "fix-02999")
    );
    assert_eq!(offered(&w, &["log", "fix-02500"]), ["fix-02500"]);
}

#[test]
fn a_variable_that_is_meant_for_another_program_stops_no_command() {
    let w = World::path();
    let branch = w.sandbox();
    for value in ["bash", "yes", "", "0"] {
        let out = w.call(&["status", "--json"]).env("COMPLETE", value).run();
        assert_eq!(out.ok().json()["branch"], branch.as_str(), "{value}");
    }
    let script = w.call(&[]).env("COMPLETE", "bash").run().ok().stdout;
    assert!(script.contains("COMPLETE=\"bash\""), "{script}");
    assert!(script.contains(env!("CARGO_BIN_EXE_aidf")), "{script}");
}
