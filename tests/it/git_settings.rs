//! git's configuration and the variables that lead git count here as they count there, and
//! what a clone says of itself still runs nothing.

use std::path::Path;

use crate::support::{Call, Kind, Out, Remote, World, text, write_marker};

/// The setting by which git finds the remote at `far:widgets.git`.
fn alias(w: &World) -> String {
    let base = w.remote.bare.parent().unwrap().display();
    format!("url.{base}/.insteadOf")
}

/// A file of git's configuration with that setting.
fn alias_file(w: &World) -> String {
    let base = w.remote.bare.parent().unwrap().display();
    format!("[url \"{base}/\"]\n\tinsteadOf = far:\n")
}

/// A clone whose remote's address only git's configuration can read, and the setting for it.
fn with_alias() -> (World, String) {
    let w = World::path();
    w.git(&["remote", "set-url", "origin", "far:widgets.git"]);
    let key = alias(&w);
    (w, key)
}

fn save(w: &World, name: &str, text: &str) -> String {
    let path = w.env.path(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn counted(call: Call, settings: &[(&str, &str)]) -> Call {
    let mut call = call.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (n, (key, value)) in settings.iter().enumerate() {
        call = call
            .env(&format!("GIT_CONFIG_KEY_{n}"), key)
            .env(&format!("GIT_CONFIG_VALUE_{n}"), value);
    }
    call
}

#[test]
fn settings_of_the_environment_count() {
    let (w, key) = with_alias();
    w.refuses_any(&["sandbox", "init"], &[2, 4, 9]);
    let init = ["sandbox", "init", "--json"];
    counted(w.call(&init), &[(&key, "far:")]).run().ok();
    // As `git -c` hands them on to an alias.
    let parameters = format!("'{key}=far:'");
    w.call(&init)
        .env("GIT_CONFIG_PARAMETERS", parameters)
        .run()
        .ok();
    let file = save(&w, "other", &alias_file(&w));
    w.call(&init).env("GIT_CONFIG_GLOBAL", &file).run().ok();
    w.call(&init)
        .env("GIT_CONFIG_SYSTEM", &file)
        .env("GIT_CONFIG_NOSYSTEM", "0")
        .run()
        .ok();
    // The variable takes the place of the file in HOME.
    w.env.gitconfig(&alias_file(&w));
    w.call(&init).run().ok();
    let empty = save(&w, "empty", "");
    let out = w.call(&init).env("GIT_CONFIG_GLOBAL", empty).run();
    assert_ne!(out.code, 0, "{out}");
    w.remote.is_sound();
}

#[test]
fn files_count_that_are_included_under_a_condition() {
    for condition in [
        "hasconfig:remote.*.url:far:**",
        "onbranch:main",
        "gitdir:**/.git",
    ] {
        let (w, _) = with_alias();
        let file = save(&w, "other", &alias_file(&w));
        let text = |condition: &str| format!("[includeIf \"{condition}\"]\n\tpath = {file}\n");
        w.env.gitconfig(&text("onbranch:nowhere"));
        w.refuses_any(&["sandbox", "init"], &[2, 4, 9]);
        w.env.gitconfig(&text(condition));
        w.sandbox();
        w.save("a.txt", "a\n", "Add a");
    }
}

#[test]
fn without_a_remote_too_the_users_settings_are_those_that_git_reads() {
    let w = World::path();
    let key = alias(&w);
    let list = ["-R", "far:widgets.git", "sandbox", "list", "--json"];
    let out = w.call(&list).run();
    assert_ne!(out.code, 0, "{out}");
    counted(w.call(&list), &[(&key, "far:")]).run().ok();
    // The clone that one stands in has no say.
    w.git(&["config", &key, "far:"]);
    let out = counted(w.call(&list), &[("a.b", "c")]).run();
    assert_ne!(out.code, 0, "{out}");
}

#[test]
fn git_is_asked_for_its_configuration_once_a_call() {
    let w = World::path();
    w.sandbox();
    let log = w.env.path("git.log");
    let path = w.with_git(&format!(
        "echo \"$@\" >> '{}'\nexec \"$real\" \"$@\"",
        log.display()
    ));
    let asked = || {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let asked = text.lines().filter(|l| l.contains("--show-scope")).count();
        let _ = std::fs::remove_file(&log);
        asked
    };
    w.write("a.txt", "a\n");
    let url = w.url.clone();
    for args in [
        &["commit", "a.txt", "-m", "Add a"][..],
        &["sandbox", "list"],
        &["status"],
        &["-R", &url, "sandbox", "list"],
    ] {
        let call = w.call(args).env("PATH", &path);
        counted(call, &[("a.b", "c")]).run().ok();
        assert_eq!(asked(), 1, "{args:?}");
    }
}

#[test]
fn what_a_clone_says_of_itself_runs_nothing_however_it_is_read() {
    let w = World::path();
    let (script, mark) = (w.env.path("evil"), w.env.path("mark"));
    write_marker(&script, &mark);
    let script = script.display().to_string();
    let git_dir = w.clone.join(".git");
    let included = format!(
        "[core]\n\tsshCommand = {script}\n\tpager = {script}\n\taskPass = {script}\n\
         \tfsmonitor = {script}\n\teditor = {script}\n\tgitProxy = {script}\n\
         [alias]\n\tconfig = !{script}\n[pager]\n\tconfig = {script}\n\
         [credential]\n\thelper = !{script}\n[filter \"x\"]\n\tclean = {script}\n\
         [uploadpack]\n\tpackObjectsHook = {script}\n[safe]\n\tdirectory = *\n"
    );
    std::fs::write(git_dir.join("more"), included).unwrap();
    w.git(&["config", "remote.origin.url", "ssh://git@host.invalid/x"]);
    for how in [
        "include.path",
        "includeIf.onbranch:main.path",
        "includeIf.hasconfig:remote.*.url:ssh://**.path",
    ] {
        w.git(&["config", how, "more"]);
        let list = ["sandbox", "list"];
        for call in [w.call(&list), counted(w.call(&list), &[("a.b", "c")])] {
            let out = call.env("GIT_SSH", "/bin/false").run();
            assert_ne!(out.code, 0, "{how}: {out}");
            assert!(!mark.exists(), "{how}: {out}");
        }
        assert_eq!(w.git(&["config", "core.sshCommand"]), script, "{how}");
        w.git(&["config", "--unset", how]);
    }
    // What the caller's environment says is the caller's own.
    let call = w.call(&["sandbox", "list"]);
    let out = counted(call, &[("core.sshCommand", &script)]).run();
    assert_ne!(out.code, 0, "{out}");
    assert!(mark.exists(), "{out}");
}

#[test]
fn ignored_files_are_those_that_gits_whole_configuration_ignores() {
    let w = World::path();
    w.sandbox();
    let rules = save(&w, "rules", "*.secret\n");
    w.write("a.secret", "s\n");
    w.write("b.txt", "b\n");
    let call = w.call(&["commit", "-a", "-m", "All", "--json"]);
    let done = counted(call, &[("core.excludesFile", &rules)]).run().ok();
    let done = done.json();
    let files = done["files"].as_array().unwrap();
    let paths: Vec<&str> = files.iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["b.txt"]);
    let branch = done["branch"].as_str().unwrap();
    assert!(w.remote.try_file(branch, "a.secret").is_none());
}

#[test]
fn a_filter_that_the_environment_sets_up_converts() {
    let w = World::path();
    let attributes: &[u8] = b"*.up filter=up\n";
    w.remote.write(
        "sandbox",
        &[(".gitattributes", Some(attributes))],
        "Attributes",
    );
    let branch = w.sandbox();
    w.write("a.up", "abc\n");
    w.refuses(&["commit", "a.up", "-m", "Up"], 5);
    let call = w.call(&["commit", "a.up", "-m", "Up"]);
    let filter = [
        ("filter.up.clean", "tr a-z A-Z"),
        ("filter.up.smudge", "cat"),
    ];
    counted(call, &filter).run().ok();
    assert_eq!(w.remote.file(&branch, "a.up"), b"ABC\n");
}

#[test]
fn a_configuration_that_git_cannot_read_is_named() {
    let w = World::path();
    w.env.gitconfig("[broken\n");
    for args in [&["sandbox", "list"][..], &["-R", &w.url, "sandbox", "list"]] {
        let out = w.aidf(args).exits(2);
        assert!(out.stderr.contains("configuration"), "{out}");
        assert!(out.stderr.contains(".gitconfig"), "{out}");
    }
}

#[test]
fn git_dir_and_git_work_tree_say_which_clone_it_is() {
    let w = World::path();
    let branch = w.sandbox();
    let elsewhere = w.env.path("elsewhere");
    std::fs::create_dir_all(elsewhere.join("deep")).unwrap();
    let git_dir = w.clone.join(".git");
    let at = |dir: &Path, args: &[&str]| w.env.call(dir, args);
    at(&elsewhere, &["status"]).run().exits(3);
    let status = at(&elsewhere, &["status", "--json"])
        .env("GIT_DIR", &git_dir)
        .env("GIT_WORK_TREE", &w.clone)
        .run()
        .ok();
    assert_eq!(status.json()["branch"], branch.as_str());
    // Another folder stands for the working tree, as in git.
    std::fs::write(elsewhere.join("a.txt"), "a\n").unwrap();
    let commit = |dir: &Path, args: &[&str]| at(dir, &[&["commit", "-m", "Add"], args].concat());
    commit(&elsewhere, &["a.txt"])
        .env("GIT_DIR", &git_dir)
        .run()
        .ok();
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    std::fs::write(elsewhere.join("deep/b.txt"), "b\n").unwrap();
    commit(&elsewhere.join("deep"), &["b.txt"])
        .env("GIT_DIR", &git_dir)
        .env("GIT_WORK_TREE", "..")
        .run()
        .ok();
    assert_eq!(w.remote.file(&branch, "deep/b.txt"), b"b\n");
    // Relative to the folder that -C names.
    w.write("c.txt", "c\n");
    let dir = w.clone.display().to_string();
    commit(&elsewhere, &["-C", &dir, "c.txt"])
        .env("GIT_DIR", ".git")
        .run()
        .ok();
    assert_eq!(w.remote.file(&branch, "c.txt"), b"c\n");
    // In a folder of the clone it is the clone's working tree still.
    w.write("sub/d.txt", "d\n");
    commit(&w.clone.join("sub"), &["d.txt"])
        .env("GIT_DIR", &git_dir)
        .run()
        .ok();
    assert_eq!(w.remote.file(&branch, "sub/d.txt"), b"d\n");
    // -R needs no clone, and a GIT_DIR that leads nowhere is named.
    let list = ["-R", w.url.as_str(), "sandbox", "list"];
    at(&elsewhere, &list).env("GIT_DIR", "/nowhere").run().ok();
    let out = at(&w.clone, &["status"]).env("GIT_DIR", "/nowhere").run();
    assert!(
        out.stderr.contains("/nowhere, which GIT_DIR names"),
        "{out}"
    );
    assert_eq!(out.code, 3, "{out}");
    w.remote.is_sound();
    w.clone_is_sound();
}

#[test]
fn a_working_tree_that_only_the_clone_names_is_refused_whichever_way_it_is_named() {
    let w = World::path();
    w.sandbox();
    let private = w.env.path("private");
    std::fs::create_dir(&private).unwrap();
    std::fs::write(private.join("secret.txt"), "s\n").unwrap();
    let refs = w.remote.refs();
    let all = ["commit", "-a", "-m", "All"];
    let denied = |call: Call| {
        let out = call.run();
        assert_eq!(out.code, 5, "{out}");
        assert!(out.stderr.contains("core.worktree"), "{out}");
        assert_eq!(w.remote.refs(), refs, "{out}");
    };
    // With a `.git` that is a file, and as a worktree that says where it is itself.
    let real = w.clone.join("real");
    std::fs::rename(w.clone.join(".git"), &real).unwrap();
    std::fs::write(w.clone.join(".git"), "gitdir: real\n").unwrap();
    let config = real.join("config");
    let config = config.to_str().unwrap();
    let tree = private.to_str().unwrap();
    w.env.git(
        &w.clone,
        &["config", "--file", config, "core.worktree", tree],
    );
    denied(w.call(&all));
    denied(w.env.call(&real, &all));
    denied(w.call(&all).env("GIT_DIR", "real"));
    w.env.git(
        &w.clone,
        &["config", "--file", config, "--unset", "core.worktree"],
    );
    w.call(&["status"]).run().ok();
    let added = w.env.path("added");
    w.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        added.to_str().unwrap(),
    ]);
    w.env.call(&added, &["status"]).run().ok();
    let place = real.join("worktrees/added/gitdir");
    std::fs::write(place, format!("{tree}/.git\n")).unwrap();
    denied(w.env.call(&added, &all));
}

