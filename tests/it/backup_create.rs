//! `aidf backup create`: dated, create-only, one connection; force pushes are seen.

use crate::backup_days::{
    backup_of, backups, days_ago, each, is_stamped, list, names, now, put, report, texts,
};
use crate::support::{Kind, Remote, World, text};

/// Waits until the clock's second has changed: names of one day differ by it.
fn next_second() {
    let begun = now();
    while now() == begun {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Another writer's commit on a branch.
fn moves(w: &World, branch: &str, content: &str) -> String {
    w.remote
        .write(branch, &[("moved.txt", Some(content.as_bytes()))], "Move")
}

#[test]
fn the_default_branch_is_backed_up_under_the_date() {
    let w = World::path();
    let before = w.snapshot();
    let main = w.remote.tip("main");
    let answer = w.json(&["backup", "create"]);
    for field in [
        "repo_name",
        "backups",
        "rewound",
        "destinations",
        "message",
        "warnings",
    ] {
        assert!(answer.get(field).is_some(), "no {field} in {answer:#}");
    }
    assert_eq!(answer["repo_name"], "widgets");
    assert_eq!(answer["rewound"], serde_json::json!([]));
    assert_eq!(answer["destinations"], serde_json::json!([]));
    assert_eq!(list(&answer, "backups").len(), 1);
    let made = &answer["backups"][0];
    assert_eq!(made["branch"], "main");
    assert_eq!(made["backup"], backup_of(0).as_str());
    assert_eq!(made["commit"], main.as_str());
    assert_eq!(made["created"], true);
    assert_eq!(backups(&w.remote), [(backup_of(0), main)]);
    assert_eq!(w.snapshot(), before, "the clone is untouched");
    w.remote.is_sound();
    w.clone_is_sound();
}

#[test]
fn create_is_what_backup_does() {
    let w = World::path();
    let answer = w.json(&["backup"]);
    assert_eq!(answer["backups"][0]["backup"], backup_of(0).as_str());
    assert_eq!(names(&w.remote), [backup_of(0)]);
    let out = w.aidf(&["backup"]).ok();
    assert!(out.stdout.contains("main"), "a person sees it\n{out}");
}

#[test]
fn every_transport_takes_a_backup() {
    for kind in [Kind::Path, Kind::File, Kind::Daemon, Kind::Http, Kind::Ssh] {
        let w = World::new(kind);
        let main = w.remote.tip("main");
        let answer = w.json(&["backup"]);
        assert_eq!(answer["repo_name"], "widgets", "{kind:?}");
        assert_eq!(backups(&w.remote), [(backup_of(0), main)], "{kind:?}");
    }
}

#[test]
fn without_a_clone_it_works_just_as_well() {
    let w = World::new(Kind::Http);
    let url = w.remote.url.clone();
    let home = w.env.home();
    let out = w.env.aidf(&home, &["-R", &url, "backup", "--json"]).ok();
    assert_eq!(out.json()["repo_name"], "widgets", "{out}");
    assert_eq!(backups(&w.remote), [(backup_of(0), w.remote.tip("main"))]);
}

#[test]
fn twice_the_same_day_is_nothing_to_do() {
    let w = World::path();
    w.json(&["backup"]);
    let refs = w.remote.refs();
    for _ in 0..2 {
        let answer = w.json(&["backup", "create"]);
        assert_eq!(answer["backups"][0]["created"], false);
        assert_eq!(answer["backups"][0]["backup"], backup_of(0).as_str());
        assert_eq!(
            answer["backups"][0]["commit"],
            w.remote.tip("main").as_str()
        );
        assert_eq!(answer["rewound"], serde_json::json!([]));
        assert_eq!(w.remote.refs(), refs, "nothing moves");
    }
}

#[test]
fn a_branch_that_moved_the_same_day_gets_a_backup_with_the_time() {
    let w = World::path();
    w.json(&["backup"]);
    let first = w.remote.tip("main");
    let second = moves(&w, "main", "two\n");
    let answer = w.json(&["backup"]);
    let made = &answer["backups"][0];
    let name = text(made, "backup");
    assert!(is_stamped(&name, "backup/", &days_ago(0)), "{name}");
    assert_eq!(made["commit"], second.as_str());
    assert_eq!(made["created"], true);
    assert_eq!(answer["rewound"], serde_json::json!([]), "only forward");
    assert_eq!(
        backups(&w.remote),
        [(backup_of(0), first), (name.clone(), second)]
    );
    // And that again is nothing to do.
    let refs = w.remote.refs();
    let again = w.json(&["backup"]);
    assert_eq!(again["backups"][0]["created"], false);
    assert_eq!(again["backups"][0]["backup"], name.as_str());
    assert_eq!(w.remote.refs(), refs);
}

#[test]
fn moves_within_one_second_are_each_backed_up() {
    let w = World::path();
    let mut tips = vec![w.remote.tip("main")];
    w.json(&["backup"]);
    for n in 0..4 {
        tips.push(moves(&w, "main", &format!("{n}\n")));
        let answer = w.json(&["backup"]);
        assert_eq!(answer["backups"][0]["created"], true, "move {n}");
    }
    let mut kept: Vec<String> = backups(&w.remote).into_iter().map(|(_, c)| c).collect();
    kept.sort();
    tips.sort();
    assert_eq!(kept, tips);
}

#[test]
fn several_branches_each_have_a_folder() {
    let w = World::path();
    let feature = moves(&w, "feature/x", "x\n");
    let answer = w.json(&[
        "backup",
        "create",
        "--branch",
        "main",
        "--branch",
        "sandbox",
        "--branch",
        "feature/x",
    ]);
    let day = days_ago(0);
    let wanted = [
        (backup_of(0), w.remote.tip("main")),
        (format!("backup/feature/x/{day}"), feature),
        (format!("backup/sandbox/{day}"), w.remote.tip("sandbox")),
    ];
    assert_eq!(backups(&w.remote), wanted);
    let mut said = each(&answer, "backups", "branch");
    said.sort();
    assert_eq!(said, ["feature/x", "main", "sandbox"]);
    for made in list(&answer, "backups") {
        let pair = (text(made, "backup"), text(made, "commit"));
        assert!(wanted.contains(&pair), "{pair:?}");
        assert_eq!(made["created"], true);
    }
}

#[test]
fn one_of_several_that_moved_is_the_only_one_made() {
    let w = World::path();
    let args = ["backup", "--branch", "main", "--branch", "sandbox"];
    w.json(&args);
    let tip = moves(&w, "sandbox", "later\n");
    let answer = w.json(&args);
    for made in list(&answer, "backups") {
        assert_eq!(made["created"], made["branch"] == "sandbox", "{made}");
    }
    let all = backups(&w.remote);
    assert_eq!(all.len(), 3);
    let folder = "backup/sandbox/";
    assert!(
        all.iter()
            .any(|(n, c)| is_stamped(n, folder, &days_ago(0)) && *c == tip),
        "{all:?}"
    );
}

#[test]
fn the_config_names_the_branches_and_a_flag_goes_before_it() {
    let w = World::path();
    w.env
        .operator_config("backup:\n  branches: [sandbox, main]\n");
    w.json(&["backup"]);
    let day = days_ago(0);
    let both = [backup_of(0), format!("backup/sandbox/{day}")];
    assert_eq!(names(&w.remote), both);
    moves(&w, "third", "3\n");
    w.json(&["backup", "--branch", "third"]);
    let mut all = both.to_vec();
    all.push(format!("backup/third/{day}"));
    assert_eq!(names(&w.remote), all);
}

#[test]
fn the_default_branch_is_the_remotes_and_not_a_name() {
    let w = World::path();
    w.remote.git(&["branch", "trunk", "main"]);
    w.remote.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let tip = moves(&w, "trunk", "trunk\n");
    let answer = w.json(&["backup"]);
    assert_eq!(answer["backups"][0]["branch"], "trunk");
    assert_eq!(backups(&w.remote), [(backup_of(0), tip)]);
    // `main` is one of the others now.
    w.json(&["backup", "--branch", "main"]);
    let day = days_ago(0);
    assert!(names(&w.remote).contains(&format!("backup/main/{day}")));
}

/// One run, which has to be one connection.
#[track_caller]
fn one_connection(w: &World, code: i32) -> serde_json::Value {
    w.remote.reset();
    let out = w.aidf(&["backup", "--json"]).exits(code);
    let targets: Vec<String> = w
        .remote
        .http()
        .requests()
        .into_iter()
        .map(|r| format!("{} {}", r.method, r.target))
        .collect();
    assert_eq!(w.remote.connections(), 1, "{out}\n{targets:#?}");
    out.json()
}

#[test]
fn a_create_in_a_clone_is_one_connection() {
    let w = World::new(Kind::Http);
    assert_eq!(one_connection(&w, 0)["backups"][0]["created"], true);
    assert_eq!(one_connection(&w, 0)["backups"][0]["created"], false);
}

#[test]
fn a_create_after_an_earlier_backup_is_one_connection() {
    let w = World::new(Kind::Http);
    let old = w.remote.tip("main");
    moves(&w, "main", "moved\n");
    w.git(&["fetch", "--quiet"]);
    // The clone has all that is needed to see that nothing was lost.
    put(&w.env, &w.remote, &[(backup_of(1), old)]);
    assert_eq!(one_connection(&w, 0)["backups"][0]["created"], true);
}

#[test]
fn a_create_that_fetches_to_see_what_was_lost_is_one_connection() {
    let w = World::new(Kind::Http);
    put(&w.env, &w.remote, &[(backup_of(1), w.remote.tip("main"))]);
    moves(&w, "main", "moved\n");
    assert_eq!(one_connection(&w, 0)["backups"][0]["created"], true);
    w.remote.git(&["update-ref", "refs/heads/main", "main~1"]);
    let lost = one_connection(&w, 8);
    assert_eq!(list(&lost, "rewound").len(), 1, "{lost:#}");
}

#[test]
fn several_branches_are_one_connection() {
    let w = World::new(Kind::Http);
    for n in 0..5 {
        moves(&w, &format!("topic/{n}"), "x\n");
    }
    let args: Vec<String> = (0..5).map(|n| format!("--branch=topic/{n}")).collect();
    let mut all = vec!["backup"];
    all.extend(args.iter().map(String::as_str));
    w.remote.reset();
    w.json(&all);
    assert_eq!(names(&w.remote).len(), 5);
    assert_eq!(w.remote.connections(), 1);
}

#[test]
fn a_backup_never_moves() {
    let w = World::path();
    let old = w.remote.tip("main");
    let tip = moves(&w, "main", "later\n");
    // Today's name is taken, by a commit that is not the tip.
    put(&w.env, &w.remote, &[(backup_of(0), old.clone())]);
    let answer = w.json(&["backup"]);
    assert_eq!(w.remote.tip(&backup_of(0)), old);
    let name = text(&answer["backups"][0], "backup");
    assert!(is_stamped(&name, "backup/", &days_ago(0)), "{name}");
    assert_eq!(w.remote.tip(&name), tip);
    // The server says so too: whatever was pushed only created.
    let log = w.env.path("moves.log");
    w.remote.hook(
        "update",
        &format!(
            "#!/bin/sh\ncase \"$1 $2\" in *' '0000*|refs/aidf/backups*) ;; *) echo \"$1\" >> '{}'; exit 1;; esac\n",
            log.display()
        ),
    );
    moves(&w, "main", "latest\n");
    next_second();
    w.json(&["backup"]);
    assert!(!log.exists(), "something was moved or deleted");
}

#[test]
fn an_advance_since_yesterday_is_no_rewind() {
    let w = World::path();
    put(&w.env, &w.remote, &[(backup_of(1), w.remote.tip("main"))]);
    moves(&w, "main", "later\n");
    let answer = w.json(&["backup"]);
    assert_eq!(answer["rewound"], serde_json::json!([]));
    assert_eq!(answer["backups"][0]["backup"], backup_of(0).as_str());
}

/// `main` loses its last two commits, which yesterday's backup holds.
fn rewound(w: &World) -> (String, Vec<String>) {
    let keep = w.remote.tip("main");
    let one = moves(w, "main", "one\n");
    let two = moves(w, "main", "two\n");
    put(&w.env, &w.remote, &[(backup_of(1), two.clone())]);
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    let tip = w
        .remote
        .write("main", &[("other.txt", Some(b"x\n"))], "Other");
    let mut lost = vec![one, two];
    lost.sort();
    (tip, lost)
}

#[track_caller]
fn says_rewound(answer: &serde_json::Value, tip: &str, lost: &[String]) {
    assert_eq!(list(answer, "rewound").len(), 1, "{answer:#}");
    let entry = &answer["rewound"][0];
    assert_eq!(entry["branch"], "main");
    assert_eq!(
        entry["backup"],
        backup_of(1).as_str(),
        "the one that has them"
    );
    let mut said = texts(entry, "lost");
    said.sort();
    assert_eq!(said, lost);
    let made = &answer["backups"][0];
    assert_eq!(
        made["backup"],
        backup_of(0).as_str(),
        "backed up all the same"
    );
    assert_eq!(made["commit"], tip);
    assert_eq!(made["created"], true);
}

#[test]
fn a_force_push_is_backed_up_and_reported_with_what_was_lost() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        let (tip, lost) = rewound(&w);
        let out = w.aidf(&["backup", "--json"]).exits(8);
        says_rewound(&out.json(), &tip, &lost);
        assert_eq!(w.remote.tip(&backup_of(0)), tip);
        // It was said once; today's backup is what comes next is held against.
        let again = w.json(&["backup"]);
        assert_eq!(again["rewound"], serde_json::json!([]));
        assert_eq!(again["backups"][0]["created"], false);
    }
}

