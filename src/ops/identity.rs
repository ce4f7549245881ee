//! The identity of the repository at the remote: heard with its refs, or made.

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::files::hex;
use crate::git::{Advertisement, CommitId, ObjectId, Person, RefName, RefUpdate, RemoteRef, Store};
use crate::identities;
use crate::identity::{Identity, MEND, REF, RepositoryId, Shown};

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

/// The identity among refs that were listed.
pub(super) fn shown(refs: &[RemoteRef]) -> Option<RepositoryId> {
    let id = refs.iter().find(|r| r.name == REF)?.id;
    RepositoryId::parse(&id.to_string())
}

/// What is wrong where the identity that is known is not shown, and what to do.
pub(super) fn is_gone(remote: &str, id: RepositoryId) -> (String, String) {
    (
        format!("the remote no longer has its identity {REF}, and this clone remembers {id}"),
        format!(
            "{MEND}; where the server has no hook of aidf, put it back from a clone that has that commit: git push {remote} {id}:{REF}"
        ),
    )
}

/// What is wrong where another identity is shown than the one that is known.
pub(super) fn is_another(address: &str, before: RepositoryId, now: RepositoryId) -> String {
    format!(
        "another repository answers at {address}: its identity was {before}, and is {now} now; tokens of the one before are not valid for it"
    )
}

fn note(cx: &Context, shown: Option<ObjectId>) {
    let shown = shown.and_then(|id| RepositoryId::parse(&id.to_string()));
    let id = match cx.identity().beside(shown) {
        Shown::Same(_) => return,
        Shown::Gone(id) => {
            let (wrong, todo) = is_gone(cx.remote.name(), id);
            return cx.warn(format!("{wrong}; {todo}"));
        }
        Shown::Absent => {
            cx.set_identity(Identity::Absent);
            return;
        }
        Shown::Other { before, now } => {
            cx.warn(is_another(&cx.remote.address(), before, now));
            now
        }
        Shown::First(now) => now,
    };
    cx.set_identity(Identity::Is(id));
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
    let message = message(cx);
    let commit = draft.commit(tree, &[], &maker(), cx.now.seconds(), &message, |_| None)?;
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

/// Makes the commit of an identity in the repository of a server, without its ref.
pub(super) fn make_on(cx: &Context, server: &Store) -> Result<CommitId> {
    server.bare_commit_by_git(&maker(), cx.now.seconds(), &message(cx))
}

fn maker() -> Person {
    Person {
        name: "aidf".to_owned(),
        email: "aidf@repository.invalid".to_owned(),
    }
}

fn message(cx: &Context) -> String {
    let random: [u8; 20] = cx.random();
    format!(
        "The identity of this repository\n\nTokens and signatures are bound to the id of this commit.\n\n{}\n",
        hex(&random)
    )
}
