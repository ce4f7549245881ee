//! The cache of `-R` takes what is used, and asks for the rest when it is needed.

use super::{COMMITS, FILES, cache_of, differing, fetched, is_in_order, large, path};
use crate::support::{CHANGELOG, Kind, MEMORY, Machine, Remote, afar, entries, text};
use serde_json::Value;

/// A sandbox that was opened from elsewhere, and a machine that has never seen the remote.
fn newcomer(remote: &Remote) -> (Machine, String, String) {
    let first = Machine::bare(remote);
    let opened = first.json(&["-R", &remote.url, "sandbox", "init"]);
    let second = Machine::bare(remote);
    second.share_key(&first);
    (
        second,
        text(&opened, "branch"),
        text(&opened, "reuse_token"),
    )
}

fn commit(machine: &Machine, token: &str, path: &str, content: &str) -> Value {
    machine.write("new.txt", content);
    let pair = format!("{path}=new.txt");
    let args = ["commit", &pair, "-m", "Change one"];
    machine.json(&afar(&machine.url, token, &args))
}

fn undo_last(machine: &Machine, token: &str) -> Value {
    let args = ["rollback", "--last", "1"];
    machine.json(&afar(&machine.url, token, &args))
}

#[test]
fn a_first_commit_fetches_only_what_it_uses() {
    for kind in [Kind::Path, Kind::Http, Kind::Daemon] {
        let remote = large(kind);
        let (machine, branch, token) = newcomer(&remote);
        let changed = path(1234);
        let report = commit(&machine, &token, &changed, "new\n");
        assert_eq!(report["files"][0]["removed"], 20, "what it was is known");
        let cache = cache_of(&machine);
        let (objects, bytes) = fetched(&machine, &cache);
        assert!(
            objects < 40 && bytes < 40_000,
            "{kind:?}: {objects}, {bytes}"
        );
        assert_eq!(
            differing(&remote, "sandbox", &branch),
            std::slice::from_ref(&changed)
        );
        assert_eq!(remote.text(&branch, &changed), "new\n");
        let log = entries(&remote.file(&branch, CHANGELOG));
        let before = entries(&remote.file("sandbox", CHANGELOG));
        assert_eq!(log.len(), before.len() + 1, "the older entries stay");
        assert_eq!(log[..before.len()], before);
        remote.is_sound();
        is_in_order(&machine, &cache);
        // The next one asks for the other file's folders alone.
        commit(&machine, &token, &path(7), "newer\n");
        let (more, _) = fetched(&machine, &cache);
        assert!(more - objects < 10, "{kind:?}: {objects}, {more}");
        // Nothing is asked for twice.
        commit(&machine, &token, &path(7), "newest\n");
        assert_eq!(fetched(&machine, &cache).0, more);
        is_in_order(&machine, &cache);
        remote.is_sound();
    }
}

