//! Who may use the files of a repository that several accounts share, as git's setting
//! `core.sharedRepository` says (git-config(1)).

use std::fs::File;
use std::io;
use std::path::Path;

/// The least modes of shared files; none where they are their owner's alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sharing(Option<u32>);

impl Sharing {
    /// What the setting says. A value that git does not know shares nothing.
    pub fn of(setting: Option<&str>) -> Sharing {
        let setting = setting.unwrap_or_default().to_ascii_lowercase();
        Sharing(match setting.as_str() {
            "group" | "true" | "yes" | "on" | "1" => Some(0o660),
            "all" | "world" | "everybody" | "2" => Some(0o664),
            octal if octal.starts_with('0') && octal.len() > 1 => {
                u32::from_str_radix(octal, 8).ok().map(|mode| mode & 0o666)
            }
            _ => None,
        })
    }

    /// Makes a folder and those above it, and shares it.
    ///
    /// Errors: those of making them.
    pub fn folder(self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)?;
        #[cfg(unix)]
        if let Some(mode) = self.0 {
            // Whoever may read a folder's names may use them; new files get its group.
            let search = (mode & 0o444) >> 2;
            widen(path, &path.metadata()?, 0o2000 | mode | search);
        }
        Ok(())
    }

    /// Shares an open file.
    pub fn file(self, path: &Path, file: &File) {
        #[cfg(unix)]
        if let (Some(mode), Ok(meta)) = (self.0, file.metadata()) {
            widen(path, &meta, mode);
        }
        #[cfg(not(unix))]
        let _ = (path, file, self.0);
    }

    /// Shares a file that may be there already, as an older program or other settings left it.
    pub fn existing(self, path: &Path) {
        #[cfg(unix)]
        if let (Some(mode), Ok(meta)) = (self.0, path.symlink_metadata())
            && meta.is_file()
        {
            widen(path, &meta, mode);
        }
        #[cfg(not(unix))]
        let _ = (path, self.0);
    }
}

/// Adds rights. What belongs to another account, only that one can share.
#[cfg(unix)]
fn widen(path: &Path, meta: &std::fs::Metadata, rights: u32) {
    use std::os::unix::fs::PermissionsExt;
    let mode = meta.permissions().mode() & 0o7777;
    if mode | rights != mode {
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode | rights));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_git_share_with_the_group_or_with_all() {
        for (setting, mode) in [
            ("group", Some(0o660)),
            ("True", Some(0o660)),
            ("1", Some(0o660)),
            ("all", Some(0o664)),
            ("world", Some(0o664)),
            ("2", Some(0o664)),
            ("0640", Some(0o640)),
            ("0777", Some(0o666)),
            ("umask", None),
            ("false", None),
            ("0", None),
            ("08", None),
            ("", None),
        ] {
            assert_eq!(Sharing::of(Some(setting)), Sharing(mode), "{setting}");
        }
        assert_eq!(Sharing::of(None), Sharing(None));
    }
}
