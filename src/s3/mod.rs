//! A client of S3 storage, and of what speaks its language: just what bundles need.
//!
//! Requests are signed here (AWS Signature Version 4, in a header, with the digest of the
//! body) and go out through [`crate::http`]: proxies, deadlines and certificates have one home.
//! No redirect is followed, so that a signed request reaches the endpoint alone.

mod address;
mod client;
mod credentials;
mod download;
mod listing;
mod refusal;
mod request;
mod signature;
mod upload;
mod xml;

pub use address::{Address, LockMode, ObjectLock, Settings, Site};
pub use client::{Client, Head, Small, Way};
pub use credentials::{Credentials, find as find_credentials};
pub use request::Condition;
