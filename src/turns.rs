//! The line in which writers of one branch stand who come from several machines, and what each
//! of them does in it. Pure.
//!
//! Who has lost a few races for a branch takes a ticket: a ref
//! `refs/aidf/turn/<branch>/<number>-<random>`, one number above all that are there (Lamport's
//! bakery). Who meets tickets of others takes one too, and lets those before its own write first.
//! A ticket goes with the push that it was taken for. Where nobody has one, the next to come
//! writes at once.
//!
//! It is a courtesy. The remote's compare-and-swap alone decides what lands: whoever knows
//! nothing of tickets races, and a ticket that stays where it is counts for a while only.

use std::collections::BTreeSet;
use std::time::Duration;

/// The prefix of all tickets.
pub const PREFIX: &str = "refs/aidf/turn/";

/// Where the tickets for a branch are, by its short name.
pub fn folder(branch: &str) -> String {
    format!("{PREFIX}{branch}/")
}

/// The branch that a ticket is for, of what follows the prefix; none for what is no ticket.
pub fn branch_of(rest: &str) -> Option<&str> {
    let (branch, ticket) = rest.rsplit_once('/')?;
    number_of(ticket).map(|_| branch)
}

/// The number of a ticket: ten digits, and eight hexadecimal digits by chance after them.
fn number_of(ticket: &str) -> Option<u64> {
    let (number, chance) = ticket.split_once('-')?;
    let are = |text: &str, count, is: fn(&u8) -> bool| {
        text.len() == count && text.bytes().all(|b| is(&b))
    };
    let is_hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let sound = are(number, 10, u8::is_ascii_digit) && are(chance, 8, is_hex);
    number.parse().ok().filter(|_| sound)
}

/// What one writer has seen of the line, and where it stands in it.
#[derive(Debug, Default)]
pub struct Line {
    /// The folder of its tickets.
    folder: String,
    /// Its own ticket, once it has one.
    ticket: Option<String>,
    /// The ticket that was the next one to write, and since when.
    next: Option<(String, Duration)>,
    /// Those that stayed where they were for too long.
    stale: BTreeSet<String>,
}

/// What a writer does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// It writes.
    Ours,
    /// It waits: so many write before it.
    Behind(usize),
}

impl Line {
    /// The line for a branch, by its short name.
    pub fn of(branch: &str) -> Line {
        Line {
            folder: folder(branch),
            ..Line::default()
        }
    }

    /// Where its tickets are.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Its own ticket.
    pub fn ticket(&self) -> Option<&str> {
        self.ticket.as_deref()
    }

