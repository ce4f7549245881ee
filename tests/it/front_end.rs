//! The operations as a front end other than the command line calls them: by name, with JSON,
//! for several identities side by side in one process.

use aidf::cancel::Cancel;
use aidf::clock::{Clock, Moment};
use aidf::config::{Config, Flags, Folders};
use aidf::context::{Caller, Context, Location};
use aidf::environment::Environment;
use aidf::error::Kind as ErrorKind;
use aidf::ops::operations::find;
use aidf::progress::{Progress, Silent};
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use crate::support::{
    CHANGELOG, Env, Kind, MEMORY, ROLLBACKS, Remote, World, entries, schema, text,
};

const IDENTITIES: usize = 16;
/// Commits of each identity.
const ROUNDS: usize = 4;

/// Somebody who calls: variables, folders and a place of work of their own.
struct Identity {
    name: String,
    environment: Environment,
    folders: Folders,
    place: Location,
    cancel: Cancel,
}

impl Identity {
    /// One who works straight against a remote (`clone` is none), or in a clone.
    fn new(env: &Env, number: usize, url: &str, clone: Option<PathBuf>) -> Identity {
        let name = format!("identity-{number}");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let environment = Environment::from_iter([("PATH", path)])
            .with("HOME", env.home())
            .with("GIT_CONFIG_NOSYSTEM", "1")
            .with("AIDF_POD", name.clone());
        let own = env.path(&name);
        Identity {
            environment,
            folders: Folders {
                config: own.join("config"),
                // Those without a clone share the cache of the remote.
                cache: env.cache(),
                state: own.join("state"),
            },
            place: Location {
                repo: clone.is_none().then(|| url.to_owned()),
                dir: clone.unwrap_or_else(|| env.home()),
                remote: None,
                interactive: false,
            },
            cancel: Cancel::new(),
            name,
        }
    }

    fn context(&self, progress: Box<dyn Progress>) -> Context {
        self.context_at(Moment::now(), progress)
    }

    fn context_at(&self, now: Moment, progress: Box<dyn Progress>) -> Context {
        let flags = Flags::default();
        let config = Config::resolve(&flags, &self.environment, self.folders.clone());
        let caller = Caller {
            environment: self.environment.clone(),
            clock: Clock::of_machine(),
            random: Box::new(rand::make_rng::<StdRng>()),
            progress,
            cancel: self.cancel.clone(),
            input: None,
            door: "front_end",
        };
        Context::open(config.unwrap(), &self.place, now, caller).unwrap()
    }

    /// Calls an operation; what comes back is as its schema says.
    #[track_caller]
    fn call(&self, name: &str, request: Value) -> Value {
        let cx = self.context(Box::new(Silent));
        called(&cx, name, request)
    }
}

#[track_caller]
fn called(cx: &Context, name: &str, request: Value) -> Value {
    let operation = find(name).unwrap_or_else(|| panic!("there is no operation `{name}`"));
    let wanted = operation.request_schema().to_value();
    let fits = jsonschema::validator_for(&wanted)
        .unwrap()
        .validate(&request)
        .map_err(|e| e.to_string());
    assert_eq!(fits, Ok(()), "{name}: {request}");
    let outcome = operation
        .call(cx, request)
        .unwrap_or_else(|e| panic!("{name}: {}", e.in_full()));
    assert!(outcome.verdict.is_ok(), "{name}: {:?}", outcome.verdict);
    let faults = schema::faults(name, &outcome.report);
    assert!(faults.is_empty(), "{faults:#?}\n{:#}", outcome.report);
    outcome.report
}

/// One identity's work; answers its branch, its token and how many calls it made.
fn work(me: &Identity, number: usize) -> (String, String, usize) {
    let opened = me.call("sandbox init", json!({}));
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let mut calls = 1;
    for round in 0..ROUNDS {
        let file = json!({"content": {
            "path": format!("work/{number}.txt"),
            "from": {"text": format!("{} {round}\n", me.name)},
        }});
        let done = me.call(
            "commit",
            json!({
                "files": [file],
                "message": format!("Round {round}"),
                "task_id": format!("T-{number}"),
                "branch": branch,
                "reuse_token": token,
            }),
        );
        assert_eq!(done["branch"], json!(branch));
        // A reader and a writer share one context, each on a thread.
        let cx = me.context(Box::new(Silent));
        std::thread::scope(|threads| {
            threads.spawn(|| {
                let log = called(&cx, "log", json!({"branch": branch, "number": 50}));
                let commits = log["commits"].as_array().unwrap();
                let ours = commits.iter().filter(|c| c["pod"] == json!(me.name));
                assert!(ours.count() > round, "{log:#}");
            });
            let status = called(&cx, "status", json!({"branch": branch}));
            assert_eq!(status["branch"], json!(branch));
        });
        calls += 3;
    }
    let undone = me.call(
        "rollback",
        json!({"what": {"last": 1}, "branch": branch, "reuse_token": token}),
    );
    assert_eq!(undone["reverted"].as_array().unwrap().len(), 1);
    calls += 1;
    (branch, token, calls)
}

