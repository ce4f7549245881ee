//! `aidf doctor`: each fault is planted, found and told with its mend, and the other checks
//! are made all the same. It writes nothing.

use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::{
    CHANGELOG, Call, Env, Guarded, Kind, Machine, Out, World, everything, make_executable, text,
};

/// The lines that aidf wants for the ledgers.
const ATTRIBUTES: &[u8] = b"project/outputs/changelog.yaml merge=union\nproject/memory.yaml merge=union\nproject/.logs/reverted_commits.yaml merge=union\n";

/// What a call of it told; its exit code says whether there was a problem.
#[track_caller]
fn report_of(out: &Out) -> Value {
    let report = out.json();
    let checks = report["checks"].as_array().unwrap();
    let problems = checks.iter().filter(|c| c["state"] == "problem").count();
    assert_eq!(report["problems"], problems, "{out}");
    assert_eq!(out.code, if problems == 0 { 0 } else { 8 }, "{out}");
    assert_eq!(checks.len(), 20, "each check once\n{out}");
    for check in checks {
        let is_well = ["ok", "skipped"].contains(&check["state"].as_str().unwrap());
        let may_lack = check["state"] == "unknown";
        assert!(is_well || may_lack || check["mend"].is_string(), "{check}");
    }
    report
}

#[track_caller]
fn look_at(machine: &Machine, args: &[&str]) -> Value {
    report_of(&machine.aidf(&[&["doctor", "--json"], args].concat()))
}

#[track_caller]
fn look(machine: &Machine) -> Value {
    look_at(machine, &[])
}

/// The state of a check.
#[track_caller]
fn state(report: &Value, name: &str) -> String {
    text(check(report, name), "state")
}

#[track_caller]
fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks
        .find(|c| c["name"] == name)
        .unwrap_or_else(|| panic!("no check {name}: {report:#}"))
}

/// A check has this state, and says these words of what it saw and of the mend.
#[track_caller]
fn finds(report: &Value, name: &str, state: &str, seen: &str, mend: &str) {
    let found = check(report, name);
    assert_eq!(found["state"], state, "{found:#}");
    assert!(text(found, "seen").contains(seen), "{found:#}");
    let told = found["mend"].as_str().unwrap_or_default();
    assert!(told.contains(mend), "{found:#}");
}

/// The names of the checks in a state.
fn in_state(report: &Value, state: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let those = checks.filter(|c| c["state"] == state);
    those.map(|c| text(c, "name")).collect()
}

/// A base with a policy and the attributes, a hook, a sandbox, a backup of today.
fn well(kind: Kind) -> Guarded {
    let g = Guarded::new(kind, "version: 1\n");
    let files: [(&str, Option<&[u8]>); 1] = [(".gitattributes", Some(ATTRIBUTES))];
    g.w.remote
        .write("sandbox", &files, "Merge ledgers by union");
    g.w.sandbox();
    g.w.json(&["backup", "create"]);
    g
}

/// Removes what others may see of a file's age.
fn age(path: &Path, by: Duration) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - by).unwrap();
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn where_all_is_well_no_check_finds_anything_and_nothing_is_written() {
    let g = well(Kind::Path);
    // The clone lacks the base's commit: it has to be fetched to be looked at.
    let more: [(&str, Option<&[u8]>); 1] = [("more.md", Some(b"more\n"))];
    g.w.remote.write("sandbox", &more, "Say more");
    let before = (everything(&g.w.env.path("")), everything(&g.w.remote.bare));
    let report = look(&g.w);
    assert_eq!(in_state(&report, "problem"), Vec::<String>::new());
    // The tester owns the hook's files, and could go round it.
    assert_eq!(in_state(&report, "warning"), ["protection"], "{report:#}");
    assert_eq!(in_state(&report, "unknown"), Vec::<String>::new());
    assert_eq!(in_state(&report, "skipped"), ["ssh", "credentials"]);
    assert_eq!(report["repo_name"], "widgets");
    finds(&report, "policy", "ok", ".aidf.yaml of sandbox", "");
    let id = g.w.remote.identity().unwrap().to_string();
    finds(&report, "identity", "ok", &id, "");
    let from_afar = look_at(&g.w, &["-R", &g.w.url]);
    finds(&from_afar, "policy", "ok", ".aidf.yaml of sandbox", "");
    assert_eq!(state(&from_afar, "clone"), "skipped");
    let after = (everything(&g.w.env.path("")), everything(&g.w.remote.bare));
    assert!(before == after, "something was written");
}

