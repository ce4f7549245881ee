//! Several working copies of one sandbox, ordinary git and aidf commands in random order,
//! and a model that knows who set each line: nobody's line goes but by a command whose user
//! changed it, nobody's own line stays behind, and edits apart never conflict.
//!
//! `AIDF_SIM_SEED=N` replays one run, `AIDF_SIM_STEPS=N` makes runs longer,
//! `AIDF_SIM_RUNS=N` makes more of them, `AIDF_SIM_LOG=N` shows more of what led to a
//! fault, and `AIDF_SIM_KEEP=FOLDER` copies the faulty working copy there.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{Env, Kind, Machine, Out, Remote, number};

/// Lines that writers set; between them stand lines that nobody touches.
const SLOTS: usize = 6;
/// The seed of the first of the runs that are always the same.
const FIRST_SEEDS: u64 = 9_000;
const FILES: [&str; 3] = ["docs/one.txt", "docs/two.txt", "top.txt"];

type Slot = (String, usize);
/// What each slot holds; a file that is not there has none.
type Lines = BTreeMap<Slot, String>;

fn render(file: &str, values: &[String]) -> String {
    let mut text = String::new();
    for (slot, value) in values.iter().enumerate() {
        for n in 0..3 {
            text.push_str(&format!("{file} above {slot}, line {n}\n"));
        }
        text.push_str(&format!("= {value}\n"));
    }
    text
}

fn read_lines(file: &str, text: &str, into: &mut Lines) {
    let values = text.lines().filter_map(|l| l.strip_prefix("= "));
    for (slot, value) in values.enumerate() {
        into.insert((file.to_owned(), slot), value.to_owned());
    }
}

/// A change that is not on the branch yet.
#[derive(Debug, Clone)]
struct Own {
    /// What the user set; none: the file was deleted.
    value: Option<String>,
    /// What the file held before.
    seen: Option<String>,
}

struct Copy {
    machine: Machine,
    own: BTreeMap<Slot, Own>,
    /// Changes that only a commit of this clone holds, each with that commit: git can bring
    /// them back.
    local: BTreeMap<Slot, (Own, String)>,
}

impl Copy {
    fn lines(&self, files: &[String]) -> Lines {
        let mut lines = Lines::new();
        for file in files {
            if let Ok(text) = std::fs::read_to_string(self.machine.clone.join(file)) {
                read_lines(file, &text, &mut lines);
            }
        }
        lines
    }

    /// Forgets changes that the files do not hold any more, for git took them away; and
    /// learns of those that git brought back from a commit of this clone.
    fn settle(&mut self, files: &[String]) {
        let now = self.lines(files);
        self.own
            .retain(|slot, own| now.get(slot) == own.value.as_ref());
        let back: Vec<_> = self
            .local
            .iter()
            .filter(|(slot, (own, _))| {
                !self.own.contains_key(slot) && now.get(slot) == own.value.as_ref()
            })
            .map(|(slot, (own, _))| (slot.clone(), own.clone()))
            .collect();
        if back.is_empty() {
            return;
        }
        let head = self.head_lines(files);
        let back = back
            .into_iter()
            .filter(|(slot, own)| head.get(slot) == own.value.as_ref());
        // A commit that never had the file has not deleted it.
        let machine = &self.machine;
        let back: Vec<_> = back
            .filter(|(slot, own)| {
                own.value.is_some()
                    || !machine
                        .git(&["log", "-1", "--format=%h", "HEAD", "--", &slot.0])
                        .is_empty()
            })
            .collect();
        self.own.extend(back);
    }

    /// What the checked out commit holds.
    fn head_lines(&self, files: &[String]) -> Lines {
        let machine = &self.machine;
        lines_at(&machine.env, &machine.clone, "HEAD", files)
    }
}

