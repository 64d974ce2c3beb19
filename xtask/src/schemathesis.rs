//! `schemathesis`: tries the OpenAPI document against a running server of its own.
//!
//! No reply may be a server error, or of a status, type or schema that the document does not name.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::process::{cargo, run as run_command, stop_in_order, succeeds};

/// The packages and their versions, in `api/`.
const REQUIREMENTS: &str = "schemathesis-requirements.txt";
/// What ends the access it is called with: tried at the end, with a token of its own.
const ENDING: [&str; 2] = ["/v1/devices/{id}", "/v1/sessions/current"];

/// Requests per operation that CI tries; the same ones each time.
const EXAMPLES_OF_CI: u32 = 5;

/// Tries so many requests per operation, beyond those that the document's own examples and bounds give.
pub(crate) fn run(examples: u32, seed: Option<u32>) -> Result<()> {
    stop_in_order()?;
    with(examples, seed)
}

/// As CI runs it.
pub(crate) fn for_ci() -> Result<()> {
    with(EXAMPLES_OF_CI, Some(1))
}

fn with(examples: u32, seed: Option<u32>) -> Result<()> {
    crate::needs::postgres()?;
    let target = crate::run::target_dir()?;
    let schemathesis = install(&target.join("schemathesis"))?;
    run_command(&mut cargo(["build", "--package", "holdfast-server"]))?;
    let server = Server::start(&target.join("debug/holdfast-server"))?;
    let mut options = vec!["--max-examples".to_owned(), examples.to_string()];
    options.extend(seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
    let code = format!("\"code\":\"{}\",", server.code);
    let mut all = server.schemathesis(&schemathesis, &server.token("/v1/setup", &code)?);
    all.args(ENDING.iter().flat_map(|path| ["--exclude-path", path])).args(&options);
    run_command(&mut all)?;
    for path in ENDING {
        let mut ending = server.schemathesis(&schemathesis, &server.token("/v1/sessions", "")?);
        run_command(ending.args(["--include-path", path]).args(&options))?;
    }
    Ok(())
}

/// The pinned packages in a virtual environment of their own; the program in it.
fn install(environment: &Path) -> Result<PathBuf> {
    let wanted = crate::root().join("api").join(REQUIREMENTS);
    let installed = environment.join(REQUIREMENTS);
    let program = environment.join("bin/schemathesis");
    let requirements = fs::read_to_string(&wanted).with_context(|| format!("read api/{REQUIREMENTS}"))?;
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == requirements) {
        return Ok(program);
    }
    if !succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"])) {
        bail!("python3 with its module venv is missing; `apt-get install python3-venv` on Debian");
    }
    run_command(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))?;
    let mut install = Command::new(environment.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    run_command(&mut install)
        .context("schemathesis comes from the Python package index, which must be reachable once")?;
    fs::write(&installed, requirements)?;
    Ok(program)
}

/// A server with its own PostgreSQL and nothing in it.
struct Server {
    process: Child,
    /// Host and port.
    address: String,
    /// With which the first account is made.
    code: String,
    data: tempfile::TempDir,
}

impl Server {
    fn start(program: &Path) -> Result<Self> {
        let data = tempfile::tempdir().context("make a folder for the data")?;
        let mut process = Command::new(program)
            .arg("serve")
            .env("HOLDFAST_DATA", data.path())
            .env("LISTEN", "127.0.0.1:0")
            .env("RATE_LIMIT_PER_MINUTE", "0")
            .env("SIGN_IN_LIMIT_PER_MINUTE", "0")
            .env("RUST_LOG", "error")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let mut lines = BufReader::new(process.stdout.take().context("the server's words")?).lines();
        let link = lines.find_map(|line| {
            let line = line.ok()?;
            let (address, code) = line.trim().strip_prefix("http://")?.split_once("/setup?code=")?;
            Some((address.to_owned(), code.to_owned()))
        });
        // What it says later must not meet a closed pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let (address, code) = link.unwrap_or_default();
        let server = Self { process, address, code, data };
        if server.code.is_empty() {
            bail!("the server ended before it printed its setup link");
        }
        Ok(server)
    }

    /// Signs in at `path` and returns the token.
    fn token(&self, path: &str, more: &str) -> Result<String> {
        let body = format!(
            r#"{{{more}"email":"ada@example.org","password":"a password for trials","device":{{"name":"trial"}}}}"#
        );
        let mut stream = TcpStream::connect(&self.address).context("reach the server")?;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        let token = reply.split_once("\"token\":\"").and_then(|(_, rest)| rest.split_once('"'));
        token.map(|(token, _)| token.to_owned()).with_context(|| format!("sign in at {path}: {reply}"))
    }

    fn schemathesis(&self, program: &Path, token: &str) -> Command {
        let mut command = Command::new(program);
        command
            .arg("--config-file")
            .arg(crate::root().join("api/schemathesis.toml"))
            .args(["run", &format!("http://{}/api/openapi.json", self.address), "--generation-database", "none"])
            .env("HOLDFAST_TOKEN", token)
            .current_dir(self.data.path());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It stops its PostgreSQL in order before its folder is removed.
        let _ = kill(Pid::from_raw(self.process.id().cast_signed()), Signal::SIGTERM);
        let _ = self.process.wait();
    }
}