#[test]
fn what_needs_more_fetches_more_and_comes_to_the_same() {
    for kind in [Kind::Path, Kind::Http] {
        let remote = large(kind);
        let (machine, branch, token) = newcomer(&remote);
        let url = remote.url.as_str();
        commit(&machine, &token, &path(1), "one\n");
        commit(&machine, &token, &path(2), "two\n");
        let whole = Machine::new(&remote);
        whole.share_key(&machine);
        let cache = cache_of(&machine);
        let calls: [&[&str]; 8] = [
            &["log", &branch, "-n", "20"],
            &["log", &branch, "--path", "m00"],
            &["sandbox", "list"],
            &["sandbox", "show", &branch],
            &["sandbox", "diff", &branch, "--patch"],
            &["backup", "list"],
            &["policy", "show"],
            &["audit", "verify", &branch],
        ];
        for args in calls {
            let narrow = machine.json(&[&["-R", url], args].concat());
            let full = whole.json(args);
            let same = |mut value: Value| {
                // Only the one machine wrote to its journal.
                value.as_object_mut().unwrap().remove("journal");
                value.as_object_mut().unwrap().remove("message");
                value
            };
            assert_eq!(same(narrow), same(full), "{args:?}");
            is_in_order(&machine, &cache);
        }
        let (objects, _) = fetched(&machine, &cache);
        assert!(objects < 600, "{kind:?}: {objects} of {FILES} files");
        // Its own commits and those of the base can be undone, by their first digits too.
        let undone = undo_last(&machine, &token);
        assert_eq!(undone["reverted_files"], serde_json::json!([path(2)]));
        let old = remote.git(&["rev-parse", &format!("main~{}", COMMITS - 3)]);
        let old_file = path(3 * 71);
        let undone = machine.json(&afar(url, &token, &["rollback", &old[..8]]));
        assert_eq!(undone["reverted_files"], serde_json::json!([old_file]));
        let before = remote.text(&format!("{old}~1"), &old_file);
        assert_eq!(remote.text(&branch, &old_file), before);
        let unknown = machine.aidf(&afar(url, &token, &["rollback", "0123456789"]));
        unknown.exits(3);
        assert_eq!(differing(&remote, "sandbox", &branch), [path(1), old_file]);
        remote.is_sound();
        is_in_order(&machine, &cache);
    }
}

#[test]
fn a_merge_and_a_landing_are_made_from_what_they_read() {
    let remote = large(Kind::Path);
    let (machine, branch, token) = newcomer(&remote);
    let url = remote.url.as_str();
    let lines = remote.text("sandbox", &path(5));
    commit(&machine, &token, &path(5), &format!("first\n{lines}"));
    let theirs = format!("{lines}last\n");
    let files = [(path(5), theirs), (path(6), "theirs\n".to_owned())];
    let files: Vec<_> = files
        .iter()
        .map(|(p, c)| (p.as_str(), Some(c.as_bytes())))
        .collect();
    remote.write("sandbox", &files, "Work on the base");
    let other = Machine::bare(&remote);
    other.share_key(&machine);
    let synced = other.json(&afar(url, &token, &["sandbox", "sync", &branch]));
    assert_eq!(synced["merged_count"], 1);
    assert_eq!(
        remote.text(&branch, &path(5)),
        format!("first\n{lines}last\n")
    );
    assert_eq!(remote.text(&branch, &path(6)), "theirs\n");
    let operator = machine.json(&["-R", url, "token", "issue", "--operator"]);
    let operator = text(&operator, "token");
    let third = Machine::bare(&remote);
    third.share_key(&machine);
    let args = ["land", &branch, "--to", "sandbox"];
    third.json(&afar(url, &operator, &args));
    assert_eq!(
        remote.text("sandbox", &path(5)),
        format!("first\n{lines}last\n")
    );
    assert!(!entries(&remote.file("sandbox", MEMORY)).is_empty());
    remote.is_sound();
    for machine in [&other, &third] {
        is_in_order(machine, &cache_of(machine));
    }
}

#[test]
fn a_server_without_filters_is_read_one_commit_deep_until_more_is_needed() {
    let remote = large(Kind::Path);
    remote.git(&["config", "uploadpack.allowFilter", "false"]);
    let (machine, branch, token) = newcomer(&remote);
    commit(&machine, &token, &path(1), "one\n");
    let cache = cache_of(&machine);
    let history = remote.count("main");
    let (objects, _) = fetched(&machine, &cache);
    assert!(objects > FILES, "{objects}");
    let here = machine.env.git(
        &cache,
        &[
            "rev-list",
            "--count",
            &format!("refs/remotes/origin/{branch}"),
        ],
    );
    assert_eq!(here, "2", "git sees the cut");
    is_in_order(&machine, &cache);
    let log = machine.json(&["-R", &remote.url, "log", &branch, "-n", "1000"]);
    assert_eq!(log["commits"].as_array().unwrap().len(), history + 1);
    remote.write("sandbox", &[("x.txt", Some(b"x\n"))], "Other");
    commit(&machine, &token, &path(2), "two\n");
    is_in_order(&machine, &cache);
    remote.is_sound();
}

