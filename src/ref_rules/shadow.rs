//! Names that git could confuse with a guarded name. Pure.
//!
//! git looks for a short name such as `main` at `$GIT_DIR/main`, `refs/main`,
//! `refs/tags/main`, `refs/heads/main`, `refs/remotes/main` and `refs/remotes/main/HEAD`,
//! in that order (gitrevisions(7)). So it finds a tag `main` before the branch. A clone
//! also gets the tags, so there it finds a tag `origin/main` before the branch that was
//! fetched. Names are compared in the way of a file system that folds case, drops a dot at
//! the end and ignores some characters.

use crate::backup_name;
use crate::fold::fold;
use crate::names;
use crate::policy::Policy;

/// The usual names of remotes. In a clone they stand before the names of the remote's
/// branches.
const REMOTES: [&str; 2] = ["origin/", "upstream/"];

/// A name as the least strict file system reads it.
pub fn folded(name: &str) -> String {
    let seen = fold(name);
    let parts: Vec<&str> = seen
        .split('/')
        .map(|part| part.trim_end_matches(['.', ' ']))
        .collect();
    parts.join("/")
}

/// The guarded name that git could confuse with `full`, if there is one. A branch's own
/// name, `refs/heads/…`, is judged by the rules of branches and not here.
pub fn stands_for(full: &str, policy: &Policy) -> Option<String> {
    let folded = folded(full);
    let branch = full.strip_prefix("refs/heads/").map(|_| "refs/heads/");
    let mut rest = match branch {
        Some(prefix) => {
            let own = folded.strip_prefix(prefix)?;
            if is_gits_own(own) {
                return Some(own.to_owned());
            }
            // The part that is left after a further `heads/` or the like is removed.
            without_namespace(own)?
        }
        None => without_namespace(&folded)?,
    };
    loop {
        if let Some(found) = guarded(rest, policy, branch.is_none()) {
            return Some(found.to_owned());
        }
        rest = without_namespace(rest)?;
    }
}

fn without_namespace(name: &str) -> Option<&str> {
    ["refs/", "heads/", "tags/", "remotes/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
}

fn guarded<'a>(name: &'a str, policy: &Policy, in_clones: bool) -> Option<&'a str> {
    // git finds `refs/remotes/main/HEAD` for `main`.
    let headless = name.strip_suffix("/head").unwrap_or(name);
    let in_clone = REMOTES
        .iter()
        .find_map(|remote| headless.strip_prefix(remote))
        .filter(|_| in_clones);
    [Some(name), Some(headless), in_clone]
        .into_iter()
        .flatten()
        .find(|n| is_branch_of_ours(n, policy) || is_gits_own(n))
}

fn is_branch_of_ours(name: &str, policy: &Policy) -> bool {
    policy.is_protected(name)
        || name.starts_with(names::PREFIX)
        || name.starts_with(backup_name::PREFIX)
        || name == backup_name::PREFIX.trim_end_matches('/')
}

/// `HEAD`, `FETCH_HEAD` and the like, `@`, and names that look like a full commit id.
fn is_gits_own(name: &str) -> bool {
    let is_id = matches!(name.len(), 40 | 64) && name.bytes().all(|b| b.is_ascii_hexdigit());
    is_id || name == "head" || name == "@" || name.ends_with("_head") && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyFile;

    fn policy() -> Policy {
        let file = PolicyFile {
            protected_branches: vec!["release/*".into()],
            ..PolicyFile::default()
        };
        Policy::new(&file, &PolicyFile::default(), "sandbox", Some("trunk"))
    }

    #[test]
    fn what_git_finds_by_a_guarded_name_stands_for_it_in_every_namespace_and_case() {
        let policy = policy();
        let id = "0123456789abcdef0123456789abcdef01234567";
        for (name, stands) in [
            ("refs/main", "main"),
            ("refs/Main", "main"),
            ("refs/tags/main", "main"),
            ("refs/tags/MAIN", "main"),
            ("refs/TAGS/main", "main"),
            ("refs/tags/ma\u{200c}in", "main"),
            ("refs/head\u{17f}/main", "main"),
            ("refs/tag\u{17f}/main", "main"),
            ("refs/tags/trunk", "trunk"),
            ("refs/tags/release/1", "release/1"),
            ("refs/tags/sandbox", "sandbox"),
            ("refs/tags/sandbox-ada", "sandbox-ada"),
            ("refs/tags/backup", "backup"),
            ("refs/tags/backup/2026-11-22", "backup/2026-11-22"),
            ("refs/tags/origin/main", "main"),
            ("refs/tags/heads/main", "main"),
            ("refs/tags/refs/heads/main", "main"),
            ("refs/remotes/main", "main"),
            ("refs/remotes/main/HEAD", "main"),
            ("refs/HEADS/main", "main"),
            ("refs/heads./main", "main"),
            ("refs/refs/heads/main", "main"),
            ("refs/heads/heads/main", "main"),
            ("refs/heads/refs/heads/main", "main"),
            ("refs/heads/tags/main", "main"),
            ("refs/heads/HEAD", "head"),
            ("refs/heads/Fetch_Head", "fetch_head"),
            ("refs/heads/@", "@"),
            ("refs/tags/HEAD", "head"),
            ("refs/tags/ORIG_HEAD", "orig_head"),
            ("refs/remotes/HEAD", "head"),
            ("refs/FETCH_HEAD", "fetch_head"),
            (&format!("refs/tags/{id}"), id),
            (&format!("refs/heads/{id}"), id),
        ] {
            let found = stands_for(name, &policy);
            // A name may match in more than one way; it only matters that it does.
            assert!(found.is_some_and(|f| f.contains(stands)), "{name}");
        }
    }

    #[test]
    fn other_names_stand_for_nothing() {
        for name in [
            "refs/tags/v1.0",
            "refs/tags/mainline",
            "refs/tags/release/1/2",
            "refs/tags/x/main",
            "refs/notes/commits",
            "refs/pull/1/head",
            "refs/changes/01/1/meta",
            "refs/remotes/origin/feature",
            "refs/heads/main",
            "refs/heads/sandbox-ada",
            "refs/heads/feature/main",
            "refs/heads/upstream/main",
            "refs/heads/heads/feature",
            "refs/stash",
            "refs/tags/abcdef1",
        ] {
            assert_eq!(stands_for(name, &policy()), None, "{name}");
        }
    }
}
