//! A TCP proxy on loopback that does to requests what real networks do.
//!
//! Faults are queued with a filter; each is spent on the next request whose head contains the filter's words, so a test
//! can say "lose the reply of the next push" and let everything else pass. Where nothing is queued, the [`Weather`]
//! decides, if there is any.

mod carry;
mod fault;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use fault::{CAPTIVE_PORTAL, Fault, PROXY_401, PROXY_404, SLOW, Weather};

#[derive(Default)]
struct Faults {
    queue: VecDeque<(&'static str, Fault)>,
    weather: Option<Weather>,
    spent: BTreeMap<&'static str, u64>,
    pushes: u64,
    offline: bool,
}

/// The proxy. It ends when it is dropped.
pub struct Proxy {
    addr: SocketAddr,
    faults: Arc<Mutex<Faults>>,
    upstream: Arc<Mutex<SocketAddr>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of loopback and passes everything on to `upstream`.
    pub async fn start(upstream: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let faults = Arc::new(Mutex::new(Faults::default()));
        let upstream = Arc::new(Mutex::new(upstream));
        let (shared, target) = (Arc::clone(&faults), Arc::clone(&upstream));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let target = *lock(&target);
                tokio::spawn(carry::carry(client, target, Arc::clone(&shared)));
            }
        });
        Ok(Self { addr, faults, upstream, task })
    }

    /// Where a device should connect to.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Queues a fault for the next request whose head contains `words`.
    pub fn fail_next(&self, words: &'static str, fault: Fault) {
        lock(&self.faults).queue.push_back((words, fault));
    }

    /// The faults that were asked for and have not come are not to come any more.
    pub fn forgive(&self) {
        lock(&self.faults).queue.clear();
    }

    /// From the next request on, faults come by chance; `None`: no more.
    pub fn set_weather(&self, weather: Option<Weather>) {
        lock(&self.faults).weather = weather;
    }

    /// How many faults have hit a request.
    pub fn spent(&self) -> usize {
        usize::try_from(lock(&self.faults).spent.values().sum::<u64>()).unwrap_or(usize::MAX)
    }

    /// The same, by the fault's name.
    pub fn spent_by_name(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.faults).spent.clone()
    }

    /// How many pushes devices have made.
    pub fn pushes(&self) -> u64 {
        lock(&self.faults).pushes
    }

    /// Closes every new request unread, or lets them pass again.
    pub fn set_offline(&self, offline: bool) {
        lock(&self.faults).offline = offline;
    }

    /// Passes on to another server from the next connection on.
    pub fn set_upstream(&self, upstream: SocketAddr) {
        *lock(&self.upstream) = upstream;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A panic elsewhere does not make the plain data behind the lock wrong.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// What happens to what came in `chunk`.
    fn meet(&mut self, chunk: &[u8]) -> Option<Fault> {
        let begins = contains(chunk, b" HTTP/1.1\r\n");
        self.pushes += u64::from(begins && contains(chunk, b"POST /v1/sync/push"));
        if self.offline {
            return Some(Fault::NeverArrives);
        }
        let fault = match self.queue.front() {
            Some((words, _)) if contains(chunk, words.as_bytes()) => self.queue.pop_front().map(|(_, fault)| fault),
            _ if begins => self.weather.as_mut().and_then(Weather::next),
            _ => None,
        }?;
        *self.spent.entry(fault.name()).or_default() += 1;
        Some(fault)
    }
}

fn contains(chunk: &[u8], words: &[u8]) -> bool {
    chunk.windows(words.len()).any(|w| w == words)
}
