//! Backup and restore: with the real programs, on the embedded PostgreSQL and on another one, killed in the middle too.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use holdfast_store::testing::TestDatabase;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::harness::{Env, Person, Server, create, get};

fn path(file: &Path) -> &str {
    file.to_str().unwrap()
}

async fn epoch(person: &Person) -> String {
    let (status, page) = person.get("/v1/sync/pull").await;
    assert_eq!(status, 200, "{page}");
    page["epoch"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_backup_made_while_the_server_runs_brings_everything_back_under_a_new_epoch() {
    let (data, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = files.path().join("monday.backup");
    let env = Env::new(data.path());
    let server = Server::start(&env);
    let ada = Person::set_up(&server).await;
    ada.push(&[create("Oak"), create("Spring")]).await;
    let before = epoch(&ada).await;
    let made = env.run(&["backup", path(&file)]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stdout.contains("1 account with 2 places") && made.stdout.contains("holdfast-server restore"),
        "{made:?}"
    );
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(files.path()).unwrap().count(), 1, "nothing else is left");
    ada.push(&[create("Later")]).await;

    let refused = env.run(&["restore", path(&file)]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("stop it first") && refused.stderr.contains("Nothing was changed"), "{refused:?}");
    assert_eq!(ada.place_names().await, ["Later", "Oak", "Spring"]);
    assert!(server.stop().0.success());
    let restored = env.run(&["restore", path(&file)]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    for words in ["Everybody signs in again", "Shares show nothing", "holdfast_before_"] {
        assert!(restored.stdout.contains(words), "{restored:?}");
    }

    let server = Server::start(&env);
    let old_token = Person { url: server.url.clone(), ..ada };
    assert_eq!(old_token.get("/v1/sync/pull").await.0, 401, "every session is ended");
    let again = Person::sign_in(&server.url).await;
    assert_eq!(again.place_names().await, ["Oak", "Spring"]);
    assert_ne!(epoch(&again).await, before);
    let (status, reply) = again.push(&[create("After")]).await;
    assert_eq!((status, reply["outcomes"][0]["outcome"].as_str()), (200, Some("applied")));
    assert!(server.stop().0.success());
    let once_more = env.run(&["restore", path(&file)]);
    assert_eq!(once_more.code, Some(0), "{once_more:?}");
}

/// What was served before, or the whole restored database; never one that does not know that it was restored.
#[tokio::test]
async fn a_restore_that_is_killed_at_any_moment_leaves_one_of_the_two() {
    let (data, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = files.path().join("a.backup");
    let env = Env::new(data.path());
    let server = Server::start(&env);
    let ada = Person::set_up(&server).await;
    ada.push(&[create("Oak")]).await;
    assert_eq!(env.run(&["backup", path(&file)]).code, Some(0));
    ada.push(&[create("Later")]).await;
    let before = epoch(&ada).await;
    assert!(server.stop().0.success());
    for millis in [60, 250, 450, 650, 850, 1_100] {
        let mut restoring = env.command(&["restore", path(&file)]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        let _ = kill(Pid::from_raw(i32::try_from(restoring.id()).unwrap()), Signal::SIGKILL);
        let finished = restoring.wait().unwrap().success();
        let server = Server::start(&env);
        let same = Person { url: server.url.clone(), ..ada.clone() };
        let (status, page) = same.get("/v1/sync/pull").await;
        if status == 200 {
            assert!(!finished, "it said that it was done");
            assert_eq!(page["epoch"].as_str(), Some(before.as_str()));
            assert_eq!(same.place_names().await, ["Later", "Oak"], "after {millis} ms");
        } else {
            assert_eq!(status, 401, "{page}");
            let again = Person::sign_in(&server.url).await;
            assert_ne!(epoch(&again).await, before, "after {millis} ms");
            assert_eq!(again.place_names().await, ["Oak"]);
            assert!(server.stop().0.success());
            return;
        }
        assert!(server.stop().0.success());
    }
    assert_eq!(env.run(&["restore", path(&file)]).code, Some(0), "what was left behind is in nobody's way");
}

#[tokio::test]
async fn what_is_no_backup_changes_nothing_and_what_is_in_the_way_is_said() {
    let (data, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let env = Env::new(data.path());
    let file = files.path().join("a.backup");
    let empty = env.run(&["backup", path(&file)]);
    assert_eq!(empty.code, Some(1));
    assert!(empty.stderr.contains("holds nothing of Holdfast yet"), "{empty:?}");
    let server = Server::start(&env);
    let ada = Person::set_up(&server).await;
    ada.push(&[create("Oak")]).await;
    assert_eq!(env.run(&["backup", path(&file)]).code, Some(0));
    let taken = env.run(&["backup", path(&file)]);
    assert!(taken.code == Some(1) && taken.stderr.contains("--force"), "{taken:?}");
    assert_eq!(env.run(&["backup", "--force", path(&file)]).code, Some(0));
    for wrong in [path(files.path()), "/proc/no/such/folder/a.backup"] {
        assert_eq!(env.run(&["backup", wrong]).code, Some(1), "{wrong}");
    }
    assert_eq!(std::fs::read_dir(files.path()).unwrap().count(), 1, "no half of a backup is left");
    assert!(server.stop().0.success());

    let whole = std::fs::read(&file).unwrap();
    let half = files.path().join("half.backup");
    std::fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    let text = files.path().join("text.backup");
    std::fs::write(&text, "these are no places").unwrap();
    for (wrong, words) in
        [(path(&half), "Nothing was changed"), (path(&text), "no backup"), ("/no/such.backup", "can't be read")]
    {
        let refused = env.run(&["restore", wrong]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        let said = refused.stderr.to_lowercase();
        assert!(said.contains(&words.to_lowercase()) || said.contains("nothing was changed"), "{refused:?}");
    }
    let server = Server::start(&env);
    let same = Person { url: server.url.clone(), ..ada };
    assert_eq!(same.place_names().await, ["Oak"], "still signed in, with everything");
    assert_eq!(get(&server.url, "/health/ready").await.0, 200);
}

#[tokio::test]
async fn another_postgresql_is_backed_up_and_restored_too_and_its_password_is_no_argument() {
    let (data, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = files.path().join("a.backup");
    let database = TestDatabase::new().await;
    let env = Env::new(data.path()).set("DATABASE_URL", database.url());
    let server = Server::start(&env);
    let ada = Person::set_up(&server).await;
    ada.push(&[create("Oak")]).await;
    assert_eq!(env.run(&["backup", path(&file)]).code, Some(0));
    ada.push(&[create("Later")]).await;
    let refused = env.run(&["restore", path(&file)]);
    assert!(refused.code == Some(1) && refused.stderr.contains("are open"), "{refused:?}");
    assert!(server.stop().0.success());
    let restored = env.run(&["restore", path(&file)]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let server = Server::start(&env);
    assert_eq!(Person::sign_in(&server.url).await.place_names().await, ["Oak"]);
    assert!(server.stop().0.success());
    // The functions that see across users run with their own role's rights, not with those of whoever restored them.
    let mut sql = database.connect().await;
    let owners: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT p.proowner::regrole::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef",
    )
    .fetch_all(&mut sql)
    .await
    .unwrap();
    assert_eq!(owners, ["holdfast_feed"]);
    let aside: String =
        sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE datname LIKE 'holdfast_before_%'")
            .fetch_one(&mut sql)
            .await
            .unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP DATABASE \"{aside}\""))).execute(&mut sql).await.unwrap();
}

#[tokio::test]
async fn whoever_put_the_database_back_by_other_means_says_so() {
    let data = tempfile::tempdir().unwrap();
    let env = Env::new(data.path());
    let server = Server::start(&env);
    let ada = Person::set_up(&server).await;
    let before = epoch(&ada).await;
    let noted = env.run(&["restored"]);
    assert_eq!(noted.code, Some(0), "{noted:?}");
    assert_eq!(ada.get("/v1/sync/pull").await.0, 401);
    let again = Person::sign_in(&server.url).await;
    assert_ne!(epoch(&again).await, before);
    let stale = again.post("/v1/sync/push", &json!({"epoch": before, "operations": [create("Oak")]})).await;
    assert_eq!((stale.0, stale.1["code"].as_str()), (409, Some("epoch_changed")));
}
