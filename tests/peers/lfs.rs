//! git-lfs, and giftless as the server of its contents. What aidf stores is compared with
//! what plain git stores, and what it wrote is read by plain git and git-lfs.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::peers::support::{Ended, Place, have, skip};
use crate::peers::web::{Daemon, on_a_free_port_within};

const ATTRIBUTES: &str = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

/// An interpreter with much to load, and all the tests at once.
const READY: Duration = Duration::from_secs(60);

/// A path and its content.
type Written<'a> = (&'a str, Vec<u8>);

/// A name and its value.
type Setting<'a> = (&'a str, &'a str);

/// A remote of files, and the server that has the contents of its `*.bin`.
struct Lfs {
    place: Place,
    remote: PathBuf,
    url: String,
    server: Option<Daemon>,
}

impl Lfs {
    /// None, where git-lfs or the server is not here; the test then skips. Main and sandbox
    /// have `old.bin`, and the remote takes no pointer whose content the server lacks.
    fn start() -> Option<Self> {
        if !have(&["git", "git-lfs", "python3"]) {
            return None;
        }
        let Some(packages) = std::env::var_os("AIDF_LFS_SERVER") else {
            skip("AIDF_LFS_SERVER does not say where .ci/run put the LFS server");
            return None;
        };
        let place = Place::new();
        place.git(&place.path(""), &["lfs", "install", "--skip-repo"]);
        let stored = place.path("lfs-contents");
        let settings = serde_json::json!({
            "AUTH_PROVIDERS": ["giftless.auth.allow_anon:read_write"],
            "LEGACY_ENDPOINTS": false,
            "TRANSFER_ADAPTERS": {"basic": {"options": {"storage_options": {"path": stored}}}},
        });
        let log = fs::File::create(place.path("lfs.log")).unwrap();
        let (port, server) = on_a_free_port_within(READY, |port| {
            Daemon::start(
                place
                    .command("python3", &place.path(""))
                    .args(["-m", "flask", "--app", "giftless.wsgi_entrypoint", "run"])
                    .args(["--port", &port.to_string()])
                    .env("PYTHONPATH", &packages)
                    .env("PYTHONDONTWRITEBYTECODE", "1")
                    .env("GIFTLESS_CONFIG_STR", settings.to_string())
                    .stdout(log.try_clone()?)
                    .stderr(log.try_clone()?),
            )
        })
        .unwrap_or_else(|e| panic!("giftless: {e}"));
        let remote = place.remote("project", &[(".gitattributes", ATTRIBUTES)]);
        let lfs = Lfs {
            place,
            remote,
            url: format!("http://127.0.0.1:{port}/acme/project.git/info/lfs"),
            server: Some(server),
        };
        let first = lfs.clone("first");
        lfs.write(&first, "old.bin", &bytes(1));
        lfs.git(&first, &["add", "."]);
        lfs.git(&first, &["commit", "-q", "-m", "A large file"]);
        lfs.git(&first, &["push", "-q", "origin", "main", "main:sandbox"]);
        let hook = format!(
            "#!/bin/sh\nwhile read old new ref; do git ls-tree -r $new | while read mode type id path; do\n\
             case $path in *.bin) ;; *) continue ;; esac\n\
             oid=$(git cat-file blob $id | sed -n 's/^oid sha256://p')\n\
             [ $(git cat-file -s $id) = 0 ] || find '{}' -name \"$oid\" | grep -q . || {{\n\
             echo \"the content of $path is not there\" >&2; exit 1; }}\ndone || exit 1; done\n",
            stored.display()
        );
        let file = lfs.remote.join("hooks/pre-receive");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, hook).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        Some(lfs)
    }

    /// A clone whose own configuration says where the server is.
    fn clone(&self, name: &str) -> PathBuf {
        let to = self.place.path(name);
        let from = format!("file://{}", self.remote.display());
        let url = format!("lfs.url={}", self.url);
        let args = ["clone", "-q", "-c", &url, &from, to.to_str().unwrap()];
        self.git(&self.place.path(""), &args);
        to
    }

    /// A clone with a sandbox, and that sandbox's branch and token.
    fn sandbox(&self, name: &str) -> (PathBuf, String, String) {
        let clone = self.clone(name);
        let opened = self
            .place
            .aidf(&clone, &["sandbox", "init", "--json"])
            .json();
        let text = |key: &str| opened[key].as_str().unwrap().to_owned();
        (clone, text("branch"), text("reuse_token"))
    }

    /// Another clone on the same sandbox.
    fn resumed(&self, name: &str, token: &str) -> PathBuf {
        let clone = self.clone(name);
        let args = ["sandbox", "init", "--reuse-token", "-"];
        self.place.aidf_reading(&clone, &args, token).exits(0);
        clone
    }

    fn git(&self, folder: &Path, args: &[&str]) -> String {
        self.place.git(folder, args)
    }

    fn write(&self, clone: &Path, path: &str, content: &[u8]) {
        let file = clone.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    #[track_caller]
    fn json(&self, clone: &Path, args: &[&str]) -> Value {
        let args = [args, &["--json"]].concat();
        self.place.aidf(clone, &args).json()
    }

    /// The entries of a commit, without what aidf itself adds to one.
    fn tree(&self, repository: &Path, commit: &str) -> Vec<String> {
        let all = self.git(repository, &["ls-tree", "-r", commit]);
        let ours = |line: &str| line.contains("\tproject/") || line.ends_with("\t.gitattributes");
        all.lines()
            .filter(|line| !ours(line))
            .map(str::to_owned)
            .collect()
    }

    /// What the branch has at a path: the pointer, as git stores it.
    fn pointer(&self, branch: &str, path: &str) -> String {
        self.git(&self.remote, &["show", &format!("{branch}:{path}")])
    }

    fn refs(&self) -> String {
        self.git(&self.remote, &["for-each-ref"])
    }

    /// How many contents were uploaded so far.
    fn uploads(&self) -> usize {
        let log = fs::read_to_string(self.place.path("lfs.log")).unwrap();
        log.lines().filter(|l| l.contains("\"PUT /")).count()
    }

    /// Whoever clones the branch anew gets this content.
    #[track_caller]
    fn has(&self, branch: &str, path: &str, content: &[u8]) {
        let clone = self.clone(&format!("fresh-{branch}-{}", path.replace('/', "-")));
        self.git(&clone, &["checkout", "-q", branch]);
        self.git(&clone, &["lfs", "fsck"]);
        assert_eq!(self.git(&clone, &["status", "--porcelain"]), "");
        holds(&clone.join(path), content);
    }
}

