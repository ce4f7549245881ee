//! The command line: one file a command turns clap arguments into a request of
//! `aidf::ops`, and its report into text.

mod agents;
mod audit;
mod backup;
mod commit;
mod complete;
mod demo;
mod doctor;
pub mod exit_code;
mod generate;
mod heartbeat;
mod hook;
mod key;
mod land;
mod log;
mod login;
mod policy;
mod propose;
mod protect;
mod refused;
mod rollback;
mod sandbox;
mod setup;
mod snapshot;
mod status;
mod text;
mod token;
pub mod ui;

use aidf::cancel::Cancel;
use aidf::clock::{Clock, Moment, Period};
use aidf::config::{Config, Flags, Folders};
use aidf::context::{Caller, Context, Location};
use aidf::environment::Environment;
use aidf::error::{Error, Kind, Result};
use aidf::ops::outcome::{Outcome, Reported};
use aidf::secret::Secret;
use clap::{Args, Parser, Subcommand};
use rand::rngs::StdRng;
use std::path::PathBuf;
use ui::{ColorChoice, Settings, Text, Ui};

/// The program's name.
pub const NAME: &str = "aidf";

/// Safe, attributed, reversible writes to shared git repositories
///
/// Each writer gets a private sandbox branch, and a token to come back to it. Every write is one
/// atomic commit that is attributed, logged and pushed with compare-and-swap. A new commit can undo
/// any write. aidf works on plain git remotes and needs no server of its own.
#[derive(Debug, Parser)]
#[command(name = NAME, version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0 done, also when there was nothing to do
  1 internal   2 usage   3 not found   4 auth   5 denied by policy
  6 conflict   7 integrity   8 findings   9 unavailable   130 interrupted";

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Work in the clone that contains DIR
    #[arg(
        short = 'C',
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub dir: Option<PathBuf>,
    /// Work directly on a remote (URL or path), without a clone
    #[arg(
        short = 'R',
        long,
        global = true,
        value_name = "URL",
        help_heading = "Global options",
        conflicts_with = "dir",
        add = complete::files()
    )]
    pub repo: Option<String>,
    /// Use this remote of the clone (default: origin, or else the only one)
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help_heading = "Global options"
    )]
    pub remote: Option<String>,
    /// Read this operator's config file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub config: Option<PathBuf>,
    /// Print one JSON object on stdout
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// Print errors only
    #[arg(
        short,
        long,
        global = true,
        help_heading = "Global options",
        conflicts_with = "verbose"
    )]
    pub quiet: bool,
    /// Print each step with its time on stderr
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Global options"
    )]
    pub color: ColorChoice,
    /// Never prompt
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_input: bool,
    /// Answer yes to every question
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub yes: bool,
    /// Wait at most this many seconds for the network
    #[arg(
        long,
        global = true,
        value_name = "SECS",
        default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=86_400),
        help_heading = "Global options"
    )]
    pub timeout: u64,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open, inspect, update and close sandboxes
    #[command(subcommand, arg_required_else_help = true)]
    Sandbox(sandbox::Command),
    /// Write files, with their log entries, as one commit on a remote branch
    Commit(commit::Arguments),
    /// Show the state of this clone and its sandbox
    Status(status::Arguments),
    /// Show the commits of a branch
    Log(log::Arguments),
    /// Undo commits by a new commit
    Rollback(rollback::Arguments),
    /// Save the working tree before something risky, and bring it back
    Snapshot(snapshot::Arguments),
    /// Make, list, prune, test and restore backups
    Backup(backup::Arguments),
    /// Show a sandbox's difference and open, or update, its pull request
    Propose(propose::Arguments),
    /// Merge a sandbox into a protected branch, on a server without pull requests
    Land(land::Arguments),
    /// Make the server enforce the rules for everybody
    #[command(subcommand, arg_required_else_help = true)]
    Protect(protect::Command),
    /// Show the rules in force, and what they say of a path
    #[command(subcommand, arg_required_else_help = true)]
    Policy(policy::Command),
    /// Tell AI agents how to write here
    #[command(subcommand, arg_required_else_help = true)]
    Agents(agents::Command),
    /// Read what was done, and prove that the records of it hold
    #[command(subcommand, arg_required_else_help = true)]
    Audit(audit::Command),
    /// Issue, read and revoke tokens
    #[command(subcommand, arg_required_else_help = true)]
    Token(token::Command),
    /// Show the key ring, give it a new key, retire an old one
    #[command(subcommand, arg_required_else_help = true)]
    Key(key::Command),
    /// The hook that git runs on a server (`aidf protect apply` installs it)
    #[command(subcommand, arg_required_else_help = true)]
    Hook(hook::Command),
    /// Log in to GitHub or GitLab, and have git's credential helpers keep the token
    ///
    /// Says which login works, where there is one already: a token of the environment, that of gh,
    /// or that of git's credential helpers. Otherwise you enter a code in a browser, on any device.
    Login(login::Arguments),
    /// Make a repository ready for sandboxes
    ///
    /// Makes the base branch from the default branch; adds a policy file of comments and the
    /// ledgers' lines of .gitattributes to it, as one commit; makes this machine's key; sets up the
    /// server's protection; prints an entry for backups. What is there already stays as it is, so
    /// it is safe to run again, and a second run goes on where the first one stopped. A terminal
    /// asks; --no-input asks nothing and takes the flags and their defaults, and so does a run
    /// without a terminal. The server is changed only with --protect, -y or a yes. The repository
    /// needs a first commit. If a step fails, the others are tried, and the exit code is that of
    /// the first failure.
    Setup(setup::Arguments),
    /// Say what works from here and what does not, and how to mend it
    ///
    /// Looks at the settings, git, the keys, the clone, the remote and what it holds. Nothing is
    /// written and nothing is pushed. Exits with 8 if there is a problem.
    Doctor(heartbeat::Heartbeat),
    /// Show all the main commands at work on a new local remote
    Demo(demo::Arguments),
    /// Print the completion script for a shell
    Completions(generate::Completions),
    /// Write the man pages into a folder
    Man(generate::Man),
}

