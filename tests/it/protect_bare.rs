//! `aidf protect` on a server of one's own: what it installs, what it says of it, and
//! that all of it can be taken back.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{
    Guarded, Kind, Machine, Remote, World, everything, make_executable, protect, states,
};

fn hook(remote: &Remote) -> PathBuf {
    remote.bare.join("hooks/pre-receive")
}

fn report(machine: &Machine, remote: &Remote, args: &[&str], code: i32) -> Value {
    let mut all = args.to_vec();
    all.push("--json");
    protect(machine, remote, &all).exits(code).json()
}

/// Every rule's state, once each.
fn kinds(report: &Value) -> Vec<String> {
    let mut found: Vec<String> = states(report).into_iter().map(|s| s.2).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn apply_does_what_plan_showed_and_a_second_time_nothing() {
    let w = World::path();
    w.json(&["token", "issue", "--operator"]);
    let before = everything(&w.remote.bare);
    let planned = report(&w, &w.remote, &["plan"], 0);
    assert_eq!(planned["provider"], "bare");
    assert_eq!(planned["changed"], false);
    assert!(!planned["changes"].as_array().unwrap().is_empty());
    assert_eq!(kinds(&planned), ["missing"]);
    report(&w, &w.remote, &["check"], 8);
    assert_eq!(everything(&w.remote.bare), before, "plan or check wrote");
    let applied = report(&w, &w.remote, &["apply"], 0);
    assert_eq!(applied["changed"], true);
    assert_eq!(applied["changes"], planned["changes"]);
    for (name, value) in [("advertisePushOptions", "true"), ("fsckObjects", "true")] {
        let name = format!("receive.{name}");
        assert_eq!(w.remote.git(&["config", &name]), value);
    }
    let after = everything(&w.remote.bare);
    let again = report(&w, &w.remote, &["apply"], 0);
    assert_eq!(again["changed"], false, "{again}");
    assert_eq!(again["changes"].as_array().unwrap().len(), 0);
    assert_eq!(everything(&w.remote.bare), after, "a second run wrote");
    // The files are the tester's own, so that no rule can be called enforced.
    assert_eq!(kinds(&report(&w, &w.remote, &["check"], 8)), ["advisory"]);
    let wanted = [("holder_only", "sandbox-*"), ("create_only", "backup/**")];
    for (rule, branch) in wanted {
        let found = states(&again);
        assert!(
            found.iter().any(|s| s.0 == rule && s.1 == branch),
            "no {rule} for {branch}: {found:?}"
        );
    }
}

#[test]
fn remove_puts_back_the_hook_and_the_settings_that_were_there() {
    let w = World::path();
    w.json(&["token", "issue", "--operator"]);
    let earlier = "#!/bin/sh\necho earlier >&2\n";
    w.remote.hook("pre-receive", earlier);
    w.remote
        .git(&["config", "receive.advertisePushOptions", "false"]);
    w.remote.git(&["config", "--unset", "receive.fsckObjects"]);
    w.remote.git(&["config", "receive.denyDeletes", "false"]);
    let settings = |w: &World| {
        let text = w.remote.git(&["config", "--local", "--list"]);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let before = settings(&w);
    let key_file = w.env.path("server-keys.json");
    std::fs::copy(w.env.keys(), &key_file).unwrap();
    let key = key_file.to_str().unwrap();
    let applied = report(&w, &w.remote, &["apply", "--key-file", key], 0);
    assert_eq!(applied["changed"], true);
    assert_eq!(
        w.remote.git(&["config", "receive.advertisePushOptions"]),
        "true"
    );
    // Twice, so that what was there before is not forgotten.
    report(&w, &w.remote, &["apply"], 0);
    let removed = report(&w, &w.remote, &["remove"], 0);
    assert_eq!(removed["changed"], true, "{removed}");
    assert_eq!(std::fs::read_to_string(hook(&w.remote)).unwrap(), earlier);
    assert_eq!(settings(&w), before);
    assert!(!w.remote.bare.join("hooks/before-aidf").exists());
    let again = report(&w, &w.remote, &["remove"], 0);
    assert_eq!(again["changed"], false, "{again}");
    assert!(again["left"].to_string().contains("not aidf's"), "{again}");
    assert_eq!(std::fs::read_to_string(hook(&w.remote)).unwrap(), earlier);
    let out = w
        .env
        .try_git(&w.clone, &["push", "origin", "HEAD:refs/heads/x"]);
    assert!(out.ok().stderr.contains("earlier"));
    // And where there was no hook, there is none.
    w.remote.unhook("pre-receive");
    report(&w, &w.remote, &["apply"], 0);
    report(&w, &w.remote, &["remove"], 0);
    assert!(!hook(&w.remote).exists());
}

#[test]
fn a_setting_that_its_owner_made_stays_through_remove() {
    let w = World::path();
    // Both were set already: nothing of them is ours.
    report(&w, &w.remote, &["apply"], 0);
    report(&w, &w.remote, &["remove"], 0);
    assert_eq!(
        w.remote.git(&["config", "receive.advertisePushOptions"]),
        "true"
    );
    assert_eq!(w.remote.git(&["config", "receive.fsckObjects"]), "true");
}

/// A hook that is no text at all, as compiled ones are, but that a shell can run.
const COMPILED: &[u8] = b"#!/bin/sh\necho compiled >&2\nexit 0\n\xff\xfe\x00\x01\n";

#[test]
fn a_compiled_hook_that_is_there_is_kept_and_still_run() {
    let w = World::path();
    std::fs::create_dir_all(w.remote.bare.join("hooks")).unwrap();
    std::fs::write(hook(&w.remote), COMPILED).unwrap();
    make_executable(&hook(&w.remote));
    let plan = report(&w, &w.remote, &["plan"], 0);
    assert!(
        plan["changes"].to_string().contains("keep the present"),
        "{plan}"
    );
    report(&w, &w.remote, &["apply"], 0);
    let out = w
        .env
        .try_git(&w.clone, &["push", "origin", "HEAD:refs/heads/x"]);
    assert!(out.ok().stderr.contains("compiled"));
    report(&w, &w.remote, &["remove"], 0);
    assert_eq!(std::fs::read(hook(&w.remote)).unwrap(), COMPILED);
}

#[test]
fn an_earlier_hook_kept_before_is_never_written_over() {
    let w = World::path();
    w.remote.hook("pre-receive", "#!/bin/sh\necho one >&2\n");
    w.remote
        .hook("pre-receive.before-aidf", "#!/bin/sh\necho two >&2\n");
    protect(&w, &w.remote, &["apply", "--json"]).exits(6);
    let text = std::fs::read_to_string(hook(&w.remote)).unwrap();
    assert_eq!(text, "#!/bin/sh\necho one >&2\n");
}

#[test]
fn a_hook_that_does_not_decide_any_longer_is_told_as_missing() {
    type Spoil = fn(&World);
    let edit = |w: &World, from: &str, to: &str| {
        let text = std::fs::read_to_string(hook(&w.remote)).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(hook(&w.remote), text.replacen(from, to, 1)).unwrap();
    };
    let spoils: [(&str, Spoil); 4] = [
        ("removed", |w| {
            std::fs::remove_file(hook(&w.remote)).unwrap()
        }),
        ("replaced", |w| {
            w.remote.hook("pre-receive", "#!/bin/sh\nexit 0\n")
        }),
        ("elsewhere", |w| {
            std::fs::create_dir_all(w.remote.bare.join("other-hooks")).unwrap();
            w.remote.git(&["config", "core.hooksPath", "other-hooks"]);
        }),
        ("in nobody's folder", |w| {
            w.remote.git(&["config", "core.hooksPath", "/dev/null"]);
        }),
    ];
    let check = |w: &World, what: &str| {
        let report = report(w, &w.remote, &["check"], 8);
        assert_eq!(kinds(&report), ["missing"], "{what}: {report:#}");
    };
    for (what, spoil) in spoils {
        let w = World::path();
        report(&w, &w.remote, &["apply"], 0);
        spoil(&w);
        check(&w, what);
    }
    for (what, from, to) in [
        ("edited to end early", "refs=$(cat)", "exit 0\nrefs=$(cat)"),
        ("edited to let all in", "|| exit 1", "|| true"),
        ("its program gone", "' hook pre", "-gone' hook pre"),
    ] {
        let w = World::path();
        report(&w, &w.remote, &["apply"], 0);
        edit(&w, from, to);
        check(&w, what);
        // Mended by the next run.
        report(&w, &w.remote, &["apply"], 0);
        assert_eq!(kinds(&report(&w, &w.remote, &["check"], 8))[0], "advisory");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let w = World::path();
        report(&w, &w.remote, &["apply"], 0);
        let mode = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(hook(&w.remote), mode).unwrap();
        check(&w, "not executable");
    }
    // What git takes for the hooks' folder is what counts, `~/` and all.
    let w = World::path();
    report(&w, &w.remote, &["apply"], 0);
    w.remote.git(&["config", "core.hooksPath", "~/hooks"]);
    check(&w, "in the home folder");
    report(&w, &w.remote, &["apply"], 0);
    assert!(w.env.home().join("hooks/pre-receive").exists());
}

#[test]
fn push_options_that_were_switched_off_are_told() {
    let g = Guarded::new(Kind::Path, "");
    g.w.remote
        .git(&["config", "receive.advertisePushOptions", "false"]);
    let report = report(&g.w, &g.w.remote, &["check"], 8);
    let holder = states(&report);
    let holder = holder.iter().find(|s| s.0 == "holder_only").unwrap();
    assert_eq!(holder.2, "missing", "{report:#}");
}

#[test]
fn a_key_that_is_only_named_in_a_check_is_not_taken_for_the_servers() {
    let w = World::path();
    w.json(&["token", "issue", "--operator"]);
    let key_file = w.env.path("server-keys.json");
    std::fs::copy(w.env.keys(), &key_file).unwrap();
    // Somebody without a key of their own asks.
    let bob = w.other();
    report(&bob, &w.remote, &["apply"], 0);
    let key = key_file.to_str().unwrap();
    let checked = report(&bob, &w.remote, &["check", "--key-file", key], 8);
    let found = states(&checked);
    let holder = found.iter().find(|s| s.0 == "holder_only").unwrap();
    assert_eq!(holder.2, "missing", "{checked:#}");
    report(&bob, &w.remote, &["apply", "--key-file", key], 0);
    let found = states(&report(&bob, &w.remote, &["check"], 8));
    let holder = found.iter().find(|s| s.0 == "holder_only").unwrap();
    assert_eq!(holder.2, "advisory", "{found:?}");
}

#[test]
fn a_key_file_that_is_no_good_is_refused_and_nothing_installed() {
    let w = World::path();
    let before = everything(&w.remote.bare);
    let file = w.env.path("key");
    let path = file.to_str().unwrap().to_owned();
    let private = |text: &str, mode: u32| {
        std::fs::write(&file, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&file, mode).unwrap();
        }
        let _ = mode;
    };
    let apply = ["apply", "--key-file", path.as_str(), "--json"];
    protect(&w, &w.remote, &apply).exits(3);
    let secret = "short-secret-of-a-key";
    for text in ["", "{}", r#"{"version":1,"keys":[]}"#, secret] {
        private(text, 0o600);
        let out = protect(&w, &w.remote, &apply).exits(2);
        assert!(!out.all().contains(secret), "{out}");
    }
    #[cfg(unix)]
    {
        private(&"ab".repeat(32), 0o644);
        protect(&w, &w.remote, &apply).exits(4);
    }
    assert_eq!(everything(&w.remote.bare), before);
}

#[test]
fn what_is_no_servers_repository_is_refused() {
    let w = World::new(Kind::Http);
    let url = w.remote.url.clone();
    let remote = [
        "-R",
        &url,
        "protect",
        "check",
        "--provider",
        "bare",
        "--json",
    ];
    let out = w.aidf(&remote).exits(2);
    assert!(out.stderr.contains("on the server itself"), "{out}");
    let clone = w.clone.to_str().unwrap();
    w.aidf(&["-R", clone, "protect", "apply", "--json"])
        .exits(2);
    let nowhere = w.env.path("nowhere");
    w.aidf(&[
        "-R",
        nowhere.to_str().unwrap(),
        "protect",
        "apply",
        "--json",
    ])
    .exits(3);
    // The steps by hand are of use from anywhere.
    let guide = w
        .aidf(&[
            "-R",
            &url,
            "protect",
            "guide",
            "--provider",
            "bare",
            "--json",
        ])
        .ok();
    let steps = guide.json()["steps"].to_string();
    for word in [
        "pre-receive",
        "advertisePushOptions",
        "aidf.keyFile",
        "gitolite",
    ] {
        assert!(steps.contains(word), "{word}: {steps}");
    }
}

#[test]
fn the_steps_of_the_guide_do_what_apply_does() {
    // By hand: a hook of two lines, the settings, and the key's place.
    let g = Guarded::new(Kind::Path, "");
    let key = g.key_file.to_str().unwrap();
    g.protect(&["remove"]).ok();
    g.w.remote.hook(
        "pre-receive",
        &format!(
            "#!/bin/sh\nexec '{}' hook pre-receive\n",
            env!("CARGO_BIN_EXE_aidf")
        ),
    );
    g.w.remote
        .git(&["config", "receive.advertisePushOptions", "true"]);
    g.w.remote.git(&["config", "aidf.keyFile", key]);
    let bob = g.w.other();
    bob.plain(&[("b.txt", "b\n")], "Mine");
    g.refused(&bob, &[], &["HEAD:refs/heads/sandbox-a"], "without a token");
    let token = g.token("sandbox-a");
    g.passes(&bob, &[&token], &["HEAD:refs/heads/sandbox-a"]);
}

#[cfg(unix)]
#[test]
fn apply_killed_at_any_moment_leaves_a_hook_in_force_and_a_rerun_finishes() {
    let earlier = "#!/bin/sh\necho earlier >&2\nexit 0\n";
    // How long it takes here, so that the moments cover all of it.
    let w = World::path();
    let typical = w.aidf(&["protect", "apply"]).ok().took;
    let mut cut = 0;
    for n in 0..25_u32 {
        let w = World::path();
        w.remote.hook("pre-receive", earlier);
        w.remote
            .git(&["config", "receive.advertisePushOptions", "false"]);
        // From a clone of it: what is cut off is the work on the server.
        let mut child = w
            .call(&["protect", "apply"])
            .into_command()
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(typical.mul_f64(f64::from(n) / 22.0));
        let _ = child.kill();
        cut += u32::from(!child.wait().unwrap().success());
        // One of the two is whole and in force.
        let text = std::fs::read_to_string(hook(&w.remote)).unwrap();
        let ours = text.contains("aidf protect");
        assert!(
            text == earlier || ours && text.ends_with("exit 0\n"),
            "{text}"
        );
        let out = w
            .env
            .try_git(&w.clone, &["push", "origin", "HEAD:refs/heads/x"]);
        assert!(out.ok().stderr.contains("earlier"));
        // What the killed run held locked is let go of by hand, as git asks for.
        let _ = std::fs::remove_file(w.remote.bare.join("config.lock"));
        w.json(&["protect", "apply"]);
        assert_eq!(w.json(&["protect", "apply"])["changed"], false);
        w.json(&["protect", "remove"]);
        assert_eq!(std::fs::read_to_string(hook(&w.remote)).unwrap(), earlier);
        let set = w.remote.git(&["config", "receive.advertisePushOptions"]);
        assert_eq!(set, "false");
    }
    assert!(cut > 3, "no run was cut off: {cut} within {typical:?}");
}

#[test]
fn eight_applies_at_once_make_one_hook() {
    let w = World::path();
    let earlier = "#!/bin/sh\necho earlier >&2\nexit 0\n";
    w.remote.hook("pre-receive", earlier);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| protect(&w, &w.remote, &["apply"]));
        }
    });
    report(&w, &w.remote, &["apply"], 0);
    let out = w
        .env
        .try_git(&w.clone, &["push", "origin", "HEAD:refs/heads/x"]);
    assert!(out.ok().stderr.contains("earlier"));
    report(&w, &w.remote, &["remove"], 0);
    assert_eq!(std::fs::read_to_string(hook(&w.remote)).unwrap(), earlier);
}

