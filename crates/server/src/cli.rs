//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::{self, Settings};
use crate::{admin, backup, doctor, say, serve, telemetry};

/// Threads for blocking work: password hashes, starting and stopping PostgreSQL, looking up names.
const BLOCKING_THREADS_MAX: usize = 16;

/// Holdfast's server: keeps private places, syncs them with every device, runs anywhere with one command.
#[derive(Debug, Parser)]
#[command(name = "holdfast-server", version, after_help = settings::help(), after_long_help = settings::help())]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until it is told to stop (Ctrl-C, SIGTERM)
    Serve,
    /// Bring the database to this version's schema, and end
    Migrate,
    /// Make a backup of everything in one file, while the server runs
    Backup(backup::Backup),
    /// Put a backup back, in place of what is there; the server must be stopped
    Restore(backup::Restore),
    /// Say that the database was put back to an older state by other means (such as a snapshot of the disk)
    ///
    /// Gives it a new epoch, so that devices give back what it lacks; ends every session; suspends every share until its owner
    /// confirms it.
    Restored,
    /// Accounts, passwords and plans
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// The same as `admin add-user`, for who looks for it here
    #[command(hide = true)]
    AddUser(admin::AddUser),
    /// Check settings, PostgreSQL, data folder, database and port, and say what to do
    Doctor,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = match Settings::from_env() {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("holdfast-server: {error}");
            return ExitCode::from(2);
        }
    };
    telemetry::init_logs(&settings);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_name("holdfast")
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("holdfast-server: can't start threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let serves = matches!(cli.command, Command::Serve);
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Serve => serve::serve(settings).await,
            Command::Migrate => admin::migrate(&settings).await,
            Command::Backup(args) => backup::backup(&settings, args).await,
            Command::Restore(args) => backup::restore(&settings, args).await,
            Command::Restored => backup::restored(&settings).await,
            Command::Admin(command) => admin::run(&settings, command).await,
            Command::AddUser(args) => admin::run(&settings, admin::AdminCommand::AddUser(args)).await,
            Command::Doctor => doctor::run(&settings).await,
        }
    });
    match outcome {
        // A server lives on when the terminal it announced itself on has gone.
        Ok(ExitCode::SUCCESS) if !serves && say::is_unread() => ExitCode::from(say::BROKEN_PIPE),
        Ok(code) => code,
        Err(error) => {
            eprintln!("holdfast-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_help_says_every_setting() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        let help = command.render_long_help().to_string();
        for variable in settings::VARIABLES {
            assert!(help.contains(variable.name), "{}", variable.name);
        }
    }
}