/// What a commit holds of the files: one call of git, for there are many.
fn lines_at(env: &Env, dir: &Path, rev: &str, files: &[String]) -> Lines {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in env.try_git(dir, &["grep", "^= ", rev]).stdout.lines() {
        let named = line.strip_prefix(rev).and_then(|l| l.strip_prefix(':'));
        let Some((file, value)) = named.and_then(|l| l.split_once(":= ")) else {
            continue;
        };
        if files.iter().any(|f| f == file) {
            let values = values.entry(file.to_owned()).or_default();
            values.push(value.to_owned());
        }
    }
    let mut lines = Lines::new();
    for (file, values) in values {
        for (slot, value) in values.into_iter().enumerate() {
            lines.insert((file.clone(), slot), value);
        }
    }
    lines
}

struct Sim {
    remote: Remote,
    branch: String,
    token: String,
    files: Vec<String>,
    /// Those that the branch ever had, as far as a commit saw it.
    ever: BTreeSet<String>,
    copies: Vec<Copy>,
    rng: StdRng,
    next: usize,
    log: Vec<String>,
    commits: usize,
    conflicts: usize,
    doubts: std::cell::Cell<usize>,
}

impl Sim {
    fn new(seed: u64) -> Sim {
        let remote = Remote::new(Kind::Path, "demo", true);
        let first: Vec<(String, String)> = FILES
            .iter()
            .map(|file| {
                let values: Vec<String> = (0..SLOTS).map(|n| format!("start {n}")).collect();
                (file.to_string(), render(file, &values))
            })
            .collect();
        let edits: Vec<(&str, Option<&[u8]>)> = first
            .iter()
            .map(|(f, t)| (f.as_str(), Some(t.as_bytes())))
            .collect();
        remote.write("sandbox", &edits, "Files");
        let machine = Machine::new(&remote);
        let opened = machine.init();
        let branch = opened["branch"].as_str().unwrap().to_owned();
        let token = opened["reuse_token"].as_str().unwrap().to_owned();
        let mut copies = vec![machine];
        for _ in 0..2 {
            let other = Machine::new(&remote);
            other.share_key(&copies[0]);
            other.json(&["sandbox", "init", "--reuse-token", &token]);
            copies.push(other);
        }
        for machine in &copies {
            machine.git(&["config", "user.name", "Somebody"]);
            machine.git(&["config", "user.email", "some@body.invalid"]);
            machine.git(&["config", "pull.rebase", "false"]);
        }
        Sim {
            remote,
            branch,
            token,
            files: FILES.iter().map(|f| f.to_string()).collect(),
            ever: BTreeSet::new(),
            copies: copies
                .into_iter()
                .map(|machine| Copy {
                    machine,
                    own: BTreeMap::new(),
                    local: BTreeMap::new(),
                })
                .collect(),
            rng: StdRng::seed_from_u64(seed),
            next: 0,
            log: Vec::new(),
            commits: 0,
            conflicts: 0,
            doubts: std::cell::Cell::new(0),
        }
    }

    fn branch_lines(&self) -> Lines {
        lines_at(
            &self.copies[0].machine.env,
            &self.remote.bare,
            &self.branch,
            &self.files,
        )
    }

    fn say(&mut self, at: usize, what: impl Into<String>) {
        self.log.push(format!("copy {at}: {}", what.into()));
    }

    fn step(&mut self) {
        let at = self.rng.random_range(0..self.copies.len());
        match self.rng.random_range(0..100) {
            0..34 => self.edit(at),
            34..37 => self.delete(at),
            37..40 => self.create(at),
            40..46 => self.undo(at),
            46..60 => self.commit(at, Take::One),
            60..70 => self.commit(at, Take::All),
            70..75 => self.commit(at, Take::Folder),
            75..81 => self.pull(at),
            81..84 => self.git(at, &["fetch", "--quiet"]),
            84..87 => self.git(at, &["status", "--short"]),
            87..90 => self.discard(at),
            90..93 => self.local_commit(at),
            93..95 => self.git_pull(at),
            95..97 => self.switch(at),
            97..98 => self.back(at),
            98..99 => self.resume(at),
            _ => self.new_clone(at),
        }
    }

