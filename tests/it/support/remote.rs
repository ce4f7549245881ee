//! A real remote: a bare repository with realistic content, reached by a path,
//! `file://`, `git daemon`, smart HTTP or ssh, and read with plain git.

use aidf::identity::{self, RepositoryId};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::seeded::{Seeded, seeded, seeded_in};
use super::{Env, HttpServer};

/// How bytes reach the remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bare path.
    Path,
    /// `file://`.
    File,
    /// `git daemon`.
    Daemon,
    /// `git daemon` that takes no pushes.
    ReadOnlyDaemon,
    /// Smart HTTP.
    Http,
    /// `ssh://` through a program that only runs the command it is given.
    Ssh,
}

/// A file long enough for edits that do not touch each other.
pub const SEED_LIB: &str = "\
def parse(text):
    return text.split()


def count(words):
    total = {}
    for word in words:
        total[word] = total.get(word, 0) + 1
    return total


def top(total, n):
    pairs = sorted(total.items(), key=lambda p: -p[1])
    return pairs[:n]


def report(pairs):
    for word, n in pairs:
        print(word, n)


def main(text):
    report(top(count(parse(text)), 3))
";

/// Who writes on the server, as [`Env`] has it in git's configuration.
const WRITER: &str = "Pat Person <pat@workstation.example>";

/// A remote and, where it has one, its server.
pub struct Remote {
    /// How it is reached.
    pub kind: Kind,
    /// The bare repository on disk.
    pub bare: PathBuf,
    /// What a user types.
    pub url: String,
    env: Arc<Env>,
    http: Option<HttpServer>,
    daemon: Option<Daemon>,
}

impl Remote {
    /// Makes `NAME.git` with a `main` and, if asked for, a `sandbox` branch.
    /// `env` is the server's own machine.
    pub fn new(kind: Kind, name: &str, with_sandbox: bool) -> Remote {
        Remote::of(kind, name, &seeded(with_sandbox))
    }

    /// The same, with both branches and with objects that are named by `sha1` or `sha256`.
    pub fn in_format(kind: Kind, name: &str, format: &'static str) -> Remote {
        Remote::of(kind, name, &seeded_in(Some(format), true))
    }

    fn of(kind: Kind, name: &str, seed: &Seeded) -> Remote {
        let env = Arc::new(Env::new());
        let root = env.path("srv");
        let bare = root.join(format!("{name}.git"));
        seed.put_bare(&bare);
        let mut http = None;
        let mut daemon = None;
        let url = match kind {
            Kind::Path => bare.display().to_string(),
            Kind::File => format!("file://{}", bare.display()),
            Kind::Ssh => format!("ssh://git@box.invalid{}", bare.display()),
            Kind::Daemon | Kind::ReadOnlyDaemon => {
                let server = Daemon::start(&env, &root, kind == Kind::Daemon);
                let url = format!("git://127.0.0.1:{}/{name}.git", server.port);
                daemon = Some(server);
                url
            }
            Kind::Http => {
                let server = HttpServer::start(root, env.home());
                let url = format!("{}/{name}.git", server.base());
                http = Some(server);
                url
            }
        };
        Remote {
            kind,
            bare,
            url,
            env,
            http,
            daemon,
        }
    }

    /// The HTTP server.
    pub fn http(&self) -> &HttpServer {
        self.http.as_ref().expect("an HTTP remote")
    }

    /// Connections since the last [`Remote::reset`]; of HTTP and daemon remotes.
    pub fn connections(&self) -> usize {
        match (&self.http, &self.daemon) {
            (Some(http), _) => http.connections(),
            (_, Some(daemon)) => daemon.settled(),
            _ => panic!("this kind of remote does not count"),
        }
    }

    /// Counts from zero again.
    pub fn reset(&self) {
        if let Some(http) = &self.http {
            http.reset();
        }
        if let Some(daemon) = &self.daemon {
            daemon.settled();
            daemon.count.store(0, Ordering::SeqCst);
        }
    }

    /// Plain git inside the bare repository.
    pub fn git(&self, args: &[&str]) -> String {
        self.env.git(&self.bare, args)
    }

    /// Every ref and what it is: two equal answers mean that nothing was written.
    pub fn refs(&self) -> String {
        self.git(&["for-each-ref", "--format=%(objectname) %(refname)"])
    }

    /// The repository's identity, if it has one.
    pub fn identity(&self) -> Option<RepositoryId> {
        let id = self.git(&["for-each-ref", "--format=%(objectname)", identity::REF]);
        RepositoryId::parse(id.trim())
    }

