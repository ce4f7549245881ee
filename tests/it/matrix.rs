//! Every kind of repository that people have, by every way to reach it: the main work comes to
//! the same there as in a whole clone with files and SHA-1, and git finds nothing wrong after it.

use crate::support::{Env, Kind, Machine, Remote, randomness, text, times, unique};
use rand::seq::SliceRandom;
use std::path::Path;

/// What a clone holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    All,
    LastCommit,
    NoBlobs,
    NoTrees,
    SomeFiles,
}

/// One field of the table.
#[derive(Clone, Copy, Debug)]
struct Field {
    refs: &'static str,
    objects: &'static str,
    holds: Holds,
    kind: Kind,
}

fn table() -> Vec<Field> {
    let mut all = Vec::new();
    for refs in ["files", "reftable"] {
        for objects in ["sha1", "sha256"] {
            for holds in [
                Holds::All,
                Holds::LastCommit,
                Holds::NoBlobs,
                Holds::NoTrees,
                Holds::SomeFiles,
            ] {
                for kind in [Kind::File, Kind::Http, Kind::Ssh] {
                    all.push(Field {
                        refs,
                        objects,
                        holds,
                        kind,
                    });
                }
            }
        }
    }
    all
}

fn clone_of(remote: &Remote, field: Field) -> Machine {
    let mut machine = Machine::bare(remote);
    if field.refs == "reftable" {
        machine.env.ref_format("reftable");
    }
    let dir = machine.env.path(&format!("clone-{}", unique()));
    let to = dir.to_str().unwrap();
    let how: &[&str] = match field.holds {
        Holds::All => &[],
        Holds::LastCommit => &["--depth", "1", "--no-single-branch"],
        Holds::NoBlobs => &["--filter=blob:none"],
        Holds::NoTrees => &["--filter=tree:0"],
        Holds::SomeFiles => &["--sparse"],
    };
    let mut command = machine.env.command("git", &machine.env.home());
    command.args(["clone", "--quiet"]).args(how);
    command.args([&remote.url, to]);
    command.envs(machine.vars.iter().map(|(name, value)| (name, value)));
    let out = command.output().unwrap();
    assert!(out.status.success(), "{field:?}: {out:?}");
    machine.clone = dir;
    machine
}

/// git finds nothing wrong.
#[track_caller]
fn is_in_order(env: &Env, dir: &Path, field: Field) {
    let out = env.try_git(dir, &["fsck", "--no-dangling", "--no-progress"]);
    assert_eq!(out.code, 0, "{field:?}\n{out}");
    for word in ["missing", "broken", "fatal", "corrupt"] {
        assert!(!out.all().contains(word), "{field:?}\n{out}");
    }
}

fn work(field: Field) {
    let remote = Remote::in_format(field.kind, "widgets", field.objects);
    remote.git(&["config", "uploadpack.allowFilter", "true"]);
    // Without it git itself cannot fetch what such a clone lacks, by the protocol's version 0.
    remote.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    if field.refs == "reftable" {
        remote.git(&["refs", "migrate", "--ref-format=reftable"]);
    }
    let w = clone_of(&remote, field);
    let branch = w.sandbox();
    w.write("docs/new.md", "one\n");
    let first = w.json(&["commit", "docs/new.md", "-m", "Add a page"]);
    assert_eq!(first["commit"], remote.tip(&branch), "{field:?}");
    w.write("README.md", "# Gadgets\n");
    let second = w.json(&["commit", "README.md", "--overwrite", "-m", "Rename it"]);
    remote.write("sandbox", &[("base.md", Some(b"of the base\n"))], "Base");
    w.json(&["sandbox", "sync"]);
    assert_eq!(
        remote.text(&branch, "base.md"),
        "of the base\n",
        "{field:?}"
    );
    let id = text(&second, "commit");
    w.json(&["rollback", &id, "--reason", "Not wanted"]);
    let seed = "# Widgets\n\nCounts words.\n";
    assert_eq!(remote.text(&branch, "README.md"), seed, "{field:?}");
    assert_eq!(remote.text(&branch, "docs/new.md"), "one\n", "{field:?}");
    assert_eq!(
        remote.text(&branch, "src/main.py"),
        remote.text("main", "src/main.py"),
        "{field:?}: a file that nobody touched"
    );
    let log = w.json(&["log"]);
    assert!(log["commits"].as_array().unwrap().len() >= 4, "{log:#}");
    let bundles = w.env.path("bundles");
    let bundles = bundles.to_str().unwrap();
    w.json(&["backup", "create", "--bundle-dir", bundles]);
    let verified = w.json(&["backup", "verify"]);
    assert_eq!(verified["problems"].as_array().map(Vec::len), Some(0));
    let verified = w.json(&["audit", "verify"]);
    assert_eq!(verified["findings"], 0, "{field:?}\n{verified:#}");
    is_in_order(&w.env, &w.clone, field);
    is_in_order(&w.env, &remote.bare, field);
}

#[test]
fn the_main_work_is_the_same_in_every_kind_of_repository() {
    let mut fields = table();
    if !Env::new().makes_tables() {
        eprintln!("SKIPPED in part: the installed git is older than 2.46 and has no reftable");
        fields.retain(|field| field.refs != "reftable");
    }
    // Each run tries some of them, the long one all.
    fields.shuffle(&mut randomness());
    fields.truncate(times(6, fields.len()));
    for field in fields {
        println!("{field:?}");
        work(field);
    }
}
