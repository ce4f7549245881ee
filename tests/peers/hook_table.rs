//! The hook of a server of one's own, told by a table of pushes by plain git, over ssh
//! behind gitolite and over HTTP; and aidf itself against both.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use aidf::keys::{Key, KeyRing, KeySource};
use aidf::token::{self, Claims, TokenKind};
use serde_json::Value;

use crate::peers::gitolite::{self, Gitolite};
use crate::peers::http::nginx;
use crate::peers::support::{Place, have};
use crate::peers::web::{Site, Web};
use crate::support::times;

const WEB_PEERS: [&str; 3] = ["nginx", "fcgiwrap", "git"];
const PASSWORDS: [(&str, &str); 3] = [
    ("ada", "pa55-ada"),
    ("bob", "pa55-bob"),
    ("operator", "pa55-operator"),
];
const POLICY: &str = "paths: {deny: ['secret/**']}\nlimits: {files: 3, file_bytes: 5000}\n";

/// What runs in front of the repository.
enum Front {
    Gitolite(Gitolite),
    Http(Web),
}

/// A server of one's own with the hook in force, and somebody's clone.
struct Server {
    place: Place,
    front: Front,
    bare: PathBuf,
    work: PathBuf,
    /// The server's copy of the operator's key ring.
    key_file: PathBuf,
}

impl Server {
    fn behind_gitolite() -> Server {
        let mut place = Place::new();
        let gitolite = Gitolite::start(&place);
        place.with_env("GIT_SSH_COMMAND", gitolite.client());
        let bare = gitolite.repository();
        Server::of(place, Front::Gitolite(gitolite), bare)
    }

    fn over_http() -> Server {
        let place = Place::new();
        let web = nginx(
            &place,
            &Site {
                passwords: &PASSWORDS,
                ..Site::default()
            },
        );
        let bare = place.path("served/demo.git");
        let path = bare.to_str().unwrap();
        place.git(
            &place.path("served"),
            &["init", "-q", "--bare", "-b", "main", path],
        );
        place.git(&bare, &["config", "http.receivepack", "true"]);
        Server::of(place, Front::Http(web), bare)
    }

    fn of(place: Place, front: Front, bare: PathBuf) -> Server {
        let work = place.path("work");
        place.git(&place.path("home"), &["init", "-q", work.to_str().unwrap()]);
        let server = Server {
            key_file: place.path("server-keys.json"),
            place,
            front,
            bare,
            work,
        };
        server.seed();
        server
    }

    /// The repository's address for a user.
    fn url(&self, user: &str) -> String {
        match &self.front {
            Front::Gitolite(gitolite) => gitolite.url(user),
            Front::Http(web) => {
                let host = web.base.strip_prefix("http://").unwrap();
                format!("http://{user}:pa55-{user}@{host}/demo.git")
            }
        }
    }

    /// `main`, and `sandbox` with the policy, before there is any hook.
    fn seed(&self) {
        let start = self.commit(
            &[],
            &[
                ("README.md", "# Demo\n"),
                (".github/workflows/ci.yml", "on: pull_request\n"),
            ],
        );
        let base = self.commit(&[&start], &[(".aidf.yaml", POLICY)]);
        let main = self.commit(
            &[&start],
            &[(".github/workflows/ci.yml", "on: merge_group\n")],
        );
        for (id, name) in [(&start, "start"), (&base, "base"), (&main, "main-1")] {
            self.place.git(&self.work, &["tag", name, id]);
        }
        let url = self.url("operator");
        let refs = ["main-1^{commit}:refs/heads/main", "base:refs/heads/sandbox"];
        self.place
            .git(&self.work, &["push", "-q", &url, refs[0], refs[1]]);
    }

    /// Makes the operator's key ring, and puts the hook in force beside an earlier one.
    fn protect(&self) -> Value {
        let earlier = self.bare.join("hooks/pre-receive");
        let seen = self.place.path("earlier.log");
        fs::write(
            &earlier,
            format!(
                "#!/bin/sh\nwhile read -r old new ref; do\n  echo \"$ref\" >> '{}'\n  \
                 case $ref in */ask-first) echo 'the earlier hook says no'; exit 1;; esac\ndone\n",
                seen.display()
            ),
        )
        .unwrap();
        fs::set_permissions(&earlier, fs::Permissions::from_mode(0o755)).unwrap();
        let path = self.bare.to_str().unwrap();
        let home = self.place.path("home");
        let issue = ["-R", path, "token", "issue", "--operator", "--json"];
        self.place.aidf(&home, &issue).json();
        fs::copy(self.ring(), &self.key_file).unwrap();
        let key_file = self.key_file.to_str().unwrap();
        let apply = [
            "-R",
            path,
            "protect",
            "apply",
            "--key-file",
            key_file,
            "--json",
        ];
        let applied = self.place.aidf(&home, &apply).json();
        assert_eq!(applied["changed"], true, "{applied}");
        let again = self.place.aidf(&home, &apply).json();
        assert_eq!(again["changed"], false, "{again}");
        applied
    }

