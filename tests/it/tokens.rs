//! Reuse tokens: nothing readable, nothing forgeable, and one answer to every
//! wrong one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;
use sha2::{Digest, Sha256};

use crate::support::{Kind, Machine, Out, Remote, World, randomness, text, times};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What a rejected token is answered; it has to be an auth error that wrote nothing.
#[track_caller]
fn rejected(w: &World, token: &str) -> String {
    let flag = format!("--reuse-token={token}");
    let out = w.refuses(&["sandbox", "init", "--strict", &flag], 4);
    answer(&out, token)
}

#[track_caller]
fn answer(out: &Out, token: &str) -> String {
    // A piece of a few characters is in any text.
    assert!(
        token.len() < 12 || !out.all().contains(token),
        "the token is repeated\n{out}"
    );
    out.error().to_string()
}

/// Checks the answer to a well-formed token of a key that is not here: it names the key,
/// which the token shows anyway, and nothing else.
fn names_the_key(answer: &str, key: &str) {
    let error: serde_json::Value = serde_json::from_str(answer).unwrap();
    assert_eq!(error["kind"], "auth");
    assert_eq!(
        error["message"],
        format!(
            "the reuse token was sealed with the key {key}, and that key is not on this machine"
        )
    );
}

fn world() -> (World, String, String) {
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    let token = text(&opened, "reuse_token");
    // Without the remembered session, so that only the token given counts.
    std::fs::remove_file(w.clone.join(".git/aidf/session.json")).unwrap();
    (w, branch, token)
}

#[test]
fn a_token_has_three_parts_and_nothing_of_the_branch_can_be_read_in_it() {
    let (_w, branch, token) = world();
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    assert_eq!(parts[0], "aidf2");
    let sealed = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(&parts[2][..parts[2].len() - 6])
        .expect("base64url without padding");
    for word in branch.split('-').chain(["widgets", "sandbox"]) {
        assert!(!token.contains(word), "{word} is in {token}");
        let found = sealed
            .windows(word.len())
            .any(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()));
        assert!(!found, "{word} is in the sealed bytes");
    }
    // Sealed by XChaCha20-Poly1305: nonce and tag alone are 40 bytes.
    assert!(sealed.len() > 40);
}

#[test]
fn a_single_character_change_is_rejected_with_the_same_answer() {
    let (w, branch, token) = world();
    let wanted = rejected(&w, "aidf1.nope.bm9wZQ");
    assert!(!wanted.contains(&branch), "{wanted}");
    let bytes = token.as_bytes();
    // Each run takes some of them; src/token.rs looks at every one.
    let step = times(5, 1);
    for at in (randomness().random_range(0..step)..bytes.len()).step_by(step) {
        let mut changed = bytes.to_vec();
        // The neighbour in the alphabet: a change of one low bit.
        changed[at] = match ALPHABET.iter().position(|b| *b == bytes[at]) {
            Some(place) => ALPHABET[place ^ 1],
            None => b'-',
        };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(
            rejected(&w, &changed),
            wanted,
            "character {at} of {}",
            bytes.len()
        );
    }
}

#[test]
fn the_last_characters_spare_bits_are_no_second_spelling() {
    let (w, _, token) = world();
    let (rest, last) = token.split_at(token.len() - 1);
    for other in ALPHABET {
        let other = char::from(*other).to_string();
        if other != last {
            rejected(&w, &format!("{rest}{other}"));
        }
    }
}

#[test]
fn truncated_and_extended_tokens_are_rejected_with_the_same_answer() {
    let (w, _, token) = world();
    let wanted = rejected(&w, "aidf1.nope.bm9wZQ");
    let mut wrong: Vec<String> = (1..token.len())
        .step_by(5)
        .map(|n| token[..n].to_owned())
        .collect();
    wrong.extend((1..token.len()).step_by(11).map(|n| token[n..].to_owned()));
    wrong.push(token[..token.len() - 1].to_owned());
    for tail in ["A", "=", "==", ".", ".x", "AAAA", "\u{1b}[31m", "\u{200b}"] {
        wrong.push(format!("{token}{tail}"));
    }
    wrong.push(token.to_uppercase());
    wrong.push(format!("{token}{token}"));
    wrong.push("x".repeat(100_000));
    wrong.push("aidf1..".to_owned());
    wrong.push("...".to_owned());
    wrong.push(token.replacen("aidf2", "aidf1", 1));
    for token in wrong {
        assert_eq!(rejected(&w, &token), wanted, "{token}");
    }
}