#[test]
fn a_force_push_is_seen_without_a_clone() {
    let w = World::path();
    let (tip, lost) = rewound(&w);
    let home = w.env.home();
    let out = w
        .env
        .aidf(&home, &["-R", &w.remote.url, "backup", "--json"])
        .exits(8);
    says_rewound(&out.json(), &tip, &lost);
}

#[test]
fn a_person_is_told_what_was_lost() {
    let w = World::path();
    let (_, lost) = rewound(&w);
    let out = w.aidf(&["backup"]).exits(8);
    for commit in &lost {
        assert!(out.all().contains(&commit[..7]), "{commit}\n{out}");
    }
    assert!(out.all().contains(&backup_of(1)), "{out}");
}

#[test]
fn a_force_push_within_the_day_is_reported_too() {
    let w = World::path();
    let first = w.remote.tip("main");
    let lost = moves(&w, "main", "two\n");
    w.json(&["backup"]);
    w.remote.git(&["update-ref", "refs/heads/main", &first]);
    let answer = report(&w, &["backup"], 8);
    assert_eq!(answer["rewound"][0]["branch"], "main");
    assert_eq!(answer["rewound"][0]["backup"], backup_of(0).as_str());
    assert_eq!(texts(&answer["rewound"][0], "lost"), [lost.as_str()]);
    let name = text(&answer["backups"][0], "backup");
    assert_eq!(w.remote.tip(&name), first);
    assert_eq!(w.remote.tip(&backup_of(0)), lost);
    let again = w.json(&["backup"]);
    assert_eq!(again["backups"][0]["created"], false);
}

