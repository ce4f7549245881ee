//! Decides whether a proposal is small and plain enough that aidf itself may approve it.
//! Pure: the caller finds out what the branch changes.

use crate::git::is_invisible;
use crate::policy::{Ledgers, Policy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How many bytes a changed line may have on average.
const LINE_BYTES: u64 = 200;
/// How many lines of the ledgers each commit may change; the branch as a whole may change
/// this many more.
const LEDGER_LINES: u64 = 40;

/// One file of the difference that the whole branch makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its earlier path, if it was renamed.
    pub renamed_from: Option<String>,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// Bytes of the lines added and removed.
    pub bytes: u64,
    /// Whether it has no lines to count.
    pub binary: bool,
    /// Whether an added line has characters that are invisible or not shown as they are.
    pub hidden: bool,
    /// Whether it is, or was, not an ordinary file, or its mode changed.
    pub mode_changed: bool,
}

/// The other facts about a proposal.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Every file that differs.
    pub files: Vec<File>,
    /// The branch that it should merge into.
    pub to: String,
    /// The branch into which the forge would merge it; none if there is no proposal yet.
    pub base: Option<String>,
    /// Whether the commit that the forge would approve is the commit that was looked at.
    pub pinned: bool,
    /// Whether it is a draft.
    pub draft: bool,
    /// How many commits the branch has.
    pub commits: usize,
    /// How many commits lack a good signature for this branch; none if there is no key to
    /// check.
    pub unsigned: Option<usize>,
    /// Ledgers that cannot be read, or in which an entry older than the branch was changed
    /// or removed.
    pub rewritten: Vec<String>,
}

/// How much two versions of a file differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    /// Bytes of the lines added and removed. If that is not certain, the larger number.
    pub bytes: u64,
    /// Whether an added line has characters that are invisible or not shown as they are.
    pub hidden: bool,
}

/// Compares two versions of a file in which `lines` lines were added or removed.
pub fn measure(old: &[u8], new: &[u8], lines: u64) -> Measure {
    let mut left: HashMap<&[u8], u64> = HashMap::new();
    for line in old.split_inclusive(|b| *b == b'\n') {
        *left.entry(line).or_default() += 1;
    }
    let (mut changed, mut longest, mut found) = (0, 0, Measure::default());
    let mut stayed_hidden = false;
    for line in new.split_inclusive(|b| *b == b'\n') {
        longest = longest.max(line.len() as u64);
        match left.get_mut(line).filter(|n| **n > 0) {
            Some(n) => {
                *n -= 1;
                stayed_hidden |= !is_plain(line);
            }
            None => {
                changed += 1;
                found.bytes += line.len() as u64;
                found.hidden |= !is_plain(line);
            }
        }
    }
    for (line, n) in left {
        changed += n;
        found.bytes += n * line.len() as u64;
    }
    // The other lines only moved, and it is not known here which ones.
    let moved = lines.saturating_sub(changed);
    found.bytes = found.bytes.saturating_add(moved.saturating_mul(longest));
    found.hidden |= moved > 0 && stayed_hidden;
    found
}

/// Whether a line is UTF-8 and has no control or invisible characters, except tabs and its
/// own line end.
fn is_plain(line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else {
        return false;
    };
    let text = match text.strip_suffix('\n') {
        Some(text) => text.strip_suffix('\r').unwrap_or(text),
        None => text,
    };
    text.chars().all(|c| c == '\t' || shows(c))
}

