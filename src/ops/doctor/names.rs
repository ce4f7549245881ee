//! Branches whose names are in the way: git cannot hold `a` and `a/b`, and some names look
//! like aidf's own.

use super::{Findings, Subject};
use crate::backup_name;
use crate::git::CommitId;
use crate::names;
use crate::words;

/// How many branches are named.
const NAMED: usize = 3;

/// Looks at the names of all branches.
pub(super) fn check(
    base: &str,
    remote: &str,
    branches: &[(String, CommitId)],
    found: &mut Findings,
) {
    const NAME: Subject = Subject::BranchNames;
    let all: Vec<&str> = branches.iter().map(|(name, _)| name.as_str()).collect();
    if let Some((branch, of)) = in_the_way(&all, base) {
        return found.problem(
            NAME,
            format!("the branch {branch} is in the way: git cannot hold {of} beside it"),
            format!(
                "rename it: git fetch {remote} {branch} && git push {remote} FETCH_HEAD:refs/heads/NEW-NAME :refs/heads/{branch}"
            ),
        );
    }
    let odd = odd(&all);
    if odd.is_empty() {
        return found.ok(NAME, "none is in the way of sandboxes and backups");
    }
    let named = odd.iter().take(NAMED).copied().collect::<Vec<_>>();
    let more = if odd.len() > NAMED { ", …" } else { "" };
    found.warning(
        NAME,
        format!(
            "{}: {}{more}",
            words::count(
                odd.len(),
                "branch is named like a sandbox, and is none",
                "branches are named like sandboxes, and are none"
            ),
            named.join(", ")
        ),
        "rename what people work on: a hook of aidf lets only operators write it",
    );
}

/// A branch that keeps aidf from making one of its own, and what it keeps it from.
fn in_the_way(all: &[&str], base: &str) -> Option<(String, String)> {
    let backups = backup_name::PREFIX.trim_end_matches('/');
    let has = |name: &str| all.contains(&name);
    if has(backups) {
        return Some((backups.to_owned(), format!("{}…", backup_name::PREFIX)));
    }
    // The backups of a branch `b` are below `backup/b/`.
    let of_branch = |name: &&&str| {
        let rest = name.strip_prefix(backup_name::PREFIX);
        rest.is_some_and(|rest| has(rest) && backup_name::parse(name).is_none())
    };
    if let Some(name) = all.iter().find(of_branch) {
        return Some(((*name).to_owned(), format!("{name}/…")));
    }
    let blocks = |name: &&&str| {
        let below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
        below(name, base) || below(base, name)
    };
    let blocker = all.iter().filter(|_| !has(base)).find(blocks)?;
    Some(((*blocker).to_owned(), base.to_owned()))
}

/// The branches that start like a sandbox's name, and are none.
fn odd<'a>(all: &[&'a str]) -> Vec<&'a str> {
    let odd = |name: &&&str| name.starts_with(names::PREFIX) && !names::is_sandbox(name);
    all.iter().filter(odd).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_in_the_way_where_git_holds_no_other_beside_it() {
        let in_the_way = |all: &[&str]| in_the_way(all, "sandbox").map(|(branch, _)| branch);
        for (all, blocker) in [
            (&["main", "sandbox"][..], None),
            (&["main", "backup/2026-11-22", "backup/x/2026-11-22"], None),
            (&["main", "backup"], Some("backup")),
            (&["main", "rel", "backup/rel"], Some("backup/rel")),
            (&["main", "backup/rel"], None),
            (&["main", "sandbox/x"], Some("sandbox/x")),
            (&["main", "sandbox-x"], None),
        ] {
            assert_eq!(in_the_way(all).as_deref(), blocker, "{all:?}");
        }
        let team = super::in_the_way(&["main", "team"], "team/base");
        assert_eq!(team, Some(("team".to_owned(), "team/base".to_owned())));
    }

    #[test]
    fn a_name_that_only_starts_like_a_sandboxs_is_odd() {
        let all = ["sandbox", "sandbox-a", "sandbox-A", "sandbox-a/b", "main"];
        assert_eq!(odd(&all), ["sandbox-A", "sandbox-a/b"]);
    }
}