#[test]
fn only_the_branch_that_lost_commits_is_reported() {
    let w = World::path();
    let day = days_ago(1);
    let other = moves(&w, "topic", "topic\n");
    put(
        &w.env,
        &w.remote,
        &[
            (backup_of(1), w.remote.tip("main")),
            (format!("backup/topic/{day}"), other),
        ],
    );
    w.remote.git(&["update-ref", "refs/heads/topic", "main"]);
    let answer = report(&w, &["backup", "--branch", "main", "--branch", "topic"], 8);
    assert_eq!(each(&answer, "rewound", "branch"), ["topic"]);
    let day = days_ago(0);
    assert_eq!(
        w.remote.tip(&format!("backup/topic/{day}")),
        w.remote.tip("main")
    );
    assert_eq!(w.remote.tip(&backup_of(0)), w.remote.tip("main"));
}

#[test]
fn what_an_older_backup_alone_still_has_is_reported_once() {
    let w = World::path();
    let other = moves(&w, "topic", "topic\n");
    put(
        &w.env,
        &w.remote,
        &[(backup_of(1), w.remote.tip("main")), (backup_of(3), other)],
    );
    let answer = report(&w, &["backup", "--branch", "main"], 8);
    assert_eq!(each(&answer, "rewound", "backup"), [backup_of(3)]);
    moves(&w, "main", "main\n");
    report(&w, &["backup", "--branch", "main"], 0);
}

