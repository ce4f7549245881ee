//! The file of the hook on a server, and which accounts own it and the files around it.

use crate::clock::Moment;
use crate::error::{Error, Kind, Result};
use std::path::{Path, PathBuf};

/// The second line of our hook.
pub(super) const MARK: &str =
    "# Installed by `aidf protect apply`; `aidf protect remove` takes it away.";
/// The name of a hook of this kind.
const NAME: &str = "pre-receive";
/// The folder of the hook that was there before ours, in the folder of the hooks.
const SIDE: &str = "before-aidf";
/// That hook. It keeps its own name, by which some hooks find what they run. Our hook runs it.
const BEFORE: &str = "before-aidf/pre-receive";
/// Where earlier versions of aidf kept it. Our hook still runs it from there. A hook that goes up
/// from its own folder is kept there too. Otherwise it is a link to [`BEFORE`], for an earlier
/// version that is applied again.
const BEFORE_OLD: &str = "pre-receive.before-aidf";

/// Where a hook with this text is kept, in the folder of the hooks.
pub(super) fn place_for(hook: &str) -> &'static str {
    let finds_itself = ["$0", "${0", "BASH_SOURCE", "__file__", "FindBin"];
    let goes_up = hook.replace("...", "").contains("..");
    match goes_up && finds_itself.iter().any(|word| hook.contains(word)) {
        true => BEFORE_OLD,
        false => BEFORE,
    }
}

/// Why a hook with this text may do something else where it is kept.
pub(super) fn is_named_and_placed(hook: &str) -> Option<String> {
    let by_name = ["basename", "$0.", "${0##", ".name"];
    let goes_by_it = by_name.iter().any(|word| hook.contains(word));
    (place_for(hook) == BEFORE_OLD && goes_by_it).then(|| {
        format!(
            "the present pre-receive hook seems to go by its own name and by the folder above its own: it runs as {BEFORE_OLD} then, so see that it still finds what it runs"
        )
    })
}

/// The hook that was there before ours, if one is kept in this folder of hooks.
pub(super) fn kept_in(hooks: &Path) -> Option<PathBuf> {
    let mut places = [BEFORE, BEFORE_OLD]
        .map(|name| hooks.join(name))
        .into_iter();
    places.find(|p| p.symlink_metadata().is_ok() && !is_our_link(p))
}

/// Whether this is the link that we leave for earlier versions.
fn is_our_link(path: &Path) -> bool {
    path.ends_with(BEFORE_OLD) && std::fs::read_link(path).is_ok_and(|to| to == Path::new(BEFORE))
}

/// Keeps the present hook in the place that was chosen for it, and leaves it where it is. A
/// second time it does nothing.
///
/// Errors: those of the system.
pub(super) fn keep(hooks: &Path, place: &str) -> std::io::Result<()> {
    let (hook, side) = (hooks.join(NAME), hooks.join(SIDE));
    let is_beside = place == BEFORE_OLD;
    let before = kept_in(hooks);
    if before.as_ref().is_some_and(|p| p.ends_with(BEFORE_OLD)) {
        return Ok(());
    }
    if !is_beside {
        std::fs::create_dir_all(&side)?;
        for entry in std::fs::read_dir(hooks)? {
            let name = entry?.file_name();
            let text = name.to_string_lossy();
            let is_other = ![NAME, SIDE, BEFORE_OLD].contains(&&*text);
            // Our own files have such a name for a moment.
            let is_passing = text.ends_with(".sample") || text.starts_with(".tmp");
            if is_other && !is_passing {
                // A hook looks beside itself for what it needs, such as `pre-receive.d`.
                link(&Path::new("..").join(&name), &side.join(&name))?;
            }
        }
        link(Path::new(BEFORE), &hooks.join(BEFORE_OLD))?;
    }
    if before.is_some() {
        return Ok(());
    }
    let kept = hooks.join(place);
    #[cfg(unix)]
    if let Ok(target) = std::fs::read_link(&hook)
        && target.is_relative()
    {
        let above = Path::new(if is_beside { "" } else { ".." });
        return link(&above.join(target), &kept);
    }
    if is_beside && is_our_link(&kept) {
        std::fs::remove_file(&kept)?;
    }
    // A hard link leaves no moment without a hook.
    std::fs::hard_link(&hook, kept)
}

/// Where the hook that is kept leads to from the place of ours, if it is a relative link.
fn leads_to(hooks: &Path, kept: &Path) -> Option<PathBuf> {
    let target = std::fs::read_link(kept).ok()?;
    let target = target.strip_prefix("..").ok()?;
    kept.starts_with(hooks.join(SIDE))
        .then(|| target.to_owned())
}

/// The command that puts the hook back that is kept, in place of ours. None if none is.
pub(super) fn put_back_by_hand(hooks: &Path) -> Option<String> {
    let (hook, kept) = (hooks.join(NAME), kept_in(hooks)?);
    let (hook, from) = (hook.display(), kept.display());
    Some(match leads_to(hooks, &kept) {
        Some(target) => format!("ln -sfn {} {hook} && rm {from}", target.display()),
        None => format!("mv {from} {hook}"),
    })
}

