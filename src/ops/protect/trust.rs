//! Finds out who could bypass the hook of a self-hosted server. The hook and all that it
//! reads are checked as sshd(8) checks its files (`StrictModes`): each file, and each
//! folder above it, must belong to root or to the owner of the repository, and nobody else
//! may write to it.

use std::path::Path;

/// The files that the hook depends on.
pub(super) struct Trusted<'a> {
    pub git_dir: &'a Path,
    /// The folder of the hooks, as `core.hooksPath` names it.
    pub hooks: &'a Path,
    /// The program that the hook runs.
    pub program: Option<&'a Path>,
    /// The file of its key.
    pub key: Option<&'a Path>,
}

#[cfg(unix)]
pub(super) use unix::find_bypass;

#[cfg(unix)]
mod unix {
    use super::super::accounts::{ROOT, account, others_of_group};
    use super::Trusted;
    use crate::git::borrowed_from;
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    /// How many files of the repository are checked; if there are more, the report says so.
    const MOST_ENTRIES: usize = 500_000;
    /// How many symlinks one path may lead through, as on Linux.
    const MOST_LINKS: usize = 40;
    /// In a folder with this bit, others may create entries, but cannot change entries that
    /// are not theirs.
    const STICKY: u32 = 0o1000;

    /// Why somebody could bypass the hook, in words; `None` if nobody can.
    pub fn find_bypass(trusted: &Trusted<'_>) -> Option<String> {
        let Ok(meta) = trusted.git_dir.metadata() else {
            return Some("aidf cannot find out who owns the repository's files".to_owned());
        };
        let mut walk = Walk::of(meta.uid());
        let found = walk.files(trusted).err();
        found.or_else(|| walk.shell(trusted.git_dir))
    }

    struct Walk {
        owner: u32,
        seen: BTreeSet<PathBuf>,
        entries: usize,
        /// For each group id, a member who could do harm. It is kept, because many files
        /// have the same group.
        others: BTreeMap<u32, Option<String>>,
    }

    type Sound = Result<(), String>;

    impl Walk {
        fn of(owner: u32) -> Walk {
            Walk {
                owner,
                seen: BTreeSet::new(),
                entries: 0,
                others: BTreeMap::new(),
            }
        }

        fn files(&mut self, trusted: &Trusted<'_>) -> Sound {
            self.way_to(trusted.git_dir)?;
            self.below(trusted.git_dir)?;
            // git runs any hook in this folder, as the owner.
            self.way_to(trusted.hooks)?;
            self.below(trusted.hooks)?;
            for file in [trusted.program, trusted.key].into_iter().flatten() {
                self.way_to(file)?;
            }
            self.alternates(&trusted.git_dir.join("objects"))?;
            for file in self.settings(trusted.git_dir) {
                self.way_to(&file)?;
                self.includes(&file)?;
            }
            Ok(())
        }

        /// Checks every folder, link and file that a path leads through.
        fn way_to(&mut self, file: &Path) -> Sound {
            let mut rest = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            for _ in 0..MOST_LINKS {
                let mut at = PathBuf::new();
                let mut turned = None;
                let mut parts = rest.components();
                while let Some(part) = parts.next() {
                    match part {
                        std::path::Component::ParentDir => {
                            at.pop();
                            continue;
                        }
                        part => at.push(part),
                    }
                    let Ok(meta) = at.symlink_metadata() else {
                        return Ok(());
                    };
                    let is_last = parts.as_path().as_os_str().is_empty();
                    self.place(&at, &meta, !is_last || meta.is_dir())?;
                    if meta.is_symlink() {
                        let target = std::fs::read_link(&at)
                            .map_err(|_| format!("{} points to nothing", at.display()))?;
                        let from = at.parent().unwrap_or(Path::new("/"));
                        turned = Some(from.join(target).join(parts.as_path()));
                        break;
                    }
                }
                match turned {
                    Some(next) => rest = next,
                    None => return Ok(()),
                }
            }
            Err(format!("{} goes through too many symlinks", file.display()))
        }

