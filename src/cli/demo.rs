//! `aidf demo`: the whole story on a remote and a clone of its own making. Every step
//! is a command that a user would type, run for real; nothing outside its folder is
//! touched, and it stays for playing.

use super::Global;
use super::ui::{Style, Ui, internal};
use aidf::environment::Environment;
use aidf::error::{Error, Kind, OrFail, Result};
use aidf::secret::Secret;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Where to play (default: a new folder below the system's temporary one)
    dir: Option<PathBuf>,
}

/// What was played.
#[derive(Debug, Serialize)]
struct Report {
    /// The folder that stays.
    dir: PathBuf,
    /// Every command and how it ended.
    steps: Vec<Step>,
    /// One sentence.
    message: String,
}

#[derive(Debug, Serialize)]
struct Step {
    command: String,
    exit_code: i32,
}

const README: &str = "# playoff-predictor\n\nPredicts the bracket from last season's games.\n";
const APP: &str = "GAMES = 82\n\n\ndef points(wins, overtime_losses):\n    return 2 * wins + overtime_losses\n\n\ndef playoffs(teams):\n    return sorted(teams, key=lambda t: -t[\"points\"])[:16]\n";
const PLAN: &str = "# Plan\n\n1. Load last season's games\n2. Predict the bracket\n";
const MEMORY: &str = "- path: src/predict.py\n  file_type: py\n  description: Points and the playoff field\n  tags:\n  - core\n  last_updated: '2026-11-01'\n  pod_owner: DevPod\n";
const CHANGELOG: &str = "- timestamp: '2026-11-01T09:30:00.000000'\n  path: src/predict.py\n  task_id: seed\n  committed_by: DevPod\n  message: Add points and the playoff field\n";

