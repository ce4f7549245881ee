//! A server scripted by bytes: smart HTTP and `git://` on free ports, with whatever a
//! script says in place of git.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// What is asked of the script.
pub struct Asked {
    /// Whether this is the service that pushes go to.
    pub pushes: bool,
    /// The request; none where the greeting is due.
    pub request: Option<Vec<u8>>,
}

/// What is done to the client.
#[derive(Clone, Debug)]
pub enum Step {
    /// It gets these bytes.
    Say(Vec<u8>),
    /// It gets these bytes again and again, until it leaves.
    Flood(Vec<u8>),
    /// It gets these bytes again and again, each time after a while.
    Drip(Vec<u8>, Duration),
    /// The line stays open, until it leaves.
    Hold,
}

type Script = dyn Fn(&Asked) -> Vec<Step> + Send + Sync;

/// The server; its threads end with their clients.
pub struct StandIn {
    http: u16,
    git: u16,
}

impl StandIn {
    /// Serves what `script` says.
    pub fn start(script: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> StandIn {
        let script: Arc<Script> = Arc::new(script);
        let theirs = Arc::clone(&script);
        StandIn {
            http: listen(move |line| serve_http(line, &*theirs)),
            git: listen(move |line| serve_git(line, &*script)),
        }
    }

    /// Its address by HTTP.
    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}/widgets.git", self.http)
    }

    /// Its address by git's own protocol.
    pub fn git(&self) -> String {
        format!("git://127.0.0.1:{}/widgets.git", self.git)
    }
}

/// A server of HTTP that says `steps` to everything, the status line included.
pub fn raw(steps: Vec<Step>) -> String {
    let port = listen(move |line| {
        let mut reader = BufReader::new(line.try_clone()?);
        head(&mut reader)?;
        perform(line, &steps)
    });
    format!("http://127.0.0.1:{port}/widgets.git")
}

fn listen(serve: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for line in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || {
                let mut line = line;
                let _ = line.set_nodelay(true);
                // Whoever has left without a word is not waited for.
                let _ = line.set_write_timeout(Some(Duration::from_secs(60)));
                let _ = line.set_read_timeout(Some(Duration::from_secs(60)));
                let _ = serve(&mut line);
                let _ = line.shutdown(Shutdown::Write);
                // What was sent must not be lost to a reset.
                let _ = std::io::copy(&mut line, &mut std::io::sink());
            });
        }
    });
    port
}

fn perform(line: &mut TcpStream, steps: &[Step]) -> std::io::Result<()> {
    for step in steps {
        match step {
            Step::Say(bytes) => line.write_all(bytes)?,
            Step::Flood(bytes) => loop {
                line.write_all(bytes)?;
            },
            Step::Drip(bytes, pause) => loop {
                line.write_all(bytes)?;
                std::thread::sleep(*pause);
            },
            Step::Hold => {
                std::io::copy(line, &mut std::io::sink())?;
            }
        }
    }
    Ok(())
}

fn head(reader: &mut impl BufRead) -> std::io::Result<(String, usize)> {
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut text = String::new();
        if reader.read_line(&mut text)? == 0 || text.trim().is_empty() {
            return Ok((first, length));
        }
        if let Some((name, value)) = text.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
}

fn serve_http(line: &mut TcpStream, script: &Script) -> std::io::Result<()> {
    let mut reader = BufReader::new(line.try_clone()?);
    let (first, length) = head(&mut reader)?;
    let pushes = first.contains("git-receive-pack");
    let service = if pushes {
        "receive-pack"
    } else {
        "upload-pack"
    };
    let greets = first.starts_with("GET ");
    let request = if greets {
        None
    } else {
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Some(body)
    };
    let kind = if greets { "advertisement" } else { "result" };
    write!(
        line,
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-{service}-{kind}\r\nConnection: close\r\n\r\n"
    )?;
    if greets {
        let text = format!("# service=git-{service}\n");
        write!(line, "{:04x}{text}0000", text.len() + 4)?;
    }
    perform(line, &script(&Asked { pushes, request }))
}

fn serve_git(line: &mut TcpStream, script: &Script) -> std::io::Result<()> {
    let mut reader = BufReader::new(line.try_clone()?);
    let first = section(&mut reader, true)?;
    let pushes = String::from_utf8_lossy(&first).contains("git-receive-pack");
    let mut request = None;
    loop {
        perform(line, &script(&Asked { pushes, request }))?;
        let next = section(&mut reader, false)?;
        if next.is_empty() || next == b"0000" {
            return Ok(());
        }
        request = Some(next);
    }
}

/// The client's packets up to a flush, or one packet alone.
fn section(reader: &mut impl Read, one: bool) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut head = [0; 4];
        if reader.read_exact(&mut head).is_err() {
            return Ok(bytes);
        }
        bytes.extend(head);
        let text = String::from_utf8_lossy(&head).into_owned();
        match usize::from_str_radix(&text, 16) {
            Ok(0) => return Ok(bytes),
            Ok(length) if length > 4 => {
                let mut data = vec![0; length - 4];
                reader.read_exact(&mut data)?;
                bytes.extend(data);
            }
            Ok(_) => {}
            // The pack of a push.
            Err(_) => return Ok(Vec::new()),
        }
        if one {
            return Ok(bytes);
        }
    }
}