#[test]
fn a_branch_that_is_not_there_is_not_found() {
    let w = World::path();
    let out = w.refuses(&["backup", "--branch", "nowhere"], 3);
    assert!(out.stderr.contains("nowhere"), "{out}");
}

#[test]
fn a_configured_branch_that_is_gone_leaves_the_others_their_backups() {
    let w = World::path();
    w.env
        .operator_config("backup:\n  branches: [sandbox, main]\n");
    w.json(&["backup"]);
    let of_sandbox = format!("backup/sandbox/{}", days_ago(0));
    w.remote.git(&["branch", "-D", "sandbox"]);
    let tip = moves(&w, "main", "moved\n");
    let out = w.aidf(&["backup", "--json"]).exits(3);
    let error = out.error();
    assert!(
        text(&error, "message").contains("no branch sandbox"),
        "{out}"
    );
    let answer = out.json();
    assert_eq!(each(&answer, "unmade", "branch"), ["sandbox"]);
    let made = list(&answer, "backups");
    assert_eq!(made.len(), 1, "{answer:#}");
    assert_eq!(made[0]["commit"], tip.as_str());
    let there = backups(&w.remote);
    assert!(there.iter().any(|(_, c)| *c == tip), "{there:?}");
    // The last backup of what is gone stays, and a person is told.
    assert!(there.iter().any(|(name, _)| *name == of_sandbox));
    let out = w.aidf(&["backup"]).exits(3);
    assert!(out.stdout.contains("sandbox"), "{out}");
}

