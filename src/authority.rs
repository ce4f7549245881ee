//! The one judge of authority: what a token lets its bearer do. Pure: what is known of the
//! remote, the policy and the time come in.

use crate::clock::{CLOCK_SKEW, DAY, Moment};
use crate::identity::Identity;
use crate::keys::KeyRing;
use crate::names;
use crate::policy::Policy;
use crate::token::{self, Claims, TokenKind};
use std::fmt;

/// Why a token is not accepted. Everything that is not authentic gives one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// Forged, damaged, of another key or another repository.
    NotValid,
    /// Authentic, and past its end.
    Expired,
    /// Authentic, and unused for longer than the policy allows.
    Idle,
    /// Authentic, and revoked.
    Revoked,
    /// Authentic, and of the old format, which does not tell this repository from another
    /// one of its name.
    Unbound,
    /// Well formed, and sealed by the key of this number, which is retired.
    RetiredKey(u32),
    /// Authentic, and an operator's, where a sandbox's is needed.
    NoSandbox,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rejection::RetiredKey(id) => {
                return write!(f, "the key that sealed it, {id:08x}, is retired");
            }
            Rejection::NoSandbox => "it is an operator's, and opens no sandbox",
            Rejection::NotValid => "it is not valid for this repository",
            Rejection::Expired => "it has expired",
            Rejection::Idle => "it was not used for too long",
            Rejection::Revoked => "it was revoked",
            Rejection::Unbound => {
                "it is older than this repository's identity, and fits any repository of this name"
            }
        })
    }
}

/// What is known besides a token's own claims. What is not known yet is left out, and then
/// no token is rejected for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The present, in seconds since 1970.
    pub now: i64,
    /// Whether the token was revoked.
    pub revoked: bool,
    /// The date of the branch's tip, in seconds since 1970. It is what the pusher wrote there.
    pub tip: Option<i64>,
    /// When the server last took a push with this token, by its own clock, in seconds since
    /// 1970.
    pub recorded: Option<i64>,
    /// The identity of the repository.
    pub repository: Identity,
    /// Whether the remote is known to lack the token's branch.
    pub lacks_branch: bool,
    /// After how many days without use a sandbox's token ends; none: never.
    pub idle_days: Option<u32>,
}

impl Facts {
    /// Nothing is known but the present.
    pub fn at(now: Moment) -> Facts {
        Facts {
            now: now.seconds(),
            revoked: false,
            tip: None,
            recorded: None,
            repository: Identity::Unknown,
            lacks_branch: false,
            idle_days: None,
        }
    }

    /// The repository is known too.
    pub fn of(self, repository: Identity) -> Facts {
        Facts { repository, ..self }
    }

    /// The policy is known too.
    pub fn under(self, policy: &Policy) -> Facts {
        Facts {
            idle_days: policy.sandbox().idle_days,
            ..self
        }
    }
}

/// A token that is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// When it ends, in seconds since 1970, if nothing is written until then; none: never.
    pub ends: Option<i64>,
}

/// Judges an authentic token.
///
/// Errors: why it is not accepted.
pub fn judge(claims: &Claims, facts: &Facts) -> Result<Grant, Rejection> {
    check_repository(claims, facts)?;
    if facts.revoked {
        return Err(Rejection::Revoked);
    }
    let past = |end: Option<i64>| end.is_some_and(|end| facts.now >= end);
    if past(claims.expires) {
        return Err(Rejection::Expired);
    }
    let ends = ends(claims, facts);
    match past(ends) {
        true => Err(Rejection::Idle),
        false => Ok(Grant { ends }),
    }
}

/// Why a token is rejected that no key of this ring opens. What is sealed by a key that the
/// ring lacks is another matter: nobody who has this ring can judge it.
pub fn unopened(text: &str, ring: &KeyRing) -> Rejection {
    let retired = token::retired_key(text, ring);
    let number = retired.and_then(|id| u32::from_str_radix(id, 16).ok());
    number.map_or(Rejection::NotValid, Rejection::RetiredKey)
}

