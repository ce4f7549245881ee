//! Who pushes: opens the tokens that a push brings, and judges them.

use super::{PreReceive, Push, TOKEN_OPTION, sharing_of};
use crate::authority::{self, Facts};
use crate::error::Result;
use crate::identities;
use crate::identity::{self, Identity, MEND, RepositoryId};
use crate::policy::{Policy, PolicyFile};
use crate::ref_rules::{self, Pusher};
use crate::token;

/// What to do about a token whose key the server lacks. Whoever has any key can seal such a
/// token, so nobody is told to bring that key here.
const LACKS_KEY: &str = "a token is sealed with a key that this server does not have; if that key is the team's, an administrator adds it to the server's key ring";

/// What is wrong where a token is bound to an identity, and the repository has none.
const LOST: &str = "the repository has no identity here, and such a token is bound to one";

impl PreReceive {
    /// Opens the tokens of a push.
    pub(super) fn pusher(
        &self,
        push: &Push,
        file: Option<&PolicyFile>,
        warnings: &mut Vec<String>,
    ) -> Result<(Pusher, Vec<String>)> {
        let mut pusher = Pusher {
            keyed: !self.keys.is_empty(),
            ..Pusher::default()
        };
        let mut ids = Vec::new();
        let idle_days = file
            .map(|f| Policy::new(f, &PolicyFile::default(), &self.base, None))
            .and_then(|p| p.sandbox().idle_days);
        let tokens = push
            .options
            .iter()
            .filter_map(|o| o.strip_prefix(TOKEN_OPTION))
            // No pusher needs more than these, and each one costs time.
            .take(8);
        for text in tokens.filter(|_| pusher.keyed) {
            let Some(claims) = token::open(text, &self.keys, &self.repo_name) else {
                let lacking = token::other_key(text, &self.keys);
                pusher.remedy = lacking.map(|_| LACKS_KEY.to_owned());
                pusher.rejected = Some(match lacking {
                    Some(id) => {
                        format!("it is sealed with the key {id}, and this server does not have it")
                    }
                    None => authority::unopened(text, &self.keys).to_string(),
                });
                continue;
            };
            let branch = claims.branch.as_deref();
            let tip = match branch {
                Some(branch) => self.tip_of(branch)?,
                None => None,
            };
            let lacks_branch = match branch {
                Some(branch) => tip.is_none() && !self.is_archived(branch)?,
                None => false,
            };
            let facts = Facts {
                repository: self.identity(warnings)?,
                lacks_branch,
                revoked: self.is_revoked(&claims.id, warnings)?,
                tip: tip.and_then(|id| Some(self.store.commit(id).ok()?.time)),
                recorded: self.activity.last(&claims.id),
                idle_days,
                ..Facts::at(self.now)
            };
            let bound = claims.repository.is_some();
            let good = authority::judge(&claims, &facts).map(|_| claims);
            match good {
                Ok(claims) => {
                    pusher.operator |= claims.is_operator();
                    ids.push(claims.id);
                    if let Some(branch) = &claims.branch {
                        pusher.pods.push((branch.clone(), claims.pod));
                    }
                    pusher.sandboxes.extend(claims.branch);
                }
                Err(why) => {
                    let is_lost = bound && facts.repository == Identity::Absent;
                    pusher.remedy = is_lost.then(|| format!("{LOST}: {MEND}"));
                    pusher.rejected = Some(why.to_string());
                }
            }
        }
        Ok((pusher, ids))
    }

    /// The repository's identity: the one that it has. One that a push brings may be another
    /// repository's, so it makes no token of that push good. It is noted, so that it can be put
    /// back if its ref is lost.
    fn identity(&self, warnings: &mut Vec<String>) -> Result<Identity> {
        let Some(id) = self.store.local_ref(identity::REF)? else {
            return Ok(Identity::Absent);
        };
        let noted = identities::note(&self.store, id, sharing_of(&self.store));
        warnings.extend(noted.err());
        let id = RepositoryId::parse(&id.to_string());
        Ok(id.map_or(Identity::Absent, Identity::Is))
    }

    /// Whether a sandbox that is gone has an archive.
    fn is_archived(&self, branch: &str) -> Result<bool> {
        let archives = format!("{}{branch}/", ref_rules::ARCHIVE);
        self.store.has_refs_below(&archives)
    }
}
