//! Smart HTTP by real web servers: nginx with fcgiwrap, and lighttpd.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::peers::story;
use crate::peers::support::{Place, have};
use crate::peers::web::{self, Site, Web};

const PEERS: [&str; 3] = ["nginx", "fcgiwrap", "git"];
const TLS_PEERS: [&str; 4] = ["nginx", "fcgiwrap", "git", "openssl"];

pub fn nginx(place: &Place, site: &Site) -> Web {
    fs::create_dir_all(place.path("served")).unwrap();
    web::nginx(&place.path("web"), &place.path("served"), site).unwrap()
}

/// A certificate authority of one's own and a certificate for 127.0.0.1.
pub struct Certificates {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Certificates {
    pub fn make(place: &Place) -> Self {
        let folder = place.path("tls");
        fs::create_dir(&folder).unwrap();
        let openssl = |args: &str| {
            let args: Vec<&str> = args.split(' ').collect();
            let output = Command::new("openssl")
                .current_dir(&folder)
                .args(args)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc";
        openssl(&format!(
            "req -x509 {curve} -keyout ca.key -out ca.pem -days 30 -subj /CN=Private"
        ));
        openssl(&format!(
            "req {curve} -keyout leaf.key -out leaf.csr -subj /CN=forge"
        ));
        fs::write(
            folder.join("leaf.ext"),
            "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n",
        )
        .unwrap();
        openssl(
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
             -extfile leaf.ext -out leaf.pem",
        );
        openssl(&format!(
            "req -x509 {curve} -keyout self.key -out self.pem -days 30 -subj /CN=self \
             -addext subjectAltName=IP:127.0.0.1"
        ));
        Certificates {
            authority: folder.join("ca.pem"),
            certificate: folder.join("leaf.pem"),
            key: folder.join("leaf.key"),
        }
    }

    pub fn site(&self) -> Site<'_> {
        Site {
            tls: Some((&self.certificate, &self.key)),
            ..Site::default()
        }
    }
}

/// Commits one file named after its number, so that each call is a new commit.
#[track_caller]
pub fn commit_lands(place: &Place, clone: &Path, remote: &Path, number: u32) {
    let file = format!("f{number}.txt");
    fs::write(clone.join(&file), "text\n").unwrap();
    let written = place
        .aidf(clone, &["commit", &file, "-m", "Add", "--json"])
        .json();
    let branch = written["branch"].as_str().unwrap();
    assert_eq!(
        place.git(remote, &["show", &format!("{branch}:{file}")]),
        "text\n"
    );
}

#[test]
fn over_nginx_a_sandbox_is_opened_written_listed_and_rolled_back() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    story::whole(&place, &remote, &format!("{}/project.git", web.base));
}

#[test]
fn over_nginx_a_refusal_by_the_servers_hook_is_passed_on() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    story::refused_by_the_server(&place, &remote, &format!("{}/project.git", web.base));
}

#[test]
fn over_nginx_eight_writers_lose_nothing() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    story::raced(&place, &remote, &format!("{}/project.git", web.base));
}

#[test]
fn over_lighttpd_a_sandbox_is_opened_written_listed_and_rolled_back() {
    if !have(&["lighttpd", "git"]) {
        return;
    }
    let place = Place::new();
    let remote = place.remote("project", &[]);
    let web = web::lighttpd(&place.path("web"), &place.path("served")).unwrap();
    story::whole(&place, &remote, &format!("{}/project.git", web.base));
}

#[test]
fn over_lighttpd_a_refusal_by_the_servers_hook_is_passed_on() {
    if !have(&["lighttpd", "git"]) {
        return;
    }
    let place = Place::new();
    let remote = place.remote("project", &[]);
    let web = web::lighttpd(&place.path("web"), &place.path("served")).unwrap();
    story::refused_by_the_server(&place, &remote, &format!("{}/project.git", web.base));
}

#[test]
fn over_http_no_clone_is_needed() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    let url = format!("{}/project.git", web.base);
    let nowhere = place.path("home");
    let opened = place
        .aidf(&nowhere, &["-R", &url, "sandbox", "init", "--json"])
        .json();
    let token = opened["reuse_token"].as_str().unwrap();
    let args = [
        "-R",
        &url,
        "commit",
        "a.txt=-",
        "-m",
        "Add",
        "--reuse-token",
        token,
    ];
    place.aidf_reading(&nowhere, &args, "a\n").exits(0);
    let file = format!("{}:a.txt", opened["branch"].as_str().unwrap());
    assert_eq!(place.git(&remote, &["show", &file]), "a\n");
}

