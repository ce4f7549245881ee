//! `aidf audit export` and `aidf audit report`: every event on record as JSON lines, and the
//! state of a repository as a page of HTML that no text of a repository can break.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aidf::ops::audit::{Report, html};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Guarded, Kind, Machine, World, text};

/// The events that an export prints.
#[track_caller]
fn exported(machine: &Machine, more: &[&str]) -> Vec<Value> {
    let out = machine.aidf(&[&["audit", "export"], more].concat()).ok();
    let lines = out.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

/// The same events as the log tells them, the oldest first.
#[track_caller]
fn logged(machine: &Machine, more: &[&str]) -> Vec<Value> {
    let log = machine.json(&[&["audit", "log", "-n", "100000"], more].concat());
    let mut entries = log["entries"].as_array().unwrap().clone();
    entries.reverse();
    entries
}

/// A guarded remote on which somebody worked, and others were refused.
fn worked() -> (Guarded, String) {
    let g = Guarded::new(Kind::Path, "");
    let w = &g.w;
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a", "--task-id", "t-7"]);
    w.save("b.txt", "b\n", "Add b");
    w.write("c.txt", "c\n");
    let denied = w.aidf(&["commit", "c.txt", "-m", "Add c", "--branch", "main"]);
    assert_eq!(denied.code, 5, "{denied}");
    w.json(&["rollback", "--last", "1"]);
    let eve = w.other();
    eve.at("sandbox");
    g.refused(&eve, &[], &["HEAD:refs/heads/main"], "main");
    (g, branch)
}

fn page_of(machine: &Machine, more: &[&str]) -> (String, Value) {
    let page = machine.env.path("page.html");
    let args = ["audit", "report", "--html", page.to_str().unwrap()];
    let report = machine.json(&[&args[..], more].concat());
    (fs::read_to_string(page).unwrap(), report)
}

#[test]
fn an_export_has_what_the_log_has_all_of_it_the_oldest_first() {
    let (g, branch) = worked();
    let events = exported(&g.w, &[]);
    assert_eq!(events, logged(&g.w, &[]));
    let times: Vec<String> = events.iter().map(|e| text(e, "time")).collect();
    assert!(times.is_sorted(), "{times:?}");
    let sources: BTreeSet<String> = events.iter().map(|e| text(e, "source")).collect();
    assert_eq!(sources.len(), 3, "{sources:?}");
    // What this machine did is told once each, in its order, also within a second.
    let journal = fs::read_to_string(g.w.env.state().join("aidf/journal.jsonl")).unwrap();
    let lines = journal.lines();
    let lines = lines.map(|l| serde_json::from_str::<Value>(l).unwrap());
    let done: Vec<String> = lines
        .filter(|l| l["repo_name"] == "widgets")
        .map(|l| text(&l, "command"))
        .collect();
    let own = events.iter().filter(|e| e["source"] != "server");
    let own: Vec<String> = own.map(|e| text(e, "command")).collect();
    assert_eq!(own, done);
    for filter in [
        ["--branch", branch.as_str()],
        ["--task-id", "t-7"],
        ["--by", &text(&events[events.len() - 1], "time")],
        ["--by", branch.as_str()],
        ["--since", "1h"],
    ] {
        let some = exported(&g.w, &filter);
        assert_eq!(some, logged(&g.w, &filter), "{filter:?}");
        let all: Vec<&Value> = events.iter().filter(|e| some.contains(e)).collect();
        assert_eq!(all.len(), some.len(), "{filter:?}");
    }
    let task = exported(&g.w, &["--task-id", "t-7"]);
    assert_eq!(task.len(), 1, "{task:#?}");
    let tip = g.w.remote.tip(&branch);
    let made: Vec<&Value> = events
        .iter()
        .filter(|e| e["commit"] == tip.as_str())
        .collect();
    assert!(
        made.iter()
            .any(|e| e["command"] == "rollback" && e["signature"] == "good")
    );
}

#[test]
fn a_later_event_about_a_commit_does_not_take_its_place() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    w.json(&["backup", "create", "--branch", &branch]);
    let events = exported(&w, &[]);
    let of_commit = events.iter().filter(|e| e["commit"] == commit.as_str());
    let told: Vec<(String, String)> = of_commit
        .map(|e| (text(e, "source"), text(e, "command")))
        .collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        told,
        [
            pair("repository", "commit"),
            pair("journal", "backup create")
        ]
    );
}