#[test]
fn the_remote_is_asked_on_one_connection() {
    let g = well(Kind::Http);
    let more: [(&str, Option<&[u8]>); 1] = [("more.md", Some(b"more\n"))];
    g.w.remote.write("sandbox", &more, "Say more");
    g.w.remote.reset();
    let report = look(&g.w);
    assert_eq!(g.w.remote.connections(), 1);
    let asked = g.w.remote.http().requests();
    assert!(asked.iter().all(|r| !r.target.contains("receive-pack")));
    finds(&report, "policy", "ok", ".aidf.yaml of sandbox", "");
    finds(&report, "credentials", "ok", "asked for no login", "");
    finds(
        &report,
        "protection",
        "unknown",
        "only the server",
        "protect check",
    );
}

#[test]
fn in_an_empty_folder_without_a_home_and_with_a_broken_configuration_it_says_so() {
    let env = Env::new();
    let folder = env.path("empty");
    std::fs::create_dir_all(&folder).unwrap();
    env.operator_config("sandbox: {base: [\n");
    let report = report_of(&env.aidf(&folder, &["doctor", "--json"]));
    finds(
        &report,
        "configuration",
        "problem",
        "config.yaml",
        "docs/configuration.md",
    );
    finds(&report, "clone", "problem", "no git repository", "-C DIR");
    finds(&report, "git", "ok", "git 2.", "");
    assert_eq!(state(&report, "remote"), "skipped");
    assert_eq!(state(&report, "policy"), "skipped");
    let mut command = env.command(env!("CARGO_BIN_EXE_aidf"), &folder);
    command.args(["doctor", "--json", "-C", "nowhere"]);
    for name in [
        "HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
    ] {
        command.env_remove(name);
    }
    let report = report_of(&Call::of(command).run());
    finds(&report, "clone", "problem", "no folder nowhere", "-C DIR");
    finds(&report, "git", "ok", "git 2.", "");
    let zero = report_of(&env.aidf(&folder, &["doctor", "--json", "--timeout", "0"]));
    assert_eq!(state(&zero, "configuration"), "problem");
}

#[test]
fn a_broken_configuration_keeps_no_other_check_from_being_made() {
    let g = well(Kind::Path);
    let before = look(&g.w);
    g.w.env.operator_config("nonsense: true\n");
    let report = look(&g.w);
    finds(
        &report,
        "configuration",
        "problem",
        "nonsense",
        "docs/configuration.md",
    );
    assert_eq!(in_state(&report, "problem"), ["configuration"]);
    for name in ["policy", "ledgers", "identity", "remote", "backups"] {
        assert_eq!(check(&report, name), check(&before, name));
    }
}

#[test]
fn keys_that_are_missing_or_that_others_can_read_are_found() {
    let w = World::path();
    let report = look(&w);
    finds(
        &report,
        "key_ring",
        "warning",
        "no key here",
        "aidf sandbox init",
    );
    let call = w.call(&["doctor", "--json"]);
    let report = report_of(&call.env("AIDF_KEY_FILE", w.env.path("gone")).run());
    finds(
        &report,
        "key_ring",
        "problem",
        "gone cannot be read",
        "AIDF_KEY_FILE names it",
    );
    assert_eq!(state(&report, "policy"), "ok");
    w.sandbox();
    assert_eq!(state(&look(&w), "key_ring"), "ok");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(w.env.keys(), open).unwrap();
        let report = look(&w);
        finds(
            &report,
            "key_ring",
            "problem",
            "others can read it",
            "chmod 600",
        );
        assert_eq!(state(&report, "remote"), "ok");
    }
    w.env.operator_config("trust: broker\n");
    std::fs::remove_file(w.env.keys()).unwrap();
    finds(
        &look(&w),
        "key_ring",
        "problem",
        "trust: broker",
        "keys.json",
    );
}

