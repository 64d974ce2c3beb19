//! The first password of an account that was made without one.

use holdfast_contract::Code;
use holdfast_service::Admin;

use crate::{EMAIL, PASSWORD, World, code_of, pair_request, sign_in_request};

/// A server with an account that has no password, and the code that was given with it.
async fn without_password() -> (World, Admin, String) {
    let world = World::new().await;
    let mut admin = Admin::connect(world.database.url()).await.unwrap();
    let now = holdfast_service::Clock::now(&*world.clock);
    let code = admin.add_user(EMAIL, None, now).await.unwrap().unwrap().code;
    (world, admin, code)
}

#[tokio::test]
async fn a_code_sets_the_first_password_once_and_signs_the_browser_in() {
    let (world, _, code) = without_password().await;
    let paired = world.service.pair(pair_request(&code)).await.unwrap();
    let (first, other) = (
        world.service.create_pairing_code(paired.actor).await.unwrap().code,
        world.service.create_pairing_code(paired.actor).await.unwrap().code,
    );
    // What is refused uses nothing up.
    assert_eq!(code_of(world.service.set_first_password(&first, "short", None).await), Code::Invalid);
    assert_eq!(code_of(world.service.set_first_password("CEAG-7GH1", PASSWORD, None).await), Code::InvalidCode);
    let session = world.service.set_first_password(&first, PASSWORD, Some("Firefox on Linux")).await.unwrap();
    assert_eq!(session.actor.user, paired.actor.user);
    assert_eq!(world.service.authenticate(session.token.as_str()).await.unwrap(), session.actor);
    world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await.unwrap();
    assert_eq!(world.service.authenticate(paired.token.as_str()).await.unwrap(), paired.actor, "devices stay");
    // Neither it nor another one made before is of any use any more.
    for code in [&first, &other, &code] {
        assert_eq!(
            code_of(world.service.set_first_password(code, "another passphrase", None).await),
            Code::InvalidCode
        );
        assert_eq!(code_of(world.service.pair(pair_request(code)).await), Code::InvalidCode);
    }
    world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_code_never_changes_a_password_that_is_there() {
    let (world, session) = World::with_account().await;
    let code = world.service.create_pairing_code(session.actor).await.unwrap().code;
    let refused = world.service.set_first_password(&code, "another passphrase", None).await;
    assert_eq!(code_of(refused), Code::Conflict);
    world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await.unwrap();
    world.service.pair(pair_request(&code)).await.expect("it is still good for what it was made for");
}

#[tokio::test]
async fn of_two_who_use_a_code_at_once_one_sets_the_password() {
    let (world, _, code) = without_password().await;
    let set = |password| world.service.set_first_password(&code, password, None);
    let (one, two) = tokio::join!(set("the first passphrase"), set("the second passphrase"));
    assert!(one.is_ok() != two.is_ok());
    let works = if one.is_ok() { "the first passphrase" } else { "the second passphrase" };
    world.service.sign_in(sign_in_request(EMAIL, works)).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM devices WHERE kind = 'browser'").await, 1);
}

#[tokio::test]
async fn a_code_that_is_too_old_or_of_a_suspended_account_sets_nothing() {
    let (world, mut admin, old) = without_password().await;
    world.pass(24 * 60 * 60);
    assert_eq!(code_of(world.service.set_first_password(&old, PASSWORD, None).await), Code::InvalidCode);
    let now = holdfast_service::Clock::now(&*world.clock);
    let (code, _) = admin.reset_password(EMAIL, None, false, now).await.unwrap();
    world.rows("UPDATE users SET suspended_at = now() RETURNING id").await;
    assert_eq!(code_of(world.service.set_first_password(&code.unwrap().code, PASSWORD, None).await), Code::InvalidCode);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE password_hash IS NOT NULL").await, 0);
}