#[test]
fn an_export_to_a_file_is_there_whole_or_not_at_all() {
    let (g, _) = worked();
    let w = &g.w;
    let folder = w.env.path("exports");
    let file = folder.join("events.jsonl");
    let to = file.to_str().unwrap();
    let report = w.json(&["audit", "export", "--output", to]);
    let lines = fs::read_to_string(&file).unwrap();
    assert_eq!(lines, w.aidf(&["audit", "export"]).ok().stdout);
    assert_eq!(report["events"], lines.lines().count());
    #[cfg(unix)]
    assert_eq!(crate::support::permissions(&file), 0o600);
    // What fails leaves the file that was there, and nothing beside it.
    let gone = w.remote.bare.with_extension("gone");
    fs::rename(&w.remote.bare, &gone).unwrap();
    let out = w.aidf(&["audit", "export", "--output", to]);
    assert_ne!(out.code, 0, "{out}");
    assert_eq!(fs::read_to_string(&file).unwrap(), lines);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::rename(&gone, &w.remote.bare).unwrap();
    let out = w.aidf(&["audit", "export", "--output", folder.to_str().unwrap()]);
    assert_eq!(out.code, 2, "{out}");
}

#[test]
fn a_line_of_an_export_cannot_act_on_the_terminal() {
    let g = Guarded::new(Kind::Path, "");
    let journal = g.w.remote.bare.join("aidf/journal.jsonl");
    let hostile = "\u{1b}[2J\u{202e}\u{9b}";
    let line = json!({"time": "2026-01-01T00:00:00Z", "allowed": false, "user": hostile});
    fs::create_dir_all(journal.parent().unwrap()).unwrap();
    fs::write(&journal, format!("{line}\n")).unwrap();
    let out = g.w.aidf(&["audit", "export"]).ok();
    let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!out.stdout.contains(acts), "{out}");
    let events = exported(&g.w, &[]);
    assert_eq!(events[0]["by"], hostile);
}