#[test]
fn sixteen_identities_work_side_by_side_in_one_process() {
    let remote = Remote::new(Kind::Path, "shared", true);
    let env = Env::new();
    let identities: Vec<Identity> = (0..IDENTITIES)
        .map(|number| {
            let clone = (number % 2 == 1).then(|| {
                let dir = env.path(&format!("clone-{number}"));
                let to = dir.to_str().unwrap();
                env.git(&env.home(), &["clone", "--quiet", &remote.url, to]);
                dir
            });
            Identity::new(&env, number, &remote.url, clone)
        })
        .collect();
    let done = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for (number, me) in identities.iter().enumerate() {
            let done = &done;
            threads.spawn(move || {
                let mine = work(me, number);
                done.lock().unwrap().push((number, mine));
            });
        }
    });
    let done = done.into_inner().unwrap();
    assert_eq!(done.len(), IDENTITIES);
    let calls: usize = done.iter().map(|(_, (.., calls))| calls).sum();
    assert!(calls >= 200, "{calls} calls");
    let branches: BTreeSet<&String> = done.iter().map(|(_, (branch, ..))| branch).collect();
    assert_eq!(branches.len(), IDENTITIES, "nobody shares a sandbox");
    for (number, (branch, token, _)) in &done {
        // The last round was rolled back: the one before it is there again.
        let path = format!("work/{number}.txt");
        let expected = format!("identity-{number} {}\n", ROUNDS - 2);
        assert_eq!(remote.text(branch, &path), expected);
        let tip = remote.tip(branch);
        assert_eq!(
            remote.trailer(&tip, "Aidf-Pod"),
            format!("identity-{number}")
        );
        let log = entries(&remote.file(branch, CHANGELOG));
        // The tasks of the seed are older than the test's, which are T-0 and on.
        let tasks = log.iter().filter_map(|e| e["task_id"].as_str());
        let others: Vec<&str> = tasks
            .filter(|t| t.starts_with("T-") && *t != format!("T-{number}"))
            .collect();
        assert!(others.is_empty(), "{others:#?}");
        // Another identity has other keys, and its token opens nothing here.
        let other = &identities[(number + 1) % IDENTITIES];
        let cx = other.context(Box::new(Silent));
        let request = json!({
            "files": [{"content": {"path": "theft.txt", "from": {"text": "x"}}}],
            "message": "m", "branch": branch, "reuse_token": token,
        });
        let refused = find("commit").unwrap().call(&cx, request).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Auth, "{refused:?}");
    }
    remote.is_sound();
}

/// Gives the signal at a step.
struct CancelAt(&'static str, Cancel);

impl Progress for CancelAt {
    fn step(&self, what: &str) {
        if what.starts_with(self.0) {
            self.1.cancel();
        }
    }
}

/// Commits, and gives the signal at a step; whether it was written.
fn cancelled_at(step: &'static str) -> (Result<Value, ErrorKind>, bool) {
    let remote = Remote::new(Kind::Path, "shared", true);
    let env = Env::new();
    let me = Identity::new(&env, 0, &remote.url, None);
    let opened = me.call("sandbox init", json!({}));
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let before = remote.tip(&branch);
    let cx = me.context(Box::new(CancelAt(step, me.cancel.clone())));
    let request = json!({
        "files": [{"content": {"path": "a.txt", "from": {"base64": "aGVsbG8K"}}}],
        "message": "m", "branch": branch, "reuse_token": token,
    });
    let result = find("commit").unwrap().call(&cx, request);
    assert!(me.cancel.is_cancelled(), "there is no step `{step}`");
    let written = remote.tip(&branch) != before;
    (result.map(|o| o.report).map_err(|e| e.kind()), written)
}

#[test]
fn a_call_that_is_ended_early_has_written_nothing() {
    for step in ["connect to", "read the files"] {
        let (result, written) = cancelled_at(step);
        assert_eq!(result, Err(ErrorKind::Interrupted), "{step}");
        assert!(!written, "{step}");
    }
}

#[test]
fn a_push_under_way_is_not_left_without_its_answer() {
    let (result, written) = cancelled_at("push ");
    assert!(written);
    assert!(result.unwrap()["commit"].is_string());
}

#[test]
fn a_request_that_is_none_is_refused_with_its_fault() {
    let w = World::new(Kind::Path);
    let me = Identity::new(&w.env, 0, &w.remote.url, None);
    let cx = me.context(Box::new(Silent));
    for (name, request, told) in [
        ("commit", json!({"mesage": "m"}), "mesage"),
        ("sandbox prune", json!({}), "idle_days"),
        ("rollback", json!({"what": {"lats": 1}}), "lats"),
        ("backup list", json!({"max_age": "soon"}), "soon"),
        ("token issue", json!(7), "7"),
    ] {
        let error = find(name).unwrap().call(&cx, request).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{name}");
        assert!(
            error.message().contains(told),
            "{name}: {}",
            error.message()
        );
    }
}

#[test]
fn what_the_process_has_is_nothing_to_a_call() {
    // The test's own PATH, HOME and variables stay out: with none at all there is no git.
    let w = World::new(Kind::Path);
    let mut me = Identity::new(&w.env, 0, &w.remote.url, None);
    me.environment = Environment::default().with("PATH", w.env.path("nothing"));
    let cx = me.context(Box::new(Silent));
    let error = find("sandbox init")
        .unwrap()
        .call(&cx, json!({}))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error
            .message()
            .contains("`git`, which could not be started"),
        "{}",
        error.message()
    );
}

