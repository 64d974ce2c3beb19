//! Tests with a real PostgreSQL that need more than the public interface.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::binaries::Binaries;
use crate::folder::DataFolder;
use crate::identity::{Identity, Lifetime};
use crate::{Durability, Postgres, Settings, postmaster, server};

fn settings(data_dir: &std::path::Path) -> Settings {
    Settings { durability: Durability::None, ..Settings::new(data_dir) }
}

/// Starts a PostgreSQL that nobody holds: what is left on a system without parent-death signals.
fn orphan(settings: &Settings) -> Child {
    Postgres::start(settings).unwrap().stop().unwrap();
    let folder = DataFolder::lock(&settings.data_dir).unwrap();
    let binaries = Binaries::find(None, None).unwrap();
    let identity = Identity::choose(&folder.cluster(), &binaries.program("postgres")).unwrap();
    let sockets = folder.socket_dir(&identity).unwrap();
    let mut command = server::command(settings, &folder, &binaries, &identity, &sockets, Lifetime::ByItself);
    let log = folder.open_log().unwrap().file;
    let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let until = Instant::now() + Duration::from_mins(1);
    while !postmaster::read(&folder.cluster()).is_some_and(|file| file.ready && file.pid == child.id()) {
        assert!(Instant::now() < until, "the orphan did not become ready");
        std::thread::yield_now();
    }
    child
}

#[test]
fn a_living_orphan_is_shut_down_in_order_and_replaced() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(&root.path().join("data"));
    let mut orphan = orphan(&settings);
    let postgres = Postgres::start(&settings).unwrap();
    assert_ne!(postgres.pid(), orphan.id());
    let status = orphan.wait().unwrap();
    assert!(status.success(), "the orphan ended with {status}");
    postgres.stop().unwrap();
}

#[test]
fn an_orphan_that_was_killed_leaves_nothing_in_the_way() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(&root.path().join("data"));
    let mut orphan = orphan(&settings);
    orphan.kill().unwrap();
    // Not collected yet: a zombie, whose number is still taken.
    let postgres = Postgres::start(&settings).unwrap();
    assert_eq!(orphan.wait().unwrap().signal(), Some(9));
    postgres.stop().unwrap();
}

#[test]
fn root_without_namespaces_runs_it_as_another_user() {
    let root = tempfile::tempdir().unwrap();
    let Ok(Some(user)) = nix::unistd::User::from_name("nobody") else {
        return;
    };
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let settings = settings(&root.path().join("data"));
    let identity = Identity::User { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() };
    let folder = DataFolder::lock(&settings.data_dir).unwrap();
    let cluster = folder.cluster();
    let binaries = Binaries::find(None, None).unwrap();
    let postgres = Postgres::start_as(&settings, folder, binaries.clone(), &identity).unwrap();
    assert_eq!(cluster.metadata().unwrap().uid(), user.uid.as_raw());
    assert_eq!(postgres.socket_dir().metadata().unwrap().uid(), user.uid.as_raw());
    // Nobody else may look into the data folder.
    let mode = settings.data_dir.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o710);
    postgres.stop().unwrap();

    // From now on, the cluster's owner runs it, even where there are namespaces.
    let chosen = Identity::choose(&cluster, &binaries.program("postgres")).unwrap();
    assert_eq!(chosen, identity);
    Postgres::start(&settings).unwrap().stop().unwrap();
}
