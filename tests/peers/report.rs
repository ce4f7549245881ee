//! The page of `aidf audit report` in a real browser, and under axe's rules of what people
//! with a screen reader, a keyboard or a narrow screen need.

use std::fs;
use std::path::{Path, PathBuf};

use aidf::cancel::Cancel;
use aidf::clock::{Clock, DAY, Moment};
use aidf::config::{Config, Flags, Folders};
use aidf::context::{Caller, Context, Location};
use aidf::environment::Environment;
use aidf::ops::audit::{Report, html};
use aidf::ops::operations::find;
use aidf::progress::Silent;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::peers::support::{Place, have, skip};

/// A team of agents, at work for a month on one machine. The operations are called with the
/// clock of each day, which the command line does not let anybody do.
struct Month {
    place: Place,
    remote: PathBuf,
    now: Moment,
}

/// What a writer has.
struct Seat {
    pod: &'static str,
    clone: PathBuf,
    branch: String,
}

impl Month {
    fn new() -> Month {
        let place = Place::new();
        let policy = "version: 1\nlarge_diff_lines: 60\n";
        let remote = place.remote("orders", &[(".aidf.yaml", policy)]);
        Month {
            place,
            remote,
            now: Moment::now(),
        }
    }

    /// A call in a clone, so many days ago.
    fn context(&self, clone: &Path, pod: &str, days: i64, hour: i64) -> Context {
        let day = self.now.seconds() - self.now.seconds().rem_euclid(DAY) - days * DAY;
        let then = Moment::from_seconds((day + hour * 3600).min(self.now.seconds()));
        let home = self.place.path("home");
        let environment =
            Environment::from_iter([("PATH", std::env::var_os("PATH").unwrap_or_default())])
                .with("HOME", &home)
                .with("GIT_CONFIG_NOSYSTEM", "1")
                .with("AIDF_POD", pod);
        let folders = Folders {
            config: home.join("config/aidf"),
            cache: home.join("cache/aidf"),
            state: home.join("state/aidf"),
        };
        let config = Config::resolve(&Flags::default(), &environment, folders).unwrap();
        let place = Location {
            repo: None,
            dir: clone.to_owned(),
            remote: None,
            interactive: false,
        };
        let caller = Caller {
            environment,
            clock: Clock::new(move || then),
            random: Box::new(rand::make_rng::<StdRng>()),
            progress: Box::new(Silent),
            cancel: Cancel::new(),
            input: None,
            door: "test",
        };
        Context::open(config, &place, then, caller).unwrap()
    }

    /// An operation that is carried out, or refused in these words.
    #[track_caller]
    fn call(&self, cx: &Context, name: &str, request: Value, refused: Option<&str>) -> Value {
        match (find(name).unwrap().call(cx, request), refused) {
            (Ok(outcome), None) => outcome.report,
            (Err(e), Some(words)) if e.in_full().contains(words) => Value::Null,
            (Ok(outcome), _) => panic!("{name}: {:#}", outcome.report),
            (Err(e), _) => panic!("{name}: {}", e.in_full()),
        }
    }

    fn seat(&self, pod: &'static str, name: &str, days: i64) -> Seat {
        let clone = self.place.clone(self.remote.to_str().unwrap(), name);
        let cx = self.context(&clone, pod, days, 8);
        let opened = self.call(&cx, "sandbox init", json!({"name": name}), None);
        Seat {
            pod,
            clone,
            branch: opened["branch"].as_str().unwrap().to_owned(),
        }
    }

    fn commit(&self, seat: &Seat, when: (i64, i64), task: &str, message: &str, content: &str) {
        let cx = self.context(&seat.clone, seat.pod, when.0, when.1);
        let file = json!({"content": {
            "path": format!("src/{}.txt", seat.pod),
            "from": {"text": content},
        }});
        let request = json!({
            "files": [file],
            "message": message,
            "task_id": task,
            "committed_by": seat.pod,
        });
        self.call(&cx, "commit", request, None);
    }