    fn set(&mut self, at: usize, slot: Slot, value: String) {
        let copy = &mut self.copies[at];
        let path = copy.machine.clone.join(&slot.0);
        let text = std::fs::read_to_string(&path).unwrap();
        let mut values: Vec<String> = text
            .lines()
            .filter_map(|l| l.strip_prefix("= "))
            .map(str::to_owned)
            .collect();
        let before = std::mem::replace(&mut values[slot.1], value.clone());
        // In place, as most editors do: git alone makes files anew.
        std::fs::write(&path, render(&slot.0, &values)).unwrap();
        let seen = copy.own.get(&slot).map_or(Some(before), |o| o.seen.clone());
        let own = Own {
            value: Some(value),
            seen,
        };
        // Back to what it was is no change.
        match own.value == own.seen {
            true => drop(copy.own.remove(&slot)),
            false => drop(copy.own.insert(slot, own)),
        }
    }

    fn pick(&mut self, at: usize) -> Option<(Slot, String)> {
        let lines = self.copies[at].lines(&self.files);
        let all: Vec<_> = lines.into_iter().collect();
        all.choose(&mut self.rng).cloned()
    }

    fn edit(&mut self, at: usize) {
        let Some((slot, _)) = self.pick(at) else {
            return;
        };
        self.next += 1;
        let value = format!("by {at}, number {}", self.next);
        self.say(at, format!("edit {slot:?}: {value}"));
        self.set(at, slot, value);
    }

    /// By hand back to what HEAD has.
    fn undo(&mut self, at: usize) {
        let Some((slot, now)) = self.pick(at) else {
            return;
        };
        let lines = self.copies[at].head_lines(std::slice::from_ref(&slot.0));
        let Some(value) = lines.get(&slot).filter(|v| **v != now).cloned() else {
            return;
        };
        self.say(at, format!("undo {slot:?}: {value}"));
        self.set(at, slot, value);
    }

    fn delete(&mut self, at: usize) {
        let Some((slot, _)) = self.pick(at) else {
            return;
        };
        self.say(at, format!("delete {}", slot.0));
        let lines = self.copies[at].lines(std::slice::from_ref(&slot.0));
        let copy = &mut self.copies[at];
        std::fs::remove_file(copy.machine.clone.join(&slot.0)).unwrap();
        for (slot, value) in lines {
            let seen = copy.own.get(&slot).map_or(Some(value), |o| o.seen.clone());
            // What was not there before is only gone again.
            match seen {
                None => drop(copy.own.remove(&slot)),
                seen => drop(copy.own.insert(slot, Own { value: None, seen })),
            }
        }
    }

    fn create(&mut self, at: usize) {
        self.next += 1;
        let file = format!("docs/new{}.txt", self.next);
        self.say(at, format!("create {file}"));
        let values: Vec<String> = (0..SLOTS).map(|n| format!("new by {at}, {n}")).collect();
        self.copies[at].machine.write(&file, render(&file, &values));
        for (n, value) in values.into_iter().enumerate() {
            let own = Own {
                value: Some(value),
                seen: None,
            };
            self.copies[at].own.insert((file.clone(), n), own);
        }
        self.files.push(file);
    }

