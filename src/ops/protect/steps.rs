//! The changes that are made on a self-hosted server, and how they are told.

use crate::git::CommitId;
use crate::identity::REF;

/// One change to make on the server.
pub(super) enum Step {
    /// Keep the existing hook in this place.
    KeepHook(&'static str),
    /// Keep a copy of our hook, which somebody edited, under this name.
    KeepEdited(String),
    /// Write our hook.
    WriteHook(String),
    /// Remove our hook, and put back the earlier one.
    RemoveHook,
    /// Set a setting, or remove it.
    Set(&'static str, Option<String>),
    /// Give the repository its identity: the one that was here, or else a new one.
    Identify(Option<CommitId>),
    /// Note the identity that is there.
    NoteIdentity(CommitId),
}

impl Step {
    pub fn what(&self) -> String {
        match self {
            Step::KeepHook(place) => {
                format!("keep the present pre-receive hook as {place}, and run it after ours")
            }
            Step::KeepEdited(name) => {
                format!(
                    "keep the present pre-receive hook, which somebody edited, as {name}; it does not run there"
                )
            }
            Step::WriteHook(_) => "install the pre-receive hook".to_owned(),
            Step::RemoveHook => "remove the pre-receive hook".to_owned(),
            Step::Set(name, Some(value)) => format!("set {name} to {value}"),
            Step::Set(name, None) => format!("remove the setting {name}"),
            Step::Identify(None) => format!("make the repository's identity, {REF}"),
            Step::Identify(Some(id)) => {
                format!("put the repository's identity {REF} back, which was {id}")
            }
            Step::NoteIdentity(id) => {
                format!("note the repository's identity {id}, so that it can be put back")
            }
        }
    }
}
