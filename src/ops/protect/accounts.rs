//! The accounts and groups of this machine, looked up through the system (getpwuid_r(3),
//! getgrgid_r(3)). So accounts of LDAP and the like are found too.

use nix::unistd::{Gid, Group, Uid, User};
use std::path::PathBuf;

/// The account that may do everything: root.
pub(super) const ROOT: u32 = 0;

/// An account of this machine.
pub(super) struct Account {
    pub name: String,
    pub home: PathBuf,
    pub shell: PathBuf,
}

/// The account with a user id; `None` if the system does not know it.
pub(super) fn account(id: u32) -> Option<Account> {
    let user = User::from_uid(Uid::from_raw(id)).ok().flatten()?;
    Some(Account {
        name: user.name,
        home: user.dir,
        shell: user.shell,
    })
}

/// Names somebody who belongs to a group and is neither root nor `owner`.
///
/// The system lists the members of a group, but not the accounts that have it as their
/// primary group. Of those, only the accounts in /etc/passwd are found (passwd(5)).
pub(super) fn others_of_group(group: u32, owner: u32) -> Option<String> {
    let Ok(Some(found)) = Group::from_gid(Gid::from_raw(group)) else {
        return Some(format!("the group number {group}"));
    };
    let trusted = |id: u32| id == ROOT || id == owner;
    let mut members = found.mem.into_iter().filter(|name| {
        let user = User::from_name(name).ok().flatten();
        user.is_none_or(|u| !trusted(u.uid.as_raw()))
    });
    let other = members.next().or_else(|| {
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        accounts.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
            let own = number(3) == Some(group) && !number(2).is_some_and(trusted);
            own.then(|| fields[0].to_owned())
        })
    })?;
    Some(format!("the group {}, with {other} in it,", found.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_knows_root_and_not_a_number_that_nobody_has() {
        let root = account(ROOT).unwrap();
        assert!(root.home.is_absolute() && root.name == "root");
        assert!(account(4_000_123_123).is_none());
        let nobody = others_of_group(4_000_123_123, 1000).unwrap();
        assert!(nobody.contains("4000123123"), "{nobody}");
    }
}
