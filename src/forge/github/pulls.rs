//! GitHub's pull requests.

use super::GitHub;
use crate::error::Result;
use crate::forge::Client;
use crate::forge::answer::Answer;
use crate::forge::proposal::{Approval, Proposal, Reviewed, WITHDRAWN};
use crate::forge::refusal::{Reason, reason};
use crate::forge::target::encode;
use serde_json::{Value, json};

const READ: &str = "`pull_requests: read`";
const WRITE: &str = "`pull_requests: write`";

fn proposal(pull: &Value) -> Result<Proposal> {
    Proposal::of_pull(pull, "GitHub")
}

fn read(answer: Answer) -> Result<Proposal> {
    proposal(&answer.json)
}

impl GitHub<'_> {
    /// Whether a branch is one of this repository. A fork that was deleted is null.
    fn is_here(&self, head: &Value) -> bool {
        match head.get("repo") {
            Some(Value::Null) => false,
            repo => repo
                .and_then(|r| r["full_name"].as_str())
                .is_none_or(|n| n.eq_ignore_ascii_case(&self.target.path())),
        }
    }

    pub(in crate::forge) fn find_proposal(
        &self,
        branch: &str,
        to: &str,
    ) -> Result<Option<Proposal>> {
        let path = self.path(&format!(
            "/pulls?state=open&head={}:{}&base={}&per_page=100",
            encode(&self.target.owner),
            encode(branch),
            encode(to)
        ));
        // A server that does not know the filter returns all of them.
        self.client
            .get_all(&path, READ)?
            .iter()
            .find(|p| {
                p["head"]["ref"] == branch && p["base"]["ref"] == to && self.is_here(&p["head"])
            })
            .map(proposal)
            .transpose()
    }

    pub(in crate::forge) fn open_proposal(
        &self,
        branch: &str,
        to: &str,
        title: &str,
        body: &str,
    ) -> Result<Proposal> {
        let request = json!({"title": title, "head": branch, "base": to, "body": body});
        self.client
            .post(&self.path("/pulls"), &request, WRITE)
            .and_then(read)
    }

    pub(in crate::forge) fn update_proposal(
        &self,
        number: u64,
        request: &Value,
    ) -> Result<Proposal> {
        let path = self.path(&format!("/pulls/{number}"));
        self.client.patch(&path, request, WRITE).and_then(read)
    }

    pub(in crate::forge) fn read_proposal(&self, number: u64) -> Result<Proposal> {
        let path = self.path(&format!("/pulls/{number}"));
        self.client.get(&path, READ).and_then(read)
    }

    /// Its reviews, oldest first.
    pub(in crate::forge) fn reviews(&self, number: u64) -> Result<Vec<Value>> {
        let path = self.path(&format!("/pulls/{number}/reviews?per_page=100"));
        self.client.get_all(&path, READ)
    }

    pub(in crate::forge) fn approve(&self, number: u64, head: &str) -> Result<Reviewed> {
        let path = self.path(&format!("/pulls/{number}/reviews"));
        let request = json!({"commit_id": head, "event": "APPROVE"});
        Approval::of_review(self.client.post(&path, &request, WRITE))
    }

    pub(in crate::forge) fn take_back(&self, number: u64, review: Option<u64>) -> Result<()> {
        let review = review.unwrap_or_default();
        let path = self.path(&format!("/pulls/{number}/reviews/{review}/dismissals"));
        let request = json!({"message": WITHDRAWN, "event": "DISMISS"});
        self.client.put(&path, &request, WRITE).map(|_| ())
    }

    pub(in crate::forge) fn identity(&self) -> Result<Option<String>> {
        if self.client.auth().is_none() {
            return Ok(None);
        }
        let name = |answer: Answer, field: &str| answer.json[field].as_str().map(str::to_owned);
        if let Some(itself) = self.client.auth().itself(self.client.http().clock.now()) {
            let (base, http) = (self.client.base().clone(), self.client.http().clone());
            let answer =
                Client::of_app(base, itself?, http)?.get("/app", "the App's own key and id")?;
            return Ok(name(answer, "slug").map(|slug| format!("{slug}[bot]")));
        }
        match self.client.get("/user", "a user's token") {
            Ok(answer) => Ok(name(answer, "login")),
            // A CI job's token belongs to no user.
            Err(e) if reason(&e) == Some(Reason::Permission) => Ok(None),
            Err(e) => Err(e),
        }
    }
}
