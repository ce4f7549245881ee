//! How long a run of the tests is.

/// How often to do what is better done often: `few` times, or `many` in the long runs, which
/// `AIDF_SOAK` asks for.
pub fn times(few: usize, many: usize) -> usize {
    match std::env::var_os("AIDF_SOAK") {
        None => few,
        Some(_) => many,
    }
}
