//! A small disk for one test: a tmpfs in a mount namespace of its own, which ends with the
//! test.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::peers::support::{Ended, Place, cannot, have};

/// The disk's size in bytes.
const SIZE: u64 = 16 << 20;
/// The unit in which a tmpfs gives room.
const PAGE: u64 = 4096;

/// A small disk that only the programs started through it see.
pub struct Disk {
    holder: Child,
    pub folder: PathBuf,
}

impl Disk {
    /// Mounts it on a new folder of the place; none where that is not allowed here.
    pub fn mount(place: &Place) -> Option<Disk> {
        if !have(&["unshare", "nsenter", "mount"]) {
            return None;
        }
        let folder = place.path("disk");
        fs::create_dir(&folder).unwrap();
        let script =
            format!("mount -t tmpfs -o size={SIZE} tmpfs \"$0\" && echo ready && exec sleep 3600");
        let mut holder = Command::new("unshare")
            .args(["-m", "sh", "-c", &script])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = [0; 5];
        if holder.stdout.take().unwrap().read_exact(&mut said).is_err() {
            holder.wait().unwrap();
            cannot("nobody may mount a disk here: that takes root");
            return None;
        }
        Some(Disk { holder, folder })
    }

    /// The disk, or what is on it, as this process sees it.
    pub fn seen(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(path.strip_prefix("/").unwrap())
    }

    /// Takes all room but so many pages.
    pub fn fill(&self, left: u64) {
        let file = self.seen(&self.folder).join("filler");
        let mut file = fs::File::create(file).unwrap();
        let piece = [1; PAGE as usize];
        let mut pages = 0;
        while file.write(&piece).is_ok_and(|n| n == piece.len()) {
            pages += 1;
        }
        file.set_len(PAGE * (pages as u64).saturating_sub(left))
            .unwrap();
    }

    /// Gives all room back.
    pub fn make_room(&self) {
        fs::remove_file(self.seen(&self.folder).join("filler")).unwrap();
    }

    /// A program that sees the disk.
    pub fn run(&self, place: &Place, folder: &Path, program: &str, args: &[&str]) -> Ended {
        let mut command = place.command("nsenter", Path::new("/"));
        command.args(["-t", &self.holder.id().to_string(), "-m", "--"]);
        command
            .args(["sh", "-c", "cd \"$0\" && exec \"$@\""])
            .arg(folder);
        Ended::of(command.arg(program).args(args).output().unwrap())
    }

    /// Has nobody write to it, or everybody again: `ro` or `rw`.
    pub fn remount(&self, place: &Place, how: &str) {
        let options = format!("remount,{how}");
        let folder = self.folder.to_str().unwrap();
        let args = ["-o", &options, folder];
        self.run(place, Path::new("/"), "mount", &args).exits(0);
    }

    /// aidf, on this disk.
    pub fn aidf(&self, place: &Place, folder: &Path, args: &[&str]) -> Ended {
        self.run(place, folder, env!("CARGO_BIN_EXE_aidf"), args)
    }

    /// What is on the disk and looks unfinished, or is a lock of git's.
    pub fn unfinished(&self) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        walk(&self.seen(&self.folder), &mut found);
        found
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let is_unfinished = ["tmp", ".tmp", ".aidf-unfinished", "pack-tmp"]
            .iter()
            .any(|start| name.starts_with(start))
            || [".lock", ".tmp", ".part"]
                .iter()
                .any(|end| name.ends_with(end));
        // What is there to be locked stays, and is nobody's while no process holds it.
        let is_for_locks = ["cuts.lock", "journal.jsonl.lock", "keys.lock"].contains(&&*name)
            || ["queue", "repos"]
                .iter()
                .any(|folder| path.parent().is_some_and(|p| p.ends_with(folder)));
        if is_unfinished && !is_for_locks {
            found.insert(path);
        } else if entry.file_type().is_ok_and(|t| t.is_dir()) {
            walk(&path, found);
        }
    }
}