#[test]
fn a_shallow_clone_exports_and_reports_as_much_as_a_whole_one() {
    let mut w = World::new(Kind::File);
    w.history(2);
    let exported = |w: &World| {
        let out = w.aidf(&["audit", "export"]).ok();
        let commits = out
            .stdout
            .lines()
            .filter(|line| line.contains("\"signature\""));
        commits.map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = exported(&w);
    assert!(whole.len() >= 2, "{whole:?}");
    let reported = w.json(&["audit", "report"]);
    let dir = w.env.path("shallow");
    let to = dir.to_str().unwrap();
    w.git(&["clone", "--quiet", "--depth", "1", &w.url.clone(), to]);
    w.clone = dir;
    assert_eq!(exported(&w), whole);
    assert_eq!(w.json(&["audit", "report"])["writes"], reported["writes"]);
}

#[test]
fn a_report_counts_what_was_done_and_refused_and_says_how_things_stand() {
    let (g, branch) = worked();
    let w = &g.w;
    w.write("d.txt", "d\n");
    w.json(&[
        "commit",
        "d.txt",
        "-m",
        "Add d [skip ci]",
        "--committed-by",
        "ben",
    ]);
    let before = w.json(&["audit", "report"]);
    assert_eq!(before["backups"]["total"], 0);
    assert_eq!(before["backups"]["last_drill_at"], Value::Null);
    w.json(&["backup", "create", "--branch", "sandbox"]);
    w.json(&["backup", "drill"]);
    let (_, report) = page_of(w, &[]);
    // Two commits, a rollback, and one more.
    assert_eq!(report["all"]["commits"], 4, "{report:#}");
    assert_eq!(report["all"]["refusals"], 2, "{report:#}");
    let refused = report["refusals"]["first"].as_array().unwrap();
    let sources: BTreeSet<String> = refused.iter().map(|r| text(r, "source")).collect();
    assert_eq!(sources, ["journal", "server"].map(str::to_owned).into());
    let days = report["days"].as_array().unwrap().iter();
    let commits: u64 = days.map(|d| d["commits"].as_u64().unwrap()).sum();
    assert_eq!(commits, 4, "{report:#}");
    let writers = report["writers"]["first"].as_array().unwrap();
    let writers: Vec<(String, u64)> = writers
        .iter()
        .map(|w| (text(w, "writer"), w["signed"].as_u64().unwrap()))
        .collect();
    assert_eq!(writers, [(branch.clone(), 3), ("ben".to_owned(), 1)]);
    assert_eq!(report["tasks"]["first"][0]["task_id"], "t-7");
    assert_eq!(
        report["alerts_by_kind"],
        json!([{"alert": "ci_directive", "count": 1}])
    );
    let open = &report["sandboxes"];
    assert_eq!(
        (&open["active"], &open["ahead"]),
        (&json!(1), &json!(1)),
        "{open:#}"
    );
    assert_eq!(open["listed"]["first"][0]["branch"], branch.as_str());
    assert_eq!(report["backups"]["newest"]["first"][0]["branch"], "sandbox");
    assert_eq!(report["backups"]["drill_age_days"], 0);
    let states: BTreeSet<String> = report["protection"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| text(r, "state"))
        .collect();
    assert!(
        !states.is_empty() && !states.contains("missing"),
        "{report:#}"
    );
    assert_eq!(report["verified"]["findings"]["total"], 0, "{report:#}");
    let told = w.aidf(&["audit", "report"]).ok();
    assert!(
        told.stdout.contains("4 commits by 2 writers in 30d"),
        "{told}"
    );
}

#[test]
fn the_journal_keeps_what_a_write_was_noticed_for() {
    let w = World::path();
    w.sandbox();
    let key = format!("aws_secret_access_key = {}\n", "aB3/".repeat(10));
    w.save("a.txt", &key, "Add a");
    let alerts = |machine: &Machine| {
        let events = exported(machine, &[]);
        let raised = events.iter().filter(|e| e["alerts"].is_array());
        raised.map(|e| e["alerts"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(alerts(&w), [json!(["possible_secret"])]);
    // The commit itself does not say it, and another machine has another journal.
    assert_eq!(alerts(&w.other()), Vec::<Value>::new());
    let (page, _) = page_of(&w, &[]);
    assert!(page.contains(">possible secret</span>"), "{page}");
}

#[test]
fn what_cannot_be_read_is_said_to_be_unknown() {
    let w = World::new(Kind::Daemon);
    w.sandbox();
    let (page, report) = page_of(&w, &[]);
    let why = text(&report["protection"], "unknown");
    assert!(why.contains("does not know what kind of server"), "{why}");
    assert!(page.contains("It is unknown which rules the server enforces."));
    assert!(page.contains("does not know what kind of server"), "{page}");
    assert!(
        page.contains("No drill on this machine has proved"),
        "{page}"
    );
    assert!(page.contains("The journal of a server’s hook was not at hand."));
}

#[test]
fn a_report_tells_what_a_verification_finds() {
    let w = World::path();
    let branch = w.sandbox();
    let eve = w.other();
    eve.git(&["checkout", "--quiet", &branch]);
    eve.git(&["commit", "--quiet", "--allow-empty", "-m", "Sneak in"]);
    let plain = eve.git(&["rev-parse", "HEAD"]);
    eve.git(&["push", "--quiet", "origin", &branch]);
    let (page, report) = page_of(&w, &[]);
    let found = &report["verified"]["findings"];
    assert_eq!(found["total"], 1, "{report:#}");
    assert_eq!(found["first"][0]["commit"], plain.as_str());
    assert_eq!(found["first"][0]["kind"], "not_through_aidf");
    assert!(page.contains(">not through aidf</span>"), "{page}");
    assert!(page.contains(&plain[..7]), "{page}");
}

#[test]
fn a_report_looks_back_as_far_as_it_is_told() {
    let w = World::path();
    let branch = w.sandbox();
    let eve = w.other();
    eve.git(&["checkout", "--quiet", &branch]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap().as_secs();
    let message = "Old work\n\nAidf-Committed-By: old\nAidf-Task-Id: t-old";
    let mut command = eve.env.command("git", &eve.clone);
    let old = format!("{} +0000", now - 40 * 86_400);
    command.args(["commit", "--quiet", "--allow-empty", "-m", message]);
    let done = command.env("GIT_COMMITTER_DATE", &old).status().unwrap();
    assert!(done.success());
    eve.git(&["push", "--quiet", "origin", &branch]);
    let writers = |more: &[&str]| page_of(&w, more).1["writers"]["total"].clone();
    assert_eq!(writers(&[]), 0);
    assert_eq!(writers(&["--since", "41d"]), 1);
    assert_eq!(page_of(&w, &[]).1["sandboxes"]["idle"], 1);
    // What is dated later than now is counted, told, and on no day.
    let late = format!("{} +0000", now + 400 * 86_400);
    let mut command = eve.env.command("git", &eve.clone);
    command.args(["commit", "--quiet", "--allow-empty", "-m", message]);
    let done = command.env("GIT_COMMITTER_DATE", &late).status().unwrap();
    assert!(done.success());
    eve.git(&["push", "--quiet", "origin", &branch]);
    let (page, report) = page_of(&w, &[]);
    assert_eq!(report["all"]["commits"], 1, "{report:#}");
    let days = report["days"].as_array().unwrap();
    assert!(days.iter().all(|d| d["commits"] == 0), "{report:#}");
    assert!(
        page.contains("1 event is dated later than this report"),
        "{page}"
    );
}

/// A report in which every text is hostile.
fn hostile(report: &Value) -> Value {
    const TEXT: &str = "<script>alert(1)</script>\"'><img src=x onerror=y>&amp;\n\r\t\u{202e}\u{2066}\u{0}\u{200b}]]>-->";
    // What is one of a few words in the types stays: nothing else could be read back.
    const WORDS: [&str; 12] = [
        "source",
        "outcome",
        "signature",
        "alert",
        "alerts",
        "provider",
        "rule",
        "state",
        "kind",
        "commit",
        "since",
        "made_at",
    ];
    match report {
        Value::String(_) => json!(TEXT),
        Value::Array(items) => items.iter().map(hostile).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let kept = WORDS.contains(&name.as_str());
                (
                    name.clone(),
                    if kept { value.clone() } else { hostile(value) },
                )
            });
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// The elements of a page with their attributes, in order; the style is left out.
fn elements(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let mut found = Vec::new();
    for piece in format!("{before}{after}").split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("an element ends");
        if tag.starts_with('/') || tag.starts_with('!') {
            continue;
        }
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((attribute, more)) = rest.split_once("=\"") {
            let (value, more) = more.split_once('"').expect("a value ends");
            attributes.push((attribute.trim().to_owned(), value.to_owned()));
            rest = more;
        }
        assert_eq!(rest, "", "{tag}");
        found.push((name.to_owned(), attributes));
    }
    found
}

/// What any page has to be: whole in itself, and marked up for those who do not see it.
#[track_caller]
fn is_sound(page: &str) {
    const ELEMENTS: &str = "html head meta title style body a header h1 code bdi p time nav ul li \
        main section h2 dl div dt dd figure svg line g rect figcaption table caption thead tbody \
        tr th td span footer";
    const ATTRIBUTES: &str = "lang charset http-equiv name content class href id aria-label \
        aria-labelledby aria-describedby aria-hidden role tabindex scope datetime viewBox \
        preserveAspectRatio x y x1 y1 x2 y2 width height";
    let all = elements(page);
    let (elements, attributes): (Vec<&str>, Vec<&str>) = (
        ELEMENTS.split_whitespace().collect(),
        ATTRIBUTES.split_whitespace().collect(),
    );
    let mut ids = BTreeSet::new();
    for (name, own) in &all {
        assert!(elements.contains(&name.as_str()), "<{name}>");
        for (attribute, value) in own {
            assert!(
                attributes.contains(&attribute.as_str()),
                "{name} {attribute}"
            );
            if attribute == "href" {
                assert!(value.starts_with('#'), "{value}");
            }
            if attribute == "id" {
                assert!(ids.insert(value.clone()), "two of {value}");
            }
        }
    }
    for (name, own) in &all {
        for (attribute, value) in own {
            let refers = ["href", "aria-labelledby", "aria-describedby"];
            if refers.contains(&attribute.as_str()) {
                let id = value.trim_start_matches('#');
                assert!(ids.contains(id), "{name} {attribute}: nothing is {id}");
            }
        }
    }
    let count = |tag: &str| all.iter().filter(|(name, _)| name == tag).count();
    for one in ["h1", "main", "header", "nav", "footer"] {
        assert_eq!(count(one), 1, "{one}");
    }
    assert!(count("h2") >= 10);
    assert_eq!(count("table"), count("caption"));
    let scoped = |own: &[(String, String)]| own.iter().any(|(name, _)| name == "scope");
    assert!(all.iter().all(|(name, own)| name != "th" || scoped(own)));
    let (_, style) = page.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    for word in ["url(", "@import", "http:", "https:"] {
        assert!(!style.contains(word), "{word}");
    }
    for word in ["@media print", "prefers-color-scheme: dark"] {
        assert!(style.contains(word), "{word}");
    }
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;sha256-{hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\">"
    );
    assert!(page.contains(&policy), "{policy}\n{page}");
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    let acts = |c: char| c.is_control() && c != '\n' || aidf::git::is_invisible(c);
    assert!(!page.contains(acts), "{page}");
}

#[test]
fn no_text_of_a_repository_is_more_than_text_on_the_page() {
    let g = Guarded::new(Kind::Path, "");
    let w = &g.w;
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    let name = "<script>alert('who')</script>";
    let task = "t\"><img src=x onerror=alert(1)>";
    let message = "Add <b>a</b> & 'more' [skip ci]";
    let args = [
        "commit",
        "a.txt",
        "-m",
        message,
        "--committed-by",
        name,
        "--task-id",
        task,
    ];
    w.json(&args);
    w.json(&["backup", "create", "--branch", "sandbox"]);
    let eve = w.other();
    eve.at("sandbox");
    eve.git(&["config", "user.name", "svg onload='x' & \u{202e}gpj"]);
    let bare = w.remote.bare.join("hooks/pre-receive");
    fs::remove_file(&bare).unwrap();
    eve.git(&["commit", "--quiet", "--allow-empty", "-m", "x"]);
    eve.git(&[
        "push",
        "--quiet",
        "--force",
        "origin",
        &format!("HEAD:{branch}"),
    ]);
    let now = text(&w.json(&["audit", "log"])["entries"][0], "time");
    let line = json!({
        "time": now, "allowed": false, "user": "a\nb\u{202e}<i>",
        "ref": "refs/heads/\"><script>x</script>", "rule": "</td></table><script>y</script>",
    });
    let journal = w.remote.bare.join("aidf/journal.jsonl");
    fs::create_dir_all(journal.parent().unwrap()).unwrap();
    fs::write(&journal, format!("{line}\n")).unwrap();
    let (page, report) = page_of(w, &[]);
    is_sound(&page);
    assert_eq!(report["refusals"]["first"][0]["by"], "a\nb\u{202e}<i>");
    for shown in [
        "a\\nb\\u{202e}&lt;i&gt;",
        "&quot;&gt;&lt;script&gt;x&lt;/script&gt;",
        "&lt;/td&gt;&lt;/table&gt;",
        "svg onload=&#39;x&#39; &amp; \\u{202e}gpj",
    ] {
        assert!(page.contains(shown), "{shown}\n{page}");
    }
    // A branch that was there before Eve has lost the writer and the task; here all is there.
    let (_, all) = worked_page();
    let every = hostile(&all);
    let read: Report = serde_json::from_value(every).unwrap();
    let page = html(&read);
    is_sound(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;"));
}

/// The page and the report of a repository on which there is something of everything.
fn worked_page() -> (String, Value) {
    let (g, branch) = worked();
    let w = &g.w;
    w.write("d.txt", "d\n");
    w.json(&["commit", "d.txt", "-m", "Add d [skip ci]"]);
    w.json(&["backup", "create", "--branch", "sandbox"]);
    let bare = w.remote.bare.join("hooks/pre-receive");
    fs::remove_file(&bare).unwrap();
    let eve = w.other();
    eve.git(&["checkout", "--quiet", &branch]);
    eve.git(&["commit", "--quiet", "--allow-empty", "-m", "x"]);
    eve.git(&["push", "--quiet", "origin", &branch]);
    page_of(w, &[])
}

#[test]
fn the_same_facts_give_the_same_page_and_it_is_whole_in_itself() {
    let (page, mut report) = worked_page();
    is_sound(&page);
    // The page is a function of what --json prints.
    report.as_object_mut().unwrap().remove("warnings");
    let read: Report = serde_json::from_value(report.clone()).unwrap();
    assert_eq!(html(&read), page);
    assert_eq!(html(&read), html(&serde_json::from_value(report).unwrap()));
    let shapes = page.matches("<rect class=\"commits\"").count();
    assert!(shapes >= 1, "{page}");
    assert!(page.contains("4 commits and 2 refusals since"), "{page}");
}

#[test]
fn a_page_that_cannot_be_written_is_said_and_nothing_is_left() {
    let w = World::path();
    w.sandbox();
    let folder = w.env.path("a-folder");
    fs::create_dir(&folder).unwrap();
    w.refuses(&["audit", "report", "--html", folder.to_str().unwrap()], 2);
    let beside: Vec<_> = fs::read_dir(folder.parent().unwrap())
        .unwrap()
        .flatten()
        .collect();
    let unfinished = |p: &Path| p.to_string_lossy().contains("unfinished");
    assert!(beside.iter().all(|e| !unfinished(&e.path())));
}
