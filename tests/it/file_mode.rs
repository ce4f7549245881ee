//! Executable bits where git is told that they mean nothing (`core.fileMode`).

use crate::support::make_executable;
use crate::support::team::{doc, resumed, world};

#[test]
fn where_executable_bits_mean_nothing_the_index_tells_the_mode() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.git(&["config", "core.fileMode", "false"]);
    for path in ["doc.txt", "docs/one.txt", "new.sh"] {
        b.write(path, format!("{path} has a bit\n"));
        make_executable(&b.clone.join(path));
    }
    b.json(&["commit", "doc.txt", "new.sh", "-m", "By name"]);
    b.json(&["commit", "-a", "-m", "All"]);
    for path in ["doc.txt", "docs/one.txt", "new.sh"] {
        assert_eq!(w.remote.mode(&branch, path), "100644", "{path}");
    }
    // What git was told counts.
    b.git(&["update-index", "--chmod=+x", "docs/two.txt"]);
    b.write("tool.sh", "tool\n");
    b.git(&["add", "--chmod=+x", "tool.sh"]);
    b.json(&["commit", "-a", "-m", "The bit of the index"]);
    assert_eq!(w.remote.mode(&branch, "docs/two.txt"), "100755");
    assert_eq!(w.remote.mode(&branch, "tool.sh"), "100755");
    // And it stays where the file is changed again, from either machine.
    b.write("tool.sh", "tool, better\n");
    b.json(&["commit", "tool.sh", "-m", "Better"]);
    assert_eq!(w.remote.mode(&branch, "tool.sh"), "100755");
}

#[test]
fn a_mode_that_others_gave_stays_where_executable_bits_mean_nothing() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.git(&["config", "core.fileMode", "false"]);
    // A file that this index knows, and one that it does not.
    make_executable(&w.clone.join("doc.txt"));
    w.json(&["commit", "doc.txt", "-m", "Executable"]);
    w.write("tool.sh", "tool\n");
    make_executable(&w.clone.join("tool.sh"));
    w.json(&["commit", "tool.sh", "-m", "A tool"]);
    b.json(&["sandbox", "pull"]);
    assert_eq!(b.json(&["status"])["local"], serde_json::json!([]));
    b.write("doc.txt", doc(&[(2, "by B")]));
    b.write("tool.sh", "tool, better\n");
    b.json(&["commit", "-a", "-m", "Both"]);
    for path in ["doc.txt", "tool.sh"] {
        assert_eq!(w.remote.mode(&branch, path), "100755", "{path}");
    }
    assert_eq!(w.remote.text(&branch, "tool.sh"), "tool, better\n");
    b.write("other", "from elsewhere\n");
    b.json(&["commit", "doc.txt=other", "-m", "From elsewhere"]);
    assert_eq!(w.remote.mode(&branch, "doc.txt"), "100755");
    // A snapshot has them as git would.
    b.json(&["sandbox", "switch"]);
    make_executable(&b.clone.join("docs/one.txt"));
    b.write("docs/one.txt", "one\n");
    let taken = b.json(&["snapshot"]);
    let taken = taken["commit"].as_str().unwrap().to_owned();
    let listed = b.git(&["ls-tree", &taken, "docs/one.txt", "doc.txt"]);
    assert!(listed.contains("100644 blob"), "{listed}");
    assert!(listed.contains("100755 blob"), "{listed}");
    assert_eq!(
        b.git(&["status", "--porcelain"]),
        " M docs/one.txt\n?? other"
    );
}

#[test]
fn what_git_alone_can_stage_of_a_new_file_takes_no_bit_away() {
    let (w, branch, token) = world();
    let b = resumed(&w, &token);
    b.git(&["config", "core.fileMode", "false"]);
    w.write("tool.sh", "tool\n");
    make_executable(&w.clone.join("tool.sh"));
    w.json(&["commit", "tool.sh", "-m", "A tool"]);
    b.json(&["sandbox", "pull"]);
    b.git(&["add", "tool.sh"]);
    b.write("tool.sh", "tool, better\n");
    b.json(&["commit", "tool.sh", "-m", "Better"]);
    assert_eq!(w.remote.text(&branch, "tool.sh"), "tool, better\n");
    assert_eq!(w.remote.mode(&branch, "tool.sh"), "100755");
}
