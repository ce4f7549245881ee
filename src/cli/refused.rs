//! What is said of arguments that cannot be read.

use super::exit_code;
use super::ui::{ColorChoice, Settings, Ui};
use aidf::error::{Error, Kind};

/// Prints what clap says of the arguments, or the help that was asked for. Gives the exit code.
pub fn arguments(error: &clap::Error) -> u8 {
    let plain = Settings {
        json: false,
        quiet: false,
        verbose: false,
        color: ColorChoice::Auto,
        no_input: true,
        yes: false,
    };
    let json = std::env::args_os()
        .skip(1)
        .take_while(|a| a != "--")
        .any(|a| a == "--json");
    let text = error.render().to_string();
    if !error.use_stderr() {
        // Help and version were asked for: they are the result.
        let _ = Ui::new(plain).stdout(text.as_bytes());
        return 0;
    }
    if json {
        Ui::new(Settings { json, ..plain }).error(&in_one_line(&text));
    } else {
        Ui::new(plain).note(text.trim_end());
    }
    exit_code::of(Kind::Usage)
}

/// clap says what is wrong in one line, names what it is about in those below, and then gives
/// tips and the usage.
fn in_one_line(text: &str) -> Error {
    let (mut message, mut hint) = (String::new(), String::new());
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let is_usage = |line: &&str| line.starts_with("Usage: ") || line.starts_with("For more ");
    let lines = text.lines().take_while(|line| !is_usage(line));
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            hint.push_str(tip);
            hint.push_str("; ");
            continue;
        }
        message.push_str(match message.as_str() {
            "" => "",
            before if before.ends_with(':') || line.starts_with('[') => " ",
            _ => ", ",
        });
        message.push_str(line);
    }
    Error::new(Kind::Usage, message).hint(format!("{hint}see aidf --help"))
}
