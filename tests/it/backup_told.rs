//! What a branch has lost is told until a run has ended that told it.

use crate::backup_days::{backup_of, list, names, put, report, texts};
use crate::support::{Kind, Remote, World, text};

/// A world whose main lost its last commit, which yesterday's backup has. Answers that commit.
fn rewound() -> (World, String) {
    let w = World::path();
    let keep = w.remote.tip("main");
    let lost = w
        .remote
        .write("main", &[("lost.txt", Some(b"lost\n"))], "Lost");
    put(&w.env, &w.remote, &[(backup_of(1), lost.clone())]);
    w.remote.git(&["update-ref", "refs/heads/main", &keep]);
    (w, lost)
}

/// The next run tells the loss, and the one after it does not.
#[track_caller]
fn is_told_by_the_next_run_alone(w: &World, lost: &str) {
    let answer = report(w, &["backup"], 8);
    assert_eq!(texts(&answer["rewound"][0], "lost"), [lost]);
    assert_eq!(answer["backups"][0]["backup"], backup_of(0).as_str());
    assert_eq!(answer["backups"][0]["authenticated"], true);
    let again = report(w, &["backup"], 0);
    assert_eq!(list(&again, "rewound").len(), 0, "{again:#}");
    assert_eq!(again["backups"][0]["authenticated"], true);
}

#[test]
fn a_loss_is_told_beside_a_destination_that_cannot_be_reached() {
    let (w, lost) = rewound();
    let nowhere = w.env.path("nowhere.git");
    let out = w.aidf(&["backup", "--dest", nowhere.to_str().unwrap(), "--json"]);
    assert!(!matches!(out.code, 0 | 8), "{out}");
    let error = out.error();
    let message = text(&error, "message");
    assert!(message.contains("did not reach"), "{message}");
    assert!(message.contains("main was rewound"), "{message}");
    let hint = text(&error, "hint");
    assert!(
        hint.contains(&format!("restore {}", backup_of(1))),
        "{hint}"
    );
    assert_eq!(texts(&out.json()["rewound"][0], "lost"), [lost]);
    // That told it.
    report(&w, &["backup"], 0);
}

#[test]
fn the_losses_of_several_branches_are_all_named() {
    let (w, _) = rewound();
    let lost = w.remote.write("topic", &[("t.txt", Some(b"t\n"))], "Topic");
    let name = backup_of(1).replace("backup/", "backup/topic/");
    put(&w.env, &w.remote, &[(name.clone(), lost)]);
    w.remote.git(&["update-ref", "refs/heads/topic", "main"]);
    let out = w
        .aidf(&["backup", "--branch", "main", "--branch", "topic"])
        .exits(8);
    assert!(
        out.stderr.contains("main, topic were rewound") && out.stderr.contains(&name),
        "{out}"
    );
}

#[cfg(unix)]
#[test]
fn a_loss_is_told_again_after_a_run_that_was_killed_when_it_had_pushed() {
    let (w, lost) = rewound();
    let pid = w.env.path("pid");
    // The server kills the client before it answers.
    w.remote.hook(
        "reference-transaction",
        &format!(
            "#!/bin/sh\n[ \"$1\" = committed ] || exit 0\nwhile ! [ -s '{0}' ]; do sleep 0.05; done\nkill -9 $(cat '{0}')\n",
            pid.display()
        ),
    );
    let mut child = w.call(&["backup", "--json"]).start_unheard();
    std::fs::write(&pid, child.id().to_string()).unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed");
    w.remote.unhook("reference-transaction");
    assert_eq!(names(&w.remote), [backup_of(1), backup_of(0)]);
    is_told_by_the_next_run_alone(&w, &lost);
}

#[test]
fn a_loss_is_told_again_after_a_run_whose_copies_failed() {
    let (w, lost) = rewound();
    let file = w.env.path("file");
    std::fs::write(&file, "no folder\n").unwrap();
    let bundle = file.join("w.bundle");
    let out = w.aidf(&["backup", "--bundle", bundle.to_str().unwrap(), "--json"]);
    assert!(!matches!(out.code, 0 | 8), "{out}");
    let message = text(&out.error(), "message");
    assert!(message.contains("main was rewound"), "{message}");
    assert_eq!(names(&w.remote), [backup_of(1), backup_of(0)]);
    is_told_by_the_next_run_alone(&w, &lost);
}

#[cfg(unix)]
#[test]
fn a_loss_in_one_of_many_repositories_waits_until_all_are_done() {
    let (w, lost) = rewound();
    let other = Remote::new(Kind::Path, "gadgets", false);
    let (pid, bare) = (w.env.path("pid"), w.remote.bare.display());
    // The other server kills the client a second after the first has its backup.
    other.hook(
        "pre-receive",
        &format!(
            "#!/bin/sh\nunset GIT_DIR GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY\nwhile ! [ -s '{0}' ]; do sleep 0.05; done\nwhile ! git --git-dir='{bare}' show-ref -q {1}; do sleep 0.05; done\nsleep 1\nkill -9 $(cat '{0}')\n",
            pid.display(),
            backup_of(0)
        ),
    );
    w.env.operator_config(&format!(
        "repositories:\n  - {{url: '{}'}}\n  - {{url: '{}'}}\n",
        w.remote.url, other.url
    ));
    let all = ["backup", "create", "--all"];
    let mut child = w.call(&all).start_unheard();
    std::fs::write(&pid, child.id().to_string()).unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed");
    other.unhook("pre-receive");
    let out = w.aidf(&all).exits(8);
    assert!(out.stderr.contains("main was rewound"), "{out}");
    assert!(
        out.all().contains(&lost[..7]) || out.all().contains("lost"),
        "{out}"
    );
    w.aidf(&all).ok();
}
