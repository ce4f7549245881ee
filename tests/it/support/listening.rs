//! A server of the tests: a free port of this machine, and a thread for each connection.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// It takes connections until it is dropped.
pub struct Listening {
    port: u16,
    stop: Arc<AtomicBool>,
}

impl Listening {
    /// Serves each connection by `serve`. `stop` is set at the end, for those who wait.
    pub fn start(
        stop: &Arc<AtomicBool>,
        serve: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Listening {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (serve, stopped) = (Arc::new(serve), Arc::clone(stop));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let serve = Arc::clone(&serve);
                std::thread::spawn(move || {
                    // A client may leave at any moment.
                    let _ = serve(stream);
                });
            }
        });
        Listening {
            port,
            stop: Arc::clone(stop),
        }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}
