//! `aidf login`: what is there already is asked first; the device flow of GitHub and GitLab
//! (RFC 8628) gets a token, git's own helpers keep it, and nobody else sees it. What is kept
//! is read with plain git.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aidf::cancel::Cancel;
use aidf::clock::Clock;
use aidf::config::{Config, Flags, Folders};
use aidf::context::{Caller, Location};
use aidf::environment::Environment;
use aidf::error::Kind;
use aidf::ops::login::{Request, Seat, login};
use aidf::progress::Progress;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::support::{Asked, Call, Env, ForgeServer, Out, Reply, make_executable, text};

/// What the forge gives in the end.
const TOKEN: &str = "gho_16C7e42F292c6912E7710c838347Ae178B4a";
/// What only the forge and aidf know.
const DEVICE_CODE: &str = "3584d83530557fdd1f46af8289938c8ef79f9dc5";
const USER_CODE: &str = "WDJB-MJHT";

fn granted() -> Reply {
    Reply::json(
        200,
        json!({"access_token": TOKEN, "token_type": "bearer", "scope": "repo,workflow"}),
    )
}

/// A refusal as GitHub sends it.
fn refusal(code: &str) -> Reply {
    Reply::json(
        200,
        json!({"error": code, "error_description": "the forge's own words"}),
    )
}

/// What a login begins with.
fn begun(asked: &Asked) -> Value {
    let host = asked.header("host").unwrap();
    json!({
        "device_code": DEVICE_CODE, "user_code": USER_CODE, "expires_in": 900, "interval": 1,
        "verification_uri": format!("http://{host}/login/device"),
    })
}

/// Whose a token is: `TOKEN`, and what starts with `good`, is pat's.
fn whose(asked: &Asked) -> Reply {
    let sent = asked
        .header("authorization")
        .or(asked.header("private-token"));
    let token = sent.unwrap_or_default().rsplit(' ').next().unwrap();
    match token == TOKEN || token.starts_with("good") {
        true => Reply::json(200, json!({"login": "pat", "username": "pat"})),
        false => Reply::json(401, json!({"message": "Bad credentials"})),
    }
}

/// A forge whose logins begin as `begin` says, and that gives `polls` one after the other.
fn forge(
    begin: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    polls: Vec<Reply>,
) -> ForgeServer {
    let left = Mutex::new(polls);
    ForgeServer::start(move |asked| match asked.path() {
        "/login/device/code" | "/oauth/authorize_device" => begin(asked),
        "/login/oauth/access_token" | "/oauth/token" => {
            let mut left = left.lock().unwrap();
            assert!(!left.is_empty(), "the forge is asked too often");
            left.remove(0)
        }
        "/api/v3/user" | "/api/v4/user" | "/api/v1/user" => whose(asked),
        _ => Reply::missing(),
    })
}

fn plays(polls: Vec<Reply>) -> ForgeServer {
    forge(|asked| Reply::json(200, begun(asked)), polls)
}

/// A machine whose configuration knows the server, and whose git has a helper that keeps
/// logins in a file.
struct Desk {
    env: Env,
    base: String,
}

impl Desk {
    fn new(server: &ForgeServer, provider: &str) -> Desk {
        let desk = Desk::without_helper(server, provider);
        let file = desk.kept_in();
        desk.env.gitconfig(&format!(
            "[credential]\n\thelper = store --file={}\n",
            file.display()
        ));
        desk
    }

    fn without_helper(server: &ForgeServer, provider: &str) -> Desk {
        let env = Env::new();
        let host = host(server);
        env.operator_config(&format!(
            "forge:\n  hosts: {{\"{host}\": {provider}}}\n  client_ids: {{\"{host}\": Iv1.abc}}\n"
        ));
        Desk {
            env,
            base: server.base(),
        }
    }

    fn kept_in(&self) -> PathBuf {
        self.env.path("git-credentials")
    }

    fn call(&self, args: &[&str]) -> Call {
        let all = [&["login", self.base.as_str()], args].concat();
        self.env.call(&self.env.home(), &all)
    }

    /// Runs it; whatever comes of it, no secret is told and none is in a file of aidf's.
    #[track_caller]
    fn login(&self, args: &[&str]) -> Out {
        quiet(&self.env, self.call(args).run())
    }

