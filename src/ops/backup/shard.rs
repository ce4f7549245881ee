//! One share of the repositories of the configuration, for schedulers that spread the work
//! over several machines or jobs.

use crate::error::{Error, Kind, Result};
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// The `index`th of `of` shares; the first is 1.
///
/// A repository's share depends on its name alone. So every job finds its own repositories
/// without asking the others, whatever the order of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl FromStr for Shard {
    type Err = Error;

    /// Reads `I/N`.
    fn from_str(text: &str) -> Result<Shard> {
        let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
            true => text.parse().ok(),
            false => None,
        };
        let read = text.split_once('/');
        let read = read.and_then(|(i, n)| Some((number(i)?, number(n)?)));
        match read {
            Some((index, of)) if index >= 1 && index <= of => Ok(Shard { index, of }),
            _ => Err(
                Error::new(Kind::Usage, format!("`{text}` is not a share such as 1/4"))
                    .hint("write I/N: the Ith of N shares, and the first is 1"),
            ),
        }
    }
}

impl Shard {
    /// Whether the repository of this name is in the share.
    pub fn has(self, name: &str) -> bool {
        let digest = Sha256::digest(name.as_bytes());
        let first = digest.iter().take(8);
        let number = first.fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
        number % u64::from(self.of) == u64::from(self.index - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_in_one_share_and_stays_there() {
        let names: Vec<String> = (0..1000).map(|n| format!("repository-{n}")).collect();
        for of in [1, 2, 3, 7, 16] {
            let shares: Vec<Shard> = (1..=of).map(|index| Shard { index, of }).collect();
            let mut sizes = vec![0; shares.len()];
            for name in &names {
                let in_it: Vec<usize> =
                    (0..shares.len()).filter(|s| shares[*s].has(name)).collect();
                assert_eq!(in_it.len(), 1, "{name} of {of}");
                sizes[in_it[0]] += 1;
            }
            let even = names.len() / shares.len();
            assert!(sizes.iter().all(|s| *s > even / 2), "{sizes:?}");
        }
        // Jobs of different releases run side by side: these may never change.
        let of_four = |name: &str| (1..=4).find(|i| Shard { index: *i, of: 4 }.has(name));
        let told = ["widgets", "app", "infra", "docs"].map(of_four);
        assert_eq!(told, [Some(1), Some(4), Some(4), Some(2)]);
    }

    #[test]
    fn a_share_is_written_with_two_numbers_and_starts_at_one() {
        assert_eq!("2/3".parse::<Shard>().unwrap(), Shard { index: 2, of: 3 });
        for text in [
            "",
            "1",
            "/",
            "0/3",
            "4/3",
            "1/0",
            "+1/3",
            "-1/3",
            "1/3/3",
            "a/b",
            "1/ 3",
            "/3",
            "1/99999999999",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