impl Global {
    fn settings(&self) -> Settings {
        Settings {
            json: self.json,
            quiet: self.quiet,
            verbose: self.verbose,
            color: self.color,
            no_input: self.no_input,
            yes: self.yes,
        }
    }

    /// The folder that relative paths start from.
    ///
    /// Errors: not_found.
    pub fn folder(&self) -> Result<PathBuf> {
        let dir = self.dir.clone().unwrap_or_else(|| PathBuf::from("."));
        std::path::absolute(&dir)
            .ok()
            .filter(|d| d.is_dir())
            .and_then(|d| d.canonicalize().ok())
            .ok_or_else(|| {
                Error::new(
                    Kind::NotFound,
                    format!("there is no folder {}", dir.display()),
                )
                .hint("name an existing one with -C DIR")
            })
    }

    /// The settings in force.
    pub fn config(&self, environment: &Environment) -> Result<Config> {
        let flags = Flags {
            config: self.config.clone(),
            timeout: Some(self.timeout),
        };
        Config::resolve(&flags, environment, Folders::of_user()?)
    }

    /// Opens what a command works on.
    pub fn context(&self, ui: &Ui) -> Result<Context> {
        let caller = caller(ui);
        let config = self.config(&caller.environment)?;
        let place = self.location(ui.interactive())?;
        Context::open(config, &place, Moment::now(), caller)
    }

    /// Where a command works.
    fn location(&self, interactive: bool) -> Result<Location> {
        Ok(Location {
            repo: self.repo.clone(),
            dir: self.folder()?,
            remote: self.remote.clone(),
            interactive,
        })
    }