    fn ring(&self) -> PathBuf {
        self.place.path("home/config/aidf/keys.json")
    }

    /// A commit of these files on top of the first parent, made without a working tree.
    fn commit(&self, parents: &[&str], files: &[(&str, &str)]) -> String {
        let index = self.place.path("index");
        let _ = fs::remove_file(&index);
        let git = |args: &[&str]| {
            let mut command = self.place.command("git", &self.work);
            let output = command.env("GIT_INDEX_FILE", &index).args(args).output();
            let output = output.unwrap();
            assert!(
                output.status.success(),
                "git {args:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        if let Some(first) = parents.first() {
            git(&["read-tree", first]);
        }
        for (path, content) in files {
            let file = self.place.path("content");
            fs::write(&file, content).unwrap();
            let blob = git(&["hash-object", "-w", file.to_str().unwrap()]);
            let entry = format!("100644,{blob},{path}");
            git(&["update-index", "--add", "--cacheinfo", &entry]);
        }
        let tree = git(&["write-tree"]);
        let mut args = vec!["commit-tree", tree.as_str(), "-m", "Change"];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        git(&args)
    }

    fn refs(&self) -> BTreeMap<String, String> {
        let text = self.place.git(
            &self.bare,
            &["for-each-ref", "--format=%(refname) %(objectname)"],
        );
        text.lines()
            .filter_map(|l| l.split_once(' '))
            .map(|(name, id)| (name.to_owned(), id.to_owned()))
            .collect()
    }

    /// The server's journal, a decision a line.
    fn journal(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.bare.join("aidf/journal.jsonl")).unwrap_or_default();
        text.lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    }
}

/// Tokens of every kind, by name.
fn tokens(server: &Server) -> BTreeMap<&'static str, (String, String)> {
    let ring = KeyRing::load(&KeySource {
        inline: None,
        file: None,
        ring: server.ring(),
    })
    .unwrap();
    let key = ring.active().unwrap();
    let stolen = Key::new(vec![7; 32]);
    let now = aidf::clock::Moment::now().seconds();
    let mut number = 0_u8;
    let mut seal = |branch: Option<&str>, key: &Key, repository: &str, issued, expires| {
        number += 1;
        let claims = Claims {
            branch: branch.map(str::to_owned),
            base: None,
            id: format!("{number:016x}"),
            kind: match branch {
                Some(_) => TokenKind::Sandbox,
                None => TokenKind::Operator,
            },
            repository: None,
            pod: None,
            issued,
            expires,
        };
        let sealed = token::seal(&claims, key, repository, [number; 24]);
        (sealed, claims.id)
    };
    let (ada, bob) = (Some("sandbox-ada"), Some("sandbox-bob"));
    let day = 86_400;
    BTreeMap::from([
        ("ada", seal(ada, key, "demo", now, None)),
        ("bob", seal(bob, key, "demo", now, None)),
        ("new", seal(Some("sandbox-new"), key, "demo", now, None)),
        ("operator", seal(None, key, "demo", now, Some(now + day))),
        ("expired", seal(ada, key, "demo", now - day, Some(now - 1))),
        ("late", seal(None, key, "demo", now - day, Some(now - 1))),
        // The sandbox that it is for was last written in 1970.
        ("idle", seal(Some("sandbox-old"), key, "demo", 1, None)),
        ("revoked", seal(ada, key, "demo", now, None)),
        ("fired", seal(None, key, "demo", now, None)),
        ("elsewhere", seal(ada, key, "other", now, None)),
        ("stolen", seal(ada, &stolen, "demo", now, None)),
        ("forged", seal(None, &stolen, "demo", now, None)),
        ("garbage", ("aidf1.garbage.AAAA".to_owned(), String::new())),
    ])
}

/// One push: who, with which tokens, which refs, and the words of a refusal.
struct Row {
    what: &'static str,
    user: &'static str,
    tokens: &'static [&'static str],
    refs: &'static [&'static str],
    refused: &'static [&'static str],
}

const fn row(
    what: &'static str,
    user: &'static str,
    tokens: &'static [&'static str],
    refs: &'static [&'static str],
    refused: &'static [&'static str],
) -> Row {
    Row {
        what,
        user,
        tokens,
        refs,
        refused,
    }
}

