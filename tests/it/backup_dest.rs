//! Second places for a backup: another remote, and a bundle that plain git reads.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::backup_days::{
    DAY, at, backup_of, days_ago, list, names, now, put, report, reported, texts,
};
use crate::support::{Kind, World, make_executable, text};

/// An empty bare repository on the machine.
fn empty(w: &World, name: &str) -> PathBuf {
    let bare = w.env.path(name);
    let path = bare.to_str().unwrap();
    w.env
        .git(&w.env.home(), &["init", "--quiet", "--bare", path]);
    w.env.git(&bare, &["config", "receive.fsckObjects", "true"]);
    bare
}

/// The refs of a repository: name and commit.
fn refs(w: &World, bare: &Path) -> Vec<String> {
    w.env
        .git(bare, &["for-each-ref", "--format=%(refname) %(objectname)"])
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_second_remote_gets_the_backups_and_all_they_need() {
    let w = World::path();
    let dest = empty(&w, "copy.git");
    let path = dest.to_str().unwrap();
    let args = [
        "backup", "--branch", "main", "--branch", "sandbox", "--dest", path,
    ];
    let answer = w.json(&args);
    assert_eq!(list(&answer, "destinations").len(), 1);
    let one = &answer["destinations"][0];
    assert_eq!(one["destination"], path);
    assert_eq!(one["error"], Value::Null);
    let other = format!("backup/sandbox/{}", days_ago(0));
    let mut pushed = texts(one, "pushed");
    pushed.sort();
    assert_eq!(pushed, [backup_of(0), other.clone()]);
    let wanted = [
        format!("refs/heads/{} {}", backup_of(0), w.remote.tip("main")),
        format!("refs/heads/{other} {}", w.remote.tip("sandbox")),
    ];
    assert_eq!(refs(&w, &dest), wanted);
    w.env.git(&dest, &["fsck", "--strict"]);
    // Again: nothing to push, nothing moves.
    let again = w.json(&args);
    assert_eq!(again["destinations"][0]["pushed"], serde_json::json!([]));
    assert_eq!(again["destinations"][0]["error"], Value::Null);
    assert_eq!(refs(&w, &dest), wanted);
}

#[test]
fn a_copy_that_holds_backups_alone_is_listed_pruned_and_verified() {
    let w = World::path();
    let dest = empty(&w, "copy.git");
    let path = dest.to_str().unwrap();
    let args = ["backup", "--branch", "main", "--branch", "sandbox"];
    w.json(&[&args[..], &["--dest", path]].concat());
    let old = format!("refs/heads/{}", backup_of(40));
    w.env
        .git(&dest, &["update-ref", &old, &w.remote.tip("main")]);
    let listed = w.json(&["-R", path, "backup", "list"]);
    let lines = list(&listed, "backups").iter();
    let mut branches: Vec<String> = lines.map(|line| text(line, "branch")).collect();
    branches.sort();
    assert_eq!(branches, ["HEAD", "HEAD", "sandbox"]);
    // The branches that the configuration names are found among them.
    w.env
        .operator_config("backup:\n  branches: [main, sandbox]\n");
    let young = ["-R", path, "backup", "list", "--max-age", "2d"];
    w.aidf(&young).ok();
    w.env
        .operator_config("backup:\n  branches: [main, other]\n");
    let out = w.aidf(&young).exits(8);
    assert!(out.stderr.contains("main, other"), "{out}");
    w.env
        .operator_config("backup:\n  branches: [main, sandbox]\n");
    w.env.git(&dest, &["branch", "-D", &backup_of(0)]);
    let out = w.aidf(&young).exits(8);
    assert!(out.stderr.contains(&backup_of(40)), "{out}");
    w.json(&["-R", path, "backup", "verify"]);
    let prune = ["-R", path, "backup", "prune", "--keep-last", "1"];
    let out = w.aidf(&prune).ok();
    assert!(out.stderr.contains("--trust-unauthenticated"), "{out}");
    w.json(&["backup", "--branch", "main", "--dest", path]);
    w.json(&[&prune[..], &["--trust-unauthenticated"]].concat());
    assert!(!refs(&w, &dest).iter().any(|line| line.contains(&old)));
}

#[test]
fn a_rerun_completes_what_a_destination_missed() {
    let w = World::path();
    w.json(&["backup"]);
    let dest = empty(&w, "late.git");
    let path = dest.to_str().unwrap();
    let answer = w.json(&["backup", "--dest", path]);
    assert_eq!(answer["backups"][0]["created"], false);
    assert_eq!(texts(&answer["destinations"][0], "pushed"), [backup_of(0)]);
    assert_eq!(
        refs(&w, &dest),
        [format!(
            "refs/heads/{} {}",
            backup_of(0),
            w.remote.tip("main")
        )]
    );
}

/// Backs main up at another time, with a copy.
fn copied_at(w: &World, days: i64, dest: &str) -> (Value, Option<String>) {
    let asked = serde_json::json!({"destinations": [dest]});
    at(w, now() - days * DAY, "backup create", asked)
}

/// The names of the backups there, oldest first.
fn names_in(w: &World, bare: &Path) -> Vec<String> {
    w.env
        .git(
            bare,
            &["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"],
        )
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_destination_that_was_away_for_days_gets_the_backups_of_those_days() {
    for is_atomic in ["true", "false"] {
        let w = World::path();
        let (dest, away) = (empty(&w, "copy.git"), w.env.path("away.git"));
        w.env
            .git(&dest, &["config", "receive.advertiseAtomic", is_atomic]);
        let path = dest.to_str().unwrap();
        assert_eq!(copied_at(&w, 5, path).1, None);
        std::fs::rename(&dest, &away).unwrap();
        for days in [4, 3, 2] {
            let content = format!("{days}\n");
            w.remote
                .write("main", &[("n.txt", Some(content.as_bytes()))], "Count");
            assert!(copied_at(&w, days, path).1.is_some());
        }
        std::fs::rename(&away, &dest).unwrap();
        // What others put there is not ours to copy.
        put(
            &w.env,
            &w.remote,
            &[(backup_of(1), w.remote.tip("sandbox"))],
        );
        let answer = w.json(&["backup", "--dest", path]);
        let all = [5, 4, 3, 2, 0].map(backup_of);
        assert_eq!(names_in(&w, &dest), all);
        assert_eq!(texts(&answer["destinations"][0], "pushed"), all[1..]);
        for name in &all {
            let there = w.env.git(&dest, &["rev-parse", name]);
            assert_eq!(there, w.remote.tip(name));
        }
        w.env.git(&dest, &["fsck", "--strict"]);
    }
}

#[test]
fn what_was_pruned_at_a_destination_does_not_come_back() {
    let w = World::path();
    let dest = empty(&w, "copy.git");
    let path = dest.to_str().unwrap();
    for days in [3, 2, 1] {
        copied_at(&w, days, path);
    }
    w.json(&[
        "-R",
        path,
        "backup",
        "prune",
        "--keep-last",
        "1",
        "--trust-unauthenticated",
    ]);
    assert_eq!(names_in(&w, &dest), [backup_of(1)]);
    w.json(&["backup", "--dest", path]);
    assert_eq!(names_in(&w, &dest), [backup_of(1), backup_of(0)]);
}

#[test]
fn a_destination_gets_no_backups_of_branches_that_the_run_is_not_about() {
    let w = World::path();
    w.json(&["backup", "--branch", "sandbox"]);
    let dest = empty(&w, "copy.git");
    w.json(&[
        "backup",
        "--branch",
        "main",
        "--dest",
        dest.to_str().unwrap(),
    ]);
    assert_eq!(names_in(&w, &dest), [backup_of(0)]);
}

#[test]
fn one_backup_that_a_destination_refuses_keeps_no_other_from_it() {
    let w = World::path();
    let dest = empty(&w, "copy.git");
    let path = dest.to_str().unwrap();
    for days in [4, 3, 2, 1] {
        at(
            &w,
            now() - days * DAY,
            "backup create",
            serde_json::json!({}),
        );
    }
    let hook = dest.join("hooks/update");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" != refs/heads/{} ] || {{ echo not that one >&2; exit 1; }}\n",
        backup_of(3)
    );
    std::fs::write(&hook, script).unwrap();
    make_executable(&hook);
    let answer = w.json(&["backup", "--dest", path]);
    assert_eq!(names_in(&w, &dest), [4, 2, 1, 0].map(backup_of));
    let warnings = answer["warnings"].to_string();
    assert!(
        warnings.contains(&format!("lacks {}", backup_of(3))) && warnings.contains("not that one"),
        "{warnings}"
    );
}

#[test]
fn a_destination_that_takes_only_todays_backup_gets_it() {
    let w = World::path();
    let dest = empty(&w, "copy.git");
    let path = dest.to_str().unwrap();
    at(&w, now() - DAY, "backup create", serde_json::json!({}));
    let hook = dest.join("hooks/update");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = refs/heads/{} ] || {{ echo no old ones >&2; exit 1; }}\n",
        backup_of(0)
    );
    std::fs::write(&hook, script).unwrap();
    make_executable(&hook);
    let answer = w.json(&["backup", "--dest", path]);
    assert_eq!(names_in(&w, &dest), [backup_of(0)]);
    let warnings = answer["warnings"].to_string();
    assert!(
        warnings.contains(&backup_of(1)) && warnings.contains("no old ones"),
        "{warnings}"
    );
    // It is not tried again for ever.
    let again = w.json(&["backup", "--dest", path]);
    assert!(
        !again["warnings"].to_string().contains("lacks"),
        "{again:#}"
    );
}

