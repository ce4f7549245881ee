//! `aidf token …`

use super::text::{LISTED, end};
use super::ui::{Style, Text, Ui, visible};
use super::{Global, complete, period};
use aidf::clock::Period;
use aidf::error::Result;
use aidf::ops::token::{self, IssueRequest};
use aidf::ops::token::{InspectRequest, Known, ListReport, ListRequest, RevokeRequest, TokenState};
use aidf::secret::Secret;
use aidf::token::TokenKind;
use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue a token for a sandbox or for an operator
    Issue(Issue),
    /// List the tokens that this machine knows of
    ///
    /// These are the tokens of the sandboxes that this clone opened, that of AIDF_REUSE_TOKEN, those
    /// that `aidf token issue` made here, and those that were revoked. The list cannot have those
    /// that were given out elsewhere: no server keeps a list of tokens. It never shows a token
    /// itself.
    List,
    /// Show what a token says and whether it is valid
    Inspect(Inspect),
    /// Make a token invalid, permanently
    Revoke(Revoke),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true))]
pub struct Issue {
    /// Issue a token for this sandbox
    #[arg(long, value_name = "BRANCH", group = "whose", add = complete::sandboxes())]
    branch: Option<String>,
    /// Issue an operator's token: it writes protected branches, deletes backups, revokes tokens
    #[arg(long, group = "whose")]
    operator: bool,
    /// How long it is valid, such as 30d or 8h (default: 30d for an operator; a sandbox's token ends
    /// when nobody uses it)
    #[arg(long, value_name = "D", value_parser = period)]
    expires: Option<Period>,
    /// Who gets the token
    #[arg(long, value_name = "POD")]
    pod: Option<String>,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// The token (- reads it from stdin)
    #[arg(value_name = "TOKEN|-", allow_hyphen_values = true)]
    token: Secret,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// The token, or its id (- reads it from stdin)
    #[arg(value_name = "TOKEN|ID|-", allow_hyphen_values = true, add = complete::tokens())]
    token: Secret,
    /// An operator's token, if the server asks for one (default: AIDF_REUSE_TOKEN)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
}

/// When a token ends whose end nothing here tells.
const UNUSED: &str = "when it is not used for too long";

pub fn run(global: &Global, ui: &Ui, command: Command) -> Result<()> {
    match command {
        Command::Issue(a) => {
            let request = IssueRequest {
                branch: a.branch,
                expires: a.expires,
                pod: a.pod,
            };
            global.call(
                ui,
                |cx| token::issue(cx, &request),
                |text, report| {
                    text.line(text.styled(Style::Good, &report.message));
                    text.line(format!("  id    {}", report.token_id));
                    let end = report.expires_at.as_deref();
                    text.line(format!("  ends  {}", end.unwrap_or(UNUSED)));
                    text.line(format!("\n  {}\n", report.token.reveal()));
                    text.line("Keep it safe: whoever has it can do what it says.");
                },
            )
        }
        Command::List => global.call(ui, |cx| token::list(cx, &ListRequest {}), listed),
        Command::Inspect(a) => {
            let request = InspectRequest {
                token: super::one_token(a.token)?,
            };
            global.call(
                ui,
                |cx| token::inspect(cx, &request),
                |text, report| {
                    let style = if report.valid {
                        Style::Good
                    } else {
                        Style::Bad
                    };
                    text.line(text.styled(style, &report.message));
                    let end = match report.expires_at.as_deref() {
                        Some(time) if report.valid && !report.expires_for_good => {
                            Some(end(time, false))
                        }
                        Some(time) => Some(visible(time)),
                        None => report.valid.then(|| UNUSED.to_owned()),
                    };
                    let shown = |value: &Option<String>| value.as_deref().map(visible);
                    for (name, value) in [
                        ("id", shown(&report.token_id)),
                        ("pod", shown(&report.pod)),
                        ("issued", shown(&report.issued_at)),
                        ("ends", end),
                    ] {
                        if let Some(value) = value {
                            text.line(format!("  {name:7} {value}"));
                        }
                    }
                },
            )
        }
        Command::Revoke(a) => {
            let request = RevokeRequest {
                token: super::one_token(a.token)?,
                reuse_token: super::token(a.reuse_token)?,
            };
            global.call(
                ui,
                |cx| token::revoke(cx, &request),
                |text, report| text.line(text.styled(Style::Good, &report.message)),
            )
        }
    }
}

fn listed(text: &mut Text, report: &ListReport) {
    let (told, revoked): (Vec<_>, Vec<_>) = report
        .tokens
        .iter()
        .partition(|t| t.at_hand || t.branch.is_some() || t.kind.is_some());
    let name = |known: &Known| match (&known.branch, known.kind) {
        (Some(branch), _) => visible(branch),
        (None, Some(TokenKind::Operator)) => "(operator)".to_owned(),
        (None, _) => "(not known)".to_owned(),
    };
    let width = told.iter().map(|t| name(t).chars().count()).max();
    let width = width.unwrap_or(0).max(6);
    if !told.is_empty() {
        let heads = format!("{:16}  {:width$}  {:20}  STATE", "TOKEN", "BRANCH", "ENDS");
        text.line(text.styled(Style::Dim, &heads));
    }
    for one in told {
        let style = match one.state {
            TokenState::Valid => Style::Good,
            TokenState::OtherKey | TokenState::NotJudged => Style::Warn,
            _ => Style::Bad,
        };
        let state = match &one.key_id {
            Some(key) if one.token_id.is_none() => format!("{} ({key})", words_of(one.state)),
            _ => words_of(one.state).to_owned(),
        };
        let pod = one.pod.as_ref().map(|pod| format!(", pod {pod}"));
        text.line(format!(
            "{:16}  {:width$}  {:20}  {}{}",
            one.token_id.as_deref().unwrap_or("-"),
            name(one),
            one.expires_at.as_deref().unwrap_or("-"),
            text.styled(style, &state),
            visible(pod.as_deref().unwrap_or("")),
        ));
    }
    let most = if text.verbose { usize::MAX } else { LISTED };
    for one in revoked.iter().take(most) {
        let (id, time) = (one.token_id.as_deref(), one.revoked_at.as_deref());
        let state = text.styled(Style::Bad, "revoked");
        text.line(format!(
            "{:16}  {state}, first seen {}",
            visible(id.unwrap_or("-")),
            visible(time.unwrap_or("-"))
        ));
    }
    if revoked.len() > most {
        text.line(format!(
            "{} more revoked; see them with --verbose",
            revoked.len() - most
        ));
    }
    text.line(visible(&report.message));
    text.line("Tokens that were given out elsewhere are not in this list: no server keeps one.");
}

fn words_of(state: TokenState) -> &'static str {
    match state {
        TokenState::Valid => "valid",
        TokenState::Expired => "expired",
        TokenState::Idle => "not used for too long",
        TokenState::Revoked => "revoked",
        TokenState::OtherRepository => "of another repository",
        TokenState::Unbound => "older than the repository's identity",
        TokenState::RetiredKey => "its key is retired",
        TokenState::OtherKey => "its key is not here",
        TokenState::NotValid => "damaged",
        TokenState::NotJudged => "issued here, not at hand",
    }
}