    /// What plain git has for the server.
    fn fill(&self) -> Option<(String, String)> {
        let host = self.base.strip_prefix("http://").unwrap();
        let mut command = self.env.command("git", &self.env.home());
        command.args(["credential", "fill"]);
        let question = format!("protocol=http\nhost={host}\n\n");
        let out = Call::of(command).stdin(question).run();
        let field = |name: &str| {
            let mut lines = out.stdout.lines();
            lines.find_map(|l| l.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
        };
        Some((field("username")?, field("password")?))
    }

    /// Has git know a login from before.
    fn knew(&self, user: &str, password: &str) {
        let host = self.base.strip_prefix("http://").unwrap();
        let line = format!("http://{user}:{password}@{}\n", host.replace(':', "%3a"));
        std::fs::write(self.kept_in(), line).unwrap();
        assert_eq!(self.fill(), Some((user.to_owned(), password.to_owned())));
    }

    /// Puts a program `gh` in front of all others; it writes down how it was called.
    fn gh(&self, script: &str) -> String {
        let folder = self.env.path("bin");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("gh");
        let log = self.env.path("gh.log");
        let text = format!(
            "#!/bin/sh\necho \"$*\" >> '{0}'\nenv >> '{0}'\n{script}\n",
            log.display()
        );
        std::fs::write(&file, text).unwrap();
        make_executable(&file);
        let path = std::env::var("PATH").unwrap();
        format!("{}:{path}", folder.display())
    }
}

fn host(server: &ForgeServer) -> String {
    server.base().strip_prefix("http://").unwrap().to_owned()
}

#[track_caller]
fn quiet(env: &Env, out: Out) -> Out {
    for secret in [TOKEN, DEVICE_CODE, "good-token", "bad-token"] {
        assert!(!out.all().contains(secret), "{secret} was told\n{out}");
        for folder in [env.state(), env.config(), env.cache(), env.data()] {
            assert!(!holds(&folder, secret), "{secret} is in {folder:?}");
        }
    }
    out
}

fn holds(folder: &std::path::Path, secret: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true => holds(&path, secret),
            false => String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(secret),
        }
    })
}

/// The fields of a form.
fn form(asked: &Asked) -> Vec<(String, String)> {
    let fields = asked.text.split('&').filter_map(|f| f.split_once('='));
    let decoded = |v: &str| aidf::url::percent_decode(v).unwrap();
    fields.map(|(n, v)| (decoded(n), decoded(v))).collect()
}

fn posts(server: &ForgeServer) -> Vec<Asked> {
    let all = server.asked().into_iter();
    all.filter(|a| a.method == "POST").collect()
}

