//! How many sandboxes a pod may have open: counted on the repository, on every machine and by
//! the hook.

use aidf::clock::Moment;
use aidf::openings;
use serde_json::Value;

use crate::support::{Guarded, Kind, Machine, Out, Remote, World, claims, protect, text};

const POLICY: &str = "pods: {SlowPod: {quota: {open_sandboxes: 2}}}\n";

fn world() -> World {
    let w = World::path();
    let file = [(".aidf.yaml", Some(POLICY.as_bytes()))];
    w.remote.write("sandbox", &file, "Set the policy");
    w
}

fn open(machine: &Machine, pod: &str) -> Out {
    let call = machine.call(&["sandbox", "init", "--force-new", "--json"]);
    call.env("AIDF_POD", pod).run()
}

#[track_caller]
fn refused(out: &Out) {
    assert_eq!(out.code, 5, "{out}");
    assert!(out.stderr.contains("SlowPod has 2 sandboxes open"), "{out}");
    assert!(out.stderr.contains("quota.open_sandboxes"), "{out}");
}

#[test]
fn a_pod_opens_as_many_as_it_may_whatever_machine_it_is_on() {
    let w = world();
    let first: Value = open(&w, "SlowPod").json();
    open(&w, "SlowPod").ok();
    refused(&open(&w, "SlowPod"));
    let other = w.other();
    other.share_key(&w);
    refused(&open(&other, "SlowPod"));
    // Others are not counted, nor do they count.
    open(&other, "QuickPod").ok();
    other.json(&["sandbox", "init", "--force-new"]);
    let branch = text(&first, "branch");
    w.json(&["sandbox", "close", &branch]);
    let third = text(&open(&other, "SlowPod").json(), "branch");
    refused(&open(&w, "SlowPod"));
    // What comes back counts again, by its token's pod.
    let token = text(&first, "reuse_token");
    let back = ["sandbox", "restore", &branch, "--reuse-token", &token];
    refused(&w.aidf(&back));
    refused(&w.aidf(&["sandbox", "init", "--reuse-token", &token]));
    other.json(&["sandbox", "close", &third]);
    w.json(&back);
    refused(&open(&w, "SlowPod"));
    let list = w.json(&["sandbox", "list"]);
    let times = list["sandboxes"].as_array().unwrap();
    assert!(times.iter().all(|s| s["opened_at"].is_string()), "{list:#}");
}

#[test]
fn a_server_that_takes_no_record_of_openings_lets_nobody_round_the_quota() {
    let w = world();
    w.remote.hook(
        "pre-receive",
        "while read old new name; do case $name in refs/aidf/opened/*) echo no $name >&2; exit 1;; esac; done",
    );
    let out = open(&w, "SlowPod");
    assert_eq!(out.code, 5, "{out}");
    open(&w, "QuickPod").ok();
}

#[test]
fn a_refusal_of_the_hooks_is_told_in_its_own_words() {
    // Without a key the hook knows no pods.
    let remote = Remote::new(Kind::Daemon, "widgets", true);
    let bob = Machine::new(&remote);
    let file = [(".aidf.yaml", Some(POLICY.as_bytes()))];
    remote.write("sandbox", &file, "Set the policy");
    protect(&bob, &remote, &["apply"]).ok();
    let out = open(&bob, "SlowPod");
    assert_eq!(out.code, 5, "{out}");
    assert!(out.stderr.contains("another pod"), "{out}");
    assert!(!out.stderr.contains("does not take the refs"), "{out}");
    open(&bob, "QuickPod").ok();
}

#[test]
fn the_hook_counts_what_is_open_and_takes_no_sandbox_that_would_not_count() {
    let g = Guarded::new(Kind::Path, POLICY);
    let now = Moment::now();
    let of = |branch: &str| {
        let claims = aidf::token::Claims {
            pod: Some("SlowPod".to_owned()),
            ..claims(Some(branch), now.seconds(), None)
        };
        g.seal(&claims, "widgets")
    };
    let ada = g.w.other();
    ada.at("sandbox");
    let to = |branch: &str| format!("HEAD:refs/heads/{branch}");
    let record = |branch: &str, pod| format!("HEAD:{}", openings::name(branch, now, pod));
    let slow = Some("SlowPod");
    let [one, two, three] = ["sandbox-one", "sandbox-two", "sandbox-three"];
    let tokens = [one, two, three].map(of);
    let [a, b, c] = tokens.each_ref().map(String::as_str);
    g.refused(&ada, &[a], &[&to(one)], "without a record");
    for wrong in [None, Some("QuickPod")] {
        let refs = [&*to(one), &*record(one, wrong)];
        g.refused(&ada, &[a], &refs, "another pod");
    }
    let all = [one, two, three].map(|n| [to(n), record(n, slow)]);
    let all: Vec<&str> = all.iter().flatten().map(String::as_str).collect();
    g.refused(&ada, &[a, b, c], &all, "SlowPod has 2 sandboxes open");
    g.passes(&ada, &[a, b], &all[..4]);
    g.refused(&ada, &[c], &all[4..], "SlowPod has 2 sandboxes open");
    // A record goes with its sandbox, and not before it.
    let name = openings::name(one, now, slow);
    let forget = format!(":{name}");
    g.refused(&ada, &[a], &[&forget], "stays open");
    g.passes(&ada, &[a], &[&forget, &format!(":refs/heads/{one}")]);
    g.passes(&ada, &[c], &all[4..]);
    // A branch that plain git deleted leaves its record behind, which is in nobody's way.
    g.passes(&ada, &[c], &[&format!(":refs/heads/{three}")]);
    let again = openings::name(three, Moment::from_seconds(now.seconds() + 1), slow);
    g.passes(&ada, &[c], &[&to(three), &format!("HEAD:{again}")]);
    // aidf itself does all of that.
    refused(&open(&g.w, "SlowPod"));
    open(&g.w, "QuickPod").ok();
}
