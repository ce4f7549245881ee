//! `aidf backup --all`: every repository of the config, each on its own.

use serde_json::Value;

use crate::backup_days::{backup_of, backups, days_ago, each, list, names, put, report, reported};
use crate::support::{Kind, Machine, Remote};

/// Writes the config of these repositories.
fn config(machine: &Machine, entries: &[(&str, &str)]) {
    let mut text = "repositories:\n".to_owned();
    for (url, branches) in entries {
        text.push_str(&format!("  - url: {url}\n"));
        if !branches.is_empty() {
            text.push_str(&format!("    branches: [{branches}]\n"));
        }
    }
    machine.env.operator_config(&text);
}

/// The result of one repository.
#[track_caller]
fn of<'a>(answer: &'a Value, url: &str) -> &'a Value {
    let found: Vec<&Value> = list(answer, "repositories")
        .iter()
        .filter(|r| r["url"] == url)
        .collect();
    assert_eq!(found.len(), 1, "{url} in {answer:#}");
    found[0]
}

/// A URL that nobody listens at.
fn nobody() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .unwrap()
        .port();
    format!("http://127.0.0.1:{port}/gone.git")
}

#[test]
fn five_repositories_of_which_one_is_gone_and_one_refuses() {
    let good: Vec<Remote> = [
        (Kind::Path, "alpha"),
        (Kind::Http, "beta"),
        (Kind::Daemon, "gamma"),
    ]
    .into_iter()
    .map(|(kind, name)| Remote::new(kind, name, true))
    .collect();
    let refusing = Remote::new(Kind::Http, "delta", true);
    refusing.hook("update", "#!/bin/sh\necho 'not at night' >&2\nexit 1\n");
    let gone = nobody();
    let machine = Machine::bare(&good[0]);
    config(
        &machine,
        &[
            (&gone, ""),
            (&good[0].url, ""),
            (&refusing.url, ""),
            (&good[1].url, "main, sandbox"),
            (&good[2].url, ""),
        ],
    );
    let out = machine.aidf(&["backup", "--all", "--json"]);
    assert!(
        matches!(out.code, 5 | 9),
        "one of the failures' codes\n{out}"
    );
    let answer = reported(&out);
    assert!(answer["message"].is_string(), "{answer:#}");
    assert_eq!(list(&answer, "repositories").len(), 5);
    let wanted_order = [
        &gone,
        &good[0].url,
        &refusing.url,
        &good[1].url,
        &good[2].url,
    ];
    assert_eq!(
        each(&answer, "repositories", "url"),
        wanted_order.map(String::clone),
        "in the order of the config"
    );
    for (remote, name) in good.iter().zip(["alpha", "beta", "gamma"]) {
        let one = of(&answer, &remote.url);
        assert_eq!(one["error"], Value::Null, "{one:#}");
        assert_eq!(one["repo_name"], name);
        assert_eq!(one["rewound"], serde_json::json!([]));
        assert_eq!(one["destinations"], serde_json::json!([]));
        assert!(list(one, "backups").iter().all(|b| b["created"] == true));
        assert_eq!(remote.tip(&backup_of(0)), remote.tip("main"));
    }
    let sandbox = format!("backup/sandbox/{}", days_ago(0));
    assert_eq!(names(&good[1]), [backup_of(0), sandbox]);
    assert_eq!(names(&good[0]), [backup_of(0)]);
    for url in [&gone, &refusing.url] {
        let one = of(&answer, url);
        assert!(!one["error"].is_null(), "{one:#}");
        assert!(list(one, "backups").iter().all(|b| b["created"] != true));
    }
    let said = of(&answer, &refusing.url)["error"].to_string();
    assert!(said.contains("not at night"), "{said}");
    assert!(names(&refusing).is_empty());
    // A failure is an error, on stderr's last line like any other.
    let kind = out.error()["kind"].clone();
    assert!(kind == "denied" || kind == "unavailable", "{out}");
    // Every one that failed is named, also where nothing else is printed.
    let quiet = machine.aidf(&["backup", "--all", "-q"]);
    for url in [&gone, &refusing.url] {
        assert!(quiet.stderr.contains(&format!("in {url}: ")), "{quiet}");
    }
    assert!(!quiet.stderr.contains(&good[0].url), "{quiet}");

    // A re-run completes what was missed, and makes nothing twice.
    refusing.unhook("update");
    let again = report(&machine, &["backup", "--all"], 9);
    assert!(
        list(of(&again, &refusing.url), "backups")
            .iter()
            .all(|b| b["created"] == true)
    );
    assert!(
        list(of(&again, &good[0].url), "backups")
            .iter()
            .all(|b| b["created"] == false)
    );
    assert_eq!(names(&refusing), [backup_of(0)]);
    assert_eq!(names(&good[0]).len(), 1);
}

