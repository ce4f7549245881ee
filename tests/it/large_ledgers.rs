//! Ledgers that are too large to be parsed at each commit: what was read in full once is
//! remembered, and nothing is written that a full reading would not have written.

use std::fs;
use std::path::PathBuf;

use crate::support::{CHANGELOG, MEMORY, World, entries, text};

/// A changelog and a memory of so many entries.
fn ledgers(n: usize) -> (String, String) {
    let (mut log, mut memory) = (String::from("# the log\n"), String::new());
    for i in 0..n {
        log.push_str(&format!(
            "- timestamp: '2026-01-01T00:00:00.000000'\n  path: docs/{i}.md\n  task_id: null\n  committed_by: somebody\n  message: 'Entry {i}: as it was'\n"
        ));
        memory.push_str(&format!(
            "- path: docs/{i}.md\n  raw_url: null\n  description: Doc {i}\n  tags:\n  - x\n  last_updated: '2026-01-01'\n  pod_owner: somebody\n"
        ));
    }
    (log, memory)
}

/// Puts ledgers of 2000 entries on the branch, and gives the changelog's text.
fn much_was_done(w: &World, branch: &str) -> String {
    let (log, memory) = ledgers(2000);
    let files = [
        (CHANGELOG, Some(log.as_bytes())),
        (MEMORY, Some(memory.as_bytes())),
    ];
    w.remote.write(branch, &files, "Much was done before");
    log
}

#[test]
fn large_ledgers_grow_by_their_entries_alone_however_often_they_were_read() {
    let w = World::path();
    let branch = w.sandbox();
    let (log, memory) = ledgers(2000);
    assert!(log.len() > 200_000 && memory.len() > 200_000);
    let files = [
        (CHANGELOG, Some(log.as_bytes())),
        (MEMORY, Some(memory.as_bytes())),
        ("docs/7.md", Some(b"seven\n".as_slice())),
        ("docs/8.md", Some(b"eight\n".as_slice())),
    ];
    w.remote.write(&branch, &files, "Much was done before");
    w.json(&["sandbox", "pull"]);
    let known = w.clone.join(".git/aidf/known-ledgers");
    let told = |n: usize| {
        let log = entries(&w.remote.file(&branch, CHANGELOG));
        assert_eq!(log.len(), 2000 + n);
        log.last().unwrap().clone()
    };
    w.save("a.txt", "a\n", "Add a");
    assert_eq!(told(1)["path"], "a.txt");
    assert!(known.exists());
    // From here on both are known.
    w.save("docs/7.md", "changed\n", "Change 7");
    assert_eq!(told(2)["path"], "docs/7.md");
    w.json(&["commit", "--rm", "docs/8.md", "-m", "Remove 8"]);
    assert_eq!(told(3)["path"], "docs/8.md");
    w.save("b.txt", "b\n", "Add b: \"quoted\" # and more");
    assert_eq!(told(4)["message"], "Add b: \"quoted\" # and more");
    let now = w.remote.text(&branch, CHANGELOG);
    assert!(now.starts_with(&log), "no byte of the older entries moved");
    let memory = entries(&w.remote.file(&branch, MEMORY));
    assert_eq!(memory.len(), 2000 - 1 + 2);
    let of = |path: &str| memory.iter().filter(|e| e["path"] == path).count();
    assert_eq!((of("docs/7.md"), of("docs/8.md"), of("b.txt")), (1, 0, 1));
    let seven = memory.iter().find(|e| e["path"] == "docs/7.md").unwrap();
    assert_ne!(text(seven, "last_updated"), "2026-01-01");
    assert_eq!(seven["description"], "Doc 7");
    w.json(&["rollback", "--last", "1"]);
    w.save("c.txt", "c\n", "Add c");
    w.remote.is_sound();
}

