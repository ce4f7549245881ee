//! Who could go round the hook of a server of one's own. What the hook is and reads is
//! walked as sshd(8) walks the files that it goes by (`StrictModes`): each file and each
//! folder above it belongs to root or to the owner of the repository, and nobody else may
//! write it.

use std::path::Path;

/// What the hook depends on.
pub(super) struct Trusted<'a> {
    pub git_dir: &'a Path,
    /// The folder of the hooks, wherever `core.hooksPath` has it.
    pub hooks: &'a Path,
    /// The program that the hook runs.
    pub program: Option<&'a Path>,
    /// Where its key lies.
    pub key: Option<&'a Path>,
}

#[cfg(unix)]
pub(super) use unix::way_round;

#[cfg(unix)]
mod unix {
    use super::Trusted;
    use std::collections::BTreeSet;
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    /// Folders of refs that are looked at; with more, it is said that there are more.
    const MOST_FOLDERS: usize = 10_000;
    const ROOT: u32 = 0;
    /// In a folder with this bit others may make entries, and touch none that is not theirs.
    const STICKY: u32 = 0o1000;

    /// Why somebody could go round the hook, in words.
    pub fn way_round(trusted: &Trusted<'_>) -> Option<String> {
        let Ok(meta) = trusted.git_dir.metadata() else {
            return Some("the owner of the repository's files cannot be told".to_owned());
        };
        let walk = Walk {
            owner: meta.uid(),
            seen: BTreeSet::new(),
        };
        walk.files(trusted)
            .err()
            .or_else(|| shell_of(trusted.git_dir, meta.uid()))
    }

    struct Walk {
        owner: u32,
        seen: BTreeSet<PathBuf>,
    }

    type Sound = Result<(), String>;

    impl Walk {
        fn files(mut self, trusted: &Trusted<'_>) -> Sound {
            let git_dir = trusted.git_dir;
            self.with_ancestors(git_dir)?;
            let own = [
                "HEAD",
                "config",
                "packed-refs",
                "info",
                "objects",
                "refs",
                "aidf",
            ];
            for name in own {
                self.file(&git_dir.join(name))?;
            }
            for name in ["info/alternates", "info", "pack"] {
                self.file(&git_dir.join("objects").join(name))?;
            }
            self.below(&git_dir.join("objects"), 1)?;
            self.below(&git_dir.join("refs"), MOST_FOLDERS)?;
            self.below(&git_dir.join("aidf"), MOST_FOLDERS)?;
            self.with_ancestors(trusted.hooks)?;
            for name in ["pre-receive", super::super::bare::BEFORE] {
                self.with_ancestors(&trusted.hooks.join(name))?;
            }
            for file in [trusted.program, trusted.key].into_iter().flatten() {
                self.with_ancestors(file)?;
            }
            Ok(())
        }

        /// A file, where it leads to, and every folder above either.
        fn with_ancestors(&mut self, file: &Path) -> Sound {
            if file.symlink_metadata().is_err() {
                return Ok(());
            }
            let plain = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            let real = file.canonicalize().unwrap_or_else(|_| plain.clone());
            for place in [&plain, &real] {
                for part in place.ancestors().filter(|p| !p.as_os_str().is_empty()) {
                    self.file(part)?;
                }
            }
            Ok(())
        }

        /// Every folder below one, so many levels deep.
        fn below(&mut self, folder: &Path, levels: usize) -> Sound {
            let mut folders = vec![(folder.to_owned(), levels)];
            let mut count = 0;
            while let Some((folder, levels)) = folders.pop() {
                let Ok(entries) = std::fs::read_dir(&folder) else {
                    continue;
                };
                for entry in entries.flatten() {
                    if !entry.file_type().is_ok_and(|t| t.is_dir()) {
                        continue;
                    }
                    count += 1;
                    if count > MOST_FOLDERS {
                        return Err(format!(
                            "{} holds more folders than are looked at",
                            folder.display()
                        ));
                    }
                    self.file(&entry.path())?;
                    if levels > 1 {
                        folders.push((entry.path(), levels - 1));
                    }
                }
            }
            Ok(())
        }

        fn file(&mut self, place: &Path) -> Sound {
            if !self.seen.insert(place.to_owned()) {
                return Ok(());
            }
            // What a link leads to is asked for; who may write the link is who may write
            // the folder it is in.
            match place.metadata() {
                Ok(meta) => sound(place, &meta, self.owner),
                Err(_) => Ok(()),
            }
        }
    }

    fn sound(place: &Path, meta: &Metadata, owner: u32) -> Sound {
        let shown = place.display();
        if meta.uid() != ROOT && meta.uid() != owner {
            let who = account(meta.uid())
                .map_or_else(|| format!("number {}", meta.uid()), |(name, _)| name);
            return Err(format!("{shown} belongs to the account {who}"));
        }
        if meta.is_dir() && meta.mode() & STICKY != 0 {
            return Ok(());
        }
        if meta.mode() & 0o002 != 0 {
            return Err(format!("everybody on this machine may write {shown}"));
        }
        let group = (meta.mode() & 0o020 != 0).then(|| others_of_group(meta.gid(), owner));
        match group.flatten() {
            Some(who) => Err(format!("{who} may write {shown}")),
            None => Ok(()),
        }
    }