#[test]
fn over_http_a_commit_is_one_connection_with_one_question_and_one_push() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    let clone = place.clone(&format!("{}/project.git", web.base), "clone");
    let seen = |from: usize| -> Vec<String> { web.requests()[from..].to_vec() };
    let expected = |requests: &[String], what: &str| {
        let connections: Vec<&str> = requests
            .iter()
            .map(|r| r.split(' ').next().unwrap())
            .collect();
        let methods: Vec<&str> = requests
            .iter()
            .map(|r| r.split(' ').nth(1).unwrap())
            .collect();
        assert_eq!(methods, ["GET", "POST"], "{what}: {requests:?}");
        assert_eq!(connections[0], connections[1], "{what}: {requests:?}");
    };
    let before = web.requests().len();
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    expected(&seen(before), "sandbox init");
    let before = web.requests().len();
    commit_lands(&place, &clone, &remote, 1);
    expected(&seen(before), "commit");
}

#[test]
fn over_http_a_password_comes_from_the_url_a_helper_or_an_extra_header() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let site = Site {
        passwords: &[("ada", "pa55-word")],
        ..Site::default()
    };
    let web = nginx(&place, &site);
    let remote = place.remote("project", &[]);
    let bare = format!("{}/project.git", web.base);
    let host = web.base.strip_prefix("http://").unwrap();
    let clone = place.clone(&format!("http://ada:pa55-word@{host}/project.git"), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    commit_lands(&place, &clone, &remote, 1);

    place.git(&clone, &["remote", "set-url", "origin", &bare]);
    fs::write(clone.join("f2.txt"), "text\n").unwrap();
    let ended = place
        .aidf(&clone, &["commit", "f2.txt", "-m", "Add"])
        .exits(4);
    assert!(ended.stderr.contains("hint:"), "{}", ended.told());

    let helper = place.path("home/passwords");
    fs::write(
        &helper,
        format!("http://ada:pa55-word@{}\n", host.trim_end_matches("/git")),
    )
    .unwrap();
    place.git_config(&format!(
        "[credential]\n\thelper = store --file {}\n",
        helper.display()
    ));
    commit_lands(&place, &clone, &remote, 2);

    fs::remove_file(&helper).unwrap();
    // `ada:pa55-word`, as the checkout steps of CI services leave it.
    place.git_config(&format!(
        "[http \"{}/\"]\n\textraHeader = \"Authorization: Basic YWRhOnBhNTUtd29yZA==\"\n",
        web.base
    ));
    commit_lands(&place, &clone, &remote, 3);
    let requests = web.requests();
    let pushes = requests
        .iter()
        .filter(|r| r.contains("POST") && r.contains("200 ada"));
    assert!(pushes.count() >= 3, "{requests:?}");
}

#[test]
fn over_http_a_wrong_password_is_an_auth_error_that_does_not_repeat_it() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let site = Site {
        passwords: &[("ada", "pa55-word")],
        ..Site::default()
    };
    let web = nginx(&place, &site);
    place.remote("project", &[]);
    let host = web.base.strip_prefix("http://").unwrap();
    let url = format!("http://ada:gue55-word@{host}/project.git");
    let ended = place
        .aidf(&place.path("home"), &["-v", "-R", &url, "sandbox", "init"])
        .exits(4);
    assert!(!ended.told().contains("gue55-word"), "{}", ended.told());
    let asked = web.requests().len();
    assert!(
        asked <= 3,
        "a refused password was tried again and again: {:?}",
        web.requests()
    );
}

#[test]
fn over_http_a_repository_that_is_not_there_is_not_found() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let web = nginx(&place, &Site::default());
    let url = format!("{}/absent.git", web.base);
    place
        .aidf(&place.path("home"), &["-R", &url, "sandbox", "init"])
        .exits(3);
}

#[test]
fn over_http_a_repository_that_moved_is_followed() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    let clone = place.clone(&format!("{}/project.git", web.moved), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    commit_lands(&place, &clone, &remote, 1);
}

