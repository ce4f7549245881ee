//! Where a server keeps its key and its journal, and the name of its repository.

use crate::config::Folders;
use crate::git::Store;
use crate::keys::KeySource;
use crate::sharing::Sharing;
use std::path::{Path, PathBuf};

/// The setting of the server's repository that names the file of its key.
pub const KEY_FILE: &str = "aidf.keyfile";
/// The setting with the repository's name in tokens, if that is not its folder's name.
pub const REPO_NAME: &str = "aidf.reponame";
/// The setting with the base of sandboxes, if that is not `sandbox`.
pub const BASE: &str = "aidf.base";

/// The setting that switches a hook off in one repository, where it lies in a folder that
/// other repositories use too.
pub const ENFORCE: &str = "aidf.enforce";

/// Whether the hook is switched off in this repository. Only the repository's own file counts,
/// and not that of an account.
pub fn is_off(store: &Store) -> bool {
    let values = store.own_settings(ENFORCE);
    let value = values.last().map(|v| v.to_ascii_lowercase());
    value.is_some_and(|v| ["false", "no", "off", "0"].contains(&v.as_str()))
}

/// Where the server's key is. The repository's own settings may name it, and a pusher
/// cannot change those. Otherwise the hook looks where it would for any user of its
/// account: in the environment, and in the account's own folder.
pub fn key_source(store: &Store, environment: impl Fn(&str) -> Option<String>) -> KeySource {
    if let Some(file) = store.setting(KEY_FILE).filter(|f| !f.is_empty()) {
        return KeySource {
            inline: None,
            file: Some(PathBuf::from(file)),
            ring: PathBuf::new(),
        };
    }
    KeySource {
        inline: environment("AIDF_KEY").map(crate::secret::Secret::new),
        file: environment("AIDF_KEY_FILE").map(PathBuf::from),
        // A web server's account may have no home folder.
        ring: Folders::of_user().map_or_else(|_| PathBuf::new(), |f| f.ring()),
    }
}

/// Who may use the files of a server's repository.
pub fn sharing_of(store: &Store) -> Sharing {
    Sharing::of(store.setting("core.sharedrepository").as_deref())
}

/// The path of the journal of a server's repository.
pub fn journal_of(store: &Store) -> PathBuf {
    store.common_dir().join("aidf").join("journal.jsonl")
}

/// The path of the revocations that a server's repository remembers.
pub fn revocations_of(store: &Store) -> PathBuf {
    store.common_dir().join("aidf").join("revoked.json")
}

/// The repository's name, as in its clients' addresses.
pub fn name_of(git_dir: &Path) -> String {
    let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned());
    let own = name(git_dir).unwrap_or_default();
    let own = match own.as_str() {
        ".git" => git_dir.parent().and_then(name).unwrap_or_default(),
        _ => own,
    };
    own.strip_suffix(".git").unwrap_or(&own).to_owned()
}
