//! A hostile writer with a token, and a stranger with push access: revocations that are
//! taken back, signatures on altered commits, and names that nobody proved.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::{Guarded, Kind, Machine, Remote, World, permissions, text};

/// The key of the old commits below.
fn old_key() -> String {
    STANDARD.encode((0..32).collect::<Vec<u8>>())
}

/// A commit on `sandbox-old`, as aidf wrote it when it signed parts of a commit.
const OLD_SANDBOX: &str = "\
tree 08585692ce06452da6f82ae66b90d98b55536fca
parent d1ebf169ba3aafaec133098c25d1b3ca2302c5f9
author sandbox-old <sandbox-old@sandbox.invalid> 1795638027 +0000
committer sandbox-old <sandbox-old@sandbox.invalid> 1795638027 +0000

Add a

Aidf-Committed-By: sandbox-old
Aidf-Task-Id: t-1
Aidf-Signature: fa7651a9 pRIPRW5-BbB1-2e4inqFREea78JyWE8gRidxBQUWIlA
";

/// The same on the branch `notes`, by somebody with the key.
const OLD_NOTES: &str = "\
tree 08585692ce06452da6f82ae66b90d98b55536fca
parent d1ebf169ba3aafaec133098c25d1b3ca2302c5f9
author Ann <ann@example.invalid> 1795638027 +0000
committer Ann <ann@example.invalid> 1795638027 +0000

Note a

Aidf-Committed-By: notes
Aidf-Signature: fa7651a9 N-iNc6GLgsKsus_YwMJGuHaDk7gBjkeQfkH8yzaLbiM
";

/// Stores a commit with exactly these bytes on the server, and puts a branch at it.
fn put(remote: &Remote, env: &crate::support::Env, branch: &str, raw: &[u8]) -> String {
    let args = [
        "hash-object",
        "-t",
        "commit",
        "-w",
        "--literally",
        "--stdin",
    ];
    let id = String::from_utf8(env.git_bytes(&remote.bare, &args, raw)).unwrap();
    let id = id.trim().to_owned();
    remote.git(&["update-ref", &format!("refs/heads/{branch}"), &id]);
    id
}

/// A commit object's bytes.
fn raw(w: &World, rev: &str) -> Vec<u8> {
    w.env
        .git_bytes(&w.remote.bare, &["cat-file", "commit", rev], b"")
}

/// A merge of two branches' tips on the first, by plain git on the server.
fn merge(w: &World, into: &str, from: &str) -> String {
    let tree = w
        .remote
        .git(&["merge-tree", "--write-tree", into, from])
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let id = w.remote.git(&[
        "commit-tree",
        &tree,
        "-p",
        into,
        "-p",
        from,
        "-m",
        &format!("Merge {from}"),
    ]);
    w.remote
        .git(&["update-ref", &format!("refs/heads/{into}"), &id]);
    id
}

/// The entry of one commit in a log.
fn entry<'a>(log: &'a Value, commit: &str) -> &'a Value {
    let all = log["commits"].as_array().unwrap();
    all.iter()
        .find(|c| c["commit"] == commit)
        .unwrap_or_else(|| panic!("no {commit} in {log:#}"))
}

fn tip_of_log(w: &World, branch: &str) -> Value {
    w.json(&["log", branch, "-n", "1"])["commits"][0].clone()
}

#[test]
fn a_header_added_to_a_signed_commit_is_bad() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let good = String::from_utf8(raw(&w, &branch)).unwrap();
    for header in [
        "encoding ISO-8859-1\n",
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEz\n -----END PGP SIGNATURE-----\n",
        "mergetag object 0123\n type commit\n",
        "x-reviewed-by Linus\n",
    ] {
        let forged = good.replacen("\n\n", &format!("\n{header}\n"), 1);
        put(&w.remote, &w.env, &branch, forged.as_bytes());
        let line = tip_of_log(&w, &branch);
        assert_eq!(line["signature"], "bad", "{header}: {line:#}");
        assert_eq!(line["token_id"], Value::Null, "{header}: {line:#}");
        let out = w.aidf(&["log", &branch, "-n", "1"]).ok();
        assert!(out.stdout.contains("BAD SIGNATURE"), "{out}");
    }
    put(&w.remote, &w.env, &branch, good.as_bytes());
    assert_eq!(tip_of_log(&w, &branch)["signature"], "good");
}

