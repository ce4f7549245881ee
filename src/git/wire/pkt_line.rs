//! The pkt-line framing and the side-band (gitprotocol-common, gitprotocol-pack).

use std::io::{self, Read, Write};

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Packet {
    /// Bytes of a line or a band.
    Data(Vec<u8>),
    /// `0000`, the end of a section.
    Flush,
    /// `0001`, the separator of protocol version 2.
    Delimiter,
    /// `0002`, the end of a stateless answer.
    End,
}

/// The longest payload of one frame, in bytes.
pub const MAX_DATA: usize = 65516;

/// Reads one frame; `None` where the stream ends before one begins.
///
/// Errors: `InvalidData` for a malformed length, `UnexpectedEof` inside a frame.
pub fn read(from: &mut dyn Read) -> io::Result<Option<Packet>> {
    let mut head = [0u8; 4];
    let mut got = 0;
    while got < 4 {
        match from.read(&mut head[got..]) {
            Ok(0) if got == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => got += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let length = std::str::from_utf8(&head)
        .ok()
        .filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()))
        .and_then(|t| usize::from_str_radix(t, 16).ok())
        .ok_or_else(|| {
            let shown = String::from_utf8_lossy(&head).into_owned();
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "the answer is not git's protocol (it has {shown:?} where a length belongs)"
                ),
            )
        })?;
    match length {
        0 => Ok(Some(Packet::Flush)),
        1 => Ok(Some(Packet::Delimiter)),
        2 => Ok(Some(Packet::End)),
        3 => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a pkt-line of length 3",
        )),
        _ => {
            let mut data = vec![0; length - 4];
            from.read_exact(&mut data)?;
            Ok(Some(Packet::Data(data)))
        }
    }
}

/// Appends one frame with `data`.
///
/// Panics when `data` is longer than [`MAX_DATA`]; callers check what comes from outside.
pub fn write(to: &mut Vec<u8>, data: &[u8]) {
    assert!(data.len() <= MAX_DATA, "a pkt-line is too long");
    // Writing to a Vec cannot fail.
    let _ = write!(to, "{:04x}", data.len() + 4);
    to.extend_from_slice(data);
}

/// Appends `0000`.
pub fn flush(to: &mut Vec<u8>) {
    to.extend_from_slice(b"0000");
}

/// Appends `0001`.
pub fn delimiter(to: &mut Vec<u8>) {
    to.extend_from_slice(b"0001");
}

/// A line's text without its newline; bytes that are not UTF-8 are replaced.
pub fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data.strip_suffix(b"\n").unwrap_or(data)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_round_trip() {
        let mut buf = Vec::new();
        write(&mut buf, b"hello\n");
        flush(&mut buf);
        delimiter(&mut buf);
        let mut from = buf.as_slice();
        assert_eq!(
            read(&mut from).unwrap(),
            Some(Packet::Data(b"hello\n".to_vec()))
        );
        assert_eq!(read(&mut from).unwrap(), Some(Packet::Flush));
        assert_eq!(read(&mut from).unwrap(), Some(Packet::Delimiter));
        assert_eq!(read(&mut from).unwrap(), None);
    }

    #[test]
    fn what_is_not_a_frame_is_an_error() {
        for bad in ["<htm", "00", "0003", "+00a123456", "000ahi"] {
            assert!(read(&mut bad.as_bytes()).is_err(), "{bad:?} was read");
        }
    }
}
