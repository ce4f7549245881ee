//! All caches together take no more than the configuration says.

use super::is_in_order;
use crate::support::{Kind, Machine, Remote, afar, text};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A machine that has used three remotes, one after the other, and their caches.
fn three() -> (Machine, Vec<(Remote, String, PathBuf)>) {
    let names = ["one", "two", "three"];
    let remotes = names.map(|name| Remote::new(Kind::Path, name, true));
    let machine = Machine::bare(&remotes[0]);
    let mut all = Vec::new();
    for (at, (remote, name)) in remotes.into_iter().zip(names).enumerate() {
        let opened = machine.json(&["-R", &remote.url, "sandbox", "init"]);
        let token = text(&opened, "reuse_token");
        write(&machine, &remote, &token).ok();
        let folder = caches(&machine);
        let begins = format!("{name}-");
        let found = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().path());
        let is_it = |p: &PathBuf| {
            let file = p.file_name().unwrap().to_str().unwrap();
            file.starts_with(&begins) && file.ends_with(".git")
        };
        let cache = found.into_iter().find(is_it).unwrap();
        used_days_ago(&cache, 10 - at as u64);
        all.push((remote, token, cache));
    }
    (machine, all)
}

fn caches(machine: &Machine) -> PathBuf {
    machine.env.cache().join("aidf").join("repos")
}

fn write(machine: &Machine, remote: &Remote, token: &str) -> crate::support::Out {
    machine.write("a.txt", "a\n");
    let args = ["commit", "a.txt", "-m", "Add a"];
    machine.aidf(&afar(&remote.url, token, &args))
}

fn used_days_ago(cache: &Path, days: u64) {
    let lock = File::options()
        .write(true)
        .open(cache.with_extension("lock"))
        .unwrap();
    let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
    lock.set_modified(then).unwrap();
}

fn is_empty(cache: &Path) -> bool {
    !cache.join("objects").exists()
}

/// The sizes are looked at when the next cache is opened.
fn look_again(machine: &Machine) {
    let _ = std::fs::remove_file(caches(machine).join("pruned"));
}

fn size(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
    let sizes = entries.map(|e| match e.metadata().unwrap() {
        meta if meta.is_dir() => size(&e.path()),
        meta => meta.blocks() * 512,
    });
    sizes.sum()
}

#[test]
fn the_caches_that_were_not_used_for_the_longest_go_first() {
    let (machine, all) = three();
    let [one, two, three] = [0, 1, 2].map(|at| all[at].2.as_path());
    let most = size(two) + size(three) + 4096;
    machine
        .env
        .operator_config(&format!("cache: {{bytes: {most}}}\n"));
    // Within the hour nothing is looked at.
    write(&machine, &all[2].0, &all[2].1).ok();
    assert!(![one, two, three].into_iter().any(is_empty));
    look_again(&machine);
    write(&machine, &all[2].0, &all[2].1).ok();
    assert_eq!([one, two, three].map(is_empty), [true, false, false]);
    // What is emptied is filled again, and what was known of the remote was kept.
    assert!(one.join("aidf/identities.json").exists());
    write(&machine, &all[0].0, &all[0].1).ok();
    for (remote, _, cache) in &all {
        is_in_order(&machine, cache);
        remote.is_sound();
    }
}

#[test]
fn the_cache_that_is_open_and_those_that_others_use_stay() {
    let (machine, all) = three();
    machine.env.operator_config("cache: {bytes: 0}\n");
    let [one, two, three] = [0, 1, 2].map(|at| all[at].2.as_path());
    let lock = File::open(one.with_extension("lock")).unwrap();
    lock.lock_shared().unwrap();
    look_again(&machine);
    write(&machine, &all[2].0, &all[2].1).ok();
    assert_eq!([one, two, three].map(is_empty), [false, true, false]);
    drop(lock);
    look_again(&machine);
    write(&machine, &all[1].0, &all[1].1).ok();
    assert_eq!([one, two, three].map(is_empty), [true, false, true]);
}

#[test]
fn a_cache_that_remembers_the_manifest_of_backups_stays() {
    let (machine, all) = three();
    machine.json(&["-R", &all[0].0.url, "backup"]);
    machine.json(&["-R", &all[0].0.url, "backup", "list"]);
    let remembered = all[0].2.join("refs/aidf/manifest/origin");
    assert!(remembered.exists());
    used_days_ago(&all[0].2, 100);
    machine.env.operator_config("cache: {bytes: 0}\n");
    look_again(&machine);
    write(&machine, &all[2].0, &all[2].1).ok();
    assert!(remembered.exists() && is_empty(&all[1].2));
}

#[test]
fn a_cache_that_was_emptied_by_half_works() {
    let (machine, all) = three();
    let (remote, token, cache) = &all[0];
    // As a killed run leaves it.
    std::fs::remove_file(cache.join("HEAD")).unwrap();
    let pack = cache.join("objects/pack");
    for entry in std::fs::read_dir(&pack).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    machine.write("b.txt", "b\n");
    let args = ["commit", "b.txt", "-m", "Add b"];
    machine.aidf(&afar(&remote.url, token, &args)).ok();
    let args = ["rollback", "--last", "2"];
    machine.json(&afar(&remote.url, token, &args));
    is_in_order(&machine, cache);
    remote.is_sound();
}