    /// A branch's commit, if the branch is there.
    pub fn try_tip(&self, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch}");
        let out = self
            .env
            .try_git(&self.bare, &["rev-parse", "--verify", "--quiet", &name]);
        (out.code == 0).then(|| out.stdout.trim().to_owned())
    }

    /// A branch's commit.
    #[track_caller]
    pub fn tip(&self, branch: &str) -> String {
        self.try_tip(branch)
            .unwrap_or_else(|| panic!("no branch {branch} in\n{}", self.refs()))
    }

    /// A file at a branch or commit, if it is there.
    pub fn try_file(&self, rev: &str, path: &str) -> Option<Vec<u8>> {
        let spec = format!("{rev}:{path}");
        let out = self.env.try_git(&self.bare, &["cat-file", "blob", &spec]);
        (out.code == 0).then_some(out.bytes)
    }

    /// A file at a branch or commit.
    #[track_caller]
    pub fn file(&self, rev: &str, path: &str) -> Vec<u8> {
        self.try_file(rev, path)
            .unwrap_or_else(|| panic!("no {path} at {rev}: {:?}", self.files(rev)))
    }

    /// A text file at a branch or commit.
    #[track_caller]
    pub fn text(&self, rev: &str, path: &str) -> String {
        String::from_utf8(self.file(rev, path)).expect("a text file")
    }

    /// A file's mode, such as `100755`.
    pub fn mode(&self, rev: &str, path: &str) -> String {
        let line = self.git(&["ls-tree", rev, "--", path]);
        line.split(' ').next().unwrap_or_default().to_owned()
    }

    /// Every file of a commit with mode and content, but for what aidf writes by itself.
    pub fn contents(&self, rev: &str) -> Vec<String> {
        let own = [
            super::CHANGELOG,
            super::MEMORY,
            super::ROLLBACKS,
            ".gitattributes",
        ];
        let lines = self.git(&["ls-tree", "-r", rev]);
        let lines = lines
            .lines()
            .filter(|l| !own.iter().any(|o| l.ends_with(o)));
        lines.map(str::to_owned).collect()
    }

    /// Every path at a branch or commit.
    pub fn files(&self, rev: &str) -> Vec<String> {
        self.git(&["ls-tree", "-r", "--name-only", "-z", rev])
            .split('\0')
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// What a commit changed against its first parent: `(status letter, path)`.
    pub fn changes(&self, rev: &str) -> Vec<(String, String)> {
        let text = self.git(&[
            "diff-tree",
            "-r",
            "--no-commit-id",
            "--no-renames",
            "--name-status",
            "--root",
            rev,
        ]);
        text.lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(status, path)| (status.to_owned(), path.to_owned()))
            .collect()
    }

    /// How many commits `range` holds.
    pub fn count(&self, range: &str) -> usize {
        self.git(&["rev-list", "--count", range])
            .parse()
            .expect("a number")
    }

    /// A commit's whole message.
    pub fn message(&self, rev: &str) -> String {
        self.git(&["log", "-1", "--format=%B", rev])
    }

    /// A trailer's value in a commit, empty if absent.
    pub fn trailer(&self, rev: &str, key: &str) -> String {
        let format = format!("--format=%(trailers:key={key},valueonly)");
        self.git(&["log", "-1", &format, rev]).trim().to_owned()
    }

    /// The repository has to be whole, and free of locks.
    #[track_caller]
    pub fn is_sound(&self) {
        sound(&self.env, &self.bare);
    }

    /// Installs a hook.
    pub fn hook(&self, name: &str, script: &str) {
        let file = self.bare.join("hooks").join(name);
        std::fs::create_dir_all(self.bare.join("hooks")).expect("the hooks folder");
        std::fs::write(&file, script).expect("a hook");
        make_executable(&file);
    }

    /// Removes a hook.
    pub fn unhook(&self, name: &str) {
        let _ = std::fs::remove_file(self.bare.join("hooks").join(name));
    }

    /// Takes a stream of git-fast-import(1).
    pub fn import(&self, stream: &str) {
        let args = ["fast-import", "--quiet", "--force"];
        self.env.git_bytes(&self.bare, &args, stream.as_bytes());
    }

    /// Another writer's commit, made with plain git on the server: `None` deletes.
    pub fn write(&self, branch: &str, files: &[(&str, Option<&[u8]>)], message: &str) -> String {
        let modes: Vec<(&str, &str, Option<&[u8]>)> =
            files.iter().map(|(p, c)| (*p, "100644", *c)).collect();
        self.write_modes(branch, &modes, message)
    }

    /// As [`Remote::write`], with a mode for each file; of a submodule, the commit's name is the
    /// content.
    pub fn write_modes(
        &self,
        branch: &str,
        files: &[(&str, &str, Option<&[u8]>)],
        message: &str,
    ) -> String {
        let mut stream = format!("commit refs/heads/{branch}\nmark :1\n").into_bytes();
        stream.extend(format!("committer {WRITER} now\n").bytes());
        data(&mut stream, format!("{message}\n").as_bytes());
        if let Some(tip) = self.try_tip(branch) {
            stream.extend(format!("from {tip}\n").bytes());
        }
        for (path, mode, content) in files {
            let path = path.replace('\\', "\\\\").replace('"', "\\\"");
            let path = format!("\"{}\"\n", path.replace('\n', "\\n"));
            match content {
                None => stream.extend(format!("D {path}").bytes()),
                Some(commit) if *mode == "160000" => {
                    let commit = std::str::from_utf8(commit).expect("a commit's name");
                    stream.extend(format!("M {mode} {commit} {path}").bytes());
                }
                Some(bytes) => {
                    stream.extend(format!("M {mode} inline {path}").bytes());
                    data(&mut stream, bytes);
                }
            }
        }
        stream.extend(b"get-mark :1\ndone\n");
        // One program, where the plumbing would be seven.
        let args = ["fast-import", "--quiet", "--done", "--date-format=now"];
        let commit = self.env.git_bytes(&self.bare, &args, &stream);
        String::from_utf8(commit).expect("a name").trim().to_owned()
    }
}

