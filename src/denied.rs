//! Paths that a sandbox may not write unless the policy allows it. A tool runs code from
//! these files, obeys their instructions, or decides reviews by them, without being asked
//! to. Pure.
//!
//! The source itself is left out on purpose. `build.rs`, `Makefile`, `package.json`,
//! `Dockerfile`, tests and their configuration run code too, but only for somebody who
//! builds or tests the branch, and a review and a container protect against that. Files
//! that only format text (`.editorconfig`) or choose a version (`.nvmrc`) are left out too.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Files of one tool.
#[derive(Debug)]
pub struct Group {
    /// The tool that reads them.
    pub tool: &'static str,
    /// Why a sandbox may not write them.
    pub reason: &'static str,
    /// The files, as lower-case globs, compared with folded paths. `**/` at the front means
    /// any folder. A glob also matches everything below its name, and a glob that ends in
    /// `/**` also matches the folder's own name.
    pub globs: &'static [&'static str],
}

const CI: &str = "CI runs what it says, with the secrets of the repository";
const FORGE: &str = "the forge runs CI, asks for reviews and instructs agents by it";
const DEPLOYS: &str = "a service builds and deploys by it, with the secrets of the site";
const BOT: &str = "a bot changes or merges by it, with rights of its own";
const REVIEW: &str = "reviews are decided or written by it";
const AGENT: &str = "an agent obeys it, or starts the servers and hooks that it names";
const EDITOR: &str = "an editor runs what it names when the folder is opened";
const CONTAINER: &str = "a development environment runs its commands when it starts";
const HOOKS: &str = "it is run by git at the next commit, checkout or push";
const SHELL: &str = "a shell or tool manager runs it, or what it names, on entering the folder";
const PACKAGES: &str = "it names programs that the tool runs, or where packages come from";
const STARTS: &str = "an interpreter or debugger runs it when it starts in the folder";

