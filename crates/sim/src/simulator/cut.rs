//! The line between the server and PostgreSQL, which can be cut between any two statements.
//!
//! A server that is killed and a connection that breaks look the same to PostgreSQL: the line goes dead, before a statement
//! arrived or after it was carried out. The cut is counted in statements, so that the same seed cuts at the same one.
//!
//! A statement can be held as well, until somebody else has gone as far as they can: so two requests meet where it hurts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream, tcp, unix};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Where the line is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum At {
    /// The statement never arrives.
    Before,
    /// It is carried out, and its answer is lost.
    After,
}

/// How it is with the statement that is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Held {
    /// None is, and none will be.
    No,
    /// The statement that comes after so many others will be.
    Planned(u32),
    /// One is.
    Now,
}

struct Line {
    /// Statements until the cut; none is planned while it is negative.
    left: AtomicI64,
    after: AtomicBool,
    tripped: AtomicBool,
    held: watch::Sender<Held>,
    /// Ends the connections of today; replaced at each cut.
    today: Mutex<Option<watch::Sender<bool>>>,
}

/// A proxy in front of PostgreSQL's socket.
pub(super) struct Cut {
    port: u16,
    line: Arc<Line>,
    task: JoinHandle<()>,
}

impl Cut {
    /// Listens on a free port of loopback and passes everything on to the socket.
    pub(super) async fn in_front_of(socket: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let line = Arc::new(Line {
            left: AtomicI64::new(-1),
            after: AtomicBool::default(),
            tripped: AtomicBool::default(),
            held: watch::Sender::new(Held::No),
            today: Mutex::default(),
        });
        let shared = Arc::clone(&line);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let ended = shared.ended();
                tokio::spawn(carry(client, socket.clone(), Arc::clone(&shared), ended));
            }
        });
        Ok(Self { port, line, task })
    }

    /// Where the server connects to.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every connection at the `statement`th statement from now on (0 is the next).
    pub(super) fn plan(&self, statement: u32, at: At) {
        self.line.tripped.store(false, Ordering::SeqCst);
        self.line.after.store(at == At::After, Ordering::SeqCst);
        self.line.left.store(i64::from(statement), Ordering::SeqCst);
    }

    /// Takes a cut back that has not happened. Returns whether it has.
    pub(super) fn happened(&self) -> bool {
        self.line.left.store(-1, Ordering::SeqCst);
        self.line.tripped.swap(false, Ordering::SeqCst)
    }

    /// Holds the `statement`th statement from now on (0 is the next), before it arrives, until [`Cut::let_go`].
    pub(super) fn hold(&self, statement: u32) {
        self.line.held.send_replace(Held::Planned(statement));
    }

    /// Waits until the statement is held, or will not be any more.
    pub(super) async fn holds(&self) {
        let _ = self.line.held.subscribe().wait_for(|held| !matches!(held, Held::Planned(_))).await;
    }

    /// Whether one is held at this moment.
    pub(super) fn is_held(&self) -> bool {
        *self.line.held.borrow() == Held::Now
    }

    /// Lets the statement go on that is held; none will be.
    pub(super) fn let_go(&self) {
        self.line.held.send_replace(Held::No);
    }

    /// Cuts every connection now.
    pub(super) fn now(&self) {
        self.line.end();
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.task.abort();
        self.line.end();
    }
}

impl Line {
    fn ended(&self) -> watch::Receiver<bool> {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        today.get_or_insert_with(|| watch::channel(false).0).subscribe()
    }

