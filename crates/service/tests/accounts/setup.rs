use holdfast_contract::account::SetupRequest;
use holdfast_contract::{Code, FieldCode};
use holdfast_service::SessionKind;
use sqlx::Row;

use crate::{EMAIL, World, code_of, setup_request};

#[tokio::test]
async fn the_first_account_is_made_with_the_printed_code_and_never_again() {
    let world = World::new().await;
    assert!(world.service.setup_status().await.unwrap().needed);
    let code = world.service.begin_setup().await.unwrap().unwrap();
    let session = world.service.set_up(setup_request(code.as_str())).await.unwrap();

    assert_eq!(session.kind, SessionKind::Device);
    assert_eq!(session.reply.token.as_deref(), Some(session.token.as_str()));
    assert_eq!(session.reply.device_id, Some(session.actor.device));
    assert_eq!((session.reply.account.id, session.reply.account.email.as_str()), (session.actor.user, EMAIL));
    assert_eq!(world.service.authenticate(session.token.as_str()).await.unwrap(), session.actor);
    assert_eq!(world.service.account(session.actor).await.unwrap(), session.reply.account);
    assert!(!world.service.setup_status().await.unwrap().needed);

    assert_eq!(code_of(world.service.set_up(setup_request(code.as_str())).await), Code::AlreadySetUp);
    assert!(world.service.begin_setup().await.unwrap().is_none(), "there is nothing to set up any more");
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM devices").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM feed_heads").await, 1);
}

#[tokio::test]
async fn a_setup_without_a_device_is_a_browser_whose_token_is_not_in_the_body() {
    let world = World::new().await;
    let code = world.service.begin_setup().await.unwrap().unwrap();
    let request = SetupRequest { device: None, ..setup_request(code.as_str()) };
    let session = world.service.set_up(request).await.unwrap();
    assert_eq!(session.kind, SessionKind::Browser);
    assert_eq!((session.reply.token, session.reply.device_id), (None, None));
    assert_eq!(world.service.authenticate(session.token.as_str()).await.unwrap(), session.actor);
    assert_eq!(world.rows("SELECT kind FROM devices").await[0].get::<String, _>(0), "browser");
}

#[tokio::test]
async fn a_wrong_code_makes_nothing_and_the_right_one_works_afterwards() {
    let world = World::new().await;
    assert_eq!(code_of(world.service.set_up(setup_request("")).await), Code::InvalidCode, "before any code was made");
    let code = world.service.begin_setup().await.unwrap().unwrap();
    for wrong in ["", "0000-0000-0000-0000", "nonsense", &code.as_str()[..14]] {
        assert_eq!(code_of(world.service.set_up(setup_request(wrong)).await), Code::InvalidCode);
    }
    assert_eq!(world.count("SELECT count(*) FROM users").await, 0);
    let typed = code.as_str().to_lowercase().replace('-', " ");
    world.service.set_up(setup_request(&typed)).await.unwrap();
}

#[tokio::test]
async fn every_start_makes_a_new_code_and_only_its_hash_is_stored() {
    let world = World::new().await;
    let first = world.service.begin_setup().await.unwrap().unwrap();
    let second = world.service.begin_setup().await.unwrap().unwrap();
    assert_ne!(first.as_str(), second.as_str());
    assert_eq!(format!("{second:?}"), "SetupCode(…)");
    let stored = world.rows("SELECT server_state::text FROM server_state").await[0].get::<String, _>(0);
    assert!(!stored.to_uppercase().contains(&second.as_str().replace('-', "")));
    assert_eq!(code_of(world.service.set_up(setup_request(first.as_str())).await), Code::InvalidCode);
    world.service.set_up(setup_request(second.as_str())).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM server_state WHERE setup_code_hash IS NOT NULL").await, 0);
}

#[tokio::test]
async fn setups_at_the_same_moment_make_one_account() {
    let world = World::new().await;
    let code = world.service.begin_setup().await.unwrap().unwrap();
    let setups = (0..8).map(|n| {
        let service = world.service.clone();
        let mut request = setup_request(code.as_str());
        request.email = format!("person{n}@example.org");
        tokio::spawn(async move { service.set_up(request).await })
    });
    let (mut made, mut refused) = (0, Vec::new());
    for setup in setups.collect::<Vec<_>>() {
        match setup.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => refused.push(error.code()),
        }
    }
    assert_eq!((made, refused), (1, vec![Code::AlreadySetUp; 7]));
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM devices").await, 1);
}

#[tokio::test]
async fn bad_values_are_all_named_and_leave_the_code_as_it_was() {
    let world = World::new().await;
    let code = world.service.begin_setup().await.unwrap().unwrap();
    let bad = SetupRequest { email: "ada".into(), password: "short".into(), ..setup_request(code.as_str()) };
    let problem = world.service.set_up(bad).await.unwrap_err().problem();
    let fields: Vec<_> = problem.errors.iter().map(|e| (e.field.as_str(), e.code)).collect();
    assert_eq!(problem.code, Code::Invalid);
    assert_eq!(fields, [("email", FieldCode::InvalidFormat), ("password", FieldCode::TooShort)]);
    assert_eq!(world.count("SELECT count(*) FROM users").await, 0);

    let mut named = setup_request(code.as_str());
    named.device.as_mut().unwrap().name = "x".repeat(81);
    let problem = world.service.set_up(named).await.unwrap_err().problem();
    assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code), ("device.name", FieldCode::TooLong));
    world.service.set_up(setup_request(code.as_str())).await.unwrap();
}
