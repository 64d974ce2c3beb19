use holdfast_contract::Code;
use holdfast_service::{Admin, AdminError, Clock, Plan};

use crate::{EMAIL, PASSWORD, World, code_of, pair_request, setup_request, sign_in_request};

const BOB: &str = "bob@example.org";

#[tokio::test]
async fn an_added_account_pairs_its_first_device_with_a_one_time_code() {
    let (world, _) = World::with_account().await;
    world.pass(1);
    let mut admin = Admin::connect(world.database.url()).await.unwrap();
    let code = admin.add_user(BOB, None, world.clock.now()).await.unwrap().unwrap();
    assert_eq!(code.code.len(), 19);
    assert_eq!(code_of(world.service.sign_in(sign_in_request(BOB, PASSWORD)).await), Code::InvalidCredentials);
    world.pass(23 * 3600);
    let session = world.service.pair(pair_request(&code.code)).await.unwrap();
    assert_eq!(session.reply.account.email, BOB);
    assert_eq!(code_of(world.service.pair(pair_request(&code.code)).await), Code::InvalidCode);

    let users = admin.list_users().await.unwrap();
    let shown: Vec<_> = users.iter().map(|u| (u.email.as_str(), u.has_password, u.devices, u.places)).collect();
    assert_eq!(shown, [(EMAIL, true, 1, 0), (BOB, false, 1, 0)]);
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_written() {
    let (world, _) = World::with_account().await;
    let mut admin = Admin::connect(world.database.url()).await.unwrap();
    let taken = admin.add_user("Ada@EXAMPLE.org", Some(PASSWORD), world.clock.now()).await.err().unwrap();
    assert!(matches!(taken, AdminError::EmailTaken));
    for (email, password) in [("nobody", PASSWORD), (BOB, "short")] {
        let refused = admin.add_user(email, Some(password), world.clock.now()).await.err().unwrap();
        assert!(matches!(refused, AdminError::Invalid(_)), "{refused}");
    }
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
}

#[tokio::test]
async fn an_account_added_before_the_setup_ends_the_setup() {
    let world = World::new().await;
    let code = world.service.begin_setup().await.unwrap().unwrap();
    let mut admin = Admin::connect(world.database.url()).await.unwrap();
    assert!(admin.add_user(BOB, Some(PASSWORD), world.clock.now()).await.unwrap().is_none());
    assert_eq!(code_of(world.service.set_up(setup_request(code.as_str())).await), Code::AlreadySetUp);
    world.service.sign_in(sign_in_request(BOB, PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_the_old_one_and_sessions_only_when_asked() {
    let (world, session) = World::with_account().await;
    let outstanding = world.service.create_pairing_code(session.actor).await.unwrap().code;
    let mut admin = Admin::connect(world.database.url()).await.unwrap();
    let now = world.clock.now();
    let done = admin.reset_password(EMAIL, Some("another horse battery"), false, now).await.unwrap();
    assert!(done.0.is_none() && done.1 == 0);
    assert_eq!(code_of(world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await), Code::InvalidCredentials);
    assert_eq!(code_of(world.service.pair(pair_request(&outstanding)).await), Code::InvalidCode);
    world.service.account(session.actor).await.unwrap();
    world.service.sign_in(sign_in_request(EMAIL, "another horse battery")).await.unwrap();

    let outstanding = world.service.create_pairing_code(session.actor).await.unwrap().code;
    let (code, revoked) = admin.reset_password(EMAIL, None, true, now).await.unwrap();
    assert_eq!(revoked, 2);
    assert_eq!(code_of(world.service.pair(pair_request(&outstanding)).await), Code::InvalidCode);
    assert_eq!(code_of(world.service.account(session.actor).await), Code::Unauthenticated);
    world.service.pair(pair_request(&code.unwrap().code)).await.unwrap();
    let unknown = admin.reset_password(BOB, None, false, now).await.err().unwrap();
    assert!(matches!(unknown, AdminError::NoSuchUser));
}

#[tokio::test]
async fn an_account_is_put_on_a_plan_that_exists_or_is_described() {
    let (world, session) = World::with_account().await;
    let mut admin = Admin::connect(world.database.url()).await.unwrap();
    let unknown = admin.set_plan(EMAIL, "small", None).await.err().unwrap();
    assert!(matches!(&unknown, AdminError::NoSuchPlan(known) if known == "self_hosted"), "{unknown}");
    let small = Plan { id: "small".to_owned(), places_max: Some(3), media_bytes_max: None };
    admin.set_plan(EMAIL, "small", Some(small)).await.unwrap();
    assert_eq!(world.service.account(session.actor).await.unwrap().limits.places_max, Some(3));
    admin.set_plan(EMAIL, "self_hosted", None).await.unwrap();
    assert_eq!(world.service.account(session.actor).await.unwrap().limits.places_max, None);
}
