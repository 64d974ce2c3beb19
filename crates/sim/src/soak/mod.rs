//! Real processes in real trouble, for as long as wanted.
//!
//! The shipped `holdfast-server` on its embedded PostgreSQL (on disk, with default durability) and several devices that
//! are nothing but the shipped `holdfast` with a home folder each, through a proxy each that loses, cuts, stalls and slows
//! down. Everything is killed at random while captures stream in; disks get full and read-only, a clock is a year off,
//! pages of a database are overwritten. Then the faults stop, everybody syncs, and what people were told is compared with
//! what is in PostgreSQL, by plain SQL, and on every device.

mod chaos;
mod device;
mod ledger;
mod verdict;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::disk::{SmallDisk, own_mounts};
use crate::facts::Facts;
use crate::process::ServerProcess;
use crate::proxy::Proxy;
use chaos::Chaos;
use device::{Device, Trouble};
use ledger::Ledger;

pub use verdict::Tally;

const ADA: &str = "ada@example.org";

/// Room on a device's small disk.
const SMALL: u64 = 24 * 1024 * 1024;

/// How long, and with what.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long faults last. What comes after takes about a minute more.
    pub duration: Duration,
    /// Decides what happens to whom; when exactly is the machine's affair.
    pub seed: u64,
    /// How many devices. From four on, every kind of trouble has one.
    pub devices: usize,
}

/// Runs a soak in `folder`, which should be empty and on a disk. Ends early, with what there is, once `stop` is set.
///
/// To be called before the process has other threads where it does not run as root: see [`own_mounts`]. Why there are no
/// full disks, if there are none, is printed.
pub fn run(options: &Options, folder: &Path, stop: &AtomicBool) -> Tally {
    let can_mount = match own_mounts() {
        Ok(()) => true,
        Err(why) => {
            println!("without full disks and read-only folders: {why}");
            false
        }
    };
    // After that, so that its threads see the mounts, too.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ledger = Arc::new(Ledger::default());
    let mut rng = StdRng::seed_from_u64(options.seed);
    let server = ServerProcess::try_start(&folder.join("server"), None, Some(&folder.join("server.log")));
    let server = server.unwrap_or_else(|why| panic!("{why}"));
    let addr = server.listen().parse().unwrap();
    let setup_code = server.setup_link.as_deref().and_then(|link| link.split_once("code=")).unwrap().1.to_owned();

    let (mut devices, mut proxies) = (Vec::new(), Vec::new());
    for number in 0..options.devices.max(1) {
        let home = folder.join(format!("device-{number}"));
        let trouble = match number % 4 {
            1 => Trouble::Clock,
            2 if can_mount => Trouble::Disk(SmallDisk::mount(&home, SMALL).unwrap()),
            3 => Trouble::Damage,
            _ => Trouble::None,
        };
        let proxy = runtime.block_on(Proxy::start(addr)).unwrap();
        let device = Device::new(number, &home, trouble, rng.random(), Arc::clone(&ledger));
        if number == 0 {
            device.cli.ok(&["pair", &format!("{}/setup?code={setup_code}", proxy.url()), "--email", ADA]);
        } else {
            device.cli.ok(&["pair", &proxy.url(), "--email", ADA]);
        }
        devices.push(device);
        proxies.push(proxy);
    }

    let mut chaos = Chaos::new(server, folder, proxies, rng.random(), Arc::clone(&ledger), can_mount);
    let over = AtomicBool::new(false);
    let devices: Vec<Device> = std::thread::scope(|scope| {
        let lives: Vec<_> = devices.into_iter().map(|device| scope.spawn(|| device.live(&over))).collect();
        chaos.rage(options.duration, stop);
        over.store(true, Ordering::SeqCst);
        lives.into_iter().map(|life| life.join().unwrap()).collect()
    });
    chaos.end();

    let mut tally = Tally::default();
    verdict::heal(&devices, stop, &mut tally);
    if !stop.load(Ordering::SeqCst) {
        let url = holdfast_postgres::running_url(&chaos.data.join("postgres"), "postgres");
        let url =
            url.unwrap_or_else(|| panic!("no database to look into; what happened so far: {:?}", ledger.entries()));
        let facts = runtime.block_on(async { Facts::new(&url) });
        (tally.faults, tally.pushes) = chaos.network();
        runtime.block_on(verdict::judge(&facts, ADA, &devices, &ledger.entries(), &mut tally));
        runtime.block_on(facts.pool().close());
    }
    if let Some(server) = chaos.server.take()
        && !server.stop().success()
        && !stop.load(Ordering::SeqCst)
    {
        tally.broken.push("the server did not stop in order".to_owned());
    }
    chaos.leave_nothing();
    tally
}
