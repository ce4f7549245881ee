//! Builds what the tests need: a private machine (`Env`), a real remote
//! (`Remote`) over a path, `git daemon`, smart HTTP or ssh, and a clone of it
//! (`World`). Nothing here is a mock of git: the binary is run, and what the
//! remote holds is read with plain `git`.

mod chance;
mod env;
mod forge;
mod guard;
mod http;
mod listening;
mod remote;
mod s3;
pub mod schema;
mod seeded;
pub mod team;
mod two;
mod world;

pub use chance::{noise, number, randomness, some_of, times};
pub use env::{Call, Env, Out};
pub use forge::{Asked, FORGE_TOKEN, ForgeServer, Reply, clone_of};
pub use guard::{Guarded, claims, everything, protect, states};
pub use http::{HttpServer, Mode, Request, found, on_path};
pub use remote::{Kind, Remote, SEED_LIB, make_executable, rivals, unique, write_marker};
pub use s3::{Fault, S3Server};
pub use two::Two;
pub use world::{Machine, World, afar};

/// The ledger paths in the tree.
pub const CHANGELOG: &str = "project/outputs/changelog.yaml";
/// See [`CHANGELOG`].
pub const MEMORY: &str = "project/memory.yaml";
/// See [`CHANGELOG`].
pub const ROLLBACKS: &str = "project/.logs/reverted_commits.yaml";

/// Ledgers as the replaced server wrote them.
pub const OLD_CHANGELOG: &[u8] = include_bytes!("../data/changelog.yaml");
/// See [`OLD_CHANGELOG`].
pub const OLD_MEMORY: &[u8] = include_bytes!("../data/memory.yaml");

/// Reads YAML into the JSON shape, so that tests can look at entries.
pub fn yaml(bytes: &[u8]) -> serde_json::Value {
    let text = std::str::from_utf8(bytes).expect("a ledger is UTF-8");
    serde_saphyr::from_str(text)
        .unwrap_or_else(|e| panic!("a ledger does not parse: {e}\n{}", tail(text)))
}

/// The entries of a YAML list.
pub fn entries(bytes: &[u8]) -> Vec<serde_json::Value> {
    match yaml(bytes) {
        serde_json::Value::Array(list) => list,
        serde_json::Value::Null => Vec::new(),
        other => panic!("a ledger is not a list: {other}"),
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// A text field of a result.
#[track_caller]
pub fn text(value: &serde_json::Value, field: &str) -> String {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no text in {field}: {value:#}"))
        .to_owned()
}

/// The codes of the alerts or the texts of a list, whatever shape its items have.
pub fn listed(value: &serde_json::Value) -> String {
    value.to_string()
}

/// A file's permission bits.
#[cfg(unix)]
pub fn permissions(file: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let meta = std::fs::metadata(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    meta.permissions().mode() & 0o777
}