/// A length and so many bytes (git-fast-import(1), "data").
fn data(stream: &mut Vec<u8>, bytes: &[u8]) {
    stream.extend(format!("data {}\n", bytes.len()).bytes());
    stream.extend(bytes);
    stream.push(b'\n');
}

/// `git fsck` has to be clean, and no lock may be left behind.
#[track_caller]
pub fn sound(env: &Env, repository: &Path) {
    let out = env.try_git(
        repository,
        &["fsck", "--strict", "--no-dangling", "--no-progress"],
    );
    assert_eq!(out.code, 0, "fsck of {}\n{out}", repository.display());
    assert_eq!(
        out.stderr.trim(),
        "",
        "fsck of {}\n{out}",
        repository.display()
    );
}

/// Writes a program that leaves a mark when it is run.
pub fn write_marker(program: &Path, mark: &Path) {
    std::fs::write(program, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).unwrap();
    make_executable(program);
}

/// A pre-receive hook that makes an empty commit on the branch before each of the first so many
/// pushes to it, and then does what `also` says with the push.
pub fn rivals(branch: &str, many: usize, also: &str) -> String {
    format!(
        "#!/bin/sh\n\
         pushed=$(cat)\n\
         {also}\n\
         case $pushed in *refs/heads/{branch}*) ;; *) exit 0 ;; esac\n\
         [ \"$(cat rivals 2>/dev/null | wc -l)\" -ge {many} ] && exit 0\n\
         echo one >> rivals\n\
         unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n\
         tip=$(git rev-parse refs/heads/{branch})\n\
         new=$(git commit-tree -p $tip -m 'A rival' $tip^{{tree}}) || exit 1\n\
         git update-ref refs/heads/{branch} $new\n"
    )
}

/// chmod 755.
pub fn make_executable(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(file, mode).expect("chmod");
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// A number that no other caller in this process gets.
pub fn unique() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

/// `git daemon` itself, not under `git`, so that killing it ends it.
struct Daemon {
    port: u16,
    child: Child,
    count: Arc<AtomicUsize>,
}

impl Daemon {
    fn start(env: &Env, root: &Path, takes_pushes: bool) -> Daemon {
        let exec = env.git(root, &["--exec-path"]);
        let program = Path::new(&exec).join("git-daemon");
        let program = program.to_str().expect("a UTF-8 path");
        // The free port may be taken by another test before the daemon binds it.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0")
                .and_then(|l| l.local_addr())
                .expect("a free port")
                .port();
            let mut command = env.command(program, root);
            command
                .args(["--verbose", "--reuseaddr", "--export-all"])
                .args(takes_pushes.then_some("--enable=receive-pack"))
                .arg("--listen=127.0.0.1")
                .arg(format!("--port={port}"))
                .arg(format!("--base-path={}", root.display()))
                .arg(root)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped());
            let mut child = command.spawn().expect("git-daemon starts");
            let count = Arc::new(AtomicUsize::new(0));
            let counter = Arc::clone(&count);
            let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
            std::thread::spawn(move || {
                for line in stderr.lines().map_while(Result::ok) {
                    if line.contains("Request ") {
                        counter.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
            let until = Instant::now() + Duration::from_secs(10);
            while Instant::now() < until {
                if child.try_wait().expect("a child").is_some() {
                    break;
                }
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Daemon { port, child, count };
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("git-daemon found no port");
    }

    /// The log's count, once the log has come to rest.
    fn settled(&self) -> usize {
        let mut last = self.count.load(Ordering::SeqCst);
        loop {
            std::thread::sleep(Duration::from_millis(150));
            let now = self.count.load(Ordering::SeqCst);
            if now == last {
                return now;
            }
            last = now;
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