    /// A ticket after all that are there; `chance` tells it from those that are taken at the
    /// same moment. None, where no number is left.
    pub fn next_ticket<'n>(
        &self,
        there: impl IntoIterator<Item = &'n str>,
        chance: u32,
    ) -> Option<String> {
        let numbers = there.into_iter().filter_map(|name| self.number(name));
        let number = numbers.max().unwrap_or(0) + 1;
        let ticket = format!("{number:010}-{chance:08x}");
        number_of(&ticket).map(|_| format!("{}{ticket}", self.folder))
    }

    /// Takes note of its own ticket; none, once that is gone.
    pub fn hold(&mut self, ticket: Option<String>) {
        self.ticket = ticket;
    }

    /// What to do, by the names of the tickets that are there `now`, the time since the write
    /// began. A ticket that is the next one to write for longer than `slow` counts no more.
    pub fn look<'n>(
        &mut self,
        there: impl IntoIterator<Item = &'n str>,
        now: Duration,
        slow: Duration,
    ) -> Stand {
        let there = there.into_iter().filter(|name| self.number(name).is_some());
        let others = there.filter(|name| self.ticket.as_deref() != Some(*name));
        let is_before = |name: &&str| self.ticket.as_deref().is_none_or(|own| *name < own);
        let before = others
            .filter(is_before)
            .filter(|n| !self.stale.contains(*n));
        let before: BTreeSet<String> = before.map(str::to_owned).collect();
        let Some(next) = before.first() else {
            self.next = None;
            return Stand::Ours;
        };
        match &self.next {
            Some((known, since)) if known == next => {
                if now.saturating_sub(*since) > slow {
                    let behind = before.len() - 1;
                    self.stale.insert(next.clone());
                    self.next = None;
                    return match behind {
                        0 => Stand::Ours,
                        _ => Stand::Behind(behind),
                    };
                }
            }
            _ => self.next = Some((next.clone(), now)),
        }
        Stand::Behind(before.len())
    }

    /// Whether a ticket is to go with the push: its own, and those that nobody seems to hold.
    pub fn ends(&self, name: &str) -> bool {
        self.ticket.as_deref() == Some(name) || self.stale.contains(name)
    }

    fn number(&self, name: &str) -> Option<u64> {
        number_of(name.strip_prefix(&self.folder)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Duration = Duration::from_secs(3);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn ticket(number: u64, chance: u32) -> String {
        format!("{}{number:010}-{chance:08x}", folder("sandbox-a"))
    }

    #[test]
    fn a_ticket_is_after_all_that_are_there_and_names_its_branch() {
        let line = Line::of("sandbox-a");
        let other = "refs/aidf/turn/sandbox-b/0000000099-00000000";
        let there = [ticket(3, 1), ticket(7, 0), other.to_owned()];
        let next = line.next_ticket(there.iter().map(String::as_str), 0xabc);
        assert_eq!(next, Some(ticket(8, 0xabc)));
        let first = line.next_ticket([], 1).unwrap();
        assert_eq!(first, ticket(1, 1));
        assert_eq!(
            branch_of(first.strip_prefix(PREFIX).unwrap()),
            Some("sandbox-a")
        );
        let last = ticket(9_999_999_999, 0);
        assert_eq!(line.next_ticket([last.as_str()], 0), None);
        for none in ["", "a", "a/1-2", "a/0000000001", "a/0000000001-0000000G"] {
            assert_eq!(branch_of(none), None, "{none}");
        }
    }

    #[test]
    fn who_has_a_ticket_writes_after_those_before_it_and_before_those_after_it() {
        let mut line = Line::of("sandbox-a");
        let (one, ours, three) = (ticket(1, 0), ticket(2, 0), ticket(3, 0));
        assert_eq!(line.look([one.as_str()], at(0), SLOW), Stand::Behind(1));
        line.hold(Some(ours.clone()));
        let all = [one.as_str(), &ours, &three];
        assert_eq!(line.look(all, at(1), SLOW), Stand::Behind(1));
        assert_eq!(
            line.look(all[1..].iter().copied(), at(2), SLOW),
            Stand::Ours
        );
        assert!(line.ends(&ours) && !line.ends(&one) && !line.ends(&three));
    }

    #[test]
    fn who_has_none_is_behind_all_and_writes_at_once_where_nobody_has_one() {
        let mut line = Line::of("sandbox-a");
        let (one, two) = (ticket(1, 0), ticket(2, 0));
        let stand = line.look([one.as_str(), &two], at(0), SLOW);
        assert_eq!(stand, Stand::Behind(2));
        assert_eq!(line.look([two.as_str()], at(1), SLOW), Stand::Behind(1));
        assert_eq!(line.look([], at(2), SLOW), Stand::Ours);
    }

    #[test]
    fn a_ticket_that_stays_counts_for_a_while_only_and_goes_with_the_push() {
        let mut line = Line::of("sandbox-a");
        let (dead, two) = (ticket(1, 0), ticket(2, 0));
        let all = [dead.as_str(), &two];
        assert_eq!(line.look(all, at(0), SLOW), Stand::Behind(2));
        assert_eq!(line.look(all, at(3), SLOW), Stand::Behind(2));
        assert_eq!(line.look(all, at(4), SLOW), Stand::Behind(1));
        // The next one has all of the time for itself.
        assert_eq!(line.look(all, at(5), SLOW), Stand::Behind(1));
        assert_eq!(line.look(all, at(8), SLOW), Stand::Behind(1));
        assert_eq!(line.look(all, at(9), SLOW), Stand::Ours);
        assert!(line.ends(&dead) && line.ends(&two));
    }

    #[test]
    fn what_is_no_ticket_keeps_nobody_waiting() {
        let mut line = Line::of("sandbox-a");
        let junk = [
            "refs/aidf/turn/sandbox-a/x",
            "refs/aidf/turn/sandbox-a/b/0000000001-00000000",
        ];
        assert_eq!(line.look(junk, at(0), SLOW), Stand::Ours);
    }
}