    /// The month; answers the clone of somebody who makes the report.
    fn played(&self) -> PathBuf {
        let old = self.seat("billing-agent", "invoices-2025", 52);
        self.commit(&old, (51, 10), "INV-7", "Round to cents", "round\n");
        let seats = [
            self.seat("billing-agent", "invoices", 29),
            self.seat("claude-code", "search", 27),
            self.seat("codex", "importer", 22),
            self.seat("ada", "docs", 16),
        ];
        let tasks = ["INV-12", "SRCH-4", "IMP-31", "DOCS-9"];
        let subjects = [
            "Read the file once",
            "Name the field",
            "Cover the edge",
            "Say why",
        ];
        for days in (0..28).rev() {
            for (at, seat) in seats.iter().enumerate() {
                let (days_ago, number) = (days, days * 7 + at as i64 * 5);
                let began = [29, 27, 22, 16][at];
                let weekend = (days + 1) % 7 < 2;
                let count = if weekend || days_ago >= began {
                    0
                } else {
                    number % 4
                };
                for n in 0..count {
                    let text = format!("{days} {n}\n");
                    let message = subjects[(number + n) as usize % 4];
                    self.commit(seat, (days, 9 + n), tasks[at], message, &text);
                }
            }
            if days % 9 == 4 {
                let cx = self.context(&seats[0].clone, seats[0].pod, days, 12);
                let file = json!({"content": {"path": "README.md", "from": {"text": "x\n"}}});
                let request = json!({"files": [file], "message": "Hurry", "branch": "main"});
                self.call(&cx, "commit", request, Some("main is protected"));
            }
            if days % 7 == 1 {
                let cx = self.context(&seats[0].clone, "operator", days, 2);
                self.call(
                    &cx,
                    "backup create",
                    json!({"branches": ["main", "sandbox"]}),
                    None,
                );
            }
        }
        let long: String = (0..90).map(|n| format!("row {n}\n")).collect();
        self.commit(&seats[2], (11, 15), "IMP-31", "Import last year", &long);
        self.commit(&seats[1], (6, 15), "SRCH-4", "Tune [skip ci]", "tuned\n");
        let key = format!("aws_secret_access_key = {}\n", "aB3/".repeat(10));
        self.commit(&seats[0], (2, 15), "INV-12", "Add the settings", &key);
        let cx = self.context(&seats[0].clone, seats[0].pod, 2, 16);
        let undo = json!({"what": {"last": 1}, "reason": "it held a key"});
        self.call(&cx, "rollback", undo, None);
        let cx = self.context(&seats[0].clone, "operator", 1, 3);
        self.call(&cx, "backup drill", json!({}), None);
        self.seat("ben", "spike", 1);

        // Somebody pushes by git alone, and then the server's hook is there.
        let eve = self.place.clone(self.remote.to_str().unwrap(), "eve");
        let branch = &seats[2].branch;
        self.place.git(&eve, &["checkout", "-q", branch]);
        let message = ["commit", "-q", "--allow-empty", "-m", "Quick fix"];
        self.place.git(&eve, &message);
        self.place.git(&eve, &["push", "-q", "origin", branch]);
        let keys = self.place.path("home/config/aidf/keys.json");
        let apply = ["-R", self.remote.to_str().unwrap(), "protect", "apply"];
        let apply = [&apply[..], &["--key-file", keys.to_str().unwrap()]].concat();
        self.place.aidf(&eve, &apply).exits(0);
        for to in ["HEAD:main", "HEAD:sandbox-docs"] {
            let push = self
                .place
                .command("git", &eve)
                .args(["push", "-qf", "origin", to])
                .output();
            assert!(!push.unwrap().status.success(), "{to} was let in");
        }
        eve
    }

    /// The report of it.
    fn report(&self) -> (PathBuf, Value) {
        let clone = self.played();
        let page = self.place.path("report.html");
        let args = [
            "audit",
            "report",
            "--json",
            "--html",
            page.to_str().unwrap(),
        ];
        (page.clone(), self.place.aidf(&clone, &args).json())
    }
}

