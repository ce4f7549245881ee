//! A remote, and machines with a clone of it.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;

use serde_json::Value;

use super::remote::{sound, unique};
use super::seeded::seeded;
use super::{Call, Env, Kind, Out, Remote, make_executable, on_path};

/// A machine with a clone.
pub struct Machine {
    /// The machine.
    pub env: Env,
    /// The clone's working tree.
    pub clone: PathBuf,
    /// The remote's URL.
    pub url: String,
    /// Variables that every call gets.
    pub vars: Vec<(String, String)>,
}

impl Machine {
    /// A new machine, with a clone made by plain git.
    pub fn new(remote: &Remote) -> Machine {
        let mut machine = Machine::bare(remote);
        machine.clone_again();
        machine
    }

    /// A new machine, with a clone of a remote that nobody has written to yet.
    fn first(remote: &Remote, with_sandbox: bool) -> Machine {
        let mut machine = Machine::bare(remote);
        machine.clone = machine.env.path(&format!("clone-{}", unique()));
        seeded(with_sandbox).put_clone(&machine.env, &machine.clone, &machine.url);
        machine
    }

    /// A new machine with an empty folder in the clone's place.
    pub fn bare(remote: &Remote) -> Machine {
        let env = Env::new();
        let clone = env.path("clone");
        std::fs::create_dir_all(&clone).expect("a folder");
        let mut vars = Vec::new();
        if remote.kind == Kind::Ssh {
            // What sshd would do after the login: the last argument to a shell.
            let script = env.path("fake-ssh");
            let log = env.path("ssh.log");
            let text = format!(
                "#!/bin/sh\necho \"$@\" >> '{}'\nfor last; do :; done\nexec sh -c \"$last\"\n",
                log.display()
            );
            std::fs::write(&script, text).expect("a script");
            make_executable(&script);
            vars.push(("GIT_SSH_COMMAND".to_owned(), script.display().to_string()));
        }
        Machine {
            env,
            clone,
            url: remote.url.clone(),
            vars,
        }
    }

    /// Makes a fresh clone and works in that from now on.
    pub fn clone_again(&mut self) {
        let dir = self.env.path(&format!("clone-{}", unique()));
        let path = dir.to_str().expect("a UTF-8 path");
        let mut command = self.env.command("git", &self.env.home());
        command.args(["clone", "--quiet", &self.url, path]);
        for (name, value) in &self.vars {
            command.env(name, value);
        }
        let out = command.output().expect("git runs");
        assert!(
            out.status.success(),
            "git clone: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        self.clone = dir;
    }

    /// A call in the clone.
    pub fn call(&self, args: &[&str]) -> Call {
        let mut call = self.env.call(&self.clone, args);
        for (name, value) in &self.vars {
            call = call.env(name, value);
        }
        call
    }

    /// Runs the binary in the clone.
    pub fn aidf(&self, args: &[&str]) -> Out {
        self.call(args).run()
    }

    /// Runs it with `--json`; it has to succeed.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let out = self.aidf(&all).ok();
        let value = out.json();
        assert!(value["warnings"].is_array(), "no warnings field\n{out}");
        value
    }

    /// Opens a sandbox.
    #[track_caller]
    pub fn init(&self) -> Value {
        self.json(&["sandbox", "init"])
    }

    /// Opens a sandbox; answers its branch.
    #[track_caller]
    pub fn sandbox(&self) -> String {
        self.init()["branch"].as_str().expect("a branch").to_owned()
    }