/// The table. Each glob is one row; its group gives its tool and reason.
pub const TABLE: &[Group] = &[
    Group {
        tool: "aidf",
        reason: "it is the policy itself",
        globs: &[".aidf.yaml"],
    },
    Group {
        tool: "git",
        reason: "git changes by it what is checked out, compared, merged or fetched",
        globs: &[
            "**/.gitattributes",
            "**/.gitmodules",
            "**/.lfsconfig",
            "**/.gitconfig",
        ],
    },
    Group {
        tool: "git",
        reason: "git shows other authors by it",
        globs: &[".mailmap"],
    },
    // https://docs.github.com: workflows, actions, CODEOWNERS, dependabot.yml, copilot
    // instructions, prompts and agents. Templates also tell agents what to write.
    Group {
        tool: "GitHub",
        reason: FORGE,
        globs: &[".github/**"],
    },
    Group {
        tool: "GitLab",
        reason: FORGE,
        globs: &[".gitlab/**", ".gitlab-ci.yml", "**/*.gitlab-ci.yml"],
    },
    Group {
        tool: "Gitea and Forgejo",
        reason: FORGE,
        globs: &[".gitea/**", ".forgejo/**"],
    },
    // Forges look in the root, in docs/ and in their own folder; a tool may look deeper.
    Group {
        tool: "GitHub, GitLab, Gitea, Bitbucket",
        reason: REVIEW,
        globs: &["**/codeowners"],
    },
    Group {
        tool: "CI services",
        reason: CI,
        globs: &[
            ".woodpecker/**",
            ".woodpecker.yml",
            ".woodpecker.yaml",
            ".drone.yml",
            ".drone.yaml",
            ".drone.jsonnet",
            ".drone.star",
            ".circleci/**",
            ".buildkite/**",
            ".travis.yml",
            ".azure-pipelines/**",
            "azure-pipelines.yml",
            "azure-pipelines.yaml",
            ".azure-pipelines.yml",
            ".vsts-ci.yml",
            "bitbucket-pipelines.yml",
            "appveyor.yml",
            ".appveyor.yml",
            "**/jenkinsfile",
            "**/jenkinsfile.*",
            "**/*.jenkinsfile",
            ".cirrus.yml",
            ".cirrus.star",
            ".semaphore/**",
            ".teamcity/**",
            ".build.yml",
            ".builds/**",
            ".tekton/**",
            ".codefresh/**",
            "codefresh.yml",
            "wercker.yml",
            "screwdriver.yaml",
            ".scrutinizer.yml",
            ".harness/**",
            ".zuul.yaml",
            "zuul.yaml",
            ".zuul.d/**",
            "zuul.d/**",
            ".prow.yaml",
            ".cds/**",
            ".onedev-buildspec.yml",
            ".space.kts",
            "cloudbuild.yaml",
            "cloudbuild.yml",
            "buildspec.yml",
            "buildspec.yaml",
        ],
    },
    Group {
        tool: "hosting services",
        reason: DEPLOYS,
        globs: &[
            "**/netlify.toml",
            "**/vercel.json",
            "amplify.yml",
            "heroku.yml",
            "render.yaml",
            ".platform.app.yaml",
            ".readthedocs.yml",
            ".readthedocs.yaml",
        ],
    },
    Group {
        tool: "dependency and merge bots",
        reason: BOT,
        globs: &[
            "renovate.json",
            "renovate.json5",
            ".renovaterc",
            ".renovaterc.*",
            ".dependabot/**",
            ".mergify.yml",
            ".mergify/**",
            ".kodiak.toml",
            ".bulldozer.yml",
            "bors.toml",
            ".pyup.yml",
        ],
    },
    Group {
        tool: "review bots",
        reason: REVIEW,
        globs: &[
            ".policy.yml",
            ".pullapprove.yml",
            ".coderabbit.yaml",
            ".coderabbit.yml",
            ".pr_agent.toml",
            ".sourcery.yaml",
            "greptile.json",
        ],
    },
    Group {
        tool: "Claude Code",
        reason: AGENT,
        globs: &[
            "**/.claude/**",
            "**/.claude.json",
            "**/.claude-plugin/**",
            "**/claude.md",
            "**/claude.local.md",
        ],
    },
    Group {
        tool: "MCP clients",
        reason: AGENT,
        globs: &["**/.mcp.json", "**/.mcp/**"],
    },
    // Most agents read AGENTS.md, from every folder on the way to a file.
    Group {
        tool: "Codex, Amp and other agents",
        reason: AGENT,
        globs: &[
            "**/agents.md",
            "**/agents.override.md",
            "**/agents.local.md",
            "**/agent.md",
            "**/.agents/**",
            "**/.agent/**",
            "**/.codex/**",
        ],
    },
    Group {
        tool: "Gemini and Qwen",
        reason: AGENT,
        globs: &["**/gemini.md", "**/.gemini/**", "**/qwen.md", "**/.qwen/**"],
    },
    Group {
        tool: "Copilot outside of .github",
        reason: AGENT,
        globs: &["**/copilot-instructions.md", "**/.copilot/**"],
    },
    Group {
        tool: "Cursor and Windsurf",
        reason: AGENT,
        globs: &["**/.cursor/**", "**/.cursorrules", "**/.windsurf*"],
    },
    Group {
        tool: "Cline, Roo and Kilo",
        reason: AGENT,
        globs: &[
            "**/.clinerules*",
            "**/.cline/**",
            "**/.roo/**",
            "**/.roorules*",
            "**/.roomodes",
            "**/.kilocode*",
        ],
    },
    Group {
        tool: "other agents",
        reason: AGENT,
        globs: &[
            "**/.aider*",
            "**/.continue/**",
            "**/.continuerc.json",
            "**/.junie/**",
            "**/.aiassistant/**",
            "**/.amazonq/**",
            "**/.kiro/**",
            "**/.augment/**",
            "**/.augment-guidelines",
            "**/.goosehints",
            "**/.goose/**",
            "**/.opencode/**",
            "**/opencode.json",
            "**/opencode.jsonc",
            "**/.openhands/**",
            "**/.trae/**",
            "**/.factory/**",
            "**/.crush.json",
            "**/crush.json",
            "**/crush.md",
            "**/warp.md",
            "**/.warp/**",
            "**/.rules",
            "**/.devin/**",
            "**/.sourcegraph/**",
        ],
    },
    Group {
        tool: "VS Code and Visual Studio",
        reason: EDITOR,
        globs: &["**/.vscode/**", "**/*.code-workspace", "**/.vs/**"],
    },
    Group {
        tool: "JetBrains",
        reason: EDITOR,
        globs: &["**/.idea/**", "**/.run/**", "**/.fleet/**"],
    },
    Group {
        tool: "vim and neovim",
        reason: EDITOR,
        globs: &[
            "**/.vim/**",
            "**/.vimrc",
            "**/_vimrc",
            "**/.gvimrc",
            "**/.lvimrc",
            "**/.local.vimrc",
            "**/.exrc",
            "**/_exrc",
            "**/.nvim/**",
            "**/.nvimrc",
            "**/.nvim.lua",
            "**/.vimspector.json",
            "**/.ycm_extra_conf.py",
        ],
    },
    Group {
        tool: "Emacs",
        reason: EDITOR,
        globs: &[
            "**/.dir-locals.el",
            "**/.dir-locals-2.el",
            "**/.emacs",
            "**/.emacs.d/**",
        ],
    },
    Group {
        tool: "other editors",
        reason: EDITOR,
        globs: &[
            "**/.zed/**",
            "**/.helix/**",
            "**/.kakrc",
            "**/*.sublime-project",
            "**/.project",
            "**/.classpath",
            "**/.settings/**",
            "**/.externaltoolbuilders/**",
            "**/.kateproject",
        ],
    },
    Group {
        tool: "development environments",
        reason: CONTAINER,
        globs: &[
            "**/.devcontainer/**",
            "**/.devcontainer.json",
            ".gitpod.yml",
            ".gitpod.dockerfile",
            ".ona/**",
            ".idx/**",
            ".replit",
            "replit.nix",
            "devfile.yaml",
            ".devfile.yaml",
            "**/devbox.json",
        ],
    },
    Group {
        tool: "hook managers",
        reason: HOOKS,
        globs: &[
            "**/.husky/**",
            "**/.huskyrc*",
            "**/.githooks/**",
            "**/.git-hooks/**",
            "**/.pre-commit-config.yaml",
            "**/.pre-commit-config.yml",
            "**/.pre-commit-hooks.yaml",
            "**/prek.toml",
            "**/lefthook.yml",
            "**/lefthook.yaml",
            "**/lefthook.toml",
            "**/lefthook.json",
            "**/lefthook-local.*",
            "**/.lefthook*",
            "**/.overcommit.yml",
            "**/captainhook.json",
            "**/grumphp.yml",
            "**/.lintstagedrc*",
            "**/lint-staged.config.*",
            "**/simple-git-hooks.*",
            "**/.simple-git-hooks.*",
            "**/.cargo-husky/**",
            "**/.rusty-hook.toml",
            "**/hk.pkl",
        ],
    },
    Group {
        tool: "direnv, mise, asdf and their like",
        reason: SHELL,
        globs: &[
            "**/.envrc",
            "**/.direnv/**",
            "**/.autoenv*",
            "**/.tool-versions",
            "**/mise.toml",
            "**/mise.*.toml",
            "**/.mise.toml",
            "**/.mise.*.toml",
            "**/.mise/**",
            "**/.rtx.toml",
            "**/.config/mise/**",
            "mise/config.toml",
            "**/.prototools",
        ],
    },
    Group {
        tool: "cargo and rustup",
        // A toolchain may itself be a folder of the repository.
        reason: PACKAGES,
        globs: &[
            "**/.cargo/**",
            "**/rust-toolchain",
            "**/rust-toolchain.toml",
        ],
    },
    Group {
        tool: "npm, yarn, pnpm, bun",
        reason: PACKAGES,
        globs: &[
            "**/.npmrc",
            "**/.yarnrc",
            "**/.yarnrc.*",
            "**/.yarn/**",
            "**/.pnp.*",
            "**/.pnpmfile.*",
            "**/pnpmfile.js",
            "**/bunfig.toml",
            "**/.corepack.env",
        ],
    },
    Group {
        tool: "pip, uv, conda",
        reason: PACKAGES,
        globs: &[
            "**/pip.conf",
            "**/pip.ini",
            "**/uv.toml",
            "**/.pypirc",
            "**/.condarc",
        ],
    },
    Group {
        tool: "bazel and buck",
        reason: PACKAGES,
        globs: &[
            "**/.bazelrc",
            "**/.bazelversion",
            "**/.bazeliskrc",
            "tools/bazel",
            "**/.buckconfig*",
        ],
    },
    Group {
        tool: "maven, gradle, sbt",
        reason: PACKAGES,
        globs: &[
            "**/.mvn/**",
            "**/gradle/wrapper/**",
            "**/.sbtopts",
            "**/.jvmopts",
        ],
    },
    Group {
        tool: "bundler, NuGet, .NET, SwiftPM, terraform, ansible",
        reason: PACKAGES,
        globs: &[
            "**/.bundle/**",
            "**/nuget.config",
            "**/.config/dotnet-tools.json",
            "**/.swiftpm/**",
            "**/.terraform/**",
            "**/.terraformrc",
            "**/ansible.cfg",
        ],
    },
    Group {
        tool: "interpreters and debuggers",
        reason: STARTS,
        globs: &[
            "**/.gdbinit",
            "**/.lldbinit",
            "**/.ghci",
            "**/.ocamlinit",
            "**/.rprofile",
            "**/.renviron",
            "**/.irbrc",
            "**/.pryrc",
            "**/.iex.exs",
            "**/.erlang",
            "**/sitecustomize.py",
            "**/usercustomize.py",
        ],
    },
];

