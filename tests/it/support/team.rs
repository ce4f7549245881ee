//! Machines that share one sandbox, and a document of numbered lines.

use super::{Kind, Machine, Remote, World};

/// Thirty lines, some of them changed.
pub fn doc(changes: &[(usize, &str)]) -> String {
    (1..=30)
        .map(|n| {
            let changed = changes.iter().find(|(at, _)| *at == n);
            changed.map_or(format!("line {n}\n"), |(_, text)| format!("{text}\n"))
        })
        .collect()
}

/// Changes one line of a file in place, as an editor does.
pub fn edit(machine: &Machine, path: &str, line: usize, text: &str) {
    let file = machine.clone.join(path);
    let before = std::fs::read_to_string(&file).expect("a value");
    let mut lines: Vec<&str> = before.lines().collect();
    lines[line - 1] = text;
    std::fs::write(&file, lines.join("\n") + "\n").expect("a value");
}

/// A remote whose branches all hold the documents, machine A with an open sandbox, and its
/// branch and token.
pub fn world() -> (World, String, String) {
    let remote = Remote::new(Kind::Path, "widgets", true);
    let text = doc(&[]);
    let files: Vec<(&str, Option<&[u8]>)> = ["doc.txt", "docs/one.txt", "docs/two.txt"]
        .into_iter()
        .map(|f| (f, Some(text.as_bytes())))
        .collect();
    remote.write("main", &files, "Documents");
    remote.git(&["update-ref", "refs/heads/sandbox", "refs/heads/main"]);
    let w = World::of(remote);
    let opened = w.init();
    let text = |key: &str| opened[key].as_str().expect("a value").to_owned();
    let (branch, token) = (text("branch"), text("reuse_token"));
    (w, branch, token)
}

/// Machine B with a fresh clone, and A's sandbox resumed by its token.
pub fn resumed(w: &World, token: &str) -> Machine {
    let other = w.other();
    other.share_key(w);
    other.git(&["config", "user.name", "Somebody"]);
    other.git(&["config", "user.email", "some@body.invalid"]);
    other.git(&["config", "pull.rebase", "false"]);
    other.json(&["sandbox", "init", "--reuse-token", token]);
    other
}
