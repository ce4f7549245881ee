//! From the kind of a failure to what scripts see.

use aidf::error::Kind;

/// The exit code of a failure.
pub fn of(kind: Kind) -> u8 {
    match kind {
        Kind::Internal => 1,
        Kind::Usage => 2,
        Kind::NotFound => 3,
        Kind::Auth => 4,
        Kind::Denied => 5,
        Kind::Conflict => 6,
        Kind::Integrity => 7,
        Kind::Findings => 8,
        Kind::Unavailable => 9,
        Kind::Interrupted => 130,
    }
}