#[test]
fn invalid_bytes_in_a_signed_commit_are_bad() {
    let w = World::path();
    let branch = w.sandbox();
    // What is no text is shown as U+FFFD; it must not pass for one that was signed.
    w.save("a.txt", "a\n", "Add \u{fffd}");
    let good = raw(&w, &branch);
    assert_eq!(tip_of_log(&w, &branch)["signature"], "good");
    let at = good.windows(3).position(|b| b == b"\xef\xbf\xbd").unwrap();
    let mut forged = good.clone();
    forged.splice(at..at + 3, [0xff]);
    put(&w.remote, &w.env, &branch, &forged);
    assert_eq!(tip_of_log(&w, &branch)["signature"], "bad");
    let crlf = String::from_utf8(good).unwrap().replace('\n', "\r\n");
    let (headers, message) = crlf.split_once("\r\n\r\n").unwrap();
    let forged = format!("{}\n\n{message}", headers.replace('\r', ""));
    put(&w.remote, &w.env, &branch, forged.as_bytes());
    assert_eq!(tip_of_log(&w, &branch)["signature"], "bad");
}

#[test]
fn a_signature_with_another_branch_or_trailer_in_its_commit_is_bad() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let good = String::from_utf8(raw(&w, &branch)).unwrap();
    let last = good.lines().last().unwrap();
    for forged in [
        good.replace(&format!("Branch: {branch}"), "Branch: main"),
        good.replace(&format!("Aidf-Branch: {branch}\n"), ""),
        good.replace("Aidf-Token: ", "Aidf-Token: 0123456789abcdef\nAidf-X: "),
        good.replace("Aidf-Token: ", "Aidf-Pod: P\nAidf-Token: "),
        format!("{good}{last}\n"),
        format!("{good}Reviewed-by: Linus\n"),
        good.replace(last, &format!("{last}\r")),
    ] {
        assert_ne!(forged, good);
        put(&w.remote, &w.env, &branch, forged.as_bytes());
        let line = tip_of_log(&w, &branch);
        assert_eq!(line["signature"], "bad", "{forged}\n{line:#}");
    }
}

#[test]
fn a_signature_moved_to_another_repository_is_not_good() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let other = World::of(Remote::new(Kind::Path, "gadgets", true));
    other.share_key(&w);
    let from = w.remote.bare.to_str().unwrap();
    let refs = format!("refs/heads/{branch}:refs/heads/{branch}");
    other.remote.git(&["fetch", "--quiet", from, &refs]);
    // A fork has such commits: they were not altered, and nobody vouches for them here.
    assert_eq!(tip_of_log(&other, &branch)["signature"], "unknown");
    assert_eq!(tip_of_log(&w, &branch)["signature"], "good");
}

#[test]
fn a_good_signature_stays_good_wherever_the_commit_is_merged() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let other = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    for into in ["main", other.as_str()] {
        let merged = merge(&w, into, &branch);
        let log = w.json(&["log", into]);
        let line = entry(&log, &commit);
        assert_eq!(line["signature"], "good", "{into}: {line:#}");
        assert_eq!(line["written_to"], branch.as_str(), "{into}");
        assert_eq!(entry(&log, &merged)["signature"], "none");
    }
    // A backup is a branch as well.
    w.remote
        .git(&["update-ref", "refs/heads/backup/2026-11-22", &commit]);
    assert_eq!(tip_of_log(&w, "backup/2026-11-22")["signature"], "good");
}

