//! A forge that refuses, limits, breaks, lies or falls silent: what `protect` and
//! `propose` make of it, and that none of it shows a secret.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    Asked, Call, FORGE_TOKEN, ForgeServer, Kind, Out, Reply, World, clone_of, text,
};

const APPROVER: &str = "tok-of-the-approver-0815";

const CHECK: [&str; 2] = ["protect", "check"];
const APPLY: [&str; 2] = ["protect", "apply"];
const PROPOSE: [&str; 1] = ["propose"];

/// A clone of a repository on GitHub, with a sandbox that has one commit of one line.
fn github() -> World {
    let w = clone_of("git@github.com:acme/widgets.git");
    let policy = b"propose: {auto_approve_lines: 5}\n";
    w.remote
        .write("sandbox", &[(".aidf.yaml", Some(policy))], "Policy");
    w.remote
        .git(&["update-ref", "refs/heads/main", "refs/heads/sandbox"]);
    w.sandbox();
    w.save("notes.md", "one line\n", "Add a note");
    w
}

fn asking(w: &World, server: &ForgeServer, args: &[&str]) -> Call {
    w.call(args).env("AIDF_FORGE_API_URL", server.base())
}

/// Everything that this machine has written down, the clone left out.
fn written(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            written(&entry.path(), all);
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            all.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
}

/// No login stands in what was printed or written down.
#[track_caller]
fn keeps_secrets(w: &World, out: &Out) {
    let mut all = out.all();
    // So the parts of a JWT begin, and of any JSON; a key that was written down may have it by
    // chance, so there its first words are looked for.
    assert!(!all.contains("eyJ"), "{out}");
    written(&w.env.home(), &mut all);
    let jwt = ["eyJhbGciO", "eyJleHAiO"];
    let secrets = [FORGE_TOKEN, APPROVER, "PRIVATE KEY", "ghs_"];
    for secret in secrets.into_iter().chain(jwt) {
        assert!(!all.contains(secret), "{secret} is told\n{out}\n{all}");
    }
    assert!(!all.contains("panicked"), "{out}");
}

/// Repeats what it was sent, as some proxies and debug pages do.
fn echo(asked: &Asked, words: &str) -> Value {
    let login = asked.header("authorization").unwrap_or_default();
    json!({"message": format!("{words} (you sent {login})"), "errors": [login.replace("Bearer ", "")]})
}

type Answer = fn(&Asked) -> Reply;

struct Case {
    name: &'static str,
    answer: Answer,
    /// Exit codes of check, apply and propose.
    codes: [i32; 3],
    /// Words that each of them says, whatever the case of their letters.
    says: &'static [&'static str],
    retryable: bool,
}

