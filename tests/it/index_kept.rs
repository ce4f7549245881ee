//! What git's index alone holds, and what git was told in it, outlasts each command that moves
//! HEAD.

use crate::support::team::{doc, resumed, world};
use crate::support::{Machine, World};

fn read(machine: &Machine, path: &str) -> String {
    std::fs::read_to_string(machine.clone.join(path)).unwrap()
}

/// Machine B on `main`, from where docs/plan.md was written to the sandbox as "W".
fn planned() -> (World, Machine, String) {
    let (w, branch, token) = world();
    w.remote
        .write("main", &[("docs/plan.md", Some(b"H\n"))], "A plan");
    w.json(&["sandbox", "sync", "--from", "main"]);
    let b = resumed(&w, &token);
    b.git(&["pull", "--quiet", "origin", "main"]);
    b.save("docs/plan.md", "W\n", "The plan");
    (w, b, branch)
}

#[test]
fn a_switch_keeps_what_is_staged_and_nowhere_else() {
    let (_w, b, branch) = planned();
    let stage: [&dyn Fn(); 2] = [
        &|| {
            b.write("docs/plan.md", "staged precious\n");
            b.git(&["add", "docs/plan.md"]);
            b.write("docs/plan.md", "W\n");
        },
        &|| drop(b.git(&["rm", "--quiet", "--cached", "docs/plan.md"])),
    ];
    for stage in stage {
        stage();
        let before = b.snapshot();
        let out = b.aidf(&["sandbox", "switch"]).exits(6);
        assert!(out.stderr.contains("`docs/plan.md` is staged"), "{out}");
        assert_eq!(b.snapshot(), before);
        b.git(&["restore", "--staged", "docs/plan.md"]);
    }
    // What the file or the sandbox has as well is not lost.
    b.write("docs/plan.md", "W\n");
    b.git(&["add", "docs/plan.md"]);
    b.json(&["sandbox", "switch"]);
    assert_eq!(b.git(&["symbolic-ref", "--short", "HEAD"]), branch);
    assert_eq!(b.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_sync_keeps_what_is_staged_and_nowhere_else() {
    let (w, b, branch) = planned();
    b.json(&["sandbox", "switch"]);
    w.remote
        .write("main", &[("docs/one.txt", Some(b"M\n"))], "More");
    b.write("docs/one.txt", "staged precious\n");
    b.git(&["add", "docs/one.txt"]);
    b.write("docs/one.txt", "M\n");
    let said = b.json(&["sandbox", "sync", "--from", "main"]);
    assert!(
        said["warnings"].to_string().contains("docs/one.txt"),
        "{said}"
    );
    assert_eq!(w.remote.text(&branch, "docs/one.txt"), "M\n");
    assert_eq!(b.git(&["show", ":docs/one.txt"]), "staged precious");
    // A removal that is staged alone stays one too.
    b.git(&["rm", "--quiet", "--cached", "--force", "docs/one.txt"]);
    b.aidf(&["sandbox", "pull"]).exits(6);
    assert_eq!(b.git(&["ls-files", "docs/one.txt"]), "");
    b.git(&["reset", "--quiet"]);
    b.json(&["sandbox", "pull"]);
    assert_eq!(b.git(&["status", "--porcelain"]), "");
    assert_eq!(read(&b, "docs/one.txt"), "M\n");
}

/// The tag of a path, as git-ls-files(1) tells it: `S` for skip-worktree, `h` for
/// assume-unchanged, `H` for neither.
fn tag(b: &Machine, path: &str) -> String {
    b.git(&["ls-files", "-v", path])[..1].to_owned()
}

/// The branch that is checked out.
fn branch_here(b: &Machine) -> String {
    b.git(&["symbolic-ref", "HEAD"])
}

const MARKS: [(&str, &str); 2] = [("--skip-worktree", "S"), ("--assume-unchanged", "h")];

#[test]
fn a_folder_brings_no_file_that_git_is_told_not_to_look_at() {
    for (mark, _) in MARKS {
        let (w, branch, token) = world();
        let b = resumed(&w, &token);
        b.git(&["update-index", mark, "docs/one.txt"]);
        b.write("docs/one.txt", "secret\n");
        b.write("docs/two.txt", "public\n");
        b.json(&["commit", "docs", "-m", "A folder"]);
        assert_eq!(w.remote.text(&branch, "docs/one.txt"), doc(&[]));
        assert_eq!(w.remote.text(&branch, "docs/two.txt"), "public\n");
        b.write("docs/two.txt", "more\n");
        b.json(&["commit", ".", "-m", "All folders"]);
        assert_eq!(w.remote.text(&branch, "docs/one.txt"), doc(&[]));
        // Whoever names it means it; and then no more.
        b.json(&["commit", "docs/one.txt", "-m", "By its name"]);
        b.write("docs/one.txt", "new secret\n");
        b.write("docs/two.txt", "public again\n");
        b.json(&["commit", "-a", "-m", "All"]);
        assert_eq!(w.remote.text(&branch, "docs/one.txt"), "secret\n");
        assert_eq!(w.remote.text(&branch, "docs/two.txt"), "public again\n");
    }
}

#[test]
fn what_git_is_told_not_to_look_at_stays_so_and_is_never_merged_into() {
    for (mark, tagged) in MARKS {
        let (w, branch, token) = world();
        let b = resumed(&w, &token);
        b.git(&["update-index", mark, "docs/one.txt"]);
        w.save("docs/one.txt", doc(&[(1, "A")]), "Line 1");
        // Where it has a change nothing comes.
        let refused = |command: &str, secret: String| {
            b.write("docs/one.txt", &secret);
            let before = b.git(&["rev-parse", "HEAD", &branch_here(&b)]);
            let out = b.aidf(&["sandbox", command]).exits(6);
            assert!(out.stderr.contains("`docs/one.txt`"), "{out}");
            assert_eq!(read(&b, "docs/one.txt"), secret);
            assert_eq!(tag(&b, "docs/one.txt"), tagged);
            assert_eq!(b.git(&["rev-parse", "HEAD", &branch_here(&b)]), before);
        };
        refused("switch", doc(&[(1, "secret")]));
        refused("switch", doc(&[(20, "secret")]));
        b.write("docs/one.txt", doc(&[]));
        // A switch and a pull bring it where it has none, and keep the mark.
        b.json(&["sandbox", "switch"]);
        assert_eq!(read(&b, "docs/one.txt"), doc(&[(1, "A")]));
        assert_eq!(tag(&b, "docs/one.txt"), tagged);
        w.save("docs/one.txt", doc(&[(1, "A"), (2, "A")]), "Line 2");
        b.json(&["sandbox", "pull"]);
        assert_eq!(read(&b, "docs/one.txt"), doc(&[(1, "A"), (2, "A")]));
        assert_eq!(tag(&b, "docs/one.txt"), tagged);
        // git knows that it is as it is to be.
        b.git(&["switch", "--quiet", "main"]);
        b.git(&["switch", "--quiet", &branch]);
        b.git(&["update-index", mark, "docs/one.txt"]);
        let next = doc(&[(1, "A"), (2, "A"), (3, "A")]);
        w.save("docs/one.txt", next, "Line 3");
        refused("pull", doc(&[(1, "A"), (2, "A"), (3, "secret")]));
        refused("pull", doc(&[(1, "A"), (2, "A"), (20, "secret")]));
        b.write("docs/two.txt", "public\n");
        b.json(&["commit", "-a", "-m", "All"]);
        let there = w.remote.text(&branch, "docs/one.txt");
        assert!(!there.contains("secret"), "{there}");
    }
}

#[test]
fn a_pull_does_not_bring_back_what_a_sparse_checkout_leaves_out() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/docs/"]);
    w.save("docs/one.txt", doc(&[(1, "A")]), "Line 1");
    b.json(&["sandbox", "switch"]);
    w.save("docs/one.txt", doc(&[(2, "A")]), "Line 2");
    b.json(&["sandbox", "pull"]);
    assert!(!b.clone.join("docs/one.txt").exists());
    assert_eq!(tag(&b, "docs/one.txt"), "S");
    assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
    assert_eq!(b.git(&["status", "--porcelain"]), "");
    b.write("new.txt", "new\n");
    b.json(&["commit", "-a", "-m", "All"]);
    assert_eq!(w.remote.text(&branch, "docs/one.txt"), doc(&[(2, "A")]));
}

#[test]
fn a_new_file_outside_of_a_sparse_checkout_stays_out_of_it() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    w.save("docs/one.txt", doc(&[(1, "A")]), "Line 1");
    b.git(&["sparse-checkout", "set", "--cone", "in"]);
    let came = |path: &str| b.clone.join(path).exists();

    // With another branch checked out.
    w.save("docs/two.txt", "two\n", "A file outside");
    w.save("in/two.txt", "two\n", "A file inside");
    b.json(&["sandbox", "pull"]);
    assert!(came("in/two.txt") && !came("docs/two.txt"));
    let said = b.json(&["status"]);
    assert_eq!(said["local"], serde_json::json!([]), "{said}");

    // With its own.
    b.json(&["sandbox", "switch"]);
    w.save("docs/three.txt", "three\n", "Another outside");
    w.save("in/three.txt", "three\n", "Another inside");
    b.json(&["sandbox", "pull"]);
    w.remote
        .write("main", &[("far/away.txt", Some(b"far\n"))], "Far");
    b.json(&["sandbox", "sync", "--from", "main"]);
    assert!(came("in/three.txt"));
    for outside in ["docs/two.txt", "docs/three.txt", "far/away.txt"] {
        assert!(!came(outside), "{outside}");
        assert_eq!(tag(&b, outside), "S", "{outside}");
    }
    assert_eq!(b.git(&["status", "--porcelain"]), "");

    // Nobody removes it, and git brings it where the checkout is whole again.
    b.write("in/four.txt", "four\n");
    b.json(&["commit", "-a", "-m", "All"]);
    assert_eq!(w.remote.text(&branch, "docs/three.txt"), "three\n");
    assert_eq!(b.git(&["status", "--porcelain"]), "");
    b.git(&["sparse-checkout", "disable"]);
    assert_eq!(read(&b, "docs/three.txt"), "three\n");
    assert_eq!(read(&b, "far/away.txt"), "far\n");
    assert_eq!(b.git(&["status", "--porcelain"]), "");
}

