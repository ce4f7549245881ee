//! Real web servers in front of `git http-backend`, on loopback. The benchmark
//! uses this file too, so it leans on std alone.

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server process with whatever it started; ended with the value.
pub struct Daemon(Child);

impl Daemon {
    pub fn start(command: &mut Command) -> io::Result<Self> {
        // A group of its own, so that workers end with it.
        command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .map(Daemon)
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // The group; or the process alone where the shell's kill knows no groups.
        let group = format!("kill -TERM -{0} 2>/dev/null || kill -TERM {0}", self.0.id());
        let _ = Command::new("sh")
            .args(["-c", &group])
            .stderr(Stdio::null())
            .status();
        let _ = self.0.wait();
    }
}

/// A server on a free port of loopback: `start` gets the port, and is called
/// again with another one should somebody else have taken it meanwhile.
pub fn on_a_free_port(start: impl FnMut(u16) -> io::Result<Daemon>) -> io::Result<(u16, Daemon)> {
    on_a_free_port_within(Duration::from_secs(10), start)
}

/// The same for a server that may need longer to answer.
pub fn on_a_free_port_within(
    limit: Duration,
    mut start: impl FnMut(u16) -> io::Result<Daemon>,
) -> io::Result<(u16, Daemon)> {
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut daemon = start(port)?;
        let deadline = Instant::now() + limit;
        while !daemon.has_ended() && Instant::now() < deadline {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok((port, daemon));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Err(io::Error::other(
        "the server did not start; its log is in its folder",
    ))
}

/// How a site asks for passwords and shows its certificate.
#[derive(Default)]
pub struct Site<'a> {
    /// User and password; with any at all, nobody else comes in.
    pub passwords: &'a [(&'a str, &'a str)],
    /// Certificate and key files; with them the site speaks TLS alone.
    pub tls: Option<(&'a Path, &'a Path)>,
}

/// Served repositories: `{base}/NAME.git` for every repository in the root.
/// With nginx, `{moved}/NAME.git` redirects there, and `{small}/NAME.git` takes
/// no body over one kilobyte.
pub struct Web {
    pub base: String,
    pub moved: String,
    pub small: String,
    log: PathBuf,
    _daemons: Vec<Daemon>,
}