#[test]
fn a_login_at_github_is_kept_by_gits_own_helper() {
    let server = plays(vec![refusal("authorization_pending"), granted()]);
    let desk = Desk::new(&server, "github");
    let out = desk.login(&["--json", "-v"]).ok();
    let report = out.json();
    assert_eq!(text(&report, "provider"), "github");
    assert_eq!(text(&report, "host"), host(&server));
    assert_eq!(text(&report, "user"), "pat");
    assert_eq!(text(&report, "from"), "device_flow");
    assert_eq!(report["stored"], json!(true));
    assert_eq!(report["scopes"], json!(["repo", "workflow"]));
    assert_eq!(report["warnings"], json!([]));
    // Nobody needs a terminal to read the code.
    assert!(out.stderr.contains(USER_CODE), "{out}");
    assert!(
        out.stderr
            .contains(&format!("{}/login/device", server.base())),
        "{out}"
    );
    let kept = ("x-access-token".to_owned(), TOKEN.to_owned());
    assert_eq!(desk.fill(), Some(kept));
    // RFC 8628, 3.1 and 3.4.
    let posts = posts(&server);
    let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    assert_eq!(
        form(&posts[0]),
        [pair("client_id", "Iv1.abc"), pair("scope", "repo workflow")]
    );
    assert_eq!(posts.len(), 3);
    for poll in &posts[1..] {
        assert_eq!(
            form(poll),
            [
                pair("client_id", "Iv1.abc"),
                pair("device_code", DEVICE_CODE),
                pair("grant_type", grant)
            ]
        );
        assert_eq!(
            poll.header("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        assert_eq!(poll.header("accept"), Some("application/json"));
        assert_eq!(poll.header("authorization"), None);
    }
    // The second call finds it, and asks nobody to log in.
    let again = desk.login(&["--json"]).ok().json();
    assert_eq!(text(&again, "from"), "helpers");
    assert_eq!(again["stored"], json!(false));
    assert_eq!(text(&again, "user"), "pat");
}

#[test]
fn a_login_at_gitlab_brings_its_end_and_its_successor_to_the_helper() {
    let server = plays(vec![Reply::json(
        200,
        json!({"access_token": TOKEN, "token_type": "Bearer", "scope": "api", "expires_in": 7200, "refresh_token": "good-token-2"}),
    )]);
    let desk = Desk::without_helper(&server, "gitlab");
    let (script, kept) = (desk.env.path("helper"), desk.env.path("kept"));
    let body = format!(
        "#!/bin/sh\ncase $1 in\nstore) cat > '{0}';;\nget) cat '{0}' 2>/dev/null;;\nesac\nexit 0\n",
        kept.display()
    );
    std::fs::write(&script, body).unwrap();
    make_executable(&script);
    desk.env
        .gitconfig(&format!("[credential]\n\thelper = {}\n", script.display()));
    let out = desk.login(&["--scopes", "api,read_user"]).ok();
    assert!(out.stdout.contains("as pat"), "{out}");
    let lines = std::fs::read_to_string(kept).unwrap();
    for line in [
        "username=oauth2",
        "oauth_refresh_token=good-token-2",
        "password_expiry_utc=",
    ] {
        assert!(
            lines.lines().any(|l| l.starts_with(line)),
            "no {line} in {lines}"
        );
    }
    assert_eq!(desk.fill(), Some(("oauth2".to_owned(), TOKEN.to_owned())));
    let scope = ("scope".to_owned(), "api read_user".to_owned());
    assert!(form(&posts(&server)[0]).contains(&scope));
    let user = server
        .asked()
        .into_iter()
        .rfind(|a| a.path() == "/api/v4/user")
        .unwrap();
    assert_eq!(
        user.header("authorization"),
        Some(format!("Bearer {TOKEN}").as_str())
    );
}

#[test]
fn a_refusal_says_what_it_is_and_what_to_do() {
    for (code, kind, exit, word) in [
        ("access_denied", "auth", 4, "declined"),
        ("expired_token", "unavailable", 9, "before it expired"),
        (
            "incorrect_device_code",
            "auth",
            4,
            "no longer knows the code",
        ),
        ("brand_new", "auth", 4, "brand_new"),
    ] {
        let status = |reply| match (code, reply) {
            // As GitLab sends it.
            ("access_denied", Reply::Answer(_, headers, body)) => Reply::Answer(400, headers, body),
            (_, reply) => reply,
        };
        let server = plays(vec![status(refusal(code))]);
        let desk = Desk::new(&server, "github");
        let out = desk.login(&["--json"]).exits(exit);
        let error = out.error();
        assert_eq!(text(&error, "kind"), kind, "{code}");
        assert!(text(&error, "message").contains(word), "{error}");
        assert!(
            text(&error, "message").contains("the forge's own words"),
            "{error}"
        );
        assert!(!text(&error, "hint").is_empty());
        assert_eq!(desk.fill(), None);
    }
}

#[test]
fn an_app_that_the_forge_does_not_take_is_refused_before_a_code_is_shown() {
    for (reply, word) in [
        (
            Reply::json(400, json!({"error": "device_flow_disabled"})),
            "turned off",
        ),
        (
            Reply::json(404, json!({"error": "Not Found"})),
            "knows no OAuth app",
        ),
        (
            Reply::json(401, json!({"error": "invalid_client"})),
            "knows no OAuth app",
        ),
        (
            refusal("incorrect_client_credentials"),
            "knows no OAuth app",
        ),
        (
            refusal("unsupported_grant_type"),
            "does not support the device flow",
        ),
        (
            Reply::json(400, json!({"error": "invalid_scope"})),
            "does not give the scopes",
        ),
        (Reply::empty(404), "has no device flow"),
    ] {
        let server = forge(move |_| reply.clone(), vec![]);
        let desk = Desk::new(&server, "github");
        let out = desk.login(&["--json"]).exits(2);
        assert!(text(&out.error(), "message").contains(word), "{out}");
        assert!(!out.stderr.contains("Open "), "{out}");
    }
}

#[test]
fn an_answer_that_is_none_of_the_device_flow_ends_the_login() {
    let elsewhere = plays(vec![]);
    let other = elsewhere.base();
    let with = |field: &'static str, value: Value| {
        move |asked: &Asked| {
            let mut json = begun(asked);
            json[field] = value.clone();
            Reply::json(200, json)
        }
    };
    let place = format!("{other}/login/device/code");
    let redirect = Reply::empty(307).with(&format!("Location: {place}"));
    let page = Reply::Answer(200, vec![], "<html>Welcome to our hotel</html>".to_owned());
    let huge = Reply::Answer(
        200,
        vec![],
        format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20)),
    );
    type Begin = Box<dyn Fn(&Asked) -> Reply + Send + Sync>;
    let cases: [(Begin, &str); 8] = [
        (Box::new(move |_| page.clone()), "not JSON"),
        (Box::new(move |_| huge.clone()), "more than 64 KiB"),
        (
            Box::new(|_| Reply::json(200, json!([]))),
            "has no device_code",
        ),
        (Box::new(move |_| redirect.clone()), "redirects elsewhere"),
        (
            Box::new(with(
                "verification_uri",
                json!(format!("{other}/login/device")),
            )),
            "not an address of the forge",
        ),
        (
            Box::new(with("verification_uri", json!("javascript:alert(1)"))),
            "not an address of the forge",
        ),
        (
            Box::new(with("user_code", json!("x".repeat(65)))),
            "user_code",
        ),
        (
            Box::new(with("expires_in", json!(0))),
            "when its code expires",
        ),
    ];
    for (begin, word) in cases {
        let server = forge(begin, vec![]);
        let desk = Desk::new(&server, "github");
        let out = desk.login(&["--json"]).exits(9);
        assert!(
            text(&out.error(), "message").contains(word),
            "{word}: {out}"
        );
        assert_eq!(posts(&server).len(), 1, "{word}: asked again");
    }
    assert!(elsewhere.asked().is_empty(), "another server was asked");
}