#[test]
fn what_is_remembered_of_a_ledger_is_of_its_very_content() {
    let w = World::path();
    let branch = w.sandbox();
    let (log, _) = ledgers(2000);
    let put = |text: &str| {
        let files = [(CHANGELOG, Some(text.as_bytes()))];
        w.remote.write(&branch, &files, "Another version");
    };
    put(&log);
    w.save("a.txt", "a\n", "Add a");
    w.save("b.txt", "b\n", "Add b");
    // Somebody else's version is read in full again.
    put(&format!("{log}- {{broken: [\n"));
    w.write("c.txt", "c\n");
    w.refuses(&["commit", "c.txt", "-m", "Add c"], 7);
    put(&log.replace("path: docs/3.md", "path: &x docs/3.md"));
    w.json(&["commit", "c.txt", "-m", "Add c"]);
    // Losing what is remembered, or its damage, changes nothing.
    let known = w.clone.join(".git/aidf/known-ledgers");
    for damage in ["", "no id\n\u{0}\n", &"f".repeat(100_000)] {
        fs::write(&known, damage).unwrap();
        w.save("c.txt", damage.len().to_string(), "Change c");
    }
    assert_eq!(
        entries(&w.remote.file(&branch, CHANGELOG)).len(),
        2000 + 1 + 3
    );
}

#[test]
fn a_large_file_that_changes_little_is_sent_as_its_change() {
    let w = World::path();
    let branch = w.sandbox();
    much_was_done(&w, &branch);
    w.json(&["sandbox", "pull"]);
    // The server keeps each pack that it takes, completed by the bases of a thin one.
    w.remote.git(&["config", "receive.unpackLimit", "1"]);
    let packs = |but: &[PathBuf]| -> Vec<PathBuf> {
        let packs = fs::read_dir(w.remote.bare.join("objects/pack")).unwrap();
        let packs = packs.map(|p| p.unwrap().path());
        let packs = packs.filter(|p| p.extension().is_some_and(|e| e == "idx"));
        packs.filter(|p| !but.contains(p)).collect()
    };
    let listed = |index: &[PathBuf]| {
        assert_eq!(index.len(), 1, "{index:?}");
        let path = index[0].to_str().unwrap();
        w.remote.git(&["verify-pack", "-v", path])
    };
    let commit = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let first = packs(&[]);
    let list = listed(&first);
    for path in [CHANGELOG, MEMORY] {
        let at = |rev: &str| w.remote.git(&["rev-parse", &format!("{rev}:{path}")]);
        let (now, before) = (at(&commit), at(&format!("{commit}^")));
        let line = list.lines().find(|l| l.starts_with(&now));
        let line = line.unwrap_or_else(|| panic!("{path} was not sent\n{list}"));
        // Id, type, size, size in the pack, offset, depth, base.
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words.get(6), Some(&before.as_str()), "{line}");
        assert!(words[3].parse::<usize>().unwrap() < 500, "{line}");
    }
    // The memory has that file with this date already: it stays, and is not sent again. Between
    // two commits the date may change, and between three it does so once.
    let at = |path: &str| w.remote.git(&["rev-parse", &format!("{branch}:{path}")]);
    let mut there = first;
    let stays = ["more\n", "and more\n"].map(|content| {
        let before = [CHANGELOG, MEMORY].map(at);
        w.save("a.txt", content, "Change a");
        let new = packs(&there);
        let list = listed(&new);
        there.extend(new);
        let (log, memory) = (at(CHANGELOG), at(MEMORY));
        assert!(log != before[0] && list.contains(&log), "{list}");
        assert_eq!(list.contains(&memory), memory != before[1], "{list}");
        memory == before[1]
    });
    assert!(stays.contains(&true));
    w.remote.is_sound();
    w.clone_is_sound();
}

