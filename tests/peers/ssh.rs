//! OpenSSH: a private sshd on loopback, and the system's own client.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::peers::story;
use crate::peers::support::{Place, find, have};
use crate::peers::web::{Daemon, on_a_free_port};

const PEERS: [&str; 4] = ["sshd", "ssh", "ssh-keygen", "git"];

/// An sshd that lets one key in, and a client config that knows it as `forge`,
/// as `inside` (reached by a jump through `forge`) and as `stranger` (a key that
/// is not let in).
struct Sshd {
    config: PathBuf,
    log: PathBuf,
    _daemon: Daemon,
}

impl Sshd {
    fn start(place: &Place) -> Self {
        let at = |name: &str| place.path("ssh").join(name);
        fs::create_dir_all(at("")).unwrap();
        fs::set_permissions(at(""), fs::Permissions::from_mode(0o700)).unwrap();
        for key in ["mine", "strange"] {
            make_key(&at(key));
        }
        fs::copy(at("mine.pub"), at("authorized_keys")).unwrap();
        let git_config = place.path("home/.gitconfig");
        let (shared, daemon) = serve(
            &at(""),
            &at("authorized_keys"),
            &[("GIT_CONFIG_GLOBAL", &git_config)],
        );
        let mine = at("mine").display().to_string();
        let strange = at("strange").display().to_string();
        let config = format!(
            "Host forge\n  IdentityFile {mine}\n{shared}\
             Host inside\n  ProxyJump forge\n  IdentityFile {mine}\n{shared}\
             Host stranger\n  IdentityFile {strange}\n{shared}"
        );
        fs::write(at("config"), config).unwrap();
        Sshd {
            config: at("config"),
            log: at("sshd.log"),
            _daemon: daemon,
        }
    }

    fn client(&self) -> String {
        format!("ssh -F '{}'", self.config.display())
    }

    fn logins(&self) -> usize {
        let log = fs::read_to_string(&self.log).unwrap();
        log.lines()
            .filter(|l| l.contains("Accepted publickey"))
            .count()
    }
}

/// A key pair without a password.
pub fn make_key(file: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(file)
        .status();
    assert!(made.unwrap().success());
}

/// An sshd with its files in `folder`, whose sessions get `variables` on top of
/// their own. Answers with the lines about it for a client's config.
pub fn serve(
    folder: &Path,
    authorized_keys: &Path,
    variables: &[(&str, &Path)],
) -> (String, Daemon) {
    let at = |name: &str| folder.join(name);
    make_key(&at("host"));
    let me = run_for_text("id", &["-un"]);
    if me == "root" {
        // Where sshd, started as root, shuts its unprivileged half in.
        let _ = fs::create_dir("/run/sshd");
    }
    // sshd heeds the first such line alone.
    let variables: Vec<String> = variables
        .iter()
        .map(|(name, value)| format!("{name}={}", value.display()))
        .collect();
    let (port, daemon) = on_a_free_port(|port| {
        let lines = [
            format!("ListenAddress 127.0.0.1:{port}"),
            format!("HostKey {}", at("host").display()),
            format!("AuthorizedKeysFile {}", authorized_keys.display()),
            format!("PidFile {}", at("sshd.pid").display()),
            // The temporary folder's parents may be anybody's to write.
            "StrictModes no".into(),
            "UsePAM no".into(),
            "PermitRootLogin yes".into(),
            "PasswordAuthentication no".into(),
            "KbdInteractiveAuthentication no".into(),
            "MaxStartups 200".into(),
            "PerSourceMaxStartups none".into(),
            "AcceptEnv GIT_PROTOCOL".into(),
            format!("SetEnv {}", variables.join(" ")),
        ];
        fs::write(at("sshd_config"), lines.join("\n") + "\n")?;
        Daemon::start(
            // sshd starts itself anew for each login and wants its whole path for that.
            Command::new(find("sshd").unwrap())
                .args(["-D", "-e", "-f"])
                .arg(at("sshd_config"))
                .stdout(Stdio::null())
                .stderr(fs::File::create(at("sshd.log"))?),
        )
    })
    .unwrap();
    let host = fs::read_to_string(at("host.pub")).unwrap();
    fs::write(at("known_hosts"), format!("[127.0.0.1]:{port} {host}")).unwrap();
    let client = format!(
        "  HostName 127.0.0.1\n  Port {port}\n  User {me}\n  IdentitiesOnly yes\n  \
         UserKnownHostsFile {known}\n  GlobalKnownHostsFile /dev/null\n  \
         StrictHostKeyChecking yes\n  IdentityAgent none\n",
        known = at("known_hosts").display(),
    );
    (client, daemon)
}

