//! `aidf backup schedule`: what it prints is run here as a scheduler would run it.

use serde_json::Value;

use crate::backup_days::names;
use crate::support::{Call, Kind, Machine, Out, Remote, World};

/// The lines of a crontab that are jobs, without their times.
fn jobs(text: &str) -> Vec<String> {
    text.lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_digit() || c == '*'))
        .map(|l| l.splitn(6, ' ').nth(5).unwrap().trim().to_owned())
        .collect()
}

/// Runs a job with what cron gives it: the variables of the crontab, `sh`, and the home
/// folder to be in.
fn run_as_cron(machine: &Machine, text: &str, job: &str) -> Out {
    let mut command = std::process::Command::new("/bin/sh");
    command.env_clear();
    for (name, value) in text
        .lines()
        .filter(|l| l.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter_map(|l| l.split_once('='))
    {
        command.env(name, value);
    }
    command
        .current_dir(machine.env.home())
        .arg("-c")
        .arg(job.replace("\\%", "%"));
    Call::of(command).run()
}

#[test]
fn the_lines_of_a_crontab_do_their_jobs() {
    let w = World::path();
    let dir = w.env.path("bundles of 100%");
    w.env.operator_config(&format!(
        "backup:\n  keep: {{last: 3}}\n  destinations:\n    - folder: '{}'\n",
        dir.display()
    ));
    let text = w
        .aidf(&[
            "backup", "schedule", "--cron", "--job", "create", "--job", "prune", "--job", "watch",
            "--job", "verify", "--job", "drill", "--job", "export",
        ])
        .ok()
        .stdout;
    let jobs = jobs(&text);
    assert_eq!(jobs.len(), 6, "{text}");
    for job in &jobs {
        let out = run_as_cron(&w, &text, job);
        assert_eq!(out.code, 0, "{job}\n{out}");
        assert_eq!(out.stderr, "", "no step is told\n{out}");
    }
    assert_eq!(names(&w.remote).len(), 1);
    assert!(dir.join("widgets/SHA256SUMS").exists());
    assert!(dir.join("widgets/main/changelog.json").exists());
}

#[test]
fn a_folder_with_odd_characters_is_quoted_for_the_shell() {
    let w = World::path();
    let odd = w.env.path("it's 50% of $HOME; `x` \"y\"");
    std::fs::create_dir_all(&odd).unwrap();
    let clone = odd.join("clone");
    w.env
        .git(&odd, &["clone", "--quiet", &w.url, clone.to_str().unwrap()]);
    let args = [
        "-C",
        clone.to_str().unwrap(),
        "backup",
        "schedule",
        "--cron",
        "--job",
        "create",
    ];
    let text = w.env.aidf(&w.env.home(), &args).ok().stdout;
    let job = &jobs(&text)[0];
    let out = run_as_cron(&w, &text, job);
    assert_eq!(out.code, 0, "{job}\n{out}");
    assert_eq!(names(&w.remote).len(), 1);
}

#[test]
fn all_names_the_configuration_and_no_repository() {
    let remotes: Vec<Remote> = ["alpha", "beta"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let list: String = remotes
        .iter()
        .map(|r| format!("  - url: {}\n", r.url))
        .collect();
    let config = machine.env.path("operators.yaml");
    std::fs::write(&config, format!("repositories:\n{list}")).unwrap();
    let args = [
        "--config",
        "../operators.yaml",
        "backup",
        "schedule",
        "--cron",
        "--all",
    ];
    let text = machine.env.aidf(&machine.env.home(), &args).ok().stdout;
    let jobs = jobs(&text);
    // Without a folder among the destinations the export has no place to go.
    assert_eq!(jobs.len(), 3, "{text}");
    for job in &jobs {
        assert!(job.contains(" --all"), "{job}");
        assert!(!job.contains(" -C "), "{job}");
        let out = run_as_cron(&machine, &text, job);
        assert_eq!(out.code, 0, "{job}\n{out}");
    }
    for remote in &remotes {
        assert_eq!(names(remote).len(), 1);
    }
}

#[test]
fn the_export_goes_where_it_is_told() {
    let w = World::path();
    let args = ["backup", "schedule", "--cron", "--job", "export"];
    let out = w.refuses(&args, 2);
    assert!(out.stderr.contains("--out"), "{out}");
    let text = w
        .aidf(&[&args[..], &["--out", "ledgers here"]].concat())
        .ok()
        .stdout;
    let job = jobs(&text).remove(0);
    assert!(job.contains("'"), "{job}");
    let out = run_as_cron(&w, &text, &job);
    assert_eq!(out.code, 0, "{job}\n{out}");
    let there = w.clone.join("ledgers here/widgets/main/changelog.json");
    assert!(there.exists(), "from the folder of the one who asked");
}

#[test]
fn no_secret_is_in_what_is_printed() {
    let w = World::path();
    for kind in ["--cron", "--systemd", "--actions"] {
        let out = w
            .call(&["backup", "schedule", kind])
            .env("AIDF_REUSE_TOKEN", "secret-token")
            .env("AIDF_KEY", "c2VjcmV0LWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE=")
            .env("GITHUB_TOKEN", "secret-forge")
            .run()
            .ok();
        for secret in [
            "secret-token",
            "c2VjcmV0LWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE=",
            "secret-forge",
        ] {
            assert!(!out.all().contains(secret), "{kind}\n{out}");
        }
    }
}

#[test]
fn a_password_in_the_address_is_printed_into_no_job() {
    let w = World::path();
    let token = format!("ghp_{}", "x".repeat(36));
    for secret in [&format!("me:hunter2{}", "x"), &token] {
        let url = format!("https://{secret}@127.0.0.1:1/widgets.git");
        for kind in ["--cron", "--systemd"] {
            let args = ["-R", &url, "backup", "schedule", kind];
            let out = w.env.aidf(&w.env.home(), &args).exits(2);
            assert!(!out.all().contains(&**secret), "{out}");
            assert!(out.stderr.contains("credential helper"), "{out}");
        }
    }
}

#[test]
fn a_job_works_on_the_clone_and_the_remote_that_it_was_asked_for() {
    let w = World::path();
    w.git(&["remote", "rename", "origin", "upstream"]);
    w.git(&["remote", "add", "origin", "/nowhere"]);
    let args = [
        "--remote", "upstream", "backup", "schedule", "--cron", "--job", "create",
    ];
    let elsewhere = w.clone.with_file_name("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let name = w.clone.file_name().unwrap().to_str().unwrap();
    let clone = format!("../{name}");
    let mut call = w.env.command(env!("CARGO_BIN_EXE_aidf"), &elsewhere);
    let out = call.args(args).env("GIT_DIR", format!("{clone}/.git"));
    let out = out.env("GIT_WORK_TREE", &clone).output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    let job = &jobs(&text)[0];
    let out = run_as_cron(&w, &text, job);
    assert_eq!(out.code, 0, "{text}\n{out}");
    assert_eq!(names(&w.remote).len(), 1);
}

#[test]
fn a_folder_without_a_clone_gets_no_job() {
    let w = World::path();
    let out = w
        .env
        .aidf(&w.env.home(), &["backup", "schedule", "--cron"])
        .exits(3);
    assert!(out.stdout.is_empty(), "{out}");
}

#[test]
fn what_the_environment_names_is_found_from_the_folder_of_the_job() {
    let w = World::path();
    std::fs::write(w.clone.join("own.yaml"), "write: {}\n").unwrap();
    let out = w
        .call(&["backup", "schedule", "--cron"])
        .env("AIDF_CONFIG", "own.yaml")
        .env("AIDF_FORGE_API_URL", "https://forge.example/api")
        .env("https_proxy", "http://me:hunter2@proxy.example:3128")
        .run()
        .ok();
    let config = format!("AIDF_CONFIG={}", w.clone.join("own.yaml").display());
    for line in [&config, "AIDF_FORGE_API_URL=https://forge.example/api"] {
        assert!(out.stdout.lines().any(|l| l == line), "{line}\n{out}");
    }
    assert!(!out.all().contains("hunter2"), "{out}");
}

#[test]
fn an_export_of_all_goes_to_the_folder_of_each_repository() {
    let remotes: Vec<Remote> = ["alpha", "beta"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let folder = |name: &str| machine.env.path(name).display().to_string();
    let one = |at: usize, place: &str| {
        let url = &remotes[at].url;
        format!("  - {{url: {url}, destinations: [{place}]}}\n")
    };
    let write = |other: &str| {
        let here = format!("{{folder: {}}}", folder("copies"));
        machine.env.operator_config(&format!(
            "repositories:\n{}{}",
            one(0, &here),
            one(1, other)
        ));
    };
    let printed = |more: &[&str]| {
        let args = [&["backup", "schedule", "--cron", "--all"], more].concat();
        machine.env.aidf(&machine.env.home(), &args)
    };
    let is_export = |text: &str| text.contains(" backup export ");
    write(&format!("{{url: {}}}", folder("far.git")));
    assert!(!is_export(&printed(&[]).ok().stdout));
    let out = printed(&["--job", "export"]).exits(2);
    assert!(out.stderr.contains(&remotes[1].url), "{out}");
    write(&format!("{{folder: {}}}", folder("others")));
    assert!(is_export(&printed(&[]).ok().stdout));
}

#[test]
fn each_job_has_a_service_and_a_timer() {
    let w = World::path();
    let text = w
        .aidf(&[
            "backup",
            "schedule",
            "--systemd",
            "--job",
            "create",
            "--job",
            "watch",
        ])
        .ok()
        .stdout;
    for part in [
        "[Service]",
        "ExecStart=",
        "[Timer]",
        "OnCalendar=",
        "[Install]",
    ] {
        assert_eq!(text.matches(part).count(), 2, "{part} in\n{text}");
    }
    for name in ["create", "watch"] {
        assert!(
            text.contains(&format!("aidf-backup-{name}.service")),
            "{text}"
        );
        assert!(
            text.contains(&format!("aidf-backup-{name}.timer")),
            "{text}"
        );
    }
    // As systemd itself reads it, where it is here.
    let dir = w.env.path("units");
    std::fs::create_dir_all(&dir).unwrap();
    let mut file = None;
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("# ~/.config/systemd/user/") {
            file = Some(dir.join(path));
        } else if let Some(file) = &file {
            let old = std::fs::read_to_string(file).unwrap_or_default();
            std::fs::write(file, format!("{old}{line}\n")).unwrap();
        }
    }
    let units: Vec<String> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|e| e.unwrap().path().display().to_string())
        .collect();
    assert_eq!(units.len(), 4);
    let mut verify = w.env.command("systemd-analyze", &dir);
    verify.args(["verify", "--user"]).args(&units);
    if let Ok(out) = verify.output() {
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(!said.contains("aidf-backup"), "{said}");
    }
}

#[test]
fn a_folder_with_odd_characters_is_quoted_for_systemd() {
    let w = World::path();
    let odd = w.env.path("it's 50% of $HOME \"y\" \\");
    std::fs::create_dir_all(&odd).unwrap();
    let clone = odd.join("clone");
    w.env
        .git(&odd, &["clone", "--quiet", &w.url, clone.to_str().unwrap()]);
    let args = [
        "-C",
        clone.to_str().unwrap(),
        "backup",
        "schedule",
        "--systemd",
        "--job",
        "create",
    ];
    let text = w.env.aidf(&w.env.home(), &args).ok().stdout;
    let wanted = r#"/it's 50%% of $$HOME \"y\" \\/clone" backup create"#;
    assert!(text.contains(wanted), "{wanted} in\n{text}");
}

#[test]
fn a_workflow_runs_the_chosen_jobs() {
    let w = World::path();
    let text = w
        .aidf(&[
            "backup",
            "schedule",
            "--actions",
            "--job",
            "create",
            "--job",
            "export",
        ])
        .ok()
        .stdout;
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = workflow["jobs"]["backup"]["steps"].as_array().unwrap();
    let runs: Vec<&str> = steps.iter().filter_map(|s| s["run"].as_str()).collect();
    assert!(runs.iter().any(|r| r.ends_with("backup create")), "{text}");
    assert!(
        runs.iter()
            .any(|r| r.ends_with("backup export --out ledgers")),
        "{text}"
    );
    let upload = steps
        .iter()
        .find(|s| s["uses"].as_str().is_some_and(|u| u.contains("upload")))
        .unwrap();
    assert_eq!(upload["with"]["path"], "ledgers");
    let here = w.clone.to_str().unwrap();
    assert!(!text.contains(here), "no path of this machine\n{text}");
    let odd = ["--job", "export", "--out", "led: gers #1"];
    let text = w
        .aidf(&[&["backup", "schedule", "--actions"], &odd[..]].concat())
        .ok()
        .stdout;
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = workflow["jobs"]["backup"]["steps"].as_array().unwrap();
    assert!(
        steps
            .iter()
            .filter_map(|s| s["run"].as_str())
            .any(|r| r.ends_with("--out 'led: gers #1'")),
        "{text}"
    );
    assert!(
        steps.iter().any(|s| s["with"]["path"] == "led: gers #1"),
        "{text}"
    );
    w.refuses(&["backup", "schedule", "--actions", "--all"], 2);
    w.refuses(&["backup", "schedule", "--cron", "--job", "dance"], 2);
}

#[test]
fn a_schedule_is_printed_for_cron_systemd_and_actions() {
    let w = World::path();
    let cron = w.aidf(&["backup", "schedule", "--cron"]).ok().stdout;
    let line = cron
        .lines()
        .find(|l| !l.starts_with('#') && l.contains("backup"))
        .unwrap_or_else(|| panic!("no line: {cron}"));
    let fields: Vec<&str> = line.split_whitespace().collect();
    for field in &fields[..5] {
        assert!(
            field
                .chars()
                .all(|c| c.is_ascii_digit() || "*/,-".contains(c)),
            "{line}"
        );
    }
    // cron knows neither the folder nor the PATH of the one who asked.
    assert!(line.contains(env!("CARGO_BIN_EXE_aidf")), "{line}");
    assert!(line.contains(w.clone.to_str().unwrap()), "{line}");
    let unescaped = line.replace("\\%", "");
    assert!(!unescaped.contains('%'), "cron ends a line at %: {line}");

    let systemd = w.aidf(&["backup", "schedule", "--systemd"]).ok().stdout;
    for part in [
        "[Service]",
        "ExecStart=",
        "[Timer]",
        "OnCalendar=",
        "[Install]",
    ] {
        assert!(systemd.contains(part), "{part} in {systemd}");
    }
    let start = systemd
        .lines()
        .find_map(|l| l.strip_prefix("ExecStart="))
        .unwrap();
    assert!(
        start.starts_with('/') || start.starts_with("\"/"),
        "{start}"
    );

    let actions = w.aidf(&["backup", "schedule", "--actions"]).ok().stdout;
    let workflow: Value = serde_saphyr::from_str(&actions).unwrap();
    assert!(
        workflow["on"]["schedule"][0]["cron"].is_string(),
        "{actions}"
    );
    let jobs = workflow["jobs"].as_object().unwrap();
    assert!(!jobs.is_empty());
    assert!(
        actions
            .lines()
            .any(|l| l.contains("aidf") && l.contains("backup create")),
        "{actions}"
    );
    assert_eq!(
        workflow["permissions"]["contents"]
            .as_str()
            .or_else(|| jobs.values().next().unwrap()["permissions"]["contents"].as_str()),
        Some("write"),
        "{actions}"
    );
}

#[test]
fn a_schedule_of_two_kinds_at_once_or_none_is_a_usage_error() {
    let w = World::path();
    w.refuses(&["backup", "schedule", "--cron", "--systemd"], 2);
    w.refuses(&["backup", "schedule"], 2);
}
