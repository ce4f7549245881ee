//! Opening a sandbox on the tips of one try: the branch that a token opens, or a new one.

use super::{InitReport, InitRequest, opened};
use crate::authority::{self, Facts, Rejection};
use crate::clock::{DAY, Moment};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::files::hex;
use crate::git::{Advertisement, CommitId, RefName, RefUpdate};
use crate::identity::Identity;
use crate::names;
use crate::ops::publish::{Objects, Plan, Push};
use crate::ops::snapshot;
use crate::ops::{identity, revoked};
use crate::policy::Policy;
use crate::secret::Secret;
use crate::token::{self, Claims, TokenKind};

/// A sandbox that is being opened: what one try knows of the remote.
pub(super) struct Opening<'a> {
    pub cx: &'a Context,
    pub advertisement: &'a Advertisement,
    pub base: String,
    pub base_tip: CommitId,
    pub base_created: bool,
    pub policy: Policy,
    pub rejection: Option<Rejection>,
    /// Whether the server refused to take an identity: then the token names the repository
    /// alone.
    pub by_name: bool,
    /// Whether the server refused to take the time of the opening.
    pub untimed: bool,
}

impl<'a> Opening<'a> {
    pub fn prepare(
        cx: &'a Context,
        request: &InitRequest,
        advertisement: &'a Advertisement,
    ) -> Result<Self> {
        let base = request
            .base
            .clone()
            .unwrap_or_else(|| cx.config.base.clone());
        let (base_tip, base_created) = match advertisement.branch(&base) {
            Some(tip) => (tip, false),
            None if request.base.is_some() => {
                return Err(Error::new(
                    Kind::NotFound,
                    format!("{} has no branch {base} to fork from", cx.remote.address()),
                )
                .hint("leave --base out, or name a branch that exists"));
            }
            None => (snapshot::tip_of_default(cx, advertisement)?.1, true),
        };
        let policy = snapshot::fetch_with_policy(cx, advertisement, [base_tip], &[])?;
        Ok(Opening {
            cx,
            advertisement,
            base,
            base_tip,
            base_created,
            policy,
            rejection: None,
            by_name: false,
            untimed: false,
        })
    }

    /// Whether a new sandbox brings the repository's identity with it. It needs a server
    /// that moves several refs atomically.
    pub fn makes_identity(&self) -> bool {
        let absent = self.cx.identity() == Identity::Absent;
        absent && !self.by_name && self.advertisement.is_atomic()
    }

    /// The token's branch, as it is or made again; the inner error says why not.
    pub fn resume(
        &self,
        claims: &Claims,
        token: &Secret,
    ) -> Result<Result<Plan<InitReport>, Rejection>> {
        let branch = claims.branch.clone().unwrap_or_default();
        let revoked = revoked::is_revoked(self.cx, self.advertisement, &claims.id);
        let early = Facts {
            revoked,
            ..Facts::at(self.cx.now)
                .of(self.cx.identity())
                .under(&self.policy)
        };
        if let Err(why) = authority::judge(claims, &early) {
            return Ok(Err(why));
        }
        self.check_pod(claims.pod.as_deref(), &branch)?;
        let archived = super::close::newest_archive(self.advertisement, &branch);
        let archived = archived.map(|(_, id)| id);
        let tip = self.advertisement.branch(&branch);
        let head = tip.or(archived).unwrap_or(self.base_tip);
        self.cx
            .remote
            .fetch(&self.cx.store, &[head], true, &*self.cx.progress)?;
        let shown = tip
            .or(archived)
            .map(|t| self.cx.store.commit(t))
            .transpose()?;
        let facts = Facts {
            tip: shown.map(|c| c.time),
            lacks_branch: tip.or(archived).is_none(),
            ..early
        };
        let ends = match authority::judge(claims, &facts) {
            Ok(grant) => grant.ends,
            Err(why) => return Ok(Err(why)),
        };
        let mut report = self.report(&branch, token, head, tip.is_some(), ends);
        report.expires_for_good = authority::ends_for_good(claims, ends);
        report.from_archive = tip.is_none() && archived.is_some();
        if tip.is_some() {
            let report = InitReport {
                base_created: false,
                ..report
            };
            return Ok(Ok(Plan::Nothing(report)));
        }
        self.push(report, Some(token.clone()), None, claims.pod.as_deref())
            .map(Ok)
    }

    /// The branch that a holder names, as it is or made again; the server judges the token.
    pub fn hold(&self, branch: &str, token: &Secret) -> Result<Plan<InitReport>> {
        let tip = self.advertisement.branch(branch);
        let archived = super::close::newest_archive(self.advertisement, branch);
        let archived = archived.map(|(_, id)| id);
        let head = tip.or(archived).unwrap_or(self.base_tip);
        self.cx
            .remote
            .fetch(&self.cx.store, &[head], true, &*self.cx.progress)?;
        let mut report = self.report(branch, token, head, tip.is_some(), None);
        report.from_archive = tip.is_none() && archived.is_some();
        match tip {
            Some(_) => {
                report.base_created = false;
                Ok(Plan::Nothing(report))
            }
            // What the token says of its pod is sealed: the holder's own settings name it.
            None => self.push(
                report,
                Some(token.clone()),
                None,
                self.cx.config.pod.as_deref(),
            ),
        }
    }