fn cases() -> Vec<Case> {
    let case = |name, answer, codes, says| Case {
        name,
        answer,
        codes,
        says,
        retryable: codes[1] == 9,
    };
    let lasting = |case: Case| Case {
        retryable: false,
        ..case
    };
    vec![
        case(
            "401",
            |a| Reply::json(401, echo(a, "Bad credentials")),
            [4; 3],
            &["refused the login", "AIDF_FORGE_TOKEN", "expired"],
        ),
        case(
            "403 for want of a permission",
            |a| {
                Reply::json(403, echo(a, "Resource not accessible by integration"))
                    .with("X-Accepted-GitHub-Permissions: administration=write")
            },
            [8, 5, 5],
            &["`administration: write`"],
        ),
        case(
            "403 for want of a plan",
            |a| {
                Reply::json(
                    403,
                    echo(a, "Upgrade to GitHub Pro or make this repository public"),
                )
            },
            [8, 5, 5],
            &["plan", "upgrade"],
        ),
        case(
            "404",
            |a| Reply::json(404, echo(a, "Not Found")),
            [3; 3],
            &["has nothing at /repos/acme/widgets", "private repository"],
        ),
        case(
            "409",
            |a| Reply::json(409, echo(a, "Git Repository is empty.")),
            [6; 3],
            &["in the present state", "repository is empty"],
        ),
        case(
            "422",
            |a| Reply::json(422, echo(a, "Validation Failed")),
            [2; 3],
            &["does not accept", "validation failed"],
        ),
        case(
            "429 that names a long time",
            |a| Reply::json(429, echo(a, "Slow down")).with("Retry-After: 3600"),
            [9; 3],
            &["limits how many requests", "3600 s", "--timeout"],
        ),
        case(
            "429 that names a time beyond all sense",
            |a| Reply::json(429, echo(a, "Slow")).with("Retry-After: 9223372036854775807"),
            [9; 3],
            &["limits how many requests"],
        ),
        case(
            "429 that names no time",
            |a| Reply::json(429, echo(a, "Slow down")),
            [9; 3],
            &["limits how many requests", "60 s"],
        ),
        case(
            "403 that is a limit",
            |a| {
                Reply::json(403, echo(a, "API rate limit exceeded"))
                    .with("X-RateLimit-Remaining: 0")
                    .with("X-RateLimit-Reset: 4102444800")
            },
            [9; 3],
            &["limits how many requests", "try again in 86400 s"],
        ),
        case(
            "500",
            |a| Reply::json(500, echo(a, "Oops")),
            [9; 3],
            &["had an internal error (500)", "try again"],
        ),
        case(
            "502 with a page",
            |_| Reply::Answer(502, Vec::new(), "<html>Bad gateway</html>".to_owned()),
            [9; 3],
            &["had an internal error (502)"],
        ),
        case("a cut line", |_| Reply::Cut, [9; 3], &["127.0.0.1"]),
        case(
            "half an answer",
            |_| Reply::CutMidway,
            [9; 3],
            &["before its answer was complete", "try again"],
        ),
        case(
            "broken JSON",
            |_| Reply::Answer(200, Vec::new(), "[{\"id\": 1".to_owned()),
            [9; 3],
            &["is not json"],
        ),
        case(
            "a page to log in",
            |_| Reply::Answer(200, Vec::new(), "<html>Log in</html>".to_owned()),
            [9; 3],
            &["is not json", "login page"],
        ),
        case(
            "JSON of another shape",
            |_| Reply::json(200, json!({"data": []})),
            [9; 3],
            &["did not send a list"],
        ),
        lasting(case(
            "a redirect to another host",
            |a| {
                let place = a.target.clone();
                Reply::empty(302).with(&format!("Location: http://127.0.0.2:9{place}"))
            },
            [9; 3],
            &["elsewhere, and aidf does not follow", "renamed"],
        )),
        lasting(case(
            "a list that continues on another host",
            |_| Reply::json(200, json!([])).with("Link: <http://127.0.0.2:9/x>; rel=\"next\""),
            [9; 3],
            &["on another server"],
        )),
        lasting(case(
            "a list without end",
            |a| {
                let place = a.path().to_owned();
                Reply::json(200, json!([])).with(&format!("Link: <{place}?page=2>; rel=\"next\""))
            },
            [9; 3],
            &["more than 100 pages"],
        )),
    ]
}

const KINDS: [(i32, &str); 7] = [
    (2, "usage"),
    (3, "not_found"),
    (4, "auth"),
    (5, "denied"),
    (6, "conflict"),
    (8, "findings"),
    (9, "unavailable"),
];

#[test]
fn every_refusal_is_a_clear_error_of_its_kind_that_tells_no_secret() {
    all_are_clear(&cases()[..11]);
}

#[test]
fn every_broken_line_is_a_clear_error_of_its_kind_that_tells_no_secret() {
    all_are_clear(&cases()[11..14]);
}

#[test]
fn every_misleading_answer_is_a_clear_error_of_its_kind_that_tells_no_secret() {
    all_are_clear(&cases()[14..]);
}

