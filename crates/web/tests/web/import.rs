//! Places from files and into files, without a script.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::write::DeflateEncoder;
use holdfast_contract::{Note, Tags};
use reqwest::{Method, StatusCode, multipart};

use crate::harness::{Browser, Page, Server, name_of, renamed};

const CSV: &str = "lat,lon,name\n47.1,8.1,One\n47.2,8.2,Two\n47.3,8.3,Three\n";

/// Takes a file in and shows what is in it.
async fn look(browser: &Browser<'_>, name: &str, file: impl Into<Vec<u8>>) -> Page {
    let page = browser.upload(name, file).await;
    browser.follow(page).await
}

/// Imports what is looked at.
async fn run(browser: &Browser<'_>, page: &Page) -> Page {
    let mut page = browser.submit_and_follow(&page.form(&format!("{}/run", page.path))).await.is(StatusCode::OK);
    // A slow machine shows it as under way, and a browser then asks again by itself.
    while page.text.contains("http-equiv=\"refresh\"") {
        page = browser.open(&page.path).await;
    }
    page
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../files/tests/fixtures");
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e != "md")).collect();
    files.sort();
    assert!(files.len() > 20);
    files
}

#[tokio::test]
async fn a_place_that_has_no_position_yet_is_named_and_left_to_a_device() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let csv = "latitude,longitude,name,captured_at,client_id,position_source\n\
               47.5,8.7,Oak,2026-05-01T10:00:00Z,01977420-dc00-7101-8101-010101010101,manual\n\
               ,,Den,2026-05-01T10:00:00Z,01977420-dc00-7101-8101-010101010102,\n";
    let page = look(&ada, "places.csv", csv).await.is(StatusCode::OK);
    page.says("1 place in the file").says("1 row can't be imported; the others are not affected");
    page.says("Line 3 “Den”: has no position yet: give it one on the device it was saved on");
    run(&ada, &page).await.says("1 place was made");
}

#[tokio::test]
async fn a_file_is_looked_at_imported_known_again_and_taken_back() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let page = look(&ada, "C:\\files\\my <places>.csv", CSV).await;
    assert_eq!(page.heading(), "my <places>.csv CSV");
    page.says("Nothing is imported yet.").says("3 places in the file.").says("Two");
    assert_eq!(server.places(ada.actor).await.len(), 0);
    assert_eq!(page.one(&format!("form[action='{}/run'] button", page.path)), "Import 3 places");
    let run_form = page.form(&format!("{}/run", page.path));
    let done = run(&ada, &page).await;
    assert_eq!(done.notice(), "The import is done.");
    done.says("3 places were made");
    let imported = done.attributes("main a.primary", "href").remove(0);
    assert_eq!(ada.open(&imported).await.all("#places .row-name").len(), 3);
    // Pressed twice.
    assert_eq!(ada.submit(&run_form).await.location(), page.path);
    assert_eq!(server.places(ada.actor).await.len(), 3);

    // The same file once more makes nothing.
    let again = look(&ada, "renamed.csv", CSV).await;
    again.says("3 are there already").says("There is nothing new in it.");
    assert_eq!(again.forms(&format!("{}/run", again.path)).len(), 0);
    assert_eq!(ada.submit(&again.form(&format!("{}/discard", again.path))).await.location(), "/import");
    ada.get(&again.path).await.is(StatusCode::NOT_FOUND);

    // Taken back, but for what was changed since.
    let places = server.places(ada.actor).await;
    let two = places.iter().find(|place| name_of(place) == "Two").unwrap();
    server.change(ada.actor, two, renamed("Two", "Second")).await;
    let undo = ada.open(&page.path).await.form(&format!("{}/undo", page.path));
    let page = ada.submit_and_follow(&undo).await;
    assert_eq!(page.notice(), "The import is taken back.");
    page.says("2 places were put into the trash; 1 was changed since and stays as it is");
    assert_eq!(server.places(ada.actor).await.iter().map(name_of).collect::<Vec<_>>(), ["Second"]);
    assert_eq!(server.trashed(ada.actor).await.len(), 2);
    ada.submit(&undo).await.location();
    assert_eq!(server.places(ada.actor).await.len(), 1);
    // What lies in the trash stays there.
    look(&ada, "again.csv", CSV).await.says("2 are in the trash and stay there");
    let list = ada.open("/import").await;
    assert_eq!(list.all("tbody tr").len(), 2);
    assert!(list.all("tbody tr")[1].contains("taken back"), "{:?}", list.all("tbody tr"));

    // And brought back, as often as it is pressed.
    let path = undo.action.strip_suffix("/undo").unwrap();
    let undone = ada.open(path).await;
    undone.says("2 places of it are in the trash as this import had made them.");
    let back = undone.form(&format!("{path}/bring-back"));
    let nothing = "There was nothing left to bring back: the places are back already, or were changed since.";
    for said in ["The places of this import are back.", nothing, nothing] {
        let page = ada.submit_and_follow(&back).await;
        assert_eq!(page.notice(), said);
        assert_eq!(page.forms(&back.action).len(), 0);
    }
    let mut names: Vec<_> = server.places(ada.actor).await.iter().map(|p| name_of(p).to_owned()).collect();
    names.sort();
    assert_eq!((names.len(), server.trashed(ada.actor).await.len()), (3, 0), "{names:?}");
    // A page from now offers none of it, also when one of them goes into the trash again.
    let one = server.places(ada.actor).await.into_iter().find(|place| name_of(place) != "Second").unwrap();
    server.trash(ada.actor, &one).await;
    let page = ada.open(path).await;
    assert_eq!(page.forms(&back.action).len(), 0);
    // Nobody else's, and nothing that was not taken back.
    let bob = server.person("bob").await;
    let account = bob.actor.user.to_string();
    bob.post(&back.action, &[("account", &account)]).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_kind_of_file_is_taken_and_makes_nothing_new_the_second_time() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let mut imported = 0;
    for file in fixtures() {
        let (name, bytes) = (file.file_name().unwrap().to_str().unwrap(), std::fs::read(&file).unwrap());
        let page = look(&ada, name, bytes.clone()).await;
        if page.path == "/import/upload" {
            // It can't be read, and the page says why.
            let words = page.is(StatusCode::UNPROCESSABLE_ENTITY).one(".problem");
            assert!(words.starts_with(&format!("{name} can't be imported: ")), "{words}");
            assert!(words.ends_with("Nothing was imported."), "{words}");
            continue;
        }
        let page = page.is(StatusCode::OK);
        let before = server.places(ada.actor).await.len();
        if page.forms(&format!("{}/run", page.path)).is_empty() {
            ada.submit(&page.form(&format!("{}/discard", page.path))).await.location();
            continue;
        }
        run(&ada, &page).await;
        assert!(server.places(ada.actor).await.len() > before, "{name}");
        imported += 1;
        let again = look(&ada, name, bytes).await.is(StatusCode::OK);
        again.says("There is nothing new in it.");
        ada.submit(&again.form(&format!("{}/discard", again.path))).await.location();
    }
    assert!(imported >= 15, "{imported}");
    ada.open("/places").await;
    ada.open("/import").await;
}

