//! The shipped server as a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long it may take to start.
const START_LIMIT: Duration = Duration::from_mins(1);

/// Builds `holdfast-server` beside this binary. Only under cargo, which knows whether there is anything to build.
pub(crate) fn build() -> Result<()> {
    let (Some(cargo), Some(manifest)) = (std::env::var_os("CARGO"), std::env::var_os("CARGO_MANIFEST_DIR")) else {
        return Ok(());
    };
    let mut command = Command::new(cargo);
    // Together with this package, so that features, and with them everything built already, are the same.
    command.args(["build", "--package", "holdfast-server", "--package", "holdfast-sim", "--bin", "holdfast-server"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let status = command.current_dir(manifest).status().context("could not run cargo")?;
    if !status.success() {
        bail!("holdfast-server could not be built");
    }
    Ok(())
}

fn binary() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("holdfast-server");
    if !path.exists() {
        bail!("{} is not built; run the benchmarks with `cargo xtask bench`", path.display());
    }
    Ok(path)
}

/// A running `holdfast-server`. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
}

impl Server {
    /// Starts one on this database: default settings and the `further` ones, but no rate limits. It
    /// logs into `folder`.
    pub(crate) fn start(database_url: &str, folder: &Path, further: &[(String, String)]) -> Result<Self> {
        let mut command = Command::new(binary()?);
        for variable in holdfast_server::settings::VARIABLES {
            command.env_remove(variable.name).env_remove(format!("{}_FILE", variable.name));
        }
        let mut child = command
            .arg("serve")
            .current_dir(folder)
            .env("DATABASE_URL", database_url)
            .env("LISTEN", "127.0.0.1:0")
            .env("RATE_LIMIT_PER_MINUTE", "0")
            .env("SIGN_IN_LIMIT_PER_MINUTE", "0")
            .envs(further.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("server.log"))?)
            .spawn()
            .context("could not start holdfast-server")?;
        let stdout = child.stdout.take().context("its output is not piped")?;
        let (send, first) = mpsc::channel();
        // Reads to the end, so that the server never waits for a reader.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let mut server = Self { child, address: String::new() };
        let line = first.recv_timeout(START_LIMIT).map_err(|_| {
            let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
            anyhow::anyhow!("holdfast-server did not start:\n{log}")
        })?;
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        url.with_context(|| format!("no address in {line:?}"))?.clone_into(&mut server.address);
        Ok(server)
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        kill(Pid::from_raw(i32::try_from(self.child.id())?), Signal::SIGTERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