#[track_caller]
fn all_are_clear(cases: &[Case]) {
    let w = github();
    for case in cases {
        let server = ForgeServer::start(case.answer);
        for (args, code) in [&CHECK[..], &APPLY, &PROPOSE].into_iter().zip(case.codes) {
            let call = |more: &[&str]| {
                asking(&w, &server, &[args, more].concat()).env("AIDF_APPROVER_TOKEN", APPROVER)
            };
            let name = format!("{} at {args:?}", case.name);
            let bound = ["--timeout", "5"];
            let call_json = call(&[&["--json"][..], &bound].concat());
            let out = match code {
                // A check that could be made prints what it found besides.
                8 => call_json.run().exits(8),
                code => w.refuses_call(call_json, code),
            };
            let error = out.error();
            let kind = KINDS.iter().find(|k| k.0 == code).unwrap().1;
            assert_eq!(error["kind"], kind, "{name}\n{out}");
            assert_eq!(error["retryable"], case.retryable, "{name}\n{out}");
            assert!(
                error["hint"].is_string() || code == 2 || code == 6 || args == PROPOSE,
                "{name} says what to do\n{out}"
            );
            assert!(!out.all().contains("\"enforced\""), "{name}\n{out}");
            if code == 8 {
                for rule in out.json()["rules"].as_array().unwrap() {
                    assert!(["missing", "unknown"].contains(&rule["state"].as_str().unwrap()));
                }
            }
            keeps_secrets(&w, &out);
            // What is tried again takes its time; once in words is enough.
            if out.took > Duration::from_secs(1) && args != CHECK {
                continue;
            }
            let out = call(&[&["-v"][..], &bound].concat()).run().exits(code);
            let told = out.all().to_lowercase();
            for words in case.says {
                assert!(
                    told.contains(&words.to_lowercase()),
                    "{name}: {words}\n{out}"
                );
            }
            assert!(!told.contains("enforced  "), "{name}\n{out}");
            keeps_secrets(&w, &out);
        }
        assert_eq!(
            server
                .writes()
                .iter()
                .filter(|w| w.starts_with("PUT"))
                .count(),
            0
        );
    }
}

#[test]
fn an_answer_that_does_not_come_is_waited_for_once_and_no_longer_than_was_said() {
    let w = github();
    let server = ForgeServer::start(|_| Reply::Silent);
    for args in [&CHECK[..], &APPLY, &PROPOSE] {
        let out = asking(&w, &server, &[args, &["--timeout", "1", "--json"]].concat())
            .run()
            .exits(9);
        assert!(
            out.error()["message"]
                .as_str()
                .unwrap()
                .contains("within 1 s"),
            "{out}"
        );
        assert!(out.took < Duration::from_secs(3), "{out}\n{:?}", out.took);
    }
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_short_limit_is_waited_out_and_said() {
    let w = github();
    let asked = AtomicUsize::new(0);
    let server = ForgeServer::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::json(429, json!({"message": "Slow down"})).with("Retry-After: 1"),
        _ => Reply::json(200, json!([])),
    });
    let out = asking(&w, &server, &["protect", "check", "-v"])
        .run()
        .exits(8);
    assert!(out.stderr.contains("waiting 1 s"), "{out}");
    assert!(out.took >= Duration::from_secs(1));
}

/// GitHub with nothing set; the write of this number, from 1, and all after it are
/// answered by `refusal`.
fn failing_at(write: usize, refusal: Answer) -> ForgeServer {
    let writes = AtomicUsize::new(0);
    ForgeServer::start(move |asked| match asked.method.as_str() {
        "GET" => Reply::json(200, json!([])),
        _ => match writes.fetch_add(1, Ordering::SeqCst) + 1 {
            n if n < write => Reply::json(201, json!({"id": n})),
            _ => refusal(asked),
        },
    })
}

