//! A sandbox that is written from two clones of one machine.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Call, Kind, Out, World, text};

/// A sandbox, and a second clone of the same machine that writes it too.
pub struct Two {
    pub w: World,
    pub branch: String,
    pub token: String,
    pub second: PathBuf,
}

impl Two {
    pub fn new(kind: Kind) -> Two {
        Two::of(World::new(kind))
    }

    /// The same in a remote that is there.
    pub fn of(mut w: World) -> Two {
        let opened = w.init();
        let first = w.clone.clone();
        w.clone_again();
        let second = std::mem::replace(&mut w.clone, first);
        Two {
            branch: text(&opened, "branch"),
            token: text(&opened, "reuse_token"),
            second,
            w,
        }
    }

    /// A call that commits one file from a clone; the file's name is the message.
    pub fn commits(&self, clone: &Path, name: &str) -> Call {
        fs::write(clone.join(name), format!("{name}\n")).unwrap();
        let place = clone.to_str().expect("a UTF-8 path");
        let commit = ["-C", place, "commit", name, "-m", name, "-v"];
        let call = self
            .w
            .call(&[&commit[..], &["--branch", &self.branch]].concat());
        call.env("AIDF_REUSE_TOKEN", &self.token)
    }

    /// Commits one file from the first clone.
    pub fn first(&self, name: &str) -> Out {
        self.commits(&self.w.clone, name).run().ok()
    }

    /// Commits one file from the second clone.
    pub fn second(&self, name: &str) -> Out {
        self.commits(&self.second, name).run().ok()
    }

    /// Both clones are whole, and the branch has these files.
    #[track_caller]
    pub fn all_is_well(&self, names: &[&str]) {
        for name in names {
            let there = self.w.remote.text(&self.branch, name);
            assert_eq!(there, format!("{name}\n"));
        }
        self.w.remote.is_sound();
        for clone in [&self.w.clone, &self.second] {
            self.w
                .env
                .git(clone, &["fsck", "--strict", "--no-dangling"]);
            let tip = self.w.remote.tip(&self.branch);
            let bare = self.w.remote.bare.to_str().expect("a UTF-8 path");
            self.w.env.git(clone, &["fetch", "-q", bare, &self.branch]);
            self.w.env.git(clone, &["rev-list", "--objects", &tip]);
        }
    }
}