#[test]
fn a_path_with_a_quote_and_spaces_is_no_way_into_the_script() {
    let w = World::path();
    let odd = w.env.path("it's a $(touch ran) place");
    std::fs::create_dir_all(&odd).unwrap();
    let program = odd.join("aidf");
    std::fs::copy(env!("CARGO_BIN_EXE_aidf"), &program).unwrap();
    let path = w.remote.bare.to_str().unwrap();
    let mut command = w.env.command(program.to_str().unwrap(), &w.clone);
    command.args(["-R", path, "protect", "apply"]);
    let out = loop {
        match command.output() {
            // A child that another thread just started still holds the copy open.
            Err(e) if e.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            out => break out.unwrap(),
        }
    };
    assert!(out.status.success());
    let bob = w.other();
    bob.plain(&[("b.txt", "b\n")], "Mine");
    let push = |to: &str| bob.env.try_git(&bob.clone, &["push", "origin", to]);
    push("HEAD:refs/heads/x").ok();
    let out = push("HEAD:refs/heads/main");
    assert!(out.stderr.contains("main is protected"), "{out}");
    let ran = [&w.clone, &bob.clone, &w.remote.bare].map(|d| d.join("ran").exists());
    assert_eq!(ran, [false; 3]);
}

#[test]
fn remove_leaves_a_hook_that_other_repositories_share_and_ends_it_in_this_one_alone() {
    let one = Guarded::new(Kind::Path, "");
    let two = Guarded::new(Kind::Path, "");
    let shared = one.w.env.path("shared-hooks");
    for g in [&one, &two] {
        g.protect(&["remove"]).ok();
        let folder = shared.to_str().unwrap();
        g.w.remote.git(&["config", "core.hooksPath", folder]);
        let file = g.key_file.to_str().unwrap();
        g.protect(&["apply", "--key-file", file]).ok();
    }
    let out = one.protect(&["remove", "--json"]).ok();
    let removed = out.json();
    let file = shared.join("pre-receive");
    assert!(file.exists(), "{removed:#}");
    assert!(
        removed["left"][0]
            .as_str()
            .unwrap()
            .contains("shared-hooks"),
        "{removed:#}"
    );
    let told = removed["warnings"].to_string();
    assert!(told.contains(&format!("rm {}", file.display())), "{told}");
    // The other one is protected as before, and this one takes everything again.
    let push = |g: &Guarded| {
        let ada = g.w.other();
        ada.plain(&[("a.txt", "a\n")], "Mine");
        g.push(&ada, &[], &["HEAD:refs/heads/main"])
    };
    assert!(push(&two).stderr.contains("main is protected"));
    push(&one).ok();
    let checked = report(&one.w, &one.w.remote, &["check"], 8);
    assert_eq!(kinds(&checked), ["missing"]);
    assert!(checked.to_string().contains("switched off"), "{checked:#}");
    let again = report(&one.w, &one.w.remote, &["remove"], 0);
    assert_eq!(again["changed"], false, "{again:#}");
    let file = one.key_file.to_str().unwrap();
    one.protect(&["apply", "--key-file", file]).ok();
    assert!(push(&one).stderr.contains("main is protected"));
}