impl Web {
    /// Requests so far, a line each: connection, method, address, status, user.
    pub fn requests(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// Where git keeps `git http-backend`.
pub fn http_backend() -> io::Result<PathBuf> {
    let output = Command::new("git").arg("--exec-path").output()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    [folder.clone(), PathBuf::from("/usr/lib/git-core")]
        .iter()
        .map(|f| f.join("git-http-backend"))
        .find(|p| p.is_file())
        .ok_or_else(|| io::Error::other("git http-backend is not installed"))
}

/// nginx and fcgiwrap, keeping their files in `folder` and serving `root`.
pub fn nginx(folder: &Path, root: &Path, site: &Site) -> io::Result<Web> {
    fs::create_dir_all(folder)?;
    let at = |name: &str| folder.join(name).display().to_string();
    let socket = at("fcgi.sock");
    let mut daemons = vec![Daemon::start(
        Command::new("fcgiwrap")
            .args(["-c", "8", "-s", &format!("unix:{socket}")])
            .env("PATH", path_with_sbin())
            .stdout(Stdio::null())
            .stderr(fs::File::create(at("fcgiwrap.log"))?),
    )?];
    let deadline = Instant::now() + Duration::from_secs(10);
    while !Path::new(&socket).exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    let password = if site.passwords.is_empty() {
        String::new()
    } else {
        let lines: Vec<String> = site
            .passwords
            .iter()
            .map(|(user, password)| format!("{user}:{{PLAIN}}{password}\n"))
            .collect();
        fs::write(at("passwords"), lines.concat())?;
        format!(
            "auth_basic repositories; auth_basic_user_file {};",
            at("passwords")
        )
    };
    let (scheme, tls) = match site.tls {
        None => ("http", String::new()),
        Some((certificate, key)) => (
            "https",
            format!(
                "ssl_certificate {}; ssl_certificate_key {};",
                certificate.display(),
                key.display()
            ),
        ),
    };
    let backend = http_backend()?;
    let git = format!(
        "fastcgi_pass unix:{socket}; fastcgi_read_timeout 300s;
         fastcgi_param SCRIPT_FILENAME {backend}; fastcgi_param PATH_INFO /$1;
         fastcgi_param GIT_PROJECT_ROOT {root}; fastcgi_param GIT_HTTP_EXPORT_ALL '';
         fastcgi_param GIT_PROTOCOL $http_git_protocol; fastcgi_param HOME {home};
         fastcgi_param REMOTE_USER $remote_user; fastcgi_param REMOTE_ADDR $remote_addr;
         fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
         fastcgi_param CONTENT_TYPE $content_type; fastcgi_param CONTENT_LENGTH $content_length;
         fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;",
        backend = backend.display(),
        root = root.display(),
        home = folder.display(),
    );
    fs::write(at(".gitconfig"), "[safe]\n\tdirectory = *\n")?;
    let (port, daemon) = on_a_free_port(|port| {
        let listen = if tls.is_empty() { "" } else { " ssl" };
        let config = format!(
            "daemon off; master_process off; pid {pid}; error_log {errors};
             events {{ worker_connections 256; }}
             http {{
               log_format requests '$connection $request_method $request_uri $status $remote_user';
               access_log {requests} requests;
               client_body_temp_path {body}; fastcgi_temp_path {answer};
               proxy_temp_path {answer}; uwsgi_temp_path {answer}; scgi_temp_path {answer};
               server {{
                 listen 127.0.0.1:{port}{listen}; {tls} {password}
                 location ~ ^/git/(.*)$ {{ client_max_body_size 0; {git} }}
                 location ~ ^/small/(.*)$ {{ client_max_body_size 1k; {git} }}
                 location /moved/ {{ rewrite ^/moved/(.*)$ {scheme}://127.0.0.1:{port}/git/$1 permanent; }}
               }}
             }}\n",
            pid = at("nginx.pid"),
            errors = at("error.log"),
            requests = at("requests.log"),
            body = at("body"),
            answer = at("answer"),
        );
        fs::write(at("nginx.conf"), config)?;
        Daemon::start(
            Command::new("nginx")
                .args([
                    "-p",
                    &at(""),
                    "-c",
                    &at("nginx.conf"),
                    "-e",
                    &at("error.log"),
                ])
                .env("PATH", path_with_sbin())
                .stdout(Stdio::null())
                .stderr(fs::File::create(at("nginx.log"))?),
        )
    })?;
    daemons.push(daemon);
    let site = format!("{scheme}://127.0.0.1:{port}");
    Ok(Web {
        base: format!("{site}/git"),
        moved: format!("{site}/moved"),
        small: format!("{site}/small"),
        log: folder.join("requests.log"),
        _daemons: daemons,
    })
}

/// lighttpd running `git http-backend` as a plain CGI program.
pub fn lighttpd(folder: &Path, root: &Path) -> io::Result<Web> {
    fs::create_dir_all(folder)?;
    let at = |name: &str| folder.join(name).display().to_string();
    fs::write(at(".gitconfig"), "[safe]\n\tdirectory = *\n")?;
    let (port, daemon) = on_a_free_port(|port| {
        let config = format!(
            "server.bind = \"127.0.0.1\"\nserver.port = {port}\n\
             server.document-root = \"{root}\"\nserver.errorlog = \"{errors}\"\n\
             server.upload-dirs = (\"{folder}\")\n\
             server.modules = (\"mod_alias\", \"mod_setenv\", \"mod_cgi\", \"mod_accesslog\")\n\
             accesslog.filename = \"{requests}\"\naccesslog.format = \"- %m %U %s %u\"\n\
             alias.url = (\"/git\" => \"{backend}\")\n\
             setenv.add-environment = (\"GIT_PROJECT_ROOT\" => \"{root}\",\n\
               \"GIT_HTTP_EXPORT_ALL\" => \"1\", \"HOME\" => \"{folder}\")\n\
             cgi.assign = (\"\" => \"\")\n",
            root = root.display(),
            errors = at("error.log"),
            folder = folder.display(),
            requests = at("requests.log"),
            backend = http_backend()?.display(),
        );
        fs::write(at("lighttpd.conf"), config)?;
        Daemon::start(
            Command::new("lighttpd")
                .args(["-D", "-f", &at("lighttpd.conf")])
                .env("PATH", path_with_sbin())
                .stdout(Stdio::null())
                .stderr(fs::File::create(at("lighttpd.log"))?),
        )
    })?;
    let base = format!("http://127.0.0.1:{port}/git");
    Ok(Web {
        moved: base.clone(),
        small: base.clone(),
        base,
        log: folder.join("requests.log"),
        _daemons: vec![daemon],
    })
}

/// `PATH` with the folders where servers live.
pub fn path_with_sbin() -> String {
    format!(
        "{}:/usr/sbin:/usr/local/sbin:/sbin",
        std::env::var("PATH").unwrap_or_default()
    )
}
