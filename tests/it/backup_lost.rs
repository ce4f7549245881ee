//! What a branch has lost stays known, and stays held, for as long as no operator lets it go.

use serde_json::{Value, json};

use crate::backup_days::{DAY, at, backup_of, days_ago, list, names, now, put, report, texts};
use crate::support::{Guarded, Kind, Machine, World, listed, text};

/// One more commit on main.
fn commit(w: &World, name: &str) -> String {
    let content = format!("{name}\n");
    w.remote
        .write("main", &[(name, Some(content.as_bytes()))], name)
}

/// A backup of main as a machine makes it whose clock is so many days behind.
fn backed_up(w: &World, days: i64) {
    at(w, now() - days * DAY, "backup create", json!({}));
}

/// A world whose main was backed up nine and eight days ago, with one more commit each time, and
/// then lost both. Today's backup told it. Answers the tip of main and the two commits.
fn lost() -> (World, String, [String; 2]) {
    let w = World::path();
    let keep = w.remote.tip("main");
    let first = commit(&w, "first.txt");
    backed_up(&w, 9);
    let second = commit(&w, "second.txt");
    backed_up(&w, 8);
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    let told = report(&w, &["backup"], 8);
    assert_eq!(told["rewound"][0]["backup"], backup_of(8).as_str());
    report(&w, &["backup"], 0);
    (w, keep, [first, second])
}

/// What `audit verify` finds of main.
#[track_caller]
fn found(w: &Machine, code: i32) -> Vec<Value> {
    let answer = report(w, &["audit", "verify"], code);
    let branches = list(&answer, "branches").iter();
    let mains = branches.filter(|b| b["branch"] == "main");
    mains.flat_map(|b| list(b, "findings").to_vec()).collect()
}

#[test]
fn a_loss_is_a_finding_for_as_long_as_a_backup_holds_it() {
    let (w, _, [_, second]) = lost();
    for _ in 0..2 {
        let findings = found(&w, 7);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(findings[0]["kind"], "rewound");
        assert_eq!(findings[0]["commit"], second.as_str());
        let detail = text(&findings[0], "detail");
        assert!(detail.contains("2 commits of main"), "{detail}");
        assert!(detail.contains(&backup_of(8)), "{detail}");
        assert!(!detail.contains(&backup_of(9)), "{detail}");
        commit(&w, "later.txt");
        report(&w, &["backup"], 0);
    }
    let out = w.aidf(&["audit", "verify"]).exits(7);
    let brings = format!("backup restore {}", backup_of(8));
    assert!(out.stderr.contains(&brings), "{out}");
    assert!(!out.stderr.contains("rollback"), "{out}");
    let forgets = format!("aidf -R {} backup prune --forget NAME", w.remote.url);
    assert!(out.stderr.contains(&forgets), "{out}");
    // With the newest holder gone, the one before it is named.
    let name = format!("refs/heads/{}", backup_of(8));
    w.remote.git(&["update-ref", "-d", &name]);
    let findings = found(&w, 7);
    let detail = text(&findings[0], "detail");
    assert!(detail.contains(&backup_of(9)), "{findings:#?}");
    // What main has again is lost no more.
    let merge = ["-p", "main", "-p", &second, "-m", "Merge", "main^{tree}"];
    let merge = w.remote.git(&[&["commit-tree"], &merge[..]].concat());
    w.remote.git(&["update-ref", "refs/heads/main", &merge]);
    assert_eq!(found(&w, 0), Vec::<Value>::new());
}

#[test]
fn each_line_of_lost_commits_is_a_finding_of_its_own() {
    let (w, keep, _) = lost();
    let other = commit(&w, "other.txt");
    report(&w, &["backup"], 0);
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    report(&w, &["backup"], 8);
    let findings = found(&w, 7);
    assert_eq!(findings.len(), 2, "{findings:#?}");
    assert_eq!(findings[0]["commit"], other.as_str(), "the newest first");
}