#[test]
fn an_apply_that_stops_half_way_says_what_was_made_and_what_may_have_been() {
    let w = github();
    let refusals: [(Answer, i32, bool); 7] = [
        (
            |a| Reply::json(403, echo(a, "Must have admin rights")),
            5,
            true,
        ),
        (|a| Reply::json(404, echo(a, "Not Found")), 3, true),
        (|a| Reply::json(422, echo(a, "Validation Failed")), 2, true),
        (|a| Reply::json(429, echo(a, "Slow down")), 9, true),
        (|a| Reply::json(500, echo(a, "Oops")), 9, false),
        (|_| Reply::Cut, 9, false),
        (|_| Reply::CutMidway, 9, false),
    ];
    for (refusal, code, certain) in refusals {
        let server = failing_at(2, refusal);
        let out = asking(&w, &server, &["protect", "apply", "--json"])
            .run()
            .exits(code);
        let message = text(&out.error(), "message");
        assert!(
            message.contains(
                "these changes were made before the error, and remain: create ruleset `aidf: main`"
            ),
            "{out}"
        );
        let doubt = message.contains("may have been made or not: create ruleset `aidf: sandbox`");
        assert_eq!(doubt, !certain, "{out}");
        assert_eq!(server.writes().len(), 2, "nothing is sent twice\n{out}");
        keeps_secrets(&w, &out);
        let mut all = String::new();
        written(&w.env.state(), &mut all);
        let last = all.lines().last().unwrap();
        assert!(
            last.contains("protect apply")
                && last.contains("these changes were made before the error"),
            "{last}"
        );

        let server = failing_at(1, refusal);
        let out = asking(&w, &server, &["protect", "apply", "--json"])
            .run()
            .exits(code);
        assert!(
            text(&out.error(), "message").contains("nothing was changed"),
            "{out}"
        );
    }
}

#[test]
fn an_apply_that_cannot_be_read_back_says_that_it_was_made() {
    let w = github();
    let made = AtomicUsize::new(0);
    let server = ForgeServer::start(move |asked| match asked.method.as_str() {
        "POST" => Reply::json(201, json!({"id": made.fetch_add(1, Ordering::SeqCst)})),
        _ if made.load(Ordering::SeqCst) == 3 => Reply::json(500, json!({"message": "Oops"})),
        _ => Reply::json(200, json!([])),
    });
    let out = asking(&w, &server, &["protect", "apply", "--json"])
        .run()
        .exits(9);
    let message = text(&out.error(), "message");
    assert!(
        message.contains("these changes were made: create ruleset `aidf: main`; create"),
        "{out}"
    );
}

#[test]
fn a_removal_that_stops_half_way_says_what_is_gone() {
    let w = github();
    let server = ForgeServer::start(|asked| match (asked.method.as_str(), asked.path()) {
        ("DELETE", p) if p.ends_with("/1") => Reply::empty(204),
        ("DELETE", _) => Reply::json(403, json!({"message": "no"})),
        _ => Reply::json(
            200,
            json!([{"id": 1, "name": "aidf: main"}, {"id": 2, "name": "aidf: sandbox"}]),
        ),
    });
    let out = asking(&w, &server, &["protect", "remove", "--json"])
        .run()
        .exits(5);
    let message = text(&out.error(), "message");
    assert!(message.contains("delete ruleset `aidf: main`"), "{out}");
    assert!(!message.contains("aidf: sandbox"), "{out}");
}