#[test]
fn a_destination_over_http_works_as_well_without_a_clone() {
    let w = World::new(Kind::Http);
    let other = World::new(Kind::Http);
    let home = w.env.home();
    let before = other.remote.tip("main");
    let out = w
        .env
        .aidf(
            &home,
            &[
                "-R",
                &w.remote.url,
                "backup",
                "--dest",
                &other.remote.url,
                "--json",
            ],
        )
        .ok();
    assert_eq!(out.json()["destinations"][0]["error"], Value::Null, "{out}");
    assert_eq!(other.remote.tip(&backup_of(0)), w.remote.tip("main"));
    assert_eq!(other.remote.tip("main"), before, "its own are left alone");
    other.remote.is_sound();
}

#[test]
fn a_destination_that_fails_is_reported_and_stops_nothing() {
    let w = World::path();
    let dest = empty(&w, "copy.git");
    let path = dest.to_str().unwrap();
    let gone = w.env.path("nowhere.git").display().to_string();
    let out = w.aidf(&["backup", "--dest", &gone, "--dest", path, "--json"]);
    assert!(matches!(out.code, 3 | 9), "the failure's own code\n{out}");
    let answer = reported(&out);
    assert_eq!(answer["backups"][0]["created"], true);
    assert_eq!(list(&answer, "destinations").len(), 2);
    let (bad, good) = (&answer["destinations"][0], &answer["destinations"][1]);
    assert_eq!(bad["destination"], gone.as_str());
    assert!(!bad["error"].is_null(), "{bad}");
    assert_eq!(bad["pushed"], serde_json::json!([]));
    assert_eq!(good["error"], Value::Null);
    assert_eq!(names(&w.remote), [backup_of(0)]);
    assert_eq!(refs(&w, &dest).len(), 1);
}

