//! One file per command.

mod capture;
mod change;
mod devices;
mod export;
mod import;
mod journal;
mod list;
mod outbox;
mod pair;
mod resolve;
mod shares;
mod show;
mod status;
mod sync;
mod watch;

pub(crate) use export::WRITABLE;

use clap::CommandFactory;

use crate::args::{Cli, Command};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// What a command comes to.
pub(crate) type Outcome = Result<Exit, Failure>;

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli, output: Output) -> Outcome {
    if let Command::Completions { shell } = cli.command {
        return completions(shell);
    }
    let context = Context::open(cli.global.home, output)?;
    match cli.command {
        Command::Pair(args) => pair::pair(&context, args),
        Command::SignOut(args) => pair::sign_out(&context, &args),
        Command::Adopt => pair::adopt(&context),
        Command::Save(args) => capture::save(&context, args),
        Command::Fix(args) => capture::fix(&context, &args),
        Command::List(args) => list::list(&context, &args),
        Command::Show(args) => show::show(&context, &args),
        Command::Edit(args) => change::edit(&context, args),
        Command::Delete(args) => change::delete(&context, &args),
        Command::Restore(args) => change::restore(&context, &args),
        Command::Resolve(args) => resolve::resolve(&context, &args),
        Command::Outbox(args) => outbox::outbox(&context, args),
        Command::Sync => sync::sync(&context),
        Command::Status => status::status(&context),
        Command::Watch => watch::watch(&context),
        Command::Devices(args) => devices::devices(&context, args),
        Command::Shares(args) => shares::shares(&context, args),
        Command::Import(args) => import::import(&context, args),
        Command::Export(args) => export::export(&context, &args),
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "holdfast", &mut script);
    std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
    Ok(Exit::Done)
}