pub fn run(global: &Global, ui: &Ui, arguments: Arguments) -> Result<()> {
    let dir = folder(arguments.dir)?;
    let mut story = Story {
        ui,
        home: dir.join("home"),
        color: global_color(global),
        json: global.json,
        token: None,
        steps: Vec::new(),
    };
    story.prepare(&dir)?;
    let work = dir.join("work");

    story.say(&format!(
        "A remote and a clone of it, in {}.",
        dir.display()
    ))?;
    story.git(&dir, &["clone", "--quiet", "remote.git", "work"])?;

    story.say("1. Open a sandbox: a private branch, and a token to come back with.")?;
    story.aidf(&work, &["sandbox", "init"], 0)?;

    story.say("2. Write a file. It lands as one commit, with its log entries; your\n   checkout's branch, index and HEAD stay as they are.")?;
    story.append(&work, "docs/plan.md", "3. Publish the table each morning")?;
    story.aidf(
        &work,
        &[
            "commit",
            "docs/plan.md",
            "-m",
            "Plan the daily table",
            "--task-id",
            "table-1",
        ],
        0,
    )?;

    story.say("3. main is protected: nobody writes it by accident.")?;
    story.aidf(
        &work,
        &[
            "commit",
            "docs/plan.md",
            "--branch",
            "main",
            "-m",
            "Straight to main",
        ],
        5,
    )?;

    story.say("4. A mistake: the core is overwritten and the plan deleted.")?;
    story.write(&work, "src/predict.py", "print('oops')\n")?;
    story.aidf(
        &work,
        &[
            "commit",
            "src/predict.py",
            "--rm",
            "docs/plan.md",
            "-m",
            "Simplify everything",
        ],
        0,
    )?;

    story.say("5. Roll it back. History is kept, the files return, and why is on record.")?;
    story.aidf(
        &work,
        &[
            "rollback",
            "--last",
            "1",
            "--reason",
            "the predictor was lost",
        ],
        0,
    )?;
    story.aidf(&work, &["log", "-n", "3"], 0)?;

    story.say("6. A colleague has the token, works on another machine, and changes the same\n   line. Nobody's work is lost: take theirs, mend the lines, and commit.")?;
    let token = story.field(
        &work,
        &["sandbox", "init", "--json"],
        "reuse_token",
        "the demo's colleague got no token",
    )?;
    story.git(&dir, &["clone", "--quiet", "remote.git", "colleague"])?;
    let colleague = dir.join("colleague");
    story.with_token(&colleague, &token, &["-q", "sandbox", "init"])?;
    story.aidf(&colleague, &["sandbox", "pull"], 0)?;
    story.replace(&colleague, "docs/plan.md", "each morning", "at seven")?;
    let commit = ["commit", "docs/plan.md", "-m", "Say when to publish"];
    story.aidf(&colleague, &commit, 0)?;
    story.say("   Meanwhile, here:")?;
    story.replace(&work, "docs/plan.md", "each morning", "each evening")?;
    let commit = ["commit", "docs/plan.md", "-m", "Publish in the evening"];
    story.aidf(&work, &commit, 6)?;
    story.aidf(&work, &["sandbox", "pull"], 6)?;
    story.keep_ours(&work, "docs/plan.md")?;
    story.aidf(&work, &commit, 0)?;

    story.say("7. What the sandbox did, against where it left its base.")?;
    story.aidf(&work, &["sandbox", "diff"], 0)?;

    story.say("8. A forged token opens nothing.")?;
    story.aidf(
        &work,
        &[
            "sandbox",
            "init",
            "--strict",
            "--reuse-token",
            "c2FuZGJveC1lbWVyYWxkLWhhd2s=",
        ],
        4,
    )?;

    story.say("9. Back main up, and prove that the backup can be restored.")?;
    story.aidf(&work, &["backup"], 0)?;
    story.aidf(&work, &["backup", "drill"], 0)?;

    story.say("10. Have the server itself hold everybody to the rules, plain git too. (Here\n   the server is a folder of your own, so aidf says truthfully: advisory.)")?;
    story.aidf(&work, &["protect", "apply"], 0)?;

    story.say("11. Now a plain `git push` to main is refused, and so is a stranger's to the\n    sandbox; its holder's passes, for aidf sends the token by itself.")?;
    let sandbox = story.sandbox(dir.join("remote.git"))?;
    story.git_expecting(
        &work,
        &[
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "Round the rules",
        ],
        0,
    )?;
    story.git_expecting(&work, &["push", "origin", "HEAD:main"], 1)?;
    let there = format!("HEAD:{sandbox}");
    story.git_expecting(&work, &["push", "--force", "origin", &there], 1)?;
    story.append(&work, "docs/plan.md", "4. Check it against the league")?;
    story.aidf(
        &work,
        &["commit", "docs/plan.md", "-m", "Plan the check"],
        0,
    )?;

    story.say("12. Meanwhile an operator changes main. Bring that into the sandbox: files are\n    merged as git does, the log entries one by one.")?;
    let token = story.field(
        &work,
        &["token", "issue", "--operator", "--expires", "1h", "--json"],
        "token",
        "the demo's operator got no token",
    )?;
    story.append(&work, "README.md", "Published each morning.")?;
    let on_main = ["commit", "README.md", "--branch", "main", "-m", "Say when"];
    story.with_token(&work, &token, &on_main)?;
    story.aidf(&work, &["sandbox", "sync", "--from", "main"], 0)?;
    story.aidf(&work, &["status"], 0)?;

    story
        .say("13. Propose it. Where there is no forge, an operator lands it: one signed merge.")?;
    story.aidf(&work, &["propose"], 0)?;
    story.with_token(&work, &token, &["land", &sandbox])?;

    story.say("14. The sandbox is done. It is archived, and comes back when it is needed.")?;
    story.aidf(&work, &["sandbox", "close"], 0)?;
    story.aidf(&work, &["sandbox", "restore", &sandbox], 0)?;

    story.say("15. Plain git sees an ordinary branch; nothing was lost on the way.")?;
    story.git(&dir, &["-C", "remote.git", "log", "--oneline", "--all"])?;
    story.git(&dir, &["-C", "remote.git", "fsck", "--strict"])?;

    story.say(&format!(
        "The end. It all stays in {dir}; go on from there:\n\n  cd {work}\n  export HOME={home}\n  aidf sandbox show\n  aidf sandbox list\n  aidf --help",
        dir = dir.display(),
        work = work.display(),
        home = story.home.display()
    ))?;
    let report = Report {
        message: format!("the story was played in {}", dir.display()),
        dir,
        steps: story.steps,
    };
    if global.json {
        return ui.result(&report, |_| {});
    }
    Ok(())
}

fn global_color(global: &Global) -> &'static str {
    use std::io::IsTerminal;
    let auto = std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    match global.color {
        super::ColorChoice::Always => "always",
        super::ColorChoice::Auto if auto => "always",
        _ => "never",
    }
}

fn folder(given: Option<PathBuf>) -> Result<PathBuf> {
    let failed = |d: &Path| format!("the folder {} cannot be used", d.display());
    match given {
        Some(dir) => {
            let taken = dir.read_dir().is_ok_and(|mut d| d.next().is_some());
            if taken {
                return Err(
                    Error::new(Kind::Usage, format!("{} is not empty", dir.display()))
                        .hint("name a folder that is empty or not there yet"),
                );
            }
            std::fs::create_dir_all(&dir).or_fail(Kind::Usage, || failed(&dir))?;
            dir.canonicalize().or_fail(Kind::Usage, || failed(&dir))
        }
        None => {
            let dir = tempfile::Builder::new()
                .prefix("aidf-demo-")
                .tempdir()
                .or_fail(Kind::Internal, || "no temporary folder can be made")?;
            Ok(dir.keep())
        }
    }
}

