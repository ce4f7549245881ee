//! Work that only an operator's token, or the key, lets anybody do.

use super::{access, protect};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;

/// Opens an operator's token, where aidf decides. Elsewhere only the server can judge it, and
/// where nothing says that the server does, that is a warning.
///
/// `instead` is what to do with a sandbox's token. Errors: auth; denied, for a sandbox's.
pub(super) fn check(cx: &Context, token: &Secret, instead: &str) -> Result<()> {
    let claims = access::open(cx, token).map_err(access::as_operator)?;
    match (&claims, protect::has_hook(cx)) {
        (Some(claims), _) if !claims.is_operator() => {
            return Err(Error::new(
                Kind::Denied,
                "the token is for one sandbox, and an operator's token is needed",
            )
            .hint(instead));
        }
        (Some(_), _) | (None, Some(true)) => {}
        (None, Some(false)) => cx.warn(
            "nobody checked the operator's token: its key is not here, and the server has no hook of aidf",
        ),
        (None, None) => cx.warn(
            "the operator's token was not checked here, where its key is not: if the server has no hook of aidf, nobody checked it",
        ),
    }
    Ok(())
}