    /// Writes a file of the working tree.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.clone.join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, content).expect("a file");
    }

    /// Writes a file of the working tree and commits it.
    #[track_caller]
    pub fn save(&self, path: &str, content: impl AsRef<[u8]>, message: &str) -> Value {
        self.write(path, content);
        self.json(&["commit", path, "-m", message])
    }

    /// Plain git in the clone.
    pub fn git(&self, args: &[&str]) -> String {
        self.env.git(&self.clone, args)
    }

    /// HEAD, index and working tree, as plain git sees them: the branch, its commit, and each
    /// path by which one differs from the next, with its modes and ids.
    pub fn snapshot(&self) -> String {
        let status = ["status", "--porcelain=v2", "--branch", "-uall"];
        let said = self.git(&status);
        // Where the upstream branch is seen to be is no part of them.
        let lines = said.lines().filter(|line| !line.starts_with("# branch.ab"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// A PATH with a `git` before the true one: this script, which may hand on to `$real`.
    pub fn with_git(&self, script: &str) -> String {
        let folder = self.env.path("bin");
        std::fs::create_dir_all(&folder).unwrap();
        let real = on_path("git").expect("git");
        let file = folder.join("git");
        let text = format!("#!/bin/sh\nreal='{}'\n{script}\n", real.display());
        std::fs::write(&file, text).unwrap();
        make_executable(&file);
        format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
    }

    /// The clone has to be whole, and free of locks.
    #[track_caller]
    pub fn clone_is_sound(&self) {
        sound(&self.env, &self.clone);
    }

    /// Takes another machine's key ring.
    pub fn share_key(&self, from: &Machine) {
        let to = self.env.keys();
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        // Copying keeps the mode, which has to be 0600.
        std::fs::copy(from.env.keys(), to).expect("the key ring");
    }
}

/// A remote and a first machine.
pub struct World {
    /// The remote.
    pub remote: Remote,
    machine: Machine,
}

impl Deref for World {
    type Target = Machine;
    fn deref(&self) -> &Machine {
        &self.machine
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Machine {
        &mut self.machine
    }
}

impl World {
    /// A remote of this kind with the base branch, and a clone of it.
    pub fn new(kind: Kind) -> World {
        World::begin(kind, true)
    }

    /// The quickest kind.
    pub fn path() -> World {
        World::new(Kind::Path)
    }

    /// A remote that has no `sandbox` branch.
    pub fn without_base() -> World {
        World::begin(Kind::Path, false)
    }

    fn begin(kind: Kind, with_sandbox: bool) -> World {
        let remote = Remote::new(kind, "widgets", with_sandbox);
        let machine = Machine::first(&remote, with_sandbox);
        World { remote, machine }
    }

    /// A clone of this remote.
    pub fn of(remote: Remote) -> World {
        let machine = Machine::new(&remote);
        World { remote, machine }
    }

    /// Another machine with a clone of the same remote.
    pub fn other(&self) -> Machine {
        Machine::new(&self.remote)
    }

    /// The command has to fail with this code and kind, and leave the remote,
    /// the index, HEAD and the working tree as they were.
    #[track_caller]
    pub fn refuses(&self, args: &[&str], code: i32) -> Out {
        let call = self.call(&[args, &["--json"]].concat());
        self.refuses_call(call, code)
    }

    /// As [`World::refuses`], for a call with an environment or an input; it
    /// has to bring `--json`.
    #[track_caller]
    pub fn refuses_call(&self, call: Call, code: i32) -> Out {
        self.refuses_with(call, &[code])
    }

    /// As [`World::refuses`], where the contract leaves the code open.
    #[track_caller]
    pub fn refuses_any(&self, args: &[&str], codes: &[i32]) -> Out {
        let call = self.call(&[args, &["--json"]].concat());
        self.refuses_with(call, codes)
    }

    /// As [`World::refuses_call`], where the contract leaves the code open.
    #[track_caller]
    pub fn refuses_with(&self, call: Call, codes: &[i32]) -> Out {
        let refs = self.remote.refs();
        let tree = self.snapshot();
        let out = call.run();
        assert!(codes.contains(&out.code), "exit {codes:?} expected\n{out}");
        let code = out.code;
        assert_eq!(out.stdout, "", "an error has no result\n{out}");
        let kind = match code {
            1 => "internal",
            2 => "usage",
            3 => "not_found",
            4 => "auth",
            5 => "denied",
            6 => "conflict",
            7 => "integrity",
            8 => "findings",
            9 => "unavailable",
            _ => panic!("no kind for {code}"),
        };
        let error = out.error();
        assert_eq!(error["kind"], kind, "{out}");
        assert!(
            error["message"].as_str().is_some_and(|m| !m.is_empty()),
            "an error says what is wrong\n{out}"
        );
        assert!(error["retryable"].is_boolean(), "{out}");
        assert_eq!(self.remote.refs(), refs, "the remote moved\n{out}");
        assert_eq!(self.snapshot(), tree, "the clone changed\n{out}");
        out
    }

    /// Saves one file on a fresh sandbox `n` times and answers the branch.
    pub fn history(&self, n: usize) -> String {
        let branch = self.sandbox();
        for i in 0..n {
            self.save("notes.md", format!("note {i}\n"), &format!("Note {i}"));
        }
        branch
    }
}

/// The arguments of a write to a remote without its clone, with a token.
pub fn afar<'a>(url: &'a str, token: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["-R", url], args, &["--reuse-token", token]].concat()
}
