//! Alerts: who is told of them, how, and what a scheduled job sees of them.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aidf::notify::signature;
use serde_json::{Value, json};

use crate::support::{Asked, Call, ForgeServer, Reply, World, make_executable, text};

const SECRET: &str = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";

/// A clone with an open sandbox, and with this configuration of the operator.
fn world(config: &str) -> World {
    let w = World::path();
    w.env.operator_config(config);
    w.sandbox();
    w
}

/// A script that the operator has run; it finds its own folder in `$0`.
fn script(w: &World, text: &str) -> PathBuf {
    let path = w.env.path("page.sh");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    make_executable(&path);
    path
}

fn told_by(w: &World, text: &str, more: &str) -> PathBuf {
    let path = script(w, text);
    let run = format!(
        "notify:\n  - run: ['{}', --team, 'a b']\n{more}",
        path.display()
    );
    w.env.operator_config(&run);
    path
}

/// Writes a file with what looks like a credential.
fn leak(w: &World) -> Call {
    w.write("s.txt", SECRET);
    w.call(&["commit", "s.txt", "-m", "Add s", "--json"])
}

fn outbox(w: &World) -> Vec<PathBuf> {
    let entries = fs::read_dir(w.env.state().join("aidf/outbox"));
    let paths = entries.into_iter().flatten().map(|e| e.unwrap().path());
    paths.collect()
}

#[test]
fn a_command_of_the_operators_reads_each_alert_once_and_sees_no_secret() {
    let w = world("");
    told_by(
        &w,
        "d=$(dirname \"$0\"); cat >>\"$d/told\"; echo >>\"$d/told\"; echo \"$2 $#\" >>\"$d/arguments\"; env >\"$d/environment\"",
        "",
    );
    let key = fs::read_to_string(w.env.keys()).unwrap();
    let answer = leak(&w)
        .env("AIDF_KEY_FILE", w.env.keys())
        .env("GITHUB_TOKEN", "s3cret-of-a-forge")
        .run()
        .json();
    let told = fs::read_to_string(w.env.path("told")).unwrap();
    let told: Vec<Value> = told
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let one = &told[0];
    assert_eq!(one["alerts"][0]["alert"], "possible_secret");
    assert_eq!(one["alerts"][0]["path"], "s.txt");
    assert_eq!(one["alerts_total"], 1);
    assert_eq!(one["outcome"], "done");
    assert_eq!(one["command"], "commit");
    assert_eq!(one["commit"], answer["commit"]);
    assert_eq!(one["branch"], answer["branch"]);
    assert_eq!(one["repo_name"], "widgets");
    let all = one.to_string();
    assert!(!all.contains(SECRET) && !all.contains("aidf2."), "{all}");
    assert_eq!(
        fs::read_to_string(w.env.path("arguments")).unwrap(),
        "a b 2\n"
    );
    let seen = fs::read_to_string(w.env.path("environment")).unwrap();
    assert!(
        !seen.contains("AIDF_") && !seen.contains("s3cret-of-a-forge"),
        "{seen}"
    );
    assert!(
        seen.contains("PATH=") && !seen.contains(key.trim()),
        "{seen}"
    );
    assert_eq!(outbox(&w), Vec::<PathBuf>::new());
    // What nobody has to know of is told to nobody.
    w.save("a.txt", "a\n", "Add a");
    w.aidf(&["commit", "a.txt", "-m", "Again"]).ok();
    assert_eq!(
        fs::read_to_string(w.env.path("told"))
            .unwrap()
            .lines()
            .count(),
        1
    );
}