#[test]
fn what_no_manifest_enters_is_found_lost_too() {
    let w = World::path();
    let keep = w.remote.tip("main");
    let lost = commit(&w, "lost.txt");
    put(
        &w.env,
        &w.remote,
        &[(backup_of(9), lost.clone()), (backup_of(1), keep.clone())],
    );
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    let findings = found(&w, 7);
    assert_eq!(findings[0]["commit"], lost.as_str(), "{findings:#?}");
}

#[test]
fn what_somebody_plants_beside_backups_of_ours_is_no_finding() {
    let w = World::path();
    let keep = w.remote.tip("main");
    let planted = commit(&w, "planted.txt");
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    w.json(&["backup"]);
    put(&w.env, &w.remote, &[(backup_of(9), planted)]);
    assert_eq!(found(&w, 0), Vec::<Value>::new());
    // And no reason to keep it.
    let answer = report(&w, &["backup", "prune", "--keep-last", "1"], 0);
    assert_eq!(texts(&answer, "removed"), [backup_of(9)]);
}

#[test]
fn the_journal_has_the_loss_that_a_run_told() {
    let (w, _, _) = lost();
    let answer = report(&w, &["audit", "log"], 0);
    let told: Vec<&Value> = list(&answer, "entries")
        .iter()
        .filter(|e| e["outcome"] == "findings")
        .collect();
    assert_eq!(told.len(), 1, "{answer:#}");
    let detail = text(told[0], "detail");
    assert!(
        detail.contains("main lost 2 commits") && detail.contains(&backup_of(8)),
        "{detail}"
    );
}

#[test]
fn prune_keeps_the_last_backup_that_holds_lost_commits_and_says_how_to_go_on() {
    let (w, keep, [_, second]) = lost();
    for dry in [true, false] {
        let args = ["backup", "prune", "--keep-last", "1", "--dry-run"];
        let answer = report(&w, &args[..if dry { 5 } else { 4 }], 0);
        // The newer one holds what the older one does.
        assert_eq!(texts(&answer, "removed"), [backup_of(9)], "{answer:#}");
        let kept = list(&answer, "kept").iter();
        let last: Vec<&Value> = kept.filter(|k| k["name"] == backup_of(8)).collect();
        assert_eq!(last[0]["reasons"], json!(["lost commits"]), "{answer:#}");
        let warned = listed(&answer["warnings"]);
        for part in [
            &backup_of(8),
            &format!("backup restore {}", backup_of(8)),
            &format!("backup prune --forget {}", backup_of(8)),
            &w.remote.url,
        ] {
            assert!(warned.contains(part), "{part}: {warned}");
        }
    }
    assert_eq!(w.remote.tip(&backup_of(8)), second);
    // From elsewhere too.
    let home = w.env.home();
    let prune = ["backup", "prune", "--keep-last", "1", "--json"];
    w.env
        .aidf(&home, &[&["-R", &w.remote.url], &prune[..]].concat())
        .ok();
    assert_eq!(w.remote.tip(&backup_of(8)), second);
    // Once main has the commits again, the rules alone count.
    w.remote.git(&["update-ref", "refs/heads/main", &second]);
    report(&w, &["backup"], 0);
    let answer = report(&w, &["backup", "prune", "--keep-last", "1"], 0);
    assert!(texts(&answer, "removed").contains(&backup_of(8)), "{keep}");
}