#[test]
fn no_answer_to_the_question_for_the_token_leads_elsewhere() {
    let elsewhere = plays(vec![]);
    let place = format!("Location: {}/login/oauth/access_token", elsewhere.base());
    let no_bearer = json!({"access_token": TOKEN, "token_type": "mac"});
    let two_lines = json!({"access_token": format!("{TOKEN}\nhost=evil"), "token_type": "bearer"});
    for reply in [
        Reply::empty(302).with(&place),
        Reply::json(200, no_bearer),
        Reply::json(200, two_lines),
        Reply::Answer(
            200,
            vec![],
            format!("access_token={TOKEN}&token_type=bearer"),
        ),
    ] {
        let server = plays(vec![reply]);
        let desk = Desk::new(&server, "github");
        desk.login(&["--json"]).exits(9);
        assert_eq!(desk.fill(), None);
    }
    assert!(elsewhere.asked().is_empty(), "another server was asked");
}

#[test]
fn a_code_that_ends_before_the_next_question_is_not_waited_for() {
    let short = |asked: &Asked| {
        let mut json = begun(asked);
        json["interval"] = json!(1_000_000_000);
        Reply::json(200, json)
    };
    let server = forge(short, vec![]);
    let desk = Desk::new(&server, "github");
    let out = desk.login(&["--json"]).exits(9);
    assert_eq!(out.error()["retryable"], json!(true));
    assert_eq!(posts(&server).len(), 1);
}

#[test]
fn the_code_is_shown_with_quiet_too_and_acts_on_no_terminal() {
    let odd = |asked: &Asked| {
        let mut json = begun(asked);
        json["user_code"] = json!("AB\u{1b}[2J\u{202e}CD");
        Reply::json(200, json)
    };
    let server = forge(odd, vec![granted()]);
    let desk = Desk::new(&server, "github");
    let out = desk.login(&["-q", "--client-id", "other"]).ok();
    assert!(out.stderr.contains("AB\\x1b[2J\\u{202e}CD"), "{out}");
    assert_eq!(out.stdout, "");
    let client = ("client_id".to_owned(), "other".to_owned());
    assert!(form(&posts(&server)[0]).contains(&client));
}

