//! The ledgers as their other readers see them: PyYAML must get back exactly
//! what was put in, and everything that was there before.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::peers::support::{Place, skip};

const CHANGELOG: &str = "project/outputs/changelog.yaml";
const MEMORY: &str = "project/memory.yaml";
const ROLLBACKS: &str = "project/.logs/reverted_commits.yaml";

/// Single lines that a careless writer turns into something else: booleans,
/// numbers, dates, markup of YAML, white space, and text that is simply long.
fn nasty() -> Vec<String> {
    let mut all: Vec<String> = [
        "yes",
        "No",
        "null",
        "~",
        "true",
        "1e3",
        "1_000",
        "0x1F",
        "0o17",
        "012",
        "1:30",
        "-.inf",
        ".NaN",
        "2025-01-01",
        "2025-01-01T00:00:00Z",
        "- leading dash",
        "--- three",
        "...",
        "# a comment?",
        "not # a comment",
        "colon: inside",
        "colon at the end:",
        "it's",
        "'quoted'",
        "\"double\"",
        "back\\slash \\n",
        "{a: 1}",
        "[1, 2]",
        "&anchor",
        "*alias",
        "!tag",
        "!!binary aGk=",
        "%percent",
        "@at",
        "`tick`",
        "|",
        ">",
        "? question",
        "=",
        "<<",
        ", comma",
        "}",
        "]",
        "caf\u{e9} \u{1F980} \u{2705} \u{65E5}\u{672C}",
        "trailing space ",
        " leading space",
        "tab\tinside",
        "e\u{301} combining",
    ]
    .map(String::from)
    .to_vec();
    all.push("many words ".repeat(300) + "end");
    all.push("x".repeat(5000));
    all.push("# ".repeat(100) + ": '\" end");
    all
}

/// PyYAML's reading of a text, as JSON: dates and other non-JSON values are an
/// error, since no reader of these ledgers expects any. None: the test skips.
struct PyYaml(PathBuf);

impl PyYaml {
    fn find() -> Option<Self> {
        let found = ["python3", "/usr/bin/python3"].into_iter().find(|python| {
            let mut asked = Command::new(python);
            asked.args(["-c", "import yaml"]).stderr(Stdio::null());
            asked.status().is_ok_and(|status| status.success())
        });
        if found.is_none() {
            skip("not installed: PyYAML (python3-yaml)");
        }
        found.map(|python| PyYaml(python.into()))
    }

    #[track_caller]
    fn read(&self, text: &str) -> Value {
        let script = "import sys, json, yaml\n\
                      text = sys.stdin.buffer.read().decode('utf-8')\n\
                      json.dump(yaml.safe_load(text), sys.stdout)";
        let mut child = Command::new(&self.0)
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        let tail = &text[text.len() - text.len().min(400)..];
        assert!(
            output.status.success(),
            "{complaint}\nwhile reading …{tail}"
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// A remote with these files in it, a clone and an open sandbox.
struct Opened {
    place: Place,
    remote: PathBuf,
    clone: PathBuf,
    branch: String,
}

impl Opened {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Place::new();
        let remote = place.remote("project", files);
        let clone = place.clone(remote.to_str().unwrap(), "clone");
        let opened = place.aidf(&clone, &["sandbox", "init", "--json"]).json();
        let branch = opened["branch"].as_str().unwrap().to_owned();
        Opened {
            place,
            remote,
            clone,
            branch,
        }
    }

    fn show(&self, path: &str) -> String {
        self.place
            .git(&self.remote, &["show", &format!("{}:{path}", self.branch)])
    }
}

#[track_caller]
fn entry<'a>(ledger: &'a Value, path: &str) -> &'a Value {
    let all = ledger.as_array().expect("a list of entries");
    let mut found = all.iter().filter(|e| e["path"] == path);
    let entry = found
        .next()
        .unwrap_or_else(|| panic!("no entry for {path}"));
    assert!(found.next().is_none(), "two entries for {path}");
    entry
}