/// Runs Chromium on a page; answers what it printed.
#[track_caller]
fn browser(place: &Place, page: &Path, more: &[&str]) -> String {
    let profile = format!("--user-data-dir={}", place.path("browser").display());
    let output = place
        .command("timeout", &place.path("home"))
        .args([
            "--kill-after=10",
            "180",
            "chromium",
            "--headless",
            "--no-sandbox",
        ])
        .args(["--disable-gpu", "--disable-quic", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args([
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ])
        .args([&profile, "--virtual-time-budget=30000"])
        .args(more)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{:?}: {told}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What axe and the browser say of a page at a width in pixels.
#[track_caller]
fn examined(place: &Place, axe: &str, page: &str, width: u32, dark: bool) -> Value {
    // The report has no script and allows none: only this copy does.
    let policy = "default-src &#39;none&#39;;";
    assert_eq!(page.matches(policy).count(), 1);
    let scripts = format!("{policy} script-src 'unsafe-inline';");
    let copy = page.replace(policy, &scripts);
    let run = format!(
        "<script>{axe}</script><script>\
         axe.run(document, {{runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}})\
         .then(found => parent.done(window, document, found), e => parent.done(window, document, String(e)));\
         </script></body>"
    );
    let copy = copy.replace("</body>", &run);
    let source = copy.replace('&', "&amp;").replace('"', "&quot;");
    let frame = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>t</title><script>\
         function done(w, d, found) {{\
           const said = {{\
             violations: found.violations || String(found), passes: (found.passes || []).length,\
             incomplete: (found.incomplete || []).map(i => i.id),\
             wide: d.documentElement.scrollWidth, styled: w.getComputedStyle(d.querySelector('.skip')).position,\
             dark: w.matchMedia('(prefers-color-scheme: dark)').matches,\
             back: w.getComputedStyle(d.body).backgroundColor,\
           }};\
           const bytes = new TextEncoder().encode(JSON.stringify(said));\
           const pre = document.createElement('pre');\
           pre.textContent = btoa(Array.from(bytes, b => String.fromCharCode(b)).join(''));\
           document.body.replaceChildren(pre);\
         }}</script></head><body>\
         <iframe width=\"{width}\" height=\"900\" srcdoc=\"{source}\"></iframe></body></html>"
    );
    let file = place.path("copy.html");
    fs::write(&file, frame).unwrap();
    let scheme = if dark { 0 } else { 1 };
    let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
    let shown = browser(
        place,
        &file,
        &["--dump-dom", "--window-size=1400,1000", &scheme],
    );
    let said = shown
        .split_once("<pre>")
        .and_then(|(_, rest)| rest.split_once("</pre>"));
    let (said, _) = said.unwrap_or_else(|| panic!("axe gave no answer: {:.2000}", shown));
    serde_json::from_slice(&STANDARD.decode(said).unwrap()).unwrap()
}

/// axe-core, which `.ci/run` installs beside the mock forges.
fn axe() -> Option<String> {
    let folder = std::env::var_os("AIDF_FORGE_MOCKS").map(PathBuf::from);
    let file = folder.map(|f| f.join("node_modules/axe-core/axe.min.js"));
    let text = file.and_then(|f| fs::read_to_string(f).ok());
    if text.is_none() {
        skip("AIDF_FORGE_MOCKS does not say where .ci/run put axe-core");
    }
    text
}

#[test]
fn axe_finds_nothing_wrong_with_the_report_in_light_dark_and_narrow() {
    if !have(&["chromium", "timeout"]) {
        return;
    }
    let Some(axe) = axe() else {
        return;
    };
    let month = Month::new();
    let (page, report) = month.report();
    assert!(
        report["all"]["commits"].as_u64().unwrap() > 40,
        "{report:#}"
    );
    for (field, least) in [("alerts", 3), ("refusals", 4), ("tasks", 4), ("writers", 4)] {
        assert!(
            report[field]["total"].as_u64().unwrap() >= least,
            "{field}: {report:#}"
        );
    }
    assert_eq!(report["verified"]["findings"]["total"], 1, "{report:#}");
    let text = fs::read_to_string(&page).unwrap();
    let mut backs = Vec::new();
    for (width, dark) in [(1280, false), (1280, true), (320, false), (320, true)] {
        let said = examined(&month.place, &axe, &text, width, dark);
        assert_eq!(said["violations"], json!([]), "{width} {dark}: {said:#}");
        assert!(said["passes"].as_u64().unwrap() > 25, "{said:#}");
        assert_eq!(
            said["styled"], "absolute",
            "the style was not let in: {said:#}"
        );
        assert_eq!(said["dark"], dark, "{said:#}");
        assert!(
            said["wide"].as_u64().unwrap() <= u64::from(width),
            "{said:#}"
        );
        backs.push(said["back"].clone());
    }
    assert_ne!(backs[0], backs[1], "dark looks like light");
    // axe tells right from wrong.
    let wrong = text.replace("<html lang=\"en\">", "<html>");
    let said = examined(&month.place, &axe, &wrong, 1280, false);
    assert_eq!(said["violations"][0]["id"], "html-has-lang", "{said:#}");

    if std::env::var_os("AIDF_BLESS").is_some_and(|v| v == "1") {
        // The picture of the documentation has an address that says nothing of this machine.
        let mut report = report;
        report["remote"] = json!("https://git.example.com/acme/orders.git");
        report.as_object_mut().unwrap().remove("warnings");
        let report: Report = serde_json::from_value(report).unwrap();
        fs::write(&page, html(&report)).unwrap();
        let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.png");
        let to = format!("--screenshot={}", picture.display());
        browser(&month.place, &page, &["--window-size=1120,1640", &to]);
    }
}

#[test]
fn a_browser_takes_the_report_as_it_is_without_a_complaint() {
    if !have(&["chromium", "timeout"]) {
        return;
    }
    let place = Place::new();
    let remote = place.remote("demo", &[]);
    let clone = place.clone(remote.to_str().unwrap(), "work");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    let page = place.path("page.html");
    place
        .aidf(
            &clone,
            &["audit", "report", "--html", page.to_str().unwrap()],
        )
        .exits(0);
    // What the policy of the page refuses, the console says.
    let log = place.path("console.log");
    let log = format!("--log-file={}", log.display());
    let logged = ["--dump-dom", "--enable-logging", "--v=0", &log];
    let shown = browser(&place, &page, &logged);
    assert!(shown.contains("<h1>"), "{shown:.2000}");
    let said = fs::read_to_string(place.path("console.log")).unwrap_or_default();
    assert!(!said.contains("Content Security Policy"), "{said}");
    // A page that the policy stops is told of, or the test could not fail.
    let text = fs::read_to_string(&page).unwrap();
    fs::write(&page, text.replace("</body>", "<script>1</script></body>")).unwrap();
    browser(&place, &page, &logged);
    let said = fs::read_to_string(place.path("console.log")).unwrap();
    assert!(said.contains("Content Security Policy"), "{said}");
}