#[cfg(unix)]
#[test]
fn an_earlier_hook_that_goes_by_its_own_name_still_finds_what_it_runs() {
    let w = World::path();
    let hooks = w.remote.bare.join("hooks");
    let parts = hooks.join("pre-receive.d");
    std::fs::create_dir_all(&parts).unwrap();
    std::fs::write(parts.join("one"), "#!/bin/sh\necho part one >&2\n").unwrap();
    make_executable(&parts.join("one"));
    std::fs::write(hooks.join("words.sh"), "words='and words'\n").unwrap();
    let earlier = "#!/bin/sh\n\
        . \"$(dirname \"$0\")/words.sh\"\n\
        for part in \"$0.d\"/* hooks/$(basename \"$0\").d/*; do \"$part\"; done\n\
        echo \"$words\" >&2\n";
    let push = |name: &str| {
        let to = format!("HEAD:refs/heads/{name}");
        let out = w.env.try_git(&w.clone, &["push", "origin", &to]).ok();
        assert_eq!(out.stderr.matches("part one").count(), 2, "{out}");
        assert!(out.stderr.contains("and words"), "{out}");
    };
    // As a file, and as a link to one.
    for is_link in [false, true] {
        match is_link {
            false => w.remote.hook("pre-receive", earlier),
            true => {
                w.remote.hook("dispatch", earlier);
                std::fs::remove_file(hook(&w.remote)).unwrap();
                std::os::unix::fs::symlink("dispatch", hook(&w.remote)).unwrap();
            }
        }
        let before = everything(&hooks);
        push(&format!("before-{is_link}"));
        report(&w, &w.remote, &["apply"], 0);
        push(&format!("after-{is_link}"));
        report(&w, &w.remote, &["remove"], 0);
        assert_eq!(everything(&hooks), before);
    }
}

