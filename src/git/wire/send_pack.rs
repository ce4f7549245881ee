//! Pushing (gitprotocol-pack, "Pushing Data To a Server"). The advertisement gives every
//! ref's tip, and the commands name the old tips. Only the server's report is believed.

use super::advertisement::{Advertisement, OUR_AGENT, format_capability, read_greeting};
use super::deadline::Deadline;
use super::pkt_line::{self, Packet};
use super::report::{Messages, PushOutcome, RefUpdate, Report};
use super::{Endpoint, LinkSettings, PATIENCE_WITH_HOOKS, Service, Wire};
use crate::error::{Error, Kind, Result};
use crate::git::id::CommitId;
use crate::git::pack::Pack;
use std::io::Read;

/// The most bytes that hooks and server may send besides the report.
const MAX_TALK: u64 = 64 << 20;

/// Why a push has no report.
#[derive(Debug)]
pub enum PushFailure {
    /// Nothing was sent, so nothing has moved.
    NotSent(Error),
    /// The commands may have reached the server. The caller must look at the refs again.
    NoAnswer(Error),
}

/// A connection that has read every ref, and may push once.
pub struct PushConnection {
    wire: Wire,
    /// What the server sent on connecting.
    pub advertisement: Advertisement,
}

impl PushConnection {
    /// Connects and reads the advertisement.
    ///
    /// Errors: not_found, auth, unavailable.
    pub(crate) fn open(endpoint: &Endpoint, settings: &LinkSettings) -> Result<PushConnection> {
        PushConnection::greeted(Wire::connect(
            endpoint,
            Service::ReceivePack,
            false,
            settings,
        )?)
    }

    /// Reads the advertisement of a server after connecting.
    pub(super) fn greeted(mut wire: Wire) -> Result<PushConnection> {
        let advertisement = read_greeting(&mut wire, Service::ReceivePack, false)?.refs;
        wire.settle();
        Ok(PushConnection {
            wire,
            advertisement,
        })
    }

    /// Ends the connection without pushing, as the protocol requires.
    pub fn close(mut self) {
        if !self.wire.is_http() {
            let _ = self.wire.send(b"0000");
        }
        self.wire.link.finish_sending();
    }

    /// Pushes `updates`; if there are several, all or none. `pack` is `None` if refs are
    /// only deleted; `options` go to the server's hooks.
    pub(crate) fn push(
        mut self,
        updates: &[RefUpdate],
        pack: Option<Pack>,
        options: &[String],
    ) -> std::result::Result<PushOutcome, PushFailure> {
        let request = self
            .request(updates, options)
            .map_err(PushFailure::NotSent)?;
        let sent = match pack {
            Some(pack) => {
                let length = pack.length.map(|l| l + request.len() as u64);
                let mut body = request.as_slice().chain(pack.bytes);
                self.wire.send_from(&mut body, length)
            }
            None => self.wire.send(&request),
        };
        self.wire.link.finish_sending();
        sent.and_then(|()| self.read_report(updates))
            .map_err(PushFailure::NoAnswer)
    }

    fn request(&self, updates: &[RefUpdate], options: &[String]) -> Result<Vec<u8>> {
        let server = &self.advertisement;
        let lacking = |what: &str| {
            Error::new(
                Kind::Unavailable,
                format!("this push needs `{what}`, and the server does not offer it"),
            )
            .retryable(false)
            .hint("nothing was sent; the server needs git 2.11 or later")
        };
        if !server.can("report-status") {
            return Err(lacking("report-status"));
        }
        if updates.iter().any(|u| u.new.is_none()) && !server.can("delete-refs") {
            return Err(lacking("delete-refs"));
        }
        let format = server.format();
        let ids = updates.iter().flat_map(|u| [u.old, u.new]).flatten();
        for id in ids {
            if id.format() != format {
                return Err(self.wire.other_format(format, id.format()));
            }
        }
        let names = format_capability(format);
        let usual = ["report-status", "side-band-64k", &names, OUR_AGENT];
        let mut wanted = server.offered(&usual);
        // Several refs move atomically, because a push that lands in part cannot be
        // repaired.
        if updates.len() > 1 {
            if !server.can("atomic") {
                return Err(lacking("atomic").hint("nothing was sent; the server needs git 2.11 or later, and must not have receive.advertiseAtomic=false"));
            }
            wanted.push("atomic");
        }
        if !options.is_empty() {
            if !server.can("push-options") {
                return Err(lacking("push-options")
                    .hint("on the server: git config receive.advertisePushOptions true"));
            }
            wanted.push("push-options");
        }
        let hex = |id: Option<CommitId>| id.unwrap_or(format.zero());
        let mut request = Vec::new();
        for (at, update) in updates.iter().enumerate() {
            let mut line = format!("{} {} {}", hex(update.old), hex(update.new), update.name);
            if at == 0 {
                line.push('\0');
                line.push_str(&wanted.join(" "));
            }
            pkt_line::write(&mut request, line.as_bytes())?;
        }
        pkt_line::flush(&mut request);
        if !options.is_empty() {
            for option in options {
                if option.len() > pkt_line::MAX_DATA || option.contains(['\n', '\0']) {
                    return Err(Error::new(
                        Kind::Usage,
                        "a push option is too long or contains a newline",
                    ));
                }
                pkt_line::write(&mut request, option.as_bytes())?;
            }
            pkt_line::flush(&mut request);
        }
        Ok(request)
    }

    fn read_report(&mut self, updates: &[RefUpdate]) -> Result<PushOutcome> {
        // A server keeps the connection of a slow hook alive. This wait is limited too.
        let wire = &mut self.wire;
        wire.deadline = Deadline::start(wire.timeout, PATIENCE_WITH_HOOKS, &wire.limits);
        let banded = self.advertisement.can("side-band-64k");
        let mut messages = Messages::default();
        let mut report = Report::of(updates);
        let mut talk = 0;
        loop {
            let packet = match wire.next() {
                // All verdicts are known; only the output of a post-receive hook is
                // missing.
                Err(_) if report.is_complete() => break,
                other => other?,
            };
            let data = match packet {
                Some(Packet::Data(data)) => data,
                Some(_) => break,
                None if report.is_empty() || !banded => return Err(wire.cut_off()),
                None => break,
            };
            let taken = match data.split_first() {
                _ if !banded => {
                    let mut line = Vec::new();
                    pkt_line::write(&mut line, &data)?;
                    report.add(&line)
                }
                Some((1, rest)) => report.add(rest),
                Some((3, rest)) => {
                    messages.add(rest);
                    let said = messages.finish().join("\n");
                    return Err(Error::new(Kind::Denied, "the server ended the push")
                        .caused_by(anyhow::anyhow!(said)));
                }
                other => {
                    if let Some((2, rest)) = other {
                        messages.add(rest);
                    }
                    talk += data.len() as u64 + 4;
                    talk <= MAX_TALK
                }
            };
            if !taken {
                if report.is_complete() {
                    break;
                }
                return Err(wire.too_much("its report of the push", "bounds", ""));
            }
        }
        report.read(updates, messages.finish())
    }
}
