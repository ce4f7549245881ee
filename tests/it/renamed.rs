//! A default branch that was renamed since the clone was made, and that the clone knows by its
//! old name: it is protected, its policy holds, and work lands on it.

use crate::support::World;

/// The remote's `main` is called `trunk` from now on; where it `stays`, an old `main` is left.
fn rename(w: &World, stays: bool) {
    let option = if stays { "-C" } else { "-M" };
    w.remote.git(&["branch", option, "main", "trunk"]);
    w.remote.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let known = w.git(&["symbolic-ref", "refs/remotes/origin/HEAD"]);
    assert_eq!(known.trim(), "refs/remotes/origin/main");
}

#[test]
fn work_lands_on_the_branch_that_is_the_default_one_now() {
    for stays in [false, true] {
        let w = World::path();
        w.sandbox();
        w.save("a.txt", "a\n", "A");
        rename(&w, stays);
        let issued = w.json(&["token", "issue", "--operator"]);
        let token = issued["token"].as_str().expect("a token").to_owned();
        let landed = w.json(&["land", "--reuse-token", &token]);
        assert_eq!(landed["target"], "trunk", "{landed:#}");
        assert_eq!(w.remote.text("trunk", "a.txt"), "a\n");
    }
}

#[test]
fn it_is_protected_under_its_new_name() {
    let w = World::path();
    rename(&w, true);
    w.write("x.txt", "x\n");
    w.refuses(&["commit", "x.txt", "-m", "X", "--branch", "trunk"], 5);
}

#[test]
fn its_policy_holds_where_no_other_branch_has_one() {
    let w = World::without_base();
    w.sandbox();
    w.remote.git(&["update-ref", "-d", "refs/heads/sandbox"]);
    rename(&w, false);
    let policy: &[u8] = b"paths:\n  deny: ['x.txt']\n";
    w.remote
        .write("trunk", &[(".aidf.yaml", Some(policy))], "Policy");
    w.write("x.txt", "x\n");
    w.refuses(&["commit", "x.txt", "-m", "X"], 5);
    // A clone that knows of none at all.
    w.git(&["remote", "set-head", "origin", "--delete"]);
    w.refuses(&["commit", "x.txt", "-m", "X"], 5);
}
