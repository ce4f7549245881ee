//! Fuzz targets for the lists of bundles.

use super::bundles::{Folder, SUMS, read_name};
use super::folder_manifest::Judge;
use super::place::Dir;
use crate::keys::KeyRing;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Whether a name is the name of a bundle.
pub fn named(name: &str) -> bool {
    read_name(name).is_some()
}

/// The bundles that the list of `folder` names.
pub fn listed(folder: &Path, list: &[u8]) -> Vec<PathBuf> {
    if std::fs::write(folder.join(SUMS), list).is_err() {
        return Vec::new();
    }
    let keys = KeyRing::default();
    let judge = Judge {
        keys: &keys,
        repository: None,
        state: folder,
    };
    let Ok(Some(read)) = Folder::read(Rc::new(Dir::at(folder, folder)), judge) else {
        return Vec::new();
    };
    read.listed()
        .iter()
        .map(|one| PathBuf::from(read.address(one)))
        .collect()
}
