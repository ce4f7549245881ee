//! What commit and rollback have in common: the commit's identity, trailers and
//! signature, the ledgers' entries, and what is remembered when it has landed.

use super::access::Target;
use super::known_ledgers;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::{CommitId, Draft, Edit, Entry, Mode, ObjectId, Person, TreePath, in_the_way};
use crate::ledger::attributes::{self, MAX_ATTRIBUTES};
use crate::ledger::{Ledger, REPAIR};
use crate::policy::Ledgers;
use crate::signature;

/// The longest value of a trailer, in bytes.
const MAX_TRAILER: usize = 200;

/// The trailer that names who says to have written a commit.
pub(super) const COMMITTED_BY: &str = "Aidf-Committed-By";
/// The trailer that names the task.
pub(super) const TASK: &str = "Aidf-Task-Id";
/// The trailer that names the token which a commit was written with.
pub(super) const TOKEN: &str = "Aidf-Token";
/// The trailer that names the pod which that token was given to.
pub(super) const POD: &str = "Aidf-Pod";

/// A commit's words and who it is by.
pub(super) struct Words {
    /// The message without trailers.
    pub message: String,
    /// Who says to have written it.
    pub committed_by: String,
    /// The other trailers' names and values, in order.
    pub trailers: Vec<(&'static str, String)>,
}

/// Checks a message of a user: not empty, no trailers in aidf's name, nothing hidden.
///
/// Errors: usage, denied.
pub(super) fn check_message(message: &str) -> Result<String> {
    let message = message.replace("\r\n", "\n");
    let message = message.trim_end();
    if message.trim().is_empty() {
        return Err(Error::new(Kind::Usage, "the commit message is empty")
            .hint("say what was done with -m MESSAGE"));
    }
    if message.len() > 64 * 1024 {
        return Err(Error::new(
            Kind::Usage,
            "the commit message is longer than 64 KiB",
        ));
    }
    if message
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(
            Error::new(Kind::Usage, "the commit message holds control characters")
                .hint("take them out; only newlines and tabs are kept"),
        );
    }
    let forged = |line: &str| {
        let folded: String = line
            .chars()
            .filter(|c| !crate::git::is_invisible(*c))
            .collect::<String>()
            .trim_start()
            .to_lowercase();
        folded.starts_with("aidf-") && folded.contains(':')
    };
    if let Some(line) = message.lines().find(|l| forged(l)) {
        return Err(Error::new(
            Kind::Denied,
            format!(
                "the message brings a trailer in aidf's name: `{}`",
                line.trim()
            ),
        )
        .hint("take the line out; aidf writes its own trailers from the flags"));
    }
    Ok(message.to_owned())
}

/// Checks a value that becomes a trailer and a ledger's field.
///
/// Errors: usage, for control characters, blank or over 200 bytes.
pub(super) fn check_value(flag: &str, value: &str) -> Result<()> {
    if value.trim().is_empty() || value.len() > MAX_TRAILER || value.chars().any(char::is_control) {
        return Err(Error::new(
            Kind::Usage,
            format!("{flag} needs 1 to {MAX_TRAILER} bytes on one line"),
        ));
    }
    Ok(())
}

/// Who a commit on this branch is by: on a sandbox its own name, at an address that
/// can belong to nobody (RFC 2606), so that no person is recorded.
pub(super) fn person(cx: &Context, target: &Target) -> Person {
    if target.is_sandbox() {
        return Person {
            name: target.name().to_owned(),
            email: format!("{}@sandbox.invalid", target.name()),
        };
    }
    cx.remote.operator().unwrap_or_else(|| Person {
        name: "aidf".to_owned(),
        email: "aidf@operator.invalid".to_owned(),
    })
}

/// Makes the commit: trailers last, the signature as the very last line.
pub(super) fn commit(
    cx: &Context,
    draft: &mut Draft<'_>,
    target: &Target,
    tree: ObjectId,
    parents: &[CommitId],
    words: &Words,
) -> Result<CommitId> {
    let who = person(cx, target);
    let time = cx.now.seconds();
    // Trailers of the user's own stay in one paragraph with ours, as git reads them.
    let gap = if ends_in_trailers(&words.message) {
        "\n"
    } else {
        "\n\n"
    };
    let mut message = format!("{}{gap}", words.message);
    let by = [(COMMITTED_BY, words.committed_by.clone())];
    let own = own_trailers(cx, target);
    for (name, value) in by.iter().chain(&words.trailers).chain(&own) {
        message.push_str(&format!("{name}: {value}\n"));
    }
    draft.commit(tree, parents, &who, time, &message, |before| {
        let key = cx.keys().active()?;
        let line = signature::sign(key, &cx.repository(), target.name(), before);
        Some(line + "\n")
    })
}

