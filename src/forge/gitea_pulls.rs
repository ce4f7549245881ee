//! Pull requests of Gitea and Forgejo.

use super::answer::Answer;
use super::gitea::{Gitea, READ};
use super::head_moved;
use super::proposal::{Approval, Proposal};
use super::refusal::{Reason, reason};
use crate::error::{Error, Kind, Result};
use serde_json::{Value, json};

const WRITE: &str = "write access, and a token with `write:repository` and `write:issue`";

fn proposal(pull: &Value) -> Result<Proposal> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    Ok(Proposal {
        number: pull["number"].as_u64().ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                "the forge told of a pull request without a number",
            )
        })?,
        url: text(&pull["html_url"]),
        base: text(&pull["base"]["ref"]),
        head: text(&pull["head"]["sha"]),
        author: text(&pull["user"]["login"]),
        draft: pull["draft"] == true,
    })
}

fn read(answer: Answer) -> Result<Proposal> {
    proposal(&answer.json)
}

impl Gitea<'_> {
    pub(super) fn find_proposal(&self, branch: &str, to: &str) -> Result<Option<Proposal>> {
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

    pub(super) fn open_proposal(
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

    pub(super) fn update_proposal(&self, number: u64, title: &str, body: &str) -> Result<Proposal> {
        let path = self.path(&format!("/pulls/{number}"));
        let request = json!({"title": title, "body": body});
        self.client.patch(&path, &request, WRITE).and_then(read)
    }

    pub(super) fn read_proposal(&self, number: u64) -> Result<Proposal> {
        let path = self.path(&format!("/pulls/{number}"));
        self.client.get(&path, READ).and_then(read)
    }

    pub(super) fn approve(&self, number: u64, head: &str) -> Result<Approval> {
        let path = self.path(&format!("/pulls/{number}"));
        let now = self.read_proposal(number)?;
        if now.head != head {
            return Err(head_moved(number, head, &now.head));
        }
        let request = json!({"event": "APPROVED", "commit_id": head, "body": ""});
        match self
            .client
            .post(&format!("{path}/reviews"), &request, WRITE)
        {
            Ok(_) => Ok(Approval::Given),
            Err(e) if reason(&e) == Some(Reason::OwnProposal) => Ok(Approval::OwnProposal),
            Err(e) => Err(e),
        }
    }
}