    fn commit(&mut self, at: usize, take: Take) {
        let before = self.branch_lines();
        let machine = &self.copies[at].machine;
        let (args, taken): (Vec<String>, Vec<String>) = match take {
            Take::All => (vec!["-a".into()], self.files.clone()),
            Take::Folder => {
                if !machine.clone.join("docs").is_dir() {
                    return;
                }
                let there = |f: &&String| f.starts_with("docs/") && machine.clone.join(f).is_file();
                let taken: Vec<String> = self.files.iter().filter(there).cloned().collect();
                if taken.is_empty() {
                    return;
                }
                (vec!["docs".into()], taken)
            }
            Take::One => {
                let Some(file) = self.files.choose(&mut self.rng).cloned() else {
                    return;
                };
                if machine.clone.join(&file).is_file() {
                    (vec![file.clone()], vec![file])
                } else if self.copies[at].own.keys().any(|s| s.0 == file) {
                    (vec!["--rm".into(), file.clone()], vec![file])
                } else {
                    return;
                }
            }
        };
        let mut call = vec!["commit", "-m", "A change"];
        call.extend(args.iter().map(String::as_str));
        let out = self.copies[at].machine.aidf(&call);
        self.say(at, format!("{}: exit {}", call.join(" "), out.code));
        let after = self.branch_lines();
        let seen = before.keys().chain(after.keys());
        self.ever.extend(seen.map(|slot| slot.0.clone()));
        let ever = &self.ever;
        let own = &self.copies[at].own;
        match out.code {
            0 => {
                let slots = before.keys().chain(after.keys());
                for slot in slots {
                    let (was, is) = (before.get(slot), after.get(slot));
                    if was != is {
                        let meant = own.get(slot).is_some_and(|o| o.value.as_ref() == is);
                        assert!(
                            meant,
                            "{}",
                            self.fault(
                                at,
                                slot,
                                was,
                                is,
                                "a line that nobody here changed is undone"
                            )
                        );
                    }
                }
                for (slot, own) in own.iter().filter(|(s, _)| taken.contains(&s.0)) {
                    let is = after.get(slot);
                    assert!(
                        is == own.value.as_ref(),
                        "{}",
                        self.fault(
                            at,
                            slot,
                            before.get(slot),
                            is,
                            "an own line is not written, though exit 0"
                        )
                    );
                }
                let copy = &mut self.copies[at];
                // What was written on top of a local commit took its changes along; what the
                // branch never had was not taken from it.
                let there = |file: &str| ever.contains(file);
                let landed: Vec<String> = copy.own.keys().map(|s| s.0.clone()).collect();
                let landed =
                    |file: &String| taken.contains(file) && landed.contains(file) && there(file);
                let machine = &copy.machine;
                let is_below = |commit: &str| {
                    let ask = ["merge-base", "--is-ancestor", commit, "HEAD"];
                    machine.env.try_git(&machine.clone, &ask).code == 0
                };
                copy.local
                    .retain(|s, (_, commit)| !(landed(&s.0) && is_below(commit)));
                copy.local
                    .retain(|s, (own, _)| after.get(s) != own.value.as_ref());
                copy.own.retain(|s, _| !taken.contains(&s.0));
                self.commits += 1;
            }
            6 => {
                assert_eq!(before, after, "a conflict wrote something");
                self.conflicts += 1;
                let real = self.is_doubt(&out) || self.is_in_conflict(at, &taken, &before);
                assert!(real, "a false conflict\n{out}\n{}", self.story(at));
            }
            // Nothing of the folder may be left to take.
            2 => {}
            3 if args[0] == "--rm" => {
                self.copies[at].own.retain(|s, _| !taken.contains(&s.0));
            }
            _ => panic!("{out}\n{}", self.story(at)),
        }
    }

    /// Whether a conflict is one of two bases: git left no trace of which it was.
    fn is_doubt(&self, out: &Out) -> bool {
        let doubt = out.all().contains("more than one version could be");
        self.doubts.set(self.doubts.get() + usize::from(doubt));
        doubt
    }

    /// Whether somebody else changed what this copy changed, since it saw it.
    fn is_in_conflict(&self, at: usize, taken: &[String], branch: &Lines) -> bool {
        let own = self.copies[at].own.iter();
        own.filter(|(s, _)| taken.contains(&s.0))
            .any(|(slot, own)| {
                let there = branch.get(slot);
                there != own.seen.as_ref() && there != own.value.as_ref()
            })
    }