/// What aidf knows itself, and no writer says: the token that was opened, the repository and
/// the branch.
fn own_trailers(cx: &Context, target: &Target) -> Vec<(&'static str, String)> {
    let mut own = Vec::new();
    if let Some(claims) = &target.claims {
        own.push((TOKEN, claims.id.clone()));
        own.extend(claims.pod.clone().map(|pod| (POD, pod)));
        // Whoever sealed the token chose them: one line is all that each may be.
        own.retain(|(name, value)| check_value(name, value).is_ok());
    }
    let id = cx.identity().id();
    own.extend(id.map(|id| (signature::REPOSITORY, id.to_string())));
    own.push((signature::BRANCH, target.name().to_owned()));
    own
}

/// True where the last of several paragraphs is all `Token: value` lines
/// (git-interpret-trailers).
fn ends_in_trailers(message: &str) -> bool {
    let Some((_, last)) = message.rsplit_once("\n\n") else {
        return false;
    };
    let is_trailer = |line: &str| {
        line.split_once(": ").is_some_and(|(token, value)| {
            !token.is_empty()
                && !value.trim().is_empty()
                && token
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
    };
    last.lines().all(is_trailer)
}

/// Reads a ledger of `tree`.
///
/// Errors: integrity, for one that is no file or cannot be appended to.
pub(super) fn read_ledger(cx: &Context, tree: ObjectId, path: &str) -> Result<Ledger> {
    if let Some((_, refused)) = in_the_way(&cx.store, tree, &TreePath::new(path)?)? {
        return Err(Error::new(
            Kind::Integrity,
            format!("the ledger `{path}` cannot be written: {refused}"),
        )
        .hint(REPAIR));
    }
    match cx.store.entry(tree, path.as_bytes())? {
        None => Ledger::read(path, None),
        Some(entry)
            if entry.mode.is_file()
                && cx.store.blob_size(entry.id)? <= crate::yaml::MAX_BYTES as u64 =>
        {
            match known_ledgers::find(cx, path, entry.id) {
                Some(ledger) => Ok(ledger),
                None => known_ledgers::read(path, cx.store.read_blob(entry.id)?),
            }
        }
        Some(_) => Err(Error::new(
            Kind::Integrity,
            format!(
                "the ledger `{path}` is not a file of less than {} MiB",
                crate::yaml::MAX_BYTES >> 20
            ),
        )
        .hint(REPAIR)),
    }
}

/// The ledger at this path, by a command that writes, but not this one: it is read in full once.
///
/// Errors: as [`read_ledger`].
pub(super) fn read_other_ledger(cx: &Context, tree: ObjectId, path: &str) -> Result<Ledger> {
    let ledger = read_ledger(cx, tree, path)?;
    if let Some(entry) = cx.store.entry(tree, path.as_bytes())? {
        known_ledgers::remember(cx, path, entry.id, &ledger);
    }
    Ok(ledger)
}

/// The edit that writes a ledger of this tree back, keeping its mode; none when nothing changed.
///
/// Errors: integrity, where the change would alter other entries too.
pub(super) fn ledger_edit(
    cx: &Context,
    draft: &mut Draft<'_>,
    tree: ObjectId,
    path: &str,
    ledger: &Ledger,
) -> Result<Option<Edit>> {
    let old = cx.store.entry(tree, path.as_bytes())?;
    let shared = old.and_then(|old| Some((old.id, ledger.shared()?)));
    if let Some((old, _)) = shared.filter(|(_, shared)| shared.is_all()) {
        known_ledgers::remember(cx, path, old, ledger);
        return Ok(None);
    }
    let text = ledger.checked()?.as_bytes();
    let id = match shared {
        Some((old, shared)) => draft.blob_made_from(old, shared, text)?,
        None => draft.blob(text)?,
    };
    known_ledgers::remember(cx, path, id, ledger);
    if old.is_some_and(|o| o.id == id) {
        return Ok(None);
    }
    let mode = old.map_or(Mode::File, |o| o.mode);
    Ok(Some((path.as_bytes().to_vec(), Some(Entry { id, mode }))))
}

/// The edit that tells plain git how to merge the ledgers, where the tree does not yet.
///
/// Best effort: a file that is no plain text is its owner's, and stays.
pub(super) fn attributes_edit(
    cx: &Context,
    draft: &mut Draft<'_>,
    tree: ObjectId,
    ledgers: &Ledgers,
) -> Result<Option<Edit>> {
    let there = cx.store.entry(tree, attributes::PATH.as_bytes())?;
    let new = with_union(cx, draft, there, ledgers)?;
    Ok(new.map(|entry| (attributes::PATH.into(), Some(entry))))
}

/// The content of `.gitattributes`, where aidf may add to it; the inner none is a file that
/// is not there.
pub(super) fn read_attributes(
    cx: &Context,
    there: Option<Entry>,
) -> Result<Option<Option<Vec<u8>>>> {
    match there {
        None => Ok(Some(None)),
        Some(entry) if entry.mode.is_file() && cx.store.blob_size(entry.id)? <= MAX_ATTRIBUTES => {
            Ok(Some(Some(cx.store.read_blob(entry.id)?)))
        }
        Some(_) => Ok(None),
    }
}

/// `.gitattributes` with the ledgers' lines, where some are missing and can be added.
pub(super) fn with_union(
    cx: &Context,
    draft: &mut Draft<'_>,
    there: Option<Entry>,
    ledgers: &Ledgers,
) -> Result<Option<Entry>> {
    let Some(old) = read_attributes(cx, there)? else {
        return Ok(None);
    };
    let Some(new) = attributes::with_union(old.as_deref(), &ledgers.for_union()) else {
        return Ok(None);
    };
    let id = draft.blob(&new)?;
    let mode = there.map_or(Mode::File, |e| e.mode);
    Ok(Some(Entry { id, mode }))
}

/// Keeps the ledgers' lines in `.gitattributes` where `edits` would take them away.
pub(super) fn keep_attributes(
    cx: &Context,
    draft: &mut Draft<'_>,
    tree: ObjectId,
    ledgers: &Ledgers,
    edits: &mut Vec<Edit>,
) -> Result<()> {
    let path = attributes::PATH.as_bytes();
    let Some(at) = edits.iter().position(|(p, _)| p == path) else {
        return Ok(());
    };
    if let Some(entry) = with_union(cx, draft, edits[at].1, ledgers)? {
        edits[at].1 = Some(entry);
    }
    if edits[at].1 == cx.store.entry(tree, path)? {
        edits.remove(at);
    }
    Ok(())
}

/// Refuses a writer's name that is another sandbox's.
///
/// Errors: usage, denied.
pub(super) fn check_writer(target: &Target, who: Option<&str>) -> Result<()> {
    let Some(who) = who else { return Ok(()) };
    check_value("--committed-by", who)?;
    if target.is_sandbox() && crate::names::is_sandbox(who) && who != target.name() {
        return Err(Error::new(
            Kind::Denied,
            format!("{} may not write in the name of {who}", target.name()),
        )
        .hint("leave --committed-by out"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(message: &str) -> Option<Kind> {
        check_message(message).err().map(|e| e.kind())
    }

    #[test]
    fn a_message_is_kept_but_for_the_ends_of_its_lines() {
        for (given, kept) in [
            ("Add a", "Add a"),
            ("Add a\r\n\r\n\tWhy\r\n", "Add a\n\n\tWhy"),
            (" Add a \n\n", " Add a"),
            ("See aidf-x: y", "See aidf-x: y"),
            ("aidf-token is a word", "aidf-token is a word"),
            ("aidf: y", "aidf: y"),
        ] {
            assert_eq!(check_message(given).unwrap(), kept);
        }
        let longest = "a".repeat(64 * 1024);
        assert_eq!(check_message(&longest).unwrap(), longest);
    }

    #[test]
    fn a_message_that_says_nothing_or_hides_something_is_refused() {
        let longer = "a".repeat(64 * 1024 + 1);
        for odd in [
            "", " \n\t\n", "a\x07", "a\rb", "a\x1b[1m", "a\u{85}b", &longer,
        ] {
            assert_eq!(kind_of(odd), Some(Kind::Usage));
        }
        for forged in [
            "Aidf-Branch: main",
            "Add a\n\n  aidf-x: y",
            "Add a\n\nAi\u{200b}df-Token: y\n\nMore",
        ] {
            assert_eq!(kind_of(forged), Some(Kind::Denied), "{forged}");
        }
    }

    #[test]
    fn a_trailers_value_is_one_line_of_two_hundred_bytes_at_most() {
        for good in ["a", " a b ", &"a".repeat(MAX_TRAILER)] {
            assert!(check_value("--agent", good).is_ok(), "{good:?}");
        }
        for odd in ["", "  ", "a\nb", "a\tb", &"a".repeat(MAX_TRAILER + 1)] {
            let error = check_value("--agent", odd).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage);
            assert!(error.message().starts_with("--agent needs"), "{error}");
        }
    }

    #[test]
    fn only_a_last_paragraph_of_trailers_alone_ends_a_message_in_trailers() {
        for (message, ends) in [
            ("Add a", false),
            ("Reviewed-by: A", false),
            ("Add a\n\nReviewed-by: A", true),
            ("Add a\n\nReviewed-by: A\nFixes-2: #1", true),
            ("Add a\n\nReviewed-by: A\n\nWhy", false),
            ("Add a\n\nReviewed-by: A\nand more", false),
            ("Add a\n\nReviewed by: A", false),
            ("Add a\n\nReviewed-by:A", false),
            ("Add a\n\nReviewed-by:  ", false),
            ("Add a\n\n: A", false),
            ("Add a\n\nGepr\u{fc}ft: A", false),
        ] {
            assert_eq!(ends_in_trailers(message), ends, "{message:?}");
        }
    }
}
