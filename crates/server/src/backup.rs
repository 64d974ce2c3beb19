//! `holdfast-server backup`, `restore` and `restored`.
//!
//! A backup is one file of PostgreSQL's own format, made while the server runs, from one snapshot. A restore never touches what
//! is there: it fills a new database beside it, brings that to this version's schema, gives it a new epoch, ends every session
//! and suspends every share *in it*, and only then exchanges the two names, both at once. Killed anywhere before that, it leaves
//! what was served; after it, the restored one, which knows that it is one.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use holdfast_service::{Admin, Clock as _, SystemClock};
use holdfast_store::maintenance::{self, About};

use crate::admin::Reached;
use crate::say::say;
use crate::settings::{DatabaseSettings, Settings};

/// What the database that a restore fills is called, behind the name of the one it will take the place of.
const RESTORING: &str = "_restoring";
/// PostgreSQL cuts longer names.
const NAME_MAX: usize = 63;
/// What a table of contents must name to be one of ours.
const A_TABLE: &str = "server_state";

/// Make a backup.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to make
    file: PathBuf,
    /// Replace the file if it is there already
    #[arg(long)]
    force: bool,
}

/// Put a backup back.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The file that `backup` has made
    file: PathBuf,
}

/// `holdfast-server backup`.
pub(crate) async fn backup(settings: &Settings, args: Backup) -> anyhow::Result<ExitCode> {
    let file = args.file;
    ensure!(!file.is_dir(), "{} is a folder; name a file in it", file.display());
    if file.exists() && !args.force {
        bail!("{} is there already; choose another name, or replace it with --force", file.display());
    }
    let database = Reached::open(settings).await?;
    let made = dump(settings, database.url(), &file).await;
    database.close().await;
    let (accounts, places) = made?;
    let bytes = fs::metadata(&file).map_or(0, |about| about.len());
    let (accounts, places) = (counted(accounts, "account"), counted(places, "place"));
    say!("Backed up to {}: {accounts} with {places}, {bytes} bytes.", file.display());
    say!("It holds everything that is private. Keep it where only you can read it.");
    say!("To put it back, stop the server, then: holdfast-server restore {}", file.display());
    Ok(ExitCode::SUCCESS)
}

fn counted<N: std::fmt::Display + PartialEq + From<u8>>(n: N, what: &str) -> String {
    if n == N::from(1) { format!("1 {what}") } else { format!("{n} {what}s") }
}

async fn dump(settings: &Settings, url: &str, file: &Path) -> anyhow::Result<(usize, i64)> {
    let about = maintenance::about(url).await?;
    ensure!(about.is_ours, "the database {} holds nothing of Holdfast yet; start the server once", about.name);
    let tools = Tools::find(settings, about.major)?;
    // Under another name until it is whole: what has the file's name is a backup.
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = write(&tools, url, &partial);
    if let Err(error) = written.and_then(|()| keep(&partial, file).with_context(|| format!("keep {}", file.display())))
    {
        let _ = fs::remove_file(&partial);
        return Err(error);
    }
    let users = Admin::connect(url).await?.list_users().await?;
    Ok((users.len(), users.iter().map(|user| user.places).sum()))
}

fn write(tools: &Tools, url: &str, partial: &Path) -> anyhow::Result<()> {
    let failed = || format!("write {}", partial.display());
    // For its owner only, from the first byte on.
    let _ = fs::remove_file(partial);
    let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial).with_context(failed)?;
    let mut command = tools.command("pg_dump", url)?;
    command.args(["--format=custom", "--no-password", "--lock-wait-timeout=60000"]).stdout(out.try_clone()?);
    run(command, "pg_dump")?;
    out.sync_all().with_context(failed)?;
    tools.contents(partial).map(|_| ())
}