const BY_OPERATOR: &str = "only an operator may change it";
const BY_HOLDER: &str = "only the holder of its token may write";
// A row a line, so that it reads as a table.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    // The protected branches.
    row("a fast-forward of main", "ada", &[], &["main-2:main"], &["main is protected", BY_OPERATOR, "aidf propose"]),
    row("a fast-forward of main with a sandbox's token", "ada", &["ada"], &["main-2:main"], &[BY_OPERATOR]),
    row("a fast-forward of main by an operator", "operator", &["operator"], &["main-2:main"], &[]),
    row("the user `operator` is nobody without the token", "operator", &[], &["main-2:main"], &[BY_OPERATOR]),
    row("a force of main", "ada", &[], &["main-forced:main"], &["nobody may force-push it", "aidf rollback"]),
    row("a force of main by an operator", "operator", &["operator"], &["main-forced:main"], &["nobody may force-push it"]),
    row("a deletion of the base", "ada", &[], &[":sandbox"], &["nobody may delete it"]),
    row("a deletion of the base by an operator", "operator", &["operator"], &[":sandbox"], &["nobody may delete it"]),
    row("a fast-forward of the base", "bob", &[], &["base-2:sandbox"], &["sandbox is protected", BY_OPERATOR]),
    row("a fast-forward of the base by an operator", "operator", &["operator"], &["base-2:sandbox"], &[]),
    row("the policy, mended by an operator", "operator", &["operator"], &["base-policy:sandbox"], &[]),
    row("the policy, loosened by a sandbox's holder", "ada", &["ada"], &["base-policy:sandbox"], &[BY_OPERATOR]),
    // Backups.
    row("today's backup of main is made by anybody", "bob", &[], &["main-1:backup/TODAY"], &[]),
    row("a backup of something else", "bob", &[], &["feature-1:backup/TODAY"], &["is refused as a backup", "another commit here by now"]),
    row("a backup of another day", "bob", &[], &["main-1:backup/2026-10-22"], &["is refused as a backup", "not the present date"]),
    row("a backup without a date", "ada", &["ada"], &["main-1:backup/evil"], &["is refused as a backup"]),
    row("a backup of another day by an operator", "operator", &["operator"], &["main-1:backup/2026-10-22"], &[]),
    row("a backup is moved forward", "ada", &[], &["main-1:backup/2026-11-01"], &["nobody may change a backup", "aidf backup create"]),
    row("a backup is moved by an operator", "operator", &["operator"], &["main-1:backup/2026-11-01"], &["nobody may change a backup"]),
    row("a backup is deleted", "ada", &["ada"], &[":backup/2026-11-01"], &["only an operator may delete it", "aidf-token="]),
    row("a backup is deleted by an operator", "operator", &["operator"], &[":backup/2026-11-01"], &[]),
    row("a branch in the way of all backups", "ada", &[], &["main-1:backup"], &["would block", "another name"]),
    // Sandboxes and their holders.
    row("a sandbox by its holder", "ada", &["ada"], &["ada-2:sandbox-ada"], &[]),
    row("a sandbox forced by its holder", "ada", &["ada"], &["ada-forced:sandbox-ada"], &[]),
    row("a sandbox deleted by its holder", "ada", &["ada"], &[":sandbox-ada"], &[]),
    row("the token counts, and not the user", "bob", &["ada"], &["ada-2:sandbox-ada"], &[]),
    row("a sandbox without a token", "ada", &[], &["ada-2:sandbox-ada"], &[BY_HOLDER, "git push -o aidf-token=TOKEN"]),
    row("a sandbox with another's token", "bob", &["bob"], &["ada-2:sandbox-ada"], &["sandbox-ada", BY_HOLDER]),
    row("a sandbox forced without a token", "bob", &[], &["ada-forced:sandbox-ada"], &[BY_HOLDER]),
    row("another's sandbox deleted", "bob", &["bob"], &[":sandbox-ada"], &[BY_HOLDER]),
    row("a sandbox with garbage for a token", "ada", &["garbage"], &["ada-2:sandbox-ada"], &[BY_HOLDER, "not valid for this repository"]),
    row("a sandbox with an expired token", "ada", &["expired"], &["ada-2:sandbox-ada"], &["it has expired"]),
    row("a sandbox with a revoked token", "ada", &["revoked"], &["ada-2:sandbox-ada"], &["it was revoked"]),
    row("a sandbox with a token that was idle", "ada", &["idle"], &["old-2:sandbox-old"], &["it was not used for too long"]),
    row("a sandbox with another repository's token", "ada", &["elsewhere"], &["ada-2:sandbox-ada"], &["not valid for this repository"]),
    row("a sandbox with a token of another key", "ada", &["stolen"], &["ada-2:sandbox-ada"], &["this server does not have it"]),
    row("a good token beside a bad one", "ada", &["garbage", "ada"], &["ada-2:sandbox-ada"], &[]),
    row("a sandbox by an operator", "operator", &["operator"], &["ada-forced:sandbox-ada"], &[]),
    row("a sandbox with an operator's expired token", "operator", &["late"], &["ada-2:sandbox-ada"], &["it has expired"]),
    row("main with an operator's revoked token", "operator", &["fired"], &["main-2:main"], &["it was revoked"]),
    row("main with a forged operator's token", "ada", &["forged"], &["main-2:main"], &["this server does not have it"]),
    row("a new sandbox without a token", "ada", &[], &["base:sandbox-new"], &["would be a sandbox without a token", "aidf sandbox init"]),
    row("a new sandbox with its token", "ada", &["new"], &["base:sandbox-new"], &[]),
    row("a branch that only looks like a sandbox", "ada", &[], &["base:sandbox-ADA"], &["starts like a sandbox's name"]),
    row("a branch in the way of a sandbox", "ada", &["ada"], &["base:sandbox-new/x"], &["starts like a sandbox's name"]),
    // What is in a push.
    row("a workflow on a sandbox", "ada", &["ada"], &["ada-workflow:sandbox-ada"], &["does not let sandbox-ada write `.github/workflows/x.yml`", "ask an operator to allow it"]),
    row("a workflow that the next commit removes", "ada", &["ada"], &["ada-hidden:sandbox-ada"], &["`.github/workflows/x.yml`"]),
    row("the owners of the code on a sandbox", "ada", &["ada"], &["ada-owners:sandbox-ada"], &["`CODEOWNERS`"]),
    row("the policy on a sandbox", "ada", &["ada"], &["ada-policy:sandbox-ada"], &["`.aidf.yaml`"]),
    row("a file that is too large", "ada", &["ada"], &["ada-large:sandbox-ada"], &["`large.bin` has 6000 bytes", "the policy allows 5000"]),
    row("too many files", "ada", &["ada"], &["ada-many:sandbox-ada"], &["4 files change", "the policy allows 3"]),
    row("a path that the policy denies", "ada", &["ada"], &["ada-secret:sandbox-ada"], &["`secret/x`", "rule: secret/**"]),
    row("an operator may bring all of it to a sandbox", "operator", &["operator"], &["ada-workflow:sandbox-ada"], &[]),
    row("a merge of main that brings its workflows", "ada", &["ada"], &["ada-merge:sandbox-ada"], &[]),
    row("an evil merge that adds a workflow", "ada", &["ada"], &["ada-evil-merge:sandbox-ada"], &["`.github/workflows/x.yml`"]),
    row("what lies on a feature branch is checked again", "ada", &["ada"], &["smuggled:sandbox-ada"], &["`.github/workflows/x.yml`"]),
    // Other branches and refs.
    row("a feature branch", "bob", &[], &["feature-2:feature/x"], &[]),
    row("a feature branch forced", "bob", &[], &["feature-forced:feature/x"], &[]),
    row("a feature branch deleted", "bob", &[], &[":feature/x"], &[]), row("a workflow on a feature branch", "bob", &[], &["smuggled:feature/y"], &[]),
    row("a denied path on a feature branch", "bob", &[], &["feature-secret:feature/y"], &["`secret/x`"]),
