//! Which lines of this machine's journal are about the repository at the remote. Two
//! repositories can have one name, and one can be reached by several addresses.

use crate::context::Context;
use crate::git::CommitId;
use crate::identities;
use serde::Deserialize;

/// What a line says of its repository.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Whose {
    pub repo_name: Option<String>,
    /// Its identity; none in a line from before that was known.
    pub repository: Option<String>,
    /// The remote's address; none in what an older aidf wrote.
    pub address: Option<String>,
    pub commit: Option<String>,
}

/// The repository at the remote.
pub(super) struct Here<'c> {
    cx: &'c Context,
    identity: Option<String>,
    addresses: [String; 2],
}

impl Here<'_> {
    pub fn of(cx: &Context) -> Here<'_> {
        Here {
            cx,
            identity: cx.identity().id().map(|id| id.to_string()),
            addresses: [cx.remote.address(), cx.remote.read_address()],
        }
    }

    /// Whether a line is of this repository. One that nothing tells apart from it is.
    pub fn has(&self, line: &Whose) -> bool {
        if let (Some(theirs), Some(ours)) = (&line.repository, &self.identity) {
            return theirs == ours;
        }
        line.repo_name.as_ref() == Some(&self.cx.repo_name)
            && line.address.as_ref().is_none_or(|a| self.is_at(a, line))
    }

    /// Whether a line without an identity that names this address may be of this repository.
    fn is_at(&self, address: &String, line: &Whose) -> bool {
        let store = &self.cx.store;
        let known = identities::remembered(store, address).id();
        let made = line.commit.as_ref().and_then(|c| CommitId::parse(c).ok());
        self.addresses.contains(address)
            || known.is_some_and(|id| Some(id.to_string()) == self.identity)
            || made.is_some_and(|commit| store.has_commit(commit))
    }
}
