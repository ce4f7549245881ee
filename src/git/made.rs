//! Repositories of aidf's own: how they are made, and what a new one takes from its remote.

use super::id::ObjectFormat;
use crate::files::{UNFINISHED, lock_within, own_lock_file};
use git2::{Config, Repository, RepositoryInitOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Makes an empty bare repository.
pub(super) fn init_bare(path: &Path, format: ObjectFormat) -> Result<Repository, git2::Error> {
    let mut options = RepositoryInitOptions::new();
    options.bare(true);
    // Where it says the format that goes without saying, an old git refuses it.
    if format != ObjectFormat::Sha1 {
        options.object_format(format.raw());
    }
    Repository::init_opts(path, &options)
}

/// Makes, unless it is there, the bare repository beside another that sees its objects.
pub(super) fn make_past(common: &Path) -> anyhow::Result<PathBuf> {
    let place = past_of(common);
    if place.join("HEAD").exists() {
        return Ok(place);
    }
    let folder = common.join("aidf");
    std::fs::create_dir_all(&folder)?;
    let made = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(&folder)?;
    let format = ObjectFormat::of(&Repository::open(common)?);
    init_bare(made.path(), format)?;
    std::fs::create_dir_all(made.path().join("objects/info"))?;
    // Relative to its own objects: a clone may be moved.
    std::fs::write(
        made.path().join("objects/info/alternates"),
        "../../../objects\n",
    )?;
    let kept = made.keep();
    match std::fs::rename(&kept, &place) {
        // Somebody else was quicker.
        Err(_) if place.join("HEAD").exists() => std::fs::remove_dir_all(&kept)?,
        done => done?,
    }
    Ok(place)
}

fn past_of(common: &Path) -> PathBuf {
    common.join("aidf").join("past.git")
}

/// How long somebody else may take to change a repository's format.
const CHANGING: Duration = Duration::from_secs(10);

/// Has an empty bare repository name its objects by this format from now on; false for one that
/// is not empty.
pub(super) fn change_format(path: &Path, format: ObjectFormat) -> anyhow::Result<bool> {
    const VERSION: &str = "core.repositoryformatversion";
    const FORMAT: &str = "extensions.objectformat";
    let now = |path: &Path| Repository::open(path).map(|repo| ObjectFormat::of(&repo));
    // Several may be the first at the same moment, and nobody waits for git's own lock.
    let lock = own_lock_file(&path.join("aidf").join("format.lock"))?;
    if !lock_within(&lock, CHANGING)? {
        anyhow::bail!("somebody has been changing it for {} s", CHANGING.as_secs());
    }
    if now(path)? != format {
        if !is_empty(path)? {
            return Ok(false);
        }
        let mut config = Config::open(&path.join("config"))?;
        match format {
            ObjectFormat::Sha1 => config.remove(FORMAT)?,
            // In this order: git refuses an extension in a repository of version 0.
            ObjectFormat::Sha256 => {
                config.set_i32(VERSION, 1)?;
                config.set_str(FORMAT, format.name())?;
            }
        }
    }
    let past = past_of(path);
    if past.join("HEAD").exists() && now(&past)? != format {
        std::fs::remove_dir_all(&past)?;
        make_past(path)?;
    }
    Ok(true)
}

/// Whether a repository holds no object and no ref.
fn is_empty(path: &Path) -> anyhow::Result<bool> {
    let has_file = |folder: &str| -> anyhow::Result<bool> {
        let mut open = vec![path.join(folder)];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                match entry.file_type()?.is_dir() {
                    true => open.push(entry.path()),
                    false => return Ok(true),
                }
            }
        }
        Ok(false)
    };
    Ok(!path.join("packed-refs").exists() && !has_file("objects")? && !has_file("refs")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_repository_takes_the_format_of_its_remote_and_one_with_an_object_keeps_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.git");
        init_bare(&path, ObjectFormat::Sha1).unwrap();
        make_past(&path).unwrap();
        let formats = || {
            [path.clone(), past_of(&path)]
                .map(|path| ObjectFormat::of(&Repository::open(path).unwrap()))
        };
        for format in [
            ObjectFormat::Sha256,
            ObjectFormat::Sha256,
            ObjectFormat::Sha1,
            ObjectFormat::Sha256,
        ] {
            assert!(change_format(&path, format).unwrap());
            assert_eq!(formats(), [format; 2]);
        }
        let blob = Repository::open(&path).unwrap().blob(b"x").unwrap();
        assert_eq!(blob.as_bytes().len(), 32);
        assert!(!change_format(&path, ObjectFormat::Sha1).unwrap());
        assert!(change_format(&path, ObjectFormat::Sha256).unwrap());
        assert_eq!(formats(), [ObjectFormat::Sha256; 2]);
    }
}
