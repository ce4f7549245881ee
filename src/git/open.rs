//! Finds a clone as git does, and looks whose it is before anything of it is believed.

use super::children::Programs;
use super::config;
use crate::environment::Environment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::files::real;
use crate::words::shell_word;
use git2::{ErrorClass, ErrorCode, Repository, RepositoryOpenFlags};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The clone that `GIT_DIR` names, or else the one that holds `dir`; its working tree is the
/// one that `GIT_WORK_TREE` names, if it is set. As in git, both are relative to `dir`.
///
/// Errors: not_found; denied, for one of another account or with a working tree elsewhere.
pub(super) fn clone_at(dir: &Path, programs: &Programs) -> Result<Repository> {
    let named = |name: &str| {
        let value = programs.environment.os(name).filter(|v| !v.is_empty());
        value.map(|path| dir.join(path))
    };
    let git_dir = named("GIT_DIR");
    let opened = match &git_dir {
        Some(path) => without_search(path),
        None => Repository::discover(dir),
    };
    let repo = opened.map_err(|e| not_there(dir, git_dir.as_deref(), e))?;
    check_owner(&repo, programs)?;
    let set = |tree: &Path, why: &str| {
        let failed = || format!("{} cannot be the working tree{why}", tree.display());
        repo.set_workdir(tree, false).or_fail(Kind::Usage, failed)
    };
    let holder = holder_of(repo.path(), dir);
    match named("GIT_WORK_TREE") {
        Some(tree) => set(&tree, " that GIT_WORK_TREE names")?,
        None if repo.is_bare() => {}
        None => {
            check_working_tree(&repo, holder.as_deref(), git_dir.is_some())?;
            if git_dir.is_some() {
                set(holder.as_deref().unwrap_or(dir), "")?;
            }
        }
    }
    Ok(repo)
}

/// The repository at `path` itself.
pub(super) fn without_search(path: &Path) -> std::result::Result<Repository, git2::Error> {
    let flags = RepositoryOpenFlags::NO_SEARCH;
    Repository::open_ext(path, flags, &[] as &[&OsStr])
}

fn not_there(dir: &Path, git_dir: Option<&Path>, error: git2::Error) -> Error {
    if error.code() == ErrorCode::Owner {
        return untrusted(git_dir.unwrap_or(dir)).caused_by(error);
    }
    let missing = match git_dir {
        Some(path) => Error::new(
            Kind::NotFound,
            format!(
                "no git repository at {}, which GIT_DIR names",
                path.display()
            ),
        )
        .hint("unset GIT_DIR, or have it name the clone"),
        None => Error::new(
            Kind::NotFound,
            format!("no git repository at {}", dir.display()),
        )
        .hint("run this in a clone, or name a clone with -C DIR or a remote with -R URL"),
    };
    match (error.code(), error.class()) {
        (ErrorCode::NotFound, _) => missing,
        (_, ErrorClass::Config) => config::unreadable().caused_by(error),
        _ => missing.caused_by(error),
    }
}

/// A repository of another account, which nobody called safe.
pub(super) fn untrusted(path: &Path) -> Error {
    let path = path.display();
    Error::new(
        Kind::Denied,
        format!("the repository at {path} belongs to another account, and git does not trust it"),
    )
    .hint(format!(
        "its settings and hooks could run programs as you; if you trust it: git config --global --add safe.directory {}",
        shell_word(&path.to_string())
    ))
}

/// The folder with the `.git` that leads from `dir` to the repository at `git_dir`.
fn holder_of(git_dir: &Path, dir: &Path) -> Option<PathBuf> {
    let git_dir = real(git_dir);
    for folder in real(dir).ancestors() {
        if *folder == *git_dir {
            let is_dot_git = folder.file_name().is_some_and(|name| name == ".git");
            return folder.parent().filter(|_| is_dot_git).map(Path::to_owned);
        }
        let link = folder.join(".git");
        if link.symlink_metadata().is_ok() {
            let text = std::fs::read_to_string(&link).unwrap_or_default();
            let leads = match text.strip_prefix("gitdir:") {
                Some(path) => folder.join(path.trim()),
                None => link,
            };
            return (real(&leads) == git_dir).then(|| folder.to_owned());
        }
    }
    None
}

/// Refuses a clone whose own configuration makes another folder its working tree than the
/// one that holds it: a stranger's clone would have us publish files of ours from there.
///
/// Errors: denied.
fn check_working_tree(repo: &Repository, holder: Option<&Path>, by_name: bool) -> Result<()> {
    // Where GIT_DIR names the clone, what libgit2 takes for its working tree is not used.
    let says_so = repo
        .config()
        .is_ok_and(|c| c.get_entry("core.worktree").is_ok());
    let tree = repo.workdir().filter(|_| says_so || !by_name);
    let Some(tree) = tree.filter(|tree| holder != Some(&*real(tree))) else {
        return Ok(());
    };
    let clone = holder.unwrap_or(repo.path());
    Err(Error::new(
        Kind::Denied,
        format!(
            "the clone at {} uses {} as its working tree, because its own configuration says so (core.worktree)",
            clone.display(),
            tree.display()
        ),
    )
    .hint("if you did not set that: `git config --unset core.worktree`; if it is right, name that folder with GIT_WORK_TREE; to write without a clone: -R URL"))
}