#[tokio::test]
async fn what_is_exported_is_known_again_and_is_a_place_for_somebody_else() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    for n in 0..3 {
        let place = server.save(ada.actor, &format!("Place <{n}> \"quoted\", with\ttabs")).await;
        let note = Note::parse("First line\nsecond; \"line\" ]]> & more").unwrap();
        let changes = holdfast_contract::PlaceChanges {
            note: Some(holdfast_contract::rules::Change { was: None, to: note }),
            tags: holdfast_contract::rules::TagChange::between(
                &Tags::default(),
                &Tags::parse(["a b", "c"], "").unwrap(),
            ),
            ..Default::default()
        };
        server.change(ada.actor, &place, changes).await;
    }
    let trashed = server.save(ada.actor, "Trashed").await;
    server.trash(ada.actor, &trashed).await;
    let hers = server.places(ada.actor).await;
    let links = ada.open("/import").await.attributes(".chips a[download]", "href");
    assert_eq!(links.len(), 5);
    for link in links {
        let file = ada.open(&link).await;
        let name = link.rsplit('/').next().unwrap();
        assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{name}\""));
        assert!(!file.text.contains("Trashed"));
        let page = look(&ada, name, file.bytes.clone()).await.is(StatusCode::OK);
        page.says("3 places in the file; 3 are there already.").says("There is nothing new in it.");
        ada.submit(&page.form(&format!("{}/discard", page.path))).await.location();

        let ending = name.rsplit('.').next().unwrap();
        let bob = server.person(&format!("bob-{ending}")).await;
        let page = look(&bob, name, file.bytes.clone()).await;
        run(&bob, &page).await;
        let his = server.places(bob.actor).await;
        let what = |places: &[holdfast_contract::Place]| {
            let mut all: Vec<_> = places
                .iter()
                .map(|p| {
                    (p.name.clone(), p.note.clone(), p.tags.to_strings(), p.latitude.get().to_bits(), p.captured_at)
                })
                .collect();
            all.sort();
            all
        };
        assert_eq!(what(&his), what(&hers), "{name}");
    }
    assert_eq!(server.places(ada.actor).await.len(), 3);
    ada.get("/export/holdfast-places.exe").await.is(StatusCode::NOT_FOUND);
    ada.get("/export/holdfast-places.zip").await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_table_whose_columns_nobody_knows_asks_which_is_which() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let table = "alpha;beta;gamma\n47,1;8,1;Eins <b>\n47,2;8,2;Zwei\n?;!;Drei\n";
    let page = look(&ada, "table.csv", table).await.is(StatusCode::OK);
    page.says("It could not be told which columns hold the coordinates.");
    assert_eq!(page.all("thead th")[..3], ["alpha", "beta", "gamma"]);
    assert_eq!(page.forms(&format!("{}/run", page.path)).len(), 0);
    let columns = page.form(&page.path).choose("latitude", "0").choose("longitude", "1").choose("name", "2");
    let page = ada.submit_and_follow(&columns).await.is(StatusCode::OK);
    assert_eq!(page.form(&page.path).value("name"), "2", "what was chosen is shown");
    page.says("2 places in the file").says("1 row can't be imported; the others are not affected").says("Line 4");
    run(&ada, &page).await;
    let mut names: Vec<_> = server.places(ada.actor).await.iter().map(|p| name_of(p).to_owned()).collect();
    names.sort();
    assert_eq!(names, ["Eins <b>", "Zwei"]);
    // Columns that are not there.
    let page = look(&ada, "table.csv", "alpha;beta\n1;2\n").await;
    for column in ["99", "-1", "x", "18446744073709551616"] {
        let columns = page.form(&page.path).forge("latitude", column).forge("longitude", column);
        ada.submit_and_follow(&columns).await.is(StatusCode::OK);
    }
}

