//! `kill -9` of everything, at random moments, fifty times over: nothing lost, nothing double.
//!
//! Real processes: `holdfast-server` on its embedded PostgreSQL, on disk and with default durability, and `holdfast`.
//! Each trial starts some work, kills something in the middle of it, and goes on with what that leaves behind. In the end
//! everything is healed and compared with what was captured.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use holdfast_sim::facts::Facts;
use holdfast_sim::process::{Cli, ServerProcess};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const ADA: &str = "ada@example.org";
const TRIALS: u32 = 50;
const WAYPOINTS: usize = 60;

struct World {
    data: PathBuf,
    files: PathBuf,
    server: Option<ServerProcess>,
    listen: String,
    phone: Cli,
    watch: Option<Child>,
    /// Every name that a command has said was saved, or that stands in a file whose import has been begun.
    expected: BTreeMap<String, u32>,
    imports: Vec<PathBuf>,
}

impl World {
    fn start(folder: &Path) -> Self {
        let data = folder.join("server");
        let server = ServerProcess::start(&data, None);
        let phone = Cli::new(&folder.join("phone"));
        phone.ok(&["pair", server.setup_link.as_deref().unwrap(), "--email", ADA]);
        let files = folder.join("files");
        std::fs::create_dir(&files).unwrap();
        let listen = server.listen().to_owned();
        Self {
            data,
            files,
            server: Some(server),
            listen,
            phone,
            watch: None,
            expected: BTreeMap::new(),
            imports: Vec::new(),
        }
    }

    /// Makes the database slow, so that a push takes long enough to be hit.
    fn slow_database_down(&self) {
        self.sql(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN PERFORM pg_sleep(0.004); RETURN NEW; END $$;
             CREATE TRIGGER slow BEFORE INSERT ON places FOR EACH ROW EXECUTE FUNCTION slow();",
        );
    }

    fn let_database_go(&self) {
        self.sql("DROP TRIGGER slow ON places");
    }

    fn sql(&self, sql: &'static str) {
        let url = holdfast_postgres::running_url(&self.data.join("postgres"), "postgres").unwrap();
        tokio::runtime::Runtime::new().unwrap().block_on(async { Facts::new(&url).execute(sql).await });
    }

    /// Whether operations were sent whose fate the device does not know.
    fn push_was_hit(&self) -> bool {
        let outbox = self.phone.json(&["outbox", "list"]);
        outbox["entries"].as_array().unwrap().iter().any(|entry| entry["attempts"].as_u64().is_some_and(|n| n > 0))
    }

    fn server_up(&mut self) {
        if self.server.is_none() {
            self.server = Some(ServerProcess::start(&self.data, Some(&self.listen)));
        }
    }

    fn watch_up(&mut self) {
        if self.watch.is_none() {
            self.watch = Some(self.phone.spawn(&["watch"]));
        }
    }

    fn watch_down(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            let _ = watch.kill();
            watch.wait().unwrap();
        }
    }

    /// A capture that the command has acknowledged must never be lost from here on.
    fn save(&mut self, name: &str) {
        self.phone.ok(&["save", "47.25", "9.5", "--name", name]);
        *self.expected.entry(name.to_owned()).or_default() += 1;
    }

    fn write_gpx(&mut self, trial: u32) -> PathBuf {
        let mut gpx = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"test\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n",
        );
        for n in 0..WAYPOINTS {
            let name = format!("Import {trial} waypoint {n}");
            writeln!(gpx, "<wpt lat=\"47.{n:03}\" lon=\"9.{trial:03}\"><name>{name}</name></wpt>").unwrap();
            *self.expected.entry(name).or_default() += 1;
        }
        gpx.push_str("</gpx>\n");
        let path = self.files.join(format!("{trial}.gpx"));
        std::fs::write(&path, gpx).unwrap();
        self.imports.push(path.clone());
        path
    }
}

fn pause(rng: &mut StdRng, at_most_ms: u64) {
    // A random moment is the point here, not a condition.
    std::thread::sleep(Duration::from_millis(rng.random_range(0..at_most_ms)));
}

