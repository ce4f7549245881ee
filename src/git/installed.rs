//! What is installed on this machine.

use super::children::{self, Child, Programs, Terminal};
use crate::error::{Error, Kind, OrFail, Result};

/// The oldest git that does all that aidf asks of it, as major and minor number: with an
/// older one, files that the attributes convert cannot be committed.
pub const OLDEST_GIT: (u32, u32) = (2, 41);

/// The version of git, such as `2.47.3`, as it tells it itself.
///
/// Errors: not_found, where it cannot be started; unavailable, where it does not answer;
/// internal, for an answer that is none.
pub fn git_version(programs: &Programs) -> Result<String> {
    let mut command = children::command("git", Child::Server, &programs.environment);
    command.arg("--version");
    let out = children::run(&mut command, Vec::new(), programs.timeout, Terminal::None)
        .or_fail(Kind::NotFound, || {
            "`git` cannot be started from PATH".to_owned()
        })?
        .ok_or_else(|| Error::no_answer("`git --version`", programs.timeout.as_secs()))?;
    let said = String::from_utf8_lossy(&out.stdout);
    let version = said.trim().strip_prefix("git version ").map(str::trim);
    version
        .filter(|v| !v.is_empty() && v.len() < 100)
        .map(str::to_owned)
        .ok_or_else(|| Error::new(Kind::Internal, "`git --version` tells no version"))
}

/// The major and minor number of a version; none for what is no version.
pub fn numbers_of(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(|c: char| !c.is_ascii_digit());
    let mut number = || parts.next()?.parse().ok();
    Some((number()?, number()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_by_its_first_two_numbers() {
        for (version, numbers) in [
            ("2.47.3", Some((2, 47))),
            ("2.39.5 (Apple Git-154)", Some((2, 39))),
            ("2.45.1.windows.1", Some((2, 45))),
            ("3.0-rc1", Some((3, 0))),
            ("2.9.5", Some((2, 9))),
            ("2", None),
            ("next", None),
            ("", None),
        ] {
            assert_eq!(numbers_of(version), numbers, "{version}");
        }
        assert!(Some((2, 9)) < Some(OLDEST_GIT) && Some((3, 0)) > Some(OLDEST_GIT));
    }
}
