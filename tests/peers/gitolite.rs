//! gitolite3 behind a private sshd, as the user who runs the tests but with a
//! home of its own, so that nobody's keys or repositories are touched.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::peers::ssh;
use crate::peers::support::Place;
use crate::peers::web::Daemon;

pub const PEERS: [&str; 5] = ["gitolite", "sshd", "ssh", "ssh-keygen", "git"];

/// Each has a key and may do anything to `demo`: what else is refused, a hook refuses.
pub const USERS: [&str; 3] = ["ada", "bob", "operator"];

pub struct Gitolite {
    config: PathBuf,
    repository: PathBuf,
    _sshd: Daemon,
}

impl Gitolite {
    /// Starts it with the repository `demo`, empty, its default branch `main`.
    pub fn start(place: &Place) -> Self {
        let home = place.path("gitolite");
        let ssh = place.path("gitolite-ssh");
        for folder in [&home, &home.join(".ssh"), &ssh] {
            fs::create_dir(folder).unwrap();
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        }
        fs::write(
            home.join(".gitconfig"),
            "[user]\n\tname = Server\n\temail = server@example.invalid\n\
             [init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n",
        )
        .unwrap();
        // GIT_CONFIG_KEYS is what lets a repository's config be set from gitolite.conf.
        fs::write(
            home.join(".gitolite.rc"),
            "%RC = ( UMASK => 0077, GIT_CONFIG_KEYS => 'receive\\..*', ROLES => {},\n\
             ENABLE => ['ssh-authkeys', 'git-config'] );\n1;\n",
        )
        .unwrap();
        let gitolite = |args: &[&str]| {
            let ended = place
                .command("gitolite", &home)
                .env("HOME", &home)
                .args(args)
                .output()
                .unwrap();
            assert!(
                ended.status.success(),
                "gitolite {args:?}: {}{}",
                String::from_utf8_lossy(&ended.stdout),
                String::from_utf8_lossy(&ended.stderr)
            );
        };
        for user in USERS {
            ssh::make_key(&ssh.join(user));
        }
        gitolite(&["setup", "-pk", ssh.join("operator.pub").to_str().unwrap()]);
        for user in USERS {
            let key = format!("{user}.pub");
            fs::copy(ssh.join(&key), home.join(".gitolite/keydir").join(&key)).unwrap();
        }
        // gitolite refuses to set a key it does not know; this proves that it knows these.
        fs::write(
            home.join(".gitolite/conf/gitolite.conf"),
            format!(
                "repo demo\n    RW+ = {}\n    config receive.advertisePushOptions = true\n    \
                 config receive.fsckObjects = true\n",
                USERS.join(" ")
            ),
        )
        .unwrap();
        gitolite(&["setup"]);
        let (server, sshd) =
            ssh::serve(&ssh, &home.join(".ssh/authorized_keys"), &[("HOME", &home)]);
        let hosts: Vec<String> = USERS
            .iter()
            .map(|user| {
                let key = ssh.join(user);
                format!("Host {user}\n  IdentityFile {}\n{server}", key.display())
            })
            .collect();
        fs::write(ssh.join("config"), hosts.concat()).unwrap();
        Gitolite {
            config: ssh.join("config"),
            repository: home.join("repositories/demo.git"),
            _sshd: sshd,
        }
    }

    /// For `GIT_SSH_COMMAND`; with it a user's name is the host that lets that user in.
    pub fn client(&self) -> String {
        format!("ssh -F '{}'", self.config.display())
    }

    /// `demo` as this user.
    pub fn url(&self, user: &str) -> String {
        assert!(USERS.contains(&user), "{user} has no key");
        format!("{user}:demo")
    }

    /// `demo` on the server's disk.
    pub fn repository(&self) -> PathBuf {
        self.repository.clone()
    }
}
