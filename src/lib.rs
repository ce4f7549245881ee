//! aidf: safe, attributed, reversible writes to shared git repositories.
//!
//! The map of the house, from the top down; a layer uses those below it alone:
//!
//! - `cli/` (of the binary): clap arguments to requests, reports to text;
//! - [`ops`]: one file a capability, `fn(&Context, Request) -> Result<Report>`;
//!   [`ops::publish`] is the one way to a remote ref;
//! - [`context`]: what one call needs; [`config`]: the operator's settings, resolved once;
//! - pure rules, which take time, keys and randomness as arguments: [`authority`], [`policy`],
//!   [`denied`], [`token`], [`identity`], [`ref_rules`], [`guards`], [`names`], [`openings`], [`turns`], [`signature`], [`alerts`], [`backup_name`], [`retention`],
//!   and what authenticates backups: [`backup_manifest`], [`bundle_manifest`], [`seal`];
//! - [`ledger`]: the YAML logs kept in the tree; [`keys`]: the key ring;
//!   [`notify`]: whom the operator wants to be told of alerts; [`callback`]: the addresses that are called for that;
//!   [`journal`]: this machine's own audit log; [`revocations`] and `identities`: what it saw of each remote;
//! - [`git`]: the only module that names git2; [`forge`]: the forges' APIs, behind one
//!   small enum; [`s3`]: storage for bundles; [`http`]: the door of all three to HTTP servers;
//! - [`error`], [`conflict`], [`progress`], [`files`], [`folder`], `mutex`, [`secret`], [`shown`], [`url`], [`words`]: known to all.
#![deny(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod alerts;
pub mod authority;
pub mod backup_manifest;
pub mod backup_name;
pub mod bundle_manifest;
pub mod callback;
pub mod cancel;
pub mod clock;
pub mod config;
pub mod conflict;
pub mod context;
pub mod denied;
pub mod ends;
pub mod environment;
pub mod error;
pub mod files;
pub mod fold;
pub mod folder;
pub mod forge;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
pub mod git;
pub mod guards;
pub mod http;
mod identities;
pub mod identity;
pub mod journal;
pub mod keys;
pub mod ledger;
mod mutex;
pub mod names;
pub mod notify;
pub mod openings;
pub mod ops;
pub mod output;
pub mod policy;
pub mod progress;
pub mod ref_rules;
pub mod retention;
pub mod revocations;
pub mod s3;
pub mod seal;
pub mod secret;
pub mod sharing;
pub mod shown;
pub mod signature;
pub mod temporary;
pub mod token;
pub mod turns;
pub mod url;
pub mod words;
pub mod yaml;
