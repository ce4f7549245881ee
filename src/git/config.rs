//! Reads git's configuration, as git itself reads it.
//!
//! git is asked for it (`git config --list --show-scope`) once for each call, except where
//! libgit2 reads the very same: then nobody waits for a program to start. That is a choice of
//! speed alone: asking git makes a commit of 28 ms one of 31 (by path, 1,000 files, the best of
//! 150 each), and most calls need not. What can make a difference is known, and where one of
//! these holds, git is asked:
//! - the environment names files, or holds settings itself (`GIT_CONFIG_GLOBAL`,
//!   `GIT_CONFIG_COUNT` and others);
//! - a file includes another one: libgit2 does not know all conditions, and follows links
//!   otherwise than git;
//! - the files of the caller's HOME are not those of this process, which libgit2 takes;
//! - the system's file of this git is not the one that libgit2 reads;
//! - an entry is not text, or libgit2 cannot read a file.
//!
//! Without git on this machine, libgit2's reading is all that there is.

use super::children::{self, Child, Terminal, last_line};
use super::on_path::program;
use super::plumbing::Plumbing;
use super::settings::{GitSettings, Setting};
use crate::environment::Environment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::temporary;
use git2::{Config, ConfigEntry, ConfigLevel, Repository};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The configuration of a repository, together with the user's and the system's.
///
/// Errors: usage, where git cannot read it; unavailable, where it does not answer.
pub(super) fn of_repository(repo: &Repository, plumbing: &Plumbing) -> Result<GitSettings> {
    let (environment, within) = (&plumbing.programs.environment, plumbing.programs.timeout);
    read(repo.config(), environment, || {
        ask(plumbing.command(), environment, within)
    })
}

/// The same, by git in any case.
///
/// Errors: as those of [`of_repository`].
pub(super) fn by_git(plumbing: &Plumbing) -> Result<GitSettings> {
    let programs = &plumbing.programs;
    ask(plumbing.command(), &programs.environment, programs.timeout)
}

/// The user's and the system's configuration, with no repository.
///
/// Errors: as those of [`of_repository`].
pub(super) fn of_user(environment: &Environment, within: Duration) -> Result<GitSettings> {
    let all = read(Config::open_default(), environment, || {
        let git = children::outside("git", Child::Git, environment);
        ask(git, environment, within)
    })?;
    // The folder that git is started in may lie in a repository.
    let own = all.entries().iter().filter(|e| !e.from_repository);
    Ok(GitSettings::of(
        own.cloned().collect(),
        environment,
        all.are_by_git(),
    ))
}

fn read(
    config: std::result::Result<Config, git2::Error>,
    environment: &Environment,
    ask: impl FnOnce() -> Result<GitSettings>,
) -> Result<GitSettings> {
    let taken = config.and_then(|config| taken(&config, environment));
    let git = program("git", environment);
    match (taken, git) {
        (Ok(taken), Some(git)) if taken.is_all && reads_the_same(&git, environment, files()) => {
            Ok(GitSettings::of(taken.entries, environment, false))
        }
        (_, Some(_)) => ask(),
        (Ok(taken), None) => Ok(GitSettings::of(taken.entries, environment, false)),
        (Err(e), None) => Err(unreadable().caused_by(e)),
    }
}

/// What libgit2 reads.
struct Taken {
    entries: Vec<Setting>,
    /// Whether nothing was left out or included.
    is_all: bool,
}

fn taken(config: &Config, environment: &Environment) -> std::result::Result<Taken, git2::Error> {
    let without_system = is_without_system(environment);
    let (mut entries, mut is_all) = (Vec::new(), true);
    let mut found = config.entries(None)?;
    while let Some(entry) = found.next() {
        let entry = entry?;
        let of_system = matches!(
            entry.level(),
            ConfigLevel::System | ConfigLevel::ProgramData
        );
        if of_system && without_system {
            continue;
        }
        match (entry.name(), value_of(entry)) {
            (Ok(name), Some(value)) => {
                is_all &= !includes(name);
                entries.push(Setting {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    from_repository: !matches!(
                        entry.level(),
                        ConfigLevel::System
                            | ConfigLevel::ProgramData
                            | ConfigLevel::XDG
                            | ConfigLevel::Global
                    ),
                });
            }
            _ => is_all = false,
        }
    }
    Ok(Taken { entries, is_all })
}