#[test]
fn a_server_of_an_older_version_gives_everything() {
    let remote = large(Kind::Ssh);
    let (mut machine, branch, token) = newcomer(&remote);
    // As sshd does, unless it is told to let the variable pass.
    let script = machine.env.path("older-ssh");
    let text = "#!/bin/sh\nunset GIT_PROTOCOL\nfor last; do :; done\nexec sh -c \"$last\"\n";
    std::fs::write(&script, text).unwrap();
    crate::support::make_executable(&script);
    machine.vars = vec![("GIT_SSH_COMMAND".to_owned(), script.display().to_string())];
    commit(&machine, &token, &path(1), "one\n");
    let (objects, _) = fetched(&machine, &cache_of(&machine));
    assert!(objects > FILES + COMMITS, "{objects}");
    let log = machine.json(&["-R", &remote.url, "log", &branch, "-n", "1000"]);
    assert_eq!(
        log["commits"].as_array().unwrap().len(),
        remote.count("main") + 1
    );
    undo_last(&machine, &token);
    is_in_order(&machine, &cache_of(&machine));
    remote.is_sound();
}

#[test]
fn the_cache_follows_a_remote_that_moved_was_forced_and_was_collected() {
    let remote = large(Kind::Http);
    let (machine, branch, token) = newcomer(&remote);
    let url = remote.url.as_str();
    commit(&machine, &token, &path(1), "one\n");
    let cache = cache_of(&machine);
    // Others write far ahead.
    for n in 0..5 {
        let content = format!("{n}\n");
        remote.write(
            &branch,
            &[(&path(900 + n), Some(content.as_bytes()))],
            "By another",
        );
    }
    commit(&machine, &token, &path(2), "two\n");
    assert_eq!(remote.count(&format!("sandbox..{branch}")), 7);
    is_in_order(&machine, &cache);
    // The branch is put back, and grows another way; what was dropped is collected.
    let old = format!("{branch}~6");
    remote.git(&["update-ref", &format!("refs/heads/{branch}"), &old]);
    remote.write(&branch, &[("forced.txt", Some(b"forced\n"))], "Forced");
    remote.git(&["-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now"]);
    commit(&machine, &token, &path(3), "three\n");
    assert_eq!(remote.text(&branch, "forced.txt"), "forced\n");
    assert_eq!(remote.count(&format!("sandbox..{branch}")), 3);
    let log = machine.json(&["-R", url, "log", &branch, "-n", "1000"]);
    let all = log["commits"].as_array().unwrap().len();
    assert_eq!(all, remote.count(&branch));
    remote.is_sound();
    is_in_order(&machine, &cache);
}

#[test]
fn many_small_packs_become_one() {
    let remote = large(Kind::Path);
    let (machine, branch, token) = newcomer(&remote);
    commit(&machine, &token, &path(0), "new\n");
    let cache = cache_of(&machine);
    let packs = || {
        let all = std::fs::read_dir(cache.join("objects/pack")).unwrap();
        let all = all.map(|e| e.unwrap().path());
        all.filter(|p| p.extension().is_some_and(|e| e == "pack"))
            .count()
    };
    let (mut n, mut most) = (1, 0);
    while packs() >= most {
        most = packs();
        commit(&machine, &token, &path(n * 16), "new\n");
        n += 1;
        assert!(n < 100, "{most} packs");
    }
    assert!(
        (50..60).contains(&most) && packs() < 8,
        "{most}, {}",
        packs()
    );
    is_in_order(&machine, &cache);
    let (before, _) = fetched(&machine, &cache);
    let log = machine.json(&["-R", &remote.url, "log", &branch, "-n", "3"]);
    assert_eq!(log["commits"].as_array().unwrap().len(), 3);
    let (after, _) = fetched(&machine, &cache);
    // The history comes, which was not looked at before; what was fetched does not come again.
    let more = after - before;
    assert!(more <= COMMITS + 4, "{more}");
    remote.is_sound();
}