#[test]
fn what_could_not_be_read_is_unknown_beside_what_could() {
    let w = github();
    let rule = |kind: &str| {
        json!({"type": kind, "ruleset_id": 7, "ruleset_source_type": "Repository",
            "ruleset_source": "acme/widgets",
            "parameters": {"required_approving_review_count": 1,
                "dismiss_stale_reviews_on_push": true}})
    };
    let all = json!([
        rule("pull_request"),
        rule("non_fast_forward"),
        rule("deletion")
    ]);
    for hidden in [403, 404] {
        let all = all.clone();
        let server = ForgeServer::start(move |asked| match asked.path() {
            "/repos/acme/widgets/rules/branches/sandbox" => {
                Reply::json(hidden, json!({"message": "no"}))
            }
            "/repos/acme/widgets/rules/branches/main" => Reply::json(200, all.clone()),
            "/repos/acme/widgets/rulesets/7" => {
                Reply::json(200, json!({"id": 7, "bypass_actors": []}))
            }
            p if p.ends_with("/protection") => Reply::missing(),
            _ => Reply::json(200, json!([])),
        });
        let out = asking(&w, &server, &["protect", "check", "--json"])
            .run()
            .exits(8);
        for rule in out.json()["rules"].as_array().unwrap() {
            let state = match rule["branch"].as_str().unwrap() {
                "main" => "enforced",
                "sandbox" => "unknown",
                _ => "missing",
            };
            assert_eq!(rule["state"], state, "{out}");
        }
    }
}

#[test]
fn an_answer_that_is_no_protection_protects_nothing() {
    let w = github();
    // Rulesets that are empty, and for the protection of a branch the same empty list.
    let server = ForgeServer::start(|_| Reply::json(200, json!([])));
    let out = asking(&w, &server, &["protect", "check", "--json"])
        .run()
        .exits(8);
    for rule in out.json()["rules"].as_array().unwrap() {
        assert_eq!(rule["state"], "missing", "{out}");
    }
    // A server without rulesets has nothing else to go by.
    let server = ForgeServer::start(|asked| match asked.path() {
        p if p.ends_with("/rulesets") => Reply::missing(),
        _ => Reply::json(200, json!([])),
    });
    w.refuses_call(asking(&w, &server, &["protect", "check", "--json"]), 9);
}

#[test]
fn text_from_a_forge_cannot_act_on_the_terminal() {
    let w = github();
    let server = ForgeServer::start(|asked| match asked.path() {
        p if p.contains("/rules/branches/") => Reply::json(
            200,
            json!([{"type": "pull_request", "ruleset_id": 7,
                "ruleset_source_type": "Organization\u{1b}[2J", "ruleset_source": "a\u{1b}]0;x\u{7}",
                "parameters": {"required_approving_review_count": 0}}]),
        ),
        p if p.ends_with("/rulesets") => Reply::json(
            200,
            json!([{"id": 7, "name": "aidf: x\u{1b}[1A\r", "source_type": "Repository"}]),
        ),
        _ => Reply::json(403, json!({"message": "no\u{1b}[31m\u{202e}"})),
    });
    for args in [
        &["protect", "plan"][..],
        &CHECK,
        &APPLY,
        &["protect", "remove"],
        &PROPOSE,
    ] {
        let out = asking(&w, &server, args).run();
        let odd = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!out.all().contains(odd), "{out}");
    }
}

#[test]
fn a_long_reason_stands_once_and_within_eighty_columns() {
    let w = github();
    let server = ForgeServer::start(|a| Reply::json(403, echo(a, "Resource not accessible")));
    let out = asking(&w, &server, &CHECK).run().exits(8);
    assert!(out.stdout.lines().all(|l| l.chars().count() <= 80), "{out}");
    assert_eq!(out.stdout.matches("forbids").count(), 1, "{out}");
    assert_eq!(out.stdout.matches("unknown  ").count(), 8, "{out}");
}

/// GitHub with one pull request of the sandbox, opened by `agent`; reviews are answered
/// by `review`.
fn pulls(w: &World, review: Answer) -> ForgeServer {
    pulls_read(w, review, |_| {})
}

