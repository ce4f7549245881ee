//! `sandbox list`, `show` and `status` count as git does, on histories of any shape, and
//! ask the remote once.

use std::collections::BTreeMap;
use std::fmt::Write;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::support::{Kind, World};

/// Commits of a history, and how many of them sandboxes stand at.
const COMMITS: usize = 160;
const SANDBOXES: usize = 30;

/// A history in git-fast-import's language: chains, forks, merges of two and three, some
/// roots, and dates that are equal or some hours the wrong way round. The base and the
/// sandboxes stand anywhere.
fn history(rng: &mut StdRng) -> String {
    let mut text = String::new();
    let mut time = 1_700_000_000_i64;
    for mark in 1..=COMMITS {
        time += rng.random_range(-4..12) * 1800;
        let date = time + i64::from(rng.random_bool(0.1)) * rng.random_range(-40_000..40_000);
        let file = format!("f{}/{}.txt", rng.random_range(0..4), rng.random_range(0..9));
        let _ = write!(
            text,
            "reset refs/tmp/at\ncommit refs/tmp/at\nmark :{mark}\n\
             committer x <x@x.invalid> {date} +0000\ndata 2\nc\n"
        );
        let mut parents = Vec::new();
        let count = match rng.random_range(0..20) {
            0 => 0,
            1..=4 => 2,
            5 => 3,
            _ => 1,
        };
        while parents.len() < count.min(mark - 1) {
            let back = rng.random_range(1..=mark.saturating_sub(1).min(12));
            if !parents.contains(&(mark - back)) {
                parents.push(mark - back);
            } else if mark <= 4 {
                break;
            }
        }
        for (at, parent) in parents.iter().enumerate() {
            let word = if at == 0 { "from" } else { "merge" };
            let _ = writeln!(text, "{word} :{parent}");
        }
        let content = format!("{mark}\n");
        let _ = write!(
            text,
            "M 100644 inline {file}\ndata {}\n{content}\n",
            content.len()
        );
    }
    let base = rng.random_range(COMMITS / 2..=COMMITS);
    let _ = write!(text, "reset refs/heads/sandbox\nfrom :{base}\n\n");
    for n in 0..SANDBOXES {
        let at = rng.random_range(1..=COMMITS);
        let _ = write!(text, "reset refs/heads/sandbox-at-{n}\nfrom :{at}\n\n");
    }
    text
}

/// What git says of a branch: ahead, behind, and files since the merge base, which is left
/// out where there are several.
fn counted(w: &World, branch: &str) -> (u64, u64, Option<usize>) {
    let git = |args: &[&str]| w.remote.git(args);
    let range = format!("refs/heads/{branch}...refs/heads/sandbox");
    let counts = git(&["rev-list", "--left-right", "--count", &range]);
    let (ahead, behind) = counts.trim().split_once('\t').unwrap();
    let (tip, base) = (w.remote.tip(branch), w.remote.tip("sandbox"));
    let out = w
        .env
        .try_git(&w.remote.bare, &["merge-base", "--all", &tip, &base]);
    let bases: Vec<&str> = out.stdout.lines().collect();
    let files = match bases.as_slice() {
        [] => Some(git(&["ls-tree", "-r", "--name-only", &tip]).lines().count()),
        [one] => Some(
            git(&["diff", "--name-only", "--no-renames", one, &tip])
                .lines()
                .count(),
        ),
        _ => None,
    };
    (ahead.parse().unwrap(), behind.parse().unwrap(), files)
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("{value:#}"))
}

#[test]
fn ahead_behind_and_files_are_what_git_counts_on_any_history() {
    let w = World::path();
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    for round in 0..4 {
        let text = history(&mut rng);
        let import = ["fast-import", "--quiet", "--force"];
        w.env.git_bytes(&w.remote.bare, &import, text.as_bytes());
        let list = w.json(&["sandbox", "list"]);
        assert_eq!(list["warnings"], serde_json::json!([]), "seed {seed}");
        let listed = list["sandboxes"].as_array().unwrap();
        assert_eq!(listed.len(), SANDBOXES, "seed {seed}");
        for one in listed {
            let branch = one["branch"].as_str().unwrap();
            let place = format!("seed {seed}, round {round}, {branch}");
            let (ahead, behind, files) = counted(&w, branch);
            assert_eq!(number(one, "ahead"), ahead, "{place}: ahead");
            assert_eq!(number(one, "behind"), behind, "{place}: behind");
            assert_eq!(number(one, "commits"), ahead, "{place}: commits");
            if let Some(files) = files {
                assert_eq!(number(one, "files"), files as u64, "{place}: files");
            }
        }
        // The others count with the same pass.
        let shown = w.json(&["sandbox", "show", "sandbox-at-0"]);
        let (ahead, behind, _) = counted(&w, "sandbox-at-0");
        assert_eq!(number(&shown, "ahead"), ahead, "seed {seed}, {round}");
        assert_eq!(number(&shown, "behind"), behind, "seed {seed}, {round}");
        let commits = shown["commits"].as_array().unwrap().len() as u64;
        assert_eq!(commits, ahead, "seed {seed}, {round}");
    }
}

