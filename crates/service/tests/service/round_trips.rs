//! How often server and database talk, counted on the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_contract::{Operation, Target};
use holdfast_service::{Options, Pool, Service, Settings, SystemClock};
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::support::*;

/// Forwards to PostgreSQL and counts what asks for an answer: simple queries and syncs.
struct CountingProxy {
    port: u16,
    round_trips: Arc<AtomicU64>,
}

impl CountingProxy {
    async fn before(options: &PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let round_trips = Arc::new(AtomicU64::new(0));
        let (options, count) = (options.clone(), Arc::clone(&round_trips));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (from_client, to_client) = client.into_split();
                if let Some(folder) = options.get_socket() {
                    let path = folder.join(format!(".s.PGSQL.{}", options.get_port()));
                    let (from_server, to_server) = UnixStream::connect(path).await.unwrap().into_split();
                    forward((from_client, to_client), (from_server, to_server), Arc::clone(&count));
                } else {
                    let server = TcpStream::connect((options.get_host(), options.get_port())).await.unwrap();
                    let (from_server, to_server) = server.into_split();
                    forward((from_client, to_client), (from_server, to_server), Arc::clone(&count));
                }
            }
        });
        Self { port, round_trips }
    }

    fn taken(&self) -> u64 {
        self.round_trips.swap(0, Ordering::SeqCst)
    }
}

fn forward<R, W, SR, SW>(client: (R, W), server: (SR, SW), count: Arc<AtomicU64>)
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
    SR: AsyncRead + Unpin + Send + 'static,
    SW: AsyncWrite + Unpin + Send + 'static,
{
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client, server);
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    tokio::spawn(async move {
        // The start-up message has no type; every later one has a type byte, then a length that counts itself.
        let mut typed = false;
        loop {
            let kind = if typed { from_client.read_u8().await.ok()? } else { 0 };
            let length = from_client.read_u32().await.ok()?;
            let mut body = vec![0; length as usize - 4];
            from_client.read_exact(&mut body).await.ok()?;
            if matches!(kind, b'Q' | b'S') {
                count.fetch_add(1, Ordering::SeqCst);
            }
            if typed {
                to_server.write_u8(kind).await.ok()?;
            }
            to_server.write_u32(length).await.ok()?;
            to_server.write_all(&body).await.ok()?;
            typed = true;
        }
        #[allow(unreachable_code)]
        Some(())
    });
}

/// A service of the same database whose round trips are counted.
async fn counted(world: &World) -> (Service, CountingProxy) {
    let options: PgConnectOptions = world.database.url().parse().unwrap();
    let proxy = CountingProxy::before(&options).await;
    let url = format!(
        "postgresql://{}@127.0.0.1:{}/{}?sslmode=disable",
        options.get_username(),
        proxy.port,
        options.get_database().unwrap()
    );
    let pool = Pool::connect(&url, &Options { max_connections: 1, ..Options::default() }).await.unwrap();
    let service = Service::start(pool, Arc::new(SystemClock), Settings::default()).await.unwrap();
    // Prepares the statements and notes the device as seen: once per connection and per minute.
    for _ in 0..2 {
        let (client_id, create) = create("warm");
        let target = Target::Own(client_id);
        push(&service, world.ada, std::slice::from_ref(&create)).await;
        push(&service, world.ada, &(0..9).map(|_| self::create("warm").1).collect::<Vec<_>>()).await;
        push(&service, world.ada, &[create, rename(target, "warm", "warmer")]).await;
        push(&service, world.ada, &[rename(target, "x", "warmer")]).await;
        service.pull(world.ada, None, None).await.unwrap();
    }
    (service, proxy)
}

async fn cost(world: &World, service: &Service, proxy: &CountingProxy, batch: &[Operation]) -> u64 {
    let epoch = service.epoch().await.unwrap();
    let bytes: Vec<String> = batch.iter().map(|o| String::from_utf8(o.to_bytes()).unwrap()).collect();
    let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
    proxy.taken();
    push_in_epoch(service, world.ada, &bytes, epoch).await.unwrap();
    proxy.taken()
}

#[tokio::test]
async fn a_create_takes_one_round_trip_and_five_hundred_take_four() {
    let world = World::new().await;
    let (service, proxy) = counted(&world).await;
    assert_eq!(cost(&world, &service, &proxy, &[create("one").1]).await, 1);
    let many: Vec<_> = (0..500).map(|i| create(&i.to_string()).1).collect();
    assert_eq!(cost(&world, &service, &proxy, &many).await, 4);
    // Known ones are looked at again under their locks; nothing is written.
    assert_eq!(cost(&world, &service, &proxy, &many).await, 4);
}

#[tokio::test]
async fn an_edit_takes_four_round_trips_and_so_do_five_hundred() {
    let world = World::new().await;
    let (service, proxy) = counted(&world).await;
    let creates: Vec<_> = (0..500).map(|i| create(&i.to_string())).collect();
    cost(&world, &service, &proxy, &creates.iter().map(|c| c.1.clone()).collect::<Vec<_>>()).await;
    let edits: Vec<_> =
        creates.iter().enumerate().map(|(i, c)| rename(Target::Own(c.0), &i.to_string(), "edited")).collect();
    assert_eq!(cost(&world, &service, &proxy, &edits[..1]).await, 4);
    assert_eq!(cost(&world, &service, &proxy, &edits[1..]).await, 4);
    assert_eq!(world.count("SELECT count(*) FROM places WHERE name = 'edited'").await, 500);
    // An edit that is already so: read again under the lock, and a receipt.
    let same = rename(Target::Own(creates[0].0), "0", "edited");
    assert_eq!(cost(&world, &service, &proxy, &[same]).await, 5);
}

#[tokio::test]
async fn a_page_of_a_pull_takes_three_round_trips() {
    let world = World::new().await;
    let (service, proxy) = counted(&world).await;
    let cursor = service.pull(world.ada, None, None).await.unwrap().cursor;
    proxy.taken();
    service.pull(world.ada, Some(&cursor), None).await.unwrap();
    assert_eq!(proxy.taken(), 3);
}

#[tokio::test]
async fn a_page_of_rows_a_place_and_a_map_take_three_round_trips() {
    let world = World::new().await;
    let (service, proxy) = counted(&world).await;
    let (_, place) = world.place("one").await;
    for again in [false, true] {
        let filter = holdfast_service::PlaceFilter::default();
        service.list_rows(world.ada, &filter).await.unwrap();
        assert!(proxy.taken() == 3 || !again);
        service.place_page(world.ada, Target::Id(place.id)).await.unwrap();
        assert!(proxy.taken() == 3 || !again);
        service.map_places(world.ada, &filter, None).await.unwrap();
        assert!(proxy.taken() == 3 || !again);
    }
}
