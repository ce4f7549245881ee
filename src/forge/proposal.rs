//! A pull request or merge request, in terms that every provider shares.

use super::Forge;
use super::answer::Answer;
use super::refusal::{Reason, reason};
use crate::error::{Error, Kind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An open proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// The branch that it merges into.
    pub base: String,
    /// Its head commit.
    pub head: String,
    /// Its title.
    pub title: String,
    /// Its text; empty where it has none.
    pub text: String,
    /// Who opened it.
    pub author: String,
    /// Whether it is a draft, by its flag or by its title.
    pub draft: bool,
}

/// The beginnings of a title by which GitLab and Gitea know a draft, and people everywhere.
const DRAFTS: [&str; 5] = ["draft:", "[draft]", "(draft)", "wip:", "[wip]"];

/// The beginning of a title that makes its proposal a draft; empty where there is none.
pub fn draft_mark(title: &str) -> &str {
    let mut left = title;
    loop {
        let text = left.trim_start();
        let mark = DRAFTS.iter().find_map(|mark| {
            let (begin, rest) = text.split_at_checked(mark.len())?;
            begin.eq_ignore_ascii_case(mark).then_some(rest)
        });
        match mark {
            Some(rest) => left = rest.trim_start(),
            None => break,
        }
    }
    &title[..title.len() - left.len()]
}

/// The result of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// It was given.
    Given,
    /// We had approved it before.
    Already,
    /// The forge lets nobody approve their own proposal.
    OwnProposal,
}

impl Proposal {
    /// Reads a pull request in GitHub's format, which Gitea and Forgejo share.
    ///
    /// Errors: unavailable, for one without a number; `forge` is the forge's name for the
    /// message.
    pub(super) fn of_pull(pull: &Value, forge: &str) -> Result<Proposal> {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        Ok(Proposal {
            number: pull["number"].as_u64().ok_or_else(|| {
                Error::new(
                    Kind::Unavailable,
                    format!("{forge} sent a pull request without a number"),
                )
            })?,
            url: text(&pull["html_url"]),
            base: text(&pull["base"]["ref"]),
            head: text(&pull["head"]["sha"]),
            draft: pull["draft"] == true || !draft_mark(&text(&pull["title"])).is_empty(),
            title: text(&pull["title"]),
            text: text(&pull["body"]),
            author: text(&pull["user"]["login"]),
        })
    }
}

impl Approval {
    /// The result of a review that approves.
    pub(super) fn of_review(answer: Result<Answer>) -> Result<Approval> {
        match answer {
            Ok(_) => Ok(Approval::Given),
            Err(e) if reason(&e) == Some(Reason::OwnProposal) => Ok(Approval::OwnProposal),
            Err(e) => Err(e),
        }
    }
}

impl Forge<'_> {
    /// Approves a proposal, only at the commit `head`.
    ///
    /// Errors: conflict, if its head has moved; denied, auth.
    pub fn approve(&self, number: u64, head: &str) -> Result<Approval> {
        let now = self.read_proposal(number)?;
        if now.head != head {
            return Err(head_moved(number, head, &now.head));
        }
        match self {
            Forge::GitHub(g) => g.approve(number, head),
            Forge::GitLab(g) => g.approve(&now, head),
            Forge::Gitea(g) => g.approve(number, head),
        }
    }

    /// The proposal with this number, as it is now.
    ///
    /// Errors: not_found, auth, denied, unavailable.
    pub fn read_proposal(&self, number: u64) -> Result<Proposal> {
        match self {
            Forge::GitHub(g) => g.read_proposal(number),
            Forge::GitLab(g) => g.read_proposal(number),
            Forge::Gitea(g) => g.read_proposal(number),
        }
    }
}

/// The error for a proposal whose head is not the commit that was reviewed.
pub(super) fn head_moved(number: u64, wanted: &str, found: &str) -> Error {
    Error::new(
        Kind::Conflict,
        format!("proposal {number} is at {found} now, but {wanted} was reviewed"),
    )
    .hint("review the new commit")
}

#[cfg(test)]
mod tests {
    use super::draft_mark;

    #[test]
    fn a_draft_is_known_by_the_beginning_of_its_title() {
        for (title, mark) in [
            ("Draft: Add", "Draft: "),
            ("dRAFT:Add", "dRAFT:"),
            ("[WIP] WIP: Add", "[WIP] WIP: "),
            (" (draft) Add", " (draft) "),
            ("Draft:", "Draft:"),
            ("Add a draft: x", ""),
            ("Drafts", ""),
            (" Add", ""),
            ("\u{e9}\u{1f600}", ""),
            ("", ""),
        ] {
            assert_eq!(draft_mark(title), mark, "{title}");
        }
    }
}