#[test]
fn an_old_signature_is_read_and_judged_by_its_sandbox() {
    let mut w = World::path();
    w.vars.push(("AIDF_KEY".to_owned(), old_key()));
    let stdin = |args: &[&str], bytes: &[u8]| {
        let out = w.env.git_bytes(&w.remote.bare, args, bytes);
        String::from_utf8(out).unwrap().trim().to_owned()
    };
    let empty = stdin(&["mktree"], b"");
    let blob = stdin(&["hash-object", "-w", "--stdin"], b"a\n");
    stdin(
        &["mktree"],
        format!("100644 blob {blob}\ta.txt\n").as_bytes(),
    );
    let base = format!(
        "tree {empty}\nauthor A <a@example.invalid> 1000000000 +0000\n\
        committer A <a@example.invalid> 1000000000 +0000\n\nBase\n"
    );
    put(&w.remote, &w.env, "old-base", base.as_bytes());
    for branch in ["sandbox-old", "main", "sandbox-other"] {
        put(&w.remote, &w.env, branch, OLD_SANDBOX.as_bytes());
        let line = tip_of_log(&w, branch);
        assert_eq!(line["signature"], "good", "{branch}: {line:#}");
        assert_eq!(line["written_to"], "sandbox-old");
        assert_eq!(line["token_id"], Value::Null);
    }
    // One that names nobody's sandbox is taken for the branch that is looked at.
    for (branch, signature) in [("notes", "good"), ("main", "bad")] {
        put(&w.remote, &w.env, branch, OLD_NOTES.as_bytes());
        assert_eq!(tip_of_log(&w, branch)["signature"], signature);
    }
    for (from, to) in [
        ("\n\nAdd", "\nencoding UTF-8\n\nAdd"),
        ("\n\nAdd", "\ngpgsig x\n\nAdd"),
        ("Add a", "Add b"),
        (
            "author sandbox-old <sandbox-old@",
            "author sandbox-old <ann@",
        ),
    ] {
        let forged = OLD_SANDBOX.replace(from, to);
        put(&w.remote, &w.env, "sandbox-old", forged.as_bytes());
        let line = tip_of_log(&w, "sandbox-old");
        assert_eq!(line["signature"], "bad", "{forged}");
    }
}

#[test]
fn a_signature_by_a_key_that_is_not_here_is_unknown() {
    let w = World::path();
    let branch = w.sandbox();
    let commit = text(&w.save("a.txt", "a\n", "Add a"), "commit");
    let stranger = w.other();
    let check = |m: &Machine| {
        let log = m.json(&["log", &branch, "-n", "1"]);
        let line = entry(&log, &commit).clone();
        assert_eq!(line["signature"], "unknown", "{line:#}");
        for field in ["written_to", "token_id", "pod"] {
            assert_eq!(line[field], Value::Null, "{field} is no fact: {line:#}");
        }
    };
    check(&stranger);
    let out = stranger.aidf(&["log", &branch, "-n", "1"]).ok();
    assert!(out.stdout.contains("signature not checked"), "{out}");
    assert!(!out.stdout.contains("token"), "{out}");
    // Nor does a key of their own tell.
    stranger.json(&["sandbox", "init"]);
    check(&stranger);
}

#[test]
fn a_name_that_a_writer_claims_is_shown_as_claimed() {
    let mut w = World::path();
    w.vars.push(("AIDF_POD".to_owned(), "GPTPod".to_owned()));
    let opened = w.init();
    let branch = text(&opened, "branch");
    let token = text(&opened, "reuse_token");
    let read = w.call(&["token", "inspect", "-", "--json"]);
    let id = text(&read.stdin(token).run().ok().json(), "token_id");
    w.write("a.txt", "a\n");
    let who = "Linus Torvalds (CTO)";
    w.json(&[
        "commit",
        "a.txt",
        "-m",
        "Add a",
        "--committed-by",
        who,
        "--agent",
        "bot",
        "--task-id",
        "t-1",
    ]);
    let line = tip_of_log(&w, &branch);
    assert_eq!(line["committed_by"], who);
    assert_eq!(line["claimed_by"], who);
    assert_eq!(line["written_to"], branch.as_str());
    assert_eq!(line["token_id"], id.as_str());
    assert_eq!(line["pod"], "GPTPod");
    assert_eq!(w.remote.trailer(&branch, "Aidf-Token"), id);
    assert_eq!(w.remote.trailer(&branch, "Aidf-Pod"), "GPTPod");
    assert_eq!(w.remote.trailer(&branch, "Aidf-Branch"), branch);
    for command in [&["log", &branch, "-n", "1"][..], &["sandbox", "show"]] {
        let out = w.aidf(command).ok();
        let by = format!("by {branch} (token {id}, pod GPTPod)");
        assert!(out.stdout.contains(&by), "{out}");
        assert_claimed(&out.stdout, who);
        assert!(out.stdout.contains("task t-1"), "{out}");
    }
    // One that claims nothing says nothing.
    w.save("b.txt", "b\n", "Add b");
    assert_eq!(tip_of_log(&w, &branch)["claimed_by"], Value::Null);
    let out = w.aidf(&["log", &branch, "-n", "1"]).ok();
    assert!(!out.stdout.contains("says:"), "{out}");
    let body = text(&w.json(&["propose", "--provider", "bare"]), "body");
    assert_claimed(&body, who);
}

