//! The repositories that every test begins with. git makes them once; a test gets a copy, which
//! saves it some thirty processes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::remote::make_executable;
use super::{CHANGELOG, Env, MEMORY, OLD_CHANGELOG, OLD_MEMORY, SEED_LIB};

/// A remote as it is at first, and a clone of it.
pub struct Seeded {
    bare: Folder,
    clone: Folder,
    /// The address that the clone has the remote from.
    url: String,
}

/// The remote with or without a `sandbox` branch, in the format that a test run is for.
pub fn seeded(with_sandbox: bool) -> Arc<Seeded> {
    seeded_in(None, with_sandbox)
}

/// The same, with objects that are named by `sha1` or `sha256`.
pub fn seeded_in(format: Option<&'static str>, with_sandbox: bool) -> Arc<Seeded> {
    type Made = Mutex<HashMap<(Option<&'static str>, bool), Arc<Seeded>>>;
    static MADE: OnceLock<Made> = OnceLock::new();
    let mut made = MADE.get_or_init(Mutex::default).lock().expect("the seeds");
    let one = made.entry((format, with_sandbox));
    Arc::clone(one.or_insert_with(|| Arc::new(Seeded::make(format, with_sandbox))))
}

impl Seeded {
    fn make(format: Option<&str>, with_sandbox: bool) -> Seeded {
        let env = Env::new();
        if let Some(format) = format {
            env.object_format(format);
        }
        let bare = env.path("seeded.git");
        let url = bare.to_str().expect("a UTF-8 path").to_owned();
        make_bare(&env, &url);
        fill(&env, &bare, with_sandbox);
        let clone = env.path("clone");
        let to = clone.to_str().expect("a UTF-8 path");
        env.git(&env.home(), &["clone", "--quiet", &url, to]);
        Seeded {
            bare: Folder::read(&bare),
            clone: Folder::read(&clone),
            url,
        }
    }

    /// Puts the bare repository at `to`.
    pub fn put_bare(&self, to: &Path) {
        self.bare.write(to, &|_, bytes| bytes.to_vec());
    }

    /// Puts the clone at `to`, as if it had been cloned from `url`.
    pub fn put_clone(&self, env: &Env, to: &Path, url: &str) {
        let names_remote = |path: &Path| {
            [".git/config", ".git/logs"]
                .iter()
                .any(|named| path.starts_with(named))
        };
        self.clone.write(to, &|path, bytes| {
            if !names_remote(path) {
                return bytes.to_vec();
            }
            let text = std::str::from_utf8(bytes).expect("git writes text here");
            text.replace(&self.url, url).into_bytes()
        });
        // The index knows each file by its inode and times.
        env.git(to, &["update-index", "-q", "--refresh"]);
    }
}

/// What a folder holds, in an order in which it can be made: path, content and whether that
/// is executable; no content for a folder.
struct Folder(Vec<(PathBuf, Option<Vec<u8>>, bool)>);

impl Folder {
    fn read(top: &Path) -> Folder {
        let mut all = Vec::new();
        let mut open = vec![PathBuf::new()];
        while let Some(folder) = open.pop() {
            all.push((folder.clone(), None, false));
            let entries = std::fs::read_dir(top.join(&folder)).expect("a folder to read");
            for entry in entries {
                let entry = entry.expect("an entry of a folder");
                let path = folder.join(entry.file_name());
                let meta = entry.metadata().expect("its metadata");
                if meta.is_dir() {
                    open.push(path);
                } else if path.extension().is_none_or(|e| e != "sample") {
                    let bytes = std::fs::read(entry.path()).expect("a file to read");
                    all.push((path, Some(bytes), is_executable(&meta)));
                }
            }
        }
        Folder(all)
    }

    fn write(&self, top: &Path, content: &dyn Fn(&Path, &[u8]) -> Vec<u8>) {
        for (path, bytes, executable) in &self.0 {
            let to = top.join(path);
            let Some(bytes) = bytes else {
                std::fs::create_dir_all(to).expect("a folder");
                continue;
            };
            std::fs::write(&to, content(path, bytes)).expect("a file");
            if *executable {
                make_executable(&to);
            }
        }
    }
}

#[cfg(unix)]
fn is_executable(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

/// An empty bare repository that takes push options and checks what it is sent.
fn make_bare(env: &Env, path: &str) {
    let home = env.home();
    env.git(&home, &["init", "--quiet", "--bare", "-b", "main", path]);
    for (key, value) in [
        ("receive.advertisePushOptions", "true"),
        ("receive.fsckObjects", "true"),
        ("http.receivepack", "true"),
    ] {
        env.git(Path::new(path), &["config", key, value]);
    }
}

/// A small project, with the ledgers of the server that aidf replaces.
fn fill(env: &Env, bare: &Path, with_sandbox: bool) {
    let work = env.path("seed");
    std::fs::create_dir_all(&work).expect("the seed's folder");
    env.git(&work, &["init", "--quiet", "-b", "main"]);
    let logo: Vec<u8> = (0..2048_u32).map(|n| (n * 37 % 256) as u8).collect();
    let files: [(&str, &[u8]); 9] = [
        ("README.md", b"# Widgets\n\nCounts words.\n"),
        (".gitignore", b"target/\n*.log\n"),
        ("src/lib.py", SEED_LIB.as_bytes()),
        ("src/main.py", b"import lib\n\nlib.main(\"a b a\")\n"),
        ("bin/run.sh", b"#!/bin/sh\nexec python3 src/main.py\n"),
        ("docs/guide.md", b"# Guide\n\nRun it.\n\nRead the result.\n"),
        ("assets/logo.bin", &logo),
        (MEMORY, OLD_MEMORY),
        (CHANGELOG, OLD_CHANGELOG),
    ];
    for (path, content) in files {
        let file = work.join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(&file, content).expect("a seed file");
    }
    make_executable(&work.join("bin/run.sh"));
    env.git(&work, &["add", "-A"]);
    // Two seeds that are made in the same second are two histories all the same.
    let kind = ["It has no sandbox.", "It has a sandbox."][usize::from(with_sandbox)];
    let start = ["-m", "Start the project", "-m", kind];
    env.git(&work, &[&["commit", "--quiet"][..], &start].concat());
    let to = bare.to_str().expect("a UTF-8 path");
    env.git(&work, &["push", "--quiet", to, "main"]);
    if with_sandbox {
        std::fs::write(work.join("docs/sandbox.md"), "# Sandbox\n").expect("a seed file");
        env.git(&work, &["add", "-A"]);
        env.git(&work, &["commit", "--quiet", "-m", "Describe the sandbox"]);
        env.git(&work, &["push", "--quiet", to, "HEAD:refs/heads/sandbox"]);
    }
}