fn shows(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

/// Whether a path is exactly a ledger's, or exactly that of a month's archive.
fn is_ledger_name(ledgers: &Ledgers, path: &str) -> bool {
    let month = |m: &str| {
        let digits = |m: &str| m.bytes().all(|b| b.is_ascii_digit());
        m.split_once('-').is_some_and(|(year, month)| {
            year.len() == 4 && digits(year) && digits(month) && ("01"..="12").contains(&month)
        })
    };
    [&ledgers.changelog, &ledgers.memory, &ledgers.rollbacks]
        .iter()
        .any(|l| *l == path)
        || (ledgers.has_own() && ledgers.folds_into(path).is_some())
        || (0..path.len())
            .filter_map(|at| path.get(at..at + "YYYY-MM".len()))
            .any(|m| month(m) && ledgers.archive(m) == path)
}

/// Which guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuardName {
    /// The policy lets aidf approve at all.
    Enabled,
    /// Only few lines change.
    Lines,
    /// Something other than ledgers changes.
    Content,
    /// No binary file changes.
    Binary,
    /// All text is shown as it is.
    Text,
    /// No mode, symlink or submodule changes.
    Mode,
    /// No file was renamed.
    Rename,
    /// No changed file runs code, decides reviews or is forbidden.
    Paths,
    /// The ledgers only grow.
    Ledgers,
    /// Every commit was made through aidf.
    Signed,
    /// It goes to the protected branch that was looked at.
    Target,
    /// It is at the commit that was looked at.
    Pinned,
    /// It is no draft.
    Draft,
}

impl GuardName {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            GuardName::Enabled => "enabled",
            GuardName::Lines => "lines",
            GuardName::Content => "content",
            GuardName::Binary => "binary",
            GuardName::Text => "text",
            GuardName::Mode => "mode",
            GuardName::Rename => "rename",
            GuardName::Paths => "paths",
            GuardName::Ledgers => "ledgers",
            GuardName::Signed => "signed",
            GuardName::Target => "target",
            GuardName::Pinned => "pinned",
            GuardName::Draft => "draft",
        }
    }
}

/// One guard's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Guard {
    /// The guard.
    pub guard: GuardName,
    /// Whether it agrees to an approval.
    pub ok: bool,
    /// Why.
    pub detail: String,
}