    fn pull(&mut self, at: usize) {
        let branch = self.branch_lines();
        let out = self.copies[at].machine.aidf(&["sandbox", "pull"]);
        self.say(at, format!("pull: exit {}", out.code));
        let files = self.files.clone();
        if out.code == 6 {
            assert!(
                self.is_doubt(&out) || self.is_in_conflict(at, &files, &branch),
                "a false conflict\n{out}\n{}",
                self.story(at)
            );
            self.mend(at, &branch);
        } else {
            assert_eq!(out.code, 0, "{out}\n{}", self.story(at));
        }
        let now = self.copies[at].lines(&files);
        if out.code == 6 && self.is_doubt(&out) {
            // The user kept the side of the files in all that was shown as in doubt.
            let copy = &mut self.copies[at];
            let all = now.keys().chain(branch.keys());
            for slot in all.filter(|s| now.get(*s) != branch.get(*s)) {
                let own = Own {
                    value: now.get(slot).cloned(),
                    seen: branch.get(slot).cloned(),
                };
                copy.own.entry(slot.clone()).or_insert(own);
            }
        }
        for slot in now.keys().chain(branch.keys()) {
            let expected = match self.copies[at].own.get(slot) {
                Some(own) => own.value.as_ref(),
                None => branch.get(slot),
            };
            assert!(
                now.get(slot) == expected,
                "{}\n{out}",
                self.fault(at, slot, expected, now.get(slot), "pull left another line")
            );
        }
        for (slot, own) in &mut self.copies[at].own {
            own.seen = branch.get(slot).cloned();
        }
        // What the branch has as well is no change any more.
        self.copies[at].own.retain(|_, own| own.value != own.seen);
    }

    /// Keeps one's own side of every conflict.
    fn mend(&mut self, at: usize, branch: &Lines) {
        for file in self.files.clone() {
            let path = self.copies[at].machine.clone.join(&file);
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            let mut side = 0;
            let mut kept = String::new();
            let mut slots = 0;
            for line in text.lines() {
                match line.get(..7) {
                    Some("<<<<<<<") => side = 1,
                    Some("=======") if side == 1 => side = 2,
                    Some(">>>>>>>") => side = 0,
                    _ if side == 2 => {}
                    _ => {
                        kept.push_str(&format!("{line}\n"));
                        let Some(value) = line.strip_prefix("= ") else {
                            continue;
                        };
                        let slot = (file.clone(), slots);
                        slots += 1;
                        let seen = branch.get(&slot).cloned();
                        // What was shown as a conflict and kept is a change of the user's.
                        if side == 1 && seen.as_deref() != Some(value) {
                            let value = Some(value.to_owned());
                            let own = Own { value, seen };
                            self.copies[at].own.entry(slot).or_insert(own);
                        }
                    }
                }
            }
            if kept != text {
                std::fs::write(&path, kept).unwrap();
            }
            // A file that they deleted and we changed stays, all of it ours now.
            let gone = !branch.keys().any(|s| s.0 == file);
            let ours = self.copies[at]
                .own
                .iter()
                .any(|(s, o)| s.0 == file && o.value.is_some());
            if gone && ours {
                for (slot, value) in self.copies[at].lines(&[file]) {
                    let own = Own {
                        value: Some(value),
                        seen: None,
                    };
                    self.copies[at].own.insert(slot, own);
                }
            }
        }
        let files = self.files.clone();
        self.copies[at].settle(&files);
    }

    fn git(&mut self, at: usize, args: &[&str]) {
        self.say(at, format!("git {}", args.join(" ")));
        let machine = &self.copies[at].machine;
        machine.env.try_git(&machine.clone, args);
        let files = self.files.clone();
        self.copies[at].settle(&files);
    }

    /// What git writes anew holds what HEAD has, and no change of ours but that of a commit
    /// of this clone, as it was made.
    fn discard(&mut self, at: usize) {
        let stamps = |sim: &Sim| -> Vec<_> {
            let clone = &sim.copies[at].machine.clone;
            let meta = sim.files.iter().map(|f| clone.join(f).symlink_metadata());
            meta.map(|m| m.and_then(|m| m.created()).ok()).collect()
        };
        let before = stamps(self);
        self.git(at, &["checkout", "--", "."]);
        let after = stamps(self);
        let files = self.files.iter().zip(before.iter().zip(&after));
        let anew: Vec<String> = files
            .filter(|(_, (before, after))| before != after)
            .map(|(file, _)| file.clone())
            .collect();
        let copy = &mut self.copies[at];
        let now = copy.lines(&anew);
        copy.own.retain(|slot, _| !anew.contains(&slot.0));
        let kept = copy.local.iter().filter(|(slot, (own, _))| {
            anew.contains(&slot.0) && now.get(slot) == own.value.as_ref()
        });
        copy.own
            .extend(kept.map(|(s, (own, _))| (s.clone(), own.clone())));
    }

