//! The client of the forges' APIs: each refusal a clear error of the right kind, lists
//! with all their pages, limits waited out, nothing sent twice or elsewhere, no secret told.

use aidf::clock::Clock;
use aidf::environment::Environment;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aidf::error::{Error, Kind};
use aidf::forge::{Auth, Client, Reason, Scheme, is_plan_limit, reason};
use aidf::http::{Http, HttpSettings};
use aidf::progress::Progress;
use aidf::secret::Secret;
use aidf::url::parse_http;
use serde_json::json;

use crate::support::{ForgeServer, Reply};

const TOKEN: &str = "ghp_secretsecretsecret";

/// Keeps what is told.
#[derive(Default)]
pub struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn step(&self, what: &str) {
        self.0.lock().unwrap().push(what.to_owned());
    }
    fn advance(&self, what: &str, _: u64, _: u64) {
        self.step(what);
    }
}

impl Heard {
    fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// A door that ignores this machine's proxies.
pub fn door(seconds: u64) -> Http {
    Http::new(
        Duration::from_secs(seconds),
        Environment::default(),
        Clock::of_machine(),
        |_| HttpSettings {
            proxy: Some(String::new()),
            verify: true,
            ..HttpSettings::default()
        },
    )
}

fn client<'a>(server: &ForgeServer, seconds: u64, heard: &'a Heard) -> Client<'a> {
    let base = parse_http(false, server.base().strip_prefix("http://").unwrap()).unwrap();
    let auth = Auth::token(Scheme::Bearer, Secret::new(TOKEN), "GH_TOKEN");
    Client::new(base, "GitHub", auth, door(seconds), heard).unwrap()
}

/// The error of a GET that is answered so.
fn refused(reply: Reply) -> Error {
    let server = ForgeServer::replies(vec![reply]);
    let heard = Heard::default();
    let error = client(&server, 5, &heard)
        .get("/x", "`administration: write`")
        .unwrap_err();
    let told = format!("{error:?} {error} {:?} {}", error.hint_text(), heard.all());
    assert!(!told.contains(TOKEN), "a secret was told: {told}");
    error
}

fn said(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({"message": message}))
}

#[test]
fn every_refusal_is_of_the_right_kind() {
    for (reply, kind, why) in [
        (said(401, "Bad credentials"), Kind::Auth, Reason::Login),
        (
            said(403, "Resource not accessible by integration"),
            Kind::Denied,
            Reason::Permission,
        ),
        (
            said(
                403,
                "Upgrade to GitHub Pro or make this repository public to enable this feature.",
            ),
            Kind::Denied,
            Reason::Plan,
        ),
        (said(404, "Not Found"), Kind::NotFound, Reason::Missing),
        (said(409, "Conflict"), Kind::Conflict, Reason::Conflict),
        (said(422, "Validation Failed"), Kind::Usage, Reason::Invalid),
        (said(500, "oops"), Kind::Unavailable, Reason::Broken),
    ] {
        let error = refused(reply);
        assert_eq!((error.kind(), reason(&error)), (kind, Some(why)), "{error}");
        assert!(error.message().contains("GitHub"), "{error}");
    }
}

#[test]
fn a_missing_permission_and_a_plan_limit_say_what_they_are() {
    let error = refused(said(403, "no"));
    assert!(
        error.message().contains("`administration: write`"),
        "{error}"
    );
    let error = refused(said(403, "no").with("X-Accepted-GitHub-Permissions: administration=read"));
    assert!(
        error.message().contains("`administration: read`"),
        "{error}"
    );
    let error = refused(said(
        403,
        "Upgrade to GitHub Pro or make this repository public",
    ));
    assert!(
        is_plan_limit(&error) && error.message().contains("plan"),
        "{error}"
    );
    assert!(!is_plan_limit(&refused(said(403, "no"))));
    let error = refused(said(404, "Not Found"));
    assert!(error.hint_text().unwrap().contains("private"), "{error}");
}

#[test]
fn the_forges_own_words_are_the_cause() {
    let error = refused(Reply::json(
        422,
        json!({"message": "Validation Failed", "errors": [{"field": "name", "code": "taken"}, "so there"]}),
    ));
    assert_eq!(
        error.causes(),
        ["Validation Failed; code taken, field name; so there"]
    );
}

#[test]
fn a_server_that_repeats_the_token_does_not_spread_it() {
    let error = refused(said(401, &format!("bad header: Bearer {TOKEN}")));
    assert_eq!(error.causes(), ["bad header: Bearer ***"]);
}