        /// Checks everything below a folder; links are followed.
        fn below(&mut self, folder: &Path) -> Sound {
            // Nobody but the owner may write in the repository, whether the sticky bit is
            // set or not.
            if let Ok(meta) = folder.metadata() {
                self.sound(folder, &meta)?;
            }
            let mut folders = vec![folder.to_owned()];
            while let Some(folder) = folders.pop() {
                let Ok(entries) = std::fs::read_dir(&folder) else {
                    continue;
                };
                for entry in entries.flatten() {
                    let path = entry.path();
                    let Ok(meta) = path.symlink_metadata() else {
                        continue;
                    };
                    self.entries += 1;
                    if self.entries > MOST_ENTRIES {
                        return Err(format!(
                            "there are too many files to check, {} among them",
                            path.display()
                        ));
                    }
                    if meta.is_symlink() {
                        self.way_to(&path)?;
                        if path.is_dir() && self.seen.insert(path.join(".")) {
                            folders.push(path);
                        }
                        continue;
                    }
                    self.sound(&path, &meta)?;
                    if meta.is_dir() {
                        folders.push(path);
                    }
                }
            }
            Ok(())
        }

        /// Checks other repositories from which this one borrows objects
        /// (gitrepository-layout(5)).
        fn alternates(&mut self, objects: &Path) -> Sound {
            for folder in borrowed_from(objects) {
                self.way_to(&folder)?;
            }
            Ok(())
        }

        /// The configuration files that the owner's git reads.
        fn settings(&self, git_dir: &Path) -> Vec<PathBuf> {
            let mut files = vec![git_dir.join("config"), PathBuf::from("/etc/gitconfig")];
            let account = account(self.owner);
            if let Some(account) = account.filter(|a| a.home.is_absolute()) {
                files.push(account.home.join(".gitconfig"));
                files.push(account.home.join(".config/git/config"));
            }
            files
        }

        /// Refuses a configuration file that includes others (git-config(1), Includes).
        fn includes(&mut self, file: &Path) -> Sound {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let mut inside = false;
            for line in text.lines().map(|l| l.trim().to_lowercase()) {
                if line.starts_with('[') {
                    inside = line.starts_with("[include");
                }
                if inside && line.contains("path") && line.contains('=') {
                    return Err(format!(
                        "{} includes other files, which aidf does not check",
                        file.display()
                    ));
                }
            }
            Ok(())
        }

        /// Checks one place on the way to a file.
        fn place(&mut self, place: &Path, meta: &Metadata, above: bool) -> Sound {
            if !self.seen.insert(place.to_owned()) {
                return Ok(());
            }
            // Whoever may write to the folder of a link may replace the link.
            if meta.is_symlink() {
                return self.belongs(place, meta);
            }
            if above && meta.is_dir() && meta.mode() & STICKY != 0 {
                return self.belongs(place, meta);
            }
            self.sound(place, meta)
        }

        fn belongs(&self, place: &Path, meta: &Metadata) -> Sound {
            if meta.uid() == ROOT || meta.uid() == self.owner {
                return Ok(());
            }
            let who =
                account(meta.uid()).map_or_else(|| format!("number {}", meta.uid()), |a| a.name);
            Err(format!("{} belongs to the account {who}", place.display()))
        }

        fn sound(&mut self, place: &Path, meta: &Metadata) -> Sound {
            self.belongs(place, meta)?;
            let shown = place.display();
            if meta.mode() & 0o002 != 0 {
                return Err(format!("everybody on this machine can write {shown}"));
            }
            if meta.mode() & 0o020 == 0 {
                return Ok(());
            }
            let (group, owner) = (meta.gid(), self.owner);
            let others = self.others.entry(group);
            match others.or_insert_with(|| others_of_group(group, owner)) {
                Some(who) => Err(format!("{who} can write {shown}")),
                None => Ok(()),
            }
        }