#[test]
fn a_person_gets_a_line_for_each() {
    let remotes: Vec<Remote> = ["alpha", "beta", "gamma"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let urls: Vec<(&str, &str)> = remotes.iter().map(|r| (r.url.as_str(), "")).collect();
    config(&machine, &urls);
    let out = machine.aidf(&["backup", "create", "--all"]).ok();
    for name in ["alpha", "beta", "gamma"] {
        assert!(
            out.all().lines().any(|line| line.contains(name)),
            "{name}\n{out}"
        );
    }
    assert!(!out.all().contains('\u{1b}'), "no bar without a terminal");
}

#[test]
fn a_rewound_one_gives_8_and_does_not_stop_the_others() {
    let remotes: Vec<Remote> = ["alpha", "beta", "gamma"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let keep = remotes[1].tip("main");
    let lost = remotes[1].write("main", &[("a.txt", Some(b"a\n"))], "Lost");
    put(&machine.env, &remotes[1], &[(backup_of(1), lost.clone())]);
    remotes[1].git(&["update-ref", "refs/heads/main", &keep]);
    let urls: Vec<(&str, &str)> = remotes.iter().map(|r| (r.url.as_str(), "")).collect();
    config(&machine, &urls);
    let answer = report(&machine, &["backup", "--all"], 8);
    let entry = &of(&answer, &remotes[1].url)["rewound"][0];
    assert_eq!(entry["branch"], "main");
    assert_eq!(entry["lost"], serde_json::json!([lost]));
    for remote in &remotes {
        assert_eq!(remote.tip(&backup_of(0)), remote.tip("main"));
        assert_eq!(of(&answer, &remote.url)["error"], Value::Null);
    }
}

#[test]
fn each_repository_is_one_connection() {
    let remotes: Vec<Remote> = ["alpha", "beta"]
        .map(|name| Remote::new(Kind::Http, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let urls: Vec<(&str, &str)> = remotes
        .iter()
        .map(|r| (r.url.as_str(), "main, sandbox"))
        .collect();
    config(&machine, &urls);
    for _ in 0..2 {
        remotes.iter().for_each(Remote::reset);
        report(&machine, &["backup", "--all"], 0);
        for remote in &remotes {
            let requests = remote.http().requests();
            assert_eq!(remote.connections(), 1, "{requests:#?}");
        }
    }
    assert_eq!(backups(&remotes[1]).len(), 2);
}

#[test]
fn twelve_repositories_are_backed_up_by_one_command_that_overlaps_itself() {
    let remotes: Vec<Remote> = (0..12)
        .map(|n| Remote::new(Kind::Path, &format!("repo{n}"), false))
        .collect();
    let machine = Machine::bare(&remotes[0]);
    let urls: Vec<(&str, &str)> = remotes.iter().map(|r| (r.url.as_str(), "")).collect();
    config(&machine, &urls);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| report(&machine, &["backup", "--all"], 0));
        }
    });
    for remote in &remotes {
        assert_eq!(backups(remote), [(backup_of(0), remote.tip("main"))]);
        remote.is_sound();
    }
}

