//! moto's S3 server, which computes every signature anew by botocore and compares it. What
//! aidf wrote there is read by boto3 and by plain git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::peers::support::{Ended, Place, have, skip};
use crate::peers::web::{Daemon, on_a_free_port_within};
use crate::support::noise;

/// A prefix in which every part is one that has to be encoded.
const PREFIX: &str = "s3://plain/ä b+c/~d=e&f";

/// An interpreter with much to load, and all the tests at once.
const READY: Duration = Duration::from_secs(60);

/// A remote, a clone of it, and S3 storage that takes signed requests alone.
struct S3 {
    place: Place,
    remote: PathBuf,
    clone: PathBuf,
    endpoint: String,
    packages: std::ffi::OsString,
    _server: Daemon,
}

impl S3 {
    /// None, where the server is not here; the test then skips.
    fn start() -> Option<Self> {
        if !have(&["git", "python3"]) {
            return None;
        }
        let Some(packages) = std::env::var_os("AIDF_MOTO") else {
            skip("AIDF_MOTO does not say where .ci/run put moto");
            return None;
        };
        let mut place = Place::new();
        let log = fs::File::create(place.path("moto.log")).unwrap();
        let (port, server) = on_a_free_port_within(READY, |port| {
            Daemon::start(
                place
                    .command("python3", &place.path(""))
                    .args(["-m", "moto.server", "-H", "127.0.0.1", "-p"])
                    .arg(port.to_string())
                    .env("PYTHONPATH", &packages)
                    .env("PYTHONDONTWRITEBYTECODE", "1")
                    .stdout(log.try_clone()?)
                    .stderr(log.try_clone()?),
            )
        })
        .unwrap_or_else(|e| panic!("moto: {e}"));
        let endpoint = format!("http://127.0.0.1:{port}");
        place.with_env("AWS_ACCESS_KEY_ID", "first");
        place.with_env("AWS_SECRET_ACCESS_KEY", "first");
        let remote = place.remote("widgets", &[]);
        let clone = place.clone(&format!("file://{}", remote.display()), "clone");
        let mut s3 = S3 {
            place,
            remote,
            clone,
            endpoint,
            packages,
            _server: server,
        };
        let key = s3.python(&["start"]);
        for (name, field) in [
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ] {
            s3.place.with_env(name, key[field].as_str().unwrap());
        }
        let endpoint = s3.endpoint.clone();
        s3.place.with_env("AWS_ENDPOINT_URL", endpoint);
        Some(s3)
    }

