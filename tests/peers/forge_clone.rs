//! A clone whose remote has a forge's address, while git's own traffic goes to a
//! repository on disk: only the API is a mock's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;

use crate::peers::support::{Ended, Place};

pub const TOKEN: &str = "tok-of-the-forge";

/// A clone of `acme/demo`, with a sandbox open in it.
pub struct Clone {
    pub place: Place,
    pub folder: PathBuf,
    pub bare: PathBuf,
    pub branch: String,
}

impl Clone {
    /// At `host`, such as `github.com`, with this policy on every branch.
    pub fn at(host: &str, policy: &str) -> Clone {
        let mut place = Place::new();
        let bare = place.remote("acme/demo", &[(".aidf.yaml", policy)]);
        let folder = place.clone(bare.to_str().unwrap(), "clone");
        let address = format!("git@{host}:acme/demo.git");
        place.git(&folder, &["remote", "set-url", "origin", &address]);
        // What sshd would do after the login: the last argument to a shell.
        let script = place.path("ssh-to-disk");
        let text = format!(
            "#!/bin/sh\nfor last; do :; done\ncd '{}' && exec sh -c \"$last\"\n",
            place.path("served").display()
        );
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        place.with_env("GIT_SSH_COMMAND", script.to_str().unwrap());
        place.with_env("AIDF_FORGE_TOKEN", TOKEN);
        let made = place.aidf(&folder, &["sandbox", "init", "--json"]).json();
        let branch = made["branch"].as_str().unwrap().to_owned();
        Clone {
            place,
            folder,
            bare,
            branch,
        }
    }

    /// Where the API is from now on.
    pub fn api(&mut self, base: &str) {
        self.place.with_env("AIDF_FORGE_API_URL", base);
    }

    pub fn aidf(&self, args: &[&str]) -> Ended {
        self.place.aidf(&self.folder, args)
    }

    /// Runs with `--json`; it has to succeed.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        self.aidf(&[args, &["--json"]].concat()).json()
    }

    /// Saves a file with that many lines on the sandbox; answers the commit.
    #[track_caller]
    pub fn save(&self, path: &str, lines: usize) -> String {
        let text: String = (0..lines)
            .map(|n| format!("line {n} of {path}\n"))
            .collect();
        fs::write(self.folder.join(path), text).unwrap();
        let made = self.json(&["commit", path, "-m", &format!("Write {path}")]);
        made["commit"].as_str().unwrap().to_owned()
    }

    /// Where the sandbox stands.
    pub fn head(&self) -> String {
        let name = format!("refs/heads/{}", self.branch);
        let head = self.place.git(&self.bare, &["rev-parse", &name]);
        head.trim().to_owned()
    }
}
