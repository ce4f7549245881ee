//! A forward proxy, tinyproxy, used just where git would use one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::peers::http::{Certificates, commit_lands, nginx};
use crate::peers::support::{Place, have};
use crate::peers::web::{Daemon, Site, on_a_free_port, path_with_sbin};

const PEERS: [&str; 4] = ["tinyproxy", "nginx", "fcgiwrap", "git"];

struct Proxy {
    port: u16,
    log: PathBuf,
    _daemon: Daemon,
}

impl Proxy {
    fn start(folder: &Path, password: Option<(&str, &str)>) -> Self {
        fs::create_dir_all(folder).unwrap();
        let log = folder.join("log");
        let (port, daemon) = on_a_free_port(|port| {
            let mut config = format!(
                "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nMaxClients 50\n\
                 LogFile \"{}\"\nLogLevel Connect\n",
                log.display()
            );
            if let Some((user, password)) = password {
                config += &format!("BasicAuth {user} {password}\n");
            }
            fs::write(folder.join("config"), config)?;
            Daemon::start(
                Command::new("tinyproxy")
                    .args(["-d", "-c"])
                    .arg(folder.join("config"))
                    .env("PATH", path_with_sbin())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null()),
            )
        })
        .unwrap();
        Proxy {
            port,
            log,
            _daemon: daemon,
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many requests it has been asked: `CONNECT` for a tunnel, or whole ones.
    fn requests(&self) -> usize {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter(|l| l.contains("Request")).count()
    }

    /// Runs `what` and says whether it came through here.
    fn is_used(&self, what: impl FnOnce()) -> bool {
        let before = self.requests();
        what();
        self.requests() > before
    }
}

#[test]
fn http_goes_through_the_proxy_of_the_environment_or_of_git_config_unless_excepted() {
    if !have(&PEERS) {
        return;
    }
    let mut place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    let proxy = Proxy::start(&place.path("proxy"), None);
    let clone = place.clone(&format!("{}/project.git", web.base), "clone");
    let commit = |place: &Place, number| commit_lands(place, &clone, &remote, number);
    assert!(!proxy.is_used(|| drop(place.aidf(&clone, &["sandbox", "init"]).exits(0))));

    place.with_env("http_proxy", proxy.url());
    assert!(proxy.is_used(|| commit(&place, 1)), "http_proxy");

    for (number, exception) in (2..).zip(["127.0.0.1", "localhost,127.0.0.1", "*"]) {
        place.with_env("no_proxy", exception);
        assert!(
            !proxy.is_used(|| commit(&place, number)),
            "no_proxy={exception}"
        );
    }
    place.without_env("no_proxy").without_env("http_proxy");

    // A CGI program is handed a request's `Proxy:` header under this name, so
    // neither curl nor git reads it.
    place.with_env("HTTP_PROXY", proxy.url());
    assert!(!proxy.is_used(|| commit(&place, 5)), "HTTP_PROXY");
    place.without_env("HTTP_PROXY");

    place.with_env("ALL_PROXY", proxy.url());
    assert!(proxy.is_used(|| commit(&place, 6)), "ALL_PROXY");
    place.without_env("ALL_PROXY");

    place.git_config(&format!("[http]\n\tproxy = {}\n", proxy.url()));
    assert!(proxy.is_used(|| commit(&place, 7)), "http.proxy");
}

#[test]
fn https_goes_through_a_tunnel_of_the_proxy() {
    if !have(&PEERS) || !have(&["openssl"]) {
        return;
    }
    let mut place = Place::new();
    let made = Certificates::make(&place);
    let web = nginx(&place, &made.site());
    let remote = place.remote("project", &[]);
    let proxy = Proxy::start(&place.path("proxy"), None);
    place.with_env("GIT_SSL_CAINFO", made.authority.display().to_string());
    let clone = place.clone(&format!("{}/project.git", web.base), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);

    // The variable of the other scheme does not count.
    place.with_env("http_proxy", proxy.url());
    assert!(!proxy.is_used(|| commit_lands(&place, &clone, &remote, 1)));

    place.with_env("https_proxy", proxy.url());
    assert!(
        proxy.is_used(|| commit_lands(&place, &clone, &remote, 2)),
        "https_proxy"
    );
}

#[test]
fn the_proxys_password_is_sent_to_it() {
    if !have(&PEERS) {
        return;
    }
    let mut place = Place::new();
    let web = nginx(&place, &Site::default());
    let remote = place.remote("project", &[]);
    let proxy = Proxy::start(&place.path("proxy"), Some(("ada", "pa55")));
    let clone = place.clone(&format!("{}/project.git", web.base), "clone");
    place.aidf(&clone, &["sandbox", "init"]).exits(0);

    place.with_env(
        "http_proxy",
        format!("http://ada:pa55@127.0.0.1:{}", proxy.port),
    );
    assert!(proxy.is_used(|| commit_lands(&place, &clone, &remote, 1)));

    place.with_env("http_proxy", proxy.url());
    fs::write(clone.join("f2.txt"), "text\n").unwrap();
    let ended = place
        .aidf(&clone, &["commit", "f2.txt", "-m", "Add"])
        .says("407");
    assert!([4, 9].contains(&ended.code), "{}", ended.told());
}

#[test]
fn a_proxy_that_is_not_there_makes_the_remote_unavailable() {
    if !have(&["nginx", "fcgiwrap", "git"]) {
        return;
    }
    let mut place = Place::new();
    let web = nginx(&place, &Site::default());
    place.remote("project", &[]);
    let clone = place.clone(&format!("{}/project.git", web.base), "clone");
    place.with_env("http_proxy", "http://127.0.0.1:1");
    place
        .aidf(&clone, &["sandbox", "init"])
        .exits(9)
        .says("proxy");
}