/// Puts the hook back that is kept, in place of ours. False if none is.
///
/// Errors: those of the system.
pub(super) fn put_back(hooks: &Path) -> std::io::Result<bool> {
    let (hook, side) = (hooks.join(NAME), hooks.join(SIDE));
    let Some(kept) = kept_in(hooks) else {
        return Ok(false);
    };
    if let Some(target) = leads_to(hooks, &kept) {
        std::fs::remove_file(&kept)?;
        link(&target, &kept)?;
    }
    std::fs::rename(&kept, &hook)?;
    // Only our own links are removed; a folder with anything else stays.
    let old = hooks.join(BEFORE_OLD);
    if is_our_link(&old) {
        std::fs::remove_file(&old)?;
    }
    for entry in std::fs::read_dir(&side).into_iter().flatten().flatten() {
        let ours = Path::new("..").join(entry.file_name());
        if std::fs::read_link(entry.path()).is_ok_and(|target| target == ours) {
            std::fs::remove_file(entry.path())?;
        }
    }
    let _ = std::fs::remove_dir(&side);
    Ok(true)
}

/// Makes a link, unless something of its name is there.
#[cfg(unix)]
fn link(target: &Path, name: &Path) -> std::io::Result<()> {
    match std::os::unix::fs::symlink(target, name) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

/// On other platforms links need rights that accounts seldom have.
#[cfg(not(unix))]
fn link(_target: &Path, _name: &Path) -> std::io::Result<()> {
    Ok(())
}

/// The text of our hook: it decides first, and then runs the hook that was there before.
///
/// Errors: usage, for a program whose path cannot be written into a script.
pub(super) fn script(program: &Path) -> Result<String> {
    let program = program
        .to_str()
        .filter(|p| !p.contains(['\n', '\r']))
        .ok_or_else(|| {
            Error::new(
                Kind::Usage,
                "the path of this program cannot be written into a hook",
            )
            .hint("install aidf under a plain path, such as /usr/local/bin/aidf")
        })?;
    let [newest, _older] = versions(&quoted(program));
    Ok(newest)
}

/// A path as a word of a script, without the quotes around it.
fn quoted(path: &str) -> String {
    path.replace('\'', "'\\''")
}

/// What each version of aidf writes for a program, the newest first.
fn versions(quoted: &str) -> [String; 2] {
    let newest = format!(
        "#!/bin/sh\n{MARK}\n\
         refs=$(cat) || exit 1\n\
         printf '%s\\n' \"$refs\" | '{quoted}' hook pre-receive || exit 1\n\
         before=$(dirname \"$0\")/{BEFORE}\n\
         [ -x \"$before\" ] || before=$(dirname \"$0\")/{BEFORE_OLD}\n\
         if [ -x \"$before\" ]; then\n\
         \x20 printf '%s\\n' \"$refs\" | \"$before\" \"$@\" || exit 1\n\
         fi\n\
         exit 0\n"
    );
    let older = format!(
        "#!/bin/sh\n{MARK}\n\
         refs=$(cat) || exit 1\n\
         printf '%s\\n' \"$refs\" | '{quoted}' hook pre-receive || exit 1\n\
         before=$(dirname \"$0\")/{BEFORE_OLD}\n\
         if [ -x \"$before\" ]; then\n\
         \x20 printf '%s\\n' \"$refs\" | \"$before\" \"$@\" || exit 1\n\
         fi\n\
         exit 0\n"
    );
    [newest, older]
}

/// The program that a script of ours runs, as it stands in the script.
fn program_in(script: &str) -> Option<&str> {
    let line = script
        .lines()
        .find(|l| l.ends_with("hook pre-receive || exit 1"))?;
    Some(line.split_once("| '")?.1.rsplit_once("' hook")?.0)
}

/// The program that an installed hook runs, if that program still exists.
pub(super) fn program_of(script: Option<&str>) -> Option<PathBuf> {
    let program = PathBuf::from(program_in(script?)?.replace("'\\''", "'"));
    program.is_file().then_some(program)
}

/// Whether a script is as some version of aidf writes it, and nobody edited it.
pub(super) fn is_as_written(script: &str) -> bool {
    program_in(script).is_some_and(|program| versions(program).iter().any(|v| v == script))
}

/// The name under which a script of ours is kept that somebody edited.
pub(super) fn edited(now: Moment) -> String {
    format!("{NAME}.edited-{}", now.compact())
}

#[cfg(unix)]
pub(super) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|m| m.permissions().mode() & 0o111 != 0)
}

/// On other platforms git runs a hook by its first line.
#[cfg(not(unix))]
pub(super) fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Writes a program file atomically: it appears whole or not at all.
pub(super) fn write_program(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o755))?;
    }
    file.persist(path)?;
    Ok(())
}

/// Whether the files belong to the account that runs this.
#[cfg(unix)]
pub(super) fn is_own(git_dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let us = rustix::process::geteuid().as_raw();
    git_dir.metadata().is_ok_and(|m| m.uid() == us)
}

/// The account that owns the repository. The hook is expected to run as that account.
#[cfg(unix)]
pub(super) fn owner_of(git_dir: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    git_dir.metadata().ok().map(|m| m.uid())
}

#[cfg(not(unix))]
pub(super) fn owner_of(_git_dir: &Path) -> Option<u32> {
    None
}

/// On other platforms accounts are not told apart.
#[cfg(not(unix))]
pub(super) fn is_own(_git_dir: &Path) -> bool {
    true
}

/// Whether a private file can be read by the account that owns the repository.
#[cfg(unix)]
pub(super) fn is_readable_there(file: &Path, git_dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), git_dir.metadata()) {
        (Ok(file), Ok(repository)) => repository.uid() == 0 || file.uid() == repository.uid(),
        // A missing file is reported by the code that loads it.
        _ => true,
    }
}

/// On other platforms accounts are not told apart.
#[cfg(not(unix))]
pub(super) fn is_readable_there(_file: &Path, _git_dir: &Path) -> bool {
    true
}