        /// Describes the danger if somebody may be able to log in as the owner of the files:
        /// whoever has a shell as the owner runs git there without the hook.
        fn shell(&self, git_dir: &Path) -> Option<String> {
            // gitolite gives nobody a shell; it installs its own hook beside ours.
            let update =
                std::fs::read_to_string(git_dir.join("hooks").join("update")).unwrap_or_default();
            if update.contains("gitolite") || update.contains("Gitolite") {
                return None;
            }
            const NO_SHELL: [&str; 4] = ["nologin", "false", "git-shell", "gitolite-shell"];
            match account(self.owner) {
                Some(a) if NO_SHELL.iter().any(|s| a.shell.ends_with(s)) => None,
                Some(a) => Some(format!(
                    "the files belong to the account {}, and people can log in to it ({}): they can bypass the hook",
                    a.name,
                    a.shell.display()
                )),
                None => Some(format!(
                    "the files belong to the account number {}, and aidf cannot tell who can log in to it",
                    self.owner
                )),
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::os::unix::fs::PermissionsExt;

        fn mode(path: &Path, mode: u32) {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }

        /// Each place that others may write is found, wherever it lies.
        #[test]
        fn whatever_the_hook_goes_by_is_walked_up_to_the_root() {
            let place = tempfile::tempdir().unwrap();
            let top = place.path().canonicalize().unwrap().join("srv");
            let git_dir = top.join("demo.git");
            let bin = top.join("opt/bin");
            let keys = top.join("keys");
            let other = top.join("other/objects");
            let linked = top.join("linked");
            let folders = [
                "hooks",
                "info",
                "refs/heads/deep/deeper",
                "objects/pack",
                "objects/info",
                "objects/00",
                "aidf/activity",
            ];
            for folder in folders {
                std::fs::create_dir_all(git_dir.join(folder)).unwrap();
            }
            for folder in [&bin, &keys, &other, &linked, &top.join("via")] {
                std::fs::create_dir_all(folder).unwrap();
            }
            let (program, key) = (top.join("via/aidf"), keys.join("keys.json"));
            let files = [
                "HEAD",
                "config",
                "packed-refs",
                "hooks/pre-receive",
                "hooks/update",
                "hooks/post-receive",
                "info/grafts",
                "refs/heads/main",
                "objects/00/11",
                "objects/pack/pack-1.pack",
                "aidf/journal.jsonl",
            ];
            for file in files.map(|f| git_dir.join(f)) {
                std::fs::write(file, "").unwrap();
            }
            std::fs::write(&key, "").unwrap();
            std::fs::write(bin.join("aidf"), "").unwrap();
            let lines = format!("{}\n", other.display());
            std::fs::write(git_dir.join("objects/info/alternates"), lines).unwrap();
            let link = |from: PathBuf, to: &Path| std::os::unix::fs::symlink(to, from).unwrap();
            link(program.clone(), &bin.join("aidf"));
            link(git_dir.join("refs/heads/link"), &linked);
            let hooks = git_dir.join("hooks");
            let owner = git_dir.metadata().unwrap().uid();
            let found = || {
                Walk::of(owner).files(&Trusted {
                    git_dir: &git_dir,
                    hooks: &hooks,
                    program: Some(&program),
                    key: Some(&key),
                })
            };
            assert_eq!(found(), Ok(()));
            let inside = folders.iter().chain(&files).map(|f| git_dir.join(f));
            let outside = [
                git_dir.clone(),
                bin.join("aidf"),
                bin.clone(),
                top.join("opt"),
                top.join("via"),
                key.clone(),
                keys.clone(),
                other.clone(),
                linked.clone(),
                top.clone(),
            ];
            for place in inside.chain(outside) {
                let before = place.metadata().unwrap().mode() & 0o7777;
                mode(&place, before | 0o002);
                let why = found().unwrap_err();
                assert!(
                    why.contains(&place.display().to_string()),
                    "{place:?}: {why}"
                );
                mode(&place, before);
            }
            assert_eq!(found(), Ok(()));
            // Above the repository, a folder such as /tmp is fine: nobody can touch other
            // people's files in it. Inside the repository, nobody else may create anything.
            mode(&top, 0o1777);
            assert_eq!(found(), Ok(()));
            for place in ["", "refs/heads", "hooks", "objects"].map(|f| git_dir.join(f)) {
                mode(&place, 0o1777);
                assert!(found().is_err(), "{place:?}");
                mode(&place, 0o755);
            }
            let config = git_dir.join("config");
            std::fs::write(&config, "[Include]\n\tpath = /tmp/x\n").unwrap();
            assert!(found().unwrap_err().contains("includes other files"));
        }
    }
}

/// On other platforms, aidf cannot tell who can work as the owner.
#[cfg(not(unix))]
pub(super) fn find_bypass(_trusted: &Trusted<'_>) -> Option<String> {
    Some("it cannot be told on this platform who works as the owner of the files".to_owned())
}