#[test]
fn a_backup_at_a_destination_never_moves() {
    let w = World::path();
    let dest = empty(&w, "copy.git");
    let path = dest.to_str().unwrap();
    w.json(&["backup", "--dest", path]);
    // Somebody put another commit under the name there.
    let name = format!("refs/heads/{}", backup_of(0));
    let tree = w
        .env
        .git(&dest, &["rev-parse", &format!("{name}^{{tree}}")]);
    let odd = w
        .env
        .git(&dest, &["commit-tree", &tree, "-m", "Something else"]);
    w.env.git(&dest, &["update-ref", &name, &odd]);
    let out = w.aidf(&["backup", "--dest", path, "--json"]);
    assert_ne!(out.code, 0, "it is not there\n{out}");
    assert!(
        !reported(&out)["destinations"][0]["error"].is_null(),
        "{out}"
    );
    assert_eq!(w.env.git(&dest, &["rev-parse", &name]), odd);
}

/// `git bundle verify` in an empty repository, `git clone`, and the tips that are in it.
#[track_caller]
fn bundle_holds(w: &World, bundle: &Path, tips: &[String]) {
    let file = bundle.to_str().unwrap();
    let nothing = w.env.path("nothing.git");
    if !nothing.exists() {
        empty(w, "nothing.git");
    }
    w.env.git(&nothing, &["bundle", "verify", file]);
    let heads = w.env.git(&nothing, &["bundle", "list-heads", file]);
    for tip in tips {
        assert!(heads.contains(tip), "{tip} in\n{heads}");
    }
    let clone = w.env.path("from-bundle");
    let _ = std::fs::remove_dir_all(&clone);
    let to = clone.to_str().unwrap();
    let out = w
        .env
        .try_git(&w.env.home(), &["clone", "--quiet", file, to]);
    assert_eq!(out.code, 0, "git clone\n{out}");
    w.env.git(&clone, &["fsck", "--strict"]);
    for tip in tips {
        w.env.git(&clone, &["rev-list", "--objects", tip]);
    }
    // Something is checked out: a clone that holds the files is what is wanted back.
    assert!(clone.join("README.md").exists(), "nothing is checked out");
}