/// Asks every guard. aidf approves only if all agree.
///
/// The policy says how many changed lines a proposal must stay under; 0 turns it off.
pub fn ask(facts: &Facts, policy: &Policy) -> Vec<Guard> {
    let limit = policy.auto_approve_lines();
    let (ledgers, files): (Vec<&File>, Vec<&File>) = facts
        .files
        .iter()
        .partition(|f| policy.ledgers().contains(&f.path));
    let count = |of: &[&File]| -> (u64, u64) {
        let lines = of.iter().map(|f| f.added + f.removed).sum();
        let bytes = of.iter().fold(0u64, |n, f| n.saturating_add(f.bytes));
        (lines, bytes)
    };
    let (lines, bytes) = count(&files);
    let most_bytes = limit.saturating_mul(LINE_BYTES);
    let first = |of: &dyn Fn(&File) -> bool| {
        let found = facts.files.iter().find(|f| of(f));
        found.map(|f| f.path.clone())
    };
    let none = |guard: GuardName, found: Option<String>, what: &str| Guard {
        guard,
        ok: found.is_none(),
        detail: match found {
            None => format!("no {what}"),
            Some(path) => format!("{what}: {path}"),
        },
    };
    let mut guards = vec![
        Guard {
            guard: GuardName::Enabled,
            ok: limit > 0,
            detail: match limit {
                0 => "propose.auto_approve_lines is 0: aidf approves nothing".to_owned(),
                n => format!("the policy lets aidf approve proposals of less than {n} lines"),
            },
        },
        Guard {
            guard: GuardName::Lines,
            ok: limit > 0 && lines < limit && bytes < most_bytes,
            detail: match lines {
                n if limit > 0 && n < limit && bytes >= most_bytes => {
                    format!(
                        "{bytes} bytes change in {n} lines, and fewer than {most_bytes} are allowed"
                    )
                }
                1 => "1 line changes on the whole branch, not counting the ledgers".to_owned(),
                n => format!("{n} lines change on the whole branch, not counting the ledgers"),
            },
        },
        Guard {
            guard: GuardName::Content,
            ok: !files.is_empty(),
            detail: match (files.len(), ledgers.len()) {
                (0, 0) => "nothing changes".to_owned(),
                (0, _) => "only ledgers change".to_owned(),
                (1, _) => "1 file changes".to_owned(),
                (n, _) => format!("{n} files change"),
            },
        },
    ];
    guards.push(none(GuardName::Binary, first(&|f| f.binary), "binary file"));
    guards.push(none(
        GuardName::Text,
        first(&|f| f.hidden || !f.path.chars().all(|c| shows(c) && c != '\u{fffd}')),
        "text with characters that do not show as they are",
    ));
    guards.push(none(
        GuardName::Mode,
        first(&|f| f.mode_changed),
        "changed mode, symlink or submodule",
    ));
    guards.push(none(
        GuardName::Rename,
        first(&|f| f.renamed_from.is_some()),
        "renamed file",
    ));
    guards.push(none(
        GuardName::Paths,
        first(&|f| {
            let names = [Some(&f.path), f.renamed_from.as_ref()];
            names.into_iter().flatten().any(|p| policy.is_sensitive(p))
        }),
        "file that runs code, decides reviews, is the policy, or is forbidden by the policy",
    ));
    guards.push(of_ledgers(facts, &ledgers, count(&ledgers), policy));
    guards.push(Guard {
        guard: GuardName::Signed,
        ok: facts.unsigned == Some(0),
        detail: match facts.unsigned {
            Some(0) => "every commit was made by aidf and not changed since".to_owned(),
            Some(1) => "1 commit is not signed by aidf for this branch".to_owned(),
            Some(n) => format!("{n} commits are not signed by aidf for this branch"),
            None => "this machine has no key to check signatures with".to_owned(),
        },
    });
    let to = &facts.to;
    let elsewhere = facts.base.as_ref().filter(|base| *base != to);
    let protected = policy.is_protected(to);
    guards.push(Guard {
        guard: GuardName::Target,
        ok: protected && elsewhere.is_none(),
        detail: match elsewhere {
            Some(base) => format!("the proposal is for `{base}`, but aidf checked it for `{to}`"),
            None if protected => format!("{to} is protected by the policy"),
            None => format!("{to} is not protected by the policy"),
        },
    });
    guards.push(Guard {
        guard: GuardName::Pinned,
        ok: facts.pinned,
        detail: match facts.pinned {
            true => "the proposal is at the commit that aidf checked".to_owned(),
            false => "the proposal is not at the commit that aidf checked".to_owned(),
        },
    });
    guards.push(Guard {
        guard: GuardName::Draft,
        ok: !facts.draft,
        detail: match facts.draft {
            true => "the proposal is a draft: somebody has to mark it as ready first".to_owned(),
            false => "it is no draft".to_owned(),
        },
    });
    guards
}