#[test]
fn a_hook_that_an_older_aidf_kept_is_still_run_and_put_back() {
    let w = World::path();
    report(&w, &w.remote, &["apply"], 0);
    let earlier = "#!/bin/sh\necho earlier >&2\n";
    w.remote.hook("pre-receive.before-aidf", earlier);
    let text = std::fs::read_to_string(hook(&w.remote)).unwrap();
    let older = text.lines().filter(|line| !line.starts_with("[ -x"));
    let older = older.map(|line| match line.strip_prefix("before=") {
        Some(_) => "before=$(dirname \"$0\")/pre-receive.before-aidf",
        None => line,
    });
    let older: Vec<&str> = older.collect();
    w.remote
        .hook("pre-receive", &format!("{}\n", older.join("\n")));
    for round in ["before", "after"] {
        let to = format!("HEAD:refs/heads/{round}");
        let out = w.env.try_git(&w.clone, &["push", "origin", &to]);
        assert!(out.ok().stderr.contains("earlier"), "{round}");
        let applied = report(&w, &w.remote, &["apply"], 0);
        assert!(
            !applied["changes"].to_string().contains("edited"),
            "{applied:#}"
        );
    }
    report(&w, &w.remote, &["remove"], 0);
    assert_eq!(std::fs::read_to_string(hook(&w.remote)).unwrap(), earlier);
}

