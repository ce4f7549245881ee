//! S3 storage that misbehaves, and several machines that write to it at the same moment. What
//! it is like when all goes well is in `tests/peers/s3.rs`.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::support::{Fault, Kind, Machine, Out, Request, S3Server, World, noise, text};

/// A repository and its storage.
struct Stored {
    world: World,
    server: S3Server,
}

impl Stored {
    fn new() -> Stored {
        let stored = Stored {
            world: World::new(Kind::Path),
            server: S3Server::start(),
        };
        stored.config(&stored.server.base());
        stored
    }

    fn config(&self, endpoint: &str) {
        self.world.env.operator_config(&format!(
            "backup:\n  destinations:\n    - s3: s3://bucket/b\n      endpoint: {endpoint}\n"
        ));
    }

    fn aidf(&self, args: &[&str]) -> Out {
        run(&self.world, args)
    }

    /// The bundle that a backup wrote.
    #[track_caller]
    fn backed_up(&self, args: &[&str]) -> String {
        let args = [&["backup", "create", "--json"], args].concat();
        let report = self.aidf(&args).ok().json();
        text(&report["destinations"][0], "bundle")
    }

    /// Another machine with the same key and the same storage.
    fn machine(&self) -> Machine {
        let machine = Machine::new(&self.world.remote);
        let text = std::fs::read_to_string(self.world.env.config().join("aidf/config.yaml"));
        machine.env.operator_config(&text.unwrap());
        machine.share_key(&self.world);
        machine
    }

    /// Lets another machine work once, when this method is first asked for of this name.
    fn meanwhile(&self, method: &'static str, name: &'static str, calls: &'static [&[&str]]) {
        let other = Mutex::new(Some(self.machine()));
        self.server.faults(move |r, _| {
            if r.method == method && r.target.split('?').next().unwrap().ends_with(name) {
                let other = other.lock().unwrap().take();
                for call in other.iter().flat_map(|_| calls) {
                    run(other.as_ref().unwrap(), call).ok();
                }
            }
            None
        });
    }

    /// The keys below the repository's prefix.
    fn names(&self) -> Vec<String> {
        let keys = self.server.keys();
        let name = |key: &String| key.strip_prefix("b/widgets/").unwrap().to_owned();
        keys.iter().map(name).collect()
    }

    #[track_caller]
    fn is_whole(&self, bundles: usize) {
        let report = self.aidf(&["backup", "verify", "--json"]).ok().json();
        let bundle = |v: &&Value| v.as_str().unwrap().starts_with("s3://");
        let verified = report["verified"].as_array().unwrap().iter();
        assert_eq!(verified.filter(bundle).count(), bundles, "{report:#}");
        assert_eq!(report["unauthenticated"], json!([]), "{report:#}");
    }
}

fn run(machine: &Machine, args: &[&str]) -> Out {
    machine
        .call(args)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "s3cret")
        .run()
}

fn is_bundle(request: &Request) -> bool {
    request
        .target
        .split('?')
        .next()
        .unwrap()
        .ends_with(".bundle")
}

/// Does it to the first request of this method on a bundle.
fn once(method: &'static str, fault: Fault) -> impl Fn(&Request, usize) -> Option<Fault> {
    let left = Mutex::new(Some(fault));
    move |request, _| match request.method == method && is_bundle(request) {
        true => left.lock().unwrap().take(),
        false => None,
    }
}

#[test]
fn a_server_that_is_busy_for_a_moment_gets_the_bundle_all_the_same() {
    let s = Stored::new();
    s.server.faults(once("PUT", Fault::coded(503, "SlowDown")));
    s.backed_up(&[]);
    s.is_whole(1);
}