/// Rejects a token of another repository.
///
/// A token of the first format is bound to a name alone. Where the repository has an
/// identity, such a token still writes a sandbox that is there: its branch tells the
/// repositories of one name apart. It makes no branch, and it is no operator's.
fn check_repository(claims: &Claims, facts: &Facts) -> Result<(), Rejection> {
    if is_foreign(claims, facts.repository) {
        return Err(Rejection::NotValid);
    }
    match (claims.repository, facts.repository) {
        (None, Identity::Is(_)) if claims.is_operator() || facts.lacks_branch => {
            Err(Rejection::Unbound)
        }
        _ => Ok(()),
    }
}

/// Whether a token is bound to an identity that this repository does not have.
pub fn is_foreign(claims: &Claims, here: Identity) -> bool {
    match (claims.repository, here) {
        (Some(bound), Identity::Is(id)) => bound != id,
        (Some(_), Identity::Absent) => true,
        _ => false,
    }
}

/// When a token ends if nothing is written until then, in seconds since 1970; none: never.
///
/// A sandbox's token ends `idle_days` after the later of its issue and its last use, and
/// never after its own end. An operator's only has its own end.
///
/// The server's own record is what counts where there is one, since a tip's date is its
/// writer's claim. A tip that is dated ahead of the present by more than [`CLOCK_SKEW`]
/// shows no use at all.
pub fn ends(claims: &Claims, facts: &Facts) -> Option<i64> {
    let now = facts.now;
    let credible = |tip: i64| (tip <= now.saturating_add(CLOCK_SKEW)).then(|| tip.min(now));
    let last = facts.recorded.or(facts.tip.and_then(credible));
    let used = claims.issued.max(last.unwrap_or(claims.issued));
    let idle = facts.idle_days.filter(|_| !claims.is_operator());
    let idle = idle.map(|days| used.saturating_add(i64::from(days) * DAY));
    idle.into_iter().chain(claims.expires).min()
}

/// Whether a token that [`ends`] then does so whatever is written until then.
pub fn ends_for_good(claims: &Claims, ends: Option<i64>) -> bool {
    ends.is_some() && claims.expires == ends
}

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub enum Writer<'a> {
    /// Somebody without a token.
    Nobody,
    /// Somebody with a token that only the server can open.
    Bearer,
    /// Somebody with a token that was judged good.
    Holder(&'a Claims),
}

/// What stands between a writer and a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barrier {
    /// The token is of another sandbox.
    OtherBranch,
    /// The branch is protected, and changes by an operator alone.
    Protected,
    /// The branch is a sandbox, and no token was given.
    NoToken,
}

/// Whether a writer may write a branch. `is_default` tells whether it is the remote's
/// default branch; it is asked where the answer depends on it.
///
/// Errors: those of `is_default`; the inner one says what stands between.
pub fn may_write<E>(
    writer: Writer<'_>,
    branch: &str,
    policy: &Policy,
    is_default: impl FnOnce() -> Result<bool, E>,
) -> Result<Result<(), Barrier>, E> {
    let protected = policy.is_protected(branch);
    match writer {
        Writer::Holder(claims) if claims.is_operator() => return Ok(Ok(())),
        Writer::Holder(claims) if !protected && claims.branch.as_deref() != Some(branch) => {
            return Ok(Err(Barrier::OtherBranch));
        }
        _ => {}
    }
    let is_sandbox = names::is_sandbox(branch);
    if protected || (!is_sandbox && is_default()?) {
        return Ok(Err(Barrier::Protected));
    }
    match writer {
        Writer::Nobody if is_sandbox => Ok(Err(Barrier::NoToken)),
        _ => Ok(Ok(())),
    }
}

