//! Who pushes: opens the tokens that a push brings, and judges them.

use super::{PreReceive, Push, TOKEN_OPTION};
use crate::authority::{self, Facts, Rejection};
use crate::error::Result;
use crate::identity::{self, Identity, RepositoryId};
use crate::policy::{Policy, PolicyFile};
use crate::ref_rules::{self, Pusher};
use crate::token;

/// What to do about a token whose key the server lacks.
const LACKS_KEY: &str = "copy the key ring (keys.json) of the machine that issued the token to the server: `aidf protect apply --key-file FILE` names the file that the hook reads";

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
                    None => Rejection::NotValid.to_string(),
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
                repository: self.identity()?,
                lacks_branch,
                revoked: self.is_revoked(&claims.id, warnings)?,
                tip: tip.and_then(|id| Some(self.store.commit(id).ok()?.time)),
                recorded: self.activity.last(&claims.id),
                idle_days,
                ..Facts::at(self.now)
            };
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
                Err(why) => pusher.rejected = Some(why.to_string()),
            }
        }
        Ok((pusher, ids))
    }

    /// The repository's identity: the one that it has. One that a push brings may be another
    /// repository's, so it makes no token of that push good.
    fn identity(&self) -> Result<Identity> {
        let id = self.store.local_ref(identity::REF)?;
        let id = id.and_then(|id| RepositoryId::parse(&id.to_string()));
        Ok(id.map_or(Identity::Absent, Identity::Is))
    }

    /// Whether a sandbox that is gone has an archive.
    fn is_archived(&self, branch: &str) -> Result<bool> {
        let archives = format!("{}{branch}/", ref_rules::ARCHIVE);
        self.store.has_refs_below(&archives)
    }
}
