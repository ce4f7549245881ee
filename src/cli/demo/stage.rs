//! Where the demo is played: a remote and a machine of its own, whose commands are shown and
//! run for real.

use crate::cli::ui::{Style, Ui, internal};
use aidf::environment::Environment;
use aidf::error::{Error, Kind, OrFail, Result};
use aidf::secret::Secret;
use aidf::words::shell_word;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Command;

const README: &str = "# playoff-predictor\n\nPredicts the bracket from last season's games.\n";
const APP: &str = "GAMES = 82\n\n\ndef points(wins, overtime_losses):\n    return 2 * wins + overtime_losses\n\n\ndef playoffs(teams):\n    return sorted(teams, key=lambda t: -t[\"points\"])[:16]\n";
const PLAN: &str = "# Plan\n\n1. Load last season's games\n2. Predict the bracket\n";
const MEMORY: &str = "- path: src/predict.py\n  file_type: py\n  description: Points and the playoff field\n  tags:\n  - core\n  last_updated: '2026-11-01'\n  pod_owner: DevPod\n";
const CHANGELOG: &str = "- timestamp: '2026-11-01T09:30:00.000000'\n  path: src/predict.py\n  task_id: seed\n  committed_by: DevPod\n  message: Add points and the playoff field\n";

/// A command that was run, and how it ended.
#[derive(Debug, Serialize)]
pub struct Step {
    command: String,
    exit_code: i32,
}

/// The demo under way: a private machine, and what was run on it.
pub struct Story<'a> {
    pub ui: &'a Ui,
    pub home: PathBuf,
    pub color: &'static str,
    pub json: bool,
    /// What the next command finds in AIDF_REUSE_TOKEN.
    pub token: Option<Secret>,
    pub steps: Vec<Step>,
}

impl Story<'_> {
    /// Makes the remote: a bare repository with a little project in it.
    pub fn prepare(&mut self, dir: &Path) -> Result<()> {
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
                || "the demo needs `git`, which could not be started",
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

    pub fn say(&self, text: &str) -> Result<()> {
        self.print(&format!("\n{}\n\n", self.ui.painted(Style::Good, text)))
    }

    pub fn git(&mut self, dir: &Path, arguments: &[&str]) -> Result<()> {
        self.git_expecting(dir, arguments, 0)
    }

    pub fn git_expecting(&mut self, dir: &Path, arguments: &[&str], expected: i32) -> Result<()> {
        self.play(Path::new("git"), "git", dir, arguments, &[], expected)
    }

    /// The sandbox of the story.
    pub fn sandbox(&self, remote: PathBuf) -> Result<String> {
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

    pub fn aidf(&mut self, dir: &Path, arguments: &[&str], expected: i32) -> Result<()> {
        let program = std::env::current_exe().map_err(|e| internal(e.into()))?;
        let hidden = ["--color", self.color];
        self.play(&program, "aidf", dir, arguments, &hidden, expected)
    }

    /// A field of what a command reports, which is not shown.
    pub fn field(
        &self,
        dir: &Path,
        arguments: &[&str],
        name: &str,
        failed: &str,
    ) -> Result<String> {
        let program = std::env::current_exe().map_err(|e| internal(e.into()))?;
        let output = self.command(&program, dir).args(arguments).output();
        let output = output.or_fail(Kind::Internal, || failed)?;
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).or_fail(Kind::Internal, || failed)?;
        let value = report[name].as_str().map(str::to_owned);
        value.ok_or_else(|| Error::new(Kind::Internal, failed))
    }

    /// As [`Story::aidf`], with a token in the environment.
    pub fn with_token(&mut self, dir: &Path, token: &str, arguments: &[&str]) -> Result<()> {
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
            .map(shell_word)
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
                format!("`{line}` ended with exit code {code}, and the demo expected {expected}"),
            )
            .caused_by(anyhow::anyhow!(
                String::from_utf8_lossy(&output.stderr).into_owned()
            )));
        }
        Ok(())
    }

    pub fn append(&self, dir: &Path, path: &str, line: &str) -> Result<()> {
        let shown = format!("echo \"{line}\" >> {path}");
        self.edit(dir, path, &shown, |text| format!("{text}{line}\n"))
    }

    pub fn replace(&self, dir: &Path, path: &str, from: &str, to: &str) -> Result<()> {
        let shown = format!("sed -i \"s/{from}/{to}/\" {path}");
        self.edit(dir, path, &shown, |text| text.replace(from, to))
    }

    /// Keeps our side of what pull has marked.
    pub fn keep_ours(&self, dir: &Path, path: &str) -> Result<()> {
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

    pub fn write(&self, dir: &Path, path: &str, text: &str) -> Result<()> {
        let shown = format!("echo \"{}\" > {path}", text.trim_end());
        self.edit(dir, path, &shown, |_| text.to_owned())
    }

    /// Changes a file as the command does that is shown.
    pub fn edit(
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
