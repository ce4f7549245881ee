//! How long a run of the tests is, and what is left to chance in it.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// How often to do what is better done often: `few` times, or `many` in the long runs, which
/// `AIDF_SOAK` asks for.
pub fn times(few: usize, many: usize) -> usize {
    match std::env::var_os("AIDF_SOAK") {
        None => few,
        Some(_) => many,
    }
}

/// The number that a variable gives, or else `default`.
pub fn number(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// All of these in the long runs; else `few` of them, by chance and in their order.
pub fn some_of<T>(all: impl IntoIterator<Item = T>, few: usize) -> Vec<T> {
    let all: Vec<T> = all.into_iter().collect();
    let many = times(few, all.len()).min(all.len());
    let mut chosen = rand::seq::index::sample(&mut randomness(), all.len(), many).into_vec();
    chosen.sort_unstable();
    let is_chosen = |at: &usize| chosen.binary_search(at).is_ok();
    let all = all.into_iter().enumerate();
    all.filter(|(at, _)| is_chosen(at))
        .map(|(_, one)| one)
        .collect()
}

/// Another randomness for each run. A test that fails shows the seed, and `AIDF_TEST_SEED=N`
/// gives it again.
pub fn randomness() -> StdRng {
    let given = std::env::var("AIDF_TEST_SEED").ok();
    let given = given.map(|seed| seed.parse().expect("AIDF_TEST_SEED is a number"));
    let seed = given.unwrap_or_else(rand::random);
    println!("AIDF_TEST_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// Bytes that no compression makes smaller.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}