#[test]
fn over_http_a_body_larger_than_the_server_takes_is_said_and_nothing_moves() {
    if !have(&PEERS) {
        return;
    }
    let place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    let clone = place.clone(&format!("{}/project.git", web.base), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    place.git(
        &clone,
        &[
            "remote",
            "set-url",
            "origin",
            &format!("{}/project.git", web.small),
        ],
    );
    let refs = place.git(&remote, &["for-each-ref"]);
    // Numbers that hardly compress: a pack of well over a kilobyte.
    let text: String = (0..20_000u64)
        .map(|n| format!("{:x}\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
        .collect();
    fs::write(clone.join("large.txt"), text).unwrap();
    let ended = place
        .aidf(&clone, &["commit", "large.txt", "-m", "Add"])
        .says("413");
    assert_ne!(ended.code, 0);
    assert_eq!(place.git(&remote, &["for-each-ref"]), refs);
}

#[test]
fn over_https_a_private_authority_is_trusted_where_git_is_told_to() {
    if !have(&TLS_PEERS) {
        return;
    }
    let mut place = Place::new();
    let made = Certificates::make(&place);
    let authority = made.authority.display().to_string();
    let web = nginx(&place, &made.site());
    let remote = place.remote("project", &[]);
    place.with_env("GIT_SSL_CAINFO", authority.clone());
    let clone = place.clone(&format!("{}/project.git", web.base), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    commit_lands(&place, &clone, &remote, 1);

    place
        .without_env("GIT_SSL_CAINFO")
        .with_env("SSL_CERT_FILE", authority.clone());
    commit_lands(&place, &clone, &remote, 2);

    place.without_env("SSL_CERT_FILE");
    place.git_config(&format!(
        "[http \"{}/\"]\n\tsslCAInfo = {authority}\n",
        web.base
    ));
    commit_lands(&place, &clone, &remote, 3);
}

#[test]
fn over_https_the_whole_story_with_an_authority_from_the_users_git_config() {
    if !have(&TLS_PEERS) {
        return;
    }
    let place = Place::new();
    let made = Certificates::make(&place);
    let web = nginx(&place, &made.site());
    let remote = place.remote("project", &[]);
    place.git_config(&format!(
        "[http]\n\tsslCAInfo = {}\n",
        made.authority.display()
    ));
    story::whole(&place, &remote, &format!("{}/project.git", web.base));
}

#[test]
fn over_https_an_authority_nobody_trusts_is_refused_and_the_mend_is_named() {
    if !have(&TLS_PEERS) {
        return;
    }
    let place = Place::new();
    let made = Certificates::make(&place);
    let web = nginx(&place, &made.site());
    place.remote("project", &[]);
    let url = format!("{}/project.git", web.base);
    let ended = place.aidf(&place.path("home"), &["-R", &url, "sandbox", "init"]);
    assert!([4, 9].contains(&ended.code), "{}", ended.told());
    let ended = ended.says("certificate").says("hint:").says("sslCAInfo");
    assert!(
        web.requests().is_empty(),
        "{}: {:?}",
        ended.told(),
        web.requests()
    );
}

#[test]
fn over_https_a_clone_does_not_say_whom_to_trust() {
    if !have(&TLS_PEERS) {
        return;
    }
    let mut place = Place::new();
    let made = Certificates::make(&place);
    let authority = made.authority.display().to_string();
    let web = nginx(&place, &made.site());
    place.remote("project", &[]);
    place.with_env("GIT_SSL_CAINFO", authority.clone());
    let clone = place.clone(&format!("{}/project.git", web.base), "clone");
    place.without_env("GIT_SSL_CAINFO");
    let before = web.requests().len();
    for (key, value) in [("http.sslVerify", "false"), ("http.sslCAInfo", &*authority)] {
        place.git(&clone, &["config", key, value]);
        let ended = place.aidf(&clone, &["sandbox", "init"]);
        assert!([4, 9].contains(&ended.code), "{}", ended.told());
        ended.says("certificate");
        assert_eq!(web.requests().len(), before, "{key} was honoured");
    }
}

#[test]
fn over_https_a_self_signed_certificate_given_as_trusted_is_accepted_or_explained() {
    if !have(&TLS_PEERS) {
        return;
    }
    let mut place = Place::new();
    Certificates::make(&place);
    let certificate = place.path("tls/self.pem");
    let key = place.path("tls/self.key");
    let web = nginx(
        &place,
        &Site {
            tls: Some((&certificate, &key)),
            ..Site::default()
        },
    );
    place.remote("project", &[]);
    let url = format!("{}/project.git", web.base);
    place.with_env("GIT_SSL_CAINFO", certificate.display().to_string());
    let ended = place.aidf(&place.path("home"), &["-R", &url, "sandbox", "init"]);
    if ended.code != 0 {
        ended
            .says("certificate")
            .says("hint:")
            .says("basicConstraints");
    }
}

#[test]
fn a_web_server_that_never_answers_ends_within_the_timeout() {
    let place = Place::new();
    let remote = place.remote("project", &[]);
    let clone = place.clone(remote.to_str().unwrap(), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    thread::spawn(move || silent.incoming().collect::<Vec<_>>());
    fs::write(clone.join("new.txt"), "new\n").unwrap();
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://127.0.0.1:{port}/project.git");
        place.git(&clone, &["remote", "set-url", "origin", &url]);
        let started = Instant::now();
        place
            .aidf(
                &clone,
                &["--timeout", "2", "commit", "new.txt", "-m", "Add"],
            )
            .exits(9);
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(15), "{scheme} took {waited:?}");
    }
}
