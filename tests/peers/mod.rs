//! aidf against software of others: sshd, web servers, a forward proxy, PyYAML
//! and the shells, mock forges, gitolite, dulwich, JGit, an LFS server, S3 storage and a browser, with every
//! result read by plain git.
//!
//! A peer that is not installed skips its tests, and says so past the test
//! runner's capture. With `AIDF_PEERS=required` (see `.ci/run`) it fails them.

mod disk;
mod forge_clone;
mod forge_emulate;
mod forge_mocks;
mod forge_prism;
mod full_disk;
mod gitolite;
mod hook_table;
mod http;
mod kill_calls;
mod ledgers;
mod lfs;
mod mock;
mod power_cut;
mod proxy;
mod read_only;
mod report;
mod s3;
mod servers;
mod setup;
mod shells;
mod ssh;
mod story;
mod support;
mod web;