#[test]
fn a_limit_is_waited_out_as_it_says() {
    let server = ForgeServer::replies(vec![
        said(429, "slow down").with("Retry-After: 1"),
        said(403, "API rate limit exceeded")
            .with("X-RateLimit-Remaining: 0")
            .with("X-RateLimit-Reset: 1"),
        Reply::json(200, json!({"ok": true})),
    ]);
    let heard = Heard::default();
    let start = Instant::now();
    let answer = client(&server, 10, &heard)
        .post("/x", &json!({}), "")
        .unwrap();
    assert_eq!(answer.json["ok"], true);
    assert!(start.elapsed() >= Duration::from_secs(2));
    assert!(heard.all().contains("waiting 1 s"), "{}", heard.all());
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_limit_beyond_the_timeout_says_when_to_come_back() {
    for reply in [
        said(429, "slow down"),
        said(429, "slow down").with("Retry-After: 3600"),
        said(403, "You have exceeded a secondary rate limit"),
    ] {
        let start = Instant::now();
        let error = refused(reply);
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.is_retryable());
        assert!(
            error.hint_text().unwrap().contains("try again in"),
            "{error:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(4));
    }
}

#[test]
fn a_cut_line_is_tried_again_for_reading_alone() {
    let ok = Reply::json(200, json!({"ok": true}));
    let server = ForgeServer::replies(vec![Reply::Cut, Reply::CutMidway, ok]);
    let heard = Heard::default();
    let c = client(&server, 5, &heard);
    assert_eq!(c.get("/x", "").unwrap().json["ok"], true);
    for reply in [Reply::Cut, Reply::CutMidway] {
        let server = ForgeServer::replies(vec![reply]);
        let c = client(&server, 5, &heard);
        for error in [
            c.get("/x", "").unwrap_err(),
            c.post("/x", &json!({}), "").unwrap_err(),
            c.put("/x", &json!({}), "").unwrap_err(),
            c.patch("/x", &json!({}), "").unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::Unavailable, "{error}");
        }
        assert_eq!(server.asked().len(), 3 + 1 + 1 + 1);
    }
}