#[test]
fn a_refused_write_is_told_too_and_a_dry_run_is_not() {
    let w = world("");
    told_by(
        &w,
        "cat >>\"$(dirname \"$0\")/told\"",
        "policy: {alerts: {possible_secret: refuse}}\n",
    );
    w.write("s.txt", SECRET);
    w.refuses(&["commit", "s.txt", "-m", "Add s", "--dry-run"], 5);
    assert!(!w.env.path("told").exists());
    w.aidf(&["audit", "alerts"]).ok();
    w.refuses(&["commit", "s.txt", "-m", "Add s"], 5);
    let told: Value = serde_json::from_slice(&fs::read(w.env.path("told")).unwrap()).unwrap();
    assert_eq!(told["outcome"], "denied");
    assert_eq!(told["commit"], Value::Null);
    let log = w.json(&["audit", "log"]);
    let refused = log["entries"].as_array().unwrap();
    let refused = refused.iter().find(|e| e["outcome"] == "denied").unwrap();
    assert_eq!(refused["alerts"], json!(["possible_secret"]));
}

#[test]
fn a_write_of_many_files_is_one_message_and_one_kind_on_record() {
    let w = world("");
    told_by(&w, "cat >>\"$(dirname \"$0\")/told\"", "");
    for n in 0..30 {
        w.write(&format!("many/{n}.txt"), format!("{SECRET}{n}"));
    }
    let answer = w.json(&["commit", "many", "-m", "Add many"]);
    assert_eq!(answer["alerts"].as_array().unwrap().len(), 30);
    let told: Value = serde_json::from_slice(&fs::read(w.env.path("told")).unwrap()).unwrap();
    assert_eq!(told["alerts"].as_array().unwrap().len(), 20);
    assert_eq!(told["alerts_total"], 30);
    let report = w.aidf(&["audit", "alerts", "--json"]).exits(8).json();
    assert_eq!(report["entries"][0]["alerts"], json!(["possible_secret"]));
}

#[test]
fn no_file_of_the_repository_takes_the_place_of_the_operators_program() {
    let w = world("");
    w.env.operator_config("notify: [{run: [tools/page]}]\n");
    let out = leak(&w).run().exits(2);
    assert!(out.all().contains("whole path"), "{out}");
    // A name alone is found by PATH, and the program starts outside the clone.
    told_by(&w, "cat >/dev/null; pwd >\"$(dirname \"$0\")/where\"", "");
    leak(&w).run().ok();
    let place = fs::read_to_string(w.env.path("where")).unwrap();
    assert_eq!(place.trim(), "/");
}

#[test]
fn who_mends_an_entry_is_told_what_waited_for_it() {
    let w = world("");
    w.env
        .operator_config("notify: [{run: [/no/such/program]}]\n");
    leak(&w).run().ok();
    assert_eq!(outbox(&w).len(), 1);
    told_by(&w, "cat >>\"$(dirname \"$0\")/told\"", "");
    let report = w.aidf(&["audit", "alerts", "--json"]).exits(8).json();
    assert_eq!(report["waiting"], 0);
    assert!(w.env.path("told").exists());
}