/// What was claimed stands behind `says:`, and its lines fit a terminal.
#[track_caller]
fn assert_claimed(shown: &str, who: &str) {
    let at = shown.find(who).expect(shown);
    let line = shown[..at].rsplit('\n').next().unwrap();
    assert!(line.contains("says:"), "{shown}");
}

#[test]
fn trailers_of_plain_git_do_not_look_like_ours() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let token = w.remote.trailer(&branch, "Aidf-Token");
    let look_alike = format!(
        "Fake\n\nAidf-Committed-By: Linus\nAidf-Task-Id: t-1\nAidf-Agent: bot\n\
        Aidf-Token: {token}\nAidf-Pod: P\nAidf-Branch: {branch}\n"
    );
    for message in [
        look_alike.clone(),
        format!(
            "{look_alike}Aidf-Signature: 01234567 v2 {}\n",
            "A".repeat(43)
        ),
    ] {
        w.remote
            .write(&branch, &[("b.txt", Some(b"b\n"))], &message);
        let line = tip_of_log(&w, &branch);
        assert_ne!(line["signature"], "good");
        for field in ["written_to", "token_id", "pod"] {
            assert_eq!(line[field], Value::Null, "{field}: {line:#}");
        }
        let out = w.aidf(&["log", &branch, "-n", "1"]).ok();
        assert_claimed(&out.stdout, "Linus");
        assert!(!out.stdout.contains(" by "), "{out}");
        assert!(!out.stdout.contains(&token), "{out}");
        assert!(!out.stdout.contains(", signed\n"), "{out}");
    }
    let list = w.json(&["sandbox", "list"]);
    assert_eq!(list["sandboxes"][0]["unsigned"], 2, "{list:#}");
    let out = w.aidf(&["sandbox", "list"]).ok();
    assert!(out.stdout.contains("2 unsigned"), "{out}");
}

#[test]
fn a_claim_does_not_break_out_of_its_place() {
    let w = World::path();
    let branch = w.sandbox();
    let pad = " ".repeat(60);
    for who in [
        "Ann, task t-9, agent root".to_owned(),
        "Ann\", by \"sandbox-root (token 00)".to_owned(),
        format!("Ann{pad}by sandbox-root (token 0000000000000000)"),
        format!("Ann{}by sandbox-root", "\u{2003}".repeat(40)),
        "x".repeat(200),
        "says: Ann".to_owned(),
    ] {
        w.write("a.txt", &who);
        w.json(&["commit", "a.txt", "-m", "Add a", "--committed-by", &who]);
        let out = w.aidf(&["log", &branch, "-n", "1"]).ok();
        let facts: Vec<&str> = out.stdout.lines().skip(1).collect();
        let known = facts.iter().filter(|l| l.trim_start().starts_with("by "));
        assert_eq!(known.count(), 1, "{out}");
        assert!(!out.stdout.contains(&pad), "{out}");
        for line in facts {
            assert!(line.chars().count() <= 80, "{line}");
            let claims = line.split_once("says: ").map_or("", |(_, after)| after);
            assert!(!claims.starts_with("Ann, "), "{out}");
            let proven = line.split("says: ").next().unwrap();
            assert!(!proven.contains("root"), "{out}");
        }
    }
}