#[test]
fn a_branch_that_is_called_as_the_day_is_backed_up_beside_the_default_branch() {
    let w = World::path();
    let day = days_ago(0);
    w.remote.git(&["branch", &day, "main"]);
    w.env
        .operator_config(&format!("backup:\n  branches: [main, '{day}']\n"));
    w.json(&["backup"]);
    let there = names(&w.remote);
    assert_eq!(there.len(), 2, "{there:?}");
    assert_eq!(there[0], format!("backup/{day}/{day}"));
    assert!(is_stamped(&there[1], "backup/", &day), "{there:?}");
    w.json(&["backup"]);
    assert_eq!(names(&w.remote), there, "once a day");
}

#[test]
fn a_branch_whose_folder_is_a_backup_leaves_the_others_their_backups() {
    let w = World::path();
    let day = days_ago(0);
    w.json(&["backup"]);
    w.remote.git(&["branch", &day, "main"]);
    let tip = moves(&w, "main", "moved\n");
    let out = w
        .aidf(&["backup", "--branch", &day, "--branch", "main", "--json"])
        .exits(6);
    let error = out.error();
    let message = text(&error, "message");
    assert!(message.contains(&backup_of(0)), "{message}");
    assert_eq!(each(&out.json(), "unmade", "branch"), [day]);
    assert!(backups(&w.remote).iter().any(|(_, c)| *c == tip));
}

#[test]
fn a_repository_without_a_commit_is_not_found() {
    let w = World::path();
    let bare = w.env.path("empty.git");
    let path = bare.to_str().unwrap();
    w.env
        .git(&w.env.home(), &["init", "--quiet", "--bare", path]);
    let out = w
        .env
        .aidf(&w.env.home(), &["-R", path, "backup", "--json"])
        .exits(3);
    assert_eq!(out.error()["kind"], "not_found");
}

#[test]
fn a_server_that_refuses_is_denied_and_its_words_are_shown() {
    let w = World::path();
    w.remote.hook(
        "pre-receive",
        "#!/bin/sh\necho 'no backups here' >&2\nexit 1\n",
    );
    let out = w.refuses(&["backup"], 5);
    assert!(out.stderr.contains("no backups here"), "{out}");
}

#[test]
fn a_name_that_git_cannot_hold_writes_nothing_and_says_why() {
    let w = World::path();
    // `backup` is a branch: nothing can be made below it.
    w.remote.git(&["branch", "backup", "main"]);
    let out = w.refuses_any(&["backup"], &[5, 6]);
    assert!(out.stderr.contains("backup"), "{out}");
}