#[test]
fn base64_of_the_branchs_name_is_no_token() {
    // What the server that aidf replaces took for one.
    let (w, branch, _) = world();
    let wanted = rejected(&w, "aidf1.nope.bm9wZQ");
    for engine in [
        base64::engine::general_purpose::STANDARD,
        base64::engine::general_purpose::URL_SAFE_NO_PAD,
    ] {
        let forged = engine.encode(&branch);
        assert_eq!(rejected(&w, &forged), wanted);
        assert_eq!(rejected(&w, &format!("aidf1.k.{forged}")), wanted);
    }
    assert_eq!(rejected(&w, &branch), wanted);
}

#[test]
fn a_token_under_another_key_is_rejected_and_the_key_is_named() {
    let (w, _, token) = world();
    let wanted = rejected(&w, "aidf1.nope.bm9wZQ");
    let other = w.other();
    // Its own ring, made on first use.
    other.init();
    std::fs::remove_file(other.clone.join(".git/aidf/session.json")).unwrap();
    let refs = w.remote.refs();
    let out = other
        .aidf(&[
            "sandbox",
            "init",
            "--strict",
            "--reuse-token",
            &token,
            "--json",
        ])
        .exits(4);
    names_the_key(&answer(&out, &token), token.split('.').nth(1).unwrap());
    assert_eq!(w.remote.refs(), refs);
    // Nor with the right key's id on top: ids are public.
    let theirs = text(&other.json(&["sandbox", "init"]), "reuse_token");
    let mixed: Vec<&str> = token.split('.').collect();
    let kid = theirs.split('.').nth(1).unwrap();
    let mixed = format!("aidf2.{kid}.{}", &mixed[2][..mixed[2].len() - 6]);
    let mut check = URL_SAFE_NO_PAD.encode(Sha256::digest(mixed.as_bytes()));
    check.truncate(6);
    let mixed = format!("{mixed}{check}");
    let out = other
        .aidf(&[
            "sandbox",
            "init",
            "--strict",
            "--reuse-token",
            &mixed,
            "--json",
        ])
        .exits(4);
    assert_eq!(answer(&out, &mixed), wanted);
}

#[test]
fn a_token_of_another_repository_is_rejected_with_the_same_answer() {
    let (w, branch, token) = world();
    let wanted = rejected(&w, "aidf1.nope.bm9wZQ");
    let gadgets = Remote::new(Kind::Path, "gadgets", true);
    // The same branch name there, so that only the repository differs.
    gadgets.git(&[
        "update-ref",
        &format!("refs/heads/{branch}"),
        "refs/heads/sandbox",
    ]);
    let there = Machine::new(&gadgets);
    there.share_key(&w);
    let refs = gadgets.refs();
    let out = there
        .aidf(&[
            "sandbox",
            "init",
            "--strict",
            "--reuse-token",
            &token,
            "--json",
        ])
        .exits(4);
    assert_eq!(answer(&out, &token), wanted);
    assert_eq!(gadgets.refs(), refs);
    there.write("a.txt", "a\n");
    there
        .aidf(&[
            "commit",
            "a.txt",
            "-m",
            "Add a",
            "--reuse-token",
            &token,
            "--json",
        ])
        .exits(4);
    assert_eq!(gadgets.refs(), refs);
}

#[test]
fn a_rejected_token_refuses_a_commit() {
    let (w, branch, token) = world();
    w.write("a.txt", "a\n");
    let mut changed = token.into_bytes();
    let last = changed.len() - 10;
    changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    let out = w.refuses(
        &["commit", "a.txt", "-m", "Add a", "--reuse-token", &changed],
        4,
    );
    assert!(
        !out.stderr.contains(&branch),
        "no information in the refusal\n{out}"
    );
    w.refuses(
        &[
            "commit",
            "a.txt",
            "-m",
            "Add a",
            "--reuse-token",
            &changed,
            "--branch",
            &branch,
        ],
        4,
    );
    let call = w
        .call(&["commit", "a.txt", "-m", "Add a", "--json"])
        .env("AIDF_REUSE_TOKEN", &changed);
    w.refuses_call(call, 4);
    let call = w
        .call(&[
            "commit",
            "a.txt",
            "-m",
            "Add a",
            "--reuse-token",
            "-",
            "--json",
        ])
        .stdin(changed);
    w.refuses_call(call, 4);
}

#[test]
fn a_good_token_commits_from_a_machine_with_the_key() {
    let (w, branch, token) = world();
    let other = w.other();
    other.share_key(&w);
    other.write("a.txt", "a\n");
    let answer = other.json(&["commit", "a.txt", "-m", "Add a", "--reuse-token", &token]);
    assert_eq!(answer["branch"], branch.as_str());
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
}