    fn local_commit(&mut self, at: usize) {
        self.git(at, &["add", "-A"]);
        let files = self.files.clone();
        let head = self.copies[at].head_lines(&files);
        let copy = &mut self.copies[at];
        // A file that is as HEAD has it is in no commit.
        let now = copy.lines(&files);
        let slots = now.keys().chain(head.keys());
        let changed = slots.filter(|s| now.get(*s) != head.get(*s));
        let changed: Vec<String> = changed.map(|s| s.0.clone()).collect();
        let own = copy.own.iter().filter(|(s, _)| changed.contains(&s.0));
        let own: Vec<_> = own.map(|(s, o)| (s.clone(), o.clone())).collect();
        self.git(at, &["commit", "--quiet", "-m", "Local"]);
        let copy = &mut self.copies[at];
        let commit = copy.machine.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let local = own.into_iter().map(|(s, o)| (s, (o, commit.clone())));
        copy.local.extend(local);
    }

    fn git_pull(&mut self, at: usize) {
        let before = self.branch_lines();
        let machine = &self.copies[at].machine;
        let head = machine.git(&["symbolic-ref", "--short", "HEAD"]);
        let out = machine
            .env
            .try_git(&machine.clone, &["pull", "--quiet", "--no-edit"]);
        if out.code != 0 {
            machine.env.try_git(&machine.clone, &["merge", "--abort"]);
        }
        let code = out.code;
        self.log.push(format!("copy {at}: git pull: exit {code}"));
        let on_own = head.trim() == self.branch && out.code == 0;
        let files = self.files.clone();
        self.copies[at].settle(&files);
        if on_own {
            for (slot, own) in &mut self.copies[at].own {
                own.seen = before.get(slot).cloned();
            }
        }
    }

    fn switch(&mut self, at: usize) {
        let branch = self.branch_lines();
        let files = self.files.clone();
        let head = self.copies[at].head_lines(&files);
        let here = self.copies[at].lines(&files);
        let machine = &self.copies[at].machine;
        // Where the local branch has commits of its own, it is gone to as it is.
        let own_branch = format!("refs/heads/{}", self.branch);
        let local = lines_at(&machine.env, &machine.clone, &own_branch, &files);
        let out = machine.aidf(&["sandbox", "switch"]);
        self.say(at, format!("switch: exit {}", out.code));
        let now = self.copies[at].lines(&files);
        // What the commit holds that was left is there, and not in the files.
        let copy = &mut self.copies[at];
        copy.own.retain(|slot, own| {
            now.get(slot) == own.value.as_ref() || head.get(slot) != own.value.as_ref()
        });
        for (slot, own) in &self.copies[at].own {
            assert!(
                now.get(slot) == own.value.as_ref(),
                "{}",
                self.fault(
                    at,
                    slot,
                    own.value.as_ref(),
                    now.get(slot),
                    "switch lost a change"
                )
            );
        }
        // As `git switch` has it, a change is one over HEAD, whoever has HEAD's content.
        let over_head = |to: &Lines| {
            here.keys().chain(head.keys()).any(|slot| {
                let (ours, base, theirs) = (here.get(slot), head.get(slot), to.get(slot));
                ours != base && theirs != base && ours != theirs
            })
        };
        match out.code {
            0 => {}
            6 => assert!(
                out.stderr.contains("is staged")
                    || over_head(&branch)
                    || over_head(&local)
                    || self.is_doubt(&out)
                    || self.is_in_conflict(at, &files, &branch)
                    || self.is_in_conflict(at, &files, &local),
                "a false conflict\n{out}\n{}",
                self.story(at)
            ),
            _ => panic!("{out}\n{}", self.story(at)),
        }
        if out.code == 0 {
            self.copies[at].settle(&files);
            let machine = &self.copies[at].machine;
            let tip = self.remote.tip(&self.branch);
            if machine.git(&["rev-parse", "HEAD"]).trim() == tip {
                for (slot, own) in &mut self.copies[at].own {
                    own.seen = branch.get(slot).cloned();
                }
            }
        }
    }

