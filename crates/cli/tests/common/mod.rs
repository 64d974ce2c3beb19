//! Runs the real program in a home folder of its own.
#![allow(dead_code, reason = "not every test file needs every helper")]
#![allow(clippy::unwrap_used, reason = "this is test code, which clippy only knows of functions marked so")]

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a home folder in it.
pub(crate) struct Home {
    folder: TempDir,
}

/// What a run of the program came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A file beside the home folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        for name in ["HOLDFAST_PASSWORD", "XDG_DATA_HOME", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(name);
        }
        command.env("HOLDFAST_HOME", self.path()).env("HOME", self.folder.path()).env("TZ", "UTC");
        command.current_dir(self.folder.path()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    pub(crate) fn run_with_input(&self, args: &[&str], input: &[u8]) -> Run {
        let mut child = self.spawn_piped(args);
        // A command that refuses its arguments ends without reading.
        let _ = child.stdin.take().unwrap().write_all(input);
        Run::of(child.wait_with_output().unwrap())
    }

    pub(crate) fn spawn_piped(&self, args: &[&str]) -> Child {
        self.command(args).stdin(Stdio::piped()).spawn().unwrap()
    }

    /// Runs and insists on the exit code.
    pub(crate) fn expect(&self, code: i32, args: &[&str]) -> Run {
        let run = self.run(args);
        assert_eq!(run.code, code, "holdfast {args:?}\nstdout: {}\nstderr: {}", run.out, run.err);
        run
    }

    pub(crate) fn ok(&self, args: &[&str]) -> Run {
        self.expect(0, args)
    }

    /// Runs with `--json`, insists on the exit code and on one document.
    pub(crate) fn json(&self, code: i32, args: &[&str]) -> Value {
        let run = self.expect(code, &[args, &["--json"]].concat());
        assert_eq!(run.err, "", "with --json nothing stands on standard error");
        serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.out))
    }

    /// Saves a place and returns its number.
    pub(crate) fn save(&self, name: &str) -> String {
        let saved = self.json(0, &["save", "47.5", "8.7", "--name", name]);
        saved["place"]["number"].as_i64().unwrap().to_string()
    }

    pub(crate) fn places(&self) -> Vec<Value> {
        self.json(0, &["list", "--all"])["places"].as_array().unwrap().clone()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.places().iter().map(|p| p["name"].as_str().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    }
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Insists that the words stand somewhere in what was printed.
    pub(crate) fn says(&self, words: &str) -> &Self {
        let all = format!("{}\n{}", self.out, self.err);
        assert!(all.contains(words), "\"{words}\" was not said, but:\n{all}");
        self
    }
}

pub(crate) fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../files/tests/fixtures").join(name).to_str().unwrap().to_owned()
}

/// A GPX file of so many waypoints.
pub(crate) fn waypoints(count: usize) -> String {
    let mut text = String::from("<gpx version=\"1.1\">\n");
    for i in 0..count {
        let _ = writeln!(text, "<wpt lat=\"{}\" lon=\"8.5\"><name>w{i:05}</name></wpt>", i % 90);
    }
    text.push_str("</gpx>\n");
    text
}