/// Gives it its name, durably.
fn keep(partial: &Path, file: &Path) -> io::Result<()> {
    fs::rename(partial, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// `holdfast-server restore`.
pub(crate) async fn restore(settings: &Settings, args: Restore) -> anyhow::Result<ExitCode> {
    let file = args.file;
    File::open(&file).with_context(|| format!("{} can't be read", file.display()))?;
    let database = Reached::open(settings).await?;
    let done = put_back(settings, &database, &file).await;
    database.close().await;
    let aside = done?;
    say!("Restored from {}.", file.display());
    say!("Everybody signs in again. Devices then give back by themselves what they have and the backup lacks.");
    say!("Shares show nothing until their owners confirm them: a backup must not undo that one was taken back.");
    say!("What was there before is kept as the database {aside}. Drop it when you are sure.");
    Ok(ExitCode::SUCCESS)
}

async fn put_back(settings: &Settings, database: &Reached, file: &Path) -> anyhow::Result<String> {
    let embedded = matches!(settings.database, DatabaseSettings::Embedded { .. });
    ensure!(!embedded || database.is_ours(), "the server runs on this data folder; stop it first. Nothing was changed");
    let url = database.url();
    let about = maintenance::about(url).await?;
    ensure!(
        about.others == 0,
        "{} connections to the database {} are open; stop the server, and whatever else uses it, first. Nothing was changed",
        about.others,
        about.name
    );
    let tools = Tools::find(settings, about.major)?;
    let contents = tools.contents(file)?;
    ensure!(contents.contains(A_TABLE), "{} is no backup of Holdfast. Nothing was changed", file.display());
    ensure!(
        !about.name.ends_with(RESTORING) && about.name.len() + RESTORING.len() <= NAME_MAX,
        "the database {} can't be restored under this name; rename it first. Nothing was changed",
        about.name
    );
    let new = format!("{}{RESTORING}", about.name);
    let done = async {
        fill(&tools, url, &new, file).await?;
        exchange(url, &about, &new).await
    };
    let done = done.await;
    if done.is_err() {
        // It is nobody's.
        let _ = maintenance::drop_beside(url, &new).await;
    }
    done.context("the backup was not restored, and nothing was changed")
}

/// Fills a new database, and makes of it what a restored one must be.
async fn fill(tools: &Tools, url: &str, name: &str, file: &Path) -> anyhow::Result<()> {
    // Roles belong to the cluster and are not in the file; a migration makes them.
    let new = maintenance::make_beside(url, name).await?;
    holdfast_store::migrate(&new).await?;
    let new = maintenance::make_beside(url, name).await?;
    let mut command = tools.command("pg_restore", &new)?;
    command.args(["--no-owner", "--exit-on-error", "--single-transaction", "--no-password"]).arg(file);
    run(command, "pg_restore")?;
    maintenance::give_to_owners(&new).await?;
    holdfast_store::migrate(&new).await.context("bring it to this version's schema (is it of a newer version?)")?;
    let mut admin = Admin::connect(&new).await?;
    admin.after_restore(SystemClock.now()).await?;
    Ok(())
}

async fn exchange(url: &str, about: &About, new: &str) -> anyhow::Result<String> {
    let now = SystemClock.now().to_string();
    let digits: String = now.chars().filter(char::is_ascii_digit).collect();
    let aside = format!("holdfast_before_{digits}");
    maintenance::exchange(url, &about.name, new, &aside)
        .await
        .context("the restored database could not take the place of the present one, which is as it was")?;
    Ok(aside)
}

/// `holdfast-server restored`.
pub(crate) async fn restored(settings: &Settings) -> anyhow::Result<ExitCode> {
    let database = Reached::open(settings).await?;
    let done = async {
        let about = maintenance::about(database.url()).await?;
        ensure!(about.is_ours, "the database {} holds nothing of Holdfast", about.name);
        holdfast_store::migrate(database.url()).await?;
        Admin::connect(database.url()).await?.after_restore(SystemClock.now()).await?;
        anyhow::Ok(())
    };
    let done = done.await;
    database.close().await;
    done?;
    say!("Noted: the database has a new epoch, every session is ended, every share waits for its owner.");
    say!("Devices give back by themselves what they have and the database lacks, once they are signed in again.");
    Ok(ExitCode::SUCCESS)
}

/// PostgreSQL's own programs, of the version that runs the database.
struct Tools {
    bin_dir: PathBuf,
}

impl Tools {
    fn find(settings: &Settings, major: u32) -> anyhow::Result<Self> {
        let explicit = match &settings.database {
            DatabaseSettings::Embedded { bin_dir, .. } => bin_dir.as_deref(),
            DatabaseSettings::External { .. } => None,
        };
        let bin_dir = holdfast_postgres::find_bin_dir_of(explicit, major)
            .with_context(|| format!("backups need the programs of PostgreSQL {major}, which runs the database"))?;
        for name in ["pg_dump", "pg_restore"] {
            let program = bin_dir.join(name);
            ensure!(program.exists(), "{} is missing; install PostgreSQL {major}'s client programs", program.display());
        }
        Ok(Self { bin_dir })
    }

    /// A program that works on this database. A password goes by the environment: arguments can be read by everybody.
    fn command(&self, program: &str, database: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(self.bin_dir.join(program));
        let mut url = url::Url::parse(database).context("the database's address")?;
        if let Some(password) = url.password() {
            let password = percent_encoding::percent_decode_str(password).decode_utf8()?.into_owned();
            command.env("PGPASSWORD", password);
            // It can only fail for addresses that can't have one.
            let _ = url.set_password(None);
        }
        command.arg(format!("--dbname={url}")).stdin(Stdio::null());
        Ok(command)
    }

    /// The table of contents of a backup.
    fn contents(&self, file: &Path) -> anyhow::Result<String> {
        let output =
            Command::new(self.bin_dir.join("pg_restore")).arg("--list").arg(file).stdin(Stdio::null()).output()?;
        ensure!(
            output.status.success(),
            "{} is no backup that can be read ({}). Nothing was changed",
            file.display(),
            reason(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn run(mut command: Command, name: &str) -> anyhow::Result<()> {
    let output = command.stderr(Stdio::piped()).spawn().and_then(std::process::Child::wait_with_output);
    let output = output.with_context(|| format!("run {name}"))?;
    let reason = reason(&output.stderr);
    let hint = if reason.contains("row-level security") {
        " (the user of DATABASE_URL must be allowed to read past it: back up as a superuser, or give the user BYPASSRLS)"
    } else {
        ""
    };
    ensure!(output.status.success(), "{name} failed: {reason}{hint}");
    Ok(())
}

/// What a program complained about, without the rows that it may have quoted.
fn reason(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| line.contains("error:")).or_else(|| text.lines().next());
    line.unwrap_or("it said nothing").trim().to_owned()
}