#[test]
fn two_machines_write_large_ledgers_in_turns_and_every_entry_stands() {
    let w = World::path();
    let opened = w.init();
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let log = much_was_done(&w, &branch);
    let other = w.other();
    other.share_key(&w);
    for n in 0..3 {
        for (who, machine) in [("one", &*w), ("two", &other)] {
            let path = format!("{who}-{n}.txt");
            machine.write(&path, format!("{n}\n"));
            let message = format!("{who} number {n}");
            let args = ["commit", &path, "-m", &message, "--reuse-token", &token];
            machine.json(&args);
        }
    }
    let text = w.remote.text(&branch, CHANGELOG);
    assert!(text.starts_with(&log), "no byte of the older entries moved");
    let all = entries(text.as_bytes());
    let last: Vec<_> = all[2000..].iter().map(|e| e["message"].clone()).collect();
    let wanted = [
        "one number 0",
        "two number 0",
        "one number 1",
        "two number 1",
        "one number 2",
        "two number 2",
    ];
    assert_eq!(last, wanted);
    let memory = entries(&w.remote.file(&branch, MEMORY));
    assert_eq!(memory.len(), 2006);
    w.remote.is_sound();
}

#[test]
fn a_ledger_that_stays_as_it_is_is_remembered_while_another_grows() {
    let w = World::path();
    let branch = w.sandbox();
    much_was_done(&w, &branch);
    w.json(&["sandbox", "pull"]);
    w.save("a.txt", "a\n", "Add a");
    let known = w.clone.join(".git/aidf/known-ledgers");
    let newest = || fs::read_to_string(&known).unwrap();
    let of_memory = newest();
    let of_memory = of_memory.lines().find(|l| l.ends_with(MEMORY)).unwrap();
    // As many of other ledgers as are kept, and this one as the last of them.
    let others: String = (0..63).map(|n| format!("{n:040x} other.yaml\n")).collect();
    fs::write(&known, format!("{others}{of_memory}\n")).unwrap();
    w.save("a.txt", "more\n", "Change a");
    let newest = newest();
    let newest: Vec<&str> = newest.lines().take(2).collect();
    assert!(newest.iter().any(|l| l.ends_with(MEMORY)), "{newest:?}");
}

#[test]
fn a_ledger_is_known_after_an_entry_was_described_anew_or_removed() {
    let w = World::path();
    let branch = w.sandbox();
    much_was_done(&w, &branch);
    let eight = [("docs/8.md", Some(b"eight\n".as_slice()))];
    w.remote.write(&branch, &eight, "Eight");
    w.json(&["sandbox", "pull"]);
    let known = || {
        let blob = format!("refs/heads/{branch}:{MEMORY}");
        let line = format!("{} {MEMORY}", w.remote.git(&["rev-parse", &blob]));
        let remembered = fs::read_to_string(w.clone.join(".git/aidf/known-ledgers")).unwrap();
        assert!(remembered.lines().any(|l| l == line), "{remembered}");
        let memory = w.remote.text(&branch, MEMORY);
        let others = memory
            .split_inclusive("- ")
            .filter(|e| e.contains("Doc ") && !e.contains("docs/7.md") && !e.contains("docs/8.md"));
        assert_eq!(others.count(), 1998, "the others stand as they were");
        entries(memory.as_bytes())
    };
    w.write("docs/7.md", "seven\n");
    let describe = |words: &str| {
        w.json(&["commit", "docs/7.md", "-m", "Seven", "--description", words]);
        let memory = known();
        assert_eq!(
            (memory.len(), text(&memory[7], "path")),
            (2000, "docs/7.md".into())
        );
        assert_eq!(
            text(&memory[7], "description"),
            words,
            "it stands where it stood"
        );
    };
    describe("The seventh");
    w.write("docs/7.md", "seven, again\n");
    describe("The seventh: again");
    w.json(&["commit", "--rm", "docs/8.md", "-m", "Remove eight"]);
    let memory = known();
    assert_eq!(memory.len(), 1999);
    assert!(memory.iter().all(|e| e["path"] != "docs/8.md"));
    w.json(&["rollback", "--last", "1"]);
    let memory = known();
    assert_eq!(text(memory.last().unwrap(), "path"), "docs/8.md");
    w.remote.is_sound();
}