row("an object replaced for everybody", "bob", &[], &["main-2:refs/replace/0123456789012345678901234567890123456789"], &["would replace an object"]),
    row("a branch in the way of a day's backup", "bob", &[], &["main-1:backup/2026-11-23/x"], &["would block backup/2026-11-23"]),
        row("a tag", "bob", &[], &["main-1:refs/tags/v2"], &[]), row("a tag moved", "bob", &[], &["main-2:refs/tags/v1"], &[]), row("a revocation by nobody", "ada", &["ada"], &["base:refs/aidf/revoked/00000000000000aa"], &["belongs to aidf", "only an operator may write it"]),
    row("a revocation by an operator", "operator", &["operator"], &["base:refs/aidf/revoked/00000000000000aa"], &[]),
    row("a revocation taken back", "operator", &["operator"], &[":REVOKED"], &["a revocation cannot be undone"]),
    row("an archive by its sandbox's holder", "ada", &["ada"], &["ada-1:refs/aidf/archive/sandbox-ada/NOW"], &[]),
    row("an archive in another's name", "bob", &["bob"], &["ada-1:refs/aidf/archive/sandbox-ada/NOW"], &["only an operator may write it"]),
    row("an archive deleted by its holder", "ada", &["ada"], &[":refs/aidf/archive/sandbox-ada/2026-01-01T000000Z"], &["only an operator may write it"]),
    // Several refs at once, and another name for one.
    row("archive and delete in one push", "ada", &["ada"], &["ada-1:refs/aidf/archive/sandbox-ada/NOW", ":sandbox-ada"], &[]),
    row("nothing moves where one ref of several is refused", "ada", &["ada"], &["ada-2:sandbox-ada", "feature-2:feature/x", "main-2:main"], &["main is protected"]),
    row("each refusal of several is told", "bob", &["bob"], &["ada-2:sandbox-ada", "main-2:main", "bob-2:sandbox-bob"], &["may write sandbox-ada", "main is protected"]),
    row("two sandboxes with two tokens", "bob", &["ada", "bob"], &["ada-2:sandbox-ada", "bob-2:sandbox-bob"], &[]),
    row("another name for main", "ada", &[], &["main-2:alias"], &["symbolic ref to another branch"]),
    row("another name for main, by an operator", "operator", &["operator"], &["main-2:alias"], &["symbolic ref to another branch"]),
    row("the earlier hook is still asked", "bob", &[], &["feature-2:ask-first"], &["the earlier hook says no"]),
    row("the earlier hook refuses an operator too", "operator", &["operator"], &["feature-2:ask-first"], &["the earlier hook says no"]),
];

