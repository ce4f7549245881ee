//! What git's index alone holds, and what git was told in it, outlasts each command that moves
//! HEAD.

use crate::support::team::{resumed, world};
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