#[test]
fn what_the_server_lost_is_an_error_and_nothing_is_written() {
    let remote = large(Kind::Path);
    let (machine, branch, token) = newcomer(&remote);
    let url = remote.url.as_str();
    let changed = path(1234);
    // Loose objects can be taken away one by one.
    remote.git(&["config", "gc.auto", "0"]);
    machine.env.unpack(&remote.bare);
    remote.is_sound();
    let folder = changed.rsplit_once('/').unwrap().0;
    for lost in [changed.as_str(), folder, "project", CHANGELOG] {
        let id = remote.git(&["rev-parse", &format!("{branch}:{lost}")]);
        let file = remote.bare.join("objects").join(&id[..2]).join(&id[2..]);
        let kept = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let before = remote.refs();
        let fresh = Machine::bare(&remote);
        fresh.share_key(&machine);
        fresh.write("new.txt", "new\n");
        let pair = format!("{changed}=new.txt");
        let args = ["commit", &pair, "-m", "Change", "--json"];
        let out = fresh.aidf(&afar(url, &token, &args));
        assert!([3, 7].contains(&out.code), "{lost}: {out}");
        assert_eq!(remote.refs(), before, "{lost}");
        std::fs::write(&file, kept).unwrap();
        // It is there again, and the same cache works.
        let out = fresh.aidf(&afar(url, &token, &args)).ok();
        assert_eq!(out.json()["unchanged"], false, "{lost}");
        undo_last(&fresh, &token);
        is_in_order(&fresh, &cache_of(&fresh));
    }
}

#[test]
fn packs_that_cannot_become_one_are_not_tried_at_each_call() {
    let remote = large(Kind::Path);
    let (mut machine, branch, token) = newcomer(&remote);
    commit(&machine, &token, &path(1), "one\n");
    let cache = cache_of(&machine);
    // A git that is killed while it does that.
    let tried = machine.env.path("tried");
    let path_var = machine.with_git(&format!(
        "case \" $* \" in *\" repack \"*)\n\
         echo >> '{}'; echo half > \"$GIT_DIR/objects/pack/tmp_pack_half\"; exit 1;;\nesac\n\
         exec \"$real\" \"$@\"",
        tried.display()
    ));
    machine.vars.push(("PATH".to_owned(), path_var));
    let mut n = 0;
    while !tried.exists() {
        n += 1;
        assert!(n < 100, "it was never tried");
        commit(&machine, &token, &path(n * 16), "new\n");
    }
    for n in 1..4 {
        commit(&machine, &token, &path(n * 16 + 1), "new\n");
    }
    let tries = std::fs::read_to_string(&tried).unwrap().lines().count();
    assert_eq!(tries, 1);
    assert!(!cache.join("objects/pack/tmp_pack_half").exists());
    assert_eq!(remote.text(&branch, &path(17)), "new\n");
    is_in_order(&machine, &cache);
}

#[test]
fn a_pack_that_was_on_its_way_when_its_process_was_killed_goes() {
    let remote = large(Kind::Path);
    let (machine, _, token) = newcomer(&remote);
    commit(&machine, &token, &path(1), "one\n");
    let cache = cache_of(&machine);
    let left = cache.join("objects/tmp_objdir-aidf-killed");
    std::fs::create_dir_all(left.join("pack")).unwrap();
    std::fs::write(left.join("pack/tmp_pack_half"), "PACK").unwrap();
    // Whoever uses the cache at the same time may be the one that is at work there.
    let lock = std::fs::File::open(cache.with_extension("lock")).unwrap();
    lock.lock_shared().unwrap();
    commit(&machine, &token, &path(1), "two\n");
    assert!(left.exists());
    drop(lock);
    commit(&machine, &token, &path(1), "three\n");
    assert!(!left.exists());
}