    fn end(&self) {
        if let Some(today) = self.today.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = today.send(true);
        }
    }

    /// Counts one statement, and waits where it is the one to be held.
    async fn hold_here(&self) {
        let mut holds = false;
        self.held.send_if_modified(|held| {
            match *held {
                Held::Planned(0) => (*held, holds) = (Held::Now, true),
                Held::Planned(left) => *held = Held::Planned(left - 1),
                Held::No | Held::Now => return false,
            }
            true
        });
        if holds {
            let _ = self.held.subscribe().wait_for(|held| *held != Held::Now).await;
        }
    }

    /// Counts one statement; says whether the line is cut here.
    fn cut_here(&self) -> Option<At> {
        let left = self.left.load(Ordering::SeqCst);
        if left < 0 {
            return None;
        }
        if self.left.fetch_sub(1, Ordering::SeqCst) != 0 {
            return None;
        }
        self.tripped.store(true, Ordering::SeqCst);
        Some(if self.after.load(Ordering::SeqCst) { At::After } else { At::Before })
    }
}

async fn carry(client: TcpStream, socket: PathBuf, line: Arc<Line>, mut ended: watch::Receiver<bool>) {
    let Ok(server) = connect(&socket).await else { return };
    let _ = client.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (answered, answers) = watch::channel(0_u64);
    let mute = Arc::new(AtomicBool::new(false));
    let back = tokio::spawn(replies(from_server, to_client, answered, Arc::clone(&mute)));
    tokio::select! {
        _ = ended.wait_for(|ended| *ended) => {}
        _ = statements(from_client, to_server, &line, answers, &mute) => {}
    }
    back.abort();
}

async fn connect(socket: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(socket).await
}

/// The frontend's messages. The first has no type; every later one has a type byte, then a length that counts itself.
async fn statements(
    mut from_client: tcp::OwnedReadHalf,
    mut to_server: unix::OwnedWriteHalf,
    line: &Line,
    mut answers: watch::Receiver<u64>,
    mute: &AtomicBool,
) -> io::Result<()> {
    let (mut typed, mut begins) = (false, false);
    let mut message = Vec::new();
    loop {
        message.clear();
        let kind = if typed { from_client.read_u8().await? } else { 0 };
        if typed {
            message.push(kind);
        }
        let length = from_client.read_u32().await?;
        message.extend_from_slice(&length.to_be_bytes());
        let begin = message.len();
        message.resize(begin + (length as usize).saturating_sub(4), 0);
        from_client.read_exact(&mut message[begin..]).await?;
        // PostgreSQL begins with a statement at its first message: that is the one to be held.
        if begins && kind != b'X' {
            line.hold_here().await;
        }
        begins = !typed || matches!(kind, b'Q' | b'S');
        typed = true;
        // What asks for an answer: a simple query or a sync.
        let cut = if matches!(kind, b'Q' | b'S') { line.cut_here() } else { None };
        match cut {
            None => to_server.write_all(&message).await?,
            Some(At::Before) => {
                line.end();
                return Ok(());
            }
            Some(At::After) => {
                // Wait for the answer, which the server will not get: only then is the statement carried out.
                mute.store(true, Ordering::SeqCst);
                let before = *answers.borrow_and_update();
                to_server.write_all(&message).await?;
                let _ = answers.wait_for(|answered| *answered > before).await;
                line.end();
                return Ok(());
            }
        }
    }
}

/// The backend's messages; counts those that say that it is ready for the next statement.
async fn replies(
    mut from_server: unix::OwnedReadHalf,
    mut to_client: tcp::OwnedWriteHalf,
    answered: watch::Sender<u64>,
    mute: Arc<AtomicBool>,
) -> io::Result<()> {
    let mut message = Vec::new();
    loop {
        message.clear();
        let kind = from_server.read_u8().await?;
        message.push(kind);
        // The answer to a request for encryption is one byte alone; such a request is never made here.
        let length = from_server.read_u32().await?;
        message.extend_from_slice(&length.to_be_bytes());
        message.resize(1 + length as usize, 0);
        from_server.read_exact(&mut message[5..]).await?;
        let written = if mute.load(Ordering::SeqCst) { Ok(()) } else { to_client.write_all(&message).await };
        if kind == b'Z' {
            answered.send_modify(|count| *count += 1);
        }
        written?;
    }
}