fn run_for_text(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A place whose programs reach its sshd through `GIT_SSH_COMMAND`.
fn place_with_sshd() -> (Place, Sshd) {
    let mut place = Place::new();
    let sshd = Sshd::start(&place);
    place.with_env("GIT_SSH_COMMAND", sshd.client());
    (place, sshd)
}

fn scp_form(host: &str, remote: &Path) -> String {
    format!("{host}:{}", remote.display())
}

#[test]
fn over_ssh_a_sandbox_is_opened_written_listed_and_rolled_back() {
    if !have(&PEERS) {
        return;
    }
    let (place, _sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    story::whole(&place, &remote, &scp_form("forge", &remote));
}

#[test]
fn over_ssh_a_refusal_by_the_servers_hook_is_passed_on() {
    if !have(&PEERS) {
        return;
    }
    let (place, _sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    story::refused_by_the_server(&place, &remote, &scp_form("forge", &remote));
}

#[test]
fn over_ssh_eight_writers_lose_nothing() {
    if !have(&PEERS) {
        return;
    }
    let (place, _sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    story::raced(&place, &remote, &scp_form("forge", &remote));
}

#[test]
fn over_ssh_the_url_form_and_a_jump_host_of_the_users_config_are_honoured() {
    if !have(&PEERS) {
        return;
    }
    let (place, _sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    let clone = place.clone(&format!("ssh://forge{}", remote.display()), "by-url");
    place
        .aidf(&clone, &["sandbox", "init", "--name", "url"])
        .exits(0);
    let clone = place.clone(&scp_form("inside", &remote), "by-jump");
    place
        .aidf(&clone, &["sandbox", "init", "--name", "jump"])
        .exits(0);
    let refs = place.git(
        &remote,
        &["for-each-ref", "--format=%(refname:short)", "refs/heads"],
    );
    assert!(
        refs.contains("sandbox-url") && refs.contains("sandbox-jump"),
        "{refs}"
    );
}

#[test]
fn over_ssh_no_clone_is_needed() {
    if !have(&PEERS) {
        return;
    }
    let (place, _sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    let url = scp_form("forge", &remote);
    let nowhere = place.path("home");
    let opened = place
        .aidf(&nowhere, &["-R", &url, "sandbox", "init", "--json"])
        .json();
    let token = opened["reuse_token"].as_str().unwrap();
    let args = [
        "-R",
        &url,
        "commit",
        "a.txt=-",
        "-m",
        "Add",
        "--reuse-token",
        token,
    ];
    place.aidf_reading(&nowhere, &args, "a\n").exits(0);
    let file = format!("{}:a.txt", opened["branch"].as_str().unwrap());
    assert_eq!(place.git(&remote, &["show", &file]), "a\n");
}

#[test]
fn the_users_own_core_ssh_command_is_honoured() {
    if !have(&PEERS) {
        return;
    }
    let (mut place, sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    place.without_env("GIT_SSH_COMMAND");
    place.git_config(&format!("[core]\n\tsshCommand = \"{}\"\n", sshd.client()));
    let clone = place.clone(&scp_form("forge", &remote), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    fs::write(clone.join("new.txt"), "new\n").unwrap();
    place
        .aidf(&clone, &["commit", "new.txt", "-m", "Add"])
        .exits(0);
}

#[test]
fn a_commit_is_one_login_and_so_is_opening_a_sandbox() {
    if !have(&PEERS) {
        return;
    }
    let (place, sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    let clone = place.clone(&scp_form("forge", &remote), "clone");
    let before = sshd.logins();
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    assert_eq!(sshd.logins() - before, 1, "logins of sandbox init");
    fs::write(clone.join("new.txt"), "new\n").unwrap();
    place
        .aidf(&clone, &["commit", "new.txt", "-m", "Add"])
        .exits(0);
    assert_eq!(
        sshd.logins() - before,
        2,
        "logins of sandbox init and commit"
    );
}

#[test]
fn a_key_the_server_does_not_know_is_an_auth_error_in_sshs_own_words() {
    if !have(&PEERS) {
        return;
    }
    let (place, _sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    let clone = place.clone(&scp_form("forge", &remote), "clone");
    place.git(
        &clone,
        &[
            "remote",
            "set-url",
            "origin",
            &scp_form("stranger", &remote),
        ],
    );
    place
        .aidf(&clone, &["sandbox", "init"])
        .exits(4)
        .says("Permission denied");
}

#[test]
fn a_host_key_that_changed_is_refused_in_sshs_own_words() {
    if !have(&PEERS) {
        return;
    }
    let (place, _sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    let clone = place.clone(&scp_form("forge", &remote), "clone");
    let known = place.path("ssh/known_hosts");
    let host = fs::read_to_string(&known).unwrap();
    let address = host.split(' ').next().unwrap();
    let other = fs::read_to_string(place.path("ssh/strange.pub")).unwrap();
    fs::write(&known, format!("{address} {other}")).unwrap();
    let refs = place.git(&remote, &["for-each-ref"]);
    let ended = place
        .aidf(&clone, &["sandbox", "init"])
        .says("Host key verification failed");
    assert!([4, 9].contains(&ended.code), "{}", ended.told());
    assert_eq!(place.git(&remote, &["for-each-ref"]), refs);
}

#[test]
fn a_repository_that_is_not_there_is_not_found() {
    if !have(&PEERS) {
        return;
    }
    let (place, _sshd) = place_with_sshd();
    let url = scp_form("forge", &place.path("served/absent.git"));
    place
        .aidf(&place.path("home"), &["-R", &url, "sandbox", "init"])
        .exits(3);
}

#[test]
fn an_ssh_server_that_never_answers_ends_within_the_timeout_and_leaves_no_client() {
    if !have(&PEERS) {
        return;
    }
    let (place, sshd) = place_with_sshd();
    let remote = place.remote("project", &[]);
    let clone = place.clone(&scp_form("forge", &remote), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    thread::spawn(move || silent.incoming().collect::<Vec<_>>());
    let config = fs::read_to_string(&sshd.config).unwrap();
    let moved: Vec<String> = config
        .lines()
        .map(|l| {
            if l.starts_with("  Port ") {
                format!("  Port {port}")
            } else {
                l.into()
            }
        })
        .collect();
    fs::write(&sshd.config, moved.join("\n") + "\n").unwrap();

    let started = Instant::now();
    fs::write(clone.join("new.txt"), "new\n").unwrap();
    place
        .aidf(
            &clone,
            &["--timeout", "2", "commit", "new.txt", "-m", "Add"],
        )
        .exits(9);
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(15), "took {waited:?}");
    // The client is told to go when its caller does; it may need a moment.
    let deadline = Instant::now() + Duration::from_secs(3);
    while left_running(&sshd.config) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(50));
    }
    assert!(
        !left_running(&sshd.config),
        "an ssh client was left running"
    );
}

/// Is there a process that was started with this client config?
fn left_running(config: &Path) -> bool {
    let config = config.display().to_string();
    let Ok(processes) = fs::read_dir("/proc") else {
        return false;
    };
    processes.flatten().any(|process| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains(&config) && line.starts_with("ssh")
    })
}