#[test]
fn a_message_brings_no_trailer_that_aidf_alone_sets() {
    let w = World::path();
    let branch = w.sandbox();
    let tip = w.remote.tip(&branch);
    w.write("a.txt", "a\n");
    for name in ["Aidf-Token", "Aidf-Pod", "Aidf-Branch", "Aidf-Anything"] {
        for line in [
            format!("{name}: x"),
            format!("{}: x", name.to_lowercase()),
            format!("{}: x", name.to_uppercase()),
            format!("{name} : x"),
            format!("{name}\t: x"),
            format!("{name}:x"),
            format!("  {name}: x"),
            format!("Reviewed-by: Ann\n {name}: x"),
            format!("{}\u{200b}: x", name),
            format!("\u{feff}{name}: x"),
        ] {
            let message = format!("Add a\n\n{line}");
            w.refuses(&["commit", "a.txt", "-m", &message], 5);
            w.refuses(&["rollback", "--last", "1", "--reason", &message], 5);
        }
    }
    assert_eq!(w.remote.tip(&branch), tip);
    // A look-alike of the name is a trailer to nobody.
    w.json(&[
        "commit",
        "a.txt",
        "-m",
        "Add a\n\nAidf\u{2010}Token: ffffffffffffffff\n\u{ff21}idf-Pod: X",
    ]);
    let line = tip_of_log(&w, &branch);
    assert_eq!(line["signature"], "good");
    assert_eq!(line["pod"], Value::Null);
    assert_ne!(line["token_id"], "ffffffffffffffff");
}

/// A token of a sandbox under the key of [`with_key`], with this id and pod.
fn sealed(branch: &str, id: &str, pod: Option<&str>) -> String {
    let key = aidf::keys::Key::new(vec![7; 32]);
    let claims = aidf::token::Claims {
        branch: Some(branch.to_owned()),
        base: None,
        id: id.to_owned(),
        kind: aidf::token::TokenKind::Sandbox,
        repository: None,
        pod: pod.map(str::to_owned),
        issued: aidf::clock::Moment::now().seconds(),
        expires: None,
    };
    aidf::token::seal(&claims, &key, "widgets", [3; 24])
}

fn with_key() -> World {
    let mut w = World::path();
    let key = STANDARD.encode([7; 32]);
    w.vars.push(("AIDF_KEY".to_owned(), key));
    w
}

#[test]
fn a_token_that_was_sealed_with_several_lines_adds_no_trailer() {
    let w = with_key();
    let branch = w.sandbox();
    let (id, pod) = ("0123456789abcdef", "P\nAidf-Token: ffffffffffffffff");
    let token = sealed(&branch, id, Some(pod));
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "Add a", "--reuse-token", &token]);
    assert_eq!(w.remote.trailer(&branch, "Aidf-Token"), id);
    assert_eq!(w.remote.trailer(&branch, "Aidf-Pod"), "");
    assert_eq!(tip_of_log(&w, &branch)["token_id"], id);
}

#[test]
fn a_task_is_rolled_back_by_what_is_signed_and_not_by_what_is_claimed() {
    let w = World::path();
    let branch = w.sandbox();
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "One", "--task-id", "t1"]);
    let claim = format!("Claim\n\nAidf-Committed-By: {branch}\nAidf-Task-Id: t1\n");
    let claimed = w.remote.write(&branch, &[("b.txt", Some(b"b\n"))], &claim);
    let done = w.json(&["rollback", "--task-id", "t1"]);
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
    assert!(w.remote.try_file(&branch, "b.txt").is_some());
    assert_eq!(done["passed_over"], serde_json::json!([claimed]));
    let warnings = done["warnings"].to_string();
    assert!(warnings.contains(&claimed[..7]), "{warnings}");
    assert!(warnings.contains("--unsigned"), "{warnings}");
    // Of those alone that only say so there is nothing, unless that is asked for.
    let claim = "Claim\n\nAidf-Task-Id: t2\n";
    w.remote.write(&branch, &[("c.txt", Some(b"c\n"))], claim);
    let out = w.refuses(&["rollback", "--task-id", "t2"], 3);
    assert!(out.stderr.contains("--unsigned"), "{out}");
    w.json(&["rollback", "--task-id", "t2", "--unsigned"]);
    assert!(w.remote.try_file(&branch, "c.txt").is_none());
    w.refuses(&["rollback", "--last", "1", "--unsigned"], 2);
}

