//! A server that answers what a test tells it to, over real sockets.
#![allow(dead_code, reason = "not every test file needs every helper")]
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// What to answer. Status 0: nothing, the connection just ends.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// Whether the reply has no end.
    pub(crate) open: bool,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: Vec<(&'static str, String)>, body: impl Into<String>) -> Self {
        Self { status, headers, body: body.into(), open: false }
    }

    /// A JSON answer of a Holdfast server.
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("holdfast-protocol", "1".to_owned()), ("content-type", "application/json".to_owned())];
        Self::new(status, headers, if status == 204 { String::new() } else { body.to_string() })
    }

    /// A problem of a Holdfast server.
    pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Self {
        Self::json(status, &serde_json::json!({ "status": status, "code": code, "detail": detail }))
    }

    /// A live stream that says this and then nothing more.
    pub(crate) fn stream(body: impl Into<String>) -> Self {
        let headers = vec![("holdfast-protocol", "1".to_owned()), ("content-type", "text/event-stream".to_owned())];
        Self { open: true, ..Self::new(200, headers, body) }
    }
}

pub(crate) struct Server {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(answer);
        // Ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, &*answer, &seen));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&Request) -> Answer, seen: &Mutex<Vec<Request>>) {
    let Some(request) = read(&stream) else { return };
    seen.lock().unwrap().push(request.clone());
    let Answer { status, headers, body, open } = answer(&request);
    if status == 0 {
        return;
    }
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    if !open && !headers.iter().any(|(name, _)| *name == "content-length") {
        let _ = write!(head, "content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes());
    if open {
        // Over when the other side hangs up.
        let _ = stream.read(&mut [0; 1]);
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-length")).map_or(0, |(_, v)| v.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body: String::from_utf8(body).ok()? })
}

/// A sign-in as a Holdfast server confirms it.
pub(crate) fn signed_in(email: &str) -> serde_json::Value {
    serde_json::json!({
        "account": {
            "id": "01900000-0000-7000-8000-000000000001", "email": email, "createdAt": "2026-01-01T00:00:00.000000Z",
            "limits": { "placesUsed": 0, "mediaBytesUsed": 0 },
        },
        "deviceId": "01900000-0000-7000-8000-000000000002",
        "token": "hf_secret", "epoch": "e1",
    })
}
