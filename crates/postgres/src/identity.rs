//! As whom PostgreSQL runs, and what is said to the kernel between `fork` and `exec`.
//!
//! PostgreSQL refuses to run as root, and rightly: a server process that can be talked into reading files should not be
//! able to read all of them. Inside a fresh user namespace without any mapping, root is nobody in particular: the process
//! keeps its access to files that root *owns* and loses every capability over the rest of the machine.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::SigSet;
use nix::unistd::{Uid, User};

use crate::error::Error;

/// As whom PostgreSQL's programs run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// As the caller, who is not root.
    Caller,
    /// As root in a user namespace of its own, where it is not root.
    Namespace,
    /// As another user, because the caller is root and there is no namespace to be had.
    User {
        /// Name, for messages.
        name: String,
        uid: u32,
        gid: u32,
    },
}

impl Identity {
    /// Decides as whom to run. `cluster` is the cluster's folder: whoever owns an existing one runs it.
    ///
    /// # Errors
    /// [`Error::Root`] where a root caller has no way to become somebody else.
    pub(crate) fn choose(cluster: &Path, postgres: &Path) -> Result<Self, Error> {
        if !Uid::effective().is_root() {
            return Ok(Self::Caller);
        }
        match cluster.metadata() {
            Ok(existing) if existing.uid() != 0 => return Ok(Self::owner(&existing)),
            _ => {}
        }
        match Self::Namespace.probe(postgres) {
            Ok(()) => Ok(Self::Namespace),
            Err(reason) => Self::postgres_user().ok_or(Error::Root { reason }),
        }
    }

    fn owner(existing: &std::fs::Metadata) -> Self {
        let name = User::from_uid(Uid::from_raw(existing.uid())).ok().flatten();
        Self::User {
            name: name.map_or_else(|| existing.uid().to_string(), |user| user.name),
            uid: existing.uid(),
            gid: existing.gid(),
        }
    }

    fn postgres_user() -> Option<Self> {
        ["postgres", "_postgres"].iter().find_map(|name| {
            let user = User::from_name(name).ok().flatten()?;
            Some(Self::User { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() })
        })
    }

    /// Tries whether a program can be run this way at all.
    fn probe(&self, program: &Path) -> io::Result<()> {
        let mut command = self.command(program, Lifetime::WithThisThread);
        let status = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
    }

    /// Makes the owner of `path`, which exists, whoever PostgreSQL runs as.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        match self {
            Self::User { uid, gid, .. } => {
                std::os::unix::fs::lchown(path, Some(*uid), Some(*gid)).map_err(Error::io("change the owner of", path))
            }
            Self::Caller | Self::Namespace => Ok(()),
        }
    }

    /// The user who will own what PostgreSQL makes.
    pub(crate) fn uid(&self) -> u32 {
        match self {
            Self::User { uid, .. } => *uid,
            Self::Caller | Self::Namespace => Uid::effective().as_raw(),
        }
    }

    /// Lets another user through the data folder, whose other entries stay closed to them: through its group, so that
    /// nobody else is let in.
    pub(crate) fn admit(&self, data_dir: &Path) -> Result<(), Error> {
        let Self::User { uid, gid, .. } = self else {
            return Ok(());
        };
        let metadata = data_dir.metadata().map_err(Error::io("look at", data_dir))?;
        let mode = metadata.permissions().mode();
        if metadata.uid() == *uid || mode & 0o001 != 0 {
            return Ok(());
        }
        std::os::unix::fs::chown(data_dir, None, Some(*gid)).map_err(Error::io("change the group of", data_dir))?;
        let mode = std::fs::Permissions::from_mode(mode | 0o010);
        std::fs::set_permissions(data_dir, mode).map_err(Error::io("open", data_dir))
    }

    /// Checks that another user can get to `folder`, which is absolute and exists; its own mode is not looked at.
    pub(crate) fn can_enter(&self, folder: &Path) -> Result<(), Error> {
        let Self::User { name, uid, gid } = self else {
            return Ok(());
        };
        for above in folder.ancestors().skip(1) {
            let metadata = above.metadata().map_err(Error::io("look at", above))?;
            let open = if metadata.uid() == *uid {
                0o100
            } else if metadata.gid() == *gid {
                0o010
            } else {
                0o001
            };
            if metadata.permissions().mode() & open == 0 {
                return Err(Error::Unreachable { user: name.clone(), folder: above.to_owned() });
            }
        }
        Ok(())
    }

    /// A command that runs `program` as this identity, in a process group of its own (so that Ctrl-C in a terminal
    /// reaches this process only, which then stops PostgreSQL in its own order), reading nothing.
    pub(crate) fn command(&self, program: &Path, lifetime: Lifetime) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).process_group(0);
        // Settings of libpq and of the server that a person has for other clusters.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Self::User { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
        let namespace = *self == Self::Namespace;
        let parent = std::process::id();
        let prepare = move || prepare_child(namespace, lifetime, parent);
        // SAFETY: the closure runs in the forked child, where only async-signal-safe calls are allowed because another
        // thread may have held any lock at the moment of the fork. It makes plain system calls (sigmask, unshare, prctl,
        // getppid) on values that it owns, allocates nothing, takes no lock, and cannot panic.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(prepare);
        }
        command
    }
}