#[test]
fn without_a_key_a_task_is_rolled_back_only_when_told_to() {
    let w = World::path();
    let opened = w.init();
    let branch = text(&opened, "branch");
    w.write("a.txt", "a\n");
    w.json(&["commit", "a.txt", "-m", "One", "--task-id", "t1"]);
    let holder = w.other();
    let call = |args: &[&str]| {
        let mut all = vec!["rollback", "--branch", &branch];
        all.extend(args);
        holder
            .call(&all)
            .env("AIDF_REUSE_TOKEN", text(&opened, "reuse_token"))
            .run()
    };
    let tip = w.remote.tip(&branch);
    let out = call(&["--task-id", "t1"]).exits(3);
    assert!(out.stderr.contains("no key is here"), "{out}");
    assert!(out.stderr.contains("--unsigned"), "{out}");
    assert_eq!(w.remote.tip(&branch), tip);
    call(&["--task-id", "t1", "--unsigned"]).ok();
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
    // What was written last needs no proof: it is there.
    call(&["--last", "1"]).ok();
    assert!(w.remote.try_file(&branch, "a.txt").is_some());
}

#[test]
fn the_last_n_are_those_written_to_the_branch_and_not_what_a_merge_brought() {
    let w = World::path();
    let theirs = w.sandbox();
    let mine = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    let one = text(&w.save("one.txt", "1\n", "One"), "commit");
    // Met before the first of ours, for it is later.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    w.write("theirs.txt", "t\n");
    let args = [
        "commit",
        "theirs.txt",
        "-m",
        "Theirs",
        "--no-changelog",
        "--no-memory",
        "--branch",
    ];
    let brought = text(&w.json(&[&args[..], &[&theirs]].concat()), "commit");
    let merged = merge(&w, &mine, &theirs);
    w.write("two.txt", "2\n");
    let two = w.json(&["commit", "two.txt", "-m", "Two", "--branch", &mine]);
    let two = text(&two, "commit");
    let done = w.json(&["rollback", "--last", "3", "--branch", &mine, "--dry-run"]);
    assert_eq!(
        done["reverted"],
        serde_json::json!([two, merged, one]),
        "{done:#}"
    );
    assert_eq!(done["passed_over"], serde_json::json!([brought]));
    let warnings = done["warnings"].to_string();
    assert!(warnings.contains("passed over 1 commit"), "{warnings}");
    assert!(warnings.contains("without a good signature"), "{warnings}");
    let args = ["rollback", "--last", "4", "--branch", &mine];
    let out = w.refuses(&args, 3);
    assert!(out.stderr.contains("1 in its history"), "{out}");
}

#[test]
fn a_claim_of_another_branch_does_not_keep_a_commit_from_being_rolled_back() {
    let w = World::path();
    let branch = w.sandbox();
    w.save("a.txt", "a\n", "Add a");
    let claim = "Evil\n\nAidf-Branch: sandbox-other\n";
    let evil = w.remote.write(&branch, &[("evil.sh", Some(b"x\n"))], claim);
    let done = w.json(&["rollback", "--last", "1"]);
    assert_eq!(done["reverted"], serde_json::json!([evil]));
    assert!(w.remote.try_file(&branch, "evil.sh").is_none());
    assert!(w.remote.try_file(&branch, "a.txt").is_some());
}

#[test]
fn what_another_sandbox_undid_for_itself_hides_nothing_here() {
    let w = World::path();
    let mine = w.sandbox();
    w.write("a.txt", "a\n");
    let one = w.json(&["commit", "a.txt", "-m", "One", "--task-id", "t1"]);
    let one = text(&one, "commit");
    let theirs = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    merge(&w, &theirs, &mine);
    w.json(&["rollback", &one, "--branch", &theirs]);
    // Their history comes here, and none of their content.
    let tree = w.remote.git(&["rev-parse", &format!("{mine}^{{tree}}")]);
    let id = w.remote.git(&[
        "commit-tree",
        &tree,
        "-p",
        &mine,
        "-p",
        &theirs,
        "-m",
        "Merge",
    ]);
    w.remote
        .git(&["update-ref", &format!("refs/heads/{mine}"), &id]);
    let log = w.json(&["log", &mine]);
    assert_eq!(entry(&log, &one)["rolled_back_by"], Value::Null, "{log:#}");
    w.json(&["rollback", "--task-id", "t1", "--branch", &mine]);
    assert!(w.remote.try_file(&mine, "a.txt").is_none());
    let log = w.json(&["log", &mine]);
    assert_ne!(entry(&log, &one)["rolled_back_by"], Value::Null, "{log:#}");
}

