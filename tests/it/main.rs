//! Behaviour, held to the contract by running the binary against real remotes
//! and reading them with plain git. A file for each behaviour.
#![allow(clippy::unwrap_used)]

mod backup_all;
mod backup_bundles;
mod backup_create;
mod backup_damage;
mod backup_days;
mod backup_dest;
mod backup_kill;
mod backup_list;
mod backup_prune;
mod backup_restore;
mod backup_rotate;
mod backup_schedule;
mod backup_verify;
mod baseline;
mod cli_pages;
mod commit;
mod credentials;
mod demo;
mod errors;
mod forge_app;
mod forge_client;
mod forge_errors;
mod forge_gitlab;
mod forge_proposals;
mod forge_protection;
mod hang;
mod hook;
mod hostile;
mod kill;
mod layers;
mod log;
mod paths;
mod policy;
mod propose;
mod protect_bare;
mod races;
mod rollback;
mod sandbox_init;
mod sandbox_list;
mod secrets;
mod servers;
mod support;
mod token;
mod tokens;
