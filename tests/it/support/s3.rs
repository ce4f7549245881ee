//! S3 storage of one bucket, as little of it as aidf uses, that can misbehave. Whether requests
//! are signed as they should is for `tests/peers/s3.rs`.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::http::{Request, read_body, read_head};
use super::listening::Listening;

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It is not done, and answered with this status and body.
    Instead(u16, String),
    /// It is sent to this address.
    SendTo(String),
    /// It is done, and the line is cut before a byte of the answer.
    LoseAnswer,
    /// It is answered by half of the body.
    Half,
    /// It is done, and answered with this body in place of its own.
    Says(String),
}

impl Fault {
    /// An error as S3 writes it.
    pub fn coded(status: u16, code: &str) -> Fault {
        let text = format!("<Error><Code>{code}</Code><Message>so it is</Message></Error>");
        Fault::Instead(status, text)
    }
}

type Faults = dyn Fn(&Request, usize) -> Option<Fault> + Send + Sync;

/// An object: its bytes, its ETag, and the headers it was made with.
#[derive(Clone)]
struct Object {
    bytes: Vec<u8>,
    etag: String,
    headers: Vec<(String, String)>,
}

#[derive(Default)]
struct Held {
    objects: BTreeMap<String, Object>,
    /// Uploads that are not put together yet, by their ids: the first request and the parts.
    uploads: BTreeMap<String, (Request, BTreeMap<usize, Vec<u8>>)>,
    count: usize,
}

struct Shared {
    held: Mutex<Held>,
    faults: Mutex<Arc<Faults>>,
    asked: Mutex<Vec<Request>>,
    stop: Arc<AtomicBool>,
}

/// S3 storage on a free port, until it is dropped. Its bucket is `bucket`.
pub struct S3Server {
    listening: Listening,
    shared: Arc<Shared>,
}

impl S3Server {
    /// One that does what it is asked.
    pub fn start() -> S3Server {
        let shared = Arc::new(Shared {
            held: Mutex::default(),
            faults: Mutex::new(Arc::new(|_: &Request, _| None)),
            asked: Mutex::default(),
            stop: Arc::default(),
        });
        let theirs = Arc::clone(&shared);
        let listening = Listening::start(&shared.stop, move |stream| serve(&theirs, stream));
        S3Server { listening, shared }
    }

    /// `http://127.0.0.1:PORT`
    pub fn base(&self) -> String {
        self.listening.base()
    }

    /// Asks before every request what is to go wrong; the number is how many requests came
    /// before it since then.
    pub fn faults(
        &self,
        faults: impl Fn(&Request, usize) -> Option<Fault> + Send + Sync + 'static,
    ) {
        self.shared.asked.lock().expect("the log").clear();
        *self.shared.faults.lock().expect("the faults") = Arc::new(faults);
    }

    /// What was asked since the faults were chosen, as `METHOD path?query`.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.shared.asked.lock().expect("the log");
        asked
            .iter()
            .map(|r| format!("{} {}", r.method, r.target))
            .collect()
    }

    /// The keys of all objects.
    pub fn keys(&self) -> Vec<String> {
        let held = self.shared.held.lock().expect("the objects");
        held.objects.keys().cloned().collect()
    }

    /// The bytes of an object.
    pub fn object(&self, key: &str) -> Vec<u8> {
        let held = self.shared.held.lock().expect("the objects");
        held.objects[key].bytes.clone()
    }

    /// Puts other bytes in the place of an object's.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        let mut held = self.shared.held.lock().expect("the objects");
        held.count += 1;
        let etag = format!("\"e{}\"", held.count);
        let object = Object {
            bytes: bytes.to_vec(),
            etag,
            headers: Vec::new(),
        };
        held.objects.insert(key.to_owned(), object);
    }

    /// Removes an object.
    pub fn remove(&self, key: &str) {
        let mut held = self.shared.held.lock().expect("the objects");
        held.objects.remove(key).expect("the object");
    }

    /// How many uploads are not put together.
    pub fn uploads(&self) -> usize {
        self.shared.held.lock().expect("the objects").uploads.len()
    }
}

/// A status, headers and a body.
type Answer = (u16, Vec<(String, String)>, Vec<u8>);