#[test]
fn a_server_that_stays_busy_is_asked_a_bounded_number_of_times_and_gets_no_name() {
    let s = Stored::new();
    s.server
        .faults(|r, _| is_bundle(r).then(|| Fault::coded(503, "SlowDown")));
    let out = s.aidf(&["backup", "create", "--json"]).exits(9);
    assert!(out.all().contains("SlowDown"), "{out}");
    let puts = s.server.asked();
    let puts = puts
        .iter()
        .filter(|a| a.starts_with("PUT") && a.ends_with(".bundle"));
    assert_eq!(puts.count(), 5);
    assert!(s.names().is_empty(), "{:?}", s.names());
    s.server.faults(|_, _| None);
    s.backed_up(&[]);
    s.is_whole(1);
}

#[test]
fn an_upload_whose_answer_is_lost_is_found_to_be_our_own() {
    let s = Stored::new();
    s.server.faults(once("PUT", Fault::LoseAnswer));
    let name = s.backed_up(&[]);
    assert!(s.names().contains(&name));
    s.is_whole(1);
    // The same for the list and the manifest.
    for lost in ["MANIFEST", "SHA256SUMS", "bundle-list"] {
        let left = std::sync::atomic::AtomicBool::new(true);
        s.server.faults(move |r, _| {
            let hit = r.method == "PUT" && r.target.ends_with(lost);
            let first = hit && left.swap(false, std::sync::atomic::Ordering::SeqCst);
            first.then_some(Fault::LoseAnswer)
        });
        s.backed_up(&["--full"]);
    }
    s.is_whole(4);
}

#[test]
fn parts_that_are_not_put_together_are_removed_and_get_no_name() {
    let s = Stored::new();
    let large: Vec<u8> = noise(17 << 20);
    s.world
        .remote
        .write("main", &[("large.bin", Some(&large))], "Grow");
    // S3 says 200 before it knows.
    let late = "<Error><Code>InternalError</Code></Error>".to_owned();
    s.server.faults(move |r, _| {
        let last = r.method == "POST" && r.target.contains("uploadId");
        last.then(|| Fault::Instead(200, late.clone()))
    });
    let out = s.aidf(&["backup", "create", "--json"]).exits(9);
    assert!(out.all().contains("InternalError"), "{out}");
    assert_eq!(s.server.uploads(), 0);
    assert!(s.names().is_empty(), "{:?}", s.names());

    // A part is tried again, and an end whose answer is lost is found to be ours.
    let left = Mutex::new((
        Some(Fault::coded(500, "InternalError")),
        Some(Fault::LoseAnswer),
    ));
    s.server.faults(move |r, _| {
        let mut left = left.lock().unwrap();
        match r.method.as_str() {
            "PUT" if r.target.contains("partNumber=2") => left.0.take(),
            "POST" if r.target.contains("uploadId") => left.1.take(),
            _ => None,
        }
    });
    s.backed_up(&[]);
    assert_eq!(s.server.uploads(), 0);
    s.is_whole(1);
}

#[test]
fn parts_that_a_killed_run_left_are_removed_a_day_later_and_not_before() {
    let s = Stored::new();
    let now = aidf::clock::Moment::now().rfc3339();
    let uploads: String = [
        ("b/widgets/x.full.bundle", "old", "2020-01-01T00:00:00.000Z"),
        ("b/widgets/y.full.bundle", "young", &now),
        ("elsewhere/x.full.bundle", "others", "2020-01-01T00:00:00.000Z"),
    ]
    .map(|(key, id, begun)| {
        format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>{begun}</Initiated></Upload>")
    })
    .concat();
    let list = format!("<L><IsTruncated>false</IsTruncated>{uploads}</L>");
    s.server.faults(move |r, _| {
        let hit = r.method == "GET" && r.target.contains("uploads=");
        hit.then(|| Fault::Says(list.clone()))
    });
    s.backed_up(&[]);
    let asked = s.server.asked();
    let removed: Vec<&String> = asked.iter().filter(|a| a.starts_with("DELETE")).collect();
    assert_eq!(
        removed,
        ["DELETE /bucket/b/widgets/x.full.bundle?uploadId=old"]
    );
    // An access key that may not look for them is no reason to make no backup.
    s.server.faults(|r, _| {
        let hit = r.target.contains("uploads=");
        hit.then(|| Fault::coded(403, "AccessDenied"))
    });
    s.backed_up(&["--full"]);
}

