//! Sandboxes that sync with main, land on it, and roll back what they and others did, in random
//! order, and a model that knows who wants what: nobody's work goes from main but by somebody
//! who took it back there, and everybody keeps their own.
//!
//! The short runs are always the same, the long ones of `AIDF_SOAK` are new each time.
//! `AIDF_TEST_SEED=N` replays one run, `AIDF_SIM_STEPS=N` makes runs longer.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

use crate::support::team::doc;
use crate::support::{Kind, Machine, Remote, number, randomness, text, times};

/// One thing that a writer made: a file, or a line of the shared document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    File(usize),
    Line(usize),
}

/// Lines of the document that are far enough apart to merge.
const LINES: [usize; 7] = [2, 6, 10, 14, 18, 22, 26];

fn doc_with(items: &BTreeSet<Item>) -> String {
    let lines = items.iter().filter_map(|item| match item {
        Item::Line(n) => Some((*n, format!("line {n}, changed"))),
        Item::File(_) => None,
    });
    let lines: Vec<(usize, String)> = lines.collect();
    let lines: Vec<(usize, &str)> = lines.iter().map(|(n, text)| (*n, text.as_str())).collect();
    doc(&lines)
}

/// A commit on a branch's own line.
#[derive(Debug, Clone)]
struct Made {
    id: String,
    /// What it made of each item that it changed: whether the branch has that.
    effect: BTreeMap<Item, bool>,
    /// Those that its writer meant; a merge of main means none.
    meant: BTreeSet<Item>,
    is_merge: bool,
    /// Whether it undid a merge.
    undid_merge: bool,
    /// On main, the landing that it is, undoes, or makes again.
    landing: Option<Landing>,
}

impl Made {
    fn new(id: &str, effect: BTreeMap<Item, bool>) -> Made {
        Made {
            id: id.to_owned(),
            effect,
            meant: BTreeSet::new(),
            is_merge: false,
            undid_merge: false,
            landing: None,
        }
    }
}

/// A landing, or what became of it.
#[derive(Debug, Clone)]
struct Landing {
    /// The sandbox that landed.
    of: usize,
    /// What that took off main.
    removed: BTreeSet<Item>,
    is_undone: bool,
}

struct Sandbox {
    machine: Machine,
    branch: String,
    has: BTreeSet<Item>,
    /// All that its writer ever made.
    made: BTreeSet<Item>,
    /// What its writer made, or took back: whether it shall be there.
    wants: BTreeMap<Item, bool>,
    /// What main had when it was last merged.
    seen: BTreeSet<Item>,
    line: Vec<Made>,
    /// Whether main took back what this sandbox had landed, and no sync came since.
    is_taken_back: bool,
    /// How much of its line landed.
    landed: usize,
}

struct Sim {
    remote: Remote,
    token: String,
    main: BTreeSet<Item>,
    /// The landings and rollbacks on main.
    line: Vec<Made>,
    sandboxes: Vec<Sandbox>,
    free: Vec<usize>,
    next: usize,
    rng: StdRng,
    log: Vec<String>,
    landed: usize,
    refused: usize,
}

impl Sim {
    fn new(rng: StdRng) -> Sim {
        let remote = Remote::new(Kind::Path, "demo", true);
        let text_of = doc(&[]);
        remote.write(
            "main",
            &[("doc.txt", Some(text_of.as_bytes()))],
            "A document",
        );
        let first = Machine::new(&remote);
        first.json(&[
            "sandbox",
            "init",
            "--base",
            "main",
            "--name",
            "sandbox-first-one",
        ]);
        let token = text(&first.json(&["token", "issue", "--operator"]), "token");
        let mut sim = Sim {
            remote,
            token,
            main: BTreeSet::new(),
            line: Vec::new(),
            sandboxes: Vec::new(),
            free: LINES.to_vec(),
            next: 0,
            rng,
            log: Vec::new(),
            landed: 0,
            refused: 0,
        };
        for at in 0..3 {
            sim.open(&first, at);
        }
        sim
    }