struct Story<'a> {
    ui: &'a Ui,
    home: PathBuf,
    color: &'static str,
    json: bool,
    /// What the next command finds in AIDF_REUSE_TOKEN.
    token: Option<Secret>,
    steps: Vec<Step>,
}

impl Story<'_> {
    /// Makes the remote: a bare repository with a little project in it.
    fn prepare(&mut self, dir: &Path) -> Result<()> {
        let seed = dir.join("home").join("seed");
        let write = |path: &str, text: &str| -> Result<()> {
            let file = seed.join(path);
            let failed = || format!("{} cannot be written", file.display());
            std::fs::create_dir_all(file.parent().unwrap_or(&seed))
                .and_then(|()| std::fs::write(&file, text))
                .or_fail(Kind::Internal, failed)
        };
        for (path, text) in [
            ("README.md", README),
            ("src/predict.py", APP),
            ("docs/plan.md", PLAN),
            ("project/memory.yaml", MEMORY),
            ("project/outputs/changelog.yaml", CHANGELOG),
        ] {
            write(path, text)?;
        }
        self.quietly(&seed, &["config", "--global", "user.name", "Operator"])?;
        self.quietly(
            &seed,
            &[
                "config",
                "--global",
                "user.email",
                "operator@example.invalid",
            ],
        )?;
        self.quietly(&seed, &["config", "--global", "safe.directory", "*"])?;
        self.quietly(&seed, &["init", "--quiet", "--initial-branch=main"])?;
        self.quietly(&seed, &["add", "."])?;
        self.quietly(&seed, &["commit", "--quiet", "-m", "Seed the project"])?;
        self.quietly(&seed, &["branch", "sandbox"])?;
        self.quietly(
            dir,
            &["clone", "--quiet", "--bare", "home/seed", "remote.git"],
        )?;
        self.quietly(
            &dir.join("remote.git"),
            &["config", "receive.advertisePushOptions", "true"],
        )?;
        self.quietly(
            &dir.join("remote.git"),
            &["config", "receive.fsckObjects", "true"],
        )
    }

    /// A command that sees this folder's settings alone.
    fn command(&self, program: &Path, dir: &Path) -> Command {
        let environment = Environment::of_process();
        let mut command = aidf::git::command(program, aidf::git::Child::Server, &environment);
        let ours = |name: &str| {
            name.starts_with("AIDF_")
                || name.starts_with("GIT_")
                || name.starts_with("XDG_")
                || name == "DEFAULT_WRITE_BRANCH"
        };
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(ours) {
                command.env_remove(name);
            }
        }
        command
            .current_dir(dir)
            .env("HOME", &self.home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(std::process::Stdio::null());
        if let Some(token) = &self.token {
            command.env("AIDF_REUSE_TOKEN", token.reveal());
        }
        command
    }

    fn quietly(&self, dir: &Path, arguments: &[&str]) -> Result<()> {
        let output = self
            .command(Path::new("git"), dir)
            .args(arguments)
            .output()
            .or_fail(
                Kind::Unavailable,
                || "`git` could not be started, which the demo needs",
            )?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::new(
            Kind::Internal,
            format!("git {} failed", arguments.join(" ")),
        )
        .caused_by(anyhow::anyhow!(said)))
    }

    fn print(&self, text: &str) -> Result<()> {
        if self.json {
            Ok(())
        } else {
            self.ui.stdout(text.as_bytes())
        }
    }

    fn say(&self, text: &str) -> Result<()> {
        self.print(&format!("\n{}\n\n", self.ui.painted(Style::Good, text)))
    }

    fn git(&mut self, dir: &Path, arguments: &[&str]) -> Result<()> {
        self.git_expecting(dir, arguments, 0)
    }

    fn git_expecting(&mut self, dir: &Path, arguments: &[&str], expected: i32) -> Result<()> {
        self.play(Path::new("git"), "git", dir, arguments, &[], expected)
    }

    /// The sandbox of the story.
    fn sandbox(&self, remote: PathBuf) -> Result<String> {
        let failed = || "the demo's sandbox cannot be found";
        let output = self
            .command(Path::new("git"), &remote)
            .args([
                "for-each-ref",
                "--format=%(refname:short)",
                "refs/heads/sandbox-*",
            ])
            .output()
            .or_fail(Kind::Internal, failed)?;
        let names = String::from_utf8_lossy(&output.stdout).into_owned();
        names
            .lines()
            .next()
            .map(str::to_owned)
            .ok_or_else(|| Error::new(Kind::Internal, failed()))
    }

    fn aidf(&mut self, dir: &Path, arguments: &[&str], expected: i32) -> Result<()> {
        let program = std::env::current_exe().map_err(|e| internal(e.into()))?;
        let hidden = ["--color", self.color];
        self.play(&program, "aidf", dir, arguments, &hidden, expected)
    }

    /// A field of what a command reports, which is not shown.
    fn field(&self, dir: &Path, arguments: &[&str], name: &str, failed: &str) -> Result<String> {
        let program = std::env::current_exe().map_err(|e| internal(e.into()))?;
        let output = self.command(&program, dir).args(arguments).output();
        let output = output.or_fail(Kind::Internal, || failed)?;
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).or_fail(Kind::Internal, || failed)?;
        let value = report[name].as_str().map(str::to_owned);
        value.ok_or_else(|| Error::new(Kind::Internal, failed))
    }

    /// As [`Story::aidf`], with a token in the environment.
    fn with_token(&mut self, dir: &Path, token: &str, arguments: &[&str]) -> Result<()> {
        self.token = Some(Secret::new(token));
        let done = self.aidf(dir, arguments, 0);
        self.token = None;
        done
    }

    /// Shows a command, runs it, and shows what it printed.
    fn play(
        &mut self,
        program: &Path,
        name: &str,
        dir: &Path,
        arguments: &[&str],
        hidden: &[&str],
        expected: i32,
    ) -> Result<()> {
        let words: Vec<String> = std::iter::once(name)
            .chain(arguments.iter().copied())
            .map(quoted)
            .collect();
        let mut line = words.join(" ");
        if self.token.is_some() {
            line = format!("AIDF_REUSE_TOKEN=… {line}");
        }
        self.print(&format!(
            "{}\n",
            self.ui.painted(Style::Strong, &format!("$ {line}"))
        ))?;
        let output = self
            .command(program, dir)
            .args(arguments)
            .args(hidden)
            .output()
            .or_fail(Kind::Unavailable, || {
                format!("`{name}` could not be started")
            })?;
        self.print(&String::from_utf8_lossy(&output.stderr))?;
        self.print(&String::from_utf8_lossy(&output.stdout))?;
        let code = output.status.code().unwrap_or(-1);
        if code != 0 {
            self.print(&format!(
                "{}\n",
                self.ui.painted(Style::Dim, &format!("(exit code {code})"))
            ))?;
        }
        self.steps.push(Step {
            command: line.clone(),
            exit_code: code,
        });
        if code != expected {
            return Err(Error::new(
                Kind::Internal,
                format!("the demo expected exit code {expected} of `{line}`, and saw {code}"),
            )
            .caused_by(anyhow::anyhow!(
                String::from_utf8_lossy(&output.stderr).into_owned()
            )));
        }
        Ok(())
    }

    fn append(&self, dir: &Path, path: &str, line: &str) -> Result<()> {
        let shown = format!("echo \"{line}\" >> {path}");
        self.edit(dir, path, &shown, |text| format!("{text}{line}\n"))
    }

    fn replace(&self, dir: &Path, path: &str, from: &str, to: &str) -> Result<()> {
        let shown = format!("sed -i \"s/{from}/{to}/\" {path}");
        self.edit(dir, path, &shown, |text| text.replace(from, to))
    }

    /// Keeps our side of what pull has marked.
    fn keep_ours(&self, dir: &Path, path: &str) -> Result<()> {
        let shown = format!("sed -i \"/^<<<<<<</d; /^=======$/,/^>>>>>>>/d\" {path}");
        self.edit(dir, path, &shown, |text| {
            let mut theirs = false;
            let mut kept = String::new();
            for line in text.lines() {
                theirs |= line == "=======";
                if !theirs && !line.starts_with("<<<<<<<") {
                    kept.push_str(line);
                    kept.push('\n');
                }
                theirs &= !line.starts_with(">>>>>>>");
            }
            kept
        })
    }

    fn write(&self, dir: &Path, path: &str, text: &str) -> Result<()> {
        let shown = format!("echo \"{}\" > {path}", text.trim_end());
        self.edit(dir, path, &shown, |_| text.to_owned())
    }

    /// Changes a file as the command does that is shown.
    fn edit(
        &self,
        dir: &Path,
        path: &str,
        shown: &str,
        change: impl FnOnce(&str) -> String,
    ) -> Result<()> {
        self.print(&format!(
            "{}\n",
            self.ui.painted(Style::Strong, &format!("$ {shown}"))
        ))?;
        let file = dir.join(path);
        let text = std::fs::read_to_string(&file)
            .or_fail(Kind::Internal, || format!("{path} cannot be read"))?;
        std::fs::write(&file, change(&text))
            .or_fail(Kind::Internal, || format!("{path} cannot be written"))
    }
}

/// A word as it would be typed.
fn quoted(word: &str) -> String {
    let plain = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c));
    if plain {
        word.to_owned()
    } else {
        format!("\"{word}\"")
    }
}
