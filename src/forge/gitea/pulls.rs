//! Pull requests of Gitea and Forgejo.

use super::{Gitea, READ};
use crate::error::Result;
use crate::forge::answer::Answer;
use crate::forge::proposal::{Approval, Proposal, Reviewed, WITHDRAWN};
use serde_json::{Value, json};

const WRITE: &str = "write access, and a token with `write:repository` and `write:issue`";

fn proposal(pull: &Value) -> Result<Proposal> {
    Proposal::of_pull(pull, "the forge")
}

fn read(answer: Answer) -> Result<Proposal> {
    proposal(&answer.json)
}

impl Gitea<'_> {
    pub(in crate::forge) fn find_proposal(
        &self,
        branch: &str,
        to: &str,
    ) -> Result<Option<Proposal>> {
        self.client
            .get_all(&self.path("/pulls?state=open&limit=50"), READ)?
            .iter()
            .find(|p| {
                p["head"]["ref"] == branch
                    && p["base"]["ref"] == to
                    && p["head"]["repo_id"] == p["base"]["repo_id"]
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
        let request = json!({"head": branch, "base": to, "title": title, "body": body});
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
        let path = self.path(&format!("/pulls/{number}/reviews?limit=50"));
        self.client.get_all(&path, READ)
    }

    pub(in crate::forge) fn approve(&self, number: u64, head: &str) -> Result<Reviewed> {
        let path = self.path(&format!("/pulls/{number}/reviews"));
        let request = json!({"event": "APPROVED", "commit_id": head, "body": ""});
        Approval::of_review(self.client.post(&path, &request, WRITE))
    }

    pub(in crate::forge) fn take_back(&self, number: u64, review: Option<u64>) -> Result<()> {
        let review = review.unwrap_or_default();
        let path = self.path(&format!("/pulls/{number}/reviews/{review}/dismissals"));
        let request = json!({"message": WITHDRAWN});
        self.client.post(&path, &request, WRITE).map(|_| ())
    }
}
