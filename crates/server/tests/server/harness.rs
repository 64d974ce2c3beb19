//! A server process, and a person who uses it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const EMAIL: &str = "ada@example.org";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until `condition` gives something.
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < until, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// As [`wait_for`], for conditions that take a while themselves.
pub(crate) async fn wait_until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < until, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Settings of a server, on a free port and with nothing inherited.
#[derive(Clone)]
pub(crate) struct Env(BTreeMap<String, String>);

impl Env {
    /// With its data in this folder.
    pub(crate) fn new(data: &Path) -> Self {
        let mut env = Self(BTreeMap::new());
        for name in ["PATH", "HOME", "TMPDIR"] {
            if let Ok(value) = std::env::var(name) {
                env.0.insert(name.to_owned(), value);
            }
        }
        env.set("HOLDFAST_DATA", data.to_str().unwrap())
            .set("LISTEN", "127.0.0.1:0")
            .set("SIGN_IN_LIMIT_PER_MINUTE", "0")
    }

    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-server"));
        command.args(arguments).env_clear().envs(&self.0).stdin(Stdio::null());
        command
    }

    /// Runs a command that ends by itself.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let output = self.command(arguments).output().unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running `holdfast-server serve`.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    output: Collected,
}

struct Collected {
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

fn collect(stream: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            let mut text = into.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    })
}

impl Server {
    /// Starts it and waits until it says where it is.
    pub(crate) fn start(env: &Env) -> Self {
        let mut child = env.command(&["serve"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (Arc::<Mutex<String>>::default(), Arc::<Mutex<String>>::default());
        let readers = vec![
            collect(child.stdout.take().unwrap(), Arc::clone(&stdout)),
            collect(child.stderr.take().unwrap(), Arc::clone(&stderr)),
        ];
        let mut server = Self { child, url: String::new(), output: Collected { stdout, stderr, readers } };
        server.url = wait_for("the server's address", || {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("the server ended ({status}):\n{}", server.stderr());
            }
            let text = server.stdout();
            let line = text.lines().find_map(|line| line.strip_prefix("Holdfast is at "))?;
            Some(line.split_whitespace().next()?.to_owned())
        });
        server
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&self) -> String {
        self.output.stdout.lock().unwrap().clone()
    }

    pub(crate) fn stderr(&self) -> String {
        self.output.stderr.lock().unwrap().clone()
    }

    /// The setup link that was printed.
    pub(crate) fn setup_code(&self) -> String {
        let text = wait_for("the setup link", || Some(self.stdout()).filter(|text| text.contains("/setup?code=")));
        let code = text.split("/setup?code=").nth(1).unwrap();
        code.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap().to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.pid()).unwrap()), signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let status = wait_for("the end of the server", || self.child.try_wait().unwrap());
        for reader in self.output.readers.drain(..) {
            reader.join().unwrap();
        }
        status
    }

    /// Stops it as a service manager does, and gives what it wrote.
    pub(crate) fn stop(mut self) -> (ExitStatus, String, String) {
        self.signal(Signal::SIGTERM);
        let status = self.ended();
        (status, self.stdout(), self.stderr())
    }

    /// As a power cut does.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::SIGKILL);
        self.ended();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only ours, by its number, and only if it still runs. PostgreSQL ends with it.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The process number of the embedded PostgreSQL of this data folder, while one is ready.
pub(crate) fn postgres_pid(data: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(data.join("postgres/pg/postmaster.pid")).ok()?;
    let ready = text.lines().nth(7).is_some_and(|status| status.trim() == "ready");
    text.lines().next()?.trim().parse().ok().filter(|_| ready)
}

/// Whether a process of this number runs (a zombie does not).
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/stat")));
    stat.is_ok_and(|stat| !stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z')))
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) client: reqwest::Client,
    pub(crate) url: String,
    pub(crate) account: String,
    pub(crate) device: String,
    pub(crate) token: String,
    pub(crate) epoch: String,
}

impl Person {
    /// Makes the first account.
    pub(crate) async fn set_up(server: &Server) -> Self {
        Self::set_up_at(&server.url, &server.setup_code()).await
    }

    pub(crate) async fn set_up_at(url: &str, code: &str) -> Self {
        let body = json!({
            "code": code, "email": EMAIL, "password": PASSWORD, "device": {"name": "laptop", "platform": "cli"}
        });
        let (status, signed_in) = post(url, "/v1/setup", &body).await;
        assert_eq!(status, 201, "{signed_in}");
        Self::signed_in(url, &signed_in)
    }

    pub(crate) async fn sign_in(url: &str) -> Self {
        let body = json!({"email": EMAIL, "password": PASSWORD, "device": {"name": "phone", "platform": "cli"}});
        let (status, signed_in) = post(url, "/v1/sessions", &body).await;
        assert_eq!(status, 201, "{signed_in}");
        Self::signed_in(url, &signed_in)
    }

    pub(crate) fn signed_in(url: &str, signed_in: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            client: reqwest::Client::new(),
            url: url.to_owned(),
            account: text(&signed_in["account"]["id"]),
            device: text(&signed_in["deviceId"]),
            token: text(&signed_in["token"]),
            epoch: text(&signed_in["epoch"]),
        }
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .header("holdfast-protocol", "1")
            .header("holdfast-account", &self.account)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(reqwest::Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.request(reqwest::Method::POST, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.request(reqwest::Method::DELETE, path)).await
    }

    /// Pushes these operations and gives their outcomes.
    pub(crate) async fn push(&self, operations: &[Value]) -> (u16, Value) {
        self.post("/v1/sync/push", &json!({"epoch": self.epoch, "operations": operations})).await
    }

    /// Names of all places, in order.
    pub(crate) async fn place_names(&self) -> Vec<String> {
        let (status, list) = self.get("/v1/places?limit=200").await;
        assert_eq!(status, 200, "{list}");
        let places = list["places"].as_array().unwrap();
        let mut names: Vec<_> = places.iter().map(|p| p["name"].as_str().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    }
}

/// A create as a device sends it.
pub(crate) fn create(name: &str) -> Value {
    json!({
        "opId": Uuid::now_v7(), "payloadVersion": 1, "kind": "create", "clientId": Uuid::now_v7(),
        "place": {
            "name": name, "latitude": 47.5, "longitude": 8.25, "accuracy": 12.0, "capturedAt": "2026-01-02T03:04:05Z",
            "source": "cli", "positionSource": "fix"
        }
    })
}

pub(crate) async fn post(url: &str, path: &str, body: &Value) -> (u16, Value) {
    answer(reqwest::Client::new().post(format!("{url}{path}")).json(body)).await
}

pub(crate) async fn get(url: &str, path: &str) -> (u16, Value) {
    answer(reqwest::Client::new().get(format!("{url}{path}"))).await
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (status, value)
}
