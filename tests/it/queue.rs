//! Writers of one branch on one machine: one makes its commit while the one before it pushes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt;

use crate::support::{
    CHANGELOG, Kind, Remote, Two, World, entries, make_executable, randomness, rivals, times,
};

const BUILDS_AHEAD: &str = "which another command here pushes";

/// A part of a pre-receive hook that lets all pushes pass but the first, and holds that until
/// there is a file `go`.
const HELD: &str = "mkdir held 2>/dev/null || exit 0\n\
    while [ ! -e go ]; do sleep 0.02; done";

/// A hook that then does what `also` says with it.
fn holds(also: &str) -> String {
    format!("#!/bin/sh\npushed=$(cat)\n{HELD}\n{also}\nexit 0\n")
}

/// Waits until it is so.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A commit under way.
struct Started {
    child: Child,
    said: PathBuf,
}

impl Started {
    /// Starts to commit one file from a clone, with a call that `adapt` changes.
    fn new(two: &Two, clone: &Path, name: &str, adapt: impl Fn(&mut Command)) -> Started {
        let said = two.w.env.path(&format!("{name}.said"));
        let mut command = two.commits(clone, name).into_command();
        adapt(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(fs::File::create(&said).unwrap());
        Started {
            child: command.spawn().unwrap(),
            said,
        }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    /// Its exit code, and what it said.
    fn ended(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        (code, self.said())
    }

    #[track_caller]
    fn exits(self, code: i32) -> String {
        let (exited, said) = self.ended();
        assert_eq!(exited, Some(code), "{said}");
        said
    }
}

/// The first clone's `a.txt` is being pushed, and held by the server; the second clone's `b.txt`
/// is built on it.
fn one_behind_the_other(two: &Two, hook: &str, adapt: impl Fn(&mut Command)) -> (Started, Started) {
    two.w.remote.hook("pre-receive", hook);
    let first = Started::new(two, &two.w.clone, "a.txt", &adapt);
    until("the push arrives", || {
        two.w.remote.bare.join("held").exists()
    });
    let second = Started::new(two, &two.second, "b.txt", &adapt);
    until("it is built ahead", || second.said().contains(BUILDS_AHEAD));
    (first, second)
}

/// A call as it is.
fn as_it_is(_: &mut Command) {}

/// Lets the server go on with the push that it holds.
fn go(two: &Two) {
    fs::write(two.w.remote.bare.join("go"), "").unwrap();
}

#[test]
fn who_comes_next_builds_on_what_is_being_pushed() {
    let usual = [Kind::Path, Kind::Daemon, Kind::Http, Kind::Ssh].map(World::new);
    let other = Remote::in_format(Kind::Http, "widgets", "sha256");
    for w in usual.into_iter().chain([World::of(other)]) {
        let two = Two::of(w);
        let (first, second) = one_behind_the_other(&two, &holds(""), as_it_is);
        go(&two);
        first.exits(0);
        let said = second.exits(0);
        assert!(said.contains("(try 1)"), "{said}");
        assert!(!said.contains("(try 2)"), "{said}");
        let history = two.w.remote.git(&["log", "-2", "--format=%s", &two.branch]);
        assert_eq!(history, "b.txt\na.txt");
        two.all_is_well(&["a.txt", "b.txt"]);
    }
}

#[test]
fn what_is_built_on_a_refused_commit_is_made_anew_without_it() {
    for kind in [Kind::Path, Kind::Http] {
        let two = Two::new(kind);
        let before = two.w.remote.tip(&two.branch);
        let (first, second) =
            one_behind_the_other(&two, &holds("echo not this one; exit 1"), as_it_is);
        go(&two);
        let said = first.exits(5);
        assert!(said.contains("not this one"), "{said}");
        let said = second.exits(0);
        assert!(!said.contains("(try 2)"), "{said}");
        let parent = two
            .w
            .remote
            .git(&["rev-parse", &format!("{}~", two.branch)]);
        assert_eq!(parent, before);
        assert!(two.w.remote.try_file(&two.branch, "a.txt").is_none());
        let log = entries(&two.w.remote.file(&two.branch, CHANGELOG));
        assert!(log.iter().all(|e| e["path"] != "a.txt"), "{log:#?}");
        two.all_is_well(&["b.txt"]);
    }
}

#[test]
fn a_rival_from_elsewhere_costs_both_a_try_and_nothing_else() {
    let two = Two::new(Kind::Path);
    let rival = rivals(&two.branch, 1, HELD);
    let (first, second) = one_behind_the_other(&two, &rival, as_it_is);
    go(&two);
    first.exits(0);
    second.exits(0);
    let history = two.w.remote.git(&["log", "-3", "--format=%s", &two.branch]);
    assert_eq!(history, "b.txt\na.txt\nA rival");
    two.all_is_well(&["a.txt", "b.txt"]);
}

#[test]
fn who_is_killed_while_it_pushes_holds_nobody_up() {
    let two = Two::new(Kind::Path);
    let (mut first, second) = one_behind_the_other(&two, &holds(""), as_it_is);
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    // The server still has the push of the dead.
    second.exits(0);
    let tip = two.w.remote.tip(&two.branch);
    go(&two);
    two.second("c.txt");
    let history = two.w.remote.git(&["rev-list", &two.branch]);
    assert!(history.contains(&tip), "{history}");
    two.all_is_well(&["b.txt", "c.txt"]);
}

#[test]
fn who_waits_for_long_connects_again() {
    let two = Two::new(Kind::Http);
    // The bound on a silent server is its own, a quarter of this.
    let (first, second) = one_behind_the_other(&two, &holds(""), |command| {
        command.args(["--timeout", "4"]);
    });
    // The second one may reach its place in the queue late.
    std::thread::sleep(Duration::from_millis(2500));
    go(&two);
    first.exits(0);
    let said = second.exits(0);
    assert_eq!(said.matches("connect to").count(), 2, "{said}");
    two.all_is_well(&["a.txt", "b.txt"]);
}

/// A server that takes a push to the tip alone that it told on connecting, as JGit does (`ReceivePack.validateCommands`).
fn wants_its_own_tips(two: &Two) -> PathBuf {
    let bare = two.w.remote.bare.display();
    let connect = two.w.env.path("ssh-that-remembers");
    let script = format!(
        "#!/bin/sh\n\
         for last; do :; done\n\
         TOLD=$(git -C '{bare}' rev-parse refs/heads/{})\n\
         export TOLD\n\
         exec sh -c \"$last\"\n",
        two.branch
    );
    fs::write(&connect, script).unwrap();
    make_executable(&connect);
    // gitprotocol-pack and githooks(5): a version, the commands, and a verdict on each.
    let proc_receive = "#!/bin/sh\n\
         packet() {\n\
         length=$(dd bs=1 count=4 2>/dev/null)\n\
         [ \"$length\" = 0000 ] && return 1\n\
         dd bs=1 count=$((0x$length - 4)) 2>/dev/null | tr '\\0' ' '\n\
         }\n\
         say() { printf '%04x%s' $((${#1} + 4)) \"$1\"; }\n\
         while packet >/dev/null; do :; done\n\
         say version=1; printf 0000\n\
         while line=$(packet); do\n\
         set -- $line\n\
         case $1 in\n\
         $TOLD|0000*) say \"ok $3\"; say 'option fall-through' ;;\n\
         *) say \"ng $3 invalid old id sent\" ;;\n\
         esac\n\
         done\n\
         printf 0000\n";
    two.w.remote.hook("proc-receive", proc_receive);
    let takes = ["config", "receive.procReceiveRefs", "refs/heads/"];
    two.w.remote.git(&takes);
    connect
}

#[test]
fn a_server_that_wants_its_own_tips_is_served_one_after_the_other() {
    let two = Two::new(Kind::Ssh);
    let connect = wants_its_own_tips(&two);
    let through = |command: &mut Command| {
        command.env("GIT_SSH_COMMAND", &connect);
    };
    let (first, second) = one_behind_the_other(&two, &holds(""), through);
    go(&two);
    first.exits(0);
    let said = second.exits(0);
    assert!(said.contains("(try 2)"), "{said}");
    two.all_is_well(&["a.txt", "b.txt"]);
    // The machine knows by now.
    fs::remove_file(two.w.remote.bare.join("go")).unwrap();
    fs::remove_dir(two.w.remote.bare.join("held")).unwrap();
    let first = Started::new(&two, &two.w.clone, "c.txt", through);
    until("the push arrives", || {
        two.w.remote.bare.join("held").exists()
    });
    let second = Started::new(&two, &two.second, "d.txt", through);
    std::thread::sleep(Duration::from_millis(300));
    go(&two);
    first.exits(0);
    let said = second.exits(0);
    assert!(!said.contains(BUILDS_AHEAD), "{said}");
    assert!(!said.contains("(try 2)"), "{said}");
    two.all_is_well(&["c.txt", "d.txt"]);
}

/// What becomes of a commit in the simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It lands.
    Lands,
    /// The server refuses it.
    Refused,
    /// It is killed at some moment.
    Killed,
}

/// Refuses what says so in its subject.
const REFUSES: &str = "#!/bin/sh\n\
    while read old new ref; do\n\
    case $ref in refs/heads/*) ;; *) continue ;; esac\n\
    git log --format=%s $old..$new | grep -q ^refuse && { echo refused; exit 1; }\n\
    done\n\
    exit 0\n";

#[test]
fn whatever_happens_to_some_the_others_lose_nothing() {
    let two = Two::new(Kind::Path);
    two.w.remote.hook("pre-receive", REFUSES);
    let before = two.w.remote.tip(&two.branch);
    let mut random = randomness();
    let mut fates: Vec<Vec<(Fate, Duration)>> = Vec::new();
    for _ in 0..4 {
        let fate = |random: &mut rand::rngs::StdRng| match random.random_range(0..6) {
            0 => Fate::Refused,
            1 => Fate::Killed,
            _ => Fate::Lands,
        };
        let moment =
            |random: &mut rand::rngs::StdRng| Duration::from_millis(random.random_range(0..400));
        let many = times(3, 25);
        let of_one = (0..many).map(|_| (fate(&mut random), moment(&mut random)));
        fates.push(of_one.collect());
    }
    let rivals: Vec<u64> = (0..times(2, 12))
        .map(|_| random.random_range(100..700))
        .collect();
    let outcomes: Vec<(String, Fate, Option<i32>, String)> = std::thread::scope(|scope| {
        let two = &two;
        let writers: Vec<_> = fates
            .iter()
            .enumerate()
            .map(|(writer, fates)| {
                scope.spawn(move || {
                    let clone = [&two.w.clone, &two.second][writer % 2];
                    let run = |(n, (fate, moment)): (usize, &(Fate, Duration))| {
                        let word = match fate {
                            Fate::Refused => "refuse",
                            _ => "take",
                        };
                        let name = format!("{word}-{writer}-{n}.txt");
                        let mut started = Started::new(two, clone, &name, as_it_is);
                        if *fate == Fate::Killed {
                            std::thread::sleep(*moment);
                            let _ = started.child.kill();
                        }
                        let (code, said) = started.ended();
                        (name, *fate, code, said)
                    };
                    fates.iter().enumerate().map(run).collect::<Vec<_>>()
                })
            })
            .collect();
        for (n, pause) in rivals.iter().enumerate() {
            std::thread::sleep(Duration::from_millis(*pause));
            let path = format!("rival-{n}.txt");
            // The branch may move just then: a rival that loses is no rival.
            let clone = two.w.env.path(&format!("rival-{n}"));
            let (from, to) = (two.w.remote.url.as_str(), clone.to_str().unwrap());
            let args = ["clone", "-q", "-b", &two.branch, from, to];
            two.w.env.git(&two.w.env.home(), &args);
            fs::write(clone.join(&path), "rival\n").unwrap();
            two.w.env.git(&clone, &["add", &path]);
            two.w.env.git(&clone, &["commit", "-q", "-m", "rival"]);
            two.w.env.try_git(&clone, &["push", "-q"]);
        }
        let each = writers.into_iter().flat_map(|w| w.join().unwrap());
        each.collect()
    });
    // What the dead left on the server comes to its end.
    two.second("last.txt");
    let range = format!("{before}..{}", two.branch);
    let subjects = two.w.remote.git(&["log", "--format=%s", &range]);
    let log = entries(&two.w.remote.file(&two.branch, CHANGELOG));
    for (name, fate, code, said) in &outcomes {
        let landed = subjects.lines().filter(|s| s == name).count();
        let logged = log.iter().filter(|e| e["path"] == name.as_str()).count();
        let file = two.w.remote.try_file(&two.branch, name).is_some();
        assert_eq!(
            (landed, landed),
            (logged, usize::from(file)),
            "{name}\n{said}"
        );
        match (fate, code) {
            (Fate::Lands, Some(0)) => assert_eq!(landed, 1, "{name}\n{said}"),
            (Fate::Refused, Some(5)) => assert_eq!(landed, 0, "{name}\n{said}"),
            (Fate::Killed, None) => assert!(landed <= 1, "{name}\n{said}"),
            // It was quicker than its killer.
            (Fate::Killed, Some(0)) => assert_eq!(landed, 1, "{name}\n{said}"),
            _ => panic!("{name}: {fate:?}, {code:?}\n{said}"),
        }
    }
    let merges = two
        .w
        .remote
        .git(&["rev-list", "--merges", "--count", &range]);
    assert_eq!(merges, "0");
    two.all_is_well(&["last.txt"]);
}
