//! What a checkout cannot write as a plain file: links, submodules, files whose filter does not
//! run here, and files and folders that changed places. That they are not here is no removal.

use crate::support::team::{resumed, world};
use crate::support::{Machine, World};

const OPERATOR: [&str; 3] = ["token", "issue", "--operator"];

/// A path, and what it holds then.
type Change = (&'static str, Option<&'static [u8]>);

fn land(w: &World, branch: &str) {
    let issued = w.json(&OPERATOR);
    let token = issued["token"].as_str().unwrap();
    w.json(&["land", branch, "--reuse-token", token]);
}

fn status(machine: &Machine) -> String {
    machine.git(&["status", "--porcelain"])
}

#[cfg(unix)]
#[test]
fn links_and_submodules_come_with_a_sync_and_stay_on_main() {
    let (w, branch, _) = world();
    w.json(&["sandbox", "switch"]);
    let commit = w.remote.tip("main");
    let files = [
        ("docs/ln", "120000", Some(&b"../doc.txt"[..])),
        ("sub", "160000", Some(commit.as_bytes())),
    ];
    w.remote
        .write_modes("main", &files, "A link and a submodule");
    w.json(&["sandbox", "sync", "--from", "main"]);
    assert_eq!(status(&w), "");
    let link = w.clone.join("docs/ln");
    assert_eq!(
        std::fs::read_link(&link).unwrap().to_str(),
        Some("../doc.txt")
    );
    w.write("new.txt", "new\n");
    w.json(&["commit", "-a", "-m", "One file"]);
    assert_eq!(
        w.remote.changes(&branch)[..]
            .iter()
            .filter(|c| c.1 == "docs/ln" || c.1 == "sub")
            .count(),
        0
    );
    land(&w, &branch);
    assert_eq!(w.remote.mode("main", "docs/ln"), "120000");
    assert_eq!(w.remote.mode("main", "sub"), "160000");
    // A link that moves, becomes a file, and goes.
    let one = |mode, content| {
        w.remote
            .write_modes("main", &[("docs/ln", mode, content)], "On")
    };
    one("120000", Some(&b"../new.txt"[..]));
    w.json(&["sandbox", "sync", "--from", "main"]);
    assert_eq!(
        std::fs::read_link(&link).unwrap().to_str(),
        Some("../new.txt")
    );
    one("100644", Some(&b"a file\n"[..]));
    w.json(&["sandbox", "sync", "--from", "main"]);
    assert!(link.symlink_metadata().unwrap().is_file());
    one("120000", Some(&b"../doc.txt"[..]));
    w.json(&["sandbox", "sync", "--from", "main"]);
    assert!(link.is_symlink());
    one("", None);
    w.json(&["sandbox", "sync", "--from", "main"]);
    assert!(!link.is_symlink());
    assert_eq!(status(&w), "");
    w.remote.is_sound();
}

#[cfg(unix)]
#[test]
fn a_link_of_ones_own_is_not_replaced() {
    let (w, _, _) = world();
    w.json(&["sandbox", "switch"]);
    std::os::unix::fs::symlink("elsewhere", w.clone.join("ln")).unwrap();
    let files = [("ln", "120000", Some(&b"doc.txt"[..]))];
    w.remote.write_modes("main", &files, "A link");
    let out = w.aidf(&["sandbox", "sync", "--from", "main"]).ok();
    assert!(out.stderr.contains("`ln`"), "{out}");
    let target = std::fs::read_link(w.clone.join("ln")).unwrap();
    assert_eq!(target.to_str(), Some("elsewhere"));
}