#[test]
fn a_remote_that_cannot_be_reached_is_unavailable() {
    let w = World::new(Kind::Http);
    w.remote.http().mode(crate::support::Mode::Status(503));
    w.refuses(&["backup"], 9);
}

#[test]
fn a_lost_answer_is_settled_by_looking_again() {
    let w = World::new(Kind::Http);
    w.remote.http().mode(crate::support::Mode::LoseAnswer);
    let out = w.aidf(&["backup", "--json"]);
    assert!(matches!(out.code, 0 | 9), "{out}");
    w.remote.http().mode(crate::support::Mode::Serve);
    w.json(&["backup"]);
    assert_eq!(backups(&w.remote), [(backup_of(0), w.remote.tip("main"))]);
}

/// How many of these results say that they made a backup.
fn made(answers: &[serde_json::Value]) -> usize {
    answers
        .iter()
        .flat_map(|a| list(a, "backups"))
        .filter(|b| b["created"] == true)
        .count()
}

#[test]
fn a_run_that_overlaps_another_of_the_same_clone_never_doubles() {
    let w = World::path();
    for round in 0..4 {
        if round > 0 {
            moves(&w, "main", &format!("{round}\n"));
            next_second();
        }
        let answers: Vec<_> = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| w.json(&["backup"])))
                .collect();
            runs.into_iter().map(|r| r.join().unwrap()).collect()
        });
        assert_eq!(made(&answers), 1, "{answers:#?}");
        assert_eq!(names(&w.remote).len(), round + 1);
    }
    w.remote.is_sound();
    w.clone_is_sound();
}

#[test]
fn a_run_that_overlaps_a_slow_one_never_doubles() {
    let w = World::path();
    w.json(&["backup"]);
    let tip = moves(&w, "main", "moved\n");
    // The second run would take its name from a later second.
    let run = || w.json(&["backup"]);
    let answers = overlapped(&w, run, run);
    let of_tip = backups(&w.remote).iter().filter(|b| b.1 == tip).count();
    assert_eq!(of_tip, 1, "{answers:#?}\n{:#?}", backups(&w.remote));
    assert_eq!(made(&answers), 1, "{answers:#?}");
}

/// Two runs, the second while the server still holds the first.
#[track_caller]
fn overlapped(
    w: &World,
    first: impl FnOnce() -> serde_json::Value + Send,
    second: impl FnOnce() -> serde_json::Value + Send,
) -> Vec<serde_json::Value> {
    w.remote.hook("pre-receive", "#!/bin/sh\nsleep 2\n");
    next_second();
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        next_second();
        let second = scope.spawn(second);
        vec![first.join().unwrap(), second.join().unwrap()]
    })
}

#[test]
fn a_run_that_leaves_to_another_still_answers_with_every_field() {
    let w = World::path();
    let run = || w.json(&["backup"]);
    for answer in overlapped(&w, run, run) {
        for field in ["repo_name", "backups", "rewound", "destinations", "message"] {
            assert!(answer.get(field).is_some(), "no {field} in {answer:#}");
        }
    }
}

#[test]
fn an_overlapping_run_of_another_job_is_not_dropped() {
    let w = World::path();
    let answers = overlapped(
        &w,
        || w.json(&["backup", "--branch", "main"]),
        || w.json(&["backup", "--branch", "sandbox"]),
    );
    let sandbox = format!("backup/sandbox/{}", days_ago(0));
    assert_eq!(names(&w.remote), [backup_of(0), sandbox], "{answers:#?}");
}

#[test]
fn an_overlapping_run_with_a_bundle_writes_it() {
    let w = World::path();
    let bundle = w.env.path("w.bundle");
    let file = bundle.to_str().unwrap();
    let answers = overlapped(
        &w,
        || w.json(&["backup"]),
        || w.json(&["backup", "--bundle", file]),
    );
    assert!(bundle.exists(), "it said that all is done: {answers:#?}");
}

