//! Names of sandboxes: draws, parses and checks them. Pure: the caller provides randomness.

use crate::error::{Error, Kind, Result};
use petname::Petnames;

/// The prefix of every sandbox's branch.
pub const PREFIX: &str = "sandbox-";

/// The longest part after the prefix, in bytes.
const MAX: usize = 64;

/// Draws a random `sandbox-<adjective>-<noun>`; if the name is `taken`, draws again.
///
/// The words are petname's medium lists: more than a million pairs of inoffensive words.
/// Errors: conflict, if a thousand drawn names were all taken.
pub fn draw(rng: &mut dyn rand::Rng, taken: impl Fn(&str) -> bool) -> Result<String> {
    let words = words();
    let mut buffer = String::new();
    for _ in 0..1000 {
        buffer.clear();
        words.namer(2, "-").generate_into(&mut buffer, rng);
        let name = format!("{PREFIX}{buffer}");
        if is_sandbox(&name) && !taken(&name) {
            return Ok(name);
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "aidf tried a thousand sandbox names, and all are taken",
    )
    .hint("archive old sandboxes, or choose a name with --name"))
}

/// How many different names can be drawn.
pub fn how_many() -> u128 {
    words().cardinality(2)
}

fn words() -> Petnames<'static> {
    let mut words = Petnames::medium();
    words.retain(|w| w.bytes().all(|b| b.is_ascii_lowercase()));
    words
}

/// The branch for a name that a user chose: `alice` gives `sandbox-alice`.
///
/// Errors: usage, if it is not 1 to 64 of `a-z`, `0-9` and `-`, or starts or ends with `-`.
pub fn requested(name: &str) -> Result<String> {
    let branch = format!("{PREFIX}{}", name.strip_prefix(PREFIX).unwrap_or(name));
    if is_sandbox(&branch) {
        return Ok(branch);
    }
    Err(
        Error::new(Kind::Usage, format!("`{name}` cannot name a sandbox"))
            .hint("use 1 to 64 characters of a-z, 0-9 and -, with no - at the start or end, such as --name alice"),
    )
}

/// Whether a branch's name is that of a sandbox.
pub fn is_sandbox(branch: &str) -> bool {
    let Some(rest) = branch.strip_prefix(PREFIX) else {
        return false;
    };
    (1..=MAX).contains(&rest.len())
        && rest
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !rest.starts_with('-')
        && !rest.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn there_are_at_least_a_million_names() {
        assert!(how_many() >= 1_000_000, "{}", how_many());
    }

    #[test]
    fn a_drawn_name_is_well_formed_and_a_taken_one_is_drawn_again() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let first = draw(&mut rng, |_| false).unwrap();
        assert!(
            is_sandbox(&first) && first.matches('-').count() == 2,
            "{first}"
        );
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let second = draw(&mut rng, |n| n == first).unwrap();
        assert_ne!(first, second);
        assert_eq!(draw(&mut rng, |_| true).unwrap_err().kind(), Kind::Conflict);
    }

    #[test]
    fn ten_thousand_draws_collide_no_more_than_chance_allows() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(7);
        let names: std::collections::BTreeSet<String> = (0..10_000)
            .map(|_| draw(&mut rng, |_| false).unwrap())
            .collect();
        // The birthday bound gives about 40 collisions for 1.26 million names.
        assert!(names.len() > 9_900, "{}", names.len());
    }

    #[test]
    fn a_name_asked_for_is_checked() {
        assert_eq!(requested("alice").unwrap(), "sandbox-alice");
        assert_eq!(requested("sandbox-alice").unwrap(), "sandbox-alice");
        for bad in [
            "",
            "-a",
            "a-",
            "Alice",
            "a b",
            "a/b",
            "ä",
            "$(id)",
            "a\u{3000}",
            &"x".repeat(65),
        ] {
            assert_eq!(requested(bad).unwrap_err().kind(), Kind::Usage, "{bad:?}");
        }
    }
}
