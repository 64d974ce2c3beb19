//! A TCP proxy on loopback that does to requests what real networks do.
//!
//! Faults are queued with a filter; each is spent on the next request whose head contains the filter's words, so a test
//! can say "lose the reply of the next push" and let everything else pass.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What happens to one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It never arrives: the connection is closed before a byte of it is passed on.
    NeverArrives,
    /// It arrives and is carried out; the reply is lost.
    ReplyLost,
    /// The reply breaks off after so many bytes.
    ReplyTruncated(usize),
    /// Somebody else answers, with exactly these bytes.
    AnsweredBySomebodyElse(&'static str),
}

/// A captive portal's answer to anything.
pub const CAPTIVE_PORTAL: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 40\r\nConnection: close\r\n\r\n\
     <html>Welcome to Hotel Wi-Fi, sign in!</";
/// A proxy's own 404.
pub const PROXY_404: &str =
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot here\n";
/// A proxy's own 401, without our protocol header.
pub const PROXY_401: &str =
    "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nlogin\n";

#[derive(Default)]
struct Faults {
    queue: VecDeque<(&'static str, Fault)>,
    spent: usize,
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
                tokio::spawn(carry(client, target, Arc::clone(&shared)));
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

    /// How many faults have hit a request.
    pub fn spent(&self) -> usize {
        lock(&self.faults).spent
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
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn fault_for(chunk: &[u8], faults: &Mutex<Faults>) -> Option<Fault> {
    let mut faults = lock(faults);
    if faults.offline {
        return Some(Fault::NeverArrives);
    }
    let words = faults.queue.front()?.0.as_bytes();
    if chunk.windows(words.len()).any(|w| w == words) {
        faults.spent += 1;
        faults.queue.pop_front().map(|(_, fault)| fault)
    } else {
        None
    }
}

async fn carry(mut client: TcpStream, upstream: SocketAddr, faults: Arc<Mutex<Faults>>) {
    let Ok(mut server) = TcpStream::connect(upstream).await else { return };
    let (mut to_client, mut to_server) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut reply_budget: Option<usize> = None;
    loop {
        tokio::select! {
            read = client.read(&mut to_server) => {
                let Ok(n) = read else { return };
                if n == 0 { return }
                match fault_for(&to_server[..n], &faults) {
                    Some(Fault::NeverArrives) => return,
                    Some(Fault::AnsweredBySomebodyElse(answer)) => {
                        let _ = client.write_all(answer.as_bytes()).await;
                        let _ = client.shutdown().await;
                        return;
                    }
                    Some(Fault::ReplyLost) => reply_budget = Some(0),
                    Some(Fault::ReplyTruncated(bytes)) => reply_budget = Some(bytes),
                    None => {}
                }
                if server.write_all(&to_server[..n]).await.is_err() { return }
            }
            read = server.read(&mut to_client) => {
                let Ok(n) = read else { return };
                if n == 0 { return }
                match &mut reply_budget {
                    Some(budget) if n >= *budget => {
                        let _ = client.write_all(&to_client[..*budget]).await;
                        return;
                    }
                    Some(budget) => *budget -= n,
                    None => {}
                }
                if client.write_all(&to_client[..n]).await.is_err() { return }
            }
        }
    }
}