    /// What `moto/prepare.py` says.
    #[track_caller]
    fn python(&self, args: &[&str]) -> Value {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/moto/prepare.py");
        let mut command: Command = self.place.command("python3", &self.place.path(""));
        let output = command
            .arg(script)
            .arg(&self.endpoint)
            .args(args)
            .env("PYTHONPATH", &self.packages)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    fn config(&self, text: &str) {
        let file = self.place.path("home/config/aidf/config.yaml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn aidf(&self, args: &[&str]) -> Ended {
        self.place.aidf(&self.clone, args)
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        self.aidf(&[args, &["--json"]].concat()).json()
    }

    /// Backs up, and gives the name of the bundle that was written.
    #[track_caller]
    fn backed_up(&self, args: &[&str]) -> Option<String> {
        let report = self.json(&[&["backup", "create"], args].concat());
        let one = &report["destinations"][0];
        assert_eq!(one["error"], Value::Null, "{report:#}");
        one["bundle"].as_str().map(str::to_owned)
    }

    /// A commit on main with this file.
    fn push(&self, name: &str, content: &[u8]) {
        fs::write(self.clone.join(name), content).unwrap();
        self.place.git(&self.clone, &["add", "-A"]);
        self.place
            .git(&self.clone, &["commit", "-q", "-m", "Change"]);
        self.place
            .git(&self.clone, &["push", "-q", "origin", "main"]);
    }

    fn tip(&self, branch: &str) -> String {
        let tip = self.place.git(&self.remote, &["rev-parse", branch]);
        tip.trim().to_owned()
    }

    /// The objects of a bucket: the last part of each key, and what is known of it.
    fn objects(&self, bucket: &str) -> Vec<(String, Value)> {
        let all = self.python(&["objects", bucket]);
        let all = all.as_object().unwrap();
        all.iter()
            .map(|(key, of)| (key.rsplit('/').next().unwrap().to_owned(), of.clone()))
            .collect()
    }
}

#[test]
fn bundles_in_s3_storage_are_made_verified_drilled_and_restored() {
    let Some(mut s3) = S3::start() else { return };
    s3.config(&format!(
        "backup:\n  destinations:\n    - s3: \"{PREFIX}\"\n"
    ));
    // Two parts and a rest.
    s3.push("big.bin", &noise(36 << 20));
    let full = s3.backed_up(&[]).expect("a bundle");
    assert!(full.ends_with(".full.bundle"), "{full}");
    assert_eq!(s3.backed_up(&[]), None, "there is nothing new");
    s3.push("small.txt", b"one\n");
    let second = s3.backed_up(&[]).expect("a bundle");
    assert!(second.ends_with(".incremental.bundle"), "{second}");

    let objects = s3.objects("plain");
    let names: Vec<&str> = objects.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [&*full, &*second, "MANIFEST", "SHA256SUMS", "bundle-list"]
    );
    let etag = objects[0].1["etag"].as_str().unwrap();
    assert!(etag.ends_with("-3\""), "not in three parts: {etag}");
    assert_eq!(s3.python(&["uploads", "plain"]), 0);

    let verified = s3.json(&["backup", "verify"]);
    let all = verified["verified"].as_array().unwrap();
    assert_eq!(all.len(), 4, "{verified:#}");
    assert_eq!(all[2], format!("{PREFIX}/widgets/{full}").as_str());
    assert_eq!(verified["unauthenticated"], serde_json::json!([]));
    let drilled = s3.json(&["backup", "drill"]);
    assert_eq!(drilled["bundles"][0]["same_as_backup"], true, "{drilled:#}");

    // What the remote has lost comes back from the bundles alone.
    let tip = s3.tip("main");
    let bare = s3.place.path("empty.git");
    s3.place.git(
        &s3.place.path(""),
        &["init", "-q", "--bare", bare.to_str().unwrap()],
    );
    let args = ["-R", bare.to_str().unwrap(), "backup", "restore", "main"];
    let args = [&args[..], &["--bundle", PREFIX, "--to", "back"]].concat();
    let none = s3.aidf(&args).exits(3);
    assert!(none.stderr.contains(PREFIX), "{}", none.told());
    let own = format!("{PREFIX}/widgets");
    let args = [&args[..6], &[&own, "--to", "back"]].concat();
    s3.aidf(&args).exits(0);
    assert_eq!(s3.place.git(&bare, &["rev-parse", "back"]).trim(), tip);
    s3.place.git(&bare, &["fsck", "--strict"]);

    s3.place.with_env("AWS_SECRET_ACCESS_KEY", "wrong");
    let refused = s3.aidf(&["backup", "verify", "--bundle", &own]).exits(4);
    assert!(
        refused.stderr.contains("SignatureDoesNotMatch"),
        "{}",
        refused.told()
    );
    s3.place.without_env("AWS_ACCESS_KEY_ID");
    let none = s3.aidf(&["backup", "verify", "--bundle", &own]).exits(4);
    assert!(
        none.stderr.contains("~/.aws/credentials"),
        "{}",
        none.told()
    );
}

#[test]
fn git_clones_by_the_bundle_list_of_a_public_bucket() {
    let Some(s3) = S3::start() else { return };
    s3.backed_up(&["--bundle-dir", "s3://plain/bundles"])
        .unwrap();
    s3.push("small.txt", b"one\n");
    s3.backed_up(&["--bundle-dir", "s3://plain/bundles"])
        .unwrap();
    let backed_up = s3.tip("main");
    s3.push("small.txt", b"two\n");
    s3.python(&["public", "plain"]);
    let to = s3.place.path("cloned");
    let list = format!("{}/plain/bundles/widgets/bundle-list", s3.endpoint);
    let from = format!("file://{}", s3.remote.display());
    let args = [
        "-c",
        "transfer.bundleURI=true",
        "clone",
        "-q",
        "--bundle-uri",
        &list,
        &from,
    ];
    let args = [&args[..], &[to.to_str().unwrap()]].concat();
    s3.place.git(&s3.place.path(""), &args);
    let taken = s3.place.git(&to, &["rev-parse", "refs/bundles/main"]);
    assert_eq!(taken.trim(), backed_up);
    assert_eq!(
        s3.place.git(&to, &["rev-parse", "HEAD"]).trim(),
        s3.tip("main")
    );
}

#[test]
fn prune_removes_a_bundle_and_keeps_a_locked_one_and_names_it() {
    let Some(s3) = S3::start() else { return };
    let of = |bucket: &str, more: &str| {
        s3.config(&format!(
            "backup:\n  destinations:\n    - s3: s3://{bucket}/b\n      endpoint: {}\n      region: us-east-1\n{more}",
            s3.endpoint
        ));
        let first = s3.backed_up(&["--full"]).unwrap();
        let second = s3.backed_up(&["--full"]).unwrap();
        let report = s3.json(&["backup", "prune", "--keep-last", "1"]);
        (first, second, report)
    };
    let (first, second, report) = of("plain", "");
    let names = |bucket: &str| -> Vec<String> {
        s3.objects(bucket)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    assert_eq!(
        report["removed"],
        serde_json::json!([format!("s3://plain/b/widgets/{first}")])
    );
    assert_eq!(
        names("plain"),
        [&*second, "MANIFEST", "SHA256SUMS", "bundle-list"]
    );

    let lock = "      object_lock: {mode: governance, days: 30}\n";
    let (first, second, report) = of("locked", lock);
    assert_eq!(report["removed"], serde_json::json!([]), "{report:#}");
    let kept = report["kept"].as_array().unwrap();
    let name = format!("s3://locked/b/widgets/{first}");
    let kept = kept.iter().find(|k| k["name"] == name.as_str()).unwrap();
    let reason = kept["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("locked until 20"), "{reason}");
    let modes: Vec<(String, Value)> = s3
        .objects("locked")
        .into_iter()
        .map(|(name, of)| (name, of["mode"].clone()))
        .collect();
    let locked = |name: &str| (name.to_owned(), Value::from("GOVERNANCE"));
    let free = |name: &str| (name.to_owned(), Value::Null);
    assert_eq!(
        modes,
        [
            locked(&first),
            locked(&second),
            free("MANIFEST"),
            free("SHA256SUMS"),
            free("bundle-list")
        ]
    );
    s3.aidf(&["backup", "verify"]).exits(0);
}