#[test]
fn a_download_that_is_cut_goes_on_where_it_broke() {
    let s = Stored::new();
    s.world
        .remote
        .write("main", &[("n.bin", Some(&noise(300_000)))], "Grow");
    s.backed_up(&[]);
    s.server.faults(once("GET", Fault::Half));
    s.is_whole(1);
    let asked = s.server.asked();
    let gets = asked
        .iter()
        .filter(|a| a.starts_with("GET") && a.ends_with(".bundle"));
    assert_eq!(gets.count(), 2, "{asked:?}");
}

#[test]
fn other_bytes_under_a_bundles_name_are_damage() {
    let s = Stored::new();
    let name = s.backed_up(&[]);
    let key = format!("b/widgets/{name}");
    let mut bytes = s.server.object(&key);
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    s.server.put(&key, &bytes);
    for command in ["verify", "drill"] {
        let out = s.aidf(&["backup", command, "--json"]).exits(7);
        assert!(out.all().contains(&name), "{out}");
    }
    let args = [
        "backup",
        "restore",
        "--bundle",
        "s3://bucket/b",
        "--to",
        "back",
    ];
    s.aidf(&args).exits(7);
    assert_eq!(s.world.remote.try_tip("back"), None);
}

#[test]
fn a_bundle_that_is_gone_is_missed_and_made_anew() {
    let s = Stored::new();
    let first = s.backed_up(&[]);
    let report = s.aidf(&["backup", "create", "--json"]).ok().json();
    assert_eq!(report["destinations"][0]["bundle"], Value::Null);
    // A machine that fetches nothing notices all the same.
    s.server.remove(&format!("b/widgets/{first}"));
    s.aidf(&["backup", "verify", "--json"]).exits(7);
    let made = s.backed_up(&[]);
    assert!(made.ends_with(".full.bundle") && made != first, "{made}");
}

#[test]
fn a_bundle_that_is_gone_is_no_reason_to_remove_another() {
    let s = Stored::new();
    let made: Vec<String> = (0..3).map(|_| s.backed_up(&["--full"])).collect();
    s.server.remove(&format!("b/widgets/{}", made[2]));
    let prune = ["backup", "prune", "--keep-last", "1", "--json"];
    let answer = s.aidf(&prune).ok().json();
    let names = s.names();
    assert!(names.contains(&made[1]) && !names.contains(&made[0]));
    assert!(answer["kept"].to_string().contains("damaged"), "{answer:#}");
    assert!(
        answer["warnings"].to_string().contains(&made[2]),
        "{answer:#}"
    );
    // It was not fetched for that, and neither was any other.
    let fetched = s
        .server
        .asked()
        .into_iter()
        .filter(|a| a.starts_with("GET") && a.ends_with(".bundle"));
    assert_eq!(fetched.count(), 0);
}