/// Says whether the system's file is left out (git(1)).
const NO_SYSTEM: &str = "GIT_CONFIG_NOSYSTEM";

fn is_without_system(environment: &Environment) -> bool {
    let said = environment.text(NO_SYSTEM);
    said.is_some_and(|value| Config::parse_bool(value).unwrap_or(true))
}

/// Whether an entry has git read another file, be it under a condition.
fn includes(name: &str) -> bool {
    name.starts_with("include.") || name.starts_with("includeif.")
}

/// The value of an entry. A name alone is a true to git (git-config(1)), and libgit2's
/// binding does not survive being asked for its value; none where it is not UTF-8.
pub(super) fn value_of<'a>(entry: &'a ConfigEntry<'_>) -> Option<&'a str> {
    match entry.has_value() {
        true => entry.value().ok(),
        false => Some("true"),
    }
}

/// The system's file that libgit2 reads, and the two of the user.
fn files() -> [Option<PathBuf>; 3] {
    let found = [
        Config::find_system(),
        Config::find_global(),
        Config::find_xdg(),
    ];
    found.map(std::result::Result::ok)
}

/// The configuration of a repository's own file.
pub(super) fn own_config(repo: &Repository) -> std::result::Result<git2::Config, git2::Error> {
    repo.config()?.open_level(ConfigLevel::Local)
}

/// Every value of a setting of a repository's own file.
pub(super) fn own_values(
    repo: &Repository,
    name: &str,
) -> std::result::Result<Vec<String>, git2::Error> {
    let config = own_config(repo)?;
    // Nearly always there is none, and that is told at once.
    if let Err(e) = config.get_entry(name) {
        return match e.code() {
            git2::ErrorCode::NotFound => Ok(Vec::new()),
            _ => Err(e),
        };
    }
    let mut found = Vec::new();
    let mut entries = config.multivar(name, None)?;
    while let Some(entry) = entries.next() {
        found.extend(value_of(entry?).map(str::to_owned));
    }
    Ok(found)
}