#[tokio::test]
async fn columns_that_are_not_used_are_named_and_asked_about_where_no_name_was_found() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let known =
        look(&ada, "a.csv", "Naam;Breite;Länge;Bemerkung;Farbe;Etiketten\nEiche;47,5;8,7;alt;grün;x, y\n").await;
    assert_eq!(known.one(".unused"), "Not used: Farbe. Say below what a column is, if you want it.");
    assert!(known.all("details[open]").is_empty(), "the name is known");
    known.says("Eiche").says("x, y");
    let page = look(&ada, "b.csv", "Ding;Breite;Länge\nEiche;47,5;8,7\n").await;
    assert!(page.one(".unused").starts_with("Not used: Ding."));
    assert_eq!(page.all("details[open] > summary"), ["Which column is what"]);
    let all_used = look(&ada, "c.csv", "name,lat,lon\nOak,1,2\n").await;
    assert!(all_used.all(".unused").is_empty());
    // Nothing that could be shown stands before what is wrong.
    let picture = look(&ada, "a.gpx", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").await;
    assert!(!picture.text.contains("What stands before"), "{}", picture.words());
    picture.says("there is no GPX in it");
}

#[tokio::test]
async fn what_is_no_file_of_places_is_refused_with_the_reason() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let page = ada.upload("empty.gpx", "").await.is(StatusCode::UNPROCESSABLE_ENTITY);
    page.says("Choose a file first; this one is empty.").says("Nothing was imported.");
    // No file chosen at all, as a browser sends it.
    let form = ada.open("/import").await.form("/import/upload");
    let account = form.value("account").to_owned();
    let nothing = multipart::Part::bytes(Vec::new()).file_name("").mime_str("application/octet-stream").unwrap();
    let body = multipart::Form::new().text("account", account).part("file", nothing);
    ada.send(ada.request(Method::POST, "/import/upload").multipart(body)).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    for (name, garbage) in [
        ("photo.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01".to_vec()),
        ("archive.zip", b"PK\x03\x04garbage".to_vec()),
        ("random.bin", (0..=255).collect()),
        ("page.html", b"<!DOCTYPE html><html><body>no places</body></html>".to_vec()),
    ] {
        let page = look(&ada, name, garbage).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", page.words());
        let words = page.one(".problem");
        assert!(words.contains("can't be imported: ") && words.ends_with("Nothing was imported."), "{name}: {words}");
    }
    // A form that is no upload, and one that breaks off.
    ada.post("/import/upload", &[("file", "x")]).await;
    let request = ada.request(Method::POST, "/import/upload");
    let request = request.header("Content-Type", "multipart/form-data; boundary=b");
    let cut = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.gpx\"\r\n\r\n<gpx";
    let page = ada.send(request.body(cut)).await;
    assert!(page.status.is_client_error(), "{}", page.status);
    page.says("The upload broke off before its end.");
    assert_eq!(server.service.list_imports(ada.actor).await.unwrap().len(), 0);
    assert_eq!(server.places(ada.actor).await.len(), 0);
}

