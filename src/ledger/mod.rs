//! The YAML logs kept in the tree. They are appended to as text and never parsed and
//! dumped again: every byte that was there stays, and what is added reads back alike
//! in PyYAML, which the programs that read them use.

pub mod attributes;
mod entries;
mod fields;
mod growth;
mod list;
mod merge;
#[cfg(test)]
mod random;
mod says;

pub use entries::{ChangelogEntry, MemoryEntry, RollbackEntry};
pub use growth::{Growth, Item, growth};
pub use list::Ledger;
pub use merge::{Side, Versions, lists, memories};
