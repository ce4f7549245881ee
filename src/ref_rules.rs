//! Decides what a push to a server may do to one ref. Pure: the caller has checked the
//! tokens, and gives the policy.

pub(crate) mod shadow;

use crate::backup_manifest;
use crate::backup_name;
use crate::identity::{self, MEND};
use crate::names;
use crate::policy::Policy;
use crate::turns;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The prefix of the refs in which aidf keeps what belongs to no branch.
pub const OWN: &str = "refs/aidf/";
/// The prefix of the refs that revoke tokens.
pub const REVOKED: &str = "refs/aidf/revoked/";
/// The prefix of the refs that archive sandboxes.
pub const ARCHIVE: &str = "refs/aidf/archive/";
/// The prefix of the refs that tell when sandboxes were opened.
pub const OPENED: &str = "refs/aidf/opened/";

/// The prefix of the refs that hold the checkpoints of journals.
pub const CHECKPOINT: &str = "refs/aidf/audit/";

/// The prefix of the refs by which git replaces objects (git-replace(1)).
const REPLACE: &str = "refs/replace/";

/// The rules by which anybody may write any number of refs.
const NO_RULE_OF_BRANCH: &str = "no rule is about this branch";
const NO_RULE_OF_REF: &str = "no rule is about this ref";
const CHECKPOINTS_GROW: &str = "the checkpoints of a journal may grow";

/// Whether by this rule anybody may write any number of refs, so that a record of them must
/// not take more room than the others.
pub fn is_open_to_all(rule: &str) -> bool {
    [NO_RULE_OF_BRANCH, NO_RULE_OF_REF, CHECKPOINTS_GROW].contains(&rule)
}

/// How a ref moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Motion {
    /// The ref is new.
    Create,
    /// The old tip stays in its history (a fast-forward).
    Forward,
    /// The old tip does not stay in its history.
    Force,
    /// The ref is deleted.
    Delete,
}

/// Who pushes, as far as the tokens show it.
#[derive(Debug, Clone, Default)]
pub struct Pusher {
    /// Whether the pusher sent an operator's token.
    pub operator: bool,
    /// The sandboxes whose tokens the pusher sent.
    pub sandboxes: Vec<String>,
    /// The pod of each of those tokens, by its sandbox.
    pub pods: Vec<(String, Option<String>)>,
    /// Why a token was rejected, if one was.
    pub rejected: Option<String>,
    /// What makes a rejected token good again, where that is known.
    pub remedy: Option<String>,
    /// Whether the server has a key, so that it can check tokens.
    pub keyed: bool,
}

/// One ref of a push, to be judged.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The full name of the ref.
    pub name: &'a str,
    /// How it moves.
    pub motion: Motion,
    /// Whether it is a new branch at the default branch's tip, with no commits of its own.
    pub at_default: bool,
    /// For a new backup: an error if it is not made now of its branch's current tip. For
    /// the manifest of the backups: an error if the manifest may not change in this way.
    pub backup: Result<(), String>,
    /// For a new archive: an error if it is not made now of its sandbox's current tip.
    pub archive: Result<(), String>,
    /// For a record that a sandbox was opened: an error if it is not opened now.
    pub opened: Result<(), String>,
}

/// Why a ref may not move, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub why: String,
    /// What the pusher can do.
    pub todo: String,
}

/// The reason against a backup of a commit that is not its branch's tip. A pusher who lost
/// a race gets it too, so aidf then looks again.
pub const MOVED: &str = "its branch is at another commit here by now";