#[test]
fn a_commit_of_another_sandbox_does_not_count_as_signed_for_an_approval() {
    let w = World::path();
    let one = w.sandbox();
    let commit = text(&w.save("docs/a.md", "a\n", "Add a"), "commit");
    let two = text(&w.json(&["sandbox", "init", "--force-new"]), "branch");
    w.remote
        .git(&["update-ref", &format!("refs/heads/{two}"), &commit]);
    let signed = |branch: &str| {
        let report = w.json(&["propose", branch, "--to", "sandbox", "--provider", "bare"]);
        let guards = report["guards"].as_array().unwrap();
        let guard = guards.iter().find(|g| g["guard"] == "signed").unwrap();
        guard["ok"].clone()
    };
    assert_eq!(signed(&one), true);
    assert_eq!(signed(&two), false);
}

const ID: &str = "0123456789abcdef";

/// A world with a sandbox and a second token of it, which is revoked on the remote.
fn revoked() -> (World, String, String) {
    let w = with_key();
    let branch = w.sandbox();
    let token = sealed(&branch, ID, None);
    w.remote
        .git(&["update-ref", &format!("refs/aidf/revoked/{ID}"), "main"]);
    w.write("a.txt", "a\n");
    (w, branch, token)
}

fn take_back(w: &World) {
    w.remote
        .git(&["update-ref", "-d", &format!("refs/aidf/revoked/{ID}")]);
}

/// The files in which a machine remembers revocations.
fn memories(m: &Machine) -> Vec<std::path::PathBuf> {
    let folder = m.env.state().join("aidf/revoked");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|f| f.path()).collect()
}

#[test]
fn a_revocation_that_is_deleted_still_holds_where_it_was_seen() {
    // Seen by whatever it was that read the remote's refs.
    for seen in [
        &["commit", "README.md", "-m", "x", "--dry-run"][..],
        &["sandbox", "list"],
        &["sandbox", "show"],
        &["log", "main"],
        &["token", "issue", "--branch", "sandbox-x"],
        &["propose", "--provider", "bare"],
    ] {
        let (w, branch, token) = revoked();
        w.aidf(seen).ok();
        take_back(&w);
        let tip = w.remote.tip(&branch);
        let flag = format!("--reuse-token={token}");
        let out = w.refuses(&["commit", "a.txt", "-m", "Add a", &flag], 4);
        assert!(out.stderr.contains("it was revoked"), "{seen:?}\n{out}");
        assert_eq!(w.remote.tip(&branch), tip);
    }
    let (w, _, token) = revoked();
    w.json(&["sandbox", "list"]);
    take_back(&w);
    let flag = format!("--reuse-token={token}");
    w.refuses(&["rollback", "--last", "1", &flag], 4);
    w.refuses(&["sandbox", "init", "--strict", &flag], 4);
    let read = w.call(&["token", "inspect", "-", "--json"]);
    let read = read.stdin(token).run().exits(4).json();
    assert_eq!(read["rejected"], "it was revoked");
    let warning = format!(
        "the revocation of token {ID} was removed from the remote; it is still in force here"
    );
    assert!(read["warnings"].to_string().contains(&warning), "{read:#}");
    let list = w.json(&["sandbox", "list"]);
    assert!(list["warnings"].to_string().contains(&warning), "{list:#}");
    let files = memories(&w);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(permissions(&files[0]), 0o600);
    // Revoked once more, its ref is back, and nobody is warned.
    let done = w.json(&["token", "revoke", ID]);
    assert_eq!(done["unchanged"], false);
    assert!(w.remote.refs().contains(ID));
    assert_eq!(
        w.json(&["sandbox", "list"])["warnings"],
        serde_json::json!([])
    );
}

#[test]
fn a_revocation_made_here_holds_here_though_nobody_looked_since() {
    let w = with_key();
    let branch = w.sandbox();
    let token = sealed(&branch, ID, None);
    w.json(&["token", "revoke", ID]);
    take_back(&w);
    w.write("a.txt", "a\n");
    let flag = format!("--reuse-token={token}");
    w.refuses(&["commit", "a.txt", "-m", "Add a", &flag], 4);
}

