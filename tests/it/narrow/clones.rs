//! Partial, shallow and sparse clones: every command comes to the same as in a whole one, git
//! finds nothing wrong with them afterwards, and what is fetched is what was needed.

use super::{clone_with, differing, fetched, is_in_order, large, path, world};
use crate::support::{Kind, Machine, Remote, World, text};
use serde_json::{Value, json};
use std::fs;
use std::sync::OnceLock;

/// How a clone lacks something.
const HOWS: [&[&str]; 6] = [
    &["--filter=blob:none"],
    &["--filter=tree:0"],
    &["--filter=blob:none", "--no-checkout", "--sparse"],
    &["--depth", "1"],
    &["--depth", "1", "--filter=tree:0"],
    &["--depth", "3", "--branch", "sandbox"],
];

/// A clone of the world's remote that lacks something, with the operator's key.
fn lacking(w: &World, how: &[&str]) -> Machine {
    let machine = clone_with(&w.remote, how);
    machine.share_key(w);
    if how.contains(&"--sparse") {
        machine.git(&["sparse-checkout", "set", "m00", "project"]);
        machine.git(&["checkout", "--quiet"]);
    }
    machine
}

/// A whole clone or one that lacks something, made to do the same work; what came of it.
fn work(w: &World, machine: &Machine) -> Vec<Value> {
    let opened = machine.json(&["sandbox", "init"]);
    let branch = text(&opened, "branch");
    let mut told = Vec::new();
    let mut run = |args: &[&str]| told.push((args.join(" "), machine.json(args)));
    let file = path(0);
    let lines = w.remote.text("sandbox", &file);
    machine.write(&file, format!("first\n{lines}"));
    run(&["commit", &file, "-m", "Change one"]);
    machine.write("m00/new.txt", "new\n");
    fs::remove_file(machine.clone.join(path(128 * 2))).unwrap();
    run(&["commit", "-a", "-m", "Take the rest"]);
    // Others write the same file and another one, on the branch and on the base.
    let theirs = format!("first\n{lines}last\n");
    let files = [
        (file.as_str(), Some(theirs.as_bytes())),
        ("m00/theirs.txt", Some(b"theirs\n".as_slice())),
    ];
    w.remote.write(&branch, &files, "By another");
    let base = path(40);
    w.remote
        .write("sandbox", &[(&base, Some(b"base\n"))], "On the base");
    machine.write(&file, format!("zeroth\nfirst\n{lines}"));
    run(&["commit", &file, "-m", "Change it again"]);
    run(&["status"]);
    run(&["sandbox", "pull"]);
    run(&["sandbox", "sync"]);
    run(&["rollback", "--last", "1"]);
    run(&["sandbox", "show"]);
    run(&["sandbox", "diff", "--patch"]);
    run(&["log", "-n", "50"]);
    run(&["sandbox", "switch"]);
    run(&["sandbox", "list"]);
    run(&["status"]);
    // The base's change came in; it is what remains of the sync beside the sandbox's own.
    let changed = differing(&w.remote, "main", &branch);
    let content = w.remote.text(&branch, &file);
    assert_eq!(
        content,
        format!("zeroth\nfirst\n{lines}last\n"),
        "{changed:?}"
    );
    told.push(("files".to_owned(), json!(changed)));
    w.remote.is_sound();
    told.into_iter()
        .map(|(args, value)| without_names(&branch, &args, value))
        .collect()
}

/// What two clones tell of two sandboxes alike.
fn without_names(branch: &str, args: &str, value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for gone in [
                    "commit",
                    "parent",
                    "head",
                    "tip",
                    "time",
                    "token_id",
                    "fork_point",
                    "created_at",
                    "last_write_at",
                    "opened_at",
                    "expires_at",
                    "reverted",
                    "patch",
                    "behind",
                    "message",
                    "sandboxes",
                    "rolled_back_by",
                ] {
                    fields.remove(gone);
                }
                if let Some(Value::String(subject)) = fields.get_mut("subject")
                    && let Some(undone) = subject.strip_prefix("Roll back ")
                {
                    // The id of the commit comes first.
                    *subject = format!("Roll back {}", &undone[10..]);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(all) => all.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let text = value.to_string().replace(branch, "SANDBOX");
    let mut value: Value = serde_json::from_str(&text).unwrap();
    strip(&mut value);
    json!([args, value])
}

/// What every command comes to in a clone that lacks nothing.
fn of_a_whole_clone(kind: Kind) -> &'static [Value] {
    static WHOLE: [OnceLock<Vec<Value>>; 2] = [OnceLock::new(), OnceLock::new()];
    WHOLE[usize::from(kind == Kind::Http)].get_or_init(|| {
        let w = world(kind);
        work(&w, &w)
    })
}

fn every_command_comes_to_the_same(kind: Kind, hows: &[&[&str]]) {
    for how in hows {
        // Each begins at the same state of the remote.
        let w = world(kind);
        let machine = lacking(&w, how);
        let before = machine.git(&["config", "--list", "--local"]);
        let narrow = work(&w, &machine);
        let whole = of_a_whole_clone(kind);
        assert_eq!(whole.len(), narrow.len(), "{how:?}");
        for (one, other) in whole.iter().zip(&narrow) {
            assert_eq!(one, other, "{how:?}");
        }
        is_in_order(&machine, &machine.clone.join(".git"));
        let after = machine.git(&["config", "--list", "--local"]);
        let added: Vec<&str> = after.lines().filter(|l| !before.contains(l)).collect();
        assert!(added.iter().all(|l| l.starts_with("branch.")), "{added:?}");
        // Plain git goes on from here, and reads what aidf fetched.
        machine.git(&["status", "--porcelain"]);
        machine.git(&["log", "--oneline", "-3", "--stat"]);
        machine.git(&["gc", "--quiet", "--prune=now"]);
        is_in_order(&machine, &machine.clone.join(".git"));
        machine.write("m00/after.txt", "after\n");
        machine.json(&["commit", "m00/after.txt", "-m", "After the collection"]);
        is_in_order(&machine, &machine.clone.join(".git"));
    }
}