#[test]
fn a_backup_is_forgotten_by_its_name_and_no_rule_removes_another() {
    let (w, _, _) = lost();
    let before = names(&w.remote);
    let forget = ["backup", "prune", "--forget", &backup_of(8)];
    let dry = report(&w, &[&forget[..], &["--dry-run"]].concat(), 0);
    assert_eq!(texts(&dry, "removed"), [backup_of(8)]);
    assert_eq!(names(&w.remote), before);
    let answer = report(&w, &forget, 0);
    assert_eq!(texts(&answer, "removed"), [backup_of(8)]);
    assert_eq!(names(&w.remote).len(), before.len() - 1);
    report(&w, &["backup", "verify"], 0);
    let log = report(&w, &["audit", "log"], 0);
    assert!(log.to_string().contains("removed 1"), "{log:#}");
    // The other one still holds one of the commits.
    assert_eq!(found(&w, 7).len(), 1);
    let short = backup_of(9).replace("backup/", "");
    report(&w, &["backup", "prune", "--forget", &short], 0);
    assert!(found(&w, 0).is_empty());
    report(&w, &["backup", "verify"], 0);
    w.refuses(&["backup", "prune", "--forget", "backup/1999-01-01"], 3);
    let both = ["backup", "prune", "--forget", "x", "--keep-last", "1"];
    w.refuses(&both, 2);
}

#[test]
fn what_an_operator_deleted_is_missed_until_it_is_forgotten() {
    let (w, _, _) = lost();
    let gone = format!("refs/heads/{}", backup_of(9));
    w.remote.git(&["update-ref", "-d", &gone]);
    let out = w.aidf(&["backup", "verify"]).exits(7);
    let forget = format!("backup prune --forget {}", backup_of(9));
    assert!(out.stderr.contains(&forget), "{out}");
    assert!(out.stderr.contains("backups damaged or gone"), "{out}");
    w.json(&["backup"]);
    report(&w, &["backup", "verify"], 7);
    let answer = report(&w, &["backup", "prune", "--forget", &backup_of(9)], 0);
    assert_eq!(texts(&answer, "removed"), Vec::<String>::new());
    assert!(text(&answer, "message").contains(&backup_of(9)), "{answer}");
    report(&w, &["backup", "verify"], 0);
}

#[test]
fn nobody_but_an_operator_lets_a_protected_server_forget_a_backup() {
    let g = Guarded::new(Kind::Path, "");
    g.w.json(&["backup"]);
    let stranger = g.w.other();
    let forget = ["backup", "prune", "--forget", &backup_of(0), "--json"];
    let before = g.w.remote.refs();
    stranger.aidf(&forget).exits(5);
    assert_eq!(g.w.remote.refs(), before);
    let call = g.w.call(&forget).env("AIDF_REUSE_TOKEN", &g.operator);
    call.run().ok();
    assert_eq!(names(&g.w.remote), Vec::<String>::new());
    // Nothing is missed any more, and nothing is there.
    g.w.aidf(&["backup", "verify"]).exits(3);
}

#[test]
fn before_manifests_the_branch_holds_what_it_has() {
    let w = World::path();
    let keep = w.remote.tip("main");
    let lost = commit(&w, "lost.txt");
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    let old = [(backup_of(9), keep.clone()), (backup_of(8), lost)];
    put(&w.env, &w.remote, &old);
    put(&w.env, &w.remote, &[(backup_of(1), keep)]);
    let prune = ["backup", "prune", "--keep-last", "1"];
    let args = [&prune[..], &["--trust-unauthenticated"]].concat();
    let answer = report(&w, &args, 0);
    assert_eq!(texts(&answer, "removed"), [backup_of(9)], "{answer:#}");
}

#[test]
fn the_hint_of_a_loss_names_the_remote() {
    let w = World::path();
    let keep = w.remote.tip("main");
    commit(&w, "lost.txt");
    backed_up(&w, 1);
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    w.env
        .operator_config(&format!("repositories:\n  - url: {}\n", w.remote.url));
    let out = w.aidf(&["backup", "--all", "--json"]).exits(8);
    let hint = text(&out.error(), "hint");
    let brings = format!("aidf -R {} backup restore {}", w.remote.url, backup_of(1));
    assert!(hint.contains(&brings), "{hint}");
}

