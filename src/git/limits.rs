//! How much a remote may make us take: of refs, of objects, of time.
//!
//! Memory is what a server can take from us most cheaply: 16 KB of a pack can stand for
//! gigabytes. What is held whole is therefore bounded more tightly than what streams by.

use serde::Deserialize;
use std::time::Duration;

/// The bounds in force; `transfer:` of the operator's configuration sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferLimits {
    /// The longest list of refs, in bytes as sent. A million refs take about 70 MB.
    pub advertisement_bytes: u64,
    /// The most refs of one list.
    pub refs: u64,
    /// The largest pack, in bytes as sent.
    pub pack_bytes: u64,
    /// The most objects of one pack. Indexing one costs about 150 bytes of memory.
    pub objects: u64,
    /// The largest file that is sent whole, in bytes when inflated. It streams to disk.
    pub object_bytes: u64,
    /// The largest object that has to be held in memory, in bytes when inflated: commits,
    /// trees, tags, and all that comes as a delta. Two to three of them are held at once.
    pub memory_bytes: u64,
    /// The slowest transfer that is waited for, in bytes a second, after the patience
    /// that `--timeout` gives.
    pub bytes_per_second: u64,
    /// The longest transfer, however much it brings.
    pub time: Duration,
    /// Whether the refs are read again after a push that the server calls done.
    pub confirm_pushes: bool,
}

impl Default for TransferLimits {
    fn default() -> Self {
        TransferLimits {
            advertisement_bytes: 128 << 20,
            refs: 2_000_000,
            pack_bytes: 64 << 30,
            objects: 20_000_000,
            object_bytes: 2 << 30,
            // GitHub takes no larger file.
            memory_bytes: 100 << 20,
            bytes_per_second: 8 << 10,
            time: Duration::from_secs(24 * 3600),
            // It costs a connection for each push, and git's servers do not lie.
            confirm_pushes: false,
        }
    }
}

/// How many timeouts an exchange may last that brings nothing of what was asked for. A
/// server that says it is still at work (keep-alives) is given this long.
pub(super) const PATIENCE: u32 = 10;

impl TransferLimits {
    /// How long an exchange may last that is given `waits` timeouts, and brings so many bytes
    /// of what was asked for.
    pub(super) fn allowed(&self, timeout: Duration, waits: u32, bytes: u64) -> Duration {
        let patience = timeout.max(Duration::from_secs(1)) * waits;
        let earned = Duration::from_secs(bytes / self.bytes_per_second.max(1));
        patience.saturating_add(earned).min(self.time)
    }

    /// For packs of this machine's own making: a backup that was made must be restorable.
    pub(crate) fn own() -> Self {
        TransferLimits {
            pack_bytes: u64::MAX,
            objects: u64::from(u32::MAX),
            object_bytes: u64::MAX,
            memory_bytes: 4 << 30,
            ..TransferLimits::default()
        }
    }
}

/// `transfer:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransferFile {
    /// The longest list of refs, in bytes.
    pub advertisement_bytes: Option<u64>,
    /// The most refs of one list.
    pub refs: Option<u64>,
    /// The largest pack, in bytes.
    pub pack_bytes: Option<u64>,
    /// The most objects of one pack.
    pub objects: Option<u64>,
    /// The largest file that is sent whole, in bytes.
    pub object_bytes: Option<u64>,
    /// The largest object that is held in memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// The slowest transfer, in bytes a second.
    pub bytes_per_second: Option<u64>,
    /// The longest transfer, in seconds.
    pub seconds: Option<u64>,
    /// Whether the refs are read again after a push that the server calls done.
    pub confirm_pushes: bool,
}

impl TransferFile {
    /// The bounds, with the defaults for what is not said; or what is wrong with them.
    pub fn resolve(&self) -> Result<TransferLimits, String> {
        let zero = [
            ("advertisement_bytes", self.advertisement_bytes),
            ("refs", self.refs),
            ("pack_bytes", self.pack_bytes),
            ("objects", self.objects),
            ("object_bytes", self.object_bytes),
            ("memory_bytes", self.memory_bytes),
            ("bytes_per_second", self.bytes_per_second),
            ("seconds", self.seconds),
        ]
        .into_iter()
        .find(|(_, value)| *value == Some(0));
        if let Some((name, _)) = zero {
            return Err(format!("`transfer.{name}: 0` would refuse everything"));
        }
        let usual = TransferLimits::default();
        Ok(TransferLimits {
            advertisement_bytes: self
                .advertisement_bytes
                .unwrap_or(usual.advertisement_bytes),
            refs: self.refs.unwrap_or(usual.refs),
            pack_bytes: self.pack_bytes.unwrap_or(usual.pack_bytes),
            objects: self.objects.unwrap_or(usual.objects),
            object_bytes: self.object_bytes.unwrap_or(usual.object_bytes),
            memory_bytes: self.memory_bytes.unwrap_or(usual.memory_bytes),
            bytes_per_second: self.bytes_per_second.unwrap_or(usual.bytes_per_second),
            time: self.seconds.map_or(usual.time, Duration::from_secs),
            confirm_pushes: self.confirm_pushes,
        })
    }
}

/// Bytes for people: `1.5 GiB`, `512 bytes`.
pub(crate) fn shown(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    match units.iter().find(|(shift, _)| bytes >= 1 << shift) {
        Some((shift, unit)) => {
            let tenths = (u128::from(bytes) * 10) >> shift;
            match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                rest => format!("{}.{rest} {unit}", tenths / 10),
            }
        }
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_usual_and_nothing_is_zero() {
        assert_eq!(
            TransferFile::default().resolve(),
            Ok(TransferLimits::default())
        );
        let file = TransferFile {
            seconds: Some(60),
            ..TransferFile::default()
        };
        assert_eq!(file.resolve().unwrap().time, Duration::from_secs(60));
        let file = TransferFile {
            refs: Some(0),
            ..TransferFile::default()
        };
        assert!(file.resolve().unwrap_err().contains("transfer.refs"));
    }

    #[test]
    fn bytes_are_shown_in_the_unit_that_fits() {
        assert_eq!(shown(12), "12 bytes");
        assert_eq!(shown(2 << 30), "2 GiB");
        assert_eq!(shown(3 << 29), "1.5 GiB");
    }
}