#[test]
fn an_index_that_is_not_written_is_refused_with_the_way_to_another_before_anything_changes() {
    let ways: [(&[&str], &[&str]); 2] = [
        (
            &["update-index", "--split-index"],
            &["update-index", "--no-split-index"],
        ),
        (
            &["sparse-checkout", "set", "--cone", "--sparse-index", "docs"],
            &["sparse-checkout", "reapply", "--no-sparse-index"],
        ),
    ];
    for (into, out_of) in ways {
        let (w, branch, token) = world();
        w.save("docs/one.txt", doc(&[(1, "A")]), "Line 1");
        w.remote
            .write(&branch, &[("far/away.txt", Some(b"far\n"))], "Far");
        let b = resumed(&w, &token);
        b.git(&["fetch", "--quiet"]);
        b.git(&["switch", "--quiet", &branch]);
        b.git(into);
        b.git(&["switch", "--quiet", "main"]);
        b.git(&["switch", "--quiet", &branch]);
        w.save("docs/one.txt", doc(&[(2, "A")]), "Line 2");
        let before = b.snapshot();
        for command in ["switch", "pull"] {
            let out = b.aidf(&["sandbox", command]).exits(6);
            let way = format!("`git {}`", out_of.join(" "));
            assert!(out.stderr.contains(&way), "{out}");
        }
        assert_eq!(b.snapshot(), before);
        b.git(out_of);
        b.json(&["sandbox", "pull"]);
        assert_eq!(b.git(&["rev-parse", "HEAD"]), w.remote.tip(&branch));
        assert_eq!(read(&b, "docs/one.txt"), doc(&[(2, "A")]));
    }
}