#[test]
fn a_file_whose_filter_does_not_run_here_is_left_alone_and_not_removed() {
    let (w, branch, _) = world();
    w.json(&["sandbox", "switch"]);
    w.git(&["config", "filter.odd.clean", "cat"]);
    w.git(&["config", "filter.odd.smudge", "cat"]);
    w.git(&["config", "filter.odd.required", "true"]);
    let files: [(&str, Option<&[u8]>); 2] = [
        (".gitattributes", Some(b"*.enc filter=odd\n")),
        ("s.enc", Some(b"one\n")),
    ];
    w.remote.write("main", &files, "A filter");
    let out = w.aidf(&["sandbox", "sync", "--from", "main"]).ok();
    assert!(
        out.stderr.contains("left alone") && out.stderr.contains("s.enc"),
        "{out}"
    );
    let left_out = w.json(&["status"])["left_out"].to_string();
    assert!(left_out.contains("s.enc"), "{left_out}");
    for n in 0..2 {
        w.write("new.txt", format!("{n}\n"));
        w.json(&["commit", "-a", "-m", "One file"]);
        assert_eq!(w.remote.text(&branch, "s.enc"), "one\n");
    }
    // Nor is its next version.
    w.remote.write("main", &[("s.enc", Some(b"two\n"))], "Two");
    w.json(&["sandbox", "sync", "--from", "main"]);
    w.aidf(&["sandbox", "pull"]).ok();
    w.write("new.txt", "last\n");
    w.json(&["commit", "-a", "-m", "One file"]);
    assert_eq!(w.remote.text(&branch, "s.enc"), "two\n");
    // Who names it means it.
    w.json(&["commit", "--rm", "s.enc", "-m", "Away with it"]);
    assert_eq!(w.remote.try_file(&branch, "s.enc"), None);
}

#[test]
fn a_pull_takes_a_folder_for_a_file_and_a_file_for_a_folder() {
    for is_switched in [true, false] {
        let (w, branch, token) = world();
        let b = resumed(&w, &token);
        if is_switched {
            b.json(&["sandbox", "switch"]);
        }
        let steps: [&[Change]; 3] = [
            &[("doc.txt", None), ("doc.txt/x", Some(b"x\n"))],
            &[
                ("docs/one.txt", None),
                ("docs/two.txt", None),
                ("docs", Some(b"a file\n")),
            ],
            &[("doc.txt/x", None), ("doc.txt", Some(b"again\n"))],
        ];
        for files in steps {
            w.remote.write(&branch, files, "An exchange");
            b.json(&["sandbox", "pull"]);
            for (path, content) in files {
                let there = std::fs::read(b.clone.join(path)).ok();
                assert_eq!(there.as_deref(), *content, "{path}");
            }
            if is_switched {
                assert_eq!(status(&b), "");
            }
            b.write("own.txt", format!("{}\n", files.len()));
            b.json(&["commit", "-a", "-m", "Something else"]);
            for (path, content) in files {
                assert_eq!(
                    w.remote.try_file(&branch, path).as_deref(),
                    *content,
                    "{path}"
                );
            }
        }
        w.remote.is_sound();
    }
}

#[test]
fn a_file_that_an_own_file_keeps_out_is_not_removed_by_the_next_commit() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    b.write("docs/own.txt", "mine\n");
    let files: [(&str, Option<&[u8]>); 3] = [
        ("docs/one.txt", None),
        ("docs/two.txt", None),
        ("docs", Some(b"a file\n")),
    ];
    w.remote.write(&branch, &files, "A file for a folder");
    let out = b.aidf(&["sandbox", "pull"]).ok();
    assert!(out.stderr.contains("left alone: docs"), "{out}");
    b.write("own.txt", "mine\n");
    b.json(&["commit", "own.txt", "-m", "Something else"]);
    let out = b.aidf(&["commit", "-a", "-m", "All of it"]).exits(6);
    assert!(
        out.stderr.contains("`docs` is a file on the branch"),
        "{out}"
    );
    assert_eq!(w.remote.text(&branch, "docs"), "a file\n");
    // Once it is out of the way, the file comes.
    std::fs::rename(b.clone.join("docs/own.txt"), b.clone.join("kept.txt")).unwrap();
    std::fs::remove_dir(b.clone.join("docs")).unwrap();
    b.json(&["sandbox", "pull"]);
    assert_eq!(std::fs::read(b.clone.join("docs")).unwrap(), b"a file\n");
    b.json(&["commit", "-a", "-m", "All of it"]);
    assert_eq!(w.remote.text(&branch, "docs"), "a file\n");
    assert_eq!(w.remote.text(&branch, "kept.txt"), "mine\n");
    assert_eq!(status(&b), "");
}

