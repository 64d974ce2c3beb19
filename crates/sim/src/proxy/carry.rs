//! Carrying one connection, both ways at once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::{Fault, Faults, lock};

/// What the fault of the request under way means for the bytes that come back.
#[derive(Clone, Copy, Default)]
struct Way {
    /// Bytes of the reply that still pass, and what comes then.
    reply: Option<(usize, Then)>,
    delay: Option<Duration>,
    bytes_a_second: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Close,
    HalfClose,
    Stall,
}

impl Way {
    fn take(&mut self, fault: &Fault) {
        self.reply = match fault {
            Fault::ReplyLost => Some((0, Then::Close)),
            Fault::ReplyTruncated(bytes) => Some((*bytes, Then::Close)),
            Fault::ReplyHalfClosed(bytes) => Some((*bytes, Then::HalfClose)),
            Fault::ReplyStalled => Some((0, Then::Stall)),
            Fault::ReplyStalledAfter(bytes) => Some((*bytes, Then::Stall)),
            _ => None,
        };
        match fault {
            Fault::ReplyDelayed(delay) => self.delay = Some(*delay),
            Fault::Slow(bytes) => self.bytes_a_second = Some(*bytes),
            _ => {}
        }
    }
}

/// How one direction ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The sender has closed it, and the receiver has been told.
    Passed,
    /// The whole connection is to be closed.
    Close,
}

pub(super) async fn carry(client: TcpStream, upstream: std::net::SocketAddr, faults: Arc<Mutex<Faults>>) {
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    let way = Mutex::new(Way::default());
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Somebody else's answer is written by the other direction's half.
    let to_client = tokio::sync::Mutex::new(to_client);
    let up = up(from_client, to_server, &to_client, &faults, &way);
    let down = down(from_server, &to_client, &way);
    tokio::pin!(up, down);
    // What is dropped here closes both connections.
    tokio::select! {
        end = &mut up => if end == End::Passed { down.await; },
        end = &mut down => if end == End::Passed { up.await; },
    }
}

async fn up(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    answer: &tokio::sync::Mutex<OwnedWriteHalf>,
    faults: &Mutex<Faults>,
    way: &Mutex<Way>,
) -> End {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(n) = client.read(&mut buffer).await else { return End::Close };
        if n == 0 {
            // Nobody waits any more for a reply that never comes.
            if lock(way).reply.is_some_and(|(_, then)| then == Then::Stall) {
                return End::Close;
            }
            let _ = server.shutdown().await;
            return End::Passed;
        }
        let fault = lock(faults).meet(&buffer[..n]);
        let mut half_close = false;
        let mut chunk = &buffer[..n];
        match fault.as_ref() {
            Some(Fault::NeverArrives) => return End::Close,
            Some(Fault::RequestTruncated(bytes)) => chunk = &chunk[..(*bytes).min(n - 1)],
            Some(Fault::RequestHalfClosed) => half_close = true,
            Some(Fault::AnsweredBySomebodyElse(words)) => {
                let mut answer = answer.lock().await;
                let _ = answer.write_all(words.as_bytes()).await;
                let _ = answer.shutdown().await;
                return End::Close;
            }
            _ => {}
        }
        if let Some(fault) = fault {
            lock(way).take(&fault);
        }
        let truncated = chunk.len() < n;
        let pace = lock(way).bytes_a_second;
        if write(&mut server, chunk, pace).await.is_err() || truncated {
            return End::Close;
        }
        if half_close {
            let _ = server.shutdown().await;
            return End::Passed;
        }
    }
}

async fn down(mut server: OwnedReadHalf, client: &tokio::sync::Mutex<OwnedWriteHalf>, way: &Mutex<Way>) -> End {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(n) = server.read(&mut buffer).await else { return End::Close };
        let mut client = client.lock().await;
        if n == 0 {
            if lock(way).reply.is_some_and(|(_, then)| then == Then::Stall) {
                drop(client);
                return stall().await;
            }
            let _ = client.shutdown().await;
            return End::Passed;
        }
        let Way { reply, delay, bytes_a_second } = *lock(way);
        if let Some(delay) = delay {
            lock(way).delay = None;
            tokio::time::sleep(delay).await;
        }
        match reply {
            Some((budget, then)) if n >= budget => {
                let _ = write(&mut client, &buffer[..budget], bytes_a_second).await;
                match then {
                    Then::Close => return End::Close,
                    Then::HalfClose => {
                        let _ = client.shutdown().await;
                        return End::Passed;
                    }
                    Then::Stall => {
                        drop(client);
                        return stall().await;
                    }
                }
            }
            Some((budget, then)) => lock(way).reply = Some((budget - n, then)),
            None => {}
        }
        if write(&mut client, &buffer[..n], bytes_a_second).await.is_err() {
            return End::Close;
        }
    }
}

/// Until the device gives up, which ends the other direction.
async fn stall() -> End {
    std::future::pending().await
}

/// Writes at once, or at a pace.
async fn write(to: &mut OwnedWriteHalf, bytes: &[u8], bytes_a_second: Option<u32>) -> std::io::Result<()> {
    let Some(pace) = bytes_a_second else { return to.write_all(bytes).await };
    // Ten times a second, as much as fits.
    for part in bytes.chunks((pace as usize / 10).max(1)) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        to.write_all(part).await?;
    }
    Ok(())
}
