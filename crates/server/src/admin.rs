//! `holdfast-server admin …` and `migrate`: what an administrator does beside the running server, or without one.

use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use holdfast_contract::account::PairingCode;
use holdfast_service::{Admin, Clock, Plan, SystemClock, UserSummary};
use tokio::sync::oneshot;

use crate::database::Database;
use crate::postgres::DATABASE;
use crate::say::say;
use crate::settings::{DatabaseSettings, Settings};

/// Longest password that is read from standard input, in bytes; beyond it nothing is read.
const PASSWORD_BYTES_MAX: u64 = 64 * 1024;

/// A new account.
#[derive(Debug, Args)]
pub(crate) struct AddUser {
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    password: PasswordSource,
}

/// An account, by its e-mail address, with or without `--email` in front.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Who {
    /// The account's e-mail address
    #[arg(value_name = "EMAIL")]
    address: Option<String>,
    /// The same, by its name
    #[arg(long)]
    email: Option<String>,
}

impl Who {
    fn email(self) -> String {
        // One of them is required.
        self.address.or(self.email).unwrap_or_default()
    }
}

/// What an administrator can do.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Add an account; prints a one-time code for its first device, or takes a password
    AddUser(AddUser),
    /// Show every account
    ListUsers,
    /// Set a new password, or print a one-time code for a device
    ResetPassword {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        password: PasswordSource,
        /// Also sign out every device and browser of the account
        #[arg(long)]
        sign_out: bool,
    },
    /// Put an account on a plan
    SetPlan {
        #[command(flatten)]
        who: Who,
        /// The plan's name; with limits it is made, or changed for everybody on it
        #[arg(long)]
        plan: String,
        /// Most live places
        #[arg(long, value_parser = clap::value_parser!(i64).range(0..))]
        places_max: Option<i64>,
        /// Most bytes of media
        #[arg(long, value_parser = clap::value_parser!(i64).range(0..))]
        media_bytes_max: Option<i64>,
    },
}

/// Where a password comes from. Never from an argument, which every other user of the machine could read.
#[derive(Debug, Args)]
pub(crate) struct PasswordSource {
    /// Read the password from standard input (asked for, if that is a terminal)
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordSource {
    fn read(&self) -> anyhow::Result<Option<String>> {
        if !self.password_stdin {
            return Ok(None);
        }
        if std::io::stdin().is_terminal() {
            return Ok(Some(rpassword::prompt_password("New password: ").context("no password was read")?));
        }
        let mut text = String::new();
        std::io::stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text).context("no password was read")?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// `holdfast-server migrate`.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<ExitCode> {
    let database = Reached::open(settings).await?;
    let outcome = holdfast_store::migrate(database.url()).await;
    database.close().await;
    outcome?;
    say!("The database is up to date.");
    Ok(ExitCode::SUCCESS)
}

/// `holdfast-server admin …`.
pub(crate) async fn run(settings: &Settings, command: AdminCommand) -> anyhow::Result<ExitCode> {
    let database = Reached::open(settings).await?;
    let outcome = run_on(&database, settings, command).await;
    database.close().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn run_on(database: &Reached, settings: &Settings, command: AdminCommand) -> anyhow::Result<()> {
    if database.is_ours() {
        holdfast_store::migrate(database.url()).await?;
    } else if holdfast_store::migrations_pending(database.url()).await? {
        bail!("the database is not at this version's schema; run `holdfast-server migrate` first");
    }
    let mut admin = Admin::connect(database.url()).await?;
    let now = SystemClock.now();
    match command {
        AdminCommand::AddUser(AddUser { who, password }) => {
            let code = admin.add_user(&who.email(), password.read()?.as_deref(), now).await?;
            say!("The account was added.");
            let has_code = code.is_some();
            show_code(settings, code);
            if has_code {
                say!("or set the account's first password with it, in a browser:");
                say!("  {}/first-password", url(settings));
            }
        }
        AdminCommand::ListUsers => show_users(&admin.list_users().await?),
        AdminCommand::ResetPassword { who, password, sign_out } => {
            let password = password.read()?;
            let (code, revoked) = admin.reset_password(&who.email(), password.as_deref(), sign_out, now).await?;
            if password.is_some() {
                say!("The new password is set.");
            }
            if sign_out {
                say!("Signed out: {revoked}.");
            }
            show_code(settings, code);
        }
        AdminCommand::SetPlan { who, plan, places_max, media_bytes_max } => {
            let limited = places_max.is_some() || media_bytes_max.is_some();
            let limits = limited.then(|| Plan { id: plan.clone(), places_max, media_bytes_max });
            admin.set_plan(&who.email(), &plan, limits).await?;
            say!("The account is on the plan {plan}.");
        }
    }
    Ok(())
}

fn url(settings: &Settings) -> String {
    settings.public_url.clone().unwrap_or_else(|| format!("http://{}", settings.listen))
}

fn show_code(settings: &Settings, code: Option<PairingCode>) {
    let Some(code) = code else { return };
    let url = url(settings);
    say!("Sign one device in with this code, which works once, until {}:", code.expires_at);
    say!("  {}", code.code);
    say!("on a terminal:");
    say!("  holdfast pair {url} --code {}", code.code);
}

fn show_users(users: &[UserSummary]) {
    if users.is_empty() {
        say!("There is no account yet.");
        return;
    }
    let width = users.iter().map(|user| user.email.chars().count()).max().unwrap_or(0).max(6);
    say!("{:<width$}  {:<12}  {:>8}  {:>7}  {:<20}  state", "e-mail", "plan", "places", "devices", "last sync");
    for user in users {
        let last_sync = user.last_sync_at.map_or_else(|| "never".to_owned(), |at| at.to_string()[..19].to_owned());
        let state = match (user.suspended, user.has_password) {
            (true, _) => "suspended",
            (false, false) => "no password yet",
            (false, true) => "active",
        };
        say!(
            "{:<width$}  {:<12}  {:>8}  {:>7}  {last_sync:<20}  {state}",
            user.email,
            user.plan,
            user.places,
            user.devices
        );
    }
}

/// A database that a command uses beside a running server, or, with the embedded one, without it.
pub(crate) enum Reached {
    /// Somebody runs it.
    Running(String),
    /// The embedded one, started for this command.
    Started(Database),
}

impl Reached {
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let DatabaseSettings::External { url } = &settings.database {
            return Ok(Self::Running(url.clone()));
        }
        let (give_up, _) = oneshot::channel();
        match Database::open(settings, give_up).await {
            Ok(database) => Ok(Self::Started(database)),
            Err(in_use @ holdfast_postgres::Error::InUse { .. }) => {
                let url = holdfast_postgres::running_url(&settings.postgres_dir(), DATABASE);
                Ok(Self::Running(url.ok_or(in_use).context("it is not ready at the moment")?))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Running(url) => url,
            Self::Started(database) => database.url(),
        }
    }

    /// Whether it was started for this command, so that no server runs on it.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Started(_))
    }

    pub(crate) async fn close(self) {
        if let Self::Started(database) = self {
            database.close().await;
        }
    }
}