#[test]
fn no_output_of_a_commit_shows_the_token_or_the_key() {
    let (w, _, token) = world();
    w.write("a.txt", "a\n");
    let ring: serde_json::Value =
        serde_json::from_slice(&std::fs::read(w.env.keys()).unwrap()).unwrap();
    let mut secrets = vec![token.clone(), token.split('.').nth(2).unwrap().to_owned()];
    collect_long_texts(&ring, &mut secrets);
    for args in [
        vec![
            "-v",
            "commit",
            "a.txt",
            "-m",
            "Add a",
            "--reuse-token",
            &token,
        ],
        vec![
            "-v",
            "--json",
            "commit",
            "a.txt",
            "-m",
            "Add a",
            "--reuse-token",
            &token,
        ],
        vec!["-v", "log", "--reuse-token", &token],
        vec![
            "-v",
            "commit",
            "nope.txt",
            "-m",
            "Add",
            "--reuse-token",
            &token,
        ],
    ] {
        let out = w.aidf(&args);
        for secret in &secrets {
            assert!(!out.all().contains(secret), "a secret is shown\n{out}");
        }
    }
    // Nor does any of it stay in the journal or on the remote.
    let journal =
        std::fs::read_to_string(w.env.state().join("aidf/journal.jsonl")).unwrap_or_default();
    for secret in &secrets {
        assert!(!journal.contains(secret), "a secret is in the journal");
    }
}

/// Key material: texts too long to be names or dates.
fn collect_long_texts(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(s) if s.len() >= 40 => found.push(s.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|v| collect_long_texts(v, found)),
        serde_json::Value::Object(map) => map.values().for_each(|v| collect_long_texts(v, found)),
        _ => {}
    }
}

/// A key of the environment, so that a test can seal what it likes.
const KEY: [u8; 32] = [7; 32];

fn with_key() -> (World, aidf::keys::Key) {
    let mut w = World::path();
    let text = base64::engine::general_purpose::STANDARD.encode(KEY);
    w.vars.push(("AIDF_KEY".to_owned(), text));
    (w, aidf::keys::Key::new(KEY.to_vec()))
}

