//! The login of a person at a forge: which one is there already, and how to get a new one by
//! the device flow (RFC 8628) of GitHub and GitLab.
//!
//! The forge is not trusted. Its answers are read within bounds ([`device`]), it can name no
//! other server for the person to go to, and no redirect is followed.

pub(super) mod device;
mod refused;
mod site;

pub use device::{Device, Grant, Polling, Said};
pub use site::{Site, Who};
