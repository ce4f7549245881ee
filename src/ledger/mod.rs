//! The YAML logs kept in the tree. aidf appends to them as text and never parses and dumps
//! them again. So every byte that was there stays, and the added text reads the same in
//! PyYAML, which the programs that read these logs use.

pub mod attributes;
mod diff;
mod entries;
mod fields;
mod items;
mod known;
mod list;
mod merge;
mod own_lines;
#[cfg(test)]
mod random;
mod removal;
mod says;
mod shape;
mod touched;

pub use diff::{Item, LedgerDiff, diff};
pub use entries::{ChangelogEntry, MemoryEntry, RollbackEntry};
pub use list::{Ledger, REPAIR};
pub use merge::{Side, Versions, lists, memories};
