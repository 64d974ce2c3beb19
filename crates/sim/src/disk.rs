//! A disk of a chosen size, in memory, that can be full or read-only.
//!
//! It is mounted in a mount namespace of its own: only the thread that asked for it, the threads that this one starts
//! later, and the programs they run can see it, and it is gone with the last of them, however that ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file that takes the room away.
const BALLAST: &str = "ballast";

/// Gives this thread, and what it starts from now on, mounts of its own.
///
/// # Errors
/// Why that is not permitted here. Root may do it always; others only where the kernel lets them make user namespaces,
/// and before the process has a second thread.
pub fn own_mounts() -> Result<(), String> {
    system::own_mounts()
}

/// The disk.
pub struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Mounts one of so many bytes on a folder, which is made if it is not there. [`own_mounts`] has to come first.
    pub fn mount(at: &Path, bytes: u64) -> io::Result<Self> {
        std::fs::create_dir_all(at)?;
        system::mount(at, bytes)?;
        Ok(Self { at: at.to_owned() })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Fills it up, but for so many bytes.
    pub fn fill(&self, leave: u64) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.at.join(BALLAST))?;
        for size in [64 * 1024, 4096] {
            let block = vec![0; size];
            loop {
                match file.write_all(&block) {
                    Ok(()) => {}
                    Err(e) if e.kind() == io::ErrorKind::StorageFull => break,
                    Err(e) => return Err(e),
                }
            }
        }
        let full = file.metadata()?.len();
        file.set_len(full.saturating_sub(leave))
    }

    /// Makes room again.
    pub fn make_room(&self) -> io::Result<()> {
        File::options().write(true).create(true).truncate(true).open(self.at.join(BALLAST)).map(drop)
    }

    /// Lets nobody write, or everybody again. Nobody may have a file open for writing.
    pub fn set_read_only(&self, read_only: bool) -> io::Result<()> {
        system::set_read_only(&self.at, read_only)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        system::unmount(&self.at);
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::path::Path;

    use nix::mount::{MntFlags, MsFlags, umount2};
    use nix::sched::{CloneFlags, unshare};
    use nix::unistd::{getgid, getuid};

    const NONE: Option<&str> = None;
    const PLAIN: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV);

    pub(super) fn own_mounts() -> Result<(), String> {
        let (user, group) = (getuid(), getgid());
        let not_permitted = |what: &str, why: nix::Error| format!("{what} is not permitted here ({why})");
        if user.is_root() {
            unshare(CloneFlags::CLONE_NEWNS).map_err(|e| not_permitted("a mount namespace", e))?;
        } else {
            unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)
                .map_err(|e| not_permitted("a user namespace for mounting", e))?;
            for (file, text) in [
                ("setgroups", "deny".to_owned()),
                ("uid_map", format!("{user} {user} 1")),
                ("gid_map", format!("{group} {group} 1")),
            ] {
                std::fs::write(format!("/proc/self/{file}"), text).map_err(|e| format!("{file} can't be set ({e})"))?;
            }
        }
        nix::mount::mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
            .map_err(|e| not_permitted("keeping mounts private", e))
    }

    pub(super) fn mount(at: &Path, bytes: u64) -> io::Result<()> {
        let options = format!("size={bytes},mode=0700");
        Ok(nix::mount::mount(Some("holdfast-test"), at, Some("tmpfs"), PLAIN, Some(options.as_str()))?)
    }

    pub(super) fn set_read_only(at: &Path, read_only: bool) -> io::Result<()> {
        let mut flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | PLAIN;
        flags.set(MsFlags::MS_RDONLY, read_only);
        Ok(nix::mount::mount(NONE, at, NONE, flags, NONE)?)
    }

    pub(super) fn unmount(at: &Path) {
        // Where it fails, the namespace's end does it.
        let _ = umount2(at, MntFlags::MNT_DETACH);
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;
    use std::path::Path;

    pub(super) fn own_mounts() -> Result<(), String> {
        Err("small disks in memory are made on Linux only".to_owned())
    }

    pub(super) fn mount(_: &Path, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn set_read_only(_: &Path, _: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn unmount(_: &Path) {}
}