/// Whether this git would read for the caller the very files that libgit2 reads, and nothing
/// else but what these include.
fn reads_the_same(git: &Path, environment: &Environment, files: [Option<PathBuf>; 3]) -> bool {
    let names_others = environment.iter().any(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("GIT_CONFIG") && name != NO_SYSTEM
    });
    let set = |name: &str| {
        environment
            .os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let home = set("HOME");
    let xdg = set("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let [system, global, of_xdg] = files;
    let same = |ours: Option<PathBuf>, theirs: Option<PathBuf>| {
        ours == theirs.filter(|file| file.exists())
    };
    cfg!(target_os = "linux")
        && !names_others
        && same(global, home.map(|h| h.join(".gitconfig")))
        && same(of_xdg, xdg.map(|x| x.join("git/config")))
        && (is_without_system(environment)
            || system_file(git).is_some_and(|file| same(system, Some(file))))
}

/// The system's file of a git that is installed as its makefile says; none where it may have
/// been moved.
fn system_file(git: &Path) -> Option<PathBuf> {
    let folder = git.parent()?.canonicalize().ok()?;
    let file = match folder.to_str()? {
        "/usr/bin" => "/etc/gitconfig",
        "/usr/local/bin" => "/usr/local/etc/gitconfig",
        _ => return None,
    };
    (!git.is_symlink()).then(|| file.into())
}

fn ask(mut git: Command, environment: &Environment, within: Duration) -> Result<GitSettings> {
    git.args(["config", "--null", "--show-scope", "--list"]);
    let out = children::run(&mut git, Vec::new(), within, Terminal::None)
        .or_fail(Kind::Unavailable, || "`git` could not be started")?
        .ok_or_else(|| Error::no_answer("`git config --list`", within.as_secs()))?;
    match out.status.success() {
        true => Ok(GitSettings::of(listed(&out.stdout), environment, true)),
        false => Err(unreadable().caused_by(anyhow::anyhow!(last_line(&out.stderr)))),
    }
}

pub(super) fn unreadable() -> Error {
    Error::new(Kind::Usage, "git's configuration cannot be read")
        .hint("see what git says: git config --list --show-origin")
}

/// The entries that `git config --null --show-scope --list` prints.
fn listed(said: &[u8]) -> Vec<Setting> {
    let mut parts = said.split(|b| *b == 0).map(String::from_utf8_lossy);
    let mut found = Vec::new();
    while let (Some(scope), Some(entry)) = (parts.next(), parts.next()) {
        let (name, value) = name_and_value(&entry);
        found.push(Setting {
            name,
            value,
            from_repository: !matches!(&*scope, "system" | "global" | "command"),
        });
    }
    found
}

/// An entry as `git config --null` lists it. A name alone is a true.
pub(super) fn name_and_value(entry: &str) -> (String, String) {
    let (name, value) = entry.split_once('\n').unwrap_or((entry, "true"));
    (name.to_owned(), value.to_owned())
}

/// These settings for libgit2, which then goes by them in all that it does itself, such as
/// telling what is ignored.
///
/// Errors: internal, for the disk.
pub(super) fn for_libgit2(settings: &GitSettings) -> Result<Config> {
    let failed = || "git's configuration cannot be handed on";
    let mut file = temporary::file("aidf-")?;
    let mut make = || -> anyhow::Result<Config> {
        file.write_all(as_file(settings.entries()).as_bytes())?;
        file.flush()?;
        // What is in memory then is all of it.
        Ok(Config::open(file.path())?.snapshot()?)
    };
    make().or_fail(Kind::Internal, failed)
}

/// Entries as a file of git's configuration (git-config(1), Syntax).
fn as_file(entries: &[Setting]) -> String {
    let mut text = String::new();
    for Setting { name, value, .. } in entries.iter().filter(|e| !includes(&e.name)) {
        let (Some((section, _)), Some((front, key))) =
            (name.split_once('.'), name.rsplit_once('.'))
        else {
            continue;
        };
        let heading = match front
            .strip_prefix(section)
            .and_then(|f| f.strip_prefix('.'))
        {
            Some(middle) => {
                let middle = middle.replace('\\', "\\\\").replace('"', "\\\"");
                format!("[{section} \"{middle}\"]")
            }
            None => format!("[{section}]"),
        };
        let mut quoted = String::new();
        for c in value.chars() {
            match c {
                '\\' => quoted.push_str("\\\\"),
                '"' => quoted.push_str("\\\""),
                '\n' => quoted.push_str("\\n"),
                '\t' => quoted.push_str("\\t"),
                '\u{8}' => quoted.push_str("\\b"),
                other => quoted.push(other),
            }
        }
        text.push_str(&format!("{heading}\n\t{key} = \"{quoted}\"\n"));
    }
    text
}

#[cfg(any(fuzzing, test))]
pub(super) fn of_file(path: &Path) -> std::result::Result<GitSettings, git2::Error> {
    let environment = Environment::default();
    let mut config = Config::new()?;
    config.add_file(path, ConfigLevel::Local, false)?;
    Ok(GitSettings::of(
        taken(&config, &environment)?.entries,
        &environment,
        false,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, value: &str, from_repository: bool) -> Setting {
        Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            from_repository,
        }
    }

    #[test]
    fn a_name_without_a_value_is_a_true_and_ends_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = "[url \"x\"]\n\tinsteadOf\n[http]\n\tsslVerify = false\n\tsslVerify\n";
        std::fs::write(&path, text).unwrap();
        let settings = of_file(&path).unwrap();
        assert_eq!(settings.rewrite("https://h/x", true), "https://h/x");
        assert_eq!(settings.all("http.sslverify"), ["false", "true"]);
    }

    #[test]
    fn libgit2_takes_a_file_as_git_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = "\u{feff}# a comment\n; another\n[User]\n  Name=Pat   # who\n\
            \temail = \"pat @x ; y\"  \n[core] autocrlf = input\n\
            [Remote \"Up Stream\"]\n\tURL = https://h/\\\n  x\\ty\n\tfetch = a:b\n\tfetch = \n\
            [remote \"a\\\"b\\\\c\"]\r\n\turl = one \"two  \" three\r\n\
            [http \"https://h/\"]\n\tsslVerify\n\textraHeader = X: 1\n\
            [Old.SubSection]\n\tkey = \\\"v\\\"\n[empty]\n[last]\n\tone=1";
        std::fs::write(&path, text).unwrap();
        let out = Command::new("git")
            .args(["config", "--null", "--list", "--file"])
            .arg(&path)
            .output();
        let out = out.unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        let said = out.stdout.split(|b| *b == 0).filter(|e| !e.is_empty());
        let theirs: Vec<(String, String)> = said
            .map(|e| name_and_value(&String::from_utf8_lossy(e)))
            .collect();
        let ours = of_file(&path).unwrap();
        let ours = ours.entries().iter();
        let ours: Vec<(String, String)> = ours.map(|e| (e.name.clone(), e.value.clone())).collect();
        assert_eq!(ours, theirs);
        assert_eq!(ours.len(), 11);
    }

    #[test]
    fn only_the_system_the_user_and_the_call_are_no_repository() {
        let said = b"system\0a.b\nc\0global\0a.b\nc=d\nsecond line\0local\0a.X.b\n\0worktree\0a.b\0command\0a.b\nc\0unknown\0a.b\nc\0";
        let found = listed(said);
        let expected = [
            entry("a.b", "c", false),
            entry("a.b", "c=d\nsecond line", false),
            entry("a.X.b", "", true),
            entry("a.b", "true", true),
            entry("a.b", "c", false),
            entry("a.b", "c", true),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn libgit2_reads_what_it_is_handed_and_follows_no_include_of_it() {
        let entries = vec![
            entry(
                "user.name",
                "A \"quoted\" \\ name\twith\nlines # ; and more ",
                false,
            ),
            entry("branch.a.b \"c\\.merge", "refs/heads/x", true),
            entry("http.https://h/.extraheader", "X: 1", true),
            entry("http.https://h/.extraheader", "X: 2", true),
            entry("include.path", "/etc/passwd", true),
            entry("includeif.gitdir:/.path", "/etc/passwd", true),
            entry("empty.value", "", false),
        ];
        let kept: Vec<Setting> = entries
            .iter()
            .filter(|e| !includes(&e.name))
            .cloned()
            .collect();
        let settings = GitSettings::of(entries, &Environment::default(), true);
        let config = for_libgit2(&settings).unwrap();
        let taken = taken(&config, &Environment::default()).unwrap();
        let bare = |entries: &[Setting]| -> Vec<(String, String)> {
            let pair = |e: &Setting| (e.name.clone(), e.value.clone());
            entries.iter().map(pair).collect()
        };
        assert_eq!(bare(&taken.entries), bare(&kept));
        assert!(taken.is_all);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn git_is_asked_where_it_would_read_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_owned();
        let file = home.join(".gitconfig");
        std::fs::write(&file, "").unwrap();
        let git = Path::new("/opt/bin/git");
        let files = [None, Some(file), None];
        let same = |environment: &Environment| reads_the_same(git, environment, files.clone());
        let plain = Environment::from_iter([("HOME", home.as_os_str())]);
        // Nobody knows the system's file of this one.
        assert!(!same(&plain));
        assert!(!same(&plain.with(NO_SYSTEM, "no")));
        let plain = plain.with(NO_SYSTEM, "1");
        assert!(same(&plain));
        assert!(!reads_the_same(git, &plain, [None, None, None]));
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_PARAMETERS", "'a.b=c'"),
            ("HOME", "/nowhere"),
            ("HOME", ""),
        ] {
            assert!(!same(&plain.with(name, value)), "{name}");
        }
        let other = home.join("git/config");
        std::fs::create_dir(home.join("git")).unwrap();
        std::fs::write(&other, "").unwrap();
        let both = plain.with("XDG_CONFIG_HOME", home.as_os_str());
        assert!(!same(&both));
        let read = [None, files[1].clone(), Some(other)];
        assert!(reads_the_same(git, &both, read));
        assert_eq!(
            system_file(Path::new("/usr/bin/sh-of-nobody")),
            Some("/etc/gitconfig".into())
        );
    }
}