#[test]
fn a_single_remote_is_taken_whatever_its_name() {
    let w = World::path();
    w.git(&["remote", "rename", "origin", "upstream"]);
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
    // It is written down where git writes it, however the rest is read.
    let switch = w.call(&["sandbox", "switch"]);
    counted(switch, &[("a.b", "c")]).run().ok();
    let key = format!("branch.{branch}.remote");
    assert_eq!(w.git(&["config", "--local", &key]), "upstream");
    // A name that is given is meant.
    let out = w.refuses(&["sandbox", "list", "--remote", "origin"], 3);
    assert!(out.stderr.contains("it has upstream"), "{out}");
    // Of two one must be named, unless it is origin.
    w.git(&["remote", "add", "mirror", "/nowhere"]);
    let out = w.refuses(&["sandbox", "list"], 2);
    assert!(out.stderr.contains("mirror, upstream"), "{out}");
    assert!(out.stderr.contains("--remote NAME"), "{out}");
    w.json(&["sandbox", "list", "--remote", "upstream"]);
    w.git(&["remote", "rename", "upstream", "origin"]);
    w.json(&["sandbox", "list"]);
    w.git(&["remote", "remove", "origin"]);
    w.git(&["remote", "remove", "mirror"]);
    let out = w.refuses(&["sandbox", "list"], 3);
    assert!(out.stderr.contains("no remote named `origin`"), "{out}");
}