/// The reasons for which a prune kept this backup.
fn reasons(answer: &Value, name: &str) -> Value {
    let mut kept = list(answer, "kept").iter();
    let one = kept.find(|k| k["name"] == name);
    one.map_or(Value::Null, |k| k["reasons"].clone())
}

#[test]
fn a_machine_with_another_key_finds_and_keeps_what_the_first_one_backed_up() {
    let w = World::path();
    let keep = w.remote.tip("main");
    commit(&w, "first.txt");
    backed_up(&w, 9);
    let second = commit(&w, "second.txt");
    backed_up(&w, 8);
    let planted = commit(&w, "planted.txt");
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    let other = w.other();
    let told = report(&other, &["backup"], 8);
    assert_eq!(told["rewound"][0]["backup"], backup_of(8).as_str());
    // What nobody entered is no finding, and no reason to keep anything.
    put(&w.env, &w.remote, &[(backup_of(7), planted)]);
    let findings = found(&other, 7);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let detail = text(&findings[0], "detail");
    assert!(detail.contains(&backup_of(8)), "{detail}");
    assert!(detail.contains("key is not on this machine"), "{detail}");
    let out = other.aidf(&["audit", "verify"]).exits(7);
    assert!(
        out.stderr.contains("nobody can tell here who made it"),
        "{out}"
    );
    for dry in [true, false] {
        let args = ["backup", "prune", "--keep-last", "1", "--dry-run"];
        let answer = report(&other, &args[..if dry { 5 } else { 4 }], 0);
        assert_eq!(texts(&answer, "removed"), [backup_of(7), backup_of(9)]);
        let why = json!(["lost commits", "unauthenticated"]);
        assert_eq!(reasons(&answer, &backup_of(8)), why, "{answer:#}");
        assert!(listed(&answer["warnings"]).contains(&backup_of(8)));
    }
    assert_eq!(w.remote.tip(&backup_of(8)), second);
    found(&other, 7);
    // On the first machine that is a loss like any other.
    assert_eq!(found(&w, 7).len(), 1);
}

#[test]
fn what_is_entered_under_another_key_makes_none_of_ours_go() {
    let (w, _, [_, second]) = lost();
    let other = w.other();
    w.remote.git(&["update-ref", "refs/heads/main", &second]);
    at(&other, now() - DAY, "backup create", json!({}));
    let before = format!("{second}~2");
    w.remote.git(&["update-ref", "refs/heads/main", &before]);
    report(&w, &["backup", "prune", "--keep-last", "1"], 0);
    assert_eq!(w.remote.tip(&backup_of(8)), second);
}

#[test]
fn prune_keeps_what_is_older_than_the_manifest_and_holds_lost_commits() {
    let w = World::path();
    let keep = w.remote.tip("main");
    let lost = commit(&w, "lost.txt");
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    let old = [(backup_of(9), lost.clone()), (backup_of(8), keep)];
    put(&w.env, &w.remote, &old);
    report(&w, &["backup"], 8);
    let answer = report(&w, &["audit", "verify"], 0);
    let warned = listed(&answer["warnings"]);
    assert!(warned.contains(&backup_of(9)), "{warned}");
    let answer = report(&w, &["backup", "prune", "--keep-last", "1"], 0);
    assert_eq!(texts(&answer, "removed"), [backup_of(8)], "{answer:#}");
    assert!(listed(&answer["warnings"]).contains("backup restore"));
    assert_eq!(w.remote.tip(&backup_of(9)), lost);
}

