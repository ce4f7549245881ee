//! `aidf token …`

use super::ui::{Style, Ui, visible};
use super::{Global, period};
use aidf::clock::Period;
use aidf::error::Result;
use aidf::ops::token::{self, IssueRequest};
use aidf::ops::token::{InspectRequest, RevokeRequest};
use aidf::secret::Secret;
use clap::{ArgGroup, Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue a token for a sandbox or for an operator
    Issue(Issue),
    /// Show what a token says and whether it is valid
    Inspect(Inspect),
    /// Make a token invalid, permanently
    Revoke(Revoke),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").required(true))]
pub struct Issue {
    /// Issue a token for this sandbox
    #[arg(long, value_name = "BRANCH", group = "whose")]
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
    #[arg(value_name = "TOKEN|ID|-", allow_hyphen_values = true)]
    token: Secret,
    /// An operator's token, if the server asks for one (default: AIDF_REUSE_TOKEN)
    #[arg(long, value_name = "TOKEN|-", allow_hyphen_values = true)]
    reuse_token: Option<Secret>,
}

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
                    text.line(format!(
                        "  ends  {}",
                        end.unwrap_or("when it is not used for too long")
                    ));
                    text.line(format!("\n  {}\n", report.token.reveal()));
                    text.line("Keep it safe: whoever has it can do what it says.");
                },
            )
        }
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
                    for (name, value) in [
                        ("id", &report.token_id),
                        ("pod", &report.pod),
                        ("issued", &report.issued_at),
                        ("ends", &report.expires_at),
                    ] {
                        if let Some(value) = value {
                            text.line(format!("  {name:7} {}", visible(value)));
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