    /// Carries out an operation, prints what came of it, and gives its verdict.
    pub fn call<T: Reported>(
        &self,
        ui: &Ui,
        operation: impl FnOnce(&Context) -> Result<T>,
        human: impl FnOnce(&mut Text, &T),
    ) -> Result<()> {
        ui.outcome(Outcome::of(&self.context(ui)?, operation)?, human)
    }
}

/// What this process brings to a call. Who types Ctrl-C ends the process itself, at once:
/// nothing of a write is half done at any moment.
pub fn caller(ui: &Ui) -> Caller {
    Caller {
        environment: Environment::of_process(),
        clock: Clock::of_machine(),
        random: Box::new(rand::make_rng::<StdRng>()),
        progress: Box::new(ui.clone()),
        cancel: Cancel::new(),
        input: Some(Box::new(std::io::stdin())),
        door: "cli",
    }
}

/// Runs the program and gives its exit code.
pub fn main() -> u8 {
    if complete::answered() {
        return 0;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused::arguments(&error),
    };
    let ui = Ui::new(cli.global.settings());
    let done = match cli.command {
        Command::Sandbox(command) => sandbox::run(&cli.global, &ui, command),
        Command::Commit(arguments) => commit::run(&cli.global, &ui, arguments),
        Command::Status(arguments) => status::run(&cli.global, &ui, arguments),
        Command::Log(arguments) => log::run(&cli.global, &ui, arguments),
        Command::Rollback(arguments) => rollback::run(&cli.global, &ui, arguments),
        Command::Snapshot(arguments) => snapshot::run(&cli.global, &ui, arguments),
        Command::Backup(arguments) => backup::run(&cli.global, &ui, arguments),
        Command::Propose(arguments) => propose::run(&cli.global, &ui, arguments),
        Command::Land(arguments) => land::run(&cli.global, &ui, arguments),
        Command::Protect(command) => protect::run(&cli.global, &ui, command),
        Command::Policy(command) => policy::run(&cli.global, &ui, command),
        Command::Agents(command) => agents::run(&cli.global, &ui, command),
        Command::Audit(command) => audit::run(&cli.global, &ui, command),
        Command::Token(command) => token::run(&cli.global, &ui, command),
        Command::Key(command) => key::run(&cli.global, &ui, command),
        Command::Hook(command) => hook::run(&ui, &command),
        Command::Login(arguments) => login::run(&cli.global, &ui, arguments),
        Command::Doctor(heartbeat) => {
            heartbeat.after(&cli.global, &ui, || doctor::run(&cli.global, &ui))
        }
        Command::Setup(arguments) => setup::run(&cli.global, &ui, arguments),
        Command::Demo(arguments) => demo::run(&cli.global, &ui, arguments),
        Command::Completions(arguments) => generate::completions(&ui, &arguments),
        Command::Man(arguments) => generate::man(&ui, &arguments),
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            ui.error(&error);
            exit_code::of(error.kind())
        }
    }
}

/// Reads a length of time.
pub fn period(text: &str) -> std::result::Result<Period, String> {
    Period::parse(text).ok_or_else(|| {
        "expected a length of time in y, m, w, d or h, such as 30d or 36h".to_owned()
    })
}

/// Reads a token that was given as a value, or as one line of standard input for `-`.
///
/// Errors: usage, for an empty one.
pub fn token(given: Option<Secret>) -> Result<Option<Secret>> {
    let given = given.map(one_token).transpose();
    given.map_err(|e| {
        e.hint("give --reuse-token - to read it from standard input, or set AIDF_REUSE_TOKEN")
    })
}

/// As [`token`], for one that must be given.
///
/// Errors: usage, for an empty one.
pub fn one_token(given: Secret) -> Result<Secret> {
    let mut text = given.reveal().to_owned();
    if text == "-" {
        text.clear();
        std::io::stdin().read_line(&mut text).map_err(|e| {
            Error::new(Kind::Usage, "no token could be read from standard input").caused_by(e)
        })?;
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::new(Kind::Usage, "the token is empty")
            .hint("give the token itself, or - to read it from standard input"));
    }
    Ok(Secret::new(text))
}