#[test]
fn a_token_of_the_environment_is_asked_first() {
    let server = plays(vec![]);
    let desk = Desk::new(&server, "github");
    for (name, value, from) in [
        ("GH_TOKEN", "good-token", "GH_TOKEN"),
        ("AIDF_FORGE_TOKEN", "good-token", "AIDF_FORGE_TOKEN"),
    ] {
        let out = quiet(&desk.env, desk.call(&["--json"]).env(name, value).run()).ok();
        assert_eq!(text(&out.json(), "from"), "environment");
        assert_eq!(text(&out.json(), "user"), "pat");
        assert!(text(&out.json(), "message").contains(from), "{out}");
    }
    assert!(posts(&server).is_empty());
    assert_eq!(desk.fill(), None, "nothing more was to be done");
    // One that is refused is told of, and the next is asked.
    desk.knew("pat", "good-token");
    let out = desk.call(&["--json"]).env("GH_TOKEN", "bad-token").run();
    let report = quiet(&desk.env, out).ok().json();
    assert_eq!(text(&report, "from"), "helpers");
    assert!(
        report["warnings"].to_string().contains("GH_TOKEN"),
        "{report}"
    );
}

#[test]
fn a_token_goes_to_no_host_that_it_is_not_meant_for() {
    let server = plays(vec![granted()]);
    let desk = Desk::new(&server, "github");
    // A clone says where it is from, and nobody else does; --provider only says what runs there.
    desk.env.operator_config("{}\n");
    let clone = desk.env.path("clone");
    std::fs::create_dir(&clone).unwrap();
    desk.env.git(&clone, &["init", "--quiet"]);
    let url = format!("{}/acme/widgets.git", server.base());
    desk.env.git(&clone, &["remote", "add", "origin", &url]);
    let path = desk.gh("exit 1");
    let args = [
        "login",
        "--provider",
        "github",
        "--client-id",
        "x",
        "--json",
    ];
    let mut call = desk.env.call(&clone, &args).env("PATH", path);
    for name in [
        "AIDF_FORGE_TOKEN",
        "GH_TOKEN",
        "GITHUB_TOKEN",
        "GH_ENTERPRISE_TOKEN",
    ] {
        call = call.env(name, "good-token");
    }
    let report = quiet(&desk.env, call.run()).ok().json();
    assert_eq!(text(&report, "from"), "device_flow");
    assert!(
        report["warnings"].to_string().contains("AIDF_FORGE_HOST"),
        "{report}"
    );
    for asked in server.asked() {
        assert!(!format!("{asked:?}").contains("good-token"), "{asked:?}");
    }
    let log = std::fs::read_to_string(desk.env.path("gh.log")).unwrap();
    assert!(
        log.starts_with(&format!("auth token --hostname {}\n", host(&server))),
        "{log}"
    );
    assert!(!log.contains("good-token"), "{log}");
}

#[test]
fn the_login_of_gh_is_used_and_goes_to_a_helper_that_has_none() {
    let server = plays(vec![]);
    let desk = Desk::new(&server, "github");
    let path = desk.gh("echo good-token");
    let run = |args: &[&str]| {
        let out = desk.call(args).env("PATH", &path).run();
        quiet(&desk.env, out).ok().json()
    };
    let report = run(&["--json", "--no-store"]);
    assert_eq!(text(&report, "from"), "gh");
    assert_eq!((&report["stored"], desk.fill()), (&json!(false), None));
    let report = run(&["--json"]);
    assert_eq!(report["stored"], json!(true));
    let kept = ("x-access-token".to_owned(), "good-token".to_owned());
    assert_eq!(desk.fill(), Some(kept));
    // A helper's own login is left as it is.
    desk.knew("pat", "good-token-of-pat");
    let report = run(&["--json"]);
    assert_eq!(
        (&report["from"], &report["stored"]),
        (&json!("gh"), &json!(false))
    );
    assert_eq!(desk.fill().unwrap().0, "pat");
    assert!(posts(&server).is_empty());
}

