//! Ledgers grow, whoever writes them and by whatever tool.

use super::{ADA, held, id, made};
use crate::support::{CHANGELOG, Guarded, MEMORY, Machine};

/// A commit by aidf on the holder's sandbox, checked out after it.
fn logged(g: &Guarded, ada: &Machine, token: &str, path: &str) -> String {
    ada.write(path, "by aidf\n");
    let call = ada.call(&["commit", path, "--branch", "sandbox-ada", "-m", "By aidf"]);
    call.env("AIDF_REUSE_TOKEN", token).run().ok();
    ada.at("sandbox-ada");
    g.w.remote.text("sandbox-ada", CHANGELOG)
}

#[test]
fn an_entry_is_neither_taken_out_of_a_ledger_nor_altered_and_others_may_be_added() {
    let (g, ada, token) = held("");
    let first = logged(&g, &ada, &token, "a.txt");
    let text = logged(&g, &ada, &token, "b.txt");
    let tip = id(&ada, "HEAD");
    let altered = text.replacen("a.txt", "z.txt", 1);
    assert_ne!(altered, text);
    for forged in [first.as_str(), altered.as_str(), ""] {
        ada.plain(&[(CHANGELOG, forged)], "Rewrite history");
        g.refused(&ada, &[&token], &[ADA], "must keep its entries");
        ada.git(&["checkout", "--quiet", "--force", "--detach", &tip]);
    }
    ada.git(&["rm", "--quiet", CHANGELOG]);
    ada.plain(&[], "Delete it");
    g.refused(&ada, &[&token], &[ADA], "must keep its entries");
    // What is not a list can be appended to no more.
    ada.git(&["checkout", "--quiet", "--force", "--detach", &tip]);
    let broken = format!("{text}- [unclosed\n");
    ada.plain(&[(CHANGELOG, &broken)], "Break it");
    g.refused(&ada, &[&token], &[ADA], CHANGELOG);
    // An honest second writer goes on.
    ada.git(&["checkout", "--quiet", "--force", "--detach", &tip]);
    let grown = logged(&g, &ada, &token, "c.txt");
    assert!(grown.starts_with(&text) && grown.len() > text.len());
}

#[test]
fn a_merge_keeps_the_entries_of_both_sides_whatever_the_order_of_its_parents() {
    let (g, ada, token) = held("");
    let old = id(&ada, "HEAD");
    logged(&g, &ada, &token, "a.txt");
    let tip = id(&ada, "HEAD");
    ada.git(&["checkout", "--quiet", "--force", "--detach", &old]);
    let mine = ada.plain(&[("m.txt", "m\n")], "Mine");
    let without = id(&ada, "HEAD^{tree}");
    for parents in [[&tip, &mine], [&mine, &tip]] {
        made(&ada, &without, &parents.map(String::as_str));
        g.refused(&ada, &[&token], &[ADA], "must keep its entries");
    }
    for [one, other] in [[&tip, &mine], [&mine, &tip]] {
        ada.git(&["checkout", "--quiet", "--force", "--detach", one]);
        ada.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", other]);
        g.passes(&ada, &[&token], &[ADA]);
        g.w.remote
            .git(&["update-ref", "refs/heads/sandbox-ada", &tip]);
    }
}

#[test]
fn the_memory_of_a_file_that_is_there_stays() {
    let (g, ada, token) = held("");
    logged(&g, &ada, &token, "a.txt");
    ada.plain(&[(MEMORY, "")], "Forget");
    g.refused(&ada, &[&token], &[ADA], MEMORY);
}

#[test]
fn where_the_policy_requires_ledgers_a_plain_push_without_an_entry_is_refused() {
    let (g, ada, token) = held("ledgers: {required: true}\n");
    let tip = id(&ada, "HEAD");
    ada.plain(&[("a.txt", "a\n")], "Not logged");
    g.refused(&ada, &[&token], &[ADA], "wants a changelog entry");
    ada.git(&["checkout", "--quiet", "--force", "--detach", &tip]);
    logged(&g, &ada, &token, "a.txt");
    // Where it does not, the same push passes.
    let (free, bob, other) = held("");
    bob.plain(&[("a.txt", "a\n")], "Not logged");
    free.passes(&bob, &[&other], &[ADA]);
}