/// Every commit of the table, as a tag of the clone.
fn prepare(server: &Server) {
    let tag = |name: &str, id: &str| {
        server.place.git(&server.work, &["tag", name, id]);
    };
    let commit = |name: &str, parents: &[&str], files: &[(&str, &str)]| {
        tag(name, &server.commit(parents, files));
    };
    let large = "x".repeat(6000);
    let workflow = (".github/workflows/x.yml", "on: push\n");
    commit("main-2", &["main-1"], &[("README.md", "# Demo 2\n")]);
    commit("main-forced", &["start"], &[("README.md", "# Another\n")]);
    commit("base-2", &["base"], &[("README.md", "# Base 2\n")]);
    commit(
        "base-policy",
        &["base"],
        &[(".aidf.yaml", "limits: {files: 9}\n")],
    );
    commit("ada-1", &["base"], &[("ada.txt", "1\n")]);
    commit("ada-2", &["ada-1"], &[("ada.txt", "2\n")]);
    commit("ada-forced", &["base"], &[("ada.txt", "3\n")]);
    commit("ada-workflow", &["ada-1"], &[workflow]);
    let clean = server
        .place
        .git(&server.work, &["rev-parse", "ada-1^{tree}"]);
    let hidden = [
        "commit-tree",
        clean.trim(),
        "-m",
        "Hide it",
        "-p",
        "ada-workflow",
    ];
    tag("ada-hidden", server.place.git(&server.work, &hidden).trim());
    commit("ada-owners", &["ada-1"], &[("CODEOWNERS", "* @ada\n")]);
    commit(
        "ada-policy",
        &["ada-1"],
        &[(".aidf.yaml", "limits: {files: 9}\n")],
    );
    commit("ada-large", &["ada-1"], &[("large.bin", &large)]);
    let four = [("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")];
    commit("ada-many", &["ada-1"], &four);
    commit("ada-secret", &["ada-1"], &[("secret/x", "x\n")]);
    let theirs = (".github/workflows/ci.yml", "on: merge_group\n");
    commit("ada-merge", &["ada-1", "main-1"], &[theirs]);
    commit("ada-evil-merge", &["ada-1", "main-1"], &[theirs, workflow]);
    commit("bob-1", &["base"], &[("bob.txt", "1\n")]);
    commit("bob-2", &["bob-1"], &[("bob.txt", "2\n")]);
    commit("smuggled", &["ada-1"], &[workflow]);
    commit("feature-1", &["main-1"], &[("f.txt", "1\n")]);
    commit("feature-2", &["feature-1"], &[("f.txt", "2\n")]);
    commit("feature-forced", &["main-1"], &[("f.txt", "3\n")]);
    commit("feature-secret", &["feature-1"], &[("secret/x", "x\n")]);
    // A sandbox that nobody wrote for long.
    let tree = server
        .place
        .git(&server.work, &["rev-parse", "base^{tree}"]);
    let mut old = server.place.command("git", &server.work);
    old.env("GIT_AUTHOR_DATE", "@1000000 +0000")
        .env("GIT_COMMITTER_DATE", "@1000000 +0000")
        .args(["commit-tree", tree.trim(), "-m", "Old", "-p", "base"]);
    let old = String::from_utf8(old.output().unwrap().stdout).unwrap();
    tag("old-1", old.trim());
    commit("old-2", &["old-1"], &[("old.txt", "2\n")]);
}