fn claims(branch: &str) -> aidf::token::Claims {
    aidf::token::Claims {
        branch: Some(branch.to_owned()),
        base: None,
        id: "0123456789abcdef".to_owned(),
        kind: aidf::token::TokenKind::Sandbox,
        repository: None,
        pod: None,
        issued: now(),
        expires: None,
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs().try_into().unwrap()
}

#[test]
fn an_authentic_token_made_elsewhere_with_the_key_is_good() {
    let (w, key) = with_key();
    let token = aidf::token::seal(&claims("sandbox-quiet-otter"), &key, "widgets", [1; 24]);
    let opened = w.json(&["sandbox", "init", "--strict", "--reuse-token", &token]);
    assert_eq!(opened["branch"], "sandbox-quiet-otter");
    assert_eq!(opened["recreated"], true);
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a", "--reuse-token", &token]);
    assert_eq!(w.remote.file("sandbox-quiet-otter", "a.txt"), b"a\n");
    // The key of the environment leaves no ring on the disk.
    assert!(!w.env.keys().exists());
}

#[test]
fn an_expired_token_is_rejected() {
    let (w, key) = with_key();
    let old = aidf::token::Claims {
        issued: now() - 100,
        expires: Some(now() - 10),
        ..claims("sandbox-quiet-otter")
    };
    let token = aidf::token::seal(&old, &key, "widgets", [1; 24]);
    rejected(&w, &token);
    w.write("a.txt", "a\n");
    w.refuses(
        &["commit", "a.txt", "-m", "Add a", "--reuse-token", &token],
        4,
    );
    let soon = aidf::token::Claims {
        expires: Some(now() + 3600),
        ..old
    };
    let token = aidf::token::seal(&soon, &key, "widgets", [1; 24]);
    let opened = w.json(&["sandbox", "init", "--strict", "--reuse-token", &token]);
    assert!(opened["expires_at"].is_string(), "{opened:#}");
}

#[test]
fn a_revoked_token_is_rejected_everywhere() {
    let (w, key) = with_key();
    let branch = w.sandbox();
    let one = claims(&branch);
    let other = aidf::token::Claims {
        id: "fedcba9876543210".to_owned(),
        ..one.clone()
    };
    let revoked = aidf::token::seal(&one, &key, "widgets", [1; 24]);
    let kept = aidf::token::seal(&other, &key, "widgets", [2; 24]);
    std::fs::remove_file(w.clone.join(".git/aidf/session.json")).unwrap();
    w.remote.git(&[
        "update-ref",
        "refs/aidf/revoked/0123456789abcdef",
        "refs/heads/main",
    ]);
    rejected(&w, &revoked);
    w.write("a.txt", "a\n");
    w.refuses(
        &["commit", "a.txt", "-m", "Add a", "--reuse-token", &revoked],
        4,
    );
    w.refuses(&["rollback", "--last", "1", "--reuse-token", &revoked], 4);
    // Another token of the same branch is as good as before.
    w.json(&["commit", "a.txt", "-m", "Add a", "--reuse-token", &kept]);
    assert_eq!(w.remote.file(&branch, "a.txt"), b"a\n");
}

#[test]
fn a_protected_branch_inside_an_authentic_token_is_no_way_in() {
    let (w, key) = with_key();
    w.write("a.txt", "a\n");
    for branch in [
        "main",
        "sandbox",
        "refs/heads/main",
        "sandbox-../main",
        "backup/2026-01-01",
    ] {
        let token = aidf::token::seal(&claims(branch), &key, "widgets", [1; 24]);
        w.refuses_any(
            &["sandbox", "init", "--strict", "--reuse-token", &token],
            &[4, 5],
        );
        w.refuses_any(
            &["commit", "a.txt", "-m", "Add a", "--reuse-token", &token],
            &[4, 5],
        );
    }
}

#[test]
fn a_key_of_the_environment_is_shared_by_machines_and_a_wrong_one_is_not() {
    let (w, _) = with_key();
    let opened = w.init();
    let token = text(&opened, "reuse_token");
    let hex: String = KEY.iter().map(|b| format!("{b:02x}")).collect();
    let same = w.other();
    let again = same
        .call(&[
            "sandbox",
            "init",
            "--strict",
            "--reuse-token",
            &token,
            "--json",
        ])
        .env("AIDF_KEY", hex)
        .run()
        .ok()
        .json();
    assert_eq!(again["branch"], opened["branch"]);
    let other = w.other();
    other
        .call(&[
            "sandbox",
            "init",
            "--strict",
            "--reuse-token",
            &token,
            "--json",
        ])
        .env("AIDF_KEY", "08".repeat(32))
        .run()
        .exits(4);
}

#[cfg(unix)]
#[test]
fn a_key_file_is_read_unless_others_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::path();
    let file = w.env.path("key");
    std::fs::write(&file, base64::engine::general_purpose::STANDARD.encode(KEY)).unwrap();
    let call = || {
        w.call(&["sandbox", "init", "--force-new", "--json"])
            .env("AIDF_KEY_FILE", &file)
    };
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    call().run().ok();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let out = call().run();
    assert_ne!(out.code, 0, "{out}");
    std::fs::remove_file(&file).unwrap();
    let out = call().run();
    assert_ne!(
        out.code, 0,
        "a key file that was asked for has to be there\n{out}"
    );
}

#[test]
fn a_malformed_key_is_a_usage_error_and_not_repeated() {
    let w = World::path();
    for key in ["short-key-secret", "", "zz-not-hex-not-base64-!!"] {
        let out = w
            .call(&["sandbox", "init", "--json"])
            .env("AIDF_KEY", key)
            .run();
        if key.is_empty() && out.code == 0 {
            continue; // an empty variable may count as none
        }
        assert_eq!(out.code, 2, "{out}");
        assert!(key.is_empty() || !out.all().contains(key), "{out}");
    }
}

#[test]
fn a_commit_without_any_key_is_not_signed_and_says_none() {
    // A holder has a branch and a token, and no key: the server's hook decides.
    let w = World::path();
    let opened = w.init();
    let holder = w.other();
    holder.write("a.txt", "a\n");
    let out = holder
        .call(&[
            "commit",
            "a.txt",
            "-m",
            "Add a",
            "--branch",
            &text(&opened, "branch"),
            "--json",
        ])
        .env("AIDF_REUSE_TOKEN", text(&opened, "reuse_token"))
        .run();
    if out.code == 0 {
        assert_eq!(
            w.remote.trailer(&text(&opened, "branch"), "Aidf-Signature"),
            ""
        );
    } else {
        assert!(matches!(out.code, 4 | 5), "{out}");
    }
    assert!(
        !holder.env.keys().exists(),
        "a holder's commit makes no key"
    );
}
