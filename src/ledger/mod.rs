//! The YAML logs kept in the tree. aidf appends to them as text and never parses and dumps
//! them again. So every byte that was there stays, and the added text reads the same in
//! PyYAML, which the programs that read these logs use.

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
