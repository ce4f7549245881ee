//! Whether a proposal is small and plain enough to be approved by aidf itself. Pure: what
//! the branch changes was found out before.

use crate::policy::Policy;
use serde::Serialize;

/// One file of the whole branch's difference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Where it was before, should it have been renamed.
    pub renamed_from: Option<String>,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
    /// Whether its lines cannot be counted.
    pub binary: bool,
    /// Whether it is, or was, something else than an ordinary file with the same mode.
    pub mode_changed: bool,
}

/// What else is asked about a proposal.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Every file that differs.
    pub files: Vec<File>,
    /// The commit that the forge would approve is the one that was looked at.
    pub pinned: bool,
    /// Commits without a good signature; none where there is no key to tell.
    pub unsigned: Option<usize>,
    /// Ledgers of which something older than the branch was changed or taken away.
    pub rewritten: Vec<String>,
}

/// One guard's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// Which.
    pub guard: &'static str,
    /// Whether it agrees.
    pub ok: bool,
    /// Why.
    pub detail: String,
}

/// Asks every guard; aidf approves only where all agree.
///
/// `limit` is the number of changed lines that a proposal must stay under; 0 turns it off.
pub fn ask(facts: &Facts, limit: u64, policy: &Policy) -> Vec<Guard> {
    let (ledgers, files): (Vec<&File>, Vec<&File>) = facts
        .files
        .iter()
        .partition(|f| policy.ledgers().contains(&f.path));
    let lines: u64 = files.iter().map(|f| f.added + f.removed).sum();
    let first = |of: &dyn Fn(&File) -> bool| {
        let found = facts.files.iter().find(|f| of(f));
        found.map(|f| f.path.clone())
    };
    let none = |guard: &'static str, found: Option<String>, what: &str| Guard {
        guard,
        ok: found.is_none(),
        detail: match found {
            None => format!("no {what}"),
            Some(path) => format!("{what}: {path}"),
        },
    };
    let mut guards = vec![
        Guard {
            guard: "enabled",
            ok: limit > 0,
            detail: match limit {
                0 => "propose.auto_approve_lines is 0: aidf approves nothing".to_owned(),
                n => format!("the policy lets aidf approve proposals of under {n} lines"),
            },
        },
        Guard {
            guard: "lines",
            ok: limit > 0 && lines < limit,
            detail: match lines {
                1 => "1 line of the whole branch changes, the ledgers' own left out".to_owned(),
                n => format!("{n} lines of the whole branch change, the ledgers' own left out"),
            },
        },
        Guard {
            guard: "content",
            ok: !files.is_empty(),
            detail: match (files.len(), ledgers.len()) {
                (0, 0) => "nothing changes".to_owned(),
                (0, _) => "nothing but ledgers changes".to_owned(),
                (1, _) => "1 file changes".to_owned(),
                (n, _) => format!("{n} files change"),
            },
        },
    ];
    guards.push(none("binary", first(&|f| f.binary), "binary file"));
    guards.push(none(
        "mode",
        first(&|f| f.mode_changed),
        "changed mode, symlink or submodule",
    ));
    guards.push(none(
        "rename",
        first(&|f| f.renamed_from.is_some()),
        "renamed file",
    ));
    guards.push(none(
        "paths",
        first(&|f| {
            let names = [Some(&f.path), f.renamed_from.as_ref()];
            names.into_iter().flatten().any(|p| policy.is_sensitive(p))
        }),
        "file that runs code, decides reviews or is the policy",
    ));
    guards.push(none(
        "ledgers",
        facts.rewritten.first().cloned(),
        "ledger of which older entries change",
    ));
    if let Some(unsigned) = facts.unsigned {
        guards.push(Guard {
            guard: "signed",
            ok: unsigned == 0,
            detail: match unsigned {
                0 => "every commit came through aidf, unaltered".to_owned(),
                n => format!("{n} commits are not signed by aidf"),
            },
        });
    }
    guards.push(Guard {
        guard: "pinned",
        ok: facts.pinned,
        detail: match facts.pinned {
            true => "the proposal is at the commit that was looked at".to_owned(),
            false => "the proposal is not at the commit that was looked at".to_owned(),
        },
    });
    guards
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyFile;

    fn policy() -> Policy {
        let file: PolicyFile =
            crate::yaml::read("paths: {allow: ['.github/workflows/**']}").unwrap();
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
        ask(facts, limit, &policy())
            .into_iter()
            .filter(|g| !g.ok)
            .map(|g| g.guard)
            .collect()
    }

    #[test]
    fn a_small_plain_change_passes_and_each_guard_refuses_its_own_surprise() {
        let good = Facts {
            files: vec![
                plain("docs/a.md", 4),
                plain("project/outputs/changelog.yaml", 50),
            ],
            pinned: true,
            unsigned: Some(0),
            rewritten: Vec::new(),
        };
        assert!(refused_by(&good, 5).is_empty());
        assert_eq!(refused_by(&good, 4), ["lines"], "under, and not up to");
        assert_eq!(refused_by(&good, 0), ["enabled", "lines"]);
        type Spoil = fn(&mut Facts);
        let spoils: [(&str, Spoil); 9] = [
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
            ("pinned", |f| f.pinned = false),
        ];
        for (guard, spoil) in spoils {
            let mut facts = good.clone();
            spoil(&mut facts);
            assert_eq!(refused_by(&facts, 5), [guard]);
        }
        let mut unknown = good;
        unknown.unsigned = None;
        assert!(refused_by(&unknown, 5).is_empty());
    }
}
