//! The complete archive.

use reqwest::{Method, StatusCode};

use crate::harness::Server;

#[tokio::test]
async fn the_archive_is_a_zip_whose_length_is_known_with_what_the_account_has() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    server.save(&ada, "Canary Creek").await;
    for (person, has_it) in [(&ada, true), (&bob, false)] {
        let reply = server.request(person, Method::GET, "/v1/export").send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.headers()["content-type"], "application/zip");
        assert!(reply.headers()["content-disposition"].to_str().unwrap().ends_with(".zip\""));
        assert!(!reply.headers().contains_key("content-encoding"), "it is packed already");
        let length: usize = reply.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let bytes = reply.bytes().await.unwrap();
        assert_eq!(bytes.len(), length);
        let contents = holdfast_files::read(&*bytes, "archive.zip", &holdfast_files::ReadOptions::default()).unwrap();
        assert_eq!(contents.format, holdfast_files::Format::Archive);
        let names: Vec<_> = contents.rows.iter().filter_map(|row| row.name.as_deref()).collect();
        assert_eq!(names, if has_it { vec!["Canary Creek"] } else { vec![] });
    }
}