#[test]
fn what_put_a_folder_in_a_files_place_is_rolled_back_with_what_removed_the_file() {
    for is_forth in [true, false] {
        let w = World::path();
        let branch = w.sandbox();
        w.save("a", "a file\n", "The file");
        w.json(&["commit", "--rm", "a", "-m", "Away"]);
        std::fs::remove_file(w.clone.join("a")).unwrap();
        w.save("a/x", "x\n", "The folder");
        if is_forth {
            let args = ["rollback", "--last", "2"];
            w.json(&args);
            assert_eq!(w.remote.text(&branch, "a"), "a file\n");
        } else {
            // Somebody has a file in there: it stays, and so does the folder.
            w.remote
                .write(&branch, &[("a/theirs", Some(b"theirs\n"))], "Theirs");
            let two = w.remote.git(&["log", "--format=%H", "-3", &branch]);
            let two: Vec<&str> = two.lines().skip(1).collect();
            let out = w.aidf(&["rollback", two[0], two[1]]).exits(6);
            assert!(out.stderr.contains("a folder on the other"), "{out}");
        }
        w.remote.is_sound();
    }
}

#[test]
fn a_file_of_a_commit_that_is_rolled_back_takes_no_folder_along_that_came_since() {
    let w = World::path();
    let branch = w.sandbox();
    let added = w.save("notes", "plan\n", "Add notes");
    let added = added["commit"].as_str().unwrap().to_owned();
    w.json(&["commit", "--rm", "notes", "-m", "Away"]);
    std::fs::remove_file(w.clone.join("notes")).unwrap();
    w.save("notes/a", "a\n", "A folder");
    w.remote
        .write(&branch, &[("notes/b", Some(b"b\n"))], "Another's");
    let tip = w.remote.tip(&branch);
    let answer = w.json(&["rollback", &added]);
    assert_eq!(answer["unchanged"], true, "{answer:#}");
    assert_eq!(w.remote.tip(&branch), tip);
}