fn serve(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_head(&mut reader)? {
        let body = read_body(&mut reader, &request)?;
        let before = {
            let mut asked = shared.asked.lock().expect("the log");
            asked.push(request.clone());
            asked.len() - 1
        };
        // It may ask another machine to work meanwhile, which asks this server too.
        let faults = Arc::clone(&shared.faults.lock().expect("the faults"));
        let fault = faults(&request, before);
        let (status, headers, body) = match &fault {
            Some(Fault::Instead(status, body)) => (*status, Vec::new(), body.clone().into_bytes()),
            Some(Fault::SendTo(location)) => {
                let location = ("Location".to_owned(), location.clone());
                (307, vec![location], Vec::new())
            }
            _ => answer(
                &mut shared.held.lock().expect("the objects"),
                &request,
                body,
            ),
        };
        let body = match &fault {
            Some(Fault::LoseAnswer) => return writer.shutdown(Shutdown::Both),
            Some(Fault::Says(text)) => text.clone().into_bytes(),
            _ => body,
        };
        let mut head = format!("HTTP/1.1 {status} Said\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if status != 204 {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        writer.write_all(head.as_bytes())?;
        if let Some(Fault::Half) = fault {
            writer.write_all(&body[..body.len() / 2])?;
            return writer.shutdown(Shutdown::Both);
        }
        if request.method != "HEAD" {
            writer.write_all(&body)?;
        }
        writer.flush()?;
    }
    Ok(())
}

fn said(status: u16, code: &str) -> Answer {
    let text = format!("<Error><Code>{code}</Code></Error>");
    (status, Vec::new(), text.into_bytes())
}

fn text(body: String) -> Answer {
    (200, Vec::new(), body.into_bytes())
}

fn answer(held: &mut Held, request: &Request, body: Vec<u8>) -> Answer {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let query: BTreeMap<&str, &str> = query
        .split('&')
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .collect();
    let Some(key) = path.strip_prefix("/bucket/") else {
        return said(404, "NoSuchBucket");
    };
    let now = held.objects.get(key).cloned();
    match (request.method.as_str(), key) {
        ("GET", "") if query.contains_key("uploads") => {
            text("<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>".to_owned())
        }
        ("GET", "") => {
            let prefix = query["prefix"].replace("%2F", "/");
            let mut all = String::from("<ListBucketResult><IsTruncated>false</IsTruncated>");
            for key in held.objects.keys().filter(|k| k.starts_with(&prefix)) {
                all.push_str(&format!("<Contents><Key>{key}</Key></Contents>"));
            }
            text(all + "</ListBucketResult>")
        }
        ("GET" | "HEAD", _) => {
            let Some(object) = now else { return said(404, "NoSuchKey") };
            if request.header("if-match").is_some_and(|m| m != object.etag) {
                return said(412, "PreconditionFailed");
            }
            let mut headers = object.headers.clone();
            headers.push(("ETag".to_owned(), object.etag));
            let from = request
                .header("range")
                .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
            match from {
                Some(from) => (206, headers, object.bytes[from..].to_vec()),
                None => (200, headers, object.bytes),
            }
        }
        ("POST", _) if query.contains_key("uploads") => {
            held.count += 1;
            let id = format!("u{}", held.count);
            held.uploads.insert(id.clone(), (request.clone(), BTreeMap::new()));
            text(format!("<R><UploadId>{id}</UploadId></R>"))
        }
        ("PUT", _) if query.contains_key("uploadId") => {
            let Some((_, parts)) = held.uploads.get_mut(query["uploadId"]) else {
                return said(404, "NoSuchUpload");
            };
            let number: usize = query["partNumber"].parse().unwrap_or(0);
            parts.insert(number, body);
            (200, vec![("ETag".to_owned(), format!("\"p{number}\""))], Vec::new())
        }
        ("DELETE", _) if query.contains_key("uploadId") => {
            held.uploads.remove(query["uploadId"]);
            (204, Vec::new(), Vec::new())
        }
        ("DELETE", _) => {
            held.objects.remove(key);
            (204, Vec::new(), Vec::new())
        }
        ("PUT" | "POST", _) => {
            let is_as_asked = match (request.header("if-none-match"), request.header("if-match")) {
                (Some(_), _) => now.is_none(),
                (_, Some(etag)) => now.is_some_and(|n| n.etag == etag),
                _ => true,
            };
            if !is_as_asked {
                return said(412, "PreconditionFailed");
            }
            let (first, bytes) = match query.get("uploadId") {
                Some(id) => match held.uploads.remove(*id) {
                    Some((first, parts)) => (first, parts.into_values().flatten().collect()),
                    None => return said(404, "NoSuchUpload"),
                },
                None => (request.clone(), body),
            };
            held.count += 1;
            let etag = format!("\"e{}\"", held.count);
            let mut headers = first.headers;
            headers.retain(|(name, _)| name.starts_with("x-amz-meta-"));
            let object = Object {
                bytes,
                etag: etag.clone(),
                headers,
            };
            held.objects.insert(key.to_owned(), object);
            let text = format!("<R><ETag>{}</ETag></R>", etag.replace('"', "&quot;"));
            (200, vec![("ETag".to_owned(), etag)], text.into_bytes())
        }
        _ => said(405, "MethodNotAllowed"),
    }
}