impl Claims {
    /// Whether the token is an operator's.
    pub fn is_operator(&self) -> bool {
        self.kind == TokenKind::Operator
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyFile;
    use std::convert::Infallible;

    const NOW: i64 = 1000 + 100 * DAY;

    fn claims(expires: Option<i64>) -> Claims {
        Claims {
            branch: Some("sandbox-emerald-hawk".into()),
            base: None,
            id: "0123456789abcdef".into(),
            kind: TokenKind::Sandbox,
            repository: None,
            pod: None,
            issued: 1000,
            expires,
        }
    }

    fn facts(now: i64, tip: Option<i64>, recorded: Option<i64>, days: u32) -> Facts {
        Facts {
            now,
            revoked: false,
            tip,
            recorded,
            repository: Identity::Unknown,
            lacks_branch: false,
            idle_days: Some(days),
        }
    }

    #[test]
    fn a_token_is_good_for_its_own_repository_alone() {
        use crate::identity::RepositoryId;
        let [ours, theirs] = ["0a", "0b"].map(|d| RepositoryId::parse(&d.repeat(20)).unwrap());
        let judged = |bound, kind, identity, lacks_branch| {
            let claims = Claims {
                repository: bound,
                kind,
                ..claims(None)
            };
            let facts = Facts {
                lacks_branch,
                ..Facts::at(Moment::from_seconds(NOW)).of(identity)
            };
            judge(&claims, &facts).err()
        };
        use Identity::{Absent, Is, Unknown};
        use TokenKind::{Operator, Sandbox};
        for kind in [Sandbox, Operator] {
            for lacks in [false, true] {
                assert_eq!(judged(Some(ours), kind, Is(ours), lacks), None);
                assert_eq!(judged(Some(ours), kind, Unknown, lacks), None);
                let foreign = judged(Some(theirs), kind, Is(ours), lacks);
                assert_eq!(foreign, Some(Rejection::NotValid));
                // A repository without an identity never gave out such a token.
                let absent = judged(Some(ours), kind, Absent, lacks);
                assert_eq!(absent, Some(Rejection::NotValid));
                assert_eq!(judged(None, kind, Absent, lacks), None);
                assert_eq!(judged(None, kind, Unknown, lacks), None);
            }
            assert_eq!(judged(None, kind, Is(ours), true), Some(Rejection::Unbound));
        }
        assert_eq!(judged(None, Sandbox, Is(ours), false), None);
        let operator = judged(None, Operator, Is(ours), false);
        assert_eq!(operator, Some(Rejection::Unbound));
    }

    #[test]
    fn idle_time_counts_from_the_later_of_issue_and_last_use() {
        let c = claims(None);
        let at = |tip| ends(&c, &facts(9000, tip, None, 1));
        assert_eq!(at(None), Some(1000 + DAY));
        assert_eq!(at(Some(5000)), Some(5000 + DAY));
        assert_eq!(at(Some(500)), Some(1000 + DAY));
        let never = Facts {
            idle_days: None,
            ..facts(9000, Some(5000), None, 0)
        };
        assert_eq!(ends(&c, &never), None);
        assert_eq!(
            ends(&claims(Some(2000)), &facts(1500, Some(1400), None, 1)),
            Some(2000),
            "a use outlives the token's own end"
        );
        let operator = Claims {
            branch: None,
            kind: TokenKind::Operator,
            ..c.clone()
        };
        assert_eq!(ends(&operator, &facts(9000, None, None, 0)), None);
        let at_end = facts(1000 + DAY, None, None, 1);
        assert_eq!(judge(&c, &at_end), Err(Rejection::Idle));
        assert!(judge(&c, &facts(999 + DAY, None, None, 1)).is_ok());
    }

    #[test]
    fn a_tip_that_is_dated_ahead_is_no_use_and_the_servers_record_outweighs_any_tip() {
        let c = claims(None);
        let good = |tip, recorded| judge(&c, &facts(NOW, tip, recorded, 90)).is_ok();
        assert!(!good(Some(NOW + CLOCK_SKEW + 1), None));
        assert!(!good(Some(i64::MAX), None));
        assert!(good(Some(NOW + CLOCK_SKEW), None), "a clock may be ahead");
        assert!(good(Some(NOW - DAY), None));
        assert!(
            !good(Some(NOW - DAY), Some(1000)),
            "the tip is a claim alone"
        );
        assert!(good(Some(i64::MAX), Some(NOW - DAY)));
        // What a clock is ahead by gives no time.
        let ahead = facts(NOW, Some(NOW + CLOCK_SKEW), None, 1);
        assert_eq!(ends(&c, &ahead), Some(NOW + DAY));
        assert!(!ends_for_good(&c, ends(&c, &ahead)));
        assert!(!ends_for_good(&c, None));
        assert!(ends_for_good(&claims(Some(2000)), Some(2000)));
    }

    #[test]
    fn revoked_comes_before_expired_and_expired_before_idle() {
        let c = claims(Some(2000));
        let all = Facts {
            revoked: true,
            ..facts(NOW, None, None, 1)
        };
        assert_eq!(judge(&c, &all), Err(Rejection::Revoked));
        let not_revoked = Facts {
            revoked: false,
            ..all
        };
        assert_eq!(judge(&c, &not_revoked), Err(Rejection::Expired));
        assert_eq!(judge(&claims(None), &not_revoked), Err(Rejection::Idle));
        assert!(judge(&c, &facts(1999, None, None, 1)).is_ok());
        assert_eq!(
            judge(&c, &facts(2000, None, None, 1)),
            Err(Rejection::Expired)
        );
    }

    #[test]
    fn the_days_of_the_policy_count_and_each_rejection_has_words_of_its_own() {
        let none = PolicyFile::default();
        let mut file = PolicyFile::default();
        file.sandbox.idle_days = Some(3);
        let under = |file: &PolicyFile| {
            let policy = Policy::new(file, &none, "sandbox", None);
            Facts::at(Moment::from_seconds(NOW)).under(&policy)
        };
        assert_eq!(under(&file).idle_days, Some(3));
        assert_eq!(under(&none).idle_days, Some(crate::policy::IDLE_DAYS));
        let kept = Facts {
            idle_days: Some(3),
            ..Facts::at(Moment::from_seconds(NOW))
        };
        assert_eq!(under(&file), kept);
        assert_eq!(kept.now, NOW);
        let all = [
            Rejection::NotValid,
            Rejection::Expired,
            Rejection::Idle,
            Rejection::Revoked,
        ];
        let words: std::collections::BTreeSet<String> = all.map(|r| r.to_string()).into();
        assert_eq!(words.len(), all.len());
        assert!(words.iter().all(|w| w.starts_with("it ")), "{words:?}");
    }

    #[test]
    fn each_writer_meets_the_barriers_of_each_branch() {
        let none = PolicyFile::default();
        let policy = Policy::new(&none, &none, "sandbox", None);
        let own = claims(None);
        let operator = Claims {
            branch: None,
            kind: TokenKind::Operator,
            ..own.clone()
        };
        let verdict = |writer, branch: &str| {
            let is_default = || Ok::<bool, Infallible>(branch == "trunk");
            match may_write(writer, branch, &policy, is_default) {
                Ok(Ok(())) => None,
                Ok(Err(barrier)) => Some(barrier),
                Err(never) => match never {},
            }
        };
        use Barrier::{NoToken, OtherBranch, Protected};
        let (hawk, fox) = ("sandbox-emerald-hawk", "sandbox-red-fox");
        // A sandbox, another one, a protected branch, the default one, any other.
        let branches = [hawk, fox, "main", "trunk", "feature"];
        let table = [
            (
                Writer::Nobody,
                [
                    Some(NoToken),
                    Some(NoToken),
                    Some(Protected),
                    Some(Protected),
                    None,
                ],
            ),
            (
                Writer::Bearer,
                [None, None, Some(Protected), Some(Protected), None],
            ),
            (
                Writer::Holder(&own),
                [
                    None,
                    Some(OtherBranch),
                    Some(Protected),
                    Some(OtherBranch),
                    Some(OtherBranch),
                ],
            ),
            (Writer::Holder(&operator), [None; 5]),
        ];
        for (writer, expected) in table {
            for (branch, expected) in branches.iter().zip(expected) {
                assert_eq!(verdict(writer, branch), expected, "{writer:?} {branch}");
            }
        }
    }
}