    fn open(&mut self, first: &Machine, at: usize) {
        let machine = Machine::new(&self.remote);
        machine.share_key(first);
        let opened = machine.json(&["sandbox", "init", "--base", "main"]);
        let branch = text(&opened, "branch");
        self.log.push(format!("{at} is {branch}"));
        self.sandboxes.push(Sandbox {
            machine,
            branch,
            has: self.main.clone(),
            made: BTreeSet::new(),
            wants: BTreeMap::new(),
            seen: self.main.clone(),
            line: Vec::new(),
            is_taken_back: false,
            landed: 0,
        });
    }

    fn step(&mut self) {
        let at = self.rng.random_range(0..self.sandboxes.len());
        match self.rng.random_range(0..100) {
            0..25 => self.make(at),
            25..45 => self.sync(at),
            45..62 => self.land(at),
            62..75 => self.roll_back(at, 1),
            75..82 => {
                let many = self.rng.random_range(1..4);
                self.roll_back_last(at, many);
            }
            82..90 => self.roll_back_on_main(),
            _ => self.roll_back_merge(at),
        }
        self.check();
    }

    fn make(&mut self, at: usize) {
        self.next += 1;
        let is_line = self.rng.random_range(0..3) == 0;
        let item = match self.free.pop().filter(|_| is_line) {
            Some(line) => Item::Line(line),
            None => Item::File(self.next),
        };
        let one = &mut self.sandboxes[at];
        one.has.insert(item);
        let path = match item {
            Item::Line(_) => {
                one.machine.write("../src.txt", doc_with(&one.has));
                "doc.txt".to_owned()
            }
            Item::File(n) => {
                one.machine.write("../src.txt", format!("file {n}\n"));
                format!("file{n}.txt")
            }
        };
        let source = format!("{path}=../src.txt");
        let made = one
            .machine
            .json(&["commit", &source, "--overwrite", "-m", "Something"]);
        one.made.insert(item);
        one.wants.insert(item, true);
        one.line.push(Made {
            meant: [item].into(),
            ..Made::new(&text(&made, "commit"), [(item, true)].into())
        });
        self.log
            .push(format!("{at} makes {item:?}: {}", text(&made, "commit")));
    }

    fn sync(&mut self, at: usize) {
        let one = &mut self.sandboxes[at];
        let before = one.has.clone();
        let report = one.machine.json(&["sandbox", "sync", "--from", "main"]);
        one.has = wanted(&self.main, &one.wants);
        // Where both took the same away, it is main's matter from now on; and what the writer
        // made is theirs again where main brought it back.
        let main = &self.main;
        one.wants
            .retain(|item, is_wanted| *is_wanted || main.contains(item));
        let back = one.made.intersection(&one.has);
        one.wants.extend(back.map(|item| (*item, true)));
        one.seen = self.main.clone();
        one.is_taken_back = false;
        self.log
            .push(format!("{at} syncs: {}", text(&report, "message")));
        if let Some(id) = report["commit"].as_str() {
            let made = Made {
                is_merge: true,
                ..Made::new(id, difference(&before, &one.has))
            };
            one.line.push(made);
        }
    }

    fn land(&mut self, at: usize) {
        let one = &self.sandboxes[at];
        let mut args = vec!["land", &one.branch, "--reuse-token", &self.token, "--json"];
        if self.rng.random_range(0..3) == 0 {
            args.push("--squash");
        }
        let out = one.machine.aidf(&args);
        self.log.push(format!(
            "{at} lands {}: exit {}",
            args[5..].join(" "),
            out.code
        ));
        // What is not its writer's own, and not as main had it when that was merged.
        let lacks = |item: &&Item| one.wants.get(*item) != Some(&one.has.contains(*item));
        let differs = one.has.symmetric_difference(&one.seen).find(lacks);
        if out.code == 6 {
            let why = one.is_taken_back || differs.is_some();
            assert!(why, "a false refusal\n{out}\n{}", self.story());
            self.refused += 1;
            self.sync(at);
            self.check();
            let one = &self.sandboxes[at];
            let out =
                one.machine
                    .aidf(&["land", &one.branch, "--reuse-token", &self.token, "--json"]);
            assert_eq!(out.code, 0, "{out}\n{}", self.story());
            return self.has_landed(at, &out.json());
        }
        assert_eq!(out.code, 0, "{out}\n{}", self.story());
        self.has_landed(at, &out.json());
    }

