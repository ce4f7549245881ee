//! What aidf can do: one file a capability, `fn(&Context, Request) -> Result<Report>`.
//! What needs no remote takes something else in the place of the context: [`key`],
//! [`snapshots`]; and so do [`doctor`] and [`login`], which must work where no context can be
//! opened.
//! What is no operation but helps to type one: [`candidates`].
//! Reports are what `--json` prints; front ends make text of them.

pub mod access;
pub mod agents;
pub mod audit;
pub mod backup;
mod base;
pub mod candidates;
mod checkout;
pub mod commit;
mod compose;
pub mod doctor;
mod full_disk;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
pub mod heartbeat;
pub mod hook;
mod identity;
mod in_line;
pub mod join;
pub mod key;
mod known_ledgers;
pub mod land;
pub mod log;
pub mod login;
mod lost_again;
mod noticed;
mod notify;
mod one_by_one;
pub mod operations;
mod operator;
pub mod outcome;
mod own_lines;
pub mod policy;
mod power_cut;
pub mod propose;
pub mod protect;
pub mod publish;
mod push_options;
mod queue;
mod quota;
mod revoked;
pub mod rollback;
pub mod rolled_back;
pub mod sandbox;
pub mod session;
pub mod setup;
mod shortcoming;
mod snapshot;
pub mod snapshots;
mod squashed;
pub mod status;
mod taken_back;
pub mod token;
mod write;
