//! A remote with the hook of `aidf protect` in force, and what an operator does there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use aidf::identity::RepositoryId;
use aidf::keys::{KeyRing, KeySource};
use aidf::token::{self, Claims, TokenKind};
use serde_json::Value;

use super::remote::unique;
use super::{Kind, Machine, Out, Remote, World, text};

/// A remote that its hook guards; the world's machine is the operator's.
pub struct Guarded {
    /// The remote and the operator's machine, which has the key.
    pub w: World,
    /// The server's copy of the key ring.
    pub key_file: PathBuf,
    /// An operator's token.
    pub operator: String,
}

impl Guarded {
    /// A remote of this kind, with this policy on its base, and the hook.
    pub fn new(kind: Kind, policy: &str) -> Guarded {
        Guarded::of(Remote::new(kind, "widgets", true), policy)
    }

    /// The hook on this remote.
    pub fn of(remote: Remote, policy: &str) -> Guarded {
        let w = World::of(remote);
        if !policy.is_empty() {
            w.remote.write(
                "sandbox",
                &[(".aidf.yaml", Some(policy.as_bytes()))],
                "Set the policy",
            );
        }
        let operator = text(&w.json(&["token", "issue", "--operator"]), "token");
        let key_file = w.env.path("server-keys.json");
        // Copying keeps the mode, which has to be 0600.
        std::fs::copy(w.env.keys(), &key_file).expect("the key ring");
        let guarded = Guarded {
            w,
            key_file,
            operator,
        };
        let file = guarded.key_file.to_str().expect("a UTF-8 path");
        guarded.protect(&["apply", "--key-file", file]).ok();
        guarded
    }

    /// `aidf protect` on the server.
    pub fn protect(&self, args: &[&str]) -> Out {
        protect(&self.w, &self.w.remote, args)
    }

    /// Speaks to `git receive-pack` on the remote by hand.
    pub fn receive_pack(&self, sent: &[u8]) -> Output {
        let mut command = self.w.env.command("git", &self.w.env.home());
        let mut child = command
            .arg("receive-pack")
            .arg(&self.w.remote.bare)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("git receive-pack");
        let mut stdin = child.stdin.take().expect("its input");
        stdin.write_all(sent).expect("it takes what is sent");
        drop(stdin);
        child.wait_with_output().expect("what it says")
    }

    /// A token for a sandbox.
    pub fn token(&self, branch: &str) -> String {
        text(
            &self.w.json(&["token", "issue", "--branch", branch]),
            "token",
        )
    }

    /// A token with these claims, as a machine with the server's key would seal it: for the
    /// repository's identity if it has one, or else for this name.
    pub fn seal(&self, claims: &Claims, repository: &str) -> String {
        let claims = &Claims {
            repository: self.w.remote.identity().and_then(|id| match repository {
                "widgets" => Some(id),
                _ => RepositoryId::parse(&"ab".repeat(20)),
            }),
            ..claims.clone()
        };
        let ring = KeyRing::load(&KeySource {
            inline: None,
            file: Some(self.key_file.clone()),
            ring: PathBuf::new(),
        })
        .expect("the key ring");
        let nonce = [unique() as u8; 24];
        token::seal(claims, ring.active().expect("a key"), repository, nonce)
    }

    /// The decisions on record.
    pub fn journal(&self) -> Vec<Value> {
        let file = self.w.remote.bare.join("aidf/journal.jsonl");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.lines()
            .map(|l| serde_json::from_str(l).expect("a line of JSON"))
            .collect()
    }

    /// Plain `git push` from a machine's clone, with tokens.
    pub fn push(&self, from: &Machine, tokens: &[&str], refs: &[&str]) -> Out {
        let options: Vec<String> = tokens.iter().map(|t| format!("aidf-token={t}")).collect();
        let mut args = vec!["push", "--quiet", "--force"];
        for option in &options {
            args.extend(["-o", option]);
        }
        args.push("origin");
        args.extend(refs);
        from.env.try_git(&from.clone, &args)
    }

    /// A push that has to pass.
    #[track_caller]
    pub fn passes(&self, from: &Machine, tokens: &[&str], refs: &[&str]) -> Out {
        self.push(from, tokens, refs).ok()
    }

    /// A push that has to be refused with these words, and move nothing.
    #[track_caller]
    pub fn refused(&self, from: &Machine, tokens: &[&str], refs: &[&str], words: &str) -> Out {
        let before = self.w.remote.refs();
        let out = self.push(from, tokens, refs);
        assert_ne!(out.code, 0, "{refs:?} was let in\n{out}");
        assert!(out.stderr.contains(words), "does not say {words:?}\n{out}");
        assert_eq!(self.w.remote.refs(), before, "the refs moved\n{out}");
        for token in tokens {
            assert!(!out.all().contains(token), "the token is repeated\n{out}");
        }
        out
    }
}

/// `aidf protect` on the server of a remote, as a machine's user.
pub fn protect(machine: &Machine, remote: &Remote, args: &[&str]) -> Out {
    let path = remote.bare.to_str().expect("a UTF-8 path");
    let mut all = vec!["-R", path, "protect"];
    all.extend(args);
    machine.aidf(&all)
}

/// The claims of a sandbox's token, or of an operator's.
pub fn claims(branch: Option<&str>, issued: i64, expires: Option<i64>) -> Claims {
    Claims {
        branch: branch.map(str::to_owned),
        base: None,
        id: format!("{:016x}", unique()),
        kind: match branch {
            Some(_) => TokenKind::Sandbox,
            None => TokenKind::Operator,
        },
        repository: None,
        pod: None,
        issued,
        expires,
    }
}

impl Machine {
    /// A commit by plain git on HEAD, of these files.
    pub fn plain(&self, files: &[(&str, &str)], message: &str) -> String {
        for (path, content) in files {
            self.write(path, content);
            self.git(&["add", "--force", path]);
        }
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Checks a remote branch out, on no branch of one's own.
    pub fn at(&self, branch: &str) {
        let from = format!("+refs/heads/{branch}:refs/remotes/origin/{branch}");
        self.git(&["fetch", "--quiet", "origin", &from]);
        let to = format!("origin/{branch}");
        self.git(&["checkout", "--quiet", "--force", "--detach", &to]);
    }
}

/// The states of a report's rules, with what each is about.
pub fn states(report: &Value) -> Vec<(String, String, String)> {
    let rules = report["rules"].as_array().expect("rules");
    rules
        .iter()
        .map(|r| (text(r, "rule"), text(r, "branch"), text(r, "state")))
        .collect()
}

/// Every file of a folder with its mode and content.
pub fn everything(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_path_buf()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                todo.push(path);
            } else {
                let content = std::fs::read(&path).unwrap_or_default();
                found.push((path, content));
            }
        }
    }
    found.sort();
    found
}
