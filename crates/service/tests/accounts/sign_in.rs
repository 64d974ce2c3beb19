use std::time::Duration;

use holdfast_contract::Code;
use holdfast_contract::account::SignInRequest;
use holdfast_service::SessionKind;
use nix::time::{ClockId, clock_gettime};
use sqlx::{Connection, PgConnection, Row};

use crate::{EMAIL, PASSWORD, World, code_of, pair_request, sign_in_request};

#[tokio::test]
async fn the_right_password_signs_in_however_the_address_is_written() {
    let (world, first) = World::with_account().await;
    for email in [EMAIL, " ADA@Example.ORG "] {
        let session = world.service.sign_in(sign_in_request(email, PASSWORD)).await.unwrap();
        assert_eq!(session.actor.user, first.actor.user);
        assert_eq!(world.service.authenticate(session.token.as_str()).await.unwrap(), session.actor);
        assert_eq!(session.reply.epoch, world.service.epoch().await.unwrap());
    }
    let browser = SignInRequest { device: None, ..sign_in_request(EMAIL, PASSWORD) };
    let session = world.service.sign_in(browser).await.unwrap();
    assert_eq!((session.kind, session.reply.token), (SessionKind::Browser, None));
    assert_eq!(world.count("SELECT count(*) FROM devices").await, 4);
}

#[tokio::test]
async fn an_unknown_address_is_answered_like_a_wrong_password() {
    let (world, _) = World::with_account().await;
    let wrong = world.service.sign_in(sign_in_request(EMAIL, "correct horse batterz")).await.unwrap_err().problem();
    let unknown = world.service.sign_in(sign_in_request("bob@example.org", PASSWORD)).await.unwrap_err().problem();
    assert_eq!(wrong.code, Code::InvalidCredentials);
    assert_eq!(wrong, unknown);
    for password in ["", "short", &"x".repeat(1025)] {
        let refused = world.service.sign_in(sign_in_request(EMAIL, password)).await.unwrap_err().problem();
        assert_eq!(refused, unknown);
    }
    assert_eq!(world.count("SELECT count(*) FROM devices").await, 1);
}

#[tokio::test]
async fn an_unknown_address_costs_what_a_wrong_password_costs() {
    let (world, _) = World::with_account().await;
    let attempts = [(EMAIL, "correct horse batterz"), ("bob@example.org", "correct horse batterz"), (EMAIL, "short")];
    // The least of several rounds, in turn, in time of this process alone: whatever else the machine does costs others.
    let mut least = [Duration::MAX; 3];
    for _ in 0..8 {
        for (least, (email, password)) in least.iter_mut().zip(attempts) {
            let before = processor_time();
            let _ = world.service.sign_in(sign_in_request(email, password)).await;
            *least = processor_time().saturating_sub(before).min(*least);
        }
    }
    // Without the hash an answer takes less than a tenth.
    let [known, unknown, never] = least;
    assert!(unknown * 3 > known && known * 3 > unknown, "{least:?}");
    assert!(never * 3 > known && known * 3 > never, "{least:?}");
}

/// What the threads of this process have computed so far; every test has a process of its own.
fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap().into()
}

#[tokio::test]
async fn a_suspended_account_is_told_so_only_with_its_password() {
    let (world, session) = World::with_account().await;
    world.rows("UPDATE users SET suspended_at = now() RETURNING id").await;
    assert_eq!(code_of(world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await), Code::AccountGone);
    assert_eq!(
        code_of(world.service.sign_in(sign_in_request(EMAIL, "correct horse batterz")).await),
        Code::InvalidCredentials
    );
    assert_eq!(code_of(world.service.account(session.actor).await), Code::AccountGone);
    world.rows("UPDATE users SET deleted_at = now(), suspended_at = NULL RETURNING id").await;
    assert_eq!(code_of(world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await), Code::InvalidCredentials);
}

#[tokio::test]
async fn signing_out_ends_this_session_at_once_and_no_other() {
    let (world, first) = World::with_account().await;
    let second = world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await.unwrap();
    world.service.sign_out(second.actor).await.unwrap();
    assert_eq!(code_of(world.service.authenticate(second.token.as_str()).await), Code::Unauthenticated);
    assert_eq!(code_of(world.service.account(second.actor).await), Code::Unauthenticated);
    world.service.sign_out(second.actor).await.unwrap();
    assert_eq!(world.service.authenticate(first.token.as_str()).await.unwrap(), first.actor);
    assert_eq!(world.count("SELECT count(*) FROM devices WHERE token_hash IS NOT NULL").await, 1);
}