#[test]
fn a_gh_that_hangs_or_talks_nonsense_is_passed_over() {
    let server = plays(vec![]);
    let desk = Desk::new(&server, "github");
    desk.knew("pat", "good-token");
    for script in [
        "echo two words",
        "printf ''",
        "echo good-token; exit 1",
        "sleep 60",
    ] {
        let call = desk
            .call(&["--json", "--timeout", "1"])
            .env("PATH", desk.gh(script));
        let report = quiet(&desk.env, call.run()).ok().json();
        assert_eq!(text(&report, "from"), "helpers", "{script}");
    }
}

#[test]
fn a_login_that_the_forge_refuses_makes_room_for_the_new_one() {
    let server = plays(vec![granted()]);
    let desk = Desk::new(&server, "github");
    desk.knew("pat", "bad-token");
    let report = desk.login(&["--json"]).ok().json();
    assert_eq!(text(&report, "from"), "device_flow");
    let kept = std::fs::read_to_string(desk.kept_in()).unwrap();
    assert!(!kept.contains("bad-token"), "{kept}");
    assert_eq!(desk.fill().unwrap().1, TOKEN);
}

#[test]
fn a_login_that_works_is_replaced_where_that_is_asked_for() {
    let server = plays(vec![granted()]);
    let desk = Desk::new(&server, "github");
    desk.knew("x-access-token", "good-token");
    let report = desk.login(&["--json", "--force"]).ok().json();
    assert_eq!(text(&report, "from"), "device_flow");
    assert_eq!(desk.fill().unwrap().1, TOKEN);
}

#[test]
fn nobody_is_asked_to_log_in_where_nothing_could_keep_the_token() {
    let server = plays(vec![]);
    let desk = Desk::without_helper(&server, "github");
    let out = desk.login(&["--json"]).exits(2);
    assert!(
        text(&out.error(), "hint").contains("credential.helper"),
        "{out}"
    );
    let desk = Desk::new(&server, "github");
    desk.login(&["--json", "--no-store"]).exits(4);
    // An empty entry takes the others back.
    desk.env.gitconfig("[credential]\n\thelper =\n");
    desk.login(&["--json"]).exits(2);
    assert!(posts(&server).is_empty());
}

#[test]
fn a_helper_that_did_not_keep_the_token_is_told_of() {
    let server = plays(vec![granted(), granted()]);
    let desk = Desk::without_helper(&server, "github");
    desk.env.gitconfig("[credential]\n\thelper = !true\n");
    let out = desk.login(&["--json"]).exits(4);
    assert!(
        text(&out.error(), "message").contains("did not keep"),
        "{out}"
    );
    // And one that gives another login than the new one.
    desk.env
        .gitconfig("[credential]\n\thelper = !printf 'username=u\\\\npassword=p\\\\n' #\n");
    let out = desk.login(&["--json", "--again"]).exits(4);
    assert!(
        text(&out.error(), "message").contains("another token"),
        "{out}"
    );
}

#[test]
fn a_forge_without_a_device_flow_says_what_to_do_instead() {
    let server = plays(vec![]);
    for provider in ["gitea", "forgejo"] {
        let desk = Desk::new(&server, provider);
        let out = desk.login(&["--json"]).exits(2);
        assert!(
            text(&out.error(), "message").contains("no device flow"),
            "{out}"
        );
        assert!(
            text(&out.error(), "hint").contains("git credential approve"),
            "{out}"
        );
        // A login that is there is told of all the same.
        desk.knew("pat", "good-token");
        let report = desk.login(&["--json"]).ok().json();
        assert_eq!(text(&report, "user"), "pat");
    }
    let desk = Desk::new(&server, "bare");
    desk.login(&["--json"]).exits(2);
    assert!(posts(&server).is_empty());
}

