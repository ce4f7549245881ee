//! GitLab's merge requests.

use super::{GitLab, READ};
use crate::error::{Error, Kind, Result};
use crate::forge::answer::Answer;
use crate::forge::proposal::{Approval, Proposal, draft_mark, head_moved};
use crate::forge::refusal::status;
use crate::forge::target::encode;
use serde_json::{Value, json};

const WRITE: &str = "the Developer role, and a token with `api`";

fn proposal(merge: &Value) -> Result<Proposal> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    Ok(Proposal {
        number: merge["iid"].as_u64().ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                "GitLab sent a merge request without a number",
            )
        })?,
        url: text(&merge["web_url"]),
        base: text(&merge["target_branch"]),
        head: text(&merge["sha"]),
        draft: merge["draft"] == true || !draft_mark(&text(&merge["title"])).is_empty(),
        title: text(&merge["title"]),
        text: text(&merge["description"]),
        author: text(&merge["author"]["username"]),
    })
}

fn read(answer: Answer) -> Result<Proposal> {
    proposal(&answer.json)
}

impl GitLab<'_> {
    pub(in crate::forge) fn find_proposal(
        &self,
        branch: &str,
        to: &str,
    ) -> Result<Option<Proposal>> {
        let path = self.path(&format!(
            "/merge_requests?state=opened&source_branch={}&target_branch={}&per_page=100",
            encode(branch),
            encode(to)
        ));
        // A fork may have a branch with the same name.
        self.client
            .get_all(&path, READ)?
            .iter()
            .find(|m| {
                m["source_branch"] == branch
                    && m["target_branch"] == to
                    && m["source_project_id"] == m["target_project_id"]
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
        let request = json!({
            "source_branch": branch, "target_branch": to, "title": title, "description": body,
        });
        self.client
            .post(&self.path("/merge_requests"), &request, WRITE)
            .and_then(read)
    }

    pub(in crate::forge) fn update_proposal(
        &self,
        number: u64,
        request: &Value,
    ) -> Result<Proposal> {
        let path = self.path(&format!("/merge_requests/{number}"));
        self.client.put(&path, request, WRITE).and_then(read)
    }

    pub(in crate::forge) fn read_proposal(&self, number: u64) -> Result<Proposal> {
        let path = self.path(&format!("/merge_requests/{number}"));
        self.client.get(&path, READ).and_then(read)
    }

    pub(in crate::forge) fn approve(&self, now: &Proposal) -> Result<Approval> {
        let head = &now.head;
        let path = self.path(&format!("/merge_requests/{}", now.number));
        let request = json!({"sha": head});
        match self
            .client
            .post(&format!("{path}/approve"), &request, WRITE)
        {
            Ok(_) => Ok(Approval::Given),
            Err(e) if status(&e) == Some(409) => {
                Err(head_moved(now.number, head, "another commit"))
            }
            // A bare 401 means one of three: the login is wrong, the proposal is our own,
            // or we approved it already.
            Err(e) if status(&e) == Some(401) => {
                if self.identity()?.is_some_and(|me| me == now.author) {
                    return Ok(Approval::OwnProposal);
                }
                let approvals = self.client.get(&format!("{path}/approvals"), READ)?.json;
                match approvals["user_has_approved"] == true {
                    true => Ok(Approval::Already),
                    false => Err(e),
                }
            }
            Err(e) => Err(e),
        }
    }

    pub(in crate::forge) fn take_back(&self, number: u64) -> Result<()> {
        let path = self.path(&format!("/merge_requests/{number}/unapprove"));
        self.client.post(&path, &json!({}), WRITE).map(|_| ())
    }

    pub(in crate::forge) fn identity(&self) -> Result<Option<String>> {
        if self.client.auth().is_none() {
            return Ok(None);
        }
        let answer = self
            .client
            .get("/user", "a token with `read_user` or `api`")?;
        Ok(answer.json["username"].as_str().map(str::to_owned))
    }
}