#[test]
fn what_somebody_added_to_our_hook_is_kept_under_a_name_that_the_plan_and_the_report_tell() {
    for command in ["apply", "remove"] {
        let w = World::path();
        report(&w, &w.remote, &["apply"], 0);
        let text = std::fs::read_to_string(hook(&w.remote)).unwrap();
        let edited = text.replace("exit 0\n", "logger pushed\nexit 0\n");
        std::fs::write(hook(&w.remote), &edited).unwrap();
        let planned = report(&w, &w.remote, &["plan"], 0)["changes"].to_string();
        assert!(planned.contains("pre-receive.edited-"), "{planned}");
        let done = report(&w, &w.remote, &[command], 0);
        assert!(
            done["changes"].to_string().contains("pre-receive.edited-"),
            "{done:#}"
        );
        let hooks = everything(&w.remote.bare.join("hooks"));
        let kept = hooks
            .iter()
            .find(|(path, _)| path.to_str().unwrap().contains("pre-receive.edited-"));
        assert_eq!(kept.unwrap().1, edited.as_bytes(), "{command}");
        // Once is enough.
        let again = report(&w, &w.remote, &["apply"], 0);
        assert!(
            !again["changes"].to_string().contains("edited"),
            "{again:#}"
        );
    }
}

#[cfg(unix)]
#[test]
fn apply_and_remove_leave_the_mode_of_the_settings_file_and_no_empty_sections() {
    use std::os::unix::fs::PermissionsExt;
    let g = Guarded::new(Kind::Path, "");
    let config = g.w.remote.bare.join("config");
    let mode = || config.metadata().unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o664)).unwrap();
    g.protect(&["remove"]).ok();
    let before = std::fs::read_to_string(&config).unwrap();
    assert!(!before.contains("[aidf]"), "{before}");
    for _ in 0..3 {
        g.protect(&["apply", "--key-file", g.key_file.to_str().unwrap()])
            .ok();
        assert_eq!(mode(), 0o664);
        g.protect(&["remove"]).ok();
        assert_eq!(mode(), 0o664);
        assert_eq!(std::fs::read_to_string(&config).unwrap(), before);
    }
}