#[tokio::test]
async fn only_a_token_that_was_given_out_authenticates() {
    let (world, session) = World::with_account().await;
    let token = session.token.as_str();
    let other = format!("{}{}", &token[..token.len() - 1], if token.ends_with('A') { 'B' } else { 'A' });
    for wrong in ["", "hf_", &token[3..], other.as_str(), "hf_\u{0}", &"x".repeat(100_000)] {
        assert_eq!(code_of(world.service.authenticate(wrong).await), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn the_database_knows_neither_token_nor_password_and_the_server_role_reads_no_hash() {
    let (world, session) = World::with_account().await;
    let dump = world.rows("SELECT u::text || d::text FROM users u JOIN devices d ON d.user_id = u.id").await;
    let dump: String = dump[0].get(0);
    assert!(!dump.contains(session.token.as_str()) && !dump.contains(PASSWORD));
    let hash: String = world.rows("SELECT password_hash FROM users").await[0].get(0);
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));

    let mut connection = PgConnection::connect(world.database.url()).await.unwrap();
    sqlx::query("SET ROLE holdfast_app").execute(&mut connection).await.unwrap();
    for forbidden in [
        "SELECT password_hash FROM users",
        "SELECT token_hash FROM devices",
        "SELECT * FROM pairing_codes",
        "UPDATE users SET email = 'x@y'",
        "DELETE FROM devices",
        "INSERT INTO pairing_codes (code_hash, user_id, created_at, expires_at) SELECT '', id, now(), now() FROM users",
    ] {
        let refused = sqlx::query(forbidden).execute(&mut connection).await.unwrap_err();
        let sqlstate = refused.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap().into_owned();
        assert_eq!(sqlstate, "42501", "{forbidden}");
    }
    let seen: i64 = sqlx::query_scalar("SELECT count(id) FROM users").fetch_one(&mut connection).await.unwrap();
    assert_eq!(seen, 0, "nobody acts, so nobody is seen");
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_turned_away_and_leaves_the_rest_working() {
    let (world, session) = World::with_account().await;
    let flood: Vec<_> = (0..300)
        .map(|_| {
            let service = world.service.clone();
            tokio::spawn(async move { service.sign_in(sign_in_request(EMAIL, "correct horse batterz")).await })
        })
        .collect();
    let mut turned_away = 0;
    for attempt in flood {
        let problem = attempt.await.unwrap().unwrap_err().problem();
        match problem.code {
            // Waiting for a connection may take too long as well.
            Code::RateLimited | Code::Unavailable => turned_away += 1,
            code => assert_eq!(code, Code::InvalidCredentials),
        }
    }
    assert!(turned_away > 0, "not everybody may wait");
    world.service.account(session.actor).await.unwrap();
    world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_other_browsers_and_pairing_codes_and_keeps_devices() {
    const NEW: &str = "battery horse correct";
    let (world, laptop) = World::with_account().await;
    let browser = || SignInRequest { device: None, ..sign_in_request(EMAIL, PASSWORD) };
    let this = world.service.sign_in(browser()).await.unwrap();
    let other = world.service.sign_in(browser()).await.unwrap();
    let code = world.service.create_pairing_code(laptop.actor).await.unwrap();

    let wrong = world.service.change_password(this.actor, "correct horse batterz", NEW).await.unwrap_err().problem();
    assert_eq!(wrong.code, Code::InvalidCredentials);
    let short = world.service.change_password(this.actor, PASSWORD, "short").await.unwrap_err().problem();
    assert_eq!((short.code, short.errors[0].field.as_str()), (Code::Invalid, "newPassword"));
    world.service.account(other.actor).await.unwrap();

    world.service.change_password(this.actor, PASSWORD, NEW).await.unwrap();
    world.service.account(this.actor).await.unwrap();
    world.service.account(laptop.actor).await.unwrap();
    assert_eq!(code_of(world.service.account(other.actor).await), Code::Unauthenticated);
    assert_eq!(code_of(world.service.pair(pair_request(&code.code)).await), Code::InvalidCode);
    assert_eq!(code_of(world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await), Code::InvalidCredentials);
    world.service.sign_in(sign_in_request(EMAIL, NEW)).await.unwrap();
}
