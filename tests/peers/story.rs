//! What every transport must do alike, told against one URL.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::Instant;

use crate::peers::support::{Ended, Place};
use crate::support::times;

const CHANGELOG: &str = "project/outputs/changelog.yaml";

/// Opens a sandbox, commits, lists and rolls back; reads the remote by plain git.
pub fn whole(place: &Place, remote: &Path, url: &str) {
    let clone = place.clone(url, "clone");
    let head = place.git(&clone, &["rev-parse", "HEAD"]);

    let opened = place.aidf(&clone, &["sandbox", "init", "--json"]).json();
    let branch = opened["branch"].as_str().unwrap().to_owned();
    assert_eq!(opened["created"], true, "{opened}");
    let reference = format!("refs/heads/{branch}");
    let base = place.git(remote, &["rev-parse", "refs/heads/sandbox"]);
    assert_eq!(place.git(remote, &["rev-parse", &reference]), base);

    fs::write(
        clone.join("README.md"),
        "# A project\n\nTwo lines.\nIndeed.\n",
    )
    .unwrap();
    fs::write(clone.join("new.txt"), "new\n").unwrap();
    let args = [
        "commit",
        "README.md",
        "new.txt",
        "-m",
        "Say more",
        "--task-id",
        "t-1",
        "--json",
    ];
    let written = place.aidf(&clone, &args).json();
    let commit = written["commit"].as_str().unwrap();
    assert_eq!(written["branch"], branch.as_str());
    assert_eq!(place.git(remote, &["rev-parse", &reference]).trim(), commit);
    let show = |path: &str| place.git(remote, &["show", &format!("{reference}:{path}")]);
    assert_eq!(show("new.txt"), "new\n");
    assert_eq!(show("README.md"), "# A project\n\nTwo lines.\nIndeed.\n");
    assert_eq!(entries(&show(CHANGELOG)), 2, "{}", show(CHANGELOG));
    assert_eq!(place.git(&clone, &["rev-parse", "HEAD"]), head);

    let log = place.aidf(&clone, &["log", "--json"]).json();
    assert_eq!(log["commits"][0]["commit"], commit, "{log}");
    assert_eq!(log["commits"][0]["task_id"], "t-1", "{log}");

    let undone = place
        .aidf(
            &clone,
            &["rollback", "--last", "1", "--reason", "oops", "--json"],
        )
        .json();
    assert_eq!(undone["reverted"][0], commit, "{undone}");
    assert_eq!(show("README.md"), "# A project\n\nOne line.\n");
    let files = place.git(remote, &["ls-tree", "-r", "--name-only", &reference]);
    assert!(!files.lines().any(|f| f == "new.txt"), "{files}");
    assert_eq!(
        place
            .git(
                remote,
                &[
                    "rev-list",
                    "--count",
                    &format!("{base}..{reference}").replace('\n', "")
                ]
            )
            .trim(),
        "2"
    );
    fsck(place, remote);
}

/// A pre-receive hook that says no: exit 5, its own words, nothing moves, asked once.
pub fn refused_by_the_server(place: &Place, remote: &Path, url: &str) {
    let clone = place.clone(url, "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    let asked = place.path("asked");
    let hook = remote.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\necho asked >>'{}'\necho 'freeze until Monday: ask Ada' >&2\nexit 1\n",
        asked.display()
    );
    fs::write(&hook, script).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let before = place.git(remote, &["for-each-ref"]);

    fs::write(clone.join("new.txt"), "new\n").unwrap();
    place
        .aidf(&clone, &["commit", "new.txt", "-m", "Add"])
        .exits(5)
        .says("freeze until Monday: ask Ada");
    assert_eq!(
        fs::read_to_string(&asked).unwrap().lines().count(),
        1,
        "asked more than once"
    );
    place
        .aidf(&clone, &["sandbox", "init", "--force-new"])
        .exits(5)
        .says("freeze until Monday: ask Ada");
    assert_eq!(place.git(remote, &["for-each-ref"]), before);
}

/// Eight processes of several commits each to one sandbox: all land, all are logged.
pub fn raced(place: &Place, remote: &Path, url: &str) {
    const WRITERS: usize = 8;
    let commits = times(2, 25);
    let first = place.clone(url, "writer-0");
    let opened = place.aidf(&first, &["sandbox", "init", "--json"]).json();
    let token = opened["reuse_token"].as_str().unwrap();
    let reference = format!("refs/heads/{}", opened["branch"].as_str().unwrap());
    for writer in 1..WRITERS {
        let clone = place.clone(url, &format!("writer-{writer}"));
        let args = ["sandbox", "init", "--reuse-token", "-", "--json"];
        let resumed = place.aidf_reading(&clone, &args, token).json();
        assert_eq!(resumed["branch"], opened["branch"], "{resumed}");
    }

    let started = Instant::now();
    let failed: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    let clone = place.path(&format!("writer-{writer}"));
                    let commit = |n: usize| -> Ended {
                        let path = format!("writers/w{writer}/f{n:02}.txt=-");
                        let message = format!("w{writer} f{n}");
                        let args = ["commit", &path, "-m", &message, "--timeout", "120"];
                        place.aidf_reading(&clone, &args, &format!("{writer} {n}\n"))
                    };
                    (0..commits)
                        .map(commit)
                        .filter(|e| e.code != 0)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        writers
            .into_iter()
            .flat_map(|w| w.join().unwrap())
            .map(|e| e.told())
            .collect()
    });
    let seconds = started.elapsed().as_secs_f64();
    println!("{} commits in {seconds:.1} s", WRITERS * commits);

    assert!(
        failed.is_empty(),
        "{} failed, first: {}",
        failed.len(),
        failed[0]
    );
    let range = format!("refs/heads/sandbox..{reference}");
    assert_eq!(
        place.git(remote, &["rev-list", "--count", &range]).trim(),
        (WRITERS * commits).to_string()
    );
    let files = place.git(
        remote,
        &["ls-tree", "-r", "--name-only", &reference, "writers/"],
    );
    assert_eq!(files.lines().count(), WRITERS * commits);
    let changelog = place.git(remote, &["show", &format!("{reference}:{CHANGELOG}")]);
    assert_eq!(entries(&changelog), WRITERS * commits);
    for (writer, n) in (0..WRITERS).flat_map(|w| (0..commits).map(move |n| (w, n))) {
        let path = format!("path: writers/w{writer}/f{n:02}.txt");
        assert!(changelog.contains(&path), "no entry for {path}");
    }
    fsck(place, remote);
}

/// Entries of a ledger, counted without trusting any YAML reader.
fn entries(ledger: &str) -> usize {
    ledger.lines().filter(|l| l.starts_with("- ")).count()
}

fn fsck(place: &Place, remote: &Path) {
    place.git(remote, &["fsck", "--full", "--strict", "--no-dangling"]);
}
