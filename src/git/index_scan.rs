//! A quick look through git's index for paths that a merge left several versions of. libgit2
//! makes an object of every entry, which takes longer than all else of a small commit to a large
//! repository. The format is gitformat-index(5).

use super::id::ObjectFormat;

/// The bytes of an entry before its object's id: two times and six numbers.
const STAT: usize = 40;

/// Bit 14 of an entry's flags: two more bytes of flags follow.
const EXTENDED: u16 = 0x4000;

/// Bits 12 and 13: the stage, which is 0 for a path that is merged.
const STAGE: u16 = 0x3000;

/// Whether an index has an entry of another stage than 0. None for one that this does not read
/// whole: of an unknown version, split, or cut off.
pub(super) fn has_stages(index: &[u8], format: ObjectFormat) -> Option<bool> {
    let number = |at: usize| -> Option<u32> {
        let bytes = index.get(at..at.checked_add(4)?)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    let version = number(4)?;
    if !index.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let mut at = 12;
    for _ in 0..number(8)? {
        let flags = at + STAT + format.bytes();
        let bytes = index.get(flags..flags + 2)?;
        let says = u16::from_be_bytes(bytes.try_into().ok()?);
        if says & STAGE != 0 {
            return Some(true);
        }
        let more = if version > 2 && says & EXTENDED != 0 {
            2
        } else {
            0
        };
        let mut name = flags + 2 + more;
        if version == 4 {
            // How much of the name before is left out, as a number of variable length.
            name += index.get(name..)?.iter().position(|b| b & 0x80 == 0)? + 1;
        }
        let end = name + index.get(name..)?.iter().position(|b| *b == 0)?;
        at = match version {
            4 => end + 1,
            // One to eight zeros make the entry's length a multiple of eight.
            _ => at + (end - at) / 8 * 8 + 8,
        };
    }
    // The extensions: a split index has most of its entries elsewhere.
    let end = index.len().checked_sub(format.bytes())?;
    while at < end {
        if index.get(at..at + 4)? == b"link" {
            return None;
        }
        at = at.checked_add(8)?.checked_add(number(at + 4)? as usize)?;
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of this version with a path at each of these stages.
    fn index(version: u32, paths: &[(&str, u16)]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.extend_from_slice(&(paths.len() as u32).to_be_bytes());
        for (path, stage) in paths {
            let start = bytes.len();
            // Numbers that look like ends of names and marks.
            bytes.extend_from_slice(&[0x80; STAT + 20]);
            bytes.extend_from_slice(&((stage << 12) | path.len() as u16).to_be_bytes());
            if version == 4 {
                bytes.extend_from_slice(&[0x81, 0x00]);
                bytes.extend_from_slice(path.as_bytes());
                bytes.push(0);
            } else {
                bytes.extend_from_slice(path.as_bytes());
                let zeros = 8 - (bytes.len() - start) % 8;
                bytes.resize(bytes.len() + zeros, 0);
            }
        }
        bytes.extend_from_slice(b"TREE\0\0\0\x03abc");
        bytes.extend_from_slice(&[7; 20]);
        bytes
    }

    #[test]
    fn stages_are_found_wherever_they_are() {
        // Names of every length, so that every padding is there.
        let long = "p".repeat(20);
        for version in 2..=4 {
            for length in 1..=long.len() {
                let (one, two) = (&long[..length], "z/z");
                let scan =
                    |paths: &[(&str, u16)]| has_stages(&index(version, paths), ObjectFormat::Sha1);
                assert_eq!(scan(&[]), Some(false));
                assert_eq!(scan(&[(one, 0), (two, 0)]), Some(false));
                assert_eq!(scan(&[(one, 0), (two, 1)]), Some(true));
                assert_eq!(scan(&[(one, 3), (two, 0)]), Some(true));
            }
        }
    }

    #[test]
    fn what_is_not_read_whole_is_not_judged() {
        let whole = index(2, &[("a", 0), ("b", 0)]);
        for cut in 0..whole.len() - 31 {
            assert_eq!(has_stages(&whole[..cut], ObjectFormat::Sha1), None, "{cut}");
        }
        let mut split = whole.clone();
        let at = split.windows(4).position(|w| w == b"TREE").unwrap();
        split[at..at + 4].copy_from_slice(b"link");
        assert_eq!(has_stages(&split, ObjectFormat::Sha1), None);
        assert_eq!(has_stages(&index(5, &[]), ObjectFormat::Sha1), None);
    }
}