#[test]
fn a_list_of_what_nobody_would_list_harms_nothing() {
    let s = Stored::new();
    s.backed_up(&[]);
    let deep = "<a>".repeat(10_000);
    let cut = "<L><IsTruncated>true</IsTruncated></L>";
    let round =
        "<L><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></L>";
    let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><L><K>&b;</K></L>";
    for (list, why) in [
        ("not xml at all", "text"),
        ("{}", "text"),
        ("", "early"),
        ("<html><body>Log in</p></html>", "cannot be used"),
        (&deep, "deep"),
        (cut, "where it goes on"),
        (round, "where it goes on"),
        (bomb, "document type"),
    ] {
        let list = list.to_owned();
        s.server.faults(move |r, _| {
            let hit = r.target.contains("list-type");
            hit.then(|| Fault::Says(list.clone()))
        });
        let out = s.aidf(&["backup", "verify", "--json"]).exits(9);
        assert!(out.all().contains(why), "{why}: {out}");
    }
    // Names that lead elsewhere, or to no file.
    let names = [
        "b/widgets/../../../../tmp/2026-01-01T000000Z.full.bundle",
        "b/widgets/..",
        "b/widgets/a%5Cb.bundle",
        "b/widgets/x%0Ay.bundle",
        "elsewhere/2026-01-01T000000Z.full.bundle",
        "/etc/passwd",
    ];
    let mut list = String::from("<L><IsTruncated>false</IsTruncated>");
    for name in s.server.keys().iter().map(String::as_str).chain(names) {
        list.push_str(&format!("<Contents><Key>{name}</Key></Contents>"));
    }
    list.push_str("</L>");
    s.server.faults(move |r, _| {
        let hit = r.target.contains("list-type");
        hit.then(|| Fault::Says(list.clone()))
    });
    s.is_whole(1);
}

#[test]
fn what_the_storage_refuses_is_told_by_its_kind_and_with_what_to_do() {
    let s = Stored::new();
    for (status, code, exit, words) in [
        (403, "AccessDenied", 5, "s3:PutObject"),
        (403, "InvalidAccessKeyId", 4, "AWS_ACCESS_KEY_ID"),
        (403, "RequestTimeTooSkewed", 4, "clock"),
        (400, "ExpiredToken", 4, "AWS_SESSION_TOKEN"),
        (404, "NoSuchBucket", 3, "bucket"),
        (301, "PermanentRedirect", 2, "region"),
        (501, "NotImplemented", 2, "If-None-Match"),
    ] {
        s.server
            .faults(move |_, _| Some(Fault::coded(status, code)));
        let out = s.aidf(&["backup", "create"]).exits(exit);
        let said = out.all();
        assert!(said.contains(code) && !said.contains("s3cret"), "{said}");
        // The hint is the destination's own where there is one to give.
        let out = s.aidf(&["backup", "verify", "--bundle", "s3://bucket/b/widgets"]);
        assert!(out.all().contains(words), "{words}: {out}");
    }
}