/// Files next to the bundle that are no bundle.
fn neighbours(bundle: &Path) -> Vec<String> {
    std::fs::read_dir(bundle.parent().unwrap())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| Path::new(n) != Path::new(bundle.file_name().unwrap()))
        .collect()
}

#[test]
fn a_bundle_is_read_by_plain_git() {
    for kind in [Kind::Path, Kind::Http] {
        let w = World::new(kind);
        let folder = w.env.path("bundles");
        std::fs::create_dir_all(&folder).unwrap();
        let bundle = folder.join("widgets.bundle");
        let file = bundle.to_str().unwrap();
        w.json(&[
            "backup", "--branch", "main", "--branch", "sandbox", "--bundle", file,
        ]);
        bundle_holds(
            &w,
            &bundle,
            &[w.remote.tip("main"), w.remote.tip("sandbox")],
        );
        assert_eq!(neighbours(&bundle), ["widgets.bundle.manifest"]);
    }
}

#[test]
fn a_bundle_without_a_clone_and_of_what_others_wrote_is_full_too() {
    let w = World::new(Kind::Http);
    // The clone has not seen this.
    let tip = w
        .remote
        .write("main", &[("new.txt", Some(b"new\n"))], "Add new");
    let bundle = w.env.path("one.bundle");
    w.json(&["backup", "--bundle", bundle.to_str().unwrap()]);
    bundle_holds(&w, &bundle, std::slice::from_ref(&tip));
    let bundle = w.env.path("two.bundle");
    let home = w.env.home();
    w.env
        .aidf(
            &home,
            &[
                "-R",
                &w.remote.url,
                "backup",
                "--bundle",
                bundle.to_str().unwrap(),
                "--json",
            ],
        )
        .ok();
    bundle_holds(&w, &bundle, &[tip]);
}

#[test]
fn a_bundle_is_written_again_over_the_old_one() {
    let w = World::path();
    let bundle = w.env.path("w.bundle");
    let file = bundle.to_str().unwrap();
    std::fs::write(&bundle, "old").unwrap();
    w.json(&["backup", "--bundle", file]);
    bundle_holds(&w, &bundle, &[w.remote.tip("main")]);
    let tip = w
        .remote
        .write("main", &[("new.txt", Some(b"new\n"))], "Add new");
    w.json(&["backup", "--bundle", file]);
    bundle_holds(&w, &bundle, &[tip]);
}

#[test]
fn a_backup_that_was_there_already_is_bundled_all_the_same() {
    let w = World::path();
    w.json(&["backup"]);
    let bundle = w.env.path("w.bundle");
    let args = ["backup", "--bundle", bundle.to_str().unwrap()];
    let wrote = format!("today's backup of main is there; wrote {}", args[2]);
    assert_eq!(w.aidf(&args).ok().stdout, format!("{wrote}\n"));
    std::fs::remove_file(&bundle).unwrap();
    let answer = w.json(&args);
    assert_eq!(answer["message"], wrote.as_str());
    assert_eq!(answer["backups"][0]["created"], false);
    bundle_holds(&w, &bundle, &[w.remote.tip("main")]);
}

#[test]
fn a_bundle_that_cannot_be_written_leaves_the_old_one() {
    let w = World::path();
    let bundle = w.env.path("no/such/folder/w.bundle");
    let out = w.aidf(&["backup", "--bundle", bundle.to_str().unwrap(), "--json"]);
    // A missing folder may be made; but a failure is told.
    if out.code == 0 {
        bundle_holds(&w, &bundle, &[w.remote.tip("main")]);
    } else {
        assert!(matches!(out.code, 1..=3), "{out}");
        assert!(!bundle.exists());
        assert!(out.error()["message"].is_string());
    }
}

#[test]
fn a_rewound_branch_is_bundled_and_pushed_too() {
    let w = World::path();
    let keep = w.remote.tip("main");
    let lost = w.remote.write("main", &[("a.txt", Some(b"a\n"))], "Lost");
    put(&w.env, &w.remote, &[(backup_of(1), lost)]);
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    let dest = empty(&w, "copy.git");
    let bundle = w.env.path("w.bundle");
    let answer = report(
        &w,
        &[
            "backup",
            "--dest",
            dest.to_str().unwrap(),
            "--bundle",
            bundle.to_str().unwrap(),
        ],
        8,
    );
    assert_eq!(text(&answer["backups"][0], "commit"), keep);
    bundle_holds(&w, &bundle, std::slice::from_ref(&keep));
    let there = refs(&w, &dest);
    let wanted = format!("refs/heads/{} {keep}", backup_of(0));
    assert!(there.contains(&wanted), "{there:?}");
}