    fn back(&mut self, at: usize) {
        let at_before = self.copies[at].machine.git(&["rev-parse", "HEAD"]);
        self.git(at, &["checkout", "--quiet", "main"]);
        if self.copies[at].machine.git(&["rev-parse", "HEAD"]) == at_before {
            return;
        }
        // A deletion that came along to a commit without the file is none any more.
        let files = self.files.clone();
        let head = self.copies[at].head_lines(&files);
        self.copies[at]
            .own
            .retain(|slot, own| own.value.is_some() || head.contains_key(slot));
    }

    fn resume(&mut self, at: usize) {
        self.say(at, "resume");
        let token = self.token.clone();
        self.copies[at]
            .machine
            .json(&["sandbox", "init", "--reuse-token", &token]);
    }

    fn new_clone(&mut self, at: usize) {
        self.say(at, "new clone");
        self.copies[at].machine.clone_again();
        self.copies[at].own.clear();
        self.copies[at].local.clear();
        let machine = &self.copies[at].machine;
        machine.git(&["config", "user.name", "Somebody"]);
        machine.git(&["config", "user.email", "some@body.invalid"]);
        machine.git(&["config", "pull.rebase", "false"]);
        self.resume(at);
    }

    fn fault(
        &self,
        at: usize,
        slot: &Slot,
        was: Option<&String>,
        is: Option<&String>,
        what: &str,
    ) -> String {
        format!(
            "{what}: {slot:?} was {was:?}, is {is:?}; own: {:?}\n{}",
            self.copies[at].own.get(slot),
            self.story(at)
        )
    }

    fn story(&self, at: usize) -> String {
        if let Ok(folder) = std::env::var("AIDF_SIM_KEEP") {
            let clone = &self.copies[at].machine.clone;
            let copied = std::process::Command::new("cp")
                .arg("-a")
                .arg(clone)
                .arg(folder)
                .status();
            assert!(
                copied.unwrap().success(),
                "the working copy could not be kept"
            );
        }
        let from = self
            .log
            .len()
            .saturating_sub(number("AIDF_SIM_LOG", 60) as usize);
        format!(
            "own of copy {at}: {:#?}\n{}",
            self.copies[at].own,
            self.log[from..].join("\n")
        )
    }
}

#[derive(Clone, Copy)]
enum Take {
    One,
    All,
    Folder,
}

#[test]
fn nobodys_line_is_lost_over_days_machines_and_merges() {
    let replay = std::env::var("AIDF_SIM_SEED")
        .ok()
        .and_then(|v| v.parse().ok());
    let runs = if replay.is_some() {
        1
    } else {
        number("AIDF_SIM_RUNS", 2)
    };
    // A few runs are always the same; whoever asks for more gets new ones.
    let asked = std::env::var_os("AIDF_SIM_RUNS").is_some();
    for run in 0..runs {
        let new = || match asked {
            true => rand::random_range(0..1_000_000_000),
            false => FIRST_SEEDS + run,
        };
        let seed: u64 = replay.unwrap_or_else(new);
        println!("replay with AIDF_SIM_SEED={seed}");
        let mut sim = Sim::new(seed);
        for _ in 0..number("AIDF_SIM_STEPS", 120) {
            sim.step();
        }
        println!(
            "{} commits, {} conflicts, {} of them in doubt",
            sim.commits,
            sim.conflicts,
            sim.doubts.get()
        );
        assert!(sim.commits > 0, "the run made no commit");
    }
}
