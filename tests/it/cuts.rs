//! A line that breaks after any number of bytes, in either direction: the commit lands once or
//! not at all, what the command says is so, and the next call goes on from there.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::support::{CHANGELOG, Kind, World, entries, randomness, text, times};
use rand::RngExt;

/// Stands between a client and a server. After so many bytes it breaks the line that they
/// pass by; lines that come later are left alone.
struct Cutter {
    address: String,
    left: Arc<AtomicI64>,
}

impl Cutter {
    /// In front of the server at `host:port`.
    fn start(server: String) -> Cutter {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let counted = Arc::clone(&left);
        std::thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let Ok(server) = TcpStream::connect(&server) else {
                    continue;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let left = Arc::clone(&counted);
                    std::thread::spawn(move || carry(from, to, &left));
                }
            }
        });
        Cutter { address, left }
    }

    /// Breaks the line after so many bytes from now.
    fn cut_after(&self, bytes: i64) {
        self.left.store(bytes, Ordering::SeqCst);
    }

    /// Breaks nothing from now on; answers how many bytes have passed since it was to break
    /// after `bytes`.
    fn passed(&self, bytes: i64) -> i64 {
        bytes - self.left.swap(i64::MAX, Ordering::SeqCst)
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, left: &AtomicI64) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        let before = left.fetch_sub(n as i64, Ordering::SeqCst);
        let pass = before.clamp(0, n as i64) as usize;
        // Those before the break have broken the line already.
        let pass = if before < 0 { n } else { pass };
        if to.write_all(&buffer[..pass]).is_err() {
            break;
        }
        if pass < n {
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn cut_anywhere(kind: Kind, few: usize) {
    let w = World::new(kind);
    let branch = w.sandbox();
    let (scheme, rest) = w.remote.url.split_once("://").unwrap();
    let (server, path) = rest.split_once('/').unwrap();
    let cutter = Cutter::start(server.to_owned());
    let url = format!("{scheme}://{}/{path}", cutter.address);
    w.git(&["remote", "set-url", "origin", &url]);
    let commit = |name: &str| {
        w.write(name, format!("{name}\n"));
        w.aidf(&["commit", name, "-m", "Save", "--timeout", "10", "--json"])
    };
    // A whole exchange, to know how long one is; the next ones are as long, or nearly so.
    const PLENTY: i64 = 1 << 40;
    cutter.cut_after(PLENTY);
    commit("whole.txt").ok();
    let length = cutter.passed(PLENTY);
    assert!(length > 1000, "{length} bytes");
    let (mut landed, mut failed, mut random) = (0, 0, randomness());
    let many = times(few, length as usize);
    for n in 0..many {
        let name = format!("cut-{n}.txt");
        // In a short run each run breaks at other places.
        let jitter = random.random_range(0..1.max(length / many as i64));
        let at = n as i64 * length / many as i64 + jitter;
        let before = w.remote.tip(&branch);
        cutter.cut_after(at);
        let out = commit(&name);
        cutter.passed(0);
        let what = format!("cut after {at} of {length} bytes\n{out}");
        let now = w.remote.tip(&branch);
        match out.code {
            0 => {
                landed += 1;
                assert_eq!(text(&out.json(), "commit"), now, "{what}");
            }
            9 => {
                failed += 1;
                assert_eq!(now, before, "{what}");
                commit(&name).ok();
            }
            _ => panic!("{what}"),
        }
        let range = format!("{before}..{branch}");
        assert_eq!(w.remote.count(&range), 1, "{what}");
        assert_eq!(w.remote.text(&branch, &name), format!("{name}\n"), "{what}");
        let log = entries(&w.remote.file(&branch, CHANGELOG));
        let logged = log.iter().filter(|e| e["path"] == name.as_str());
        assert_eq!(logged.count(), 1, "{what}");
    }
    println!("{kind:?}: {length} bytes, {many} cuts: {landed} landed, {failed} failed");
    assert!(landed > 0, "no call went on after its line broke");
    w.remote.is_sound();
    w.clone_is_sound();
}

#[test]
fn a_line_to_a_daemon_that_breaks_anywhere_loses_and_doubles_nothing() {
    cut_anywhere(Kind::Daemon, 30);
}

#[test]
fn a_line_of_http_that_breaks_anywhere_loses_and_doubles_nothing() {
    cut_anywhere(Kind::Http, 30);
}
