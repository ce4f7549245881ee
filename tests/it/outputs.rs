//! Files that a user names for what a command writes. What is no file is never replaced by one.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};

use crate::support::{World, text};

/// A link to a file that is there, and one to a file that is not yet.
fn links(folder: &Path) -> [(PathBuf, PathBuf); 2] {
    fs::create_dir_all(folder.join("far")).unwrap();
    fs::write(folder.join("far/old"), "old\n").unwrap();
    ["old", "new"].map(|name| {
        let link = folder.join(format!("to-{name}"));
        // As `ln -s` makes it: relative to the link, and through another link.
        symlink(Path::new("far").join(name), folder.join(name)).unwrap();
        symlink(name, &link).unwrap();
        (link, folder.join("far").join(name))
    })
}

fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

/// The commands that write a file which is named.
const WRITERS: [&[&str]; 3] = [
    &["audit", "export", "--output"],
    &["audit", "report", "--html"],
    &["backup", "create", "--bundle"],
];

#[test]
fn what_a_link_leads_to_is_replaced_and_the_link_stays() {
    let w = World::path();
    w.json(&["backup"]);
    for (n, args) in WRITERS.into_iter().enumerate() {
        for (link, target) in links(&w.env.path(&n.to_string())) {
            w.aidf(&[args, &[link.to_str().unwrap()]].concat()).ok();
            assert!(link.is_symlink(), "{args:?}");
            assert!(target.metadata().unwrap().len() > 20, "{args:?}");
            assert!(!target.is_symlink(), "{args:?}");
        }
    }
}

#[test]
fn a_bundle_behind_a_link_is_authenticated_by_either_name() {
    let w = World::path();
    let [_, (link, target)] = links(&w.env.path("bundles"));
    w.json(&["backup", "--bundle", link.to_str().unwrap()]);
    for name in [&link, &target] {
        let name = name.to_str().unwrap();
        let checked = w.json(&["backup", "verify", "--bundle", name]);
        assert_eq!(checked["unauthenticated"].as_array().unwrap().len(), 0);
        assert_eq!(checked["verified"].as_array().unwrap().len(), 1);
        w.git(&["bundle", "verify", "--quiet", name]);
    }
}

#[test]
fn a_pipe_takes_an_export_as_it_comes_and_stays_a_pipe() {
    let w = World::path();
    w.json(&["backup"]);
    let fifo = w.env.path("fifo");
    pipe(&fifo);
    let link = w.env.path("to-fifo");
    symlink("fifo", &link).unwrap();
    let wanted = w.aidf(&["audit", "export"]).ok().stdout;
    for name in [&fifo, &link] {
        let read = std::thread::spawn({
            let fifo = fifo.clone();
            move || fs::read_to_string(fifo).unwrap()
        });
        w.json(&["audit", "export", "--output", name.to_str().unwrap()]);
        assert!(fifo.metadata().unwrap().file_type().is_fifo());
        assert_eq!(read.join().unwrap(), wanted);
    }
    assert!(link.is_symlink());
}

#[test]
fn what_can_be_no_file_is_refused_before_anything_is_done() {
    let w = World::path();
    let places = ["fifo", "folder", "socket"].map(|name| w.env.path(name));
    pipe(&places[0]);
    fs::create_dir(&places[1]).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&places[2]).unwrap();
    let before = places.each_ref().map(|p| p.metadata().unwrap().file_type());
    for args in WRITERS {
        // A pipe takes text.
        let first = usize::from(args[0] == "audit");
        for place in places[first..].iter().map(|p| p.to_str().unwrap()) {
            let out = w.aidf(&[args, &[place, "--json"]].concat()).exits(2);
            let message = text(&out.error(), "message");
            assert!(message.contains(&format!("{place} cannot be written: it is ")));
        }
    }
    let after = places.each_ref().map(|p| p.metadata().unwrap().file_type());
    assert_eq!(after, before);
    assert!(!w.remote.refs().contains("backup"), "{}", w.remote.refs());
}
