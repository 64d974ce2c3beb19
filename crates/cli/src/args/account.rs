//! Signing in and out, and devices.

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  holdfast pair 'http://localhost:8080/setup?code=ABCD-EFGH-JKMN-PQRS'   a new server: makes its first account
  holdfast pair https://places.example.org --email ada@example.org        with e-mail and password
  holdfast pair --new-code                                                on a device that is signed in
  holdfast pair https://places.example.org --code ABCD-EFGH               on the other device

The password is asked for, or read from standard input (--password-stdin) or HOLDFAST_PASSWORD.")]
pub(crate) struct Pair {
    /// The setup link that a new server printed, or a server's address
    #[arg(required_unless_present = "new_code", value_name = "LINK|SERVER")]
    pub(crate) target: Option<String>,
    /// A pairing code from a device that is signed in
    #[arg(long, conflicts_with_all = ["email", "new_code"])]
    pub(crate) code: Option<String>,
    /// The account's e-mail address
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// What to call this device [default: the machine's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) device_name: Option<String>,
    /// Make a code that signs in another device (this one must be signed in)
    #[arg(long, conflicts_with_all = ["target", "email", "password_stdin", "device_name", "adopt", "keep_separate"])]
    pub(crate) new_code: bool,
    /// Take places saved without an account into this one, without asking
    #[arg(long, conflicts_with = "keep_separate")]
    pub(crate) adopt: bool,
    /// Leave places saved without an account where they are, without asking
    #[arg(long)]
    pub(crate) keep_separate: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SignOut {
    /// Sign out although something has not been sent yet (it is kept)
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Devices {
    #[command(subcommand)]
    pub(crate) command: Option<DevicesCommand>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum DevicesCommand {
    /// The account's devices (the default)
    List,
    /// End a device's access
    Revoke {
        /// The device's id or the beginning of it, or its name
        device: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Shares {
    #[command(subcommand)]
    pub(crate) command: Option<SharesCommand>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum SharesCommand {
    /// What you show to others (the default)
    List,
    /// Let shares that a restored backup suspended show again what they showed: all of them, or those of one place
    Confirm {
        /// The place's name, or its id or the beginning of it
        place: Option<String>,
        /// Only the share with this e-mail address
        #[arg(long, value_name = "EMAIL", requires = "place")]
        with: Option<String>,
    },
    /// Take shares of a place back
    Revoke {
        /// The place's name, or its id or the beginning of it
        place: String,
        /// Only the share with this e-mail address
        #[arg(long, value_name = "EMAIL")]
        with: Option<String>,
    },
}