#[test]
fn a_bare_repository_that_one_stands_in_is_a_remote_by_its_dot() {
    let w = World::path();
    let bare = w.remote.bare.clone();
    let run = |args: &[&str]| -> Out { w.env.call(&bare, args).run() };
    let out = run(&["sandbox", "list"]).exits(3);
    assert!(out.stderr.contains("bare repository"), "{out}");
    assert!(out.stderr.contains("-R ."), "{out}");
    let init = run(&["-R", ".", "sandbox", "init", "--json"]).ok().json();
    assert_eq!(init["repo_name"], "widgets");
    let (branch, token) = (
        init["branch"].as_str().unwrap(),
        init["reuse_token"].as_str().unwrap(),
    );
    w.env
        .call(&bare, &["-R", ".", "commit", "a.txt=-", "-m", "Add a"])
        .env("AIDF_REUSE_TOKEN", token)
        .stdin("a\n")
        .run()
        .ok();
    assert_eq!(w.remote.file(branch, "a.txt"), b"a\n");
    // From the folders above and below it is the same repository.
    let above = bare.parent().unwrap();
    for (dir, path) in [(above, "./widgets.git/."), (&bare.join("refs"), "..")] {
        let args = [
            "-R",
            path,
            "sandbox",
            "init",
            "--reuse-token",
            token,
            "--json",
        ];
        let again = w.env.call(dir, &args).run().ok().json();
        assert_eq!(again["branch"], branch, "{path}");
    }
    w.remote.is_sound();
}

