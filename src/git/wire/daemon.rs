//! Connects to a remote over `git://` (git daemon): plain TCP.

use super::{Link, LinkSettings, Service, pkt_line};
use crate::error::{Error, Kind, OrFail, Result};
use crate::git::endpoint::Daemon;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

/// How many addresses of a host are tried.
const MAX_ADDRESSES: usize = 4;

/// How many bytes are sent before the clock is checked again.
const PIECE: usize = 16 << 10;

pub(super) struct DaemonLink(TcpStream);

pub(super) fn open(
    to: &Daemon,
    service: Service,
    version2: bool,
    settings: &LinkSettings,
) -> Result<DaemonLink> {
    let place = format!("{}:{}", to.host(), to.port());
    let addresses = place.to_socket_addrs().or_fail(Kind::Unavailable, || {
        format!("the host `{}` could not be found", to.host())
    })?;
    let mut last = None;
    // A name may have any number of addresses, and each of them may cost a whole timeout.
    for address in addresses.take(MAX_ADDRESSES) {
        match TcpStream::connect_timeout(&address, settings.timeout) {
            Ok(stream) => {
                stream
                    .set_read_timeout(Some(settings.timeout))
                    .and_then(|()| stream.set_write_timeout(Some(settings.timeout)))
                    .and_then(|()| stream.set_nodelay(true))
                    .or_fail(Kind::Internal, || {
                        "the socket could not be set up".to_owned()
                    })?;
                let mut link = DaemonLink(stream);
                // gitprotocol-pack: the request line, then extra parameters after a second NUL.
                let extra = if version2 { "\0version=2\0" } else { "" };
                let mut request = Vec::new();
                pkt_line::write(
                    &mut request,
                    format!(
                        "git-{} {}\0host={}\0{extra}",
                        service.command(),
                        to.path(),
                        place
                    )
                    .as_bytes(),
                )?;
                link.0.write_all(&request).or_fail(Kind::Unavailable, || {
                    format!("{place} accepted the connection but not the request")
                })?;
                return Ok(link);
            }
            Err(e) => last = Some(e),
        }
    }
    let error = Error::new(Kind::Unavailable, format!("no connection to {place}"))
        .hint("check that the server is up and that the port is right");
    Err(match last {
        Some(cause) => error.caused_by(cause),
        None => error,
    })
}

impl Read for DaemonLink {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        // A socket's timeout is `WouldBlock` on Unix and `TimedOut` on Windows.
        self.0.read(to).map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
            _ => e,
        })
    }
}

impl Link for DaemonLink {
    fn send(&mut self, body: &mut dyn Read, _length: Option<u64>) -> io::Result<()> {
        let mut buffer = [0; PIECE];
        loop {
            let n = match body.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            match self.0.write_all(&buffer[..n]) {
                Ok(()) => {}
                Err(e) => match e.kind() {
                    io::ErrorKind::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
                    // The server closed the connection first; its answer may still say why.
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => return Ok(()),
                    _ => return Err(e),
                },
            }
        }
    }

    fn finish_sending(&mut self) {
        let _ = self.0.shutdown(std::net::Shutdown::Write);
    }

    fn complaint(&mut self) -> String {
        String::new()
    }
}