#[test]
fn a_remote_that_hangs_or_is_dead_leaves_the_checks_of_this_machine() {
    let g = well(Kind::Path);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/widgets.git");
    g.w.git(&["remote", "set-url", "origin", &url]);
    let report = look_at(&g.w, &["--timeout", "1"]);
    finds(
        &report,
        "remote",
        "problem",
        "did not answer within 1 s",
        "--timeout",
    );
    drop(listener);
    let report = look(&g.w);
    finds(
        &report,
        "remote",
        "problem",
        "no connection",
        "server is up",
    );
    let gone = g.w.env.path("gone.git").display().to_string();
    g.w.git(&["remote", "set-url", "origin", &gone]);
    let report = look(&g.w);
    finds(
        &report,
        "remote",
        "problem",
        "no repository at",
        "git remote -v",
    );
    g.w.git(&["remote", "remove", "origin"]);
    let report = look(&g.w);
    finds(
        &report,
        "remote",
        "problem",
        "no remote named `origin`",
        "--remote NAME",
    );
    for name in [
        "configuration",
        "git",
        "key_ring",
        "journal",
        "clone",
        "history",
    ] {
        assert_eq!(state(&report, name), "ok", "{name}");
    }
    assert_eq!(state(&report, "policy"), "skipped");
}

#[cfg(unix)]
#[test]
fn without_a_place_for_temporary_files_what_the_clone_has_is_still_told() {
    let g = well(Kind::Path);
    let more: [(&str, Option<&[u8]>); 1] = [("more.md", Some(b"more\n"))];
    g.w.remote.write("sandbox", &more, "Say more");
    let nowhere = g.w.env.path("nowhere");
    let cold = |args: &[&str]| {
        let call = g.w.call(&[&["doctor", "--json"], args].concat());
        report_of(&call.env("TMPDIR", &nowhere).run())
    };
    let report = cold(&[]);
    finds(&report, "policy", "unknown", "no temporary folder", "");
    for name in ["backups", "clock", "identity"] {
        assert_eq!(state(&report, name), "ok", "{name}");
    }
    let report = cold(&["-R", &g.w.url]);
    finds(
        &report,
        "policy",
        "unknown",
        "no temporary folder",
        "TMPDIR",
    );
    g.w.git(&["fetch", "--quiet"]);
    assert_eq!(state(&cold(&[]), "policy"), "ok");
}

#[test]
fn a_policy_that_does_not_parse_is_a_problem() {
    let g = well(Kind::Path);
    let broken: [(&str, Option<&[u8]>); 1] = [(".aidf.yaml", Some(b"limits: {files: many}\n"))];
    g.w.remote.write("sandbox", &broken, "Break the policy");
    let report = look(&g.w);
    finds(
        &report,
        "policy",
        "problem",
        "cannot be used",
        "reviewed commit on sandbox",
    );
    assert_eq!(state(&report, "ledgers"), "skipped");
    assert_eq!(state(&report, "backups"), "ok");
}

#[test]
fn a_ledger_that_does_not_parse_and_attributes_that_are_missing_are_found() {
    let g = well(Kind::Path);
    let broken: [(&str, Option<&[u8]>); 2] = [
        (CHANGELOG, Some(b"- path: a\n  x: [\n")),
        (".gitattributes", Some(b"project/memory.yaml merge=union\n")),
    ];
    g.w.remote.write("sandbox", &broken, "Break the changelog");
    let report = look(&g.w);
    finds(
        &report,
        "ledgers",
        "problem",
        CHANGELOG,
        "reviewed commit on sandbox",
    );
    let line = format!("{CHANGELOG} merge=union");
    finds(&report, "attributes", "warning", "lacks 2 lines", &line);
    assert_eq!(state(&report, "policy"), "ok");
}