/// Not `assert_eq!`, which would print them.
#[track_caller]
fn holds(file: &Path, content: &[u8]) {
    let here = fs::read(file).unwrap();
    let begins = String::from_utf8_lossy(&here[..here.len().min(300)]).into_owned();
    assert!(here == content, "{} holds {begins}", file.display());
}

/// 200 kB that no other seed gives.
fn bytes(seed: u32) -> Vec<u8> {
    (0..50_000u32)
        .flat_map(|n| (n ^ seed).wrapping_mul(2_654_435_761).to_le_bytes())
        .collect()
}

#[test]
fn what_is_stored_is_what_git_stores_and_the_content_is_there_before_the_branch_moves() {
    let Some(lfs) = Lfs::start() else { return };
    let (clone, branch, _) = lfs.sandbox("clone");
    let plain = lfs.clone("plain");
    // Files, and a content that is given as a pointer because it is elsewhere.
    let pointer = lfs.pointer("main", "old.bin");
    let folder = lfs.place.path("dropped");
    let source = lfs.place.path("source");
    fs::write(&source, bytes(4)).unwrap();
    lfs.write(&folder, "deep/from-dir.bin", &bytes(5));
    let calls: [(&[&str], &[Written]); 5] = [
        (&["new.bin"], &[("new.bin", bytes(2))]),
        (
            &["-a"],
            &[
                ("old.bin", bytes(3)),
                ("all/of.bin", bytes(30)),
                ("empty.bin", Vec::new()),
                ("text.txt", b"text\n".to_vec()),
            ],
        ),
        (&["given.bin=SOURCE"], &[("given.bin", bytes(4))]),
        (
            &["--from-dir", "FOLDER"],
            &[("deep/from-dir.bin", bytes(5))],
        ),
        (&["pointer.bin"], &[("pointer.bin", pointer.into_bytes())]),
    ];
    for (what, files) in &calls {
        let args: Vec<String> = what
            .iter()
            .map(|word| {
                word.replace("SOURCE", source.to_str().unwrap())
                    .replace("FOLDER", folder.to_str().unwrap())
            })
            .collect();
        let here = !what[0].contains("SOURCE") && what[0] != "--from-dir";
        for (path, content) in *files {
            lfs.write(&plain, path, content);
            if here {
                lfs.write(&clone, path, content);
            }
        }
        let mut call = vec!["commit", "-m", "Large files"];
        call.extend(args.iter().map(String::as_str));
        lfs.json(&clone, &call);
        lfs.git(&plain, &["add", "-A"]);
        lfs.git(&plain, &["commit", "-q", "-m", "By git"]);
        assert_eq!(
            lfs.tree(&lfs.remote, &branch),
            lfs.tree(&plain, "HEAD"),
            "{what:?}"
        );
    }
    for (path, content) in calls.iter().flat_map(|(_, files)| *files) {
        let want = match *path {
            "pointer.bin" => bytes(1),
            _ => content.clone(),
        };
        if path.ends_with(".bin") {
            lfs.has(&branch, path, &want);
        }
    }
    // The remote does refuse a pointer to nothing: git pushes one where no hook uploads.
    lfs.write(&plain, "nothing.bin", &bytes(9));
    lfs.git(&plain, &["add", "nothing.bin"]);
    lfs.git(&plain, &["commit", "-q", "-m", "A pointer to nothing"]);
    let push = ["push", "--no-verify", "origin", "HEAD:refs/heads/nothing"];
    let pushed = lfs
        .place
        .command("git", &plain)
        .args(push)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&pushed.stderr);
    assert!(
        said.contains("the content of nothing.bin is not there"),
        "{said}"
    );
    // No raw content came to the git server.
    let raw = lfs.git(&clone, &["hash-object", "--no-filters", "new.bin"]);
    let there = lfs
        .place
        .command("git", &lfs.remote)
        .args(["cat-file", "-e", raw.trim()])
        .output()
        .unwrap();
    assert!(!there.status.success(), "the raw content was pushed");
}