#[test]
fn one_damaged_backup_hides_nothing_that_another_one_holds() {
    let w = World::path();
    let keep = w.remote.tip("main");
    let side = commit(&w, "side.txt");
    backed_up(&w, 10);
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    for (day, name) in [(9, "first.txt"), (8, "second.txt")] {
        commit(&w, name);
        backed_up(&w, day);
    }
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    commit(&w, "new.txt");
    report(&w, &["backup"], 8);
    w.env.unpack(&w.remote.bare);
    let object = w.remote.bare.join("objects");
    let object = object.join(&side[..2]).join(&side[2..]);
    std::fs::remove_file(object).unwrap();
    // From a place that has none of the commits yet.
    let home = w.env.home();
    let verify = || {
        let args = ["-R", &w.remote.url, "audit", "verify", "--json"];
        w.env.aidf(&home, &args).exits(7)
    };
    let out = verify();
    let said = format!("{out}");
    assert!(out.json().to_string().contains("rewound"), "{said}");
    assert!(said.contains(&backup_of(8)), "{said}");
    assert!(
        listed(&out.json()["warnings"]).contains(&backup_of(10)),
        "{said}"
    );
    for day in [9, 8] {
        let name = format!("refs/heads/{}", backup_of(day));
        w.remote.git(&["update-ref", "-d", &name]);
    }
    // Nobody can tell what the damaged one held.
    let out = verify();
    let error = out.error();
    assert!(text(&error, "message").contains(&backup_of(10)), "{out}");
    assert!(
        !text(&error, "message").contains("nothing is wrong"),
        "{out}"
    );
    let forget = format!(
        "-R {} backup prune --forget {}",
        w.remote.url,
        backup_of(10)
    );
    assert!(text(&error, "hint").contains(&forget), "{out}");
}

#[test]
fn what_somebody_plants_for_a_branch_that_has_no_backup_is_a_warning() {
    let w = World::path();
    w.json(&["backup", "--branch", "main"]);
    let hostile = w
        .remote
        .write("hostile", &[("evil.txt", Some(b"evil\n"))], "Evil");
    let planted = format!("backup/sandbox/{}", days_ago(1));
    put(&w.env, &w.remote, &[(planted.clone(), hostile)]);
    let answer = report(&w, &["audit", "verify"], 0);
    let warned = listed(&answer["warnings"]);
    assert!(warned.contains(&planted), "{warned}");
    assert!(warned.contains("not authenticated"), "{warned}");
    assert!(!warned.contains("backup restore"), "{warned}");
}

#[test]
fn on_a_copy_the_warning_names_no_branch() {
    let w = World::path();
    let keep = w.remote.tip("main");
    let lost = commit(&w, "lost.txt");
    let later = w
        .remote
        .git(&["commit-tree", "-p", &keep, "-m", "Later", "main^{tree}"]);
    let copy = w.env.path("copy.git");
    let path = copy.to_str().unwrap();
    let home = w.env.home();
    w.env.git(&home, &["init", "-q", "--bare", path]);
    for (commit, days) in [(&lost, 9), (&later, 8)] {
        let spec = format!("{commit}:refs/heads/{}", backup_of(days));
        w.remote.git(&["push", "-q", path, &spec]);
    }
    let prune = [
        "backup",
        "prune",
        "--keep-last",
        "1",
        "--trust-unauthenticated",
    ];
    let args = [&["-R", path], &prune[..], &["--json"]].concat();
    let out = w.env.aidf(&home, &args).ok();
    let warned = listed(&out.json()["warnings"]);
    assert!(
        warned.contains("no other backup that stays has 1 commit"),
        "{warned}"
    );
    assert!(!warned.contains("that  lost"), "{warned}");
}

#[test]
fn a_backup_without_a_date_is_forgotten_by_its_name() {
    let w = World::path();
    w.json(&["backup"]);
    let undated = "backup/keepme".to_owned();
    put(
        &w.env,
        &w.remote,
        &[(undated.clone(), w.remote.tip("main"))],
    );
    let answer = report(&w, &["backup", "prune", "--keep-last", "1"], 0);
    assert_eq!(reasons(&answer, &undated), json!(["undated"]));
    let answer = report(&w, &["backup", "prune", "--forget", "keepme"], 0);
    assert_eq!(texts(&answer, "removed"), [undated]);
    assert_eq!(names(&w.remote), [backup_of(0)]);
}