/// The same, where a pull request that is read by its number is another by then.
fn pulls_read(w: &World, review: Answer, becomes: fn(&mut Value)) -> ForgeServer {
    let branch = text(&w.json(&["sandbox", "list"])["sandboxes"][0], "branch");
    let head = w.remote.tip(&branch);
    let open = Arc::new(Mutex::new(false));
    ForgeServer::start(move |asked| {
        let mut open = open.lock().unwrap();
        let pull = json!({
            "number": 7, "html_url": "https://github.com/acme/widgets/pull/7", "draft": false,
            "head": {"ref": branch, "sha": head, "repo": {"full_name": "acme/widgets"}},
            "base": {"ref": "main"}, "user": {"login": "agent"},
        });
        match (asked.method.as_str(), asked.path()) {
            ("POST", p) if p.ends_with("/reviews") => review(asked),
            ("GET", p) if p.ends_with("/reviews") => Reply::json(200, json!([])),
            ("POST", p) if p.ends_with("/pulls") => {
                *open = true;
                Reply::json(201, pull)
            }
            ("GET", p) if p.ends_with("/pulls") => {
                Reply::json(200, if *open { json!([pull]) } else { json!([]) })
            }
            (method, p) if p.ends_with("/pulls/7") => {
                let mut pull = pull;
                if method == "GET" {
                    becomes(&mut pull);
                }
                Reply::json(200, pull)
            }
            _ => Reply::missing(),
        }
    })
}

#[test]
fn a_proposal_that_was_turned_elsewhere_meanwhile_is_not_approved() {
    let w = github();
    type Becomes = fn(&mut Value);
    let others: [(&str, Becomes); 3] = [
        ("target", |p| p["base"]["ref"] = json!("feature")),
        ("target", |p| p["base"] = json!(null)),
        ("pinned", |p| p["head"]["sha"] = json!("1".repeat(40))),
    ];
    for (guard, becomes) in others {
        let server = pulls_read(&w, |_| Reply::json(200, json!({"id": 1})), becomes);
        // Opened at first, and then updated.
        for _ in 0..2 {
            let out = asking(&w, &server, &["propose", "--json"]).run().exits(0);
            let report = out.json();
            let against: Vec<&Value> = report["guards"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|g| g["ok"] == false)
                .map(|g| &g["guard"])
                .collect();
            assert_eq!(against, [guard], "{out}");
            assert_eq!(report["approval"], Value::Null, "{out}");
        }
        let reviewed = server.writes().iter().any(|w| w.ends_with("/reviews"));
        assert!(!reviewed, "{guard}: it was approved");
    }
    // And where it cannot be read again, its address is told.
    let server = pulls_read(
        &w,
        |_| Reply::json(200, json!({"id": 1})),
        |p| p["number"] = json!(null),
    );
    let out = asking(&w, &server, &["propose", "--json"]).run().exits(9);
    let message = text(&out.error(), "message");
    assert!(message.contains("the proposal itself was opened"), "{out}");
}

#[test]
fn a_proposal_of_our_own_stays_open_and_unapproved_and_the_second_identity_is_named() {
    let w = github();
    let server = pulls(&w, |asked| match asked.header("authorization") {
        Some(login) if login.ends_with(APPROVER) => Reply::json(200, json!({"id": 1})),
        _ => Reply::json(
            422,
            json!({"message": "Unprocessable Entity", "errors": ["Can not approve your own pull request"]}),
        ),
    });
    let out = asking(&w, &server, &["propose", "--json"]).run().exits(0);
    let report = out.json();
    assert_eq!(report["approval"], "own_proposal", "{out}");
    assert_eq!(report["number"], 7);
    let warned = report["warnings"].to_string();
    assert!(warned.contains("AIDF_APPROVER_TOKEN"), "{out}");

    let out = asking(&w, &server, &["propose", "--json"])
        .env("AIDF_APPROVER_TOKEN", APPROVER)
        .run()
        .exits(0);
    assert_eq!(out.json()["approval"], "given", "{out}");
    keeps_secrets(&w, &out);
    let asked = server.asked();
    let reviews: Vec<&Asked> = asked
        .iter()
        .filter(|a| a.method == "POST" && a.path().ends_with("/reviews"))
        .collect();
    let who: Vec<_> = reviews
        .iter()
        .map(|a| a.header("authorization").unwrap())
        .collect();
    assert_eq!(
        who,
        [
            format!("Bearer {FORGE_TOKEN}"),
            format!("Bearer {APPROVER}")
        ]
    );
    let patch = asked.iter().find(|a| a.method == "PATCH").unwrap();
    assert!(
        patch
            .header("authorization")
            .unwrap()
            .ends_with(FORGE_TOKEN)
    );
    assert_eq!(reviews[1].body["event"], "APPROVE");
    assert_eq!(reviews[1].body["commit_id"], report["head"]);
}