#[test]
fn everything_is_dated_by_the_clock_of_the_call() {
    let w = World::new(Kind::Path);
    let me = Identity::new(&w.env, 0, &w.remote.url, None);
    // 15 January 2027, 08:00 UTC, and how many seconds after.
    let at = |seconds: i64| {
        me.context_at(
            Moment::from_seconds(1_800_000_000 + seconds),
            Box::new(Silent),
        )
    };
    let opened = called(&at(0), "sandbox init", json!({}));
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let file = json!({"content": {"path": "a.txt", "from": {"text": "a\n"}}});
    let request = json!({"files": [file], "message": "m", "branch": branch, "reuse_token": token});
    let done = called(&at(61), "commit", request);
    let log = entries(&w.remote.file(&branch, CHANGELOG));
    assert_eq!(
        log.last().unwrap()["timestamp"],
        "2027-01-15T08:01:01.000000"
    );
    let memory = entries(&w.remote.file(&branch, MEMORY));
    let known = memory.iter().find(|e| e["path"] == "a.txt").unwrap();
    assert_eq!(known["last_updated"], "2027-01-15");
    let id = text(&done, "commit");
    let times = w.remote.git(&["log", "-1", "--format=%at %ct", &id]);
    assert_eq!(times, "1800000061 1800000061");
    let request = json!({"what": {"commits": [id]}, "branch": branch, "reuse_token": token});
    called(&at(7_322), "rollback", request);
    let undone = entries(&w.remote.file(&branch, ROLLBACKS));
    assert_eq!(undone[0]["timestamp"], "2027-01-15T10:02:02.000000");
    // The token ends by the same clock, so many days after the last write.
    let inspect = |seconds| {
        let operation = find("token inspect").unwrap();
        operation
            .call(&at(seconds), json!({"token": token}))
            .unwrap()
    };
    let (day, last) = (86_400, 7_322);
    let good = |seconds| inspect(seconds).report["valid"] == json!(true);
    let (mut days, mut after) = (1, 2000);
    assert!(good(last + days * day) && !good(last + after * day));
    while after - days > 1 {
        let between = (days + after) / 2;
        match good(last + between * day) {
            true => days = between,
            false => after = between,
        }
    }
    let days = after;
    assert!(
        good(last + days * day - 1) && !good(last + days * day),
        "{days}"
    );
}

#[test]
fn a_clock_that_goes_back_between_two_commands_loses_nothing() {
    let w = World::new(Kind::Path);
    let me = Identity::new(&w.env, 0, &w.remote.url, None);
    let at = |seconds: i64| {
        let now = Moment::from_seconds(1_800_000_000 + seconds);
        me.context_at(now, Box::new(Silent))
    };
    let opened = called(&at(0), "sandbox init", json!({}));
    let (branch, token) = (text(&opened, "branch"), text(&opened, "reuse_token"));
    let save = |seconds: i64, name: &str| {
        let file = json!({"content": {"path": name, "from": {"text": name}}});
        let request =
            json!({"files": [file], "message": name, "branch": branch, "reuse_token": token});
        text(&called(&at(seconds), "commit", request), "commit")
    };
    // Two hours back, three days, and on again.
    let times = [60, -7_200, -3 * 86_400, 120];
    let mut made: Vec<String> = times
        .iter()
        .enumerate()
        .map(|(n, seconds)| save(*seconds, &format!("{n}.txt")))
        .collect();
    made.reverse();
    let log = called(&at(-7_200), "log", json!({"branch": branch, "number": 4}));
    let commits = log["commits"].as_array().unwrap().iter();
    let logged: Vec<String> = commits.map(|c| text(c, "commit")).collect();
    assert_eq!(logged, made, "in the order of their making");
    let list = called(&at(-3 * 86_400), "sandbox list", json!({}));
    let one = &list["sandboxes"][0];
    assert_eq!(one["commits"], 4);
    assert_eq!(one["idle_days"], 0);
    // The last one is the last that was made, whatever its date.
    let last = json!({"what": {"last": 1}, "branch": branch, "reuse_token": token});
    let undone = called(&at(-86_400), "rollback", last);
    assert_eq!(undone["reverted"], json!([made[0]]));
    for seconds in [0, -86_400] {
        let made = called(&at(seconds), "backup create", json!({"branches": [branch]}));
        assert_eq!(made["rewound"], json!([]), "{made:#}");
    }
    let found = called(&at(-86_400), "audit verify", json!({}));
    assert_eq!(found["findings"], 0, "{found:#}");
    w.remote.is_sound();
}