#[test]
fn ledgers_that_cost_each_commit_are_found_where_sandboxes_have_none_of_their_own() {
    let g = well(Kind::Path);
    let entry = |n: usize| {
        format!(
            "- {{path: docs/{n}.txt, description: The plan number {n}, tags: [], last_updated: '2026-11-27'}}\n"
        )
    };
    let long: String = (0..60_000).map(entry).collect();
    let files: [(&str, Option<&[u8]>); 1] = [("project/memory.yaml", Some(long.as_bytes()))];
    g.w.remote.write("sandbox", &files, "Grow the memory");
    let seen = "memory 60000, rollbacks 0 entries; 5 MB";
    finds(&look(&g.w), "ledgers", "warning", seen, "per_branch: true");
    assert!(!g.w.clone.join(".git/aidf/known-ledgers").exists());
    let own: [(&str, Option<&[u8]>); 1] = [(".aidf.yaml", Some(b"ledgers: {per_branch: true}\n"))];
    g.w.remote.write("sandbox", &own, "Policy");
    assert_eq!(state(&look(&g.w), "ledgers"), "ok");
}

#[test]
fn a_branch_in_the_way_of_backups_and_one_that_looks_like_a_sandbox_are_found() {
    let w = World::path();
    assert_eq!(state(&look(&w), "branch_names"), "ok");
    w.remote.git(&["branch", "sandbox-Odd", "main"]);
    finds(
        &look(&w),
        "branch_names",
        "warning",
        "sandbox-Odd",
        "rename",
    );
    w.remote.git(&["branch", "backup", "main"]);
    let report = look(&w);
    finds(
        &report,
        "branch_names",
        "problem",
        "backup is in the way",
        "git push",
    );
    // What it says does mend it.
    let mend = text(check(&report, "branch_names"), "mend");
    let (_, command) = mend.split_once(": ").unwrap();
    let command = command.replace("NEW-NAME", "old-backup");
    let mut shell = w.env.command("sh", &w.clone);
    shell.args(["-c", &command]);
    Call::of(shell).run().ok();
    assert_eq!(state(&look(&w), "branch_names"), "warning");
    w.json(&["backup", "create"]);
}

#[test]
fn a_backup_that_is_old_or_missing_is_found() {
    let w = World::path();
    finds(
        &look(&w),
        "backups",
        "warning",
        "no backup at all",
        "aidf backup create",
    );
    w.remote.git(&["branch", "backup/2020-01-01", "main"]);
    finds(
        &look(&w),
        "backups",
        "warning",
        "older than 48h",
        "aidf backup create",
    );
    w.json(&["backup", "create"]);
    finds(&look(&w), "backups", "ok", "backup/20", "");
    w.env
        .operator_config("backup: {branches: [main, sandbox]}\n");
    finds(
        &look(&w),
        "backups",
        "warning",
        "no backup of sandbox",
        "aidf backup create",
    );
}

#[test]
fn a_tip_that_is_dated_ahead_is_found() {
    let w = World::path();
    let ann = w.other();
    ann.at("sandbox");
    let mut commit = ann.env.command("git", &ann.clone);
    commit.env("GIT_COMMITTER_DATE", "2090-01-01T00:00:00Z");
    commit.args(["commit", "--quiet", "--allow-empty", "-m", "Ahead"]);
    Call::of(commit).run().ok();
    ann.git(&["push", "--quiet", "origin", "HEAD:refs/heads/sandbox"]);
    let report = look(&w);
    finds(&report, "clock", "warning", "sandbox is dated", "date -u");
    assert_eq!(in_state(&report, "problem"), Vec::<String>::new());
}

#[test]
fn a_clock_that_differs_from_the_servers_is_a_problem() {
    let w = World::new(Kind::Http);
    w.remote.http().tell_time("Sun, 22 Nov 2020 10:11:12 GMT");
    finds(
        &look(&w),
        "clock",
        "problem",
        "ahead of the server's",
        "set it",
    );
    w.remote.http().tell_time("Mon, 22 Nov 2060 10:11:12 GMT");
    finds(
        &look(&w),
        "clock",
        "problem",
        "behind the server's",
        "set it",
    );
    w.remote.http().tell_time("some time ago");
    finds(&look(&w), "clock", "ok", "no branch is dated ahead", "");
}

#[test]
fn a_server_without_a_hook_is_told_with_the_command_that_installs_it() {
    let w = World::path();
    let report = look(&w);
    let mend = format!("aidf -R {} protect apply", w.remote.bare.display());
    finds(&report, "protection", "warning", "not installed", &mend);
}