/// A rule that denies a path.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The glob of the row.
    pub glob: &'static str,
    /// The tool that reads the file.
    pub tool: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The rule that denies `path` to a sandbox, even if its case or spelling is disguised.
pub fn rule_for(path: &str) -> Option<Rule> {
    let index = index();
    let parts = folded(path);
    (0..parts.len()).find_map(|at| index.at(&parts, at))
}

/// A path's parts, folded as the least strict file systems compare them.
fn folded(path: &str) -> Vec<String> {
    path.split(['/', '\\'])
        .map(|part| {
            // NTFS: the text after a `:` names a stream of the file, and dots and spaces at
            // the end are dropped.
            let name = part.split(':').next().unwrap_or(part);
            fold(name.trim_end_matches(['.', ' ']))
        })
        .collect()
}

/// Folds case at least as far as APFS does: through upper case, so that `ſ` becomes `s`.
fn fold(text: &str) -> String {
    text.chars()
        .filter(|c| !crate::git::is_invisible(*c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

struct Index {
    /// The rows whose first part has no `*`, by that part.
    named: HashMap<&'static str, Vec<Row>>,
    /// The other rows.
    others: Vec<Row>,
}

struct Row {
    rule: Rule,
    anywhere: bool,
    parts: Vec<&'static str>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Index {
            named: HashMap::new(),
            others: Vec::new(),
        };
        for group in TABLE {
            for glob in group.globs {
                let inner = glob.strip_prefix("**/");
                let parts: Vec<&str> = inner
                    .unwrap_or(glob)
                    .trim_end_matches("/**")
                    .split('/')
                    .collect();
                let row = Row {
                    rule: Rule {
                        glob,
                        tool: group.tool,
                        reason: group.reason,
                    },
                    anywhere: inner.is_some(),
                    parts,
                };
                match row.parts.first() {
                    Some(first) if !first.contains('*') => {
                        index.named.entry(first).or_default().push(row);
                    }
                    _ => index.others.push(row),
                }
            }
        }
        index
    })
}