/// Puts the server's refs where every row begins, past all hooks.
fn rewind(server: &Server, revoked: &[&str]) {
    let objects = server.work.join(".git");
    // The objects come without any ref.
    let fetch = [
        "fetch",
        "-q",
        objects.to_str().unwrap(),
        "refs/tags/*:refs/keep/*",
    ];
    let keep = server.refs();
    if !keep.keys().any(|r| r.starts_with("refs/keep/")) {
        server.place.git(&server.bare, &fetch);
    }
    let mut lines = String::new();
    for name in server.refs().keys() {
        // The alias and what it stands for are one.
        if !name.starts_with("refs/keep/") && name != "refs/heads/alias" {
            lines.push_str(&format!("delete {name}\n"));
        }
    }
    let apply = |lines: &str| {
        let file = server.place.path("update-ref");
        fs::write(&file, lines).unwrap();
        let mut command = server.place.command("git", &server.bare);
        let done = command
            .args(["update-ref", "--no-deref", "--stdin"])
            .stdin(fs::File::open(file).unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
    };
    apply(&lines);
    let mut begin = vec![
        ("refs/heads/main".to_owned(), "main-1"),
        ("refs/heads/sandbox".to_owned(), "base"),
        ("refs/heads/sandbox-ada".to_owned(), "ada-1"),
        ("refs/heads/sandbox-bob".to_owned(), "bob-1"),
        ("refs/heads/sandbox-old".to_owned(), "old-1"),
        ("refs/heads/backup/2026-11-01".to_owned(), "start"),
        ("refs/heads/feature/x".to_owned(), "feature-1"),
        ("refs/heads/smuggle".to_owned(), "smuggled"),
        ("refs/tags/v1".to_owned(), "main-1"),
        (
            "refs/aidf/archive/sandbox-ada/2026-01-01T000000Z".to_owned(),
            "base",
        ),
    ];
    begin.extend(
        revoked
            .iter()
            .map(|id| (format!("refs/aidf/revoked/{id}"), "base")),
    );
    let lines: Vec<String> = begin
        .iter()
        .map(|(name, tag)| format!("create {name} refs/keep/{tag}\n"))
        .collect();
    apply(&lines.concat());
    server.place.git(
        &server.bare,
        &["symbolic-ref", "refs/heads/alias", "refs/heads/main"],
    );
}

/// Pushes the rows by plain git, every one or one of so many, and reads what came of it by
/// plain git.
fn the_table_holds(server: &Server, one_of: usize) {
    server.protect();
    prepare(server);
    let tokens = tokens(server);
    let revoked = [tokens["revoked"].1.as_str(), tokens["fired"].1.as_str()];
    let mut decided = 0;
    let mut wrong = Vec::new();
    let rows: Vec<&Row> = TABLE.iter().step_by(one_of).collect();
    rewind(server, &revoked);
    let begin = server.refs();
    let mut now = begin.clone();
    for row in &rows {
        if now != begin {
            rewind(server, &revoked);
        }
        let before = begin.clone();
        let url = server.url(row.user);
        let mut args = vec!["push".to_owned(), "--force".to_owned(), "-q".to_owned()];
        for name in row.tokens {
            args.extend(["-o".to_owned(), format!("aidf-token={}", tokens[name].0)]);
        }
        args.push(url);
        let mut expected = before.clone();
        for spec in row.refs {
            let now = aidf::clock::Moment::now();
            let spec = spec
                .replace("TODAY", &now.date())
                .replace("NOW", &now.compact());
            let (from, to) = spec.split_once(':').unwrap();
            let to = match to {
                "REVOKED" => format!("refs/aidf/revoked/{}", revoked[0]),
                to if to.starts_with("refs/") => to.to_owned(),
                to => format!("refs/heads/{to}"),
            };
            if from.is_empty() {
                args.push(format!(":{to}"));
                expected.remove(&to);
            } else {
                args.push(format!("{from}:{to}"));
                expected.insert(to, before[&format!("refs/keep/{from}")].clone());
            }
        }
        if !row.refused.is_empty() {
            expected = before;
        } else if let Some(main) = expected.get("refs/heads/main").cloned() {
            expected.insert("refs/heads/alias".to_owned(), main);
        }
        let output = server
            .place
            .command("git", &server.work)
            .args(&args)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() != row.refused.is_empty() {
            wrong.push(format!("{}: {} {said}", row.what, output.status));
        }
        for words in row.refused {
            // The server's lines come with `remote: ` before each.
            if !said.contains(words) {
                wrong.push(format!("{} does not say {words:?}: {said}", row.what));
            }
        }
        now = server.refs();
        if now != expected {
            wrong.push(format!("{}: the refs are {now:?}", row.what));
        }
        let leaked = tokens.values().any(|(t, _)| said.contains(t.as_str()));
        assert!(!leaked, "{}: {said}", row.what);
        let journal = server.journal();
        let lines = &journal[decided..];
        if lines.len() != row.refs.len() {
            wrong.push(format!("{}: the journal has {lines:?}", row.what));
        }
        let by_aidf = !row.refused.iter().any(|w| w.contains("earlier hook"));
        let refused = lines.iter().any(|l| l["allowed"] == false);
        if refused != (by_aidf && !row.refused.is_empty()) {
            wrong.push(format!("{}: the journal has {lines:?}", row.what));
        }
        for line in lines {
            if line["user"] != row.user || line["rule"].as_str().is_none_or(str::is_empty) {
                wrong.push(format!("{}: the journal has {line}", row.what));
            }
        }
        decided = journal.len();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // The earlier hook was asked exactly where aidf let the push through.
    let seen = fs::read_to_string(server.place.path("earlier.log")).unwrap();
    let passed: usize = rows
        .iter()
        .filter(|r| r.refused.iter().all(|w| w.contains("earlier hook")))
        .map(|r| r.refs.len())
        .sum();
    // It stops at its first no.
    let table = seen.lines().filter(|name| *name != aidf::identity::REF);
    assert_eq!(table.count(), passed, "{seen}");
    let journal = fs::read_to_string(server.bare.join("aidf/journal.jsonl")).unwrap();
    for (name, (token, id)) in &tokens {
        assert!(
            !journal.contains(token.as_str()),
            "{name} is in the journal"
        );
        // The id of one that was good is.
        let good = ["ada", "bob", "new", "operator"].contains(name);
        assert!(!good || journal.contains(id.as_str()), "{name}");
    }
    let mode = fs::metadata(server.bare.join("aidf/journal.jsonl")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o077, 0);
}

#[test]
fn behind_gitolite_each_push_of_the_table_is_decided_as_the_policy_says() {
    if have(&gitolite::PEERS) {
        // What gitolite adds is who pushes: a row of each kind tells, where HTTP takes all.
        the_table_holds(&Server::behind_gitolite(), times(3, 1));
    }
}

#[test]
fn over_http_each_push_of_the_table_is_decided_as_the_policy_says() {
    if have(&WEB_PEERS) {
        the_table_holds(&Server::over_http(), 1);
    }
}

#[test]
fn behind_gitolite_the_rules_are_enforced_and_stay_through_its_setup() {
    if !have(&gitolite::PEERS) {
        return;
    }
    let server = Server::behind_gitolite();
    let path = server.bare.to_str().unwrap();
    let home = server.place.path("home");
    let check = ["-R", path, "protect", "check", "--json"];
    server.place.aidf(&home, &check).exits(8);
    let applied = server.protect();
    let states = |report: &Value| -> Vec<String> {
        let rules = report["rules"].as_array().unwrap();
        rules.iter().map(|r| r["state"].to_string()).collect()
    };
    assert!(
        states(&applied).iter().all(|s| s == "\"enforced\""),
        "{applied}"
    );
    let set = server.place.path("gitolite");
    let again = server
        .place
        .command("gitolite", &set)
        .env("HOME", &set)
        .arg("setup")
        .status()
        .unwrap();
    assert!(again.success());
    let checked = server.place.aidf(&home, &check).json();
    assert!(
        states(&checked).iter().all(|s| s == "\"enforced\""),
        "{checked}"
    );
    // What can be gone round by everybody of the machine, or of a group, is not enforced.
    let refs = server.bare.join("refs/heads");
    let group = std::os::unix::fs::chown(&refs, None, Some(1));
    fs::set_permissions(&refs, fs::Permissions::from_mode(0o770)).unwrap();
    if group.is_ok() {
        server
            .place
            .aidf(&home, &check)
            .exits(8)
            .says("can write")
            .says("advisory");
    }
    fs::set_permissions(&refs, fs::Permissions::from_mode(0o700)).unwrap();
    server.place.aidf(&home, &check).exits(0);
    fs::set_permissions(&server.bare, fs::Permissions::from_mode(0o777)).unwrap();
    server.place.aidf(&home, &check).exits(8).says("advisory");
}

#[test]
fn on_a_path_of_the_same_account_the_rules_are_advisory() {
    if !have(&WEB_PEERS) {
        return;
    }
    let server = Server::over_http();
    server.protect();
    let path = server.bare.to_str().unwrap();
    let home = server.place.path("home");
    let checked = server
        .place
        .aidf(&home, &["-R", path, "protect", "check", "--json"])
        .exits(8);
    let report: Value = serde_json::from_str(&checked.stdout).unwrap();
    for rule in report["rules"].as_array().unwrap() {
        assert_eq!(rule["state"], "advisory", "{rule}");
    }
}

/// aidf's own commands through the hook.
fn aidf_works(server: &Server) {
    server.protect();
    let place = &server.place;
    let ada = place.clone(&server.url("ada"), "ada");
    let opened = place.aidf(&ada, &["sandbox", "init", "--json"]).json();
    let (branch, token) = (
        opened["branch"].as_str().unwrap(),
        opened["reuse_token"].as_str().unwrap(),
    );
    let tip = || {
        place.git(
            &server.bare,
            &["rev-parse", &format!("refs/heads/{branch}")],
        )
    };
    fs::write(ada.join("a.txt"), "a\n").unwrap();
    let written = place
        .aidf(&ada, &["commit", "a.txt", "-m", "Add", "--json"])
        .json();
    assert_eq!(tip().trim(), written["commit"].as_str().unwrap());
    let undone = place
        .aidf(&ada, &["rollback", "--last", "1", "--json"])
        .json();
    assert_eq!(tip().trim(), undone["commit"].as_str().unwrap());
    // Resumed by its token alone, from a clone that never saw it, and gone meanwhile.
    let bob = place.clone(&server.url("bob"), "bob");
    let resume = [
        "sandbox",
        "init",
        "--strict",
        "--json",
        "--reuse-token",
        token,
    ];
    let resumed = place.aidf(&bob, &resume).json();
    assert_eq!(resumed["branch"], branch, "{resumed}");
    let reference = format!("refs/heads/{branch}");
    place.git(&server.bare, &["update-ref", "-d", &reference]);
    let recreated = place.aidf(&bob, &resume).json();
    assert_eq!(recreated["recreated"], true, "{recreated}");
    // A backup is made by all, and goes by an operator alone.
    let stamp = place
        .aidf(&ada, &["backup", "create", "--branch", "main", "--json"])
        .json();
    let backup = stamp["backups"][0]["backup"].as_str().unwrap().to_owned();
    let old = "refs/heads/backup/2020-01-01";
    place.git(&server.bare, &["update-ref", old, "refs/heads/main"]);
    let prune = ["backup", "prune", "--keep-last", "1", "--json"];
    place
        .aidf(&ada, &prune)
        .exits(5)
        .says("only an operator may delete");
    place.git(&server.bare, &["rev-parse", old]);
    let path = server.bare.to_str().unwrap();
    let issue = ["-R", path, "token", "issue", "--operator", "--json"];
    let issued = place.aidf(&ada, &issue).json();
    let operator = issued["token"].as_str().unwrap();
    let with_token = |folder: &Path, token: &str, args: &[&str]| {
        let mut command = place.command(env!("CARGO_BIN_EXE_aidf"), folder);
        let ended = command.env("AIDF_REUSE_TOKEN", token).args(args).output();
        let ended = ended.unwrap();
        assert!(
            ended.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&ended.stderr)
        );
        serde_json::from_slice::<Value>(&ended.stdout).unwrap()
    };
    let pruned = with_token(&ada, operator, &prune);
    assert_eq!(pruned["removed"].as_array().unwrap().len(), 1, "{pruned}");
    assert!(!server.refs().contains_key(old));
    assert!(server.refs().contains_key(&format!("refs/heads/{backup}")));
    // Revoked by an operator, and good for nothing from then on.
    place
        .aidf(&ada, &["token", "revoke", token, "--json"])
        .exits(5);
    let revoked = with_token(&ada, operator, &["token", "revoke", token, "--json"]);
    assert!(
        server
            .refs()
            .contains_key(revoked["revocation"].as_str().unwrap())
    );
    fs::write(ada.join("a.txt"), "more\n").unwrap();
    place
        .aidf(&ada, &["commit", "a.txt", "-m", "More"])
        .exits(4);
    let url = server.url("ada");
    let option = format!("aidf-token={token}");
    let mut push = place.command("git", &ada);
    let pushed = push
        .args([
            "push",
            "-q",
            "--force",
            "-o",
            &option,
            &url,
            &format!("HEAD:{reference}"),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&pushed.stderr);
    assert!(said.contains("it was revoked"), "{said}");

    // A holder: no key, only a branch and its token; the hook decides.
    let home = place.path("holder-home");
    fs::create_dir_all(home.join("config/aidf")).unwrap();
    fs::write(home.join("config/aidf/config.yaml"), "trust: holder\n").unwrap();
    let mine = [
        "-R",
        path,
        "token",
        "issue",
        "--branch",
        "sandbox-held",
        "--json",
    ];
    let held = place.aidf(&ada, &mine).json();
    let held = held["token"].as_str().unwrap();
    let push = ["push", "-q", "-o"];
    let option = format!("aidf-token={held}");
    let new = ["HEAD~0:refs/heads/sandbox-held"];
    place.git(&ada, &["fetch", "-q", "origin", "sandbox"]);
    place.git(&ada, &["checkout", "-q", "FETCH_HEAD"]);
    place.git(&ada, &[push[0], push[1], push[2], &option, &url, new[0]]);
    let holder = |token: &str| {
        let mut command = place.command(env!("CARGO_BIN_EXE_aidf"), &bob);
        command
            .env("XDG_CONFIG_HOME", home.join("config"))
            .args(["commit", "held.txt", "-m", "Held", "--json"])
            .args(["--branch", "sandbox-held", "--reuse-token", token]);
        command.output().unwrap()
    };
    fs::write(bob.join("held.txt"), "held\n").unwrap();
    let wrong = holder(token);
    assert_eq!(
        wrong.status.code(),
        Some(5),
        "{}",
        String::from_utf8_lossy(&wrong.stderr)
    );
    let done = holder(held);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    assert!(!said.contains("nobody checked the token"), "{said}");
    let show = ["show", "refs/heads/sandbox-held:held.txt"];
    assert_eq!(place.git(&server.bare, &show), "held\n");
    let journal = fs::read_to_string(server.bare.join("aidf/journal.jsonl")).unwrap();
    for secret in [token, operator, held] {
        assert!(!journal.contains(secret));
    }
    place.git(&server.bare, &["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn behind_gitolite_aidf_itself_works_through_the_hook() {
    if have(&gitolite::PEERS) {
        aidf_works(&Server::behind_gitolite());
    }
}

#[test]
fn over_http_aidf_itself_works_through_the_hook() {
    if have(&WEB_PEERS) {
        aidf_works(&Server::over_http());
    }
}