#[test]
fn a_server_that_is_briefly_away_is_asked_again() {
    let server = ForgeServer::replies(vec![
        Reply::empty(502),
        Reply::empty(503),
        Reply::json(200, json!([])),
    ]);
    let heard = Heard::default();
    let c = client(&server, 5, &heard);
    c.get("/x", "").unwrap();
    let server = ForgeServer::replies(vec![Reply::empty(502)]);
    let c = client(&server, 5, &heard);
    assert_eq!(
        c.post("/x", &json!({}), "").unwrap_err().kind(),
        Kind::Unavailable
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn silence_and_nonsense_are_unavailable() {
    let server = ForgeServer::replies(vec![Reply::Silent]);
    let heard = Heard::default();
    let error = client(&server, 1, &heard).get("/x", "").unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.message().contains("within 1 s"), "{error}");
    for body in ["{\"a\":", "<html>log in</html>"] {
        let error = refused(Reply::Answer(200, Vec::new(), body.to_owned()));
        assert_eq!(error.kind(), Kind::Unavailable);
        assert!(error.message().contains("JSON"), "{error}");
    }
    let huge = " ".repeat(33 << 20);
    let error = refused(Reply::Answer(200, Vec::new(), huge));
    assert!(error.message().contains("32 MiB"), "{error}");
}

#[test]
fn a_list_is_read_with_all_its_pages() {
    let server = ForgeServer::start(|asked| match asked.target.as_str() {
        "/list?per_page=100" => Reply::json(200, json!([1, 2])).with(&format!(
            "Link: <http://{}/list?page=2>; rel=\"next\"",
            asked.header("host").unwrap()
        )),
        "/list?page=2" => Reply::json(200, json!([3])).with("Link: </list?page=3>; rel=\"next\""),
        _ => Reply::json(200, json!([4])).with("Link: </list?page=1>; rel=\"prev\""),
    });
    let heard = Heard::default();
    let all = client(&server, 5, &heard)
        .get_all("/list?per_page=100", "")
        .unwrap();
    assert_eq!(all, [json!(1), json!(2), json!(3), json!(4)]);
}

#[test]
fn a_list_without_end_or_that_leads_elsewhere_is_refused() {
    let heard = Heard::default();
    let endless = ForgeServer::replies(vec![
        Reply::json(200, json!([1])).with("Link: </x?page=1>; rel=\"next\""),
    ]);
    let error = client(&endless, 5, &heard).get_all("/x", "").unwrap_err();
    assert!(error.message().contains("more than 100 pages"), "{error}");
    let other = ForgeServer::replies(vec![Reply::json(200, json!([]))]);
    let server = ForgeServer::replies(vec![
        Reply::json(200, json!([1])).with(&format!("Link: <{}/x>; rel=\"next\"", other.base())),
    ]);
    let error = client(&server, 5, &heard).get_all("/x", "").unwrap_err();
    assert!(error.message().contains("another server"), "{error}");
    assert!(other.asked().is_empty());
}

#[test]
fn a_redirect_is_followed_on_the_same_server_alone() {
    let heard = Heard::default();
    let other = ForgeServer::replies(vec![Reply::json(200, json!({}))]);
    let elsewhere = format!("Location: {}/x", other.base());
    let server = ForgeServer::start(move |asked| match asked.path() {
        "/old" => Reply::empty(301).with("Location: /new"),
        "/new" => Reply::json(200, json!({"here": true})),
        "/loop" => Reply::empty(302).with("Location: /loop"),
        _ => Reply::empty(307).with(&elsewhere),
    });
    let c = client(&server, 5, &heard);
    assert_eq!(c.get("/old", "").unwrap().json["here"], true);
    for error in [
        c.get("/away", "").unwrap_err(),
        c.get("/loop", "").unwrap_err(),
        c.post("/old", &json!({}), "").unwrap_err(),
        c.delete("/away", "").unwrap_err(),
    ] {
        assert!(error.message().contains("elsewhere"), "{error}");
        assert!(!error.is_retryable());
    }
    assert!(
        other.asked().is_empty(),
        "what is meant for one server went to another"
    );
}

#[test]
fn the_token_goes_in_its_header_and_nowhere_else() {
    let server = ForgeServer::replies(vec![Reply::json(200, json!({}))]);
    let heard = Heard::default();
    let c = client(&server, 5, &heard);
    c.get("/x", "").unwrap();
    assert_eq!(
        server.asked()[0].header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
    assert!(!format!("{c:?}").contains(TOKEN), "{c:?}");
    assert!(!heard.all().contains(TOKEN));
}

#[test]
fn a_token_does_not_cross_a_network_in_the_open() {
    let base = parse_http(false, "git.example.com/api/v1").unwrap();
    let auth = Auth::token(Scheme::Token, Secret::new(TOKEN), "AIDF_FORGE_TOKEN");
    let heard = Heard::default();
    let error = Client::new(base, "Gitea", auth, door(1), &heard).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(!format!("{error:?}").contains(TOKEN));
}

#[test]
fn a_token_with_a_line_break_is_refused_and_not_shown() {
    let server = ForgeServer::replies(vec![Reply::json(200, json!({}))]);
    let base = parse_http(false, server.base().strip_prefix("http://").unwrap()).unwrap();
    let auth = Auth::token(
        Scheme::Bearer,
        Secret::new(format!("{TOKEN}\nx: y")),
        "GH_TOKEN",
    );
    let heard = Heard::default();
    let error = Client::new(base, "GitHub", auth, door(5), &heard)
        .unwrap()
        .get("/x", "")
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(!format!("{error:?}").contains(TOKEN));
    assert!(server.asked().is_empty());
}

#[test]
fn a_limit_without_end_is_not_waited_for() {
    // The sum of both waits is beyond what a number holds.
    let server = ForgeServer::replies(vec![
        said(429, "slow down").with("Retry-After: 1"),
        said(429, "slow down").with("Retry-After: 18446744073709551615"),
    ]);
    let heard = Heard::default();
    let start = Instant::now();
    let error = client(&server, 5, &heard).get("/x", "").unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!(error.kind(), Kind::Unavailable);
    assert_eq!(reason(&error), Some(Reason::Limited));
    assert!(
        error.hint_text().unwrap().contains("in 86400 s"),
        "a day at most: {error:?}"
    );
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_token_is_hidden_where_a_long_answer_is_cut_in_its_midst() {
    let cut = "x".repeat(2000 - TOKEN.len() / 2);
    let error = refused(said(422, &format!("{cut}{TOKEN}")));
    let told = error.causes().concat();
    assert!(!told.contains(&TOKEN[..8]), "{told}");
}

#[test]
fn nobodys_own_proposal_is_approved_and_the_second_identity_is_named() {
    let error = refused(said(422, "Can not approve your own pull request"));
    assert_eq!(reason(&error), Some(Reason::OwnProposal));
    assert!(
        error.hint_text().unwrap().contains("AIDF_APPROVER_TOKEN"),
        "{error:?}"
    );
}