impl Index {
    fn at(&self, parts: &[String], at: usize) -> Option<Rule> {
        let part = parts[at].as_str();
        let fits = |row: &&Row| {
            (row.anywhere || at == 0)
                && parts.len() - at >= row.parts.len()
                && row.parts.iter().zip(&parts[at..]).all(|(r, p)| is(r, p))
        };
        let named = self.named.get(part).into_iter().flatten();
        // A short name on Windows may stand for any of them. Such names are rare, so search
        // all rows.
        let short = part.contains('~').then(|| self.named.values().flatten());
        let mut all = named
            .chain(self.others.iter())
            .chain(short.into_iter().flatten());
        all.find(fits).map(|row| row.rule)
    }
}

/// Whether a folded name matches a row's part, which has at most one `*`, or may be its
/// short name on Windows.
fn is(wanted: &str, name: &str) -> bool {
    let same = match wanted.split_once('*') {
        None => wanted == name,
        Some((first, last)) => {
            name.len() >= first.len() + last.len()
                && name.starts_with(first)
                && name.ends_with(last)
        }
    };
    same || is_short_name(wanted, name)
}

/// NTFS and FAT short names: up to six letters of the long name without its leading dots,
/// `~`, a number, and three letters of the extension. Another form has two letters and four
/// digits of a hash.
fn is_short_name(long: &str, name: &str) -> bool {
    let Some((stem, rest)) = name.split_once('~') else {
        return false;
    };
    let (number, ending) = rest.split_once('.').unwrap_or((rest, ""));
    if stem.is_empty() || number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let long = long.trim_start_matches('.');
    let (base, last) = match long.rsplit_once('.') {
        Some((base, last)) => (base, last),
        None => (long, ""),
    };
    let base: String = base.chars().filter(|c| !". *".contains(*c)).collect();
    let hashed = stem.len() == 6 && stem.bytes().skip(2).all(|b| b.is_ascii_hexdigit());
    let begins = match hashed && !base.starts_with(stem) {
        true => base.get(..2) == stem.get(..2),
        false => base.starts_with(stem) && (stem.len() >= base.len().min(6) || number.len() > 1),
    };
    begins && last.get(..3).unwrap_or(last) == ending
}

