//! The pkt-line framing and the side-band (gitprotocol-common, gitprotocol-pack).

use crate::error::{Error, Kind, Result};
use std::io::{self, Read, Write};

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Packet {
    /// The payload of a line or a band.
    Data(Vec<u8>),
    /// `0000`, the end of a section.
    Flush,
    /// `0001`, the separator of protocol version 2.
    Delimiter,
    /// `0002`, the end of a stateless answer.
    End,
}

/// The longest payload of one frame, in bytes (gitprotocol-common: 65520 with its length).
pub const MAX_DATA: usize = 65516;

/// How much of a server's own words is shown, in characters.
const MAX_SHOWN: usize = 2000;

impl Packet {
    /// Its size in the stream, with its length field, in bytes.
    pub fn length(&self) -> u64 {
        match self {
            Packet::Data(data) => data.len() as u64 + 4,
            _ => 4,
        }
    }
}

/// Reads one frame; `None` if the stream ends before a frame begins.
///
/// Errors: `InvalidData` for a malformed length, `UnexpectedEof` inside a frame.
pub fn read(from: &mut dyn Read) -> io::Result<Option<Packet>> {
    match read_head(from)? {
        Some(head) => read_after(head, from).map(Some),
        None => Ok(None),
    }
}

/// Reads the first bytes of a frame, or of what stands in its place; `None` if the stream ends
/// before them.
///
/// Errors: `UnexpectedEof` within them.
pub fn read_head(from: &mut dyn Read) -> io::Result<Option<[u8; 4]>> {
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
    Ok(Some(head))
}

/// Reads the rest of the frame that begins with `head`.
///
/// Errors: those of [`read`].
pub fn read_after(head: [u8; 4], from: &mut dyn Read) -> io::Result<Packet> {
    let length = std::str::from_utf8(&head)
        .ok()
        .filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()))
        .and_then(|t| usize::from_str_radix(t, 16).ok())
        .ok_or_else(|| not_git(head, from))?;
    match length {
        0 => Ok(Packet::Flush),
        1 => Ok(Packet::Delimiter),
        2 => Ok(Packet::End),
        3 => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a pkt-line of length 3",
        )),
        _ if length > MAX_DATA + 4 => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a pkt-line of length {length}, and 65520 is the longest"),
        )),
        _ => {
            let mut data = vec![0; length - 4];
            from.read_exact(&mut data)?;
            Ok(Packet::Data(data))
        }
    }
}

/// The error for an answer of another program. Its first line says most about it.
fn not_git(head: [u8; 4], from: &mut dyn Read) -> io::Error {
    let mut said = head.to_vec();
    let mut more = [0; MAX_SHOWN];
    // What came with the beginning is enough: nothing says that more will come.
    let got = from.read(&mut more).unwrap_or_default();
    said.extend_from_slice(&more[..got]);
    let text = brief(&said);
    let line = text.lines().next().unwrap_or_default();
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the answer is not git's protocol; it begins with {line:?}"),
    )
}

/// Appends one frame with `data`.
///
/// Errors: usage, when `data` is longer than [`MAX_DATA`].
pub fn write(to: &mut Vec<u8>, data: &[u8]) -> Result<()> {
    if data.len() > MAX_DATA {
        return Err(Error::new(
            Kind::Usage,
            format!(
                "a name or address of {} bytes is longer than git's protocol takes",
                data.len()
            ),
        ));
    }
    // Writing to a Vec cannot fail.
    let _ = write!(to, "{:04x}", data.len() + 4);
    to.extend_from_slice(data);
    Ok(())
}

/// Appends `0000`.
pub fn flush(to: &mut Vec<u8>) {
    to.extend_from_slice(b"0000");
}

/// Appends `0001`.
pub fn delimiter(to: &mut Vec<u8>) {
    to.extend_from_slice(b"0001");
}

/// The text of a line, without its newline; bytes that are not UTF-8 are replaced.
pub fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data.strip_suffix(b"\n").unwrap_or(data)).into_owned()
}

/// A server's own words, cut to a length that people read.
pub fn brief(said: &[u8]) -> String {
    // A character has at most four bytes, so the rest need not be decoded.
    let said = &said[..said.len().min(MAX_SHOWN * 4)];
    let text = String::from_utf8_lossy(said);
    text.trim().chars().take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_round_trip() {
        let mut buf = Vec::new();
        write(&mut buf, b"hello\n").unwrap();
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
        let long = format!("ffff{}", "x".repeat(65531));
        for bad in ["<htm", "00", "0003", "+00a123456", "000ahi", "fff1", &long] {
            assert!(
                read(&mut bad.as_bytes()).is_err(),
                "{:?} was read",
                &bad[..4.min(bad.len())]
            );
        }
        let longest = format!("fff0{}", "x".repeat(MAX_DATA));
        assert!(read(&mut longest.as_bytes()).is_ok());
        assert!(write(&mut Vec::new(), &[b'x'; MAX_DATA]).is_ok());
        assert!(write(&mut Vec::new(), &[b'x'; MAX_DATA + 1]).is_err());
    }
}