    /// Whether the owner can be logged in to: who has a shell as the owner of the files
    /// runs git there without the hook.
    fn shell_of(git_dir: &Path, owner: u32) -> Option<String> {
        // gitolite lets nobody reach a shell: its own hook stands beside ours.
        let update =
            std::fs::read_to_string(git_dir.join("hooks").join("update")).unwrap_or_default();
        if update.contains("gitolite") || update.contains("Gitolite") {
            return None;
        }
        const NO_SHELL: [&str; 4] = ["nologin", "false", "git-shell", "gitolite-shell"];
        match account(owner) {
            Some((_, shell)) if NO_SHELL.iter().any(|s| shell.ends_with(s)) => None,
            Some((name, shell)) => Some(format!(
                "the files belong to the account {name}, which can be logged in to ({shell}): whoever does so goes round the hook"
            )),
            None => Some(format!(
                "the files belong to the account number {owner}, and this machine does not say who can log in to it"
            )),
        }
    }

    /// The name and the shell of an account, as this machine's own file says.
    fn account(id: u32) -> Option<(String, String)> {
        let rows = rows("/etc/passwd");
        let row = rows.iter().find(|row| number(row, 2) == Some(id))?;
        Some((row[0].clone(), row.last().cloned().unwrap_or_default()))
    }

    /// Who else than root and the owner belongs to a group, as far as this machine's own
    /// files say.
    fn others_of_group(group: u32, owner: u32) -> Option<String> {
        let (accounts, groups) = (rows("/etc/passwd"), rows("/etc/group"));
        let Some(row) = groups.iter().find(|r| number(r, 2) == Some(group)) else {
            return Some(format!("the group number {group}"));
        };
        let trusted = |id: Option<u32>| id == Some(ROOT) || id == Some(owner);
        let names: Vec<&str> = accounts
            .iter()
            .filter(|r| trusted(number(r, 2)))
            .map(|r| r[0].as_str())
            .collect();
        let listed = row.get(3).map_or("", String::as_str);
        let mut members = listed
            .split(',')
            .filter(|m| !m.is_empty() && !names.contains(m));
        let primary = |r: &&Vec<String>| number(r, 3) == Some(group) && !trusted(number(r, 2));
        let other = members
            .next()
            .or_else(|| accounts.iter().find(primary).map(|r| r[0].as_str()))?;
        Some(format!("the group {}, which {other} is of,", row[0]))
    }

    /// The fields of a file such as passwd(5).
    fn rows(file: &str) -> Vec<Vec<String>> {
        std::fs::read_to_string(file)
            .unwrap_or_default()
            .lines()
            .map(|l| l.split(':').map(str::to_owned).collect())
            .collect()
    }

    fn number(row: &[String], at: usize) -> Option<u32> {
        row.get(at).and_then(|f| f.parse().ok())
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
            let folders = [
                "hooks",
                "refs/heads/deep/deeper",
                "objects/pack",
                "objects/00",
                "aidf/activity",
            ];
            for folder in folders {
                std::fs::create_dir_all(git_dir.join(folder)).unwrap();
            }
            for folder in [&bin, &keys] {
                std::fs::create_dir_all(folder).unwrap();
            }
            let (program, key) = (bin.join("aidf"), keys.join("keys.json"));
            let files = [
                "HEAD",
                "config",
                "packed-refs",
                "hooks/pre-receive",
                "objects/info",
            ];
            for file in files
                .map(|f| git_dir.join(f))
                .iter()
                .chain([&program, &key])
            {
                std::fs::write(file, "").unwrap();
            }
            let hooks = git_dir.join("hooks");
            let owner = git_dir.metadata().unwrap().uid();
            let found = || {
                let trusted = Trusted {
                    git_dir: &git_dir,
                    hooks: &hooks,
                    program: Some(&program),
                    key: Some(&key),
                };
                let walk = Walk {
                    owner,
                    seen: BTreeSet::new(),
                };
                walk.files(&trusted)
            };
            assert_eq!(found(), Ok(()));
            let places = [
                git_dir.clone(),
                git_dir.join("HEAD"),
                git_dir.join("config"),
                git_dir.join("packed-refs"),
                git_dir.join("refs"),
                git_dir.join("refs/heads/deep/deeper"),
                git_dir.join("objects"),
                git_dir.join("objects/pack"),
                git_dir.join("objects/00"),
                git_dir.join("aidf/activity"),
                hooks.clone(),
                hooks.join("pre-receive"),
                program.clone(),
                bin.clone(),
                top.join("opt"),
                key.clone(),
                keys.clone(),
                top.clone(),
            ];
            for place in places {
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
            // A folder such as /tmp lets nobody touch what is another's.
            mode(&top, 0o1777);
            assert_eq!(found(), Ok(()));
        }
    }
}

/// Elsewhere it cannot be told who works as the owner.
#[cfg(not(unix))]
pub(super) fn way_round(_trusted: &Trusted<'_>) -> Option<String> {
    Some("it cannot be told on this platform who works as the owner of the files".to_owned())
}