#[tokio::test]
async fn a_file_of_33_mebibytes_is_refused_and_one_of_32_is_not_for_its_size() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let page = ada.upload("large.csv", vec![b' '; 33 * 1024 * 1024]).await.is(StatusCode::PAYLOAD_TOO_LARGE);
    page.says("The file is larger than 32 MiB.");
    // Within the bound of the form around it, but not of the file.
    let page = ada.upload("large.csv", vec![b' '; 32 * 1024 * 1024 + 1]).await.is(StatusCode::PAYLOAD_TOO_LARGE);
    page.says("The file is larger than 32 MiB.");
    assert_eq!(server.service.list_imports(ada.actor).await.unwrap().len(), 0);
}

/// An archive whose one file is this, packed.
fn archive(name: &str, contents: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(contents).unwrap();
    let packed = packed.finish().unwrap();
    let number = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let mut crc = flate2::Crc::new();
    crc.update(contents);
    let mut shared = b"\x14\0\0\0\x08\0\0\0\x21\0".to_vec();
    shared.extend(crc.sum().to_le_bytes());
    shared
        .extend([number(packed.len()), number(contents.len()), [u8::try_from(name.len()).unwrap(), 0, 0, 0]].concat());
    let mut file = [b"PK\x03\x04".as_slice(), &shared, name.as_bytes(), &packed].concat();
    let start = file.len();
    file.extend([b"PK\x01\x02\x14\0".as_slice(), &shared, &[0; 14], name.as_bytes()].concat());
    let size = file.len() - start;
    file.extend([b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &number(size), &number(start), &[0; 2]].concat());
    file
}

#[tokio::test]
async fn a_small_archive_that_unpacks_to_a_lot_is_given_up() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let place = "<Placemark><name>One</name><Point><coordinates>8.1,47.1</coordinates></Point></Placemark>";
    let good = format!("<kml><Document>{place}</Document></kml>");
    look(&ada, "good.kmz", archive("doc.kml", good.as_bytes())).await.is(StatusCode::OK).says("1 place in the file");
    let mut bomb = format!("<kml><Document>{place}<Placemark><name>").into_bytes();
    bomb.resize(24 * 1024 * 1024, b'n');
    let bomb = archive("doc.kml", &bomb);
    assert!(bomb.len() < 512 * 1024, "{}", bomb.len());
    let page = look(&ada, "bomb.kmz", bomb).await;
    page.says("one element is larger than 16 MiB");
    assert_eq!(server.places(ada.actor).await.len(), 0);
}

#[tokio::test]
async fn an_import_is_nobody_elses_and_is_not_made_for_the_wrong_account() {
    let server = Server::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let page = look(&ada, "mine.csv", CSV).await;
    for path in [page.path.clone(), page.path.replace(char::is_numeric, "0")] {
        bob.get(&path).await.is(StatusCode::NOT_FOUND);
        bob.post(&format!("{path}/run"), &[("x", "")]).await.is(StatusCode::NOT_FOUND);
    }
    // Bob signed in in another tab, and Ada's page is still open.
    let hers = ada.open("/import").await.form("/import/upload");
    for account_comes_first in [true, false] {
        let part = multipart::Part::bytes(CSV.as_bytes()).file_name("mine.csv");
        let account = hers.value("account").to_owned();
        let body = multipart::Form::new();
        let body = if account_comes_first {
            body.text("account", account).part("file", part)
        } else {
            body.part("file", part).text("account", account)
        };
        let page = bob.send(bob.request(Method::POST, "/import/upload").multipart(body)).await;
        assert_eq!(page.is(StatusCode::FORBIDDEN).heading(), "Made for another account");
    }
    let run_form = page.form(&format!("{}/run", page.path));
    bob.submit(&run_form).await.is(StatusCode::FORBIDDEN);
    assert_eq!(server.service.list_imports(bob.actor).await.unwrap().len(), 0);
    assert_eq!(server.places(bob.actor).await.len() + server.places(ada.actor).await.len(), 0);
}

#[tokio::test]
async fn what_is_wrong_in_single_rows_is_listed_and_costs_nothing_else() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let table = "lat,lon,name\n47.1,8.1,Good\n91,8.1,North of north\n47.2,x,No number\n,,\n47.3,8.3,Good too\n";
    let page = look(&ada, "some.csv", table).await;
    page.says("2 places in the file").says("Line 3").says("Line 4");
    let done = run(&ada, &page).await;
    done.says("2 places were made");
    assert_eq!(server.places(ada.actor).await.len(), 2);
}

#[tokio::test]
async fn two_presses_at_once_import_it_once() {
    let server = Server::start().await;
    let ada = server.person("ada").await;
    let page = look(&ada, "some.csv", CSV).await;
    let form = page.form(&format!("{}/run", page.path));
    let (one, two) = tokio::join!(ada.submit(&form), ada.submit(&form));
    assert!(
        one.status == StatusCode::SEE_OTHER && two.status == StatusCode::SEE_OTHER,
        "{} {}",
        one.status,
        two.status
    );
    assert_eq!(server.places(ada.actor).await.len(), 3);
}
