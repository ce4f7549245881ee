//! Tokens that were not used for too long, and what does not count as use.

use super::{ADA, now};
use crate::support::{Guarded, Kind, claims, text};

const DAY: i64 = 86_400;

/// A sandbox whose tip says of itself that it is of this time.
fn dated(g: &Guarded, branch: &str, time: i64) {
    let tree = g.w.remote.git(&["rev-parse", "sandbox^{tree}"]);
    let parent = g.w.remote.tip("sandbox");
    let who = format!("Ada <ada@example.invalid> {time} +0000");
    let commit = format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nDated\n");
    let args = ["hash-object", "-t", "commit", "-w", "--stdin"];
    let id =
        g.w.env
            .git_bytes(&g.w.remote.bare, &args, commit.as_bytes());
    let id = String::from_utf8(id).unwrap();
    let name = format!("refs/heads/{branch}");
    g.w.remote.git(&["update-ref", &name, id.trim()]);
}

#[test]
fn a_tip_that_is_dated_ahead_keeps_no_token_alive_wherever_that_is_asked() {
    // 2040, and a time that is near enough to be taken for a clock that is wrong.
    for (policy, ahead) in [
        ("sandbox: {idle_days: 10}\n", 2_208_988_800),
        ("sandbox: {idle_days: 10}\n", now() + 3_600),
        ("sandbox: {idle_days: 1}\n", 2_208_988_800),
    ] {
        let g = Guarded::new(Kind::Path, policy);
        let token = g.seal(
            &claims(Some("sandbox-ada"), now() - 20 * DAY, None),
            "widgets",
        );
        dated(&g, "sandbox-ada", ahead);
        let ada = g.w.other();
        ada.at("sandbox-ada");
        ada.plain(&[("a.txt", "a\n")], "Mine");
        g.refused(&ada, &[&token], &[ADA], "not used for too long");
        let inspect = g.w.call(&["token", "inspect", &token, "--json"]).run();
        let inspected = inspect.exits(4).json();
        assert_eq!(inspected["valid"], false, "{inspected}");
        g.w.write("b.txt", "b\n");
        let commit = g.w.call(&["commit", "b.txt", "-m", "Mine", "--json"]);
        g.w.refuses_call(commit.env("AIDF_REUSE_TOKEN", &token), 4);
        let strict = ["sandbox", "init", "--strict", "--reuse-token", &token];
        g.w.refuses(&strict, 4);
        let again = g.w.json(&["sandbox", "init", "--reuse-token", &token]);
        assert_eq!(
            text(&again, "token_rejected"),
            "it was not used for too long"
        );
    }
}

#[test]
fn a_tip_of_a_clock_that_is_some_minutes_ahead_is_use() {
    let g = Guarded::new(Kind::Path, "sandbox: {idle_days: 10}\n");
    let token = g.seal(
        &claims(Some("sandbox-ada"), now() - 20 * DAY, None),
        "widgets",
    );
    dated(&g, "sandbox-ada", now() + 300);
    let ada = g.w.other();
    ada.at("sandbox-ada");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    g.passes(&ada, &[&token], &[ADA]);
}

#[test]
fn the_servers_own_record_of_the_last_push_counts_more_than_any_date() {
    let g = Guarded::new(Kind::Path, "sandbox: {idle_days: 10}\n");
    let held = claims(Some("sandbox-ada"), now() - 20 * DAY, None);
    let token = g.seal(&held, "widgets");
    let record = g.w.remote.bare.join("aidf/activity").join(&held.id);
    dated(&g, "sandbox-ada", now());
    let ada = g.w.other();
    ada.at("sandbox-ada");
    ada.plain(&[("a.txt", "a\n")], "Mine");
    // A push that is refused is no use.
    g.refused(
        &ada,
        &[&token],
        &["HEAD:refs/heads/main"],
        "main is protected",
    );
    assert!(!record.exists());
    g.passes(&ada, &[&token], &[ADA]);
    let noted: i64 = std::fs::read_to_string(&record)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!((now() - noted).abs() < 120, "{noted}");
    // The tip is of today; the server saw nothing for eleven days.
    std::fs::write(&record, format!("{}\n", now() - 11 * DAY)).unwrap();
    ada.plain(&[("b.txt", "b\n")], "Mine");
    g.refused(&ada, &[&token], &[ADA], "not used for too long");
    std::fs::write(&record, format!("{}\n", now() - 9 * DAY)).unwrap();
    g.passes(&ada, &[&token], &[ADA]);
}
