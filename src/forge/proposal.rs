//! A pull request or merge request, in terms that every provider shares.

use super::Forge;
use super::answer::Answer;
use super::refusal::{Reason, reason, saying_also};
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
    /// Whether it is still what was looked at.
    ///
    /// Errors: conflict.
    fn is_still(&self, now: &Proposal) -> Result<()> {
        if now.head != self.head {
            return Err(head_moved(self.number, &self.head, &now.head));
        }
        let what = match now.base == self.base {
            true if now.draft == self.draft => return Ok(()),
            true => "a draft",
            false => "for another branch",
        };
        Err(Error::new(
            Kind::Conflict,
            format!("proposal {} is {what} now", self.number),
        )
        .hint("propose again when it is as you want it"))
    }

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

/// Why an approval was taken back, for those who read the proposal.
pub(super) const WITHDRAWN: &str = "The proposal changed while aidf approved it.";

/// An approval, and the number of the review that gave it where the forge has one.
pub(super) type Reviewed = (Approval, Option<u64>);

impl Approval {
    /// The result of a review that approves.
    pub(super) fn of_review(answer: Result<Answer>) -> Result<Reviewed> {
        match answer {
            Ok(answer) => Ok((Approval::Given, answer.json["id"].as_u64())),
            Err(e) if reason(&e) == Some(Reason::OwnProposal) => Ok((Approval::OwnProposal, None)),
            Err(e) => Err(e),
        }
    }
}

/// Whether a review approves this commit. Reviews are in GitHub's format, which Gitea and
/// Forgejo share.
fn is_approval(review: &Value, head: &str) -> bool {
    // Gitea counts an approval by who its reviewer was then.
    let counts = review["official"] != false && review["stale"] != true;
    let stands = counts && review["dismissed"] != true;
    review["state"] == "APPROVED" && review["commit_id"] == head && stands
}

/// Whether a reviewer's last word in these reviews, oldest first, approves this commit.
fn approves(reviews: &[Value], reviewer: &str, head: &str) -> bool {
    let is_word = |review: &&Value| review["state"] != "COMMENTED" && review["state"] != "COMMENT";
    let is_theirs = |review: &&Value| {
        let login = review["user"]["login"].as_str();
        login.is_some_and(|login| login.eq_ignore_ascii_case(reviewer))
    };
    let last = reviews.iter().filter(is_word).rfind(is_theirs);
    last.is_some_and(|review| is_approval(review, head))
}

impl Forge<'_> {
    /// Whether we have approved it at its commit, on a forge that would take note of each further
    /// approval. GitLab tells by itself.
    fn has_approved(&self, seen: &Proposal) -> Result<bool> {
        let reviews = match self {
            Forge::GitHub(g) => g.reviews(seen.number)?,
            Forge::GitLab(_) => return Ok(false),
            Forge::Gitea(g) => g.reviews(seen.number)?,
        };
        // Who we are takes another question.
        if !reviews.iter().any(|review| is_approval(review, &seen.head)) {
            return Ok(false);
        }
        let me = self.identity()?;
        Ok(me.is_some_and(|me| approves(&reviews, &me, &seen.head)))
    }

    /// Approves a proposal as it was looked at, and at no other commit.
    ///
    /// Some forges count an approval of a commit that is not the head any more. So aidf looks
    /// again when it has approved, and takes the approval back where the proposal is not the
    /// same.
    ///
    /// Errors: conflict, if it is not as it was looked at; denied, auth.
    pub fn approve(&self, seen: &Proposal) -> Result<Approval> {
        let number = seen.number;
        seen.is_still(&self.read_proposal(number)?)?;
        // Where this cannot be found out, one approval too many does no harm.
        if self.has_approved(seen).unwrap_or(false) {
            seen.is_still(&self.read_proposal(number)?)?;
            return Ok(Approval::Already);
        }
        let (approval, review) = match self {
            Forge::GitHub(g) => g.approve(number, &seen.head)?,
            Forge::GitLab(g) => (g.approve(seen)?, None),
            Forge::Gitea(g) => g.approve(number, &seen.head)?,
        };
        if approval != Approval::Given {
            return Ok(approval);
        }
        let now = self.read_proposal(number).map_err(|e| {
            saying_also(
                e,
                "aidf approved it, and cannot see whether it changed meanwhile",
            )
        })?;
        let Err(changed) = seen.is_still(&now) else {
            return Ok(approval);
        };
        let taken_back = match self {
            Forge::GitHub(g) => g.take_back(number, review),
            Forge::GitLab(g) => g.take_back(number),
            Forge::Gitea(g) => g.take_back(number, review),
        };
        Err(match taken_back {
            Ok(()) => saying_also(changed, "aidf took its approval back"),
            Err(e) => saying_also(
                changed,
                &format!(
                    "aidf had approved it and could not take that back ({}): dismiss the review by hand",
                    e.in_full()
                ),
            ),
        })
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