#[test]
fn a_redirect_to_another_place_gets_no_signed_request() {
    let s = Stored::new();
    let elsewhere = S3Server::start();
    let there = elsewhere.base();
    s.server.faults(move |r, _| {
        let location = format!("{there}{}", r.target);
        Some(Fault::SendTo(location))
    });
    let out = s.aidf(&["backup", "create", "--json"]).exits(2);
    assert!(out.all().contains("does not go there"), "{out}");
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn plain_http_to_another_machine_and_settings_in_the_wrong_place_are_refused() {
    let s = Stored::new();
    s.config("http://storage.example:9000");
    let out = s.aidf(&["backup", "create", "--json"]).exits(2);
    assert!(out.all().contains("plain http"), "{out}");
    for (entry, words) in [
        ("{s3: \"s3://bucket/b\", folder: /x}", "only one"),
        (
            "{folder: /x, endpoint: \"https://h\"}",
            "`endpoint:` is for `s3:`",
        ),
        ("{s3: \"s3://bucket/../b\"}", "not an address"),
        (
            "{s3: \"s3://bucket/b\", object_lock: {mode: compliance, days: 0}}",
            "lock nothing",
        ),
        (
            "{s3: \"s3://bucket/b\", object_lock: {mode: forever, days: 1}}",
            "forever",
        ),
        ("{s3: \"s3://bucket/b\", full_every: often}", "often"),
    ] {
        let text = format!("backup: {{destinations: [{entry}]}}\n");
        s.world.env.operator_config(&text);
        let out = s.aidf(&["backup", "create"]).exits(2);
        assert!(out.all().contains(words), "{words}: {out}");
    }
    assert!(s.server.asked().is_empty());
}

#[test]
fn machines_that_write_at_the_same_moment_lose_no_bundle_and_no_line() {
    let s = Stored::new();
    s.backed_up(&[]);
    let others: Vec<Machine> = (0..3).map(|_| s.machine()).collect();
    // Bundles that are the same to the last byte would be one.
    let branches: [&[&str]; 3] = [
        &["--branch", "main"],
        &["--branch", "sandbox"],
        &["--branch", "main", "--branch", "sandbox"],
    ];
    std::thread::scope(|scope| {
        for (machine, branches) in others.iter().zip(branches) {
            scope.spawn(move || {
                let args = ["backup", "create", "--full", "--json"];
                let report = run(machine, &[&args, branches].concat()).ok().json();
                let one = &report["destinations"][0];
                assert_eq!(one["error"], Value::Null, "{report:#}");
            });
        }
    });
    s.is_whole(4);
    let sums = String::from_utf8(s.server.object("b/widgets/SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 1 + 4, "{sums}");
    let bundles = s.names().into_iter().filter(|n| n.ends_with(".bundle"));
    assert_eq!(bundles.count(), 4);
}

#[test]
fn a_manifest_or_a_list_that_another_run_changed_is_read_again() {
    let s = Stored::new();
    s.backed_up(&[]);
    for changed in ["MANIFEST", "SHA256SUMS", "bundle-list"] {
        let left = Mutex::new(Some(Fault::coded(412, "PreconditionFailed")));
        s.server.faults(move |r, _| {
            let hit = r.method == "PUT" && r.target.ends_with(changed);
            hit.then(|| left.lock().unwrap().take()).flatten()
        });
        s.backed_up(&["--full"]);
        let asked = s.server.asked();
        let puts = asked
            .iter()
            .filter(|a| a.starts_with("PUT") && a.ends_with(changed));
        assert_eq!(puts.count(), 2, "{asked:?}");
    }
    s.is_whole(4);
    // Others who are always faster end the wait.
    s.server.faults(|r, _| {
        let hit = r.method == "PUT" && r.target.ends_with("MANIFEST");
        hit.then(|| Fault::coded(412, "PreconditionFailed"))
    });
    let out = s.aidf(&["backup", "create", "--full", "--json"]).exits(6);
    assert!(out.all().contains("another run"), "{out}");
    s.server.faults(|_, _| None);
    s.aidf(&["backup", "create"]).ok();
}

#[test]
fn a_bundle_whose_base_is_pruned_meanwhile_is_made_full() {
    let s = Stored::new();
    s.backed_up(&[]);
    s.world
        .remote
        .write("main", &[("a.txt", Some(b"a\n"))], "Add a");
    let calls: &[&[&str]] = &[
        &["backup", "create", "--full"],
        &["backup", "prune", "--keep-last", "1"],
    ];
    s.meanwhile("PUT", ".incremental.bundle", calls);
    let made = s.backed_up(&[]);
    assert!(made.ends_with(".full.bundle"), "{made}");
    let names = s.names();
    assert!(
        !names.iter().any(|n| n.contains("incremental")),
        "{names:?}"
    );
    s.is_whole(2);
}

#[test]
fn a_prune_leaves_the_full_bundles_if_another_run_writes_meanwhile() {
    let s = Stored::new();
    let first = s.backed_up(&[]);
    s.backed_up(&["--full"]);
    s.world
        .remote
        .write("main", &[("a.txt", Some(b"a\n"))], "Add a");
    s.meanwhile("PUT", "/SHA256SUMS", &[&["backup", "create"]]);
    let prune = ["backup", "prune", "--keep-last", "1", "--json"];
    let answer = s.aidf(&prune).ok().json();
    let kept = answer["kept"].to_string();
    assert!(
        kept.contains(&first) && kept.contains("meanwhile"),
        "{answer:#}"
    );
    s.is_whole(3);
    // The next time it goes.
    s.aidf(&prune).ok();
    assert!(!s.names().contains(&first));
    s.is_whole(2);
}