#[test]
fn every_command_comes_to_the_same_in_a_clone_without_files() {
    every_command_comes_to_the_same(Kind::Path, &HOWS[..1]);
}

#[test]
fn every_command_comes_to_the_same_in_a_clone_without_folders() {
    every_command_comes_to_the_same(Kind::Http, &HOWS[1..2]);
}

#[test]
fn every_command_comes_to_the_same_in_a_sparse_clone() {
    every_command_comes_to_the_same(Kind::Path, &HOWS[2..3]);
}

#[test]
fn every_command_comes_to_the_same_in_shallow_clones() {
    every_command_comes_to_the_same(Kind::Path, &HOWS[3..4]);
    every_command_comes_to_the_same(Kind::Http, &HOWS[5..]);
}

#[test]
fn every_command_comes_to_the_same_in_a_clone_that_lacks_both() {
    every_command_comes_to_the_same(Kind::Path, &HOWS[4..5]);
}

#[test]
fn a_clone_without_folders_fetches_folders_of_what_is_read_alone() {
    let w = world(Kind::Path);
    let machine = clone_with(&w.remote, &["--filter=tree:0", "--no-checkout"]);
    machine.share_key(&w);
    let git = machine.clone.join(".git");
    let (before, _) = fetched(&machine, &git);
    let branch = text(&machine.json(&["sandbox", "init"]), "branch");
    machine.write("new.txt", "new\n");
    let pair = format!("{}=new.txt", path(1234));
    machine.json(&["commit", &pair, "-m", "Change one"]);
    assert_eq!(differing(&w.remote, "sandbox", &branch), [path(1234)]);
    let (after, _) = fetched(&machine, &git);
    assert!(after - before < 60, "{before}, {after}");
    is_in_order(&machine, &git);
}

#[test]
fn the_extension_that_older_git_writes_is_known() {
    let w = world(Kind::Path);
    let machine = clone_with(&w.remote, &["--filter=blob:none"]);
    machine.share_key(&w);
    machine.git(&["config", "core.repositoryFormatVersion", "1"]);
    machine.git(&["config", "extensions.partialClone", "origin"]);
    machine.git(&["config", "--unset", "remote.origin.promisor"]);
    let branch = text(&machine.json(&["sandbox", "init"]), "branch");
    machine.write(&path(9), "nine\n");
    machine.json(&["commit", &path(9), "-m", "Change nine"]);
    machine.json(&["rollback", "--last", "1"]);
    assert_eq!(
        differing(&w.remote, "sandbox", &branch),
        Vec::<String>::new()
    );
    is_in_order(&machine, &machine.clone.join(".git"));
}

#[test]
fn git_itself_is_not_made_to_fetch() {
    let w = world(Kind::Path);
    // Attributes are read by git, from folders and files that are not here.
    w.remote.write(
        "sandbox",
        &[("m01/.gitattributes", Some(b"*.txt text eol=lf\n"))],
        "Attributes",
    );
    let machine = clone_with(&w.remote, &["--filter=tree:0", "--no-checkout"]);
    machine.share_key(&w);
    let branch = text(&machine.json(&["sandbox", "init"]), "branch");
    machine.write("m01/new.txt", "one\r\ntwo\r\n");
    // No server that git would ask is there.
    machine.git(&["config", "remote.origin.uploadpack", "false"]);
    machine.json(&["commit", "m01/new.txt", "-m", "Add"]);
    assert_eq!(w.remote.text(&branch, "m01/new.txt"), "one\ntwo\n");
    machine.git(&["config", "--unset", "remote.origin.uploadpack"]);
    is_in_order(&machine, &machine.clone.join(".git"));
}

#[test]
fn what_another_remote_promised_comes_from_there() {
    let upstream = large(Kind::Path);
    let machine = clone_with(&upstream, &["--filter=blob:none", "--no-checkout"]);
    // The fork has nothing in common with the clone but a file, and that otherwise.
    let fork = Remote::new(Kind::Path, "fork", true);
    let lines = upstream.text("main", &path(3));
    let theirs = format!("{lines}last\n");
    let size = theirs.len();
    fork.import(&format!(
        "commit refs/heads/apart\ncommitter A <a@x.invalid> 1700000000 +0000\ndata 5\nApart\n\
         M 100644 inline {}\ndata {size}\n{theirs}\n",
        path(3)
    ));
    fork.git(&["update-ref", "refs/heads/sandbox", "refs/heads/apart"]);
    machine.git(&["remote", "add", "fork", &fork.url]);
    let opened = machine.json(&["--remote", "fork", "sandbox", "init"]);
    let branch = text(&opened, "branch");
    machine.write(&path(3), format!("first\n{lines}"));
    let args = ["--remote", "fork", "commit", &path(3), "-m", "Change three"];
    machine.json(&args);
    // Only a merge that read what the first remote promised comes to this.
    let merged = format!("first\n{lines}last\n");
    assert_eq!(fork.text(&branch, &path(3)), merged);
    // What the fork gave is whole: nobody else has it.
    let git = machine.clone.join(".git");
    let tracked = format!("refs/remotes/fork/{branch}");
    machine.git(&["config", "remote.origin.url", "/nowhere"]);
    machine.git(&["rev-list", "--objects", &tracked]);
    is_in_order(&machine, &git);
    fork.is_sound();
}