#[test]
fn an_identity_that_is_another_one_or_gone_is_a_problem() {
    let w = World::path();
    finds(&look(&w), "identity", "ok", "none yet", "");
    w.sandbox();
    let id = w.remote.identity().unwrap().to_string();
    finds(&look(&w), "identity", "ok", &id, "");
    let other = w.remote.tip("main");
    w.remote.git(&["update-ref", "refs/aidf/id", &other]);
    finds(&look(&w), "identity", "problem", &other, "git remote -v");
    // It was only looked at: the clone remembers the first one still.
    w.remote.git(&["update-ref", "-d", "refs/aidf/id"]);
    finds(
        &look(&w),
        "identity",
        "problem",
        "no longer",
        &format!("{id}:refs/aidf/id"),
    );
    let mend =
        "as the account that owns the repository: aidf -R /PATH/TO/REPOSITORY.git protect apply";
    finds(&look(&w), "identity", "problem", "no longer", mend);
}

#[test]
fn a_shallow_clone_is_told() {
    let mut w = World::new(Kind::File);
    let dir = w.env.path("shallow");
    let to = dir.to_str().unwrap();
    let url = w.url.clone();
    w.env
        .git(&w.env.home(), &["clone", "--quiet", "--depth=1", &url, to]);
    w.clone = dir;
    let report = look(&w);
    assert_eq!(state(&report, "history"), "ok");
    assert!(report.to_string().contains("the clone is shallow"));
    assert_eq!(state(&report, "policy"), "ok");
}

#[test]
fn old_unfinished_files_and_locks_are_found_and_young_ones_are_left_alone() {
    let w = World::path();
    let git = w.clone.join(".git");
    std::fs::create_dir_all(git.join("aidf")).unwrap();
    let file = git.join("aidf/.aidf-unfinished-x1");
    let lock = git.join("index.lock");
    let work = w.clone.join("docs/.aidf-unfinished-x2");
    for path in [&file, &lock, &work] {
        std::fs::write(path, "").unwrap();
    }
    assert_eq!(state(&look(&w), "leftovers"), "ok");
    for path in [&file, &work] {
        age(path, HOUR);
    }
    let report = look(&w);
    finds(
        &report,
        "leftovers",
        "warning",
        "2 files",
        "docs/.aidf-unfinished-x2",
    );
    age(&lock, HOUR);
    finds(
        &look(&w),
        "leftovers",
        "problem",
        ".git/index.lock",
        "rm -r -- .git/index.lock",
    );
}

#[test]
fn a_journal_that_was_altered_is_a_problem() {
    let w = World::path();
    w.sandbox();
    for n in 0..3 {
        w.save("a.txt", format!("{n}\n"), "Write a");
    }
    finds(&look(&w), "journal", "ok", "one chain", "");
    let file = w.env.state().join("aidf/journal.jsonl");
    let whole = std::fs::read_to_string(&file).unwrap();
    let altered = whole.replacen("\"done\"", "\"none\"", 1);
    assert_ne!(whole, altered);
    std::fs::write(&file, altered).unwrap();
    finds(
        &look(&w),
        "journal",
        "problem",
        "line 1",
        "aidf audit verify",
    );
    let torn = &whole[..whole.len() - 20];
    std::fs::write(&file, torn).unwrap();
    finds(
        &look(&w),
        "journal",
        "warning",
        "1 fault",
        "aidf audit verify",
    );
}

/// A program in a folder of its own, to go first in PATH.
fn program(env: &Env, folder: &str, name: &str, script: &str) -> String {
    let folder = env.path(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, script).unwrap();
    make_executable(&file);
    folder.display().to_string()
}