/// Judges one ref; `Ok` names the rule that lets it move.
///
/// Errors: the refusal.
pub fn judge(
    asked: Asked<'_>,
    pusher: &Pusher,
    policy: &Policy,
    base: &str,
) -> Result<&'static str, Violation> {
    let refuse = |why: String, todo: &str| {
        let why = match &pusher.rejected {
            Some(rejected) => format!("{why} (the token that was sent is rejected: {rejected})"),
            None => why,
        };
        let todo = todo.to_owned();
        Err(Violation { why, todo })
    };
    // A refusal for the lack of a token.
    let lacks = |why: String, todo: &str| {
        let has_none = !pusher.operator && pusher.sandboxes.is_empty();
        let remedy = pusher.remedy.as_deref().filter(|_| has_none);
        refuse(why, remedy.unwrap_or(todo))
    };
    // git's own server refuses such a name. Where file names fold, it is another ref's.
    if !asked.name.starts_with("refs/") {
        return refuse(
            format!("{} does not begin with refs/", asked.name),
            "push to a branch: refs/heads/NAME",
        );
    }
    const AS_OPERATOR: &str = "push with an operator's token: git push -o aidf-token=TOKEN …";
    let motion = asked.motion;
    if motion != Motion::Delete
        && !pusher.operator
        && let Some(name) = shadow::stands_for(asked.name, policy)
    {
        return refuse(
            format!("{} could be mistaken for `{name}`", asked.name),
            "choose another name, or push with an operator's token: git push -o aidf-token=TOKEN …",
        );
    }
    let Some(branch) = asked.name.strip_prefix("refs/heads/") else {
        return own_ref(asked, pusher, refuse, lacks);
    };
    if branch == backup_name::PREFIX.trim_end_matches('/') && motion == Motion::Create {
        return refuse(
            format!("a branch `{branch}` would block all backups"),
            "choose another name",
        );
    }
    if motion == Motion::Create
        && !pusher.operator
        && let Some(glob) = policy.blocks(&shadow::folded(branch))
    {
        return refuse(
            format!("a branch {branch} would block the protected branches {glob}"),
            "choose another name, or push with an operator's token: git push -o aidf-token=TOKEN …",
        );
    }
    // git cannot hold both `a` and `a/b`. So nothing may be created below a protected name
    // or below a dated backup.
    let above = branch.match_indices('/').map(|(at, _)| &branch[..at]);
    let taken = |name: &str| match name.starts_with(backup_name::PREFIX) {
        true => backup_name::parse(name).is_some(),
        false => policy.is_protected(name),
    };
    if motion == Motion::Create && !pusher.operator {
        for name in above {
            if taken(name) {
                return refuse(
                    format!("a branch {branch} would block {name}"),
                    "choose another name",
                );
            }
        }
    }
    if branch.starts_with(backup_name::PREFIX) {
        return match motion {
            Motion::Create => match asked.backup {
                _ if pusher.operator => Ok("an operator may make any backup"),
                Ok(()) => Ok("everybody may make today's backup of a branch as it is"),
                Err(why) => refuse(
                    format!("{branch} is refused as a backup: {why}"),
                    "make one with `aidf backup create`, or push with an operator's token",
                ),
            },
            Motion::Delete if pusher.operator => Ok("an operator may delete a backup"),
            Motion::Delete => lacks(
                format!("{branch} is a backup, and only an operator may delete it"),
                AS_OPERATOR,
            ),
            _ => refuse(
                format!("{branch} is a backup, and nobody may change a backup"),
                "make another one: aidf backup create",
            ),
        };
    }
    if names::is_sandbox(branch) {
        if pusher.operator {
            return Ok("an operator may write a sandbox");
        }
        if pusher.sandboxes.iter().any(|s| s == branch) {
            return Ok("the sandbox's token was sent");
        }
        if !pusher.keyed {
            return Ok("there is no key here to tell whose a sandbox is");
        }
        return match motion {
            Motion::Create => lacks(
                format!("{branch} would be a sandbox without a token"),
                "open one: aidf sandbox init",
            ),
            _ => lacks(
                format!("only the holder of its token may write {branch}"),
                "send it: git push -o aidf-token=TOKEN …, or open a sandbox of your own: aidf sandbox init",
            ),
        };
    }
    let folded = shadow::folded(branch);
    // No token can name such a branch, and `sandbox-a/b` would be in the way of
    // `sandbox-a`.
    if folded.starts_with(names::PREFIX) && pusher.keyed && !pusher.operator {
        return refuse(
            format!("{branch} starts like a sandbox's name, but is not one"),
            "open a sandbox: aidf sandbox init; or choose another name",
        );
    }
    // `Main` is the same as `main` on a file system that folds case.
    if policy.is_protected(branch) || policy.is_protected(&folded) {
        return match motion {
            Motion::Force | Motion::Delete => refuse(
                format!(
                    "{branch} is protected, and nobody may {} it",
                    if motion == Motion::Delete {
                        "delete"
                    } else {
                        "force-push"
                    }
                ),
                "undo by a new commit instead: aidf rollback",
            ),
            Motion::Create if branch == base && asked.at_default => {
                Ok("the base of sandboxes may be made at the default branch's tip")
            }
            _ if pusher.operator => Ok("an operator may write a protected branch"),
            _ => lacks(
                format!("{branch} is protected, and only an operator may change it"),
                "commit to a sandbox (aidf sandbox init) and propose it (aidf propose), or push with an operator's token: git push -o aidf-token=TOKEN …",
            ),
        };
    }
    Ok(NO_RULE_OF_BRANCH)
}

