//! How the library tells a front end what it is doing, without knowing it.

/// Hears what happens during a call. Nothing of it is a result.
pub trait Progress: Send + Sync {
    /// A step begins; shown with its time under `-v`.
    fn step(&self, _what: &str) {}
    /// A line the server sent (a hook's words); always shown unless `-q`.
    fn remote(&self, _line: &str) {}
    /// Somebody is to open `address` in a browser and enter `code` there, within so many
    /// seconds. The call waits for that; it is always shown.
    fn enter_code(&self, _code: &str, _address: &str, _seconds: u64) {}
    /// `done` of `total` units of `what`; `total` is zero while unknown.
    fn advance(&self, _what: &str, _done: u64, _total: u64) {}
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {}