/// Checks the ledgers. Their lines do not count as changed lines, so they must not carry
/// anything else.
fn of_ledgers(
    facts: &Facts,
    ledgers: &[&File],
    (lines, bytes): (u64, u64),
    policy: &Policy,
) -> Guard {
    let most = (facts.commits as u64)
        .saturating_add(1)
        .saturating_mul(LEDGER_LINES);
    let misnamed = ledgers
        .iter()
        .find(|f| !is_ledger_name(policy.ledgers(), &f.path));
    let fault = if let Some(path) = facts.rewritten.first() {
        Some(format!(
            "older entries of a ledger change, or it cannot be read: {path}"
        ))
    } else if let Some(file) = misnamed {
        Some(format!("not a ledger's name: {}", file.path))
    } else if lines > most {
        Some(format!(
            "{lines} lines of the ledgers change, and the commits of this branch may change at most {most}"
        ))
    } else if bytes > most.saturating_mul(LINE_BYTES) {
        Some(format!(
            "{bytes} bytes of the ledgers change in {lines} lines, which is too many"
        ))
    } else {
        None
    };
    Guard {
        guard: GuardName::Ledgers,
        ok: fault.is_none(),
        detail: fault.unwrap_or_else(|| "no older entry of a ledger changes".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyFile;

    fn policy(limit: u64) -> Policy {
        let text = "paths: {allow: ['.github/workflows/**'], deny: ['Secret/**']}";
        let mut file: PolicyFile = crate::yaml::read(text).unwrap();
        file.propose.auto_approve_lines = Some(limit);
        Policy::new(&file, &PolicyFile::default(), "sandbox", Some("main"))
    }

    fn plain(path: &str, added: u64) -> File {
        File {
            path: path.into(),
            added,
            ..File::default()
        }
    }

    fn refused_by(facts: &Facts, limit: u64) -> Vec<&'static str> {
        ask(facts, &policy(limit))
            .into_iter()
            .filter(|g| !g.ok)
            .map(|g| g.guard.name())
            .collect()
    }

    fn good() -> Facts {
        Facts {
            files: vec![
                plain("docs/a.md", 4),
                plain("project/outputs/changelog.yaml", 50),
            ],
            to: "main".into(),
            base: Some("main".into()),
            pinned: true,
            draft: false,
            commits: 1,
            unsigned: Some(0),
            rewritten: Vec::new(),
        }
    }

    #[test]
    fn a_small_plain_change_passes_and_each_guard_refuses_its_own_surprise() {
        let good = good();
        assert!(refused_by(&good, 5).is_empty());
        assert_eq!(refused_by(&good, 4), ["lines"], "under, and not up to");
        assert_eq!(refused_by(&good, 0), ["enabled", "lines"]);
        type Spoil = fn(&mut Facts);
        let spoils: [(&str, Spoil); 27] = [
            ("binary", |f| f.files[0].binary = true),
            ("mode", |f| f.files[0].mode_changed = true),
            ("rename", |f| f.files[0].renamed_from = Some("b".into())),
            ("paths", |f| {
                f.files[0].path = ".github/Workflows/x.yml".into()
            }),
            ("paths", |f| f.files[0].path = "a/CODEOWNERS".into()),
            ("content", |f| drop(f.files.remove(0))),
            ("ledgers", |f| f.rewritten = vec!["x".into()]),
            ("signed", |f| f.unsigned = Some(1)),
            ("signed", |f| f.unsigned = None),
            ("pinned", |f| f.pinned = false),
            ("draft", |f| f.draft = true),
            ("lines", |f| f.files[0].bytes = 5 * LINE_BYTES),
            ("lines", |f| f.files[0].removed = 1),
            ("ledgers", |f| f.files[1].removed = 31),
            ("lines", |f| f.files[0].bytes = u64::MAX),
            ("text", |f| f.files[0].hidden = true),
            ("text", |f| f.files[1].hidden = true),
            ("text", |f| f.files[0].path = "docs/a\u{202e}dm.b".into()),
            ("text", |f| f.files[0].path = "docs/a\u{fffd}".into()),
            ("text", |f| f.files[0].path = "docs/a\tb".into()),
            ("paths", |f| f.files[0].path = "secret/Key.txt".into()),
            ("paths", |f| f.files[0].path = ".Husky".into()),
            ("ledgers", |f| f.files[1].added = 81),
            ("ledgers", |f| f.files[1].bytes = 80 * LINE_BYTES + 1),
            ("ledgers", |f| {
                f.files[1].path = "project/outputs/archive/changelog-evil.yaml".into()
            }),
            ("target", |f| f.to = "sandbox-mine".into()),
            ("target", |f| f.base = Some("feature".into())),
        ];
        for (guard, spoil) in spoils {
            let mut facts = good.clone();
            spoil(&mut facts);
            assert_eq!(refused_by(&facts, 5), [guard]);
        }
        // The forge would merge into the right branch, but that branch is not protected.
        let mut facts = good.clone();
        (facts.to, facts.base) = ("feature".into(), Some("feature".into()));
        assert_eq!(refused_by(&facts, 5), ["target"]);
        let mut facts = good;
        facts.base = None;
        facts.files[0].bytes = 5 * LINE_BYTES - 1;
        (facts.files[1].added, facts.files[1].bytes) = (80, 80 * LINE_BYTES);
        assert!(refused_by(&facts, 5).is_empty());
        facts.files[0].bytes = u64::MAX;
        assert!(refused_by(&facts, u64::MAX).contains(&"lines"));
    }

    #[test]
    fn bytes_and_what_hides_are_found_in_added_lines() {
        let of = |old: &str, new: &str, lines| {
            let m = measure(old.as_bytes(), new.as_bytes(), lines);
            (m.bytes, m.hidden)
        };
        assert_eq!(of("", "", 0), (0, false));
        assert_eq!(of("a\nb\nc\n", "a\nbb\nc\n", 2), (5, false));
        assert_eq!(of("", "a\tb\r\n\u{e9}\u{1f600}\n", 2), (12, false));
        // A line that was there once stays once.
        assert_eq!(of("a\n", "a\na\na\n", 2), (4, false));
        assert_eq!(of("a\na\na\n", "a\n", 2), (4, false));
        // Without its newline it is a different line.
        assert_eq!(of("a\n", "a", 2), (3, false));
        let carriage = "x=1;\r".repeat(5000);
        assert_eq!(of("", &carriage, 1), (25_000, true));
        // At the end of a file, a carriage return ends no line.
        assert!(of("", "a\r", 1).1);
        for odd in [
            "a\rb\n",
            "a\r\r\n",
            "\u{2028}",
            "\u{2029}",
            "\u{85}",
            "\u{b}",
            "\u{c}",
            "\u{1b}[1m",
            "\0",
            "\u{7f}",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\u{feff}",
        ] {
            assert!(of("", odd, 1).1, "{odd:?}");
            // A line that was there before does not count, unless it was moved.
            let (before, after) = (format!("{odd}\nb\n"), format!("{odd}\nc\n"));
            assert!(!of(&before, &after, 2).1, "{odd:?}");
            assert!(of(&before, &format!("b\n{odd}\n"), 2).1, "{odd:?}");
        }
        assert!(measure(b"", b"caf\xe9\n", 1).hidden);
        // Each line that only moved counts as long as the longest line.
        assert_eq!(of("a\nlonger\n", "longer\na\n", 2), (14, false));
    }

    #[test]
    fn only_a_months_archive_is_one() {
        let policy = policy(0);
        let ledgers = policy.ledgers();
        for (name, is) in [
            ("project/memory.yaml", true),
            ("project/outputs/changelog.yaml", true),
            ("project/outputs/archive/changelog-2026-11.yaml", true),
            ("project/Memory.yaml", false),
            ("project/outputs/archive/changelog-2026-13.yaml", false),
            ("project/outputs/archive/changelog-2026-+1.yaml", false),
            ("project/outputs/archive/changelog-2026-11-x.yaml", false),
            ("project/outputs/archive/changelog-x-2026-11.yaml", false),
            ("project/outputs/archive/changelog-evil.yaml", false),
            ("project/outputs/archive/changelog-2026-0x.yaml", false),
            ("project/outputs/archive/changelog-20x6-11.yaml", false),
            ("project/outputs/archive/changelog-20261-1.yaml", false),
            ("project/memory.d/sandbox-a.yaml", false),
            ("é", false),
        ] {
            assert_eq!(is_ledger_name(ledgers, name), is, "{name}");
        }
        let file: PolicyFile = crate::yaml::read("ledgers: {per_branch: true}").unwrap();
        let policy = Policy::new(&file, &PolicyFile::default(), "sandbox", None);
        for (name, is) in [
            ("project/memory.yaml", true),
            ("project/memory.d/sandbox-a.yaml", true),
            ("project/memory.d/notes.yaml", false),
        ] {
            assert_eq!(is_ledger_name(policy.ledgers(), name), is, "{name}");
        }
    }

    #[test]
    fn the_guard_of_the_target_says_what_is_wrong_with_it() {
        for (to, base, detail) in [
            ("main", Some("main"), "main is protected by the policy"),
            ("main", None, "main is protected by the policy"),
            ("feature", None, "feature is not protected by the policy"),
            (
                "main",
                Some("feature"),
                "the proposal is for `feature`, but aidf checked it for `main`",
            ),
        ] {
            let facts = Facts {
                to: to.into(),
                base: base.map(str::to_owned),
                ..good()
            };
            let guards = ask(&facts, &policy(5));
            let target = guards.iter().find(|g| g.guard == GuardName::Target);
            assert_eq!(target.unwrap().detail, detail);
        }
    }
}
