//! The shipped binaries as real processes, which can be killed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::PASSWORD;

/// The built binary of this name, beside the test that runs.
pub fn binary(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is not built; `cargo xtask test` does that, or `cargo build -p holdfast-server -p holdfast-cli`",
        path.display()
    );
    path
}

/// A `holdfast-server` process with its embedded PostgreSQL, on disk and with default durability.
pub struct ServerProcess {
    child: Child,
    data: PathBuf,
    listen: String,
    /// The setup link, printed as long as there is no account.
    pub setup_link: Option<String>,
}

impl ServerProcess {
    /// Starts one over `data`, on the port of an earlier one or a free one, and waits until it listens.
    pub fn start(data: &Path, listen: Option<&str>) -> Self {
        Self::try_start(data, listen, None).unwrap_or_else(|why| panic!("{why}"))
    }

    /// The same; what it says on standard error goes to `log`. A server that ends instead, or does not listen within a
    /// minute, is an error with the reason; nothing of it runs then.
    pub fn try_start(data: &Path, listen: Option<&str>, log: Option<&Path>) -> Result<Self, String> {
        let stderr = log.map_or_else(Stdio::null, |path| {
            std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap().into()
        });
        let mut child = Command::new(binary("holdfast-server"))
            .arg("serve")
            .env("HOLDFAST_DATA", data)
            .env("LISTEN", listen.unwrap_or("127.0.0.1:0"))
            .env("RATE_LIMIT_PER_MINUTE", "0")
            .env("SIGN_IN_LIMIT_PER_MINUTE", "0")
            .env("DATABASE_CONNECTIONS", "8")
            .env("RUST_LOG", "warn")
            .env_remove("DATABASE_URL")
            .env_remove("HOLDFAST_TEST_POSTGRES_URL")
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .map_err(|e| e.to_string())?;
        let lines = lines_of(child.stdout.take().unwrap());
        let Ok(first) = lines.recv_timeout(Duration::from_mins(1)) else {
            let _ = child.kill();
            return Err(format!("the server did not start: {:?}", child.wait()));
        };
        let url = first.split_whitespace().find(|word| word.starts_with("http://")).expect("it says where it is");
        let listen = url.trim_start_matches("http://").to_owned();
        // The rest of the announcement comes at once.
        let mut setup_link = None;
        while let Ok(line) = lines.recv_timeout(Duration::from_millis(300)) {
            if line.trim().starts_with("http://") && line.contains("/setup?code=") {
                setup_link = Some(line.trim().to_owned());
                break;
            }
        }
        Ok(Self { child, data: data.to_owned(), listen, setup_link })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Its address for devices.
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Where it listens, for starting it again.
    pub fn listen(&self) -> &str {
        &self.listen
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The id of its PostgreSQL.
    pub fn postgres_pid(&self) -> Option<i32> {
        let text = std::fs::read_to_string(self.data.join("postgres/pg/postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    /// Kills the server, and with `postgres` its PostgreSQL in the same moment, without a word.
    pub fn kill(mut self, postgres: bool) {
        if postgres && let Some(pid) = self.postgres_pid() {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop and waits.
    pub fn stop(mut self) -> std::process::ExitStatus {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(stdout: impl std::io::Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Keeps reading when nobody listens any more: a full pipe would stop the child.
            let _ = send.send(line);
        }
    });
    lines
}

/// A device as its user has it: the `holdfast` command over a home folder.
pub struct Cli {
    home: PathBuf,
}

impl Cli {
    /// Over this home folder.
    pub fn new(home: &Path) -> Self {
        Self { home: home.to_owned() }
    }

    /// The command, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary("holdfast"));
        command
            .arg("--home")
            .arg(&self.home)
            .args(args)
            .env_remove("HOLDFAST_HOME")
            .env("HOLDFAST_PASSWORD", PASSWORD)
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs it with something on standard input.
    pub fn run_with_input(&self, args: &[&str], input: &[u8]) -> Output {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that refuses its arguments ends without reading.
        let _ = stdin.write_all(input);
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// Runs it, asserts success, and gives what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "holdfast {args:?}: {:?}\n{}\n{}",
            output.status.code(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it with `--json`, asserts success, and gives the document.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let mut with_json = vec!["--json"];
        with_json.extend_from_slice(args);
        serde_json::from_str(&self.ok(&with_json)).unwrap()
    }

    /// Starts it and leaves it running.
    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}
