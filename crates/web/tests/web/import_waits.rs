//! Imports that take longer than somebody waits for an answer, and files that arrive side by side.

use reqwest::StatusCode;
use sqlx::Connection as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Browser, Page, Server};

const CSV: &str = "lat,lon,name\n47.1,8.1,One\n47.2,8.2,Two\n47.3,8.3,Three\n";

/// What the page says when nobody works at the import any more.
async fn at_the_end(browser: &Browser<'_>, path: &str) -> Page {
    loop {
        let page = browser.get(path).await;
        if !page.text.contains("http-equiv=\"refresh\"") {
            return page;
        }
    }
}

#[tokio::test]
async fn what_comes_after_nobody_waits_any_more_is_on_the_imports_page() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let page = ada.upload("some.csv", CSV).await;
    let page = ada.follow(page).await;
    let path = page.path.clone();
    let run = page.form(&format!("{path}/run"));

    // Held up, and then refused.
    let mut sql = server.database.connect().await;
    let mut held = sql.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE import_places IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    assert_eq!(ada.submit(&run).await.location(), path, "it is not done, and nobody is kept waiting");
    let page = ada.open(&path).await;
    page.says("The import is under way");
    assert!(page.text.contains("http-equiv=\"refresh\""), "the page asks again by itself");
    sqlx::raw_sql(
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '55000'; END $$;
         CREATE TRIGGER fails BEFORE INSERT ON places FOR EACH ROW EXECUTE FUNCTION fails();",
    )
    .execute(&mut server.database.connect().await)
    .await
    .unwrap();
    held.rollback().await.unwrap();
    let page = at_the_end(&ada, &path).await.is(StatusCode::CONFLICT);
    assert!(page.all(".problem")[0].contains("could not store everything"), "{:?}", page.all(".problem"));
    page.says("This import was interrupted.");
    assert_eq!(server.places(ada.actor).await.len(), 0);

    // Held up again, and then done.
    sqlx::raw_sql("DROP TRIGGER fails ON places").execute(&mut server.database.connect().await).await.unwrap();
    let run = ada.open(&path).await.form(&format!("{path}/run"));
    let mut held = sql.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE import_places IN EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    assert_eq!(ada.submit(&run).await.location(), path);
    held.rollback().await.unwrap();
    at_the_end(&ada, &path).await.is(StatusCode::OK).says("3 places were made");
    assert_eq!(server.places(ada.actor).await.len(), 3);
}

/// Begins to send a file, and returns when the server asks for it.
async fn sending(browser: &Browser<'_>) -> TcpStream {
    let address = browser.server.url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.unwrap();
    let cookie = browser.cookie.lock().unwrap().clone().unwrap();
    let head = format!(
        "POST /import/upload HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100");
    connection
}

#[tokio::test]
async fn one_file_of_an_account_is_taken_in_at_a_time() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let first = sending(&ada).await;
    let page = ada.upload("second.csv", CSV).await.is(StatusCode::CONFLICT);
    page.says("Another file of yours is being taken in.").says("Nothing was imported.");
    assert_eq!(server.service.list_imports(ada.actor).await.unwrap().len(), 0);
    assert_eq!(bob.upload("his.csv", CSV).await.status, StatusCode::SEE_OTHER, "it is nobody else's business");
    // One that breaks off makes room.
    drop(first);
    while ada.upload("second.csv", CSV).await.status == StatusCode::CONFLICT {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.service.list_imports(ada.actor).await.unwrap().len(), 1);
}