/// What a push to a new branch tells.
#[cfg(unix)]
fn pushed(w: &World, name: &str) -> String {
    let to = format!("HEAD:refs/heads/{name}");
    let out = w.env.try_git(&w.clone, &["push", "origin", &to]);
    out.ok().stderr
}

#[cfg(unix)]
#[test]
fn an_earlier_hook_that_goes_up_from_its_folder_or_reads_a_dot_file_still_finds_it() {
    let w = World::path();
    let hooks = w.remote.bare.join("hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    std::fs::write(w.remote.bare.join("rules.sh"), "words='from above'\n").unwrap();
    std::fs::write(hooks.join(".env"), "words='from the dot file'\n").unwrap();
    let [above, dotted, both] = [
        ("$(dirname \"$0\")/../rules.sh", ""),
        ("$(dirname \"$0\")/.env", "echo wait... >&2\n"),
        ("$(dirname \"$0\")/../rules.sh", "basename \"$0\" >&2\n"),
    ]
    .map(|(file, more)| format!("#!/bin/sh\n. \"{file}\"\necho \"$words\" >&2\n{more}"));
    for (at, (earlier, words, warned)) in [
        (&above, "from above", false),
        (&dotted, "from the dot file", false),
        (&both, "from above", true),
    ]
    .into_iter()
    .enumerate()
    {
        w.remote.hook("pre-receive", earlier);
        let before = everything(&hooks);
        let planned = report(&w, &w.remote, &["plan"], 0);
        let kept = match words {
            "from above" => "as pre-receive.before-aidf",
            _ => "as before-aidf/pre-receive",
        };
        assert!(planned["changes"].to_string().contains(kept), "{planned:#}");
        let warnings = planned["warnings"].to_string();
        assert_eq!(warnings.contains("its own name"), warned, "{warnings}");
        report(&w, &w.remote, &["apply"], 0);
        let told = pushed(&w, &format!("x{at}"));
        assert_eq!(told.matches(words).count(), 1, "{told}");
        report(&w, &w.remote, &["remove"], 0);
        assert_eq!(everything(&hooks), before);
    }
}

#[cfg(unix)]
#[test]
fn an_earlier_hook_is_found_by_an_older_aidf_too_and_runs_once() {
    let w = World::path();
    let earlier = "#!/bin/sh\necho earlier >&2\n";
    w.remote.hook("pre-receive", earlier);
    let before = everything(&w.remote.bare.join("hooks"));
    report(&w, &w.remote, &["apply"], 0);
    let runs_once = |name: &str| {
        let told = pushed(&w, name);
        assert_eq!(told.matches("earlier").count(), 1, "{name}: {told}");
    };
    runs_once("new");
    // What an older aidf writes runs the hook by its former name alone.
    let ours = std::fs::read_to_string(hook(&w.remote)).unwrap();
    let older = ours.lines().filter(|line| !line.starts_with("[ -x"));
    let older = older.map(|line| match line.strip_prefix("before=") {
        Some(_) => "before=$(dirname \"$0\")/pre-receive.before-aidf\n".to_owned(),
        None => format!("{line}\n"),
    });
    w.remote.hook("pre-receive", &older.collect::<String>());
    runs_once("old");
    // And it puts the link back when it is removed: that is no second hook.
    let former = w.remote.bare.join("hooks/pre-receive.before-aidf");
    std::fs::rename(former, hook(&w.remote)).unwrap();
    runs_once("removed");
    report(&w, &w.remote, &["apply"], 0);
    runs_once("again");
    assert_eq!(report(&w, &w.remote, &["apply"], 0)["changed"], false);
    report(&w, &w.remote, &["remove"], 0);
    assert_eq!(everything(&w.remote.bare.join("hooks")), before);
}

#[cfg(unix)]
#[test]
fn the_command_that_puts_an_earlier_hook_back_by_hand_works_for_a_link_too() {
    for is_link in [false, true] {
        let w = World::path();
        let shared = w.env.path("shared-hooks");
        std::fs::create_dir_all(&shared).unwrap();
        let file = shared.join("pre-receive");
        let real = match is_link {
            true => shared.join("real-check"),
            false => file.clone(),
        };
        std::fs::write(&real, "#!/bin/sh\necho earlier >&2\n").unwrap();
        make_executable(&real);
        if is_link {
            std::os::unix::fs::symlink("real-check", &file).unwrap();
        }
        let folder = shared.to_str().unwrap();
        w.remote.git(&["config", "core.hooksPath", folder]);
        report(&w, &w.remote, &["apply"], 0);
        let removed = report(&w, &w.remote, &["remove"], 0);
        let warnings = removed["warnings"].as_array().unwrap().iter();
        let command = warnings
            .filter_map(|w| w.as_str()?.split_once("put back the earlier one: "))
            .map(|(_, command)| command)
            .next()
            .unwrap_or_else(|| panic!("{removed:#}"));
        let mut shell = w.env.command("sh", &shared);
        let done = shell.args(["-c", command]).status().unwrap();
        assert!(done.success(), "{command}");
        let told = pushed(&w, "x");
        assert_eq!(told.matches("earlier").count(), 1, "{command}: {told}");
    }
}