#[test]
fn a_run_from_a_folder_of_the_clone_is_of_the_same_clone() {
    let w = World::path();
    w.json(&["backup"]);
    let tip = moves(&w, "main", "moved\n");
    let folder = w.clone.join("src");
    let answers = overlapped(
        &w,
        || w.json(&["backup"]),
        || w.env.aidf(&folder, &["backup", "--json"]).ok().json(),
    );
    let of_tip = backups(&w.remote).iter().filter(|b| b.1 == tip).count();
    assert_eq!(of_tip, 1, "{answers:#?}\n{:#?}", backups(&w.remote));
}

#[test]
fn a_branch_named_twice_is_backed_up_once() {
    let w = World::path();
    w.json(&[
        "backup", "--branch", "main", "--branch", "sandbox", "--branch", "main",
    ]);
    let sandbox = format!("backup/sandbox/{}", days_ago(0));
    assert_eq!(names(&w.remote), [backup_of(0), sandbox]);
}

#[test]
fn a_branch_forced_back_to_what_todays_first_backup_holds_is_rewound() {
    let w = World::path();
    let first = w.remote.tip("main");
    w.json(&["backup"]);
    let lost = moves(&w, "main", "two\n");
    w.json(&["backup"]);
    w.remote.git(&["update-ref", "refs/heads/main", &first]);
    next_second();
    let answer = report(&w, &["backup"], 8);
    assert_eq!(texts(&answer["rewound"][0], "lost"), [lost.as_str()]);
}

#[cfg(unix)]
#[test]
fn a_force_push_is_reported_even_by_a_run_that_breaks_off_after_its_push() {
    let w = World::path();
    let (_, lost) = rewound(&w);
    // What was lost is looked at before the push: the remote may go away after it.
    w.remote
        .hook("post-receive", "#!/bin/sh\nmv objects objects.away\n");
    let answer = report(&w, &["backup"], 8);
    let mut said = texts(&answer["rewound"][0], "lost");
    said.sort();
    assert_eq!(said, lost);
    std::fs::rename(
        w.remote.bare.join("objects.away"),
        w.remote.bare.join("objects"),
    )
    .unwrap();
}

#[test]
fn a_force_push_that_could_not_be_looked_at_is_reported_by_the_next_run() {
    let w = World::path();
    let (_, lost) = rewound(&w);
    // The history that was lost cannot be read for a while.
    let objects = w.remote.bare.join("objects");
    let file = objects.join(&lost[0][..2]).join(&lost[0][2..]);
    let away = w.env.path("away");
    std::fs::rename(&file, &away).unwrap();
    let out = w.aidf(&["backup", "--json"]);
    assert_ne!(out.code, 0, "a look that failed is no good news\n{out}");
    std::fs::rename(&away, &file).unwrap();
    if out.code != 8 {
        let answer = report(&w, &["backup"], 8);
        let mut said = texts(&answer["rewound"][0], "lost");
        said.sort();
        assert_eq!(said, lost);
    }
}

#[test]
fn a_force_push_is_reported_though_the_pushs_answer_is_lost() {
    let w = World::new(Kind::Http);
    let (_, lost) = rewound(&w);
    w.remote.http().mode(crate::support::Mode::LoseAnswer);
    let out = w.aidf(&["backup", "--json"]);
    w.remote.http().mode(crate::support::Mode::Serve);
    // Settled by looking at the remote; or else the next run has to say it.
    let answer = if out.code == 8 {
        out.json()
    } else {
        report(&w, &["backup"], 8)
    };
    let mut said = texts(&answer["rewound"][0], "lost");
    said.sort();
    assert_eq!(said, lost, "{out}");
}

#[test]
fn runs_of_several_machines_never_double() {
    let remote = Remote::new(Kind::Http, "widgets", true);
    let w = World::of(remote);
    let others: Vec<_> = (0..3).map(|_| w.other()).collect();
    let args = ["backup", "--branch", "main", "--branch", "sandbox"];
    let answers: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = others
            .iter()
            .map(|machine| scope.spawn(move || machine.json(&args)))
            .collect();
        runs.into_iter().map(|r| r.join().unwrap()).collect()
    });
    assert_eq!(made(&answers), 2, "{answers:#?}");
    assert_eq!(names(&w.remote).len(), 2);
}