/// Leaves it to [`check_owner`] to look whose a repository is.
#[cfg(unix)]
#[expect(unsafe_code, reason = "libgit2 keeps the setting in a static variable")]
pub(super) fn judge_owners() {
    // SAFETY: it is written before this crate opens the first repository.
    let done = unsafe { git2::opts::set_verify_owner_validation(false) };
    // Otherwise libgit2 refuses some that git would not.
    drop(done);
}

/// Refuses a repository of another account, unless git's configuration calls it safe.
///
/// Errors: denied; those of reading the configuration.
#[cfg(unix)]
pub(super) fn check_owner(repo: &Repository, programs: &Programs) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let environment = &programs.environment;
    let us = rustix::process::geteuid().as_raw();
    // As git has it, root is also whoever became root by sudo.
    let before = environment.text("SUDO_UID").filter(|_| us == 0);
    let before: Option<u32> = before.and_then(|uid| uid.parse().ok());
    let is_own = |path: &Path| {
        let owner = path.symlink_metadata().map(|meta| meta.uid());
        owner.map_or(true, |owner| owner == us || Some(owner) == before)
    };
    let tree = repo.workdir();
    let link = tree.map(|tree| tree.join(".git"));
    let mut all = [tree, link.as_deref(), Some(repo.path())]
        .into_iter()
        .flatten();
    if all.all(is_own) {
        return Ok(());
    }
    let place = real(tree.unwrap_or(repo.path()));
    let user = config::of_user(environment, programs.timeout)?;
    match is_called_safe(&user.all("safe.directory"), &place, environment) {
        true => Ok(()),
        false => Err(untrusted(&place)),
    }
}

/// Elsewhere libgit2 looks for itself.
#[cfg(not(unix))]
pub(super) fn check_owner(_repo: &Repository, _programs: &Programs) -> Result<()> {
    Ok(())
}

/// Whether the values of `safe.directory` name a folder (git-config(1)): the last that has a
/// say decides, and an empty one takes back those before it.
#[cfg(unix)]
fn is_called_safe(values: &[&str], place: &Path, environment: &Environment) -> bool {
    let mut safe = false;
    for value in values {
        let path = match (value.strip_prefix("~/"), environment.os("HOME")) {
            (Some(rest), Some(home)) => Path::new(home).join(rest),
            _ => PathBuf::from(value.strip_prefix("%(prefix)/").unwrap_or(value)),
        };
        safe = match (*value, path.file_name()) {
            ("", _) => false,
            ("*", _) => true,
            (_, Some(name)) if name == "*" => {
                let folder = real(path.parent().unwrap_or(&path));
                safe || (place.starts_with(&folder) && place != folder)
            }
            _ => safe || (path.is_absolute() && real(&path) == place),
        };
    }
    safe
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_safe_by_its_path_by_that_of_a_folder_above_and_by_a_star() {
        let environment = Environment::from_iter([("HOME", "/home/pat")]);
        let is =
            |values: &[&str], place: &str| is_called_safe(values, Path::new(place), &environment);
        let place = "/home/pat/x/y";
        for values in [
            &["*"][..],
            &["", "*"],
            &[place],
            &["/home/pat/x/y/"],
            &["/elsewhere", "~/x/y", "/elsewhere"],
            &["/home/pat/*"],
            &["~/x/*"],
        ] {
            assert!(is(values, place), "{values:?}");
        }
        for values in [
            &[][..],
            &["*", ""],
            &[place, ""],
            &["/home/pat/x"],
            &["/home/pat/x/y/z"],
            &["/home/pat/x/y/*"],
            &["x/y"],
            &["."],
            &["/home/pat/x/y*"],
            &["/home/*/x/y"],
        ] {
            assert!(!is(values, place), "{values:?}");
        }
    }

    #[test]
    fn the_folder_that_holds_a_clone_is_found_by_what_leads_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let path = |name: &str| root.join(name);
        for dir in [
            "a/.git/hooks",
            "a/sub",
            "linked/sub",
            "bare.git",
            "a/bare.git",
        ] {
            std::fs::create_dir_all(path(dir)).unwrap();
        }
        std::fs::write(path("linked/.git"), "gitdir: ../a/.git\n").unwrap();
        let holder = |git_dir: &str, dir: &str| holder_of(&path(git_dir), &path(dir));
        for dir in ["a", "a/sub", "a/.git", "a/.git/hooks"] {
            assert_eq!(holder("a/.git", dir), Some(path("a")), "{dir}");
        }
        assert_eq!(holder("a/.git", "linked/sub"), Some(path("linked")));
        // Another clone's folder, none at all, and a repository inside a clone.
        assert_eq!(holder("bare.git", "a/sub"), None);
        assert_eq!(holder("a/.git", "bare.git"), None);
        assert_eq!(holder("bare.git", "bare.git"), None);
        assert_eq!(holder("a/bare.git", "a/bare.git"), None);
    }
}