    fn has_landed(&mut self, at: usize, report: &serde_json::Value) {
        let one = &mut self.sandboxes[at];
        let before = self.main.clone();
        self.main = wanted(&self.main, &one.wants);
        let effect = difference(&before, &self.main);
        let removed = effect.iter().filter(|(_, is_there)| !**is_there);
        let removed = removed.map(|(item, _)| *item).collect();
        // What was taken off main is main's matter from now on.
        one.wants.retain(|_, is_wanted| *is_wanted);
        self.landed += 1;
        let Some(id) = report["commit"].as_str() else {
            return;
        };
        self.log.push(format!("  landed as {id}"));
        one.landed = one.line.len();
        one.seen = one.has.clone();
        let landing = Landing {
            of: at,
            removed,
            is_undone: false,
        };
        self.line.push(Made {
            landing: Some(landing),
            ..Made::new(id, effect)
        });
    }

    fn roll_back(&mut self, at: usize, many: usize) {
        let line = &self.sandboxes[at].line;
        // Whoever undoes the undoing of a merge once another merge has brought its work again
        // makes that work their own: nobody could tell it from main's.
        let last = line.len().saturating_sub(1);
        let line = line.iter().enumerate();
        let line = line.filter(|(n, made)| !made.undid_merge || *n == last);
        let line: Vec<&Made> = line.map(|(_, made)| made).collect();
        let chosen: Vec<Made> = line
            .sample(&mut self.rng, many)
            .map(|m| (*m).clone())
            .collect();
        self.undo(at, &chosen, None);
    }

    fn roll_back_merge(&mut self, at: usize) {
        let merges = self.sandboxes[at].line.iter().filter(|made| made.is_merge);
        let merges: Vec<Made> = merges.cloned().collect();
        let chosen: Vec<Made> = merges.choose(&mut self.rng).cloned().into_iter().collect();
        self.undo(at, &chosen, None);
    }

    fn roll_back_last(&mut self, at: usize, many: usize) {
        let one = &self.sandboxes[at];
        // What landed counts as main's.
        let line = &one.line[one.landed..];
        if line.len() < many {
            return;
        }
        let chosen: Vec<Made> = line[line.len() - many..].iter().rev().cloned().collect();
        // Whose work a merge brought that goes and comes several times, nobody can tell.
        if many > 1 && chosen.iter().any(|made| made.undid_merge) {
            return;
        }
        self.undo(at, &chosen, Some(many));
    }

    /// Undoes commits of a sandbox, newest first.
    fn undo(&mut self, at: usize, chosen: &[Made], last: Option<usize>) {
        if chosen.is_empty() {
            return;
        }
        let one = &mut self.sandboxes[at];
        let ids: Vec<String> = chosen.iter().map(|made| made.id.clone()).collect();
        let count = last.map(|n| n.to_string());
        let mut args = vec!["rollback"];
        match &count {
            Some(count) => args.extend(["--last", count]),
            None => args.extend(ids.iter().map(String::as_str)),
        }
        let report = one.machine.json(&args);
        let shown: Vec<&str> = ids.iter().map(|id| &id[..10]).collect();
        self.log.push(format!(
            "{at} rolls back {}: {}",
            shown.join(" "),
            text(&report, "message")
        ));
        let before = one.has.clone();
        let mut meant = BTreeSet::new();
        for made in chosen {
            take_back(&mut one.has, &made.effect);
            meant.extend(made.meant.iter().copied());
        }
        let effect = difference(&before, &one.has);
        for item in meant.iter().filter(|item| effect.contains_key(item)) {
            match effect[item] || one.seen.contains(item) {
                true => drop(one.wants.insert(*item, effect[item])),
                // Where main lacked it, too, it is main's matter whether it comes back.
                false => drop(one.wants.remove(item)),
            }
        }
        if let Some(id) = report["commit"].as_str() {
            one.line.push(Made {
                meant,
                undid_merge: chosen.iter().any(|made| made.is_merge || made.undid_merge),
                ..Made::new(id, effect)
            });
        }
    }