#[test]
fn a_server_of_another_account_is_called_that() {
    let w = World::new(Kind::Path);
    let init = ["sandbox", "init"];
    let trusts_none = save(&w, "strict", "[user]\n\tname = P\n\temail = p@x.example\n");
    let call = |args: &[&str]| {
        w.call(args)
            .env("GIT_CONFIG_GLOBAL", &trusts_none)
            .env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    };
    for args in [&init[..], &["-R", &w.url, "sandbox", "list"]] {
        let out = call(args).run();
        assert_eq!(out.code, 5, "{out}");
        assert!(out.stderr.contains("belongs to another account"), "{out}");
        let path = format!("safe.directory {}", w.remote.bare.display());
        assert!(out.stderr.contains(&path), "{out}");
    }
}

#[cfg(unix)]
#[test]
fn a_clone_of_another_account_is_refused_unless_git_calls_it_safe() {
    use std::os::unix::fs::{MetadataExt, chown};
    let w = World::path();
    // Only root can give a file away.
    if w.clone.metadata().unwrap().uid() != 0 {
        return;
    }
    w.sandbox();
    let (clone, list) = (w.clone.display().to_string(), ["sandbox", "list"]);
    let none = save(&w, "strict", "");
    let call = || w.call(&list).env("GIT_CONFIG_GLOBAL", &none);
    call().run().ok();
    for part in ["", ".git"] {
        let path = w.clone.join(part);
        chown(&path, Some(65534), None).unwrap();
        let out = call().run();
        assert_eq!(out.code, 5, "{part}: {out}");
        assert!(out.stderr.contains("belongs to another account"), "{out}");
        assert!(
            out.stderr.contains(&format!("safe.directory {clone}")),
            "{out}"
        );
        // The clone cannot call itself safe.
        w.git(&["config", "safe.directory", "*"]);
        call().run().exits(5);
        counted(call(), &[("safe.directory", &clone)]).run().ok();
        counted(call(), &[("safe.directory", "*")]).run().ok();
        counted(call(), &[("safe.directory", "*"), ("safe.directory", "")])
            .run()
            .exits(5);
        // Who became root by sudo has his own.
        call().env("SUDO_UID", "65534").run().ok();
        chown(&path, Some(0), None).unwrap();
    }
}

