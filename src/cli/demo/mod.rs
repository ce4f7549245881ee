//! `aidf demo`: the whole story on a remote and a clone of its own making. Every step
//! is a command that a user would type, run for real; nothing outside its folder is
//! touched, and it stays for playing.

mod stage;

use super::Global;
use super::ui::Ui;
use aidf::error::{Error, Kind, OrFail, Result};
use aidf::temporary;
use clap::Args;
use serde::Serialize;
use stage::{Step, Story};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder for the demo (default: a new temporary folder)
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

    story.say("5. Roll it back. History is kept, the files return, and the log says why.")?;
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

    story.say("6. A colleague has the token, works on another machine, and changes the same\n   line. Nobody's work is lost: pull their version, fix the lines, and commit.")?;
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

    story.say("7. What the sandbox changed since it was forked from its base.")?;
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

    story.say("10. Make the server itself enforce the rules, for plain git too. (Here the\n    server is a folder that you own, so aidf can only say: advisory.)")?;
    story.aidf(&work, &["protect", "apply"], 0)?;

    story.say("11. Now the server refuses a plain `git push` to main, and a stranger's push\n    to the sandbox. The holder's push passes: aidf sends the token by itself.")?;
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

    story.say("12. Meanwhile an operator changes main. Merge that into the sandbox: files\n    as git merges them, log entries one by one.")?;
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

    story.say("13. Propose it. If there is no forge, an operator lands it: one signed merge.")?;
    story.aidf(&work, &["propose"], 0)?;
    story.with_token(&work, &token, &["land", &sandbox])?;

    story.say("14. The sandbox is done. It is archived, and comes back when it is needed.")?;
    story.aidf(&work, &["sandbox", "close"], 0)?;
    story.aidf(&work, &["sandbox", "restore", &sandbox], 0)?;

    story.say("15. Plain git sees an ordinary branch; nothing was lost on the way.")?;
    story.git(&dir, &["-C", "remote.git", "log", "--oneline", "--all"])?;
    story.git(&dir, &["-C", "remote.git", "fsck", "--strict"])?;

    story.say(&format!(
        "The end. Everything stays in {dir}. You can go on from there:\n\n  cd {work}\n  export HOME={home}\n  aidf sandbox show\n  aidf sandbox list\n  aidf --help",
        dir = dir.display(),
        work = work.display(),
        home = story.home.display()
    ))?;
    let report = Report {
        message: format!("the demo ran in {}", dir.display()),
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
                        .hint("name a folder that is empty or does not exist"),
                );
            }
            std::fs::create_dir_all(&dir).or_fail(Kind::Usage, || failed(&dir))?;
            dir.canonicalize().or_fail(Kind::Usage, || failed(&dir))
        }
        None => Ok(temporary::folder("aidf-demo-")?.keep()),
    }
}