    fn roll_back_on_main(&mut self) {
        let Some(made) = self.line.choose(&mut self.rng).cloned() else {
            return;
        };
        let machine = &self.sandboxes[0].machine;
        let report = machine.json(&[
            "rollback",
            &made.id,
            "--branch",
            "main",
            "--reuse-token",
            &self.token,
        ]);
        self.log.push(format!(
            "main rolls back {}: {}",
            &made.id[..10],
            text(&report, "message")
        ));
        let before = self.main.clone();
        take_back(&mut self.main, &made.effect);
        if let Some(id) = report["commit"].as_str() {
            for one in &mut self.sandboxes {
                one.is_taken_back = true;
            }
            let effect = difference(&before, &self.main);
            let landing = made.landing.map(|landing| Landing {
                is_undone: !landing.is_undone,
                ..landing
            });
            // Who took something off main keeps to that.
            if let Some(landing) = landing.as_ref().filter(|landing| landing.is_undone) {
                let one = &mut self.sandboxes[landing.of];
                let back = landing
                    .removed
                    .iter()
                    .filter(|item| effect.contains_key(item));
                for item in back.filter(|item| !one.has.contains(item)) {
                    one.wants.insert(*item, false);
                }
            }
            // Where that stands again, so does what it took off.
            if let Some(landing) = landing.as_ref().filter(|landing| !landing.is_undone) {
                let one = &mut self.sandboxes[landing.of];
                let gone =
                    |item: &Item| landing.removed.contains(item) && effect.contains_key(item);
                one.wants.retain(|item, _| !gone(item));
            }
            self.line.push(Made {
                landing,
                ..Made::new(id, effect)
            });
        }
    }

    /// Every branch holds what the model says.
    fn check(&self) {
        let of_sandboxes = self.sandboxes.iter().map(|one| (&*one.branch, &one.has));
        for (branch, has) in of_sandboxes.chain([("main", &self.main)]) {
            let files = has.iter().filter_map(|item| match item {
                Item::File(n) => Some(format!("file{n}.txt")),
                Item::Line(_) => None,
            });
            let files: BTreeSet<String> = files.collect();
            let there = self.remote.files(branch).into_iter();
            let there: BTreeSet<String> = there.filter(|f| f.starts_with("file")).collect();
            assert_eq!(there, files, "the files of {branch}\n{}", self.story());
            let text = self.remote.text(branch, "doc.txt");
            let lines = text.lines().filter(|line| line.ends_with(", changed"));
            let wanted = doc_with(has);
            let wanted: Vec<&str> = wanted
                .lines()
                .filter(|l| l.ends_with(", changed"))
                .collect();
            assert_eq!(
                lines.collect::<Vec<_>>(),
                wanted,
                "the lines of {branch}\n{}",
                self.story()
            );
            assert_eq!(text, doc_with(has), "{branch}\n{}", self.story());
        }
    }

    fn story(&self) -> String {
        self.log.join("\n")
    }
}

/// What main has, but where a writer wants something else.
fn wanted(main: &BTreeSet<Item>, wants: &BTreeMap<Item, bool>) -> BTreeSet<Item> {
    let mut all = main.clone();
    for (item, is_wanted) in wants {
        match is_wanted {
            true => all.insert(*item),
            false => all.remove(item),
        };
    }
    all
}

fn difference(before: &BTreeSet<Item>, after: &BTreeSet<Item>) -> BTreeMap<Item, bool> {
    let items = before.symmetric_difference(after);
    items.map(|item| (*item, after.contains(item))).collect()
}

fn take_back(has: &mut BTreeSet<Item>, effect: &BTreeMap<Item, bool>) {
    for (item, was_made) in effect {
        match was_made {
            true => has.remove(item),
            false => has.insert(*item),
        };
    }
}

#[test]
fn work_goes_from_main_only_where_it_was_taken_back_there() {
    let is_asked = ["AIDF_SOAK", "AIDF_TEST_SEED"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    for run in 0..times(2, 20) as u64 {
        let mut sim = Sim::new(match is_asked {
            true => randomness(),
            false => StdRng::seed_from_u64(run),
        });
        for _ in 0..number("AIDF_SIM_STEPS", 60) {
            sim.step();
        }
        println!("{} landings, {} refused at first", sim.landed, sim.refused);
        assert!(sim.landed > 0, "nothing landed");
        sim.remote.is_sound();
    }
}