#[test]
fn a_webhook_that_says_no_is_asked_once_and_a_secret_that_others_can_read_is_not_used() {
    let w = world("");
    let server = ForgeServer::replies(vec![Reply::empty(404)]);
    webhook(&w, &server);
    leak(&w).env("AIDF_HOOK_SECRET", "s3cret words").run().ok();
    assert_eq!(server.asked().len(), 1);
    let file = w.env.path("webhook.secret");
    fs::write(&file, "s3cret words").unwrap();
    w.env.operator_config(&format!(
        "notify: [{{post: '{}', secret_file: '{}'}}]\n",
        server.base(),
        file.display()
    ));
    w.write("s.txt", format!("{SECRET}2"));
    let out = w.aidf(&["commit", "s.txt", "-m", "Again"]).ok();
    assert!(out.stderr.contains("webhook.secret"), "{out}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn only_the_kinds_that_were_asked_for_are_told() {
    let w = world("");
    told_by(
        &w,
        "cat >>\"$(dirname \"$0\")/told\"",
        "    kinds: [large_diff]\n",
    );
    leak(&w).run().ok();
    assert!(!w.env.path("told").exists());
}

#[test]
fn a_command_that_hangs_is_ended_and_told_again_later_and_the_write_stands() {
    let w = world("");
    let path = told_by(&w, "sleep 1000 & wait", "    timeout: 1\n");
    let begun = Instant::now();
    let out = leak(&w).run();
    let answer = out.json();
    assert!(begun.elapsed() < Duration::from_secs(30), "{out}");
    assert!(text(&answer, "commit").len() == 40);
    let warned = answer["warnings"].to_string();
    assert!(warned.contains("did not end within 1 second"), "{warned}");
    assert_eq!(outbox(&w).len(), 1);
    // A command that fails says why.
    fs::write(&path, "#!/bin/sh\necho 'no pager' >&2; exit 3\n").unwrap();
    let out = w.aidf(&["audit", "alerts", "--json"]).exits(8);
    assert!(out.all().contains("no pager"), "{out}");
    assert_eq!(out.json()["waiting"], 1);
    fs::write(&path, "#!/bin/sh\ncat >\"$(dirname \"$0\")/told\"\n").unwrap();
    let out = w.aidf(&["audit", "alerts", "--json"]).exits(8);
    assert_eq!(out.json()["waiting"], 0, "{out}");
    let told: Value = serde_json::from_slice(&fs::read(w.env.path("told")).unwrap()).unwrap();
    assert_eq!(told["commit"], answer["commit"]);
    assert_eq!(outbox(&w), Vec::<PathBuf>::new());
}

/// The configuration of a webhook whose secret is in `AIDF_HOOK_SECRET`.
fn webhook(w: &World, server: &ForgeServer) {
    w.env.operator_config(&format!(
        "notify:\n  - post: '{}/s3cret/path?key=s3cret'\n    secret_env: AIDF_HOOK_SECRET\n    timeout: 5\n",
        server.base()
    ));
}

#[track_caller]
fn is_signed(asked: &Asked) {
    let header = |name| asked.header(name).unwrap().to_owned();
    let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
    let expected = signature("s3cret words", &id, time.parse().unwrap(), &asked.text);
    assert_eq!(header("webhook-signature"), expected);
    assert_eq!(asked.body["id"], id.as_str());
    assert_eq!(asked.target, "/s3cret/path?key=s3cret");
    assert_eq!(asked.method, "POST");
}

#[test]
fn a_webhook_gets_each_alert_signed_and_again_where_it_failed_under_one_id() {
    let w = world("");
    let server = ForgeServer::replies(vec![Reply::empty(500), Reply::Cut, Reply::empty(204)]);
    webhook(&w, &server);
    w.env
        .gitconfig("[http]\n\textraHeader = Authorization: s3cret\n");
    let out = leak(&w).env("AIDF_HOOK_SECRET", "s3cret words\n").run();
    let answer = out.json();
    assert_eq!(answer["alerts"].as_array().unwrap().len(), 1);
    let asked = server.asked();
    assert_eq!(asked.len(), 3, "{out}");
    asked.iter().for_each(is_signed);
    let ids: Vec<_> = asked.iter().map(|a| a.header("webhook-id")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!(asked[2].body["commit"], answer["commit"]);
    assert!(!out.all().contains("s3cret"), "{out}");
    assert_eq!(outbox(&w), Vec::<PathBuf>::new());
}

#[test]
fn what_a_webhook_did_not_take_waits_and_is_not_sent_elsewhere() {
    let w = world("");
    let away = ForgeServer::replies(vec![Reply::empty(204)]);
    let to = format!("Location: {}/x", away.base());
    let redirect = Reply::empty(307).with(&to);
    let server = ForgeServer::replies(vec![redirect]);
    webhook(&w, &server);
    // Without its secret nothing is sent.
    let out = leak(&w).run();
    assert!(out.all().contains("AIDF_HOOK_SECRET"), "{out}");
    assert_eq!(server.asked().len(), 0);
    let call = w.call(&["audit", "alerts", "--json"]);
    let out = call.env("AIDF_HOOK_SECRET", "s3cret words").run().exits(8);
    assert!(
        out.all().contains("307") && !out.all().contains("s3cret"),
        "{out}"
    );
    assert_eq!(out.json()["waiting"], 1);
    assert!(!server.asked().is_empty());
    assert_eq!(away.asked().len(), 0, "no redirect is followed");
    drop(server);
    let call = w.call(&["audit", "alerts", "--json", "--since", "1h"]);
    let out = call.env("AIDF_HOOK_SECRET", "s3cret words").run();
    assert_eq!(out.json()["waiting"], 1, "{out}");
}

#[test]
fn many_writers_beside_one_outbox_tell_each_alert_once() {
    let w = world("");
    let server = ForgeServer::replies(vec![Reply::empty(204)]);
    webhook(&w, &server);
    w.write("s.txt", SECRET);
    std::thread::scope(|threads| {
        for n in 0..6 {
            let name = format!("s{n}.txt=s.txt");
            let w = &w;
            threads.spawn(move || {
                let call = w.call(&["commit", &name, "-m", "Add", "--json"]);
                call.env("AIDF_HOOK_SECRET", "s3cret words").run().ok();
            });
        }
    });
    let asked = server.asked();
    let mut ids: Vec<String> = asked.iter().map(|a| text(&a.body, "id")).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((asked.len(), ids.len()), (6, 6));
}

#[test]
fn the_alerts_of_a_day_end_a_scheduled_job_with_8() {
    let w = world("");
    let none = w.json(&["audit", "alerts"]);
    assert_eq!(none["entries"], json!([]));
    leak(&w).run().ok();
    w.write("a.txt", "a\n");
    w.json(&[
        "commit",
        "a.txt",
        "-m",
        "Add a [skip ci]",
        "--task-id",
        "t-1",
    ]);
    let kinds = |args: &[&str], code| {
        let args = [&["audit", "alerts", "--json"], args].concat();
        let report = w.aidf(&args).exits(code).json();
        let entries = report["entries"].as_array().unwrap().clone();
        let kinds = entries.iter().map(|e| e["alerts"].clone());
        kinds.collect::<Vec<_>>()
    };
    let (secret, directive) = (json!(["possible_secret"]), json!(["ci_directive"]));
    assert_eq!(kinds(&[], 8), [secret.clone(), directive.clone()]);
    let only = ["--kind", "ci_directive"];
    assert_eq!(kinds(&only, 8), std::slice::from_ref(&directive));
    assert_eq!(kinds(&["--kind", "high_rate"], 0), [] as [Value; 0]);
    assert_eq!(kinds(&["--task-id", "t-1"], 8), [directive]);
    let out = w.aidf(&["audit", "alerts"]).exits(8);
    assert!(out.stdout.contains("alert: possible secret"), "{out}");
    assert!(out.stderr.contains("2 writes raised alerts"), "{out}");
    w.refuses(&["audit", "alerts", "--kind", "nothing"], 2);
}

#[test]
fn a_branch_that_gets_many_commits_in_an_hour_is_noticed_on_every_machine() {
    let w = World::path();
    let policy = b"high_rate_commits: 2\nalerts: {high_rate: refuse}\n";
    w.remote.write(
        "sandbox",
        &[(".aidf.yaml", Some(policy.as_slice()))],
        "Policy",
    );
    let token = text(&w.init(), "reuse_token");
    w.save("a.txt", "a\n", "One");
    w.save("b.txt", "b\n", "Two");
    let other = w.other();
    other.share_key(&w);
    other.json(&["sandbox", "init", "--reuse-token", &token]);
    other.write("c.txt", "c\n");
    let out = other.aidf(&["commit", "c.txt", "-m", "Three"]).exits(5);
    assert!(out.all().contains("high_rate"), "{out}");
    assert!(out.all().contains("2 commits within an hour"), "{out}");
    // A rollback is a write too, and another sandbox has a count of its own.
    w.refuses(&["rollback", "--last", "1"], 5);
    w.json(&["sandbox", "init", "--force-new"]);
    w.save("d.txt", "d\n", "Elsewhere");
}

#[test]
fn a_write_outside_of_the_working_hours_is_noticed() {
    let day = |name: &str| format!("working_hours: '{name} 00:00-24:00'\n");
    // The present is on one of two days, also when midnight comes meanwhile.
    let (first, rest) = ("mon,tue,wed", "thu,fri,sat,sun");
    let mut raised = 0;
    for days in [first, rest] {
        let w = World::path();
        w.remote.write(
            "sandbox",
            &[(".aidf.yaml", Some(day(days).as_bytes()))],
            "Policy",
        );
        w.sandbox();
        let answer = w.save("a.txt", "a\n", "One");
        let alerts = answer["alerts"].as_array().unwrap();
        raised += alerts.len();
        for alert in alerts {
            assert_eq!(alert["alert"], "outside_hours");
            let detail = text(alert, "detail");
            assert!(
                detail.contains(&format!("{days} 00:00-24:00 UTC")),
                "{detail}"
            );
        }
        let shown = w.json(&["policy", "show"]).to_string();
        assert!(shown.contains("working_hours"), "{shown}");
    }
    assert_eq!(raised, 1);
    // Nothing to write is nothing to refuse. The operator's hours hold besides.
    let w = world(
        "policy:\n  working_hours: 'mon,tue,wed 00:00-24:00'\n  alerts: {outside_hours: refuse}\n",
    );
    w.write("a.txt", "a\n");
    let one = w.aidf(&["commit", "a.txt", "-m", "One"]).code;
    w.env.operator_config("policy:\n  working_hours: 'thu,fri,sat,sun 00:00-24:00'\n  alerts: {outside_hours: refuse}\n");
    w.write("a.txt", "b\n");
    let other = w.aidf(&["commit", "a.txt", "-m", "Two"]).code;
    let mut codes = [one, other];
    codes.sort_unstable();
    assert_eq!(codes, [0, 5]);
}

#[test]
fn a_ledger_that_does_not_parse_is_an_alert_and_stays_as_it_is() {
    let w = world("");
    told_by(&w, "cat >>\"$(dirname \"$0\")/told\"", "");
    let branch = text(&w.json(&["status"]), "branch");
    let broken: &[u8] = b"- {a: [\n";
    w.remote.write(
        &branch,
        &[("project/outputs/changelog.yaml", Some(broken))],
        "Break it",
    );
    w.write("a.txt", "a\n");
    w.refuses(&["commit", "a.txt", "-m", "Add a"], 7);
    let told: Value = serde_json::from_slice(&fs::read(w.env.path("told")).unwrap()).unwrap();
    assert_eq!(told["alerts"][0]["alert"], "invalid_ledger");
    assert_eq!(told["outcome"], "integrity");
    w.aidf(&["audit", "alerts", "--kind", "invalid_ledger"])
        .exits(8);
}

#[test]
fn a_mistake_in_who_is_told_is_found_before_anything_is_written() {
    let w = World::path();
    for (config, word) in [
        ("notify: [{run: []}]", "entry 1 of `notify`"),
        (
            "notify: [{post: 'http://h.example/s3cret', secret_env: AIDF_X}]",
            "https",
        ),
        ("notify: [{run: [a], kinds: [no_such]}]", "no_such"),
        ("notify: [{run: [a], shell: true}]", "shell"),
    ] {
        w.env.operator_config(config);
        let out = w.aidf(&["sandbox", "init"]).exits(2);
        assert!(out.all().contains(word), "{config}\n{out}");
        assert!(!out.all().contains("s3cret"), "{out}");
    }
}

#[test]
fn a_heartbeat_tells_a_monitor_that_a_job_ended_well_or_how_it_ended() {
    let w = World::path();
    let server = ForgeServer::replies(vec![Reply::empty(503), Reply::empty(200)]);
    let plain = format!("{}/ping?id=1", server.base());
    // There is no backup yet: a job that finds something keeps silent there.
    let max_age = ["backup", "list", "--max-age", "36h", "--heartbeat"];
    w.aidf(&[&max_age[..], &[&plain]].concat()).exits(8);
    assert_eq!(server.asked().len(), 0);
    w.aidf(&["backup", "create", "--heartbeat", &plain]).ok();
    let asked = server.asked();
    let targets: Vec<_> = asked.iter().map(|a| (&*a.method, &*a.target)).collect();
    assert_eq!(targets, [("GET", "/ping?id=1"); 2], "again after a failure");
    // An address with a place for the code is told of every end.
    let coded = format!("{}/ping/{{exit}}", server.base());
    let none = [
        "backup",
        "verify",
        "backup/2001-01-01",
        "--heartbeat",
        &coded,
    ];
    w.aidf(&none).exits(3);
    w.aidf(&["audit", "verify", "--heartbeat", &coded]).ok();
    let targets: Vec<_> = server.asked().iter().map(|a| a.target.clone()).collect();
    assert_eq!(targets[2..], ["/ping/3", "/ping/0"]);
    // A job that cannot begin tells that too.
    w.git(&["remote", "remove", "origin"]);
    w.aidf(&["backup", "create", "--heartbeat", &coded])
        .exits(3);
    assert_eq!(server.asked().last().unwrap().target, "/ping/3");
    w.refuses(
        &["backup", "create", "--heartbeat", "http://h.example/x"],
        2,
    );
}

#[test]
fn a_monitor_that_is_down_changes_nothing_of_the_job() {
    let w = World::path();
    let gone = ForgeServer::replies(vec![Reply::empty(200)]);
    let url = format!("{}/s3cret", gone.base());
    drop(gone);
    let args = ["backup", "create", "--timeout", "2", "--heartbeat", &url];
    let out = w.aidf(&args).ok();
    assert!(out.stderr.contains("heartbeat"), "{out}");
    assert!(!out.all().contains("s3cret"), "{out}");
}

#[test]
fn a_schedule_prints_the_heartbeat_of_each_job() {
    let w = World::path();
    let url = "https://h.example/{job}/{exit}";
    for kind in ["--cron", "--systemd", "--actions"] {
        let args = ["backup", "schedule", kind, "--heartbeat", url];
        let text = w.aidf(&args).ok().stdout;
        for job in ["create", "prune", "drill"] {
            let told = format!("https://h.example/{job}/{{exit}}");
            assert!(text.contains(&told), "{kind}: {text}");
        }
    }
    let actions = ["backup", "schedule", "--actions", "--heartbeat", url];
    let text = w.aidf(&actions).ok().stdout;
    assert!(text.contains("path: ledgers"), "{text}");
    w.refuses(&["backup", "schedule", "--cron", "--heartbeat", "x"], 2);
}

#[test]
fn a_token_in_a_message_is_noticed_and_none_is_taken_for_a_pods_name() {
    let w = world("");
    let token = text(&w.json(&["sandbox", "init", "--force-new"]), "reuse_token");
    w.write("a.txt", "a\n");
    let message = format!("Come back with {token}");
    let report = w.json(&["commit", "a.txt", "-m", &message]);
    assert_eq!(report["alerts"][0]["alert"], "possible_secret");
    let out = w.refuses(
        &["token", "issue", "--branch", "sandbox-x", "--pod", &token],
        2,
    );
    assert!(!out.all().contains(&token), "{out}");
}