#[test]
fn another_spelling_of_the_address_brings_no_token_back() {
    let (w, branch, token) = revoked();
    w.json(&["sandbox", "list"]);
    take_back(&w);
    let url = format!("file://{}", w.remote.bare.display());
    let flag = format!("--reuse-token={token}");
    let call = w.call(&["-R", &url, "commit", "a.txt=-", "-m", "Add a", &flag]);
    let out = call.stdin("a\n").run().exits(4);
    assert!(out.stderr.contains("it was revoked"), "{out}");
    assert!(w.remote.try_file(&branch, "a.txt").is_none());
}

#[test]
fn a_memory_that_is_damaged_is_told_and_left_as_it_is() {
    let (w, _, token) = revoked();
    w.json(&["sandbox", "list"]);
    let file = memories(&w).remove(0);
    std::fs::write(&file, "{ no json").unwrap();
    let list = w.json(&["sandbox", "list"]);
    assert!(
        list["warnings"].to_string().contains("cannot be read"),
        "{list:#}"
    );
    // What the remote shows still counts.
    let flag = format!("--reuse-token={token}");
    w.refuses(&["commit", "a.txt", "-m", "Add a", &flag], 4);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{ no json");
}

#[test]
fn what_revokes_no_token_is_not_remembered_and_nothing_new_is_not_written() {
    let w = with_key();
    w.sandbox();
    for odd in [
        "0123",
        "0123456789ABCDEF",
        "0123456789abcdeg",
        "x/0123456789abcdef",
    ] {
        w.remote
            .git(&["update-ref", &format!("refs/aidf/revoked/{odd}"), "main"]);
    }
    w.json(&["sandbox", "list"]);
    assert!(memories(&w).is_empty());
    w.remote
        .git(&["update-ref", &format!("refs/aidf/revoked/{ID}"), "main"]);
    w.json(&["sandbox", "list"]);
    let file = memories(&w).remove(0);
    let before = std::fs::metadata(&file).unwrap().modified().unwrap();
    w.json(&["sandbox", "list"]);
    w.save("b.txt", "b\n", "Add b");
    let after = std::fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(before, after);
}

#[test]
fn the_hook_remembers_what_was_revoked_behind_its_back() {
    let g = Guarded::new(Kind::Path, "");
    let token = g.token("sandbox-ada");
    let to = ["HEAD:refs/heads/sandbox-ada"];
    g.passes(&g.w, &[&token], &to);
    let done = g.w.call(&["token", "revoke", &token, "--json"]);
    let done = done.env("AIDF_REUSE_TOKEN", &g.operator).run().ok().json();
    let name = text(&done, "revocation");
    g.w.plain(&[("more.txt", "more\n")], "More");
    // Nobody takes it back or moves it by a push, an operator neither.
    for refs in [format!(":{name}"), format!("HEAD:{name}")] {
        let operator = g.operator.clone();
        g.refused(
            &g.w,
            &[&operator],
            &[&refs],
            "a revocation cannot be undone",
        );
    }
    g.w.remote.git(&["update-ref", "-d", &name]);
    g.refused(&g.w, &[&token], &to, "it was revoked");
    assert_eq!(
        permissions(&g.w.remote.bare.join("aidf/revoked.json")),
        0o600
    );

    // One that was revoked by other means is remembered when its token is sent.
    let token = g.token("sandbox-bob");
    let read =
        g.w.call(&["token", "inspect", "-", "--json"])
            .stdin(token.clone());
    let name = format!(
        "refs/aidf/revoked/{}",
        text(&read.run().ok().json(), "token_id")
    );
    g.w.remote.git(&["update-ref", &name, "main"]);
    let to = ["HEAD:refs/heads/sandbox-bob"];
    g.refused(&g.w, &[&token], &to, "it was revoked");
    g.w.remote.git(&["update-ref", "-d", &name]);
    g.refused(&g.w, &[&token], &to, "it was revoked");
}

#[test]
fn a_stranger_revokes_nothing_where_the_hook_stands() {
    let g = Guarded::new(Kind::Path, "");
    let ada = g.token("sandbox-ada");
    let name = format!("HEAD:refs/aidf/revoked/{ID}");
    for tokens in [&[][..], &[ada.as_str()]] {
        g.refused(&g.w, tokens, &[&name], "only an operator may write it");
    }
    assert!(!g.w.remote.bare.join("aidf/revoked.json").exists());
}