#[test]
fn pyyaml_gets_back_every_message_description_and_tag() {
    let Some(pyyaml) = PyYaml::find() else { return };
    let opened = Opened::new(&[]);
    for (i, text) in nasty().iter().enumerate() {
        let args = [
            "commit".into(),
            format!("nasty/{i:02}.txt=-"),
            format!("--message={text}"),
            format!("--description={text}"),
            format!("--tag={text}"),
        ];
        let args: Vec<&str> = args.iter().map(|a: &String| a.as_str()).collect();
        let ended = opened.place.aidf_reading(&opened.clone, &args, "text\n");
        assert_eq!(ended.code, 0, "{text:?}: {}", ended.told());
    }
    let changelog = pyyaml.read(&opened.show(CHANGELOG));
    let memory = pyyaml.read(&opened.show(MEMORY));
    let mut wrong = Vec::new();
    for (i, text) in nasty().iter().enumerate() {
        let path = format!("nasty/{i:02}.txt");
        let said = &entry(&changelog, &path)["message"];
        let noted = entry(&memory, &path);
        for (what, got, want) in [
            // git's own rule for messages: white space at the end goes.
            ("changelog message", said, json!(text.trim_end())),
            ("memory description", &noted["description"], json!(text)),
            ("memory tags", &noted["tags"], json!([text])),
        ] {
            if *got != want {
                wrong.push(format!("{what}: {want} came back as {got}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn pyyaml_gets_back_every_task_and_writer_that_is_accepted() {
    let Some(pyyaml) = PyYaml::find() else { return };
    let opened = Opened::new(&[]);
    let mut accepted = Vec::new();
    for (i, text) in nasty()
        .into_iter()
        .enumerate()
        .filter(|(_, t)| t.len() < 100)
    {
        let path = format!("nasty/{i:02}.txt");
        let args = [
            "commit".into(),
            format!("{path}=-"),
            "--message=Add".into(),
            format!("--task-id={text}"),
            format!("--committed-by={text}"),
        ];
        let args: Vec<&str> = args.iter().map(|a: &String| a.as_str()).collect();
        let ended = opened.place.aidf_reading(&opened.clone, &args, "text\n");
        // Stricter rules for names are fine; writing something else is not.
        match ended.code {
            0 => accepted.push((path, text)),
            code => assert_eq!(code, 2, "{text:?}: {}", ended.told()),
        }
    }
    assert!(
        accepted.iter().any(|(_, t)| t == "yes"),
        "plain words are accepted"
    );
    assert!(
        accepted.iter().any(|(_, t)| t == "2025-01-01"),
        "plain dates are accepted"
    );
    let changelog = pyyaml.read(&opened.show(CHANGELOG));
    for (path, text) in accepted {
        let logged = entry(&changelog, &path);
        assert_eq!(logged["task_id"], json!(text), "task_id");
        assert_eq!(logged["committed_by"], json!(text), "committed_by");
    }
}

#[test]
fn pyyaml_gets_back_odd_paths() {
    let Some(pyyaml) = PyYaml::find() else { return };
    let opened = Opened::new(&[]);
    let paths = [
        "yes",
        "null",
        "1e3",
        "2025-01-01",
        "odd/0x1F",
        "odd/a , b.txt",
        "odd/#x",
        "- dash",
        "odd/it's \"q\"",
        "odd/\u{1F980}.txt",
        "odd/caf\u{e9}",
        "odd/two  spaces",
        "[x]",
        "{y}",
        "&a",
        "*b",
        "!c",
        "%d",
        "@e",
        "odd/~",
        "odd/, z",
    ];
    for path in paths {
        let what = format!("{path}=-");
        let args = ["commit", "-m", "Add", "--", &what];
        let ended = opened.place.aidf_reading(&opened.clone, &args, "text\n");
        assert_eq!(ended.code, 0, "{path:?}: {}", ended.told());
    }
    let changelog = pyyaml.read(&opened.show(CHANGELOG));
    let memory = pyyaml.read(&opened.show(MEMORY));
    for path in paths {
        assert_eq!(opened.show(path), "text\n");
        entry(&changelog, path);
        entry(&memory, path);
    }
}

#[test]
fn pyyaml_gets_back_texts_of_several_lines_and_control_characters_or_they_are_refused() {
    let Some(pyyaml) = PyYaml::find() else { return };
    let opened = Opened::new(&[]);
    let mut accepted = Vec::new();
    for (i, text) in [
        "first line\nsecond: line\n\n  - third",
        "ends with a newline\n",
        "carriage\r\nreturn",
        "escape \u{1b}[31mred",
        "delete \u{7f}",
        "next line \u{85} separator \u{2028} mark \u{feff}",
        "bidi \u{202e} override",
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("nasty/{i}.txt");
        let what = format!("{path}=-");
        let description = format!("--description={text}");
        let args = ["commit", &what, "--message=Add", &description];
        let ended = opened.place.aidf_reading(&opened.clone, &args, "text\n");
        match ended.code {
            0 => accepted.push((path, text)),
            code => assert_eq!(code, 2, "{text:?}: {}", ended.told()),
        }
    }
    let memory = pyyaml.read(&opened.show(MEMORY));
    for (path, text) in accepted {
        assert_eq!(entry(&memory, &path)["description"], json!(text));
    }
    let args = [
        "commit",
        "lines.txt=-",
        "--message=Subject\n\nBody: of two\nlines # here.",
    ];
    opened
        .place
        .aidf_reading(&opened.clone, &args, "text\n")
        .exits(0);
    let changelog = pyyaml.read(&opened.show(CHANGELOG));
    let message = entry(&changelog, "lines.txt")["message"].as_str().unwrap();
    assert!(message.starts_with("Subject"), "{message:?}");
}

#[test]
fn pyyaml_gets_back_the_reasons_of_rollbacks() {
    let Some(pyyaml) = PyYaml::find() else { return };
    let opened = Opened::new(&[]);
    let reasons: Vec<String> = nasty().into_iter().step_by(4).collect();
    let mut undone = Vec::new();
    for reason in &reasons {
        let written = opened
            .place
            .aidf_reading(
                &opened.clone,
                &["commit", "a # b.txt=-", "-m", "Add", "--json"],
                "text\n",
            )
            .json();
        undone.push(written["commit"].clone());
        let reason = format!("--reason={reason}");
        opened
            .place
            .aidf(&opened.clone, &["rollback", "--last", "1", &reason])
            .exits(0);
    }
    let ledger = pyyaml.read(&opened.show(ROLLBACKS));
    let entries = ledger.as_array().unwrap();
    assert_eq!(entries.len(), reasons.len(), "{ledger}");
    for ((entry, commit), reason) in entries.iter().zip(undone).zip(reasons) {
        assert_eq!(entry["commit_sha"], commit);
        assert_eq!(entry["reason"], json!(reason));
        assert!(entry["timestamp"].is_string(), "{entry}");
        let paths = entry["paths"].as_array().unwrap();
        assert!(paths.contains(&json!("a # b.txt")), "{entry}");
    }
}

#[test]
fn ledgers_of_the_replaced_server_keep_every_byte_and_pyyaml_reads_what_is_added() {
    let Some(pyyaml) = PyYaml::find() else { return };
    let data = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/it/data")
            .join(name);
        std::fs::read_to_string(file).unwrap()
    };
    let before = [
        (CHANGELOG, data("changelog.yaml")),
        (MEMORY, data("memory.yaml")),
    ];
    let files: Vec<(&str, &str)> = before.iter().map(|(p, t)| (*p, t.as_str())).collect();
    let opened = Opened::new(&files);
    let args = [
        "commit",
        "project/new file.md=-",
        "-m",
        "Add: it",
        "--description",
        "No",
        "--tag",
        "1",
    ];
    opened
        .place
        .aidf_reading(&opened.clone, &args, "text\n")
        .exits(0);
    for (path, before) in &before {
        let after = opened.show(path);
        assert!(
            after.starts_with(before.as_str()),
            "{path}: what was there changed"
        );
        let (old, new) = (pyyaml.read(before), pyyaml.read(&after));
        let (old, new) = (old.as_array().unwrap(), new.as_array().unwrap());
        assert_eq!(new[..old.len()], old[..], "{path}");
        assert_eq!(new.len(), old.len() + 1, "{path}");
        let added = &new[old.len()];
        assert_eq!(added["path"], "project/new file.md", "{path}");
        // The same fields, of the same kinds, as its readers know from older entries.
        // Only a forge gives a file an address.
        let fields = old[old.len() - 1].as_object().unwrap().keys();
        for field in fields.filter(|f| *f != "raw_url") {
            assert!(added.get(field).is_some(), "{path}: no {field} in {added}");
        }
    }
    let changelog = pyyaml.read(&opened.show(CHANGELOG));
    assert_eq!(
        entry(&changelog, "project/new file.md")["message"],
        "Add: it"
    );
    assert_eq!(
        entry(&changelog, "project/new file.md")["committed_by"],
        opened.branch.as_str()
    );
    let memory = pyyaml.read(&opened.show(MEMORY));
    assert_eq!(entry(&memory, "project/new file.md")["description"], "No");
    assert_eq!(entry(&memory, "project/new file.md")["tags"], json!(["1"]));
}

#[test]
fn a_ledger_of_any_shape_is_appended_to_so_that_pyyaml_agrees_or_left_alone() {
    let Some(pyyaml) = PyYaml::find() else { return };
    for start in [
        "",
        "\n",
        "[]\n",
        "[]",
        "# nothing yet\n",
        "# nothing yet\n[]\n",
        "- path: a\n  message: no newline at the end",
        "# before\n- path: a\n# after\n",
        "  - path: a\n    message: indented\n",
        "---\n- path: a\n",
        "---\n- path: a\n...\n",
        "- path: a\r\n  message: b\r\n",
        "\u{feff}- path: a\n",
        "[{path: a}, {path: b}]\n",
        "- path: a\n  message: |\n    kept\n\n\n",
        "- path: a\n  message: |+\n    kept\n\n\n",
        "- path: a\n  message: >-\n    folded\n    text",
        "- path: a\n  message: |\n    no newline",
        "- path: a\n  message: 'open\n    quote'\n",
        "key: value\n",
        "just a word\n",
        "- a\n- [b\n",
        "- path: a\n---\n- path: b\n",
    ] {
        let opened = Opened::new(&[(CHANGELOG, start)]);
        let refs = opened.place.git(&opened.remote, &["for-each-ref"]);
        let args = ["commit", "new.txt=-", "-m", "Add"];
        let ended = opened.place.aidf_reading(&opened.clone, &args, "text\n");
        if ended.code == 7 {
            assert_eq!(
                opened.place.git(&opened.remote, &["for-each-ref"]),
                refs,
                "{start:?}"
            );
            continue;
        }
        assert_eq!(ended.code, 0, "{start:?}: {}", ended.told());
        let after = opened.show(CHANGELOG);
        let old = pyyaml.read(start);
        let old = old.as_array().cloned().unwrap_or_default();
        let new = pyyaml.read(&after);
        let new = new
            .as_array()
            .unwrap_or_else(|| panic!("{start:?} became {after:?}"));
        assert_eq!(new[..new.len() - 1], old[..], "{start:?} became {after:?}");
        assert_eq!(
            new[old.len()]["path"],
            "new.txt",
            "{start:?} became {after:?}"
        );
    }
}
