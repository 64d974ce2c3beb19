//! Counts what a server asks its database, on the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_service::Options;
use holdfast_store::testing::TestDatabase;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::harness::Server;

/// How often the server has waited for its database.
#[derive(Clone, Default)]
pub(crate) struct RoundTrips(Arc<AtomicU64>);

impl RoundTrips {
    /// Since this was last asked.
    pub(crate) fn taken(&self) -> u64 {
        self.0.swap(0, Ordering::SeqCst)
    }
}

/// A server whose round trips to its database are counted.
pub(crate) async fn counted_server() -> (Server, RoundTrips) {
    let database = TestDatabase::new().await;
    let options: PgConnectOptions = database.url().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (user, port) = (options.get_username().to_owned(), listener.local_addr().unwrap().port());
    let url = format!("postgresql://{user}@127.0.0.1:{port}/{}?sslmode=disable", options.get_database().unwrap());
    let round_trips = RoundTrips::default();
    let counter = round_trips.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            if let Some(folder) = options.get_socket() {
                let path = folder.join(format!(".s.PGSQL.{}", options.get_port()));
                forward(client, UnixStream::connect(path).await.unwrap(), counter.clone());
            } else {
                let server = TcpStream::connect((options.get_host(), options.get_port())).await.unwrap();
                forward(client, server, counter.clone());
            }
        }
    });
    let server = Server::over(database, &url, Options { max_connections: 1, ..Options::default() }, |_| {}).await;
    (server, round_trips)
}

/// Forwards to PostgreSQL and counts what asks for an answer: simple queries and syncs.
fn forward(client: TcpStream, server: impl AsyncRead + AsyncWrite + Send + 'static, counter: RoundTrips) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = split(server);
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    tokio::spawn(async move {
        // The start-up message has no type; every later one has a type byte, then a length that counts itself.
        let mut typed = false;
        while let Ok(kind) = if typed { from_client.read_u8().await } else { Ok(0) } {
            let Ok(length) = from_client.read_u32().await else { break };
            let mut body = vec![0; length as usize - 4];
            from_client.read_exact(&mut body).await?;
            if matches!(kind, b'Q' | b'S') {
                counter.0.fetch_add(1, Ordering::SeqCst);
            }
            if typed {
                to_server.write_u8(kind).await?;
            }
            to_server.write_u32(length).await?;
            to_server.write_all(&body).await?;
            typed = true;
        }
        std::io::Result::Ok(())
    });
}