    /// A new branch under a name that nobody has.
    pub fn create(&self, asked: Option<&str>) -> Result<Plan<InitReport>> {
        let taken = |name: &str| {
            self.advertisement.branch(name).is_some()
                || super::close::newest_archive(self.advertisement, name).is_some()
        };
        if let Some(most) = self.policy.sandbox().max_open {
            let open = self
                .advertisement
                .under("refs/heads/")
                .filter(|(n, _)| names::is_sandbox(n.trim_start_matches("refs/heads/")))
                .count() as u64;
            if open >= most {
                return Err(Error::new(
                    Kind::Denied,
                    format!("{open} sandboxes are open, and the policy allows {most}"),
                )
                .hint(
                    "come back to a sandbox with its token, or ask the operator to archive idle ones",
                ));
            }
        }
        let branch = match asked {
            Some(name) if taken(name) => {
                return Err(Error::new(Kind::Conflict, format!("{name} is taken"))
                    .hint("choose another --name, or leave it out, and aidf chooses a name"));
            }
            Some(name) => name.to_owned(),
            None => self.cx.draw(|mut r| names::draw(&mut r, taken))?,
        };
        self.check_pod(self.cx.config.pod.as_deref(), &branch)?;
        let made = self
            .makes_identity()
            .then(|| identity::make(self.cx))
            .transpose()?;
        let issued = self.cx.now.seconds();
        let id: [u8; 8] = self.cx.random();
        let claims = Claims {
            branch: Some(branch.clone()),
            base: Some(self.base.clone()).filter(|b| *b != self.cx.config.base),
            id: hex(&id),
            kind: TokenKind::Sandbox,
            repository: made.as_ref().map(|m| m.id).or(self.cx.identity().id()),
            pod: self.cx.config.pod.clone(),
            issued,
            expires: self
                .policy
                .sandbox()
                .token_days
                .map(|days| issued + i64::from(days) * DAY),
        };
        let keys = self.cx.keys_or_prepare()?;
        let key = keys
            .active()
            .ok_or_else(|| Error::new(Kind::Internal, "the key ring is empty"))?;
        let token = Secret::new(token::seal(
            &claims,
            key,
            &self.cx.repo_name,
            self.cx.random(),
        ));
        let facts = Facts::at(self.cx.now).under(&self.policy);
        let ends = authority::ends(&claims, &facts);
        let mut report = self.report(&branch, &token, self.base_tip, false, ends);
        (report.created, report.recreated) = (true, false);
        report.expires_for_good = authority::ends_for_good(&claims, ends);
        self.push(report, Some(token), made, self.cx.config.pod.as_deref())
    }

    /// Refuses a sandbox that the pod may not open.
    fn check_pod(&self, pod: Option<&str>, branch: &str) -> Result<()> {
        let policy = self.policy.of_pod(pod);
        let command = Some("sandbox init");
        policy.pod().check_use(command, &self.cx.repo_name, branch)
    }

    fn push(
        &self,
        report: InitReport,
        token: Option<Secret>,
        identity: Option<identity::New>,
        pod: Option<&str>,
    ) -> Result<Plan<InitReport>> {
        opened::check_quota(self.advertisement, &self.policy, pod, self.untimed)?;
        let (mut updates, mut objects) = (Vec::new(), Vec::new());
        if let Some(new) = identity {
            updates.push(new.update);
            objects = new.objects;
        }
        if self.base_created {
            updates.push(RefUpdate {
                name: RefName::branch(&self.base)?,
                old: None,
                new: Some(self.base_tip),
            });
        }
        updates.push(RefUpdate {
            name: RefName::branch(&report.branch)?,
            old: None,
            new: Some(report.head),
        });
        if !self.untimed {
            let (branch, head) = (&report.branch, report.head);
            updates.extend(opened::record(
                self.advertisement,
                branch,
                head,
                self.cx.now,
                pod,
            )?);
        }
        Ok(Plan::Push(Push {
            updates,
            objects: Objects::These(objects),
            token,
            report,
        }))
    }

    fn report(
        &self,
        branch: &str,
        token: &Secret,
        head: CommitId,
        existed: bool,
        ends: Option<i64>,
    ) -> InitReport {
        InitReport {
            branch: branch.to_owned(),
            repo_name: self.cx.repo_name.clone(),
            reuse_token: token.clone(),
            created: false,
            reused: existed,
            recreated: !existed,
            from_archive: false,
            token_rejected: self.rejection.map(|r| r.to_string()),
            base: self.base.clone(),
            base_commit: self.base_tip,
            head,
            base_created: self.base_created,
            expires_at: ends.map(|e| Moment::from_seconds(e).rfc3339()),
            expires_for_good: false,
            worktree: None,
            message: String::new(),
        }
    }
}