#[test]
fn what_was_left_alone_stays_so_in_the_next_sandbox() {
    for is_switched in [true, false] {
        let w = World::path();
        let files: [(&str, Option<&[u8]>); 2] = [
            (".gitattributes", Some(b"*.enc filter=odd\n")),
            ("s.enc", Some(b"one\n")),
        ];
        w.remote.write("sandbox", &files, "A filter");
        for key in ["clean", "smudge"] {
            w.git(&["config", &format!("filter.odd.{key}"), "cat"]);
        }
        w.git(&["config", "filter.odd.required", "true"]);
        w.sandbox();
        w.json(&["sandbox", "switch"]);
        let next = w.json(&["sandbox", "init", "--force-new"]);
        let next = next["branch"].as_str().unwrap();
        if is_switched {
            w.json(&["sandbox", "switch"]);
        }
        w.write("new.txt", "new\n");
        let out = w.aidf(&["commit", "-a", "-m", "One file"]).ok();
        assert!(out.stderr.contains("`s.enc` is on the branch"), "{out}");
        assert_eq!(w.remote.text(next, "s.enc"), "one\n");
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_the_disk_refuses_is_left_alone_and_stops_nothing() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.json(&["sandbox", "switch"]);
    let long = vec![b'a'; 5000];
    let files = [
        ("doc.txt", "100644", Some(&b"newer\n"[..])),
        ("zz", "120000", Some(&long[..])),
    ];
    w.remote.write_modes(&branch, &files, "A long link");
    let out = b.aidf(&["sandbox", "pull"]).ok();
    assert!(out.stderr.contains("left alone: zz"), "{out}");
    assert_eq!(std::fs::read(b.clone.join("doc.txt")).unwrap(), b"newer\n");
    b.write("new.txt", "new\n");
    b.json(&["commit", "-a", "-m", "One file"]);
    assert_eq!(w.remote.mode(&branch, "zz"), "120000");
}

#[cfg(unix)]
#[test]
fn a_link_comes_changes_and_goes_in_a_clone_that_does_not_follow_the_branch() {
    for links in ["true", "false"] {
        for is_switched in [false, true] {
            let (w, branch, token) = world();
            let b = resumed(&w, &token);
            b.git(&["config", "core.symlinks", links]);
            if is_switched {
                b.json(&["sandbox", "switch"]);
            }
            let place = b.clone.join("f");
            let put = |mode, content| {
                w.remote.write_modes(&branch, &[("f", mode, content)], "On");
                b.json(&["sandbox", "pull"]);
                let is_link = links == "true" && mode == "120000";
                assert_eq!(place.is_symlink(), is_link);
                match std::fs::read_link(&place) {
                    Ok(target) => assert_eq!(target.to_str().map(str::as_bytes), content),
                    Err(_) => assert_eq!(std::fs::read(&place).ok().as_deref(), content),
                }
                if is_switched {
                    assert_eq!(status(&b), "");
                }
            };
            put("100644", Some(&b"v1\n"[..]));
            put("120000", Some(&b"doc.txt"[..]));
            put("120000", Some(&b"docs"[..]));
            put("100644", Some(&b"v2\n"[..]));
            put("120000", Some(&b"docs/one.txt"[..]));
            put("", None);
            b.write("new.txt", "new\n");
            b.json(&["commit", "-a", "-m", "One file"]);
            assert_eq!(w.remote.try_file(&branch, "f"), None);
        }
    }
}

#[cfg(unix)]
#[test]
fn links_folders_and_submodules_change_places_in_one_pull() {
    for is_switched in [true, false] {
        let (w, branch, token) = world();
        let b = resumed(&w, &token);
        if is_switched {
            b.json(&["sandbox", "switch"]);
        }
        let commit = w.remote.tip("main");
        let sub = Some(commit.as_bytes());
        let pull = |files: &[(&str, &str, Option<&[u8]>)]| {
            w.remote.write_modes(&branch, files, "An exchange");
            let out = b.aidf(&["sandbox", "pull"]).ok();
            assert!(!out.stderr.contains("left alone"), "{out}");
            if is_switched {
                assert_eq!(status(&b), "", "{out}");
            }
        };
        pull(&[("ln", "120000", Some(b"docs")), ("sub", "160000", sub)]);
        pull(&[("ln", "", None), ("ln/a", "100644", Some(b"a\n"))]);
        assert_eq!(std::fs::read(b.clone.join("ln/a")).unwrap(), b"a\n");
        pull(&[("ln/a", "", None), ("ln", "120000", Some(b"docs"))]);
        assert!(b.clone.join("ln").is_symlink());
        assert!(b.clone.join("docs/one.txt").is_file());
        pull(&[("sub", "100644", Some(b"a file\n"))]);
        pull(&[("sub", "160000", sub)]);
        assert!(b.clone.join("sub").is_dir());
        pull(&[("sub", "120000", Some(b"docs"))]);
        pull(&[("sub", "160000", sub)]);
        let again = b.json(&["sandbox", "pull"]);
        assert_eq!(again["unchanged"], true, "{again:#}");
        pull(&[("sub", "", None)]);
        w.remote.is_sound();
    }
}

#[cfg(unix)]
#[test]
fn markers_go_into_the_files_that_have_lines_beside_a_link_in_conflict() {
    let (w, _, _) = world();
    w.save("doc.txt", "by A\n", "Mine");
    w.save("a", "a file\n", "Mine too");
    let files = [
        ("doc.txt", "100644", Some(&b"by main\n"[..])),
        ("a", "120000", Some(&b"docs"[..])),
        ("b/x", "100644", Some(&b"x\n"[..])),
    ];
    w.remote.write_modes("main", &files, "Main's");
    w.save("b", "a file\n", "Mine as well");
    let out = w
        .aidf(&["sandbox", "sync", "--from", "main", "--markers"])
        .exits(6);
    assert!(out.stderr.contains("a file on one side"), "{out}");
    let text = std::fs::read_to_string(w.clone.join("doc.txt")).unwrap();
    assert!(text.contains("<<<<<<< "), "{text}\n{out}");
    assert_eq!(std::fs::read(w.clone.join("a")).unwrap(), b"a file\n");
}