/// Example paths that a row matches.
#[cfg(test)]
pub(crate) fn examples(glob: &str) -> Vec<String> {
    let (start, rest) = match glob.strip_prefix("**/") {
        Some(rest) => (vec!["", "a/b/"], rest),
        None => (vec![""], glob),
    };
    let name = rest.trim_end_matches("/**").replace('*', "x");
    let mut found = Vec::new();
    for start in start {
        found.push(format!("{start}{name}"));
        found.push(format!("{start}{name}/in/file"));
        found.push(format!("{start}{}", name.to_uppercase()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_denies_what_it_names_and_what_lies_below_in_any_case() {
        for glob in TABLE.iter().flat_map(|g| g.globs) {
            assert_eq!(*glob, glob.to_lowercase(), "rows are lower case");
            for path in examples(glob) {
                assert!(rule_for(&path).is_some(), "{glob}: {path}");
            }
        }
    }

    #[test]
    fn no_row_is_there_twice_and_none_is_covered_by_another() {
        let all: Vec<&str> = TABLE.iter().flat_map(|g| g.globs).copied().collect();
        for (at, glob) in all.iter().enumerate() {
            for (other_at, other) in all.iter().enumerate() {
                let wide = fast_glob::glob_match(other, &examples(glob)[0]);
                assert!(
                    at == other_at || !wide || other.contains("*."),
                    "{glob} is covered by {other}"
                );
            }
        }
    }

    #[test]
    fn a_disguise_of_a_name_is_that_name() {
        for path in [
            ".VſCode/x",
            ".vscode./x",
            ".vscode /x",
            ".claude:stream",
            ".claude::$DATA",
            "a\\.envrc",
            ".env\u{200c}rc",
            "\u{212a}.x/../.\u{212a}iro/x",
            "VSCODE~1/settings.json",
            "a/GITHUB~1/../x/VSCODE~2/y",
            "GITHUB~1/workflows/x.yml",
            "GITATT~1",
            "GITMOD~1",
            "MCP~1.JSO",
            "ENVRC~1",
            "gi7eba~1",
        ] {
            assert!(rule_for(path).is_some(), "{path}");
        }
    }

    #[test]
    fn what_only_looks_like_a_row_is_let_be() {
        for path in [
            "src/main.rs",
            "build.rs",
            "Makefile",
            "package.json",
            "src/agents.rs",
            "docs/agents.md.txt",
            "my.claude/x",
            "workflows/x.yml",
            "docs/.github/x",
            "docs/aidf.yaml",
            "a/.aidf.yaml",
            "cargo/config.toml",
            ".editorconfig",
            ".gitignore",
            ".git-blame-ignore-revs",
            "huskyrc",
            "a~1",
            "notes~1.md",
            "vs~x",
            "mise/src/config.rs",
            "owners/mod.rs",
        ] {
            assert!(rule_for(path).is_none(), "{path}: {:?}", rule_for(path));
        }
    }
}