#[test]
fn fifty_kills_at_random_moments_lose_nothing_and_double_nothing() {
    let seed = std::env::var("HOLDFAST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("HOLDFAST_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir_in(std::env::temp_dir()).unwrap();
    let mut world = World::start(folder.path());
    let mut killed = BTreeMap::<&str, u32>::new();
    let mut pushes_hit = 0;
    world.slow_database_down();

    for trial in 0..TRIALS {
        world.save(&format!("Saved {trial}"));
        match trial % 5 {
            0 => {
                // The import, wherever it is.
                let path = world.write_gpx(trial);
                let mut import = world.phone.spawn(&["import", path.to_str().unwrap()]);
                pause(&mut rng, 60);
                let _ = import.kill();
                import.wait().unwrap();
                *killed.entry("import").or_default() += 1;
            }
            1 | 2 => {
                // The running loop, while it sends.
                world.server_up();
                world.watch_up();
                pause(&mut rng, 250);
                world.save(&format!("Saved {trial} beside the loop"));
                pause(&mut rng, 60);
                world.watch_down();
                *killed.entry("watch").or_default() += 1;
            }
            3 => {
                // The server and its PostgreSQL in the same moment, while the loop pushes.
                world.server_up();
                world.watch_up();
                pause(&mut rng, 300);
                if let Some(server) = world.server.take() {
                    server.kill(true);
                }
                pushes_hit += u32::from(world.push_was_hit());
                *killed.entry("server and PostgreSQL").or_default() += 1;
            }
            _ => {
                // The server alone, while one `sync` pushes.
                world.server_up();
                let mut sync = world.phone.spawn(&["sync"]);
                pause(&mut rng, 120);
                if let Some(server) = world.server.take() {
                    server.kill(false);
                }
                let _ = sync.wait();
                pushes_hit += u32::from(world.push_was_hit());
                *killed.entry("server").or_default() += 1;
            }
        }
    }
    println!("killed: {killed:?}; pushes hit: {pushes_hit}");
    assert!(pushes_hit > 0, "no kill of the server ever hit a push");
    assert_eq!(killed.values().sum::<u32>(), TRIALS);

    // Heal: everything runs, every import is finished (again, if need be), everybody syncs.
    world.watch_down();
    world.server_up();
    world.let_database_go();
    for path in world.imports.clone() {
        world.phone.ok(&["import", path.to_str().unwrap()]);
    }
    world.phone.ok(&["sync"]);
    let outbox = world.phone.json(&["outbox", "list"]);
    assert_eq!(outbox["entries"].as_array().map(Vec::len), Some(0), "{outbox}");

    let laptop = Cli::new(&folder.path().join("laptop"));
    laptop.ok(&["pair", &world.server.as_ref().unwrap().url(), "--email", ADA]);
    laptop.ok(&["sync"]);
    for device in [&world.phone, &laptop] {
        let list = device.json(&["list", "--all"]);
        let mut found = BTreeMap::<String, u32>::new();
        for place in list["places"].as_array().unwrap() {
            *found.entry(place["name"].as_str().unwrap().to_owned()).or_default() += 1;
            assert_eq!(place["state"], "synced", "{place}");
        }
        let lost: Vec<_> = world.expected.keys().filter(|name| !found.contains_key(*name)).collect();
        let double: Vec<_> = found.iter().filter(|(_, count)| **count != 1).collect();
        assert!(lost.is_empty() && double.is_empty(), "seed {seed}: lost {lost:?}, double {double:?}");
        assert_eq!(found, world.expected, "seed {seed}");
    }

    let url = holdfast_postgres::running_url(&world.data.join("postgres"), "postgres").unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let facts = Facts::new(&url);
        facts.assert_consistent().await;
        assert_eq!(facts.places(ADA).await.len(), world.expected.len());
    });
    assert!(world.server.take().unwrap().stop().success(), "it stops in order after all that");
}