/// How long a program may live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// It is interrupted when the *thread* that started it ends, and so when this process dies (Linux only).
    WithThisThread,
    /// It may outlive this process. Only tests want that, to make orphans.
    #[cfg(test)]
    ByItself,
}

/// Runs in the child between `fork` and `exec`: see the safety comment at its only caller before changing anything.
///
/// The order matters: a change of credentials clears the parent-death signal, so it comes last. (`std` has done the
/// change of user before this runs.)
fn prepare_child(namespace: bool, lifetime: Lifetime, parent: u32) -> io::Result<()> {
    // The mask is inherited, and a blocked SIGINT would make the parent-death signal of initdb wait for ever.
    SigSet::empty().thread_set_mask()?;
    if namespace {
        unshare_user()?;
    }
    match lifetime {
        Lifetime::WithThisThread => die_with_parent(parent),
        #[cfg(test)]
        Lifetime::ByItself => Ok(()),
    }
}

#[cfg(target_os = "linux")]
fn unshare_user() -> io::Result<()> {
    Ok(nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUSER)?)
}

#[cfg(not(target_os = "linux"))]
fn unshare_user() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn die_with_parent(parent: u32) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGINT)?;
    // The parent may have died before the line above; then nobody would send the signal any more.
    if nix::unistd::getppid().as_raw().cast_unsigned() == parent {
        Ok(())
    } else {
        Err(nix::errno::Errno::ESRCH.into())
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_parent: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_folder_that_another_user_cannot_enter_is_named() {
        let root = tempfile::tempdir().unwrap();
        let (closed, inner) = (root.path().join("closed"), root.path().join("closed/inner"));
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Identity::User { name: "stranger".into(), uid: 60_001, gid: 60_001 };
        let error = stranger.can_enter(&inner).unwrap_err();
        assert!(
            matches!(&error, Error::Unreachable { user, folder } if user == "stranger" && *folder == closed),
            "{error}"
        );
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o711)).unwrap();
        stranger.can_enter(&inner).unwrap();
        Identity::Caller.can_enter(&inner).unwrap();
    }

    #[test]
    fn a_program_run_by_root_is_not_root() {
        if !Uid::effective().is_root() {
            return;
        }
        let identity = Identity::choose(Path::new("/nonexistent"), Path::new("/bin/true")).unwrap();
        let mut command = identity.command(Path::new("/usr/bin/id"), Lifetime::WithThisThread);
        let output = command.arg("-u").output().unwrap();
        let uid = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        assert_ne!(uid.trim(), "0");
    }
}