#[cfg(unix)]
#[test]
fn git_that_is_missing_or_old_and_ssh_that_is_missing_are_found() {
    let w = World::path();
    let path = std::env::var("PATH").unwrap();
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'git version 2.30.2'; exit; fi\nPATH='{path}' exec git \"$@\"\n"
    );
    let old = program(&w.env, "old", "git", &script);
    let call = w.call(&["doctor", "--json"]);
    let report = report_of(&call.env("PATH", format!("{old}:{path}")).run());
    finds(&report, "git", "warning", "git 2.30.2 is too old", "2.41");
    let nothing = w.env.path("nothing").display().to_string();
    let call = w.call(&["doctor", "--json"]);
    let report = report_of(&call.env("PATH", &nothing).run());
    finds(
        &report,
        "git",
        "problem",
        "cannot be started",
        "install git",
    );
    finds(&report, "remote", "problem", "`git`, which could not", "");
    assert_eq!(state(&report, "clone"), "ok");
    w.git(&["remote", "set-url", "origin", "ssh://git@box.invalid/x.git"]);
    let call = w.call(&["doctor", "--json"]);
    let report = report_of(&call.env("GIT_SSH", "no-such-ssh").run());
    finds(&report, "ssh", "problem", "`no-such-ssh`", "OpenSSH");
    assert_eq!(state(&report, "remote"), "problem");
}

#[cfg(unix)]
#[test]
fn it_tells_which_login_was_taken_and_neither_shows_nor_stores_nor_erases_one() {
    let w = World::new(Kind::Http);
    w.remote.http().require("pat", "kept-secret-1");
    let log = w.env.path("helper.log");
    let helper = |password: &str| {
        let script = format!(
            "#!/bin/sh\necho \"$1\" >> '{}'\nif [ \"$1\" = get ]; then\necho username=pat\necho password={password}\nfi\n",
            log.display()
        );
        program(&w.env, "helpers", "helper", &script)
    };
    let folder = helper("kept-secret-1");
    w.env
        .gitconfig(&format!("[credential]\n\thelper = {folder}/helper\n"));
    let out = w.aidf(&["doctor", "--json"]);
    let report = report_of(&out);
    finds(&report, "credentials", "ok", "git's credential helpers", "");
    assert!(!out.all().contains("kept-secret"), "{out}");
    let call = w.call(&["-R", &w.url, "doctor", "--json"]);
    let out = call.env("AIDF_FORGE_TOKEN", "other-secret-2").run();
    let report = report_of(&out);
    finds(
        &report,
        "credentials",
        "warning",
        "AIDF_FORGE_TOKEN was refused",
        "renew",
    );
    assert!(!out.all().contains("other-secret"), "{out}");
    let call = w.call(&["doctor", "--json"]);
    let out = call.env("AIDF_FORGE_TOKEN", "other-secret-2").run();
    let report = report_of(&out);
    finds(
        &report,
        "credentials",
        "warning",
        "was not sent",
        "AIDF_FORGE_HOST",
    );
    helper("wrong-secret-3");
    let out = w.aidf(&["doctor", "--json"]);
    let report = report_of(&out);
    finds(
        &report,
        "credentials",
        "problem",
        "refused the credentials",
        "tried: git's",
    );
    assert_eq!(state(&report, "remote"), "unknown");
    assert!(!out.all().contains("wrong-secret"), "{out}");
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.lines().count() >= 4, "{said}");
    assert!(said.lines().all(|line| line == "get"), "{said}");
}

#[test]
fn people_read_a_line_for_each_check_in_eighty_columns() {
    let w = World::path();
    w.remote.git(&["branch", "backup", "main"]);
    let out = w.aidf(&["doctor"]).exits(8);
    let heads = ["ok ", "warning ", "PROBLEM ", "unknown ", "skipped "];
    let is_head = |line: &&str| heads.iter().any(|h| line.starts_with(h));
    assert_eq!(out.stdout.lines().filter(is_head).count(), 20, "{out}");
    // A word that no line holds, such as a long path, may stand out.
    let fits = |line: &&str| {
        let words = line
            .get(26..)
            .unwrap_or_default()
            .trim_start_matches("-> ")
            .trim();
        line.chars().count() <= 80 || !words.contains(' ')
    };
    let long: Vec<&str> = out.stdout.lines().filter(|l| !fits(l)).collect();
    assert!(long.is_empty(), "{long:#?}\n{out}");
    assert!(out.stdout.contains("-> rename it: git fetch"), "{out}");
    assert!(out.stderr.contains("1 problem was found"), "{out}");
    w.aidf(&["doctor", "--quiet"]).exits(8);
}
