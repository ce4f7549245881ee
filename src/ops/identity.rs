//! The identity of the repository at the remote: heard with its refs, or made.

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::files::hex;
use crate::git::{Advertisement, ObjectId, Person, RefName, RefUpdate, RemoteRef};
use crate::identities;
use crate::identity::{Identity, REF, RepositoryId};

/// Takes note of the identity in an advertisement.
pub(super) fn heed(cx: &Context, advertisement: &Advertisement) {
    note(cx, advertisement.tip(REF));
}

/// The same with refs that were listed, [`REF`] among them.
pub(super) fn heed_listed(cx: &Context, refs: &[RemoteRef]) {
    // A mirror that is read need not have what belongs to no branch.
    let id = refs.iter().find(|r| r.name == REF).map(|r| r.id);
    if id.is_some() || cx.remote.reads_where_it_writes() {
        note(cx, id);
    }
}

fn note(cx: &Context, shown: Option<ObjectId>) {
    let shown = shown.and_then(|id| RepositoryId::parse(&id.to_string()));
    let Some(id) = shown else {
        match cx.identity() {
            Identity::Is(id) => cx.warn(format!(
                "the remote no longer has its identity {REF}, and this clone remembers {id}; an operator can put it back from a clone that has that commit: git push {} {id}:{REF}",
                cx.remote.name()
            )),
            Identity::Unknown | Identity::NoAnswer | Identity::Absent => {
                cx.set_identity(Identity::Absent);
            }
        }
        return;
    };
    let before = cx.set_identity(Identity::Is(id));
    if before == Identity::Is(id) {
        return;
    }
    if let Identity::Is(before) = before {
        cx.warn(format!(
            "another repository answers at {}: its identity was {before}, and is {id} now; tokens of the one before are not valid for it",
            cx.remote.address()
        ));
    }
    if let Err(why) = identities::remember(&cx.store, &cx.remote.address(), id) {
        cx.warn(why);
    }
}

/// The same with refs that a push has moved.
pub(super) fn heed_pushed(cx: &Context, updates: &[RefUpdate]) {
    let made = updates.iter().find(|u| u.name.as_str() == REF);
    if let Some(new) = made.and_then(|u| u.new) {
        note(cx, Some(new));
    }
}

/// The ref and the objects of a new identity.
pub(super) struct New {
    /// The identity.
    pub id: RepositoryId,
    /// The ref, which must not be there yet.
    pub update: RefUpdate,
    /// The commit and its empty tree.
    pub objects: Vec<ObjectId>,
}

/// Makes an identity: a commit without parents and files, of random content.
pub(super) fn make(cx: &Context) -> Result<New> {
    let mut draft = cx.store.draft();
    let tree = draft.tree(None, &[])?;
    let who = Person {
        name: "aidf".to_owned(),
        email: "aidf@repository.invalid".to_owned(),
    };
    let random: [u8; 20] = cx.random();
    let message = format!(
        "The identity of this repository\n\nTokens and signatures are bound to the id of this commit.\n\n{}\n",
        hex(&random)
    );
    let commit = draft.commit(tree, &[], &who, cx.now.seconds(), &message, |_| None)?;
    let id = RepositoryId::parse(&commit.to_string())
        .ok_or_else(|| Error::new(Kind::Internal, format!("{commit} is no id of a commit")))?;
    Ok(New {
        id,
        update: RefUpdate {
            name: RefName::new(REF)?,
            old: None,
            new: Some(commit),
        },
        objects: draft.objects(),
    })
}