#[test]
fn an_unchanged_file_is_neither_written_nor_uploaded_again() {
    let Some(lfs) = Lfs::start() else { return };
    let (clone, branch, token) = lfs.sandbox("clone");
    let before = lfs.tree(&lfs.remote, &branch);
    let uploads = lfs.uploads();
    // With another time of change, known to the index and not.
    for refreshed in [false, true] {
        lfs.write(&clone, "old.bin", &bytes(1));
        if refreshed {
            lfs.git(&clone, &["status"]);
        }
        for what in ["-a", "old.bin"] {
            let answer = lfs.json(&clone, &["commit", what, "-m", "Nothing"]);
            assert_eq!(answer["unchanged"], true, "{answer}");
        }
        assert_eq!(
            lfs.json(&clone, &["status"])["local"],
            serde_json::json!([])
        );
    }
    // Beside a change of something else; and where only the pointer is in the working tree.
    lfs.place.git_config("[filter \"lfs\"]\n\tsmudge = git-lfs smudge --skip -- %f\n\tprocess = git-lfs filter-process --skip\n");
    let bare = lfs.resumed("bare", &token);
    assert!(
        fs::read(bare.join("old.bin"))
            .unwrap()
            .starts_with(b"version ")
    );
    for (clone, file) in [(&clone, "one.txt"), (&bare, "two.txt")] {
        lfs.write(clone, file, b"text\n");
        let answer = lfs.json(clone, &["commit", "-a", "-m", "Something else"]);
        let paths: Vec<&Value> = answer["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| &f["path"])
            .collect();
        assert_eq!(paths, [file], "{answer}");
    }
    let after = lfs.tree(&lfs.remote, &branch);
    let old = |tree: &[String]| tree.iter().find(|l| l.ends_with("old.bin")).cloned();
    assert_eq!(old(&after), old(&before));
    assert_eq!(lfs.uploads(), uploads);
}

#[test]
fn two_edits_of_one_file_are_a_conflict_and_no_file_gets_markers() {
    let Some(lfs) = Lfs::start() else { return };
    let (clone, branch, token) = lfs.sandbox("clone");
    let other = lfs.resumed("other", &token);
    lfs.write(&clone, "old.bin", &bytes(2));
    lfs.json(&clone, &["commit", "old.bin", "-m", "Two"]);
    lfs.write(&other, "old.bin", &bytes(3));
    let refs = lfs.refs();
    let commit = ["commit", "old.bin", "-m", "Three"];
    lfs.place.aidf(&other, &commit).exits(6).says("old.bin");
    assert_eq!(lfs.refs(), refs);
    lfs.place
        .aidf(&other, &["sandbox", "pull"])
        .exits(6)
        .says("old.bin");
    holds(&other.join("old.bin"), &bytes(3));
    assert_eq!(lfs.refs(), refs);
    // Theirs is taken on purpose.
    lfs.json(&other, &["commit", "old.bin", "-m", "Three", "--overwrite"]);
    lfs.has(&branch, "old.bin", &bytes(3));
}

#[test]
fn without_a_server_that_takes_the_content_nothing_is_written_and_nothing_hangs() {
    let Some(mut lfs) = Lfs::start() else { return };
    let (clone, branch, _) = lfs.sandbox("clone");
    lfs.write(&clone, "new.bin", b"a few bytes\0");
    let refs = lfs.refs();
    let refused = |lfs: &Lfs, words: &str| -> Ended {
        let started = Instant::now();
        let args = ["commit", "new.bin", "-m", "Large", "--timeout", "1"];
        let ended = lfs.place.aidf(&clone, &args).exits(9).says(words);
        let took = started.elapsed();
        assert!(took < Duration::from_secs(40), "it took {took:?}");
        assert_eq!(lfs.refs(), refs);
        ended
    };
    // It knows no such place; it says nothing; it is not there.
    let wrong = lfs.url.replace("/acme/", "/a/b/c/d?");
    lfs.git(&clone, &["config", "lfs.url", &wrong]);
    refused(&lfs, "could not be uploaded")
        .says("404")
        .says("git lfs push");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/lfs");
    lfs.git(&clone, &["config", "lfs.url", &url]);
    refused(&lfs, "did not finish within 10 s");
    lfs.server = None;
    lfs.git(&clone, &["config", "lfs.url", &lfs.url]);
    refused(&lfs, "could not be uploaded").says("refused");
    assert!(
        !lfs.tree(&lfs.remote, &branch)
            .iter()
            .any(|l| l.ends_with("new.bin"))
    );
}

#[test]
fn without_git_lfs_nothing_is_written_and_the_content_goes_nowhere() {
    let Some(mut lfs) = Lfs::start() else { return };
    let (clone, _, _) = lfs.sandbox("clone");
    let only = lfs.place.path("only-git");
    fs::create_dir(&only).unwrap();
    let git = crate::peers::support::find("git").unwrap();
    std::os::unix::fs::symlink(git, only.join("git")).unwrap();
    let (refs, uploads) = (lfs.refs(), lfs.uploads());
    lfs.place.with_env("PATH", only.to_str().unwrap());
    lfs.write(&clone, "new.bin", &bytes(2));
    lfs.place
        .aidf(&clone, &["commit", "new.bin", "-m", "Large"])
        .exits(5)
        .says("new.bin")
        .says("install git-lfs");
    lfs.place.without_env("PATH");
    assert_eq!((lfs.refs(), lfs.uploads()), (refs, uploads));
}

#[test]
fn working_trees_get_the_content_and_a_rollback_the_older_one() {
    let Some(lfs) = Lfs::start() else { return };
    let (clone, branch, token) = lfs.sandbox("clone");
    let (other, third) = (lfs.resumed("other", &token), lfs.resumed("third", &token));
    let older = lfs.pointer(&branch, "old.bin");
    lfs.write(&clone, "old.bin", &bytes(2));
    lfs.write(&clone, "new.bin", &bytes(3));
    let written = lfs.json(&clone, &["commit", "-a", "-m", "Two large files"]);
    let uploads = lfs.uploads();
    lfs.json(&other, &["sandbox", "pull"]);
    holds(&other.join("old.bin"), &bytes(2));
    holds(&other.join("new.bin"), &bytes(3));
    // The tip's content is there, and so there is nothing to commit.
    let answer = lfs.json(&other, &["commit", "-a", "-m", "Nothing"]);
    assert_eq!(answer["unchanged"], true, "{answer}");
    lfs.json(&third, &["sandbox", "switch"]);
    holds(&third.join("old.bin"), &bytes(2));
    assert_eq!(lfs.git(&third, &["status", "--porcelain"]), "");
    lfs.json(&third, &["rollback", written["commit"].as_str().unwrap()]);
    assert_eq!(lfs.pointer(&branch, "old.bin"), older);
    lfs.has(&branch, "old.bin", &bytes(1));
    lfs.json(&third, &["sandbox", "pull"]);
    holds(&third.join("old.bin"), &bytes(1));
    assert!(!third.join("new.bin").exists());
    assert_eq!(lfs.git(&third, &["status", "--porcelain"]), "");
    assert_eq!(lfs.uploads(), uploads);
}

#[test]
fn sync_and_land_carry_pointers_and_upload_nothing() {
    let Some(lfs) = Lfs::start() else { return };
    let (clone, branch, _) = lfs.sandbox("clone");
    lfs.write(&clone, "new.bin", &bytes(2));
    lfs.json(&clone, &["commit", "new.bin", "-m", "Large"]);
    let plain = lfs.clone("plain");
    lfs.write(&plain, "old.bin", &bytes(3));
    lfs.git(&plain, &["commit", "-q", "-a", "-m", "By git"]);
    lfs.git(&plain, &["push", "-q", "origin", "main"]);
    let uploads = lfs.uploads();
    lfs.json(&clone, &["sandbox", "sync", "--from", "main"]);
    let pointers = |commit: &str| -> Vec<String> {
        let all = lfs.tree(&lfs.remote, commit);
        all.into_iter().filter(|l| l.ends_with(".bin")).collect()
    };
    let synced = pointers(&branch);
    assert_eq!(synced.len(), 2, "{synced:?}");
    assert!(
        pointers("main").iter().all(|l| synced.contains(l)),
        "{synced:?}"
    );
    let issued = lfs.json(&clone, &["token", "issue", "--operator"]);
    let land = ["land", &branch, "--reuse-token", "-"];
    let operator = issued["token"].as_str().unwrap();
    lfs.place.aidf_reading(&clone, &land, operator).exits(0);
    assert_eq!(pointers("main"), synced);
    assert_eq!(lfs.uploads(), uploads);
    lfs.has("main", "new.bin", &bytes(2));
    lfs.has("main", "old.bin", &bytes(3));
}

#[test]
fn no_program_that_the_clones_own_configuration_names_is_run() {
    let Some(lfs) = Lfs::start() else { return };
    let (clone, branch, token) = lfs.sandbox("clone");
    let other = lfs.resumed("other", &token);
    lfs.write(&clone, "old.bin", &bytes(2));
    lfs.json(&clone, &["commit", "old.bin", "-m", "Two"]);
    let ran = lfs.place.path("ran");
    let program = lfs.place.path("program");
    let script = format!("#!/bin/sh\ntouch '{}'\nexit 1\n", ran.display());
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.to_str().unwrap();
    let agent = format!("lfs.{}.standalonetransferagent", lfs.url);
    // A server that wants a login, and one that is reached by ssh.
    let asks = asking();
    let ssh = "ssh://127.0.0.1:1/project.git";
    let cases: [(i32, &str, &[Setting]); 8] = [
        (
            5,
            &lfs.url,
            &[
                ("lfs.extension.x.clean", program),
                ("lfs.extension.x.smudge", program),
                ("lfs.extension.x.priority", "0"),
            ],
        ),
        (
            5,
            &lfs.url,
            &[
                ("lfs.standalonetransferagent", "x"),
                ("lfs.customtransfer.x.path", program),
            ],
        ),
        (
            5,
            &lfs.url,
            &[(&agent, "x"), ("lfs.customtransfer.x.path", program)],
        ),
        (5, &lfs.url, &[("http.proxy", "http://127.0.0.1:1")]),
        (9, &asks, &[("credential.helper", program)]),
        (9, &asks, &[("credential.http://127.0.0.1.helper", program)]),
        (9, &asks, &[("core.askpass", program)]),
        (9, ssh, &[("core.sshcommand", program)]),
    ];
    let refs = lfs.refs();
    for (n, (code, url, settings)) in cases.iter().enumerate() {
        for clone in [&clone, &other] {
            lfs.git(clone, &["config", "lfs.url", url]);
            for (name, value) in *settings {
                lfs.git(clone, &["config", name, value]);
            }
        }
        lfs.write(&clone, "new.bin", &bytes(10 + n as u32));
        let ended = lfs
            .place
            .aidf(&clone, &["commit", "new.bin", "-m", "Large"])
            .exits(*code);
        assert!(!ran.exists(), "{settings:?}: {}", ended.told());
        assert_eq!(lfs.refs(), refs, "{settings:?}");
        // To smudge is to download, with the same programs.
        let ended = lfs.place.aidf(&other, &["sandbox", "pull"]);
        assert!(!ran.exists(), "{settings:?}: {}", ended.told());
        holds(&other.join("old.bin"), &bytes(1));
        for clone in [&clone, &other] {
            for (name, _) in *settings {
                lfs.git(clone, &["config", "--unset-all", name]);
            }
        }
    }
    // What is the user's own is used.
    lfs.git(&clone, &["config", "lfs.url", &asks]);
    lfs.git(&clone, &["config", "credential.helper", "cache"]);
    lfs.place
        .git_config(&format!("[credential]\n\thelper = {program}\n"));
    lfs.place
        .aidf(&clone, &["commit", "new.bin", "-m", "Large"])
        .exits(9);
    assert!(ran.exists(), "the user's own helper was not asked");
    lfs.git(&clone, &["config", "lfs.url", &lfs.url]);
    lfs.json(&clone, &["commit", "new.bin", "-m", "Large"]);
    lfs.has(&branch, "new.bin", &bytes(17));
}

/// The address of a server that wants a login of everybody, for as long as the tests run.
fn asking() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = client.read(&mut request);
            let _ = client.write_all(
                b"HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=x\r\n\
                  Content-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    });
    format!("http://127.0.0.1:{port}/lfs")
}

#[test]
fn a_file_of_the_branch_does_not_say_to_whom_contents_are_sent() {
    let Some(lfs) = Lfs::start() else { return };
    let (clone, branch, _) = lfs.sandbox("clone");
    let (refs, uploads) = (lfs.refs(), lfs.uploads());
    lfs.git(&clone, &["config", "--unset", "lfs.url"]);
    let named = format!("[lfs]\n\turl = {}\n", lfs.url);
    let refused = |n: u32| {
        lfs.write(&clone, "new.bin", &bytes(n));
        lfs.place
            .aidf(&clone, &["commit", "new.bin", "-m", "Large"])
            .exits(5)
            .says(".lfsconfig on the branch sends")
            .says(&lfs.url);
        assert_eq!((lfs.refs(), lfs.uploads()), (refs.clone(), uploads));
    };
    lfs.write(&clone, ".lfsconfig", named.as_bytes());
    refused(2);
    // In the index alone; in HEAD alone; and as the address of pushes, which goes first.
    lfs.git(&clone, &["add", ".lfsconfig"]);
    fs::remove_file(clone.join(".lfsconfig")).unwrap();
    refused(3);
    lfs.git(&clone, &["commit", "-q", "-m", "A server"]);
    lfs.git(&clone, &["rm", "-q", "--cached", ".lfsconfig"]);
    refused(4);
    lfs.write(
        &clone,
        ".lfsconfig",
        named.replace("url", "pushurl").as_bytes(),
    );
    lfs.git(&clone, &["config", "lfs.url", "http://127.0.0.1:1/"]);
    refused(5);
    // Said by the user it is followed.
    lfs.git(&clone, &["config", "lfs.pushurl", &lfs.url]);
    lfs.json(&clone, &["commit", "new.bin", "-m", "Large"]);
    lfs.git(&clone, &["config", "lfs.url", &lfs.url]);
    lfs.has(&branch, "new.bin", &bytes(5));
}
