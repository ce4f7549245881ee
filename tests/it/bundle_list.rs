//! The list that `git clone --bundle-uri` reads, beside the bundles of a folder.

use std::path::Path;

use crate::backup_bundles::{Folder, LIST, config_folder};
use crate::support::{Kind, World};

/// A clone of the remote by plain git, which reads the list first. Gives what it says of it.
#[track_caller]
fn cloned(w: &World, list: &str, name: &str) -> (std::path::PathBuf, String) {
    let to = w.env.path(name);
    let args = [
        "-c",
        "transfer.bundleURI=true",
        "clone",
        "--quiet",
        "--bare",
        "--bundle-uri",
        list,
        &w.remote.url,
        to.to_str().unwrap(),
    ];
    let out = w.env.try_git(&w.env.home(), &args);
    assert_eq!(out.code, 0, "{out}");
    (to, out.stderr)
}

/// The commit that the clone took from the bundles.
fn from_bundles(w: &World, clone: &Path) -> Option<String> {
    let out = w.env.try_git(
        clone,
        &["rev-parse", "--verify", "--quiet", "refs/bundles/main"],
    );
    (out.code == 0).then(|| out.stdout.trim().to_owned())
}

/// A remote whose first backup lies in a folder of bundles.
fn backed_up(kind: Kind) -> (World, Folder) {
    let w = World::new(kind);
    let dir = w.env.path("bundles");
    config_folder(&w, &dir);
    w.json(&["backup"]);
    let folder = Folder::of(&dir);
    (w, folder)
}

#[test]
fn a_clone_takes_its_history_from_the_bundles_of_a_folder() {
    let (w, folder) = backed_up(Kind::Http);
    let list = folder.path(LIST);
    let by_file = format!("file://{}", list.display());
    let first = w.remote.tip("main");
    let (clone, said) = cloned(&w, &by_file, "first");
    assert_eq!(from_bundles(&w, &clone), Some(first), "{said}");

    for n in 0..3 {
        let text = format!("{n}\n");
        w.remote
            .write("main", &[("n.txt", Some(text.as_bytes()))], "Count");
        w.json(&["backup"]);
    }
    let backed_up = w.remote.tip("main");
    w.remote
        .write("main", &[("later.txt", Some(b"l\n"))], "Later");
    let (clone, said) = cloned(&w, &by_file, "second");
    assert_eq!(said, "", "no bundle was left aside");
    assert_eq!(from_bundles(&w, &clone), Some(backed_up));
    assert_eq!(
        w.env.git(&clone, &["rev-parse", "main"]),
        w.remote.tip("main")
    );
    w.env.git(&clone, &["fsck", "--strict"]);
    // The full one and the newest: what lies between is in that.
    let text = std::fs::read_to_string(&list).unwrap();
    assert_eq!(folder.bundles().len(), 4);
    assert_eq!(text.matches("uri = ").count(), 2, "{text}");
    let names = [&folder.fulls()[0], &folder.newest()];
    assert!(names.iter().all(|n| text.contains(*n)), "{text}");
}

#[test]
fn a_list_that_was_lost_or_altered_is_made_anew_although_nothing_else_is_new() {
    let (w, folder) = backed_up(Kind::Path);
    let whole = std::fs::read_to_string(folder.path(LIST)).unwrap();
    std::fs::write(folder.path(LIST), "[bundle]\n\tversion = 1\n").unwrap();
    w.json(&["backup"]);
    assert_eq!(std::fs::read_to_string(folder.path(LIST)).unwrap(), whole);
    std::fs::remove_file(folder.path(LIST)).unwrap();
    w.json(&["backup"]);
    assert_eq!(std::fs::read_to_string(folder.path(LIST)).unwrap(), whole);
    folder.is_tidy(&w);
}

#[test]
fn after_a_prune_the_list_names_what_is_left() {
    let (w, folder) = backed_up(Kind::Path);
    w.remote.write("main", &[("b.txt", Some(b"b\n"))], "Add b");
    w.json(&["backup", "--full"]);
    w.json(&["backup", "prune", "--keep-last", "1"]);
    let left = folder.bundles();
    assert_eq!(left.len(), 1);
    let text = std::fs::read_to_string(folder.path(LIST)).unwrap();
    assert_eq!(text.matches("uri = ").count(), 1, "{text}");
    assert!(text.contains(&left[0]), "{text}");
    let by_file = format!("file://{}", folder.path(LIST).display());
    let (clone, said) = cloned(&w, &by_file, "pruned");
    assert_eq!(
        from_bundles(&w, &clone),
        Some(w.remote.tip("main")),
        "{said}"
    );
}
