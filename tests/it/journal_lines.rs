//! What a line of the journal says of its circumstances, and of nothing else.

use std::fs;

use serde_json::Value;

use crate::support::{Kind, Machine, Remote, World, text};

fn lines(machine: &Machine) -> Vec<Value> {
    let journal = fs::read_to_string(machine.env.state().join("aidf/journal.jsonl")).unwrap();
    let lines = journal.lines().map(|l| serde_json::from_str(l).unwrap());
    lines.collect()
}

#[test]
fn a_line_names_the_door_the_policy_and_the_repository_and_seals_the_request() {
    let w = World::path();
    let policy: &[u8] = b"limits: {files: 1}\n";
    w.remote
        .write("sandbox", &[(".aidf.yaml", Some(policy))], "Policy");
    w.sandbox();
    let words = "Words that a journal must not hold";
    for name in ["a.txt", "b.txt"] {
        w.write(name, "s3cret content\n");
    }
    // The same request twice, and another one.
    w.refuses(&["commit", "a.txt", "b.txt", "-m", words], 5);
    w.refuses(&["commit", "a.txt", "b.txt", "-m", words], 5);
    w.json(&["commit", "a.txt", "-m", words]);
    let lines = lines(&w);
    let commits: Vec<&Value> = lines.iter().filter(|l| l["command"] == "commit").collect();
    assert_eq!(commits.len(), 3, "{lines:?}");
    let blob = w.remote.git(&["rev-parse", "sandbox:.aidf.yaml"]);
    let identity = w.remote.identity().unwrap().to_string();
    for line in &commits {
        assert_eq!(line["door"], "cli");
        assert_eq!(line["policy"], blob.trim());
        assert_eq!(line["repository"], identity.as_str());
        assert_eq!(text(line, "request").len(), 43, "{line}");
        assert!(!line.to_string().contains("s3cret"), "{line}");
    }
    let requests = commits.iter().map(|l| text(l, "request"));
    let requests: Vec<String> = requests.collect();
    assert_eq!(requests[0], requests[1]);
    assert_ne!(requests[1], requests[2]);
    // Another key seals the same request otherwise: nobody can try what it was.
    let other = w.other();
    other.sandbox();
    for name in ["a.txt", "b.txt"] {
        other.write(name, "s3cret content\n");
    }
    other
        .aidf(&["commit", "a.txt", "b.txt", "-m", words])
        .exits(5);
    let theirs = self::lines(&other);
    let theirs = theirs.iter().find(|l| l["command"] == "commit").unwrap();
    assert_ne!(text(theirs, "request"), requests[0]);
}

#[test]
fn two_repositories_of_one_name_do_not_mix_in_the_log() {
    let w = World::path();
    w.sandbox();
    w.save("a.txt", "a\n", "In the first");
    let twin = Remote::new(Kind::Path, "widgets", true);
    let url = twin.bare.to_str().unwrap();
    let call = |args: &[&str]| w.env.aidf(&w.env.home(), &[&["-R", url], args].concat());
    call(&["sandbox", "init"]).ok();
    let told = |text: &str| text.matches("\"sandbox init\"").count();
    let first = w.aidf(&["audit", "log", "--json"]).ok().stdout;
    assert_eq!(told(&first), 1, "{first}");
    assert!(first.contains("committed 1 file"), "{first}");
    let second = call(&["audit", "log", "--json"]).ok().stdout;
    assert_eq!(told(&second), 1, "{second}");
    assert!(!second.contains("committed 1 file"), "{second}");
}