#[test]
fn a_sandbox_that_is_written_elsewhere_than_it_is_read_is_said_to_be() {
    let w = World::path();
    let mirror = Remote::new(Kind::Path, "mirror", true);
    w.git(&["config", "remote.origin.pushurl", &mirror.url]);
    let branch = text(&w.json(&["sandbox", "init"]), "branch");
    mirror.tip(&branch);
    let both = |said: &str| said.contains(&mirror.url) && said.contains(&w.url);
    let out = w.aidf(&["status"]).ok();
    assert!(both(&out.stderr), "{out}");
    let out = w.refuses(&["log"], 3);
    let missing = format!("{} has no branch {branch}", w.url);
    assert!(out.stderr.contains(&missing) && both(&out.stderr), "{out}");
}

#[test]
fn push_addresses_that_aidf_does_not_write_to_are_named() {
    let w = World::path();
    let mirror = Remote::new(Kind::Path, "mirror", true);
    for url in [&w.url, &mirror.url] {
        w.git(&["config", "--add", "remote.origin.pushurl", url]);
    }
    let out = w.aidf(&["sandbox", "init"]).ok();
    assert!(out.stderr.contains(&mirror.url), "{out}");
    w.git(&["config", "--unset-all", "remote.origin.pushurl"]);
    let out = w.aidf(&["sandbox", "init"]).ok();
    assert!(!out.stderr.contains(&mirror.url), "{out}");
    w.git(&["remote", "set-url", "--add", "origin", &mirror.url]);
    let out = w.aidf(&["sandbox", "init"]).ok();
    assert!(out.stderr.contains(&mirror.url), "{out}");
}
