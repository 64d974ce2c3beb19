//! Makes a new cluster, completely or not at all.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::binaries::Binaries;
use crate::error::Error;
use crate::folder::DataFolder;
use crate::identity::{Identity, Lifetime};
use crate::{Durability, SUPPORTED_VERSIONS};

/// The major version that made the cluster; `None` where there is none yet.
///
/// # Errors
/// [`Error::UnsupportedData`], or where the cluster cannot be read.
pub(crate) fn version(cluster: &Path) -> Result<Option<u32>, Error> {
    if !cluster.exists() {
        return Ok(None);
    }
    let file = cluster.join("PG_VERSION");
    let text = std::fs::read_to_string(&file).map_err(Error::io("read", &file))?;
    match text.trim().parse() {
        Ok(major) if SUPPORTED_VERSIONS.contains(&major) => Ok(Some(major)),
        _ => {
            Err(Error::UnsupportedData { cluster: cluster.to_owned(), version: text.trim().chars().take(20).collect() })
        }
    }
}

/// Makes the cluster: first under another name, which it loses in one step when everything is on disk.
pub(crate) fn create(
    folder: &DataFolder,
    binaries: &Binaries,
    identity: &Identity,
    durability: Durability,
) -> Result<(), Error> {
    let unfinished = folder.unfinished_cluster();
    remove_left_over(&unfinished)?;
    tracing::info!(version = binaries.major, folder = %folder.cluster().display(), "making a new PostgreSQL cluster");
    let mut result = initdb(&unfinished, binaries, identity, durability, unicode_locale(binaries.major));
    if matches!(&result, Err(Error::InitDb { output, .. }) if output.contains("locale")) {
        // A system without that locale: case is then only folded for ASCII.
        remove_left_over(&unfinished)?;
        result = initdb(&unfinished, binaries, identity, durability, &["--locale=C"]);
    }
    result?;
    let cluster = folder.cluster();
    std::fs::rename(&unfinished, &cluster).map_err(Error::io("rename", &unfinished))?;
    // The new name, too, must survive a power cut before anything is promised.
    let root = File::open(folder.root()).and_then(|root| root.sync_all());
    root.map_err(Error::io("write", folder.root()))
}

/// Text is ordered by bytes, which no update of the system changes under an index; upper and lower case are Unicode's.
fn unicode_locale(major: u32) -> &'static [&'static str] {
    if major >= 17 {
        &["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    } else {
        &["--locale=C", "--lc-ctype=C.UTF-8"]
    }
}

fn initdb(
    target: &Path,
    binaries: &Binaries,
    identity: &Identity,
    durability: Durability,
    locale: &[&str],
) -> Result<(), Error> {
    // Another user may not be able to make a folder here, but can fill one of their own.
    std::fs::create_dir(target).map_err(Error::io("make the folder", target))?;
    identity.give(target)?;
    let program = binaries.program("initdb");
    let mut command = identity.command(&program, Lifetime::WithThisThread);
    command.arg("--pgdata").arg(target).current_dir(target).env("LC_ALL", "C");
    // Whoever can open the socket is its owner: there is nothing that a password would add.
    command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--data-checksums"]);
    command.arg("--no-instructions").args(locale);
    if durability == Durability::None {
        command.arg("--no-sync");
    }
    let output = command.output().map_err(Error::io("run", &program))?;
    if output.status.success() {
        return Ok(());
    }
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(Error::InitDb { folder: target.to_owned(), exit: output.status.to_string(), output: text.trim().to_owned() })
}

/// Removes what an interrupted `initdb` left. It may still be dying, and write while this removes.
fn remove_left_over(unfinished: &Path) -> Result<(), Error> {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        match std::fs::remove_dir_all(unfinished) {
            Ok(()) => tracing::info!("removed a half-made PostgreSQL cluster"),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if Instant::now() > until => return Err(Error::io("remove", unfinished)(error)),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}