fn own_ref(
    asked: Asked<'_>,
    pusher: &Pusher,
    refuse: impl Fn(String, &str) -> Result<&'static str, Violation>,
    lacks: impl Fn(String, &str) -> Result<&'static str, Violation>,
) -> Result<&'static str, Violation> {
    let todo = "push with an operator's token: git push -o aidf-token=TOKEN …";
    let folded = shadow::folded(asked.name);
    if !pusher.operator
        && folded != asked.name
        && [OWN, REPLACE]
            .iter()
            .any(|p| folded.starts_with(p) && !asked.name.starts_with(p))
    {
        return refuse(
            format!("{} could be mistaken for {folded}", asked.name),
            todo,
        );
    }
    // By these refs git reads one object in place of another. One that replaces an object
    // by itself makes the whole repository unusable.
    if asked.name.starts_with(REPLACE) {
        return match pusher.operator {
            true => Ok("an operator may replace objects"),
            false => lacks(
                format!("{} would replace an object for everybody", asked.name),
                todo,
            ),
        };
    }
    if !asked.name.starts_with(OWN) {
        return Ok(NO_RULE_OF_REF);
    }
    if asked.name.starts_with(REVOKED) && asked.motion != Motion::Create {
        return refuse(
            "a revocation cannot be undone".to_owned(),
            "issue a new token: aidf token issue",
        );
    }
    let theirs = |rest: &str| {
        let named = rest.rsplit_once('/');
        named.is_some_and(|(branch, _)| pusher.sandboxes.iter().any(|s| s == branch))
    };
    if let Some(opened) = asked.name.strip_prefix(OPENED)
        && (theirs(opened) || !pusher.keyed)
        && !pusher.operator
    {
        match (asked.motion, asked.opened) {
            (Motion::Create, Ok(())) => return Ok("a sandbox's holder may say when it is opened"),
            (Motion::Create, Err(why)) => {
                return refuse(
                    format!("{} is refused: {why}", asked.name),
                    "open the sandbox with `aidf sandbox init`, or push with an operator's token",
                );
            }
            (Motion::Delete, Ok(())) => {
                return Ok("a sandbox's holder may forget when it was opened");
            }
            (Motion::Delete, Err(why)) => {
                return refuse(
                    format!("{} cannot be deleted: {why}", asked.name),
                    "close the sandbox with `aidf sandbox close`",
                );
            }
            _ => {}
        }
    }
    if let Some(archived) = asked.name.strip_prefix(ARCHIVE)
        && theirs(archived)
        && asked.motion == Motion::Create
    {
        return match asked.archive {
            _ if pusher.operator => Ok("an operator may write such refs"),
            Ok(()) => Ok("a sandbox's holder may archive it as it is"),
            Err(why) => refuse(
                format!("{} is refused as an archive: {why}", asked.name),
                "archive the sandbox's current tip under the current time, or push with an operator's token",
            ),
        };
    }
    if let Some(turn) = asked.name.strip_prefix(turns::PREFIX)
        && matches!(asked.motion, Motion::Create | Motion::Delete)
        && turns::branch_of(turn).is_some()
        && (theirs(turn) || !pusher.keyed)
    {
        return Ok("a sandbox's holder may stand in its line");
    }
    if let Some(journal) = asked.name.strip_prefix(CHECKPOINT) {
        let is_name = journal.len() == 16 && journal.bytes().all(|b| b.is_ascii_hexdigit());
        return match asked.motion {
            _ if pusher.operator => Ok("an operator may write such refs"),
            // A reader believes what is signed alone, so junk there does no harm.
            Motion::Create | Motion::Forward if is_name => Ok(CHECKPOINTS_GROW),
            Motion::Create | Motion::Forward => refuse(
                format!("{} is no name of a journal", asked.name),
                "make checkpoints with `aidf audit checkpoint`",
            ),
            Motion::Force | Motion::Delete => refuse(
                "the checkpoints of a journal may only grow".to_owned(),
                "leave them as they are",
            ),
        };
    }
    if asked.name == identity::REF {
        return match asked.motion {
            Motion::Create if pusher.operator => Ok("an operator may give an identity"),
            // Whoever may choose it can choose another repository's, and then the tokens of
            // that one are good here.
            Motion::Create => lacks(
                "only an operator may give the repository its identity".to_owned(),
                MEND,
            ),
            _ => refuse(
                "the repository's identity stays for good: tokens and signatures are bound to it"
                    .to_owned(),
                "leave it as it is",
            ),
        };
    }
    if pusher.operator {
        return Ok("an operator may write such refs");
    }
    // Whoever makes today's backup, such as a nightly job, also adds it to the manifest.
    if asked.name == backup_manifest::REF {
        return match (asked.motion, asked.backup) {
            (Motion::Create | Motion::Forward, Ok(())) => {
                Ok("the manifest of the backups may grow by today's")
            }
            (Motion::Create | Motion::Forward, Err(why)) => refuse(
                format!("the manifest of the backups is refused: {why}"),
                "make backups with `aidf backup create`, or push with an operator's token",
            ),
            _ => refuse(
                "the manifest of the backups may only grow".to_owned(),
                "make backups with `aidf backup create`, or push with an operator's token",
            ),
        };
    }
    lacks(
        format!(
            "{} belongs to aidf, and only an operator may write it",
            asked.name
        ),
        todo,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyFile;

    fn verdict(name: &str, motion: Motion, pusher: &Pusher) -> bool {
        let policy = Policy::new(
            &PolicyFile::default(),
            &PolicyFile::default(),
            "sandbox",
            Some("trunk"),
        );
        verdict_under(&policy, name, motion, pusher)
    }

    fn verdict_under(policy: &Policy, name: &str, motion: Motion, pusher: &Pusher) -> bool {
        let asked = Asked {
            name,
            motion,
            at_default: false,
            backup: Ok(()),
            archive: Ok(()),
            opened: Ok(()),
        };
        judge(asked, pusher, policy, "sandbox").is_ok()
    }

    #[test]
    fn nobody_but_an_operator_makes_a_branch_that_keeps_protected_ones_out() {
        let file = PolicyFile {
            protected_branches: vec!["release/*".into(), "lts/v?/stable".into()],
            ..PolicyFile::default()
        };
        let policy = Policy::new(&file, &PolicyFile::default(), "sandbox", Some("trunk"));
        let may = |name: &str, motion, operator| {
            let pusher = Pusher {
                operator,
                keyed: true,
                ..Pusher::default()
            };
            verdict_under(&policy, name, motion, &pusher)
        };
        for name in ["release", "Release", "lts"] {
            let name = format!("refs/heads/{name}");
            assert!(!may(&name, Motion::Create, false), "{name}");
            assert!(may(&name, Motion::Create, true), "{name}");
            assert!(may(&name, Motion::Delete, false), "{name}");
        }
        for name in ["releases", "rel", "lt", "lts-old"] {
            assert!(may(&format!("refs/heads/{name}"), Motion::Create, false));
        }
    }

    #[test]
    fn each_kind_of_ref_moves_only_as_its_rule_says() {
        use Motion::{Create, Delete, Force, Forward};
        let nobody = Pusher {
            keyed: true,
            ..Pusher::default()
        };
        let holder = Pusher {
            sandboxes: vec!["sandbox-a".into()],
            ..nobody.clone()
        };
        let operator = Pusher {
            operator: true,
            ..nobody.clone()
        };
        let all = [Create, Forward, Force, Delete];
        // create, forward, force, delete; each for nobody, a holder, an operator
        let table: [(&str, [&str; 3]); 36] = [
            ("Refs/heads/main", ["....", "....", "...."]),
            (
                "refs/aidf/turn/sandbox-a/0000000001-0123abcd",
                ["....", "c..d", "cfFd"],
            ),
            (
                "refs/aidf/turn/sandbox-b/0000000001-0123abcd",
                ["....", "....", "cfFd"],
            ),
            ("refs/aidf/turn/sandbox-a/first", ["....", "....", "cfFd"]),
            ("refs/aidf/id", ["....", "....", "c..."]),
            ("refs/aidf/backups", ["cf..", "cf..", "cfFd"]),
            ("refs/heads/main", ["....", "....", "cf.."]),
            ("refs/heads/trunk", ["....", "....", "cf.."]),
            ("refs/heads/sandbox/x", [".fFd", ".fFd", "cfFd"]),
            ("refs/heads/main/x/y", [".fFd", ".fFd", "cfFd"]),
            ("refs/heads/backup/2026-11-22", ["c...", "c...", "c..d"]),
            ("refs/heads/backup/x/2026-11-22", ["c...", "c...", "c..d"]),
            ("refs/heads/backup/2026-11-22/x", ["....", "....", "c..d"]),
            ("refs/heads/sandbox-a", ["....", "cfFd", "cfFd"]),
            ("refs/heads/sandbox-b", ["....", "....", "cfFd"]),
            ("refs/heads/sandbox-A/b", ["....", "....", "cfFd"]),
            ("refs/heads/feature/x", ["cfFd", "cfFd", "cfFd"]),
            ("refs/heads/backup", [".fFd", ".fFd", ".fFd"]),
            ("refs/heads/Main", ["....", "....", "cf.."]),
            ("refs/heads/ma\u{200c}in", ["....", "....", "cf.."]),
            ("refs/heads/Sandbox-a", ["....", "....", "cfFd"]),
            ("refs/heads/\u{17f}andbox-a", ["....", "....", "cfFd"]),
            ("refs/heads/\u{17f}andbox", ["....", "....", "cf.."]),
            ("refs/head\u{17f}/main", ["...d", "...d", "cfFd"]),
            ("refs/heads/HEAD", ["...d", "...d", "cfFd"]),
            ("refs/tags/main", ["...d", "...d", "cfFd"]),
            ("refs/tags/sandbox-a", ["...d", "...d", "cfFd"]),
            ("refs/Main", ["...d", "...d", "cfFd"]),
            ("refs/Replace/0123", ["....", "....", "cfFd"]),
            ("refs/AIDF/revoked/0123", ["....", "....", "cfFd"]),
            ("refs/tags/v1", ["cfFd", "cfFd", "cfFd"]),
            ("refs/replace/0123", ["....", "....", "cfFd"]),
            ("refs/aidf/revoked/0123", ["....", "....", "c..."]),
            ("refs/aidf/archive/sandbox-a/x", ["....", "c...", "cfFd"]),
            ("refs/aidf/opened/sandbox-a/x", ["....", "c..d", "cfFd"]),
            ("refs/aidf/opened/sandbox-b/x", ["....", "....", "cfFd"]),
        ];
        for (name, rows) in table {
            for (pusher, row) in [&nobody, &holder, &operator].into_iter().zip(rows) {
                for (motion, may) in all.into_iter().zip(row.chars()) {
                    assert_eq!(
                        verdict(name, motion, pusher),
                        may != '.',
                        "{name} {motion:?} {pusher:?}"
                    );
                }
            }
        }
        // Without a key, the server cannot tell holders apart; all other rules still apply.
        let unkeyed = Pusher::default();
        assert!(verdict("refs/heads/sandbox-a", Delete, &unkeyed));
        assert!(!verdict("refs/heads/main", Forward, &unkeyed));
    }

    #[test]
    fn a_holder_archives_what_the_sandbox_is_and_an_operator_anything() {
        let policy = Policy::new(
            &PolicyFile::default(),
            &PolicyFile::default(),
            "sandbox",
            None,
        );
        let ask = |pusher: &Pusher| {
            let asked = Asked {
                name: "refs/aidf/archive/sandbox-a/2026-11-22T101112Z",
                motion: Motion::Create,
                at_default: false,
                backup: Ok(()),
                archive: Err("it is of another commit".to_owned()),
                opened: Ok(()),
            };
            judge(asked, pusher, &policy, "sandbox")
        };
        let holder = Pusher {
            sandboxes: vec!["sandbox-a".into()],
            keyed: true,
            ..Pusher::default()
        };
        let refusal = ask(&holder).unwrap_err();
        assert!(refusal.why.contains("it is of another commit"));
        assert!(
            ask(&Pusher {
                operator: true,
                ..holder
            })
            .is_ok()
        );
    }

    #[test]
    fn the_base_may_be_made_where_it_adds_nothing() {
        let policy = Policy::new(
            &PolicyFile::default(),
            &PolicyFile::default(),
            "sandbox",
            Some("main"),
        );
        let ask = |at_default, motion| {
            judge(
                Asked {
                    name: "refs/heads/sandbox",
                    motion,
                    at_default,
                    backup: Ok(()),
                    archive: Ok(()),
                    opened: Ok(()),
                },
                &Pusher::default(),
                &policy,
                "sandbox",
            )
        };
        assert!(ask(true, Motion::Create).is_ok());
        assert!(ask(false, Motion::Create).is_err());
        assert!(ask(true, Motion::Forward).is_err());
    }

    #[test]
    fn a_refusal_names_the_rule_a_bad_token_and_what_to_do() {
        let policy = Policy::new(
            &PolicyFile::default(),
            &PolicyFile::default(),
            "sandbox",
            None,
        );
        let pusher = Pusher {
            rejected: Some("it has expired".into()),
            keyed: true,
            ..Pusher::default()
        };
        let asked = Asked {
            name: "refs/heads/sandbox-a",
            motion: Motion::Forward,
            at_default: false,
            backup: Ok(()),
            archive: Ok(()),
            opened: Ok(()),
        };
        let refusal = judge(asked, &pusher, &policy, "sandbox").unwrap_err();
        assert!(refusal.why.contains("sandbox-a") && refusal.why.contains("it has expired"));
        assert!(refusal.todo.contains("aidf-token="));
    }

    #[test]
    fn a_token_of_a_foreign_key_changes_no_advice_but_for_the_lack_of_a_token() {
        let stranger = Pusher {
            rejected: Some("it is sealed with the key 0123".into()),
            remedy: Some("it is foreign".into()),
            keyed: true,
            ..Pusher::default()
        };
        let holder = Pusher {
            sandboxes: vec!["sandbox-b".into()],
            ..stranger.clone()
        };
        let operator = Pusher {
            operator: true,
            ..stranger.clone()
        };
        for (name, motion, pusher, is_told) in [
            ("refs/heads/sandbox-a", Motion::Forward, &stranger, true),
            ("refs/heads/sandbox-a", Motion::Create, &stranger, true),
            ("refs/heads/main", Motion::Forward, &stranger, true),
            (
                "refs/aidf/archive/sandbox-a/x",
                Motion::Create,
                &stranger,
                true,
            ),
            ("refs/heads/main", Motion::Force, &stranger, false),
            ("refs/heads/backup", Motion::Create, &stranger, false),
            ("Refs/heads/main", Motion::Create, &stranger, false),
            ("refs/aidf/revoked/0123", Motion::Delete, &stranger, false),
            ("refs/heads/sandbox-a", Motion::Forward, &holder, false),
            ("refs/heads/main", Motion::Forward, &holder, false),
            ("refs/heads/main", Motion::Delete, &operator, false),
        ] {
            let refusal = late(name, motion, pusher).unwrap_err();
            assert_eq!(
                refusal.todo == "it is foreign",
                is_told,
                "{name}: {}",
                refusal.todo
            );
        }
    }

    /// One ref of a push that is not made now of what is there, judged.
    fn late(name: &str, motion: Motion, pusher: &Pusher) -> Result<&'static str, Violation> {
        let none = PolicyFile::default();
        let policy = Policy::new(&none, &none, "sandbox", Some("trunk"));
        let asked = Asked {
            name,
            motion,
            at_default: false,
            backup: Err("it is late".to_owned()),
            archive: Err("it is late".to_owned()),
            opened: Err("it is late".to_owned()),
        };
        judge(asked, pusher, &policy, "sandbox")
    }

    #[test]
    fn what_is_not_made_now_is_refused_to_all_but_an_operator() {
        use Motion::{Create, Forward};
        let pusher = |operator, keyed| Pusher {
            operator,
            keyed,
            ..Pusher::default()
        };
        for (name, motion) in [
            ("refs/heads/backup/2026-11-22", Create),
            ("refs/heads/backup/x/2026-11-22", Create),
            ("refs/aidf/backups", Create),
            ("refs/aidf/backups", Forward),
        ] {
            for keyed in [true, false] {
                let refusal = late(name, motion, &pusher(false, keyed)).unwrap_err();
                assert!(refusal.why.contains("it is late"), "{}", refusal.why);
                assert!(late(name, motion, &pusher(true, keyed)).is_ok(), "{name}");
            }
        }
    }

    #[test]
    fn a_refusal_says_what_the_motion_would_have_done() {
        use Motion::{Create, Delete, Force, Forward};
        let pusher = Pusher {
            keyed: true,
            ..Pusher::default()
        };
        for (name, motion, why) in [
            (
                "refs/heads/backup/2026-11-22",
                Delete,
                "only an operator may delete it",
            ),
            (
                "refs/heads/backup/2026-11-22",
                Forward,
                "nobody may change a backup",
            ),
            (
                "refs/heads/backup/2026-11-22",
                Force,
                "nobody may change a backup",
            ),
            ("refs/heads/sandbox-a", Create, "a sandbox without a token"),
            (
                "refs/heads/sandbox-a",
                Delete,
                "only the holder of its token",
            ),
            ("refs/heads/main", Delete, "nobody may delete it"),
            ("refs/heads/main", Force, "nobody may force-push it"),
            ("refs/aidf/id", Forward, "stays for good"),
            ("refs/aidf/backups", Force, "may only grow"),
        ] {
            let refusal = late(name, motion, &pusher).unwrap_err();
            assert!(refusal.why.contains(why), "{motion:?}: {}", refusal.why);
        }
    }
}