#[test]
fn what_is_missing_or_wrong_is_named_before_anything_is_sent() {
    let server = plays(vec![]);
    let desk = Desk::new(&server, "github");
    let host = host(&server);
    desk.env
        .operator_config(&format!("forge: {{hosts: {{\"{host}\": github}}}}\n"));
    let out = desk.login(&["--json"]).exits(2);
    let hint = text(&out.error(), "hint");
    for word in ["--client-id", "client_ids", "settings/applications/new"] {
        assert!(hint.contains(word), "no {word} in {hint}");
    }
    desk.login(&["--json", "--client-id", "two words"]).exits(2);
    desk.login(&["--json", "--client-id", "x", "--scopes", "a b"])
        .exits(2);
    let home = desk.env.home();
    for (args, code) in [
        (vec!["login", "--json"], 3),
        (vec!["login", "--json", "unknown.example"], 2),
        (vec!["login", "--json", "./folder"], 2),
        (vec!["login", "--json", "http://github.com"], 2),
        (
            vec![
                "-R",
                "https://github.com/o/r",
                "login",
                "--json",
                "github.com",
            ],
            2,
        ),
    ] {
        let out = desk.env.aidf(&home, &args).exits(code);
        assert!(!text(&out.error(), "hint").is_empty(), "{out}");
    }
    assert!(posts(&server).is_empty());
}

#[test]
fn the_forge_is_that_of_the_clone_or_of_the_address_given() {
    let server = plays(vec![granted()]);
    let desk = Desk::new(&server, "github");
    let clone = desk.env.path("clone");
    std::fs::create_dir(&clone).unwrap();
    desk.env.git(&clone, &["init", "--quiet"]);
    let url = format!("{}/acme/widgets.git", server.base());
    desk.env.git(&clone, &["remote", "add", "origin", &url]);
    let out = desk.env.aidf(&clone, &["login", "--json"]);
    let report = quiet(&desk.env, out).ok().json();
    assert_eq!(text(&report, "from"), "device_flow");
    assert_eq!(desk.fill().unwrap().1, TOKEN);
    let out = desk
        .env
        .aidf(&desk.env.home(), &["-R", &url, "login", "--json"]);
    let report = quiet(&desk.env, out).ok().json();
    assert_eq!(text(&report, "from"), "helpers");
}

/// Ends the call once it waits for longer than in the beginning.
struct Impatient {
    cancel: Cancel,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Progress for Impatient {
    fn step(&self, what: &str) {
        self.heard.lock().unwrap().push(what.to_owned());
        if what.starts_with("wait 6 s") {
            self.cancel.cancel();
        }
    }
    fn enter_code(&self, code: &str, address: &str, seconds: u64) {
        let line = format!("{code} at {address} within {seconds} s");
        self.heard.lock().unwrap().push(line);
    }
}

#[test]
fn another_front_end_hears_the_code_and_ends_the_wait_that_the_forge_has_slowed_down() {
    let server = plays(vec![refusal("slow_down")]);
    let desk = Desk::new(&server, "github");
    let path = std::env::var_os("PATH").unwrap();
    let environment = Environment::from_iter([("PATH", path)])
        .with("HOME", desk.env.home())
        .with("GIT_CONFIG_NOSYSTEM", "1");
    let folders = Folders {
        config: desk.env.config().join("aidf"),
        cache: desk.env.cache(),
        state: desk.env.state(),
    };
    let config = Config::resolve(&Flags::default(), &environment, folders).unwrap();
    let (cancel, heard) = (Cancel::new(), Arc::new(Mutex::new(Vec::new())));
    let caller = Caller {
        environment,
        clock: Clock::of_machine(),
        random: Box::new(rand::make_rng::<StdRng>()),
        progress: Box::new(Impatient {
            cancel: cancel.clone(),
            heard: heard.clone(),
        }),
        cancel,
        input: None,
        door: "front_end",
    };
    let seat = Seat {
        config,
        place: Location {
            repo: None,
            dir: desk.env.home(),
            remote: None,
            interactive: false,
        },
    };
    let request: Request = serde_json::from_value(json!({"host": server.base()})).unwrap();
    let ended = login(&seat, &request, &caller).unwrap_err();
    assert_eq!(ended.kind(), Kind::Interrupted);
    let heard = heard.lock().unwrap().join("\n");
    let shown = format!("{USER_CODE} at {}/login/device within 900 s", server.base());
    assert!(heard.contains(&shown), "{heard}");
    assert!(!heard.contains(DEVICE_CODE), "{heard}");
    assert_eq!(posts(&server).len(), 2);
}
