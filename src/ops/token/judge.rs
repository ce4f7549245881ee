//! Judges an opened token by all that is known here, and by what the remote shows of its use.

use crate::authority::{self, Facts, Rejection};
use crate::context::Context;
use crate::error::{Kind, Result};
use crate::ops::revoked;
use crate::ops::snapshot::{self, Standing};
use crate::token::Claims;
use std::borrow::Cow;

/// What came of it.
pub(super) struct Judged {
    /// Why the token is not accepted; none for a good one.
    pub rejected: Option<Rejection>,
    /// When it ends, or ended, if nothing is written until then; in seconds since 1970.
    pub ends: Option<i64>,
}

/// Judges a token. `shown` tells whether the remote shows its revocation; `standing` is
/// asked for the policy and the branches where they matter, and may know none.
///
/// Errors: those of `standing`, and of fetching the tip of the token's branch.
pub(super) fn judge<'s>(
    cx: &Context,
    claims: &Claims,
    shown: bool,
    standing: impl FnOnce() -> Result<Option<Cow<'s, Standing>>>,
) -> Result<Judged> {
    let mut facts = Facts {
        revoked: revoked::is_known(cx, shown, &claims.id),
        ..Facts::at(cx.now).of(cx.identity())
    };
    let mut judged = authority::judge(claims, &facts);
    // What is over in any case needs no look at the branch.
    if judged.is_ok()
        && let Some(branch) = claims.branch.as_ref().filter(|_| !claims.is_operator())
        && let Some(standing) = standing()?
    {
        let tip = match standing.tip_of(branch) {
            Some(tip) => {
                cx.remote.fetch(&cx.store, &[tip], false, &*cx.progress)?;
                Some(cx.store.commit(tip)?.time)
            }
            None => None,
        };
        facts = Facts {
            tip,
            ..facts.under(&standing.policy(cx))
        };
        judged = authority::judge(claims, &facts);
    }
    Ok(Judged {
        rejected: judged.err(),
        ends: authority::ends(claims, &facts),
    })
}

/// How the remote stands; none if its policy cannot be read, which warns: a token can be
/// judged without it.
///
/// Errors: unavailable.
pub(super) fn standing<'s>(cx: &Context) -> Result<Option<Cow<'s, Standing>>> {
    match snapshot::standing(cx) {
        Ok(standing) => Ok(Some(Cow::Owned(standing))),
        Err(e) if e.kind() == Kind::Integrity => {
            cx.warn(e.in_full());
            Ok(None)
        }
        Err(e) => Err(e),
    }
}
