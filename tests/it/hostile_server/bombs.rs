//! Little that stands for much.

use super::*;
use packs::*;

fn fetched(count: u32, entries: &[Vec<u8>], id: &str) -> Vec<Out> {
    let bytes = [
        pkt("packfile\n"),
        band(1, pack(count, entries)),
        b"0000".to_vec(),
    ]
    .concat();
    assert!(bytes.len() < 8 << 20, "no bomb: {} bytes", bytes.len());
    log_of_pack(id.to_owned(), say(bytes))
}

#[test]
fn a_delta_of_kilobytes_that_stands_for_gigabytes_is_refused() {
    let base = vec![b'x'; 0xff_ffff];
    // Blocks of 16 MiB, 128 times.
    let delta = copies(base.len() as u64, 128, 0xff_ffff);
    let first = whole(BLOB, &base);
    let second = on_offset(first.len(), &delta);
    let outs = fetched(2, &[first, second], NOBODY);
    all_end(&outs, &["denied"]);
    all_say(&outs, "memory_bytes");
}

#[test]
fn a_chain_of_deltas_that_doubles_each_time_is_refused() {
    let mut size: u64 = 60_000;
    let mut entries = vec![whole(BLOB, &vec![b'y'; size as usize])];
    for _ in 0..20 {
        let copied = size.min(0xff_ffff) as u32;
        let delta = copies(size, 2, copied);
        let back = entries.last().unwrap().len();
        entries.push(on_offset(back, &delta));
        size = 2 * u64::from(copied);
    }
    let outs = fetched(entries.len() as u32, &entries, NOBODY);
    all_end(&outs, &["denied", "integrity", "not_found", "unavailable"]);
}

#[test]
fn a_commit_or_tree_too_large_for_memory_is_refused() {
    let size = 300 << 20;
    let zipped = zeros(size);
    for kind in [COMMIT, TREE] {
        let entry = [head(kind, size), zipped.clone()].concat();
        let outs = fetched(1, &[entry], NOBODY);
        all_end(&outs, &["denied"]);
        all_say(&outs, "memory_bytes");
    }
}

#[test]
fn a_file_larger_than_is_taken_is_refused_before_it_is_read() {
    let entry = [head(BLOB, 1 << 40), zeros(1 << 20)].concat();
    let outs = fetched(1, &[entry], NOBODY);
    all_end(&outs, &["denied"]);
    all_say(&outs, "object_bytes");
}

#[test]
fn an_object_that_inflates_to_more_than_it_says_is_damage() {
    for said in [0, 10, (64 << 20) - 1] {
        let entry = [head(BLOB, said), zeros(64 << 20)].concat();
        let outs = fetched(1, &[entry], NOBODY);
        all_end(&outs, &["integrity", "denied"]);
    }
}

#[test]
fn a_pack_that_says_it_has_more_than_it_has_is_damage() {
    let (entries, id) = commit();
    for count in [3, 1000, 19_999_999] {
        let outs = fetched(count, &entries, &id);
        all_end(&outs, &["integrity", "unavailable"]);
    }
    let outs = fetched(u32::MAX, &entries, &id);
    all_end(&outs, &["denied"]);
    all_say(&outs, "objects");
}

#[test]
fn an_object_that_is_made_twice_by_deltas_on_an_id_does_not_go_on_for_ever() {
    let base = b"a base of some length, to be copied".to_vec();
    let id = id_of("blob", &base);
    let same = copies(base.len() as u64, 1, base.len() as u32);
    // Each says that it is made of the object that it makes.
    let outs = fetched(2, &[on_id(&id, &same), on_id(&id, &same)], NOBODY);
    all_end(&outs, &["integrity", "unavailable", "not_found"]);
    let outs = fetched(
        3,
        &[whole(BLOB, &base), on_id(&id, &same), on_id(&id, &same)],
        NOBODY,
    );
    all_end(&outs, &["integrity", "unavailable", "not_found"]);
}

#[test]
fn a_damaged_pack_leaves_nothing_behind() {
    let (entries, id) = commit();
    let mut bytes = pack(2, &entries);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let answer = [pkt("packfile\n"), band(1, &bytes), b"0000".to_vec()].concat();
    let server = StandIn::start(move |asked| match &asked.request {
        None => say(version2()),
        Some(r) if has(r, "command=ls-refs") => say(listed(&id)),
        Some(_) => say(answer.clone()),
    });
    let w = World::path();
    w.git(&["remote", "set-url", "origin", &server.git()]);
    let before = objects(&w);
    let out = w
        .call(&["log", "main", "--timeout", "1", "--json"])
        .watched()
        .run();
    all_end(&[out], &["integrity"]);
    assert_eq!(objects(&w), before, "something of the pack was kept");
}

/// Every file below the clone's objects.
fn objects(w: &World) -> Vec<String> {
    fn walk(at: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(at).unwrap().flatten() {
            let path = entry.path();
            found.push(path.display().to_string());
            if path.is_dir() {
                walk(&path, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&w.clone.join(".git/objects"), &mut found);
    found.sort();
    found
}