#[test]
fn an_approval_that_is_refused_still_tells_where_the_proposal_is() {
    let w = github();
    for (review, code) in [
        (
            (|a| Reply::json(403, echo(a, "Resource not accessible"))) as Answer,
            5,
        ),
        (|a| Reply::json(500, echo(a, "Oops")), 9),
        (|_| Reply::Cut, 9),
    ] {
        let server = pulls(&w, review);
        let out = asking(&w, &server, &["propose", "--json"])
            .run()
            .exits(code);
        let message = text(&out.error(), "message");
        assert!(
            message
                .contains("the proposal itself was opened: https://github.com/acme/widgets/pull/7"),
            "{out}"
        );
        keeps_secrets(&w, &out);
    }
}

#[test]
fn a_password_in_the_remotes_address_is_sent_to_the_forge_and_shown_to_nobody() {
    let w = World::new(Kind::Http);
    let root = w.remote.bare.parent().unwrap();
    std::fs::create_dir(root.join("acme")).unwrap();
    std::fs::rename(&w.remote.bare, root.join("acme/widgets.git")).unwrap();
    let host = w.remote.http().base().replace("http://", "");
    let url = format!("http://pat:{FORGE_TOKEN}@{host}/acme/widgets.git");
    w.git(&["remote", "set-url", "origin", &url]);
    let server = ForgeServer::start(|a| Reply::json(401, echo(a, "Bad credentials")));
    for command in ["plan", "check", "apply", "remove"] {
        let out = asking(
            &w,
            &server,
            &["protect", command, "--provider", "github", "-v"],
        )
        .run()
        .exits(4);
        assert!(
            out.stderr.contains("the URL"),
            "it names the login's place\n{out}"
        );
        keeps_secrets(&w, &out);
    }
    let sent = &server.asked()[0];
    assert_eq!(
        sent.header("authorization"),
        Some(format!("Bearer {FORGE_TOKEN}").as_str())
    );
}

#[test]
fn an_address_that_git_rewrites_to_another_place_is_no_longer_a_forges() {
    let w = github();
    let bare = w.remote.bare.display().to_string();
    // To another form of the same address, as many people have it: all is well.
    w.git(&["remote", "set-url", "origin", "gh:acme/widgets.git"]);
    w.git(&["config", "url.git@github.com:.insteadOf", "gh:"]);
    let server = ForgeServer::start(|_| Reply::json(200, json!([])));
    asking(&w, &server, &CHECK).run().exits(8);
    assert!(server.asked()[0].path().starts_with("/repos/acme/widgets/"));
    // To a mirror on disk: what is there is no forge, and nothing is asked of one.
    w.git(&[
        "config",
        &format!("url.{bare}.insteadOf"),
        "gh:acme/widgets.git",
    ]);
    let before = server.asked().len();
    let out = asking(
        &w,
        &server,
        &["protect", "check", "--provider", "github", "--json"],
    )
    .run()
    .exits(2);
    assert!(
        text(&out.error(), "message").contains("not a repository of a forge"),
        "{out}"
    );
    assert_eq!(server.asked().len(), before);
}