#[test]
fn more_forks_than_one_pass_tells_apart_are_counted_right() {
    let w = World::path();
    // A base of 700 commits with a sandbox at each, and one that has all of its own.
    let mut text = String::new();
    for mark in 1..=700 {
        let _ = write!(
            text,
            "commit refs/heads/sandbox\nmark :{mark}\n\
             committer x <x@x.invalid> {} +0000\ndata 2\nc\n",
            1_700_000_000 + 60 * mark
        );
        let _ = write!(text, "reset refs/heads/sandbox-at-{mark}\nfrom :{mark}\n\n");
    }
    let _ = write!(
        text,
        "commit refs/heads/sandbox-apart\ncommitter x <x@x.invalid> 1700000000 +0000\ndata 2\nc\n\
         M 100644 inline a.txt\ndata 2\na\n"
    );
    w.remote.git(&["update-ref", "-d", "refs/heads/sandbox"]);
    let import = ["fast-import", "--quiet"];
    w.env.git_bytes(&w.remote.bare, &import, text.as_bytes());
    let list = w.json(&["sandbox", "list"]);
    let listed = list["sandboxes"].as_array().unwrap().iter();
    let found: BTreeMap<&str, (u64, u64, u64)> = listed
        .map(|one| {
            let numbers = ["ahead", "behind", "files"].map(|field| number(one, field));
            (one["branch"].as_str().unwrap(), numbers.into())
        })
        .collect();
    assert_eq!(found.len(), 701);
    for mark in 1..=700_u64 {
        let branch = format!("sandbox-at-{mark}");
        assert_eq!(found[branch.as_str()], (0, 700 - mark, 0), "{branch}");
    }
    assert_eq!(found["sandbox-apart"], (1, 700, 1));
}

#[test]
fn sandboxes_that_were_brought_up_to_date_and_forked_from_each_other_count_their_own_work() {
    let w = World::path();
    let first = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    w.remote
        .write("sandbox", &[("base.txt", Some(b"b\n"))], "The base moves");
    w.json(&["sandbox", "sync"]);
    w.save("b.txt", "b\n", "Add b");
    let second = "sandbox-of-the-first";
    w.remote.git(&["branch", second, &first]);
    w.remote
        .write(second, &[("c.txt", Some(b"c\n"))], "Add c by plain git");
    w.remote.write(
        "sandbox",
        &[("more.txt", Some(b"m\n"))],
        "The base moves on",
    );
    let list = w.json(&["sandbox", "list"]);
    for branch in [first.as_str(), second] {
        let listed = list["sandboxes"].as_array().unwrap().iter();
        let one = listed.into_iter().find(|s| s["branch"] == branch).unwrap();
        let (ahead, behind, files) = counted(&w, branch);
        assert_eq!(number(one, "ahead"), ahead, "{one:#}");
        assert_eq!((number(one, "behind"), behind), (1, 1), "{one:#}");
        assert_eq!(Some(number(one, "files") as usize), files, "{one:#}");
        // All that came through aidf to the first is signed for the first alone.
        let unsigned = if branch == first { 0 } else { ahead };
        assert_eq!(number(one, "unsigned"), unsigned, "{one:#}");
    }
    let status = w.json(&["status"]);
    assert_eq!(number(&status, "behind"), 1, "{status:#}");
}

#[test]
fn a_list_takes_one_connection_even_where_commits_have_to_be_fetched() {
    let w = World::new(Kind::Daemon);
    let branch = w.sandbox();
    // Nothing of this is in the clone.
    w.remote.git(&["branch", "sandbox-from-afar", "main"]);
    for name in [branch.as_str(), "sandbox-from-afar"] {
        w.remote.write(name, &[("far.txt", Some(b"far\n"))], "Far");
    }
    w.remote
        .write("sandbox", &[("base.txt", Some(b"b\n"))], "The base moves");
    w.remote.reset();
    let list = w.json(&["sandbox", "list"]);
    assert_eq!(w.remote.connections(), 1);
    let listed = list["sandboxes"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "{list:#}");
    assert!(listed.iter().all(|s| s["files"] == 1), "{list:#}");
    w.remote.reset();
    w.json(&["sandbox", "list", "--archived"]);
    assert_eq!(w.remote.connections(), 1);
}