#[test]
fn without_repositories_in_the_config_all_is_a_usage_error() {
    let remote = Remote::new(Kind::Path, "alpha", true);
    let machine = Machine::bare(&remote);
    let out = machine.aidf(&["backup", "--all", "--json"]).exits(2);
    assert_eq!(out.error()["kind"], "usage");
    assert!(out.stderr.contains("repositories"), "{out}");
}

#[test]
fn what_a_server_says_cannot_reach_the_terminal() {
    let remotes: Vec<Remote> = ["alpha", "beta"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    for remote in &remotes {
        remote.hook(
            "pre-receive",
            "#!/bin/sh\nprintf 'no\\033]0;owned\\007 \\033[2J\\342\\200\\256way\\n' >&2\nexit 1\n",
        );
    }
    let machine = Machine::bare(&remotes[0]);
    let urls: Vec<(&str, &str)> = remotes.iter().map(|r| (r.url.as_str(), "")).collect();
    config(&machine, &urls);
    let dest = ["backup", "--dest", remotes[1].url.as_str(), "-R"];
    let good = Remote::new(Kind::Path, "gamma", true);
    let runs = [
        machine.aidf(&["backup", "--all"]).exits(5),
        machine.aidf(&[&dest[..], &[good.url.as_str()]].concat()),
    ];
    for out in runs {
        assert_ne!(out.code, 0, "{out}");
        assert!(out.all().contains("way"), "its words are shown\n{out}");
        for bad in ['\u{1b}', '\u{7}', '\u{202e}'] {
            assert!(!out.all().contains(bad), "{bad:?}\n{out:?}");
        }
    }
}

/// Three repositories with a backup and a folder of bundles each, of which the middle one
/// then breaks: its remote is gone, or one of its objects.
fn three_with_bundles(breaks: impl Fn(&Remote)) -> (Vec<Remote>, Machine) {
    let remotes: Vec<Remote> = ["alpha", "beta", "gamma"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    let list: String = remotes
        .iter()
        .map(|r| format!("  - url: {}\n", r.url))
        .collect();
    machine.env.operator_config(&format!(
        "backup:\n  keep: {{last: 1}}\n  destinations: [{{folder: {}}}]\nrepositories:\n{list}",
        machine.env.path("bundles").display()
    ));
    report(&machine, &["backup", "--all"], 0);
    for remote in &remotes {
        let tip = remote.tip("main");
        put(&machine.env, remote, &[(backup_of(3), tip)]);
    }
    breaks(&remotes[1]);
    (remotes, machine)
}

fn is_gone(remote: &Remote) {
    std::fs::rename(&remote.bare, remote.bare.with_extension("gone")).unwrap();
}

#[test]
fn one_that_is_gone_does_not_stop_any_job_of_the_others() {
    for job in [
        &["list"][..],
        &["prune"],
        &["verify"],
        &["drill"],
        &["export", "--to-destinations"],
    ] {
        let (remotes, machine) = three_with_bundles(is_gone);
        let args = [&["backup"], job, &["--all", "--json"]].concat();
        let out = machine.aidf(&args);
        assert!(matches!(out.code, 3 | 9), "{job:?}\n{out}");
        let answer = reported(&out);
        assert!(!of(&answer, &remotes[1].url)["error"].is_null(), "{out}");
        for at in [0, 2] {
            let one = of(&answer, &remotes[at].url);
            assert_eq!(one["error"], Value::Null, "{job:?} {one:#}");
            match job[0] {
                "list" => assert_eq!(list(one, "backups").len(), 2),
                "prune" => assert_eq!(names(&remotes[at]), [backup_of(0)]),
                "verify" => assert_eq!(list(one, "verified").len(), 3),
                "drill" => assert_eq!(one["bundles"][0]["same_as_backup"], true),
                _ => {
                    let name = ["alpha", "beta", "gamma"][at];
                    let file = format!("bundles/{name}/main/changelog.json");
                    assert!(machine.env.path(&file).exists());
                }
            }
        }
        // A person is told of each.
        let said = machine.aidf(&args[..args.len() - 1]);
        for name in ["alpha", "beta", "gamma"] {
            assert!(said.stdout.contains(name), "{said}");
        }
    }
}

#[test]
fn one_that_is_damaged_gives_7_and_the_others_are_proven() {
    for job in ["verify", "drill"] {
        let (remotes, machine) = three_with_bundles(|remote| {
            let pack = remote.bare.join("objects/pack");
            std::fs::remove_dir_all(&pack).unwrap();
            std::fs::create_dir_all(&pack).unwrap();
            let blob = remote.bare.join("objects");
            for entry in std::fs::read_dir(blob).unwrap() {
                let path = entry.unwrap().path();
                if path.file_name().is_some_and(|n| n.len() == 2) {
                    std::fs::remove_dir_all(path).unwrap();
                }
            }
        });
        let out = machine.aidf(&["backup", job, "--all", "--json"]);
        // A remote without objects may not even answer.
        assert!(matches!(out.code, 7 | 9), "{out}");
        let answer = reported(&out);
        for at in [0, 2] {
            let one = of(&answer, &remotes[at].url);
            assert_eq!(one["error"], Value::Null, "{one:#}");
            assert!(list(one, "problems").is_empty(), "{one:#}");
        }
        // A damaged bundle of one is found among all.
        let (remotes, machine) = three_with_bundles(|_| {});
        let folder = machine.env.path("bundles/beta");
        let bundle = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .find(|p| p.extension().is_some_and(|e| e == "bundle"))
            .unwrap();
        std::fs::write(&bundle, "rubbish").unwrap();
        let answer = report(&machine, &["backup", job, "--all"], 7);
        assert!(!list(of(&answer, &remotes[1].url), "problems").is_empty());
        assert!(list(of(&answer, &remotes[2].url), "problems").is_empty());
    }
}

#[test]
fn a_ledger_of_one_that_does_not_parse_gives_7_and_all_are_exported() {
    let (_remotes, machine) = three_with_bundles(|remote| {
        remote.write(
            "main",
            &[("project/memory.yaml", Some(b"- [unclosed\n"))],
            "Break it",
        );
    });
    let answer = report(
        &machine,
        &["backup", "export", "--to-destinations", "--all"],
        7,
    );
    assert!(
        answer["warnings"].to_string().contains("memory"),
        "{answer:#}"
    );
    for name in ["alpha", "beta", "gamma"] {
        let file = format!("bundles/{name}/main/memory.json");
        assert!(machine.env.path(&file).exists());
    }
}

#[test]
fn two_of_one_name_are_not_exported_into_one_folder() {
    let remotes: Vec<Remote> = ["alpha", "alpha"]
        .map(|name| Remote::new(Kind::Path, name, true))
        .into();
    let machine = Machine::bare(&remotes[0]);
    config(&machine, &[(&remotes[0].url, ""), (&remotes[1].url, "")]);
    let out = machine.env.path("ledgers");
    let args = ["backup", "export", "--all", "--out", out.to_str().unwrap()];
    let said = machine.env.aidf(&machine.env.home(), &args).exits(2);
    for remote in &remotes {
        assert!(said.stderr.contains(&remote.url), "{said}");
    }
    assert!(!out.exists());
}

#[test]
fn the_newest_of_each_repository_has_to_be_young() {
    let (remotes, machine) = three_with_bundles(|remote| {
        let name = format!("refs/heads/{}", backup_of(0));
        remote.git(&["update-ref", "-d", &name]);
    });
    let args = ["backup", "list", "--all", "--max-age", "2d"];
    let answer = report(&machine, &args, 8);
    assert_eq!(list(of(&answer, &remotes[0].url), "backups").len(), 2);
    report(&machine, &["backup", "list", "--all", "--max-age", "5d"], 0);
}
