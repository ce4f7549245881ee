//! `aidf login`

use super::protect::Name;
use super::ui::{Style, Text, Ui, visible};
use super::{Global, caller};
use aidf::error::Result;
use aidf::ops::login::{self, Report, Request, Seat};
use clap::Args;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The forge's host, such as github.com, or an address on it (default: the remote's)
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// The client id of the OAuth app to log in with (default: forge.client_ids of the config)
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// What the token is to be good for, with commas between
    #[arg(short, long, value_name = "SCOPES", value_delimiter = ',')]
    scopes: Vec<String>,
    /// The kind of forge (default: found from the host)
    #[arg(long, value_enum, value_name = "NAME")]
    provider: Option<Name>,
    /// Log in anew, whatever login is there already
    #[arg(long, visible_alias = "force", conflicts_with = "no_store")]
    again: bool,
    /// Store nothing: only say which login works
    #[arg(long)]
    no_store: bool,
}

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let caller = caller(ui);
    let seat = Seat {
        config: global.config(&caller.environment)?,
        place: global.location(false)?,
    };
    let request = Request {
        host: arguments.host,
        provider: arguments.provider.map(Name::provider),
        client_id: arguments.client_id,
        scopes: arguments.scopes,
        again: arguments.again,
        no_store: arguments.no_store,
    };
    ui.outcome(login::login(&seat, &request, &caller)?, told)
}

fn told(text: &mut Text, report: &Report) {
    text.line(text.styled(Style::Good, &report.message));
    if !report.scopes.is_empty() {
        text.line(format!("  scopes  {}", visible(&report.scopes.join(", "))));
    }
}
