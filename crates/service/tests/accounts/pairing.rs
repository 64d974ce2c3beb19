use holdfast_contract::Code;
use holdfast_service::SESSION_DAYS;

use crate::{EMAIL, PASSWORD, World, code_of, device, pair_request, sign_in_request};

#[tokio::test]
async fn a_code_pairs_one_device_once_however_it_is_typed() {
    let (world, session) = World::with_account().await;
    let code = world.service.create_pairing_code(session.actor).await.unwrap();
    assert_eq!(code.code.len(), 9);
    assert_eq!(code.expires_at, holdfast_service::Clock::now(&*world.clock).plus_seconds(600));
    let typed = format!("  {} ", code.code.to_lowercase().replace('-', " "));
    let paired = world.service.pair(pair_request(&typed)).await.unwrap();
    assert_eq!(paired.actor.user, session.actor.user);
    assert_ne!(paired.actor.device, session.actor.device);
    assert_eq!(world.service.authenticate(paired.token.as_str()).await.unwrap(), paired.actor);
    assert_eq!(code_of(world.service.pair(pair_request(&code.code)).await), Code::InvalidCode);
    assert_eq!(world.count("SELECT count(*) FROM devices").await, 2);
}

#[tokio::test]
async fn a_code_used_twenty_times_at_once_pairs_one_device() {
    let (world, session) = World::with_account().await;
    let code = world.service.create_pairing_code(session.actor).await.unwrap().code;
    let uses: Vec<_> = (0..20)
        .map(|_| {
            let (service, code) = (world.service.clone(), code.clone());
            tokio::spawn(async move { service.pair(pair_request(&code)).await })
        })
        .collect();
    let mut paired = 0;
    for one in uses {
        match one.await.unwrap() {
            Ok(_) => paired += 1,
            Err(error) => assert_eq!(error.code(), Code::InvalidCode),
        }
    }
    assert_eq!(paired, 1);
    assert_eq!(world.count("SELECT count(*) FROM devices").await, 2);
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes() {
    let (world, session) = World::with_account().await;
    let code = world.service.create_pairing_code(session.actor).await.unwrap().code;
    world.pass(599);
    world.service.pair(pair_request(&code)).await.unwrap();
    let code = world.service.create_pairing_code(session.actor).await.unwrap().code;
    world.pass(600);
    assert_eq!(code_of(world.service.pair(pair_request(&code)).await), Code::InvalidCode);
    assert_eq!(world.service.prune_pairing_codes().await.unwrap(), 1);
    assert_eq!(world.count("SELECT count(*) FROM pairing_codes").await, 0);
}

#[tokio::test]
async fn of_many_codes_the_newest_five_can_be_used() {
    let (world, session) = World::with_account().await;
    let mut codes = Vec::new();
    for _ in 0..8 {
        world.pass(1);
        codes.push(world.service.create_pairing_code(session.actor).await.unwrap().code);
    }
    for (n, code) in codes.iter().enumerate() {
        let result = world.service.pair(pair_request(code)).await;
        assert_eq!(result.is_ok(), n >= 3, "code {n}");
    }
    let many: Vec<_> = (0..30)
        .map(|_| {
            let (service, actor) = (world.service.clone(), session.actor);
            tokio::spawn(async move { service.create_pairing_code(actor).await })
        })
        .collect();
    for one in many {
        one.await.unwrap().unwrap();
    }
    assert_eq!(world.count("SELECT count(*) FROM pairing_codes").await, 5);
}

#[tokio::test]
async fn what_is_no_code_pairs_nothing() {
    let (world, _) = World::with_account().await;
    for wrong in ["", "ABCD", "ABCD-EFGH", "0000000000000000", &"A".repeat(1_000_000)] {
        assert_eq!(code_of(world.service.pair(pair_request(wrong)).await), Code::InvalidCode);
    }
    assert_eq!(world.count("SELECT count(*) FROM devices").await, 1);
}

#[tokio::test]
async fn a_suspended_accounts_code_pairs_nothing() {
    let (world, session) = World::with_account().await;
    let code = world.service.create_pairing_code(session.actor).await.unwrap().code;
    world.rows("UPDATE users SET suspended_at = now() RETURNING id").await;
    assert_eq!(code_of(world.service.pair(pair_request(&code)).await), Code::InvalidCode);
    assert_eq!(code_of(world.service.create_pairing_code(session.actor).await), Code::AccountGone);
}

#[tokio::test]
async fn the_list_shows_ones_own_devices_newest_first() {
    let (world, session) = World::with_account().await;
    world.pass(1);
    let phone = world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await.unwrap();
    let stranger = world.database.add_user().await;
    let list = world.service.list_devices(session.actor).await.unwrap();
    let shown: Vec<_> = list.iter().map(|d| (d.id, d.name.as_str(), d.platform.as_str(), d.current)).collect();
    assert_eq!(shown, [(phone.actor.device, "phone", "cli", false), (session.actor.device, "laptop", "cli", true)]);
    let others = world.service.list_devices(stranger).await.unwrap();
    assert_eq!(others.iter().map(|d| d.id).collect::<Vec<_>>(), [stranger.device]);
}

#[tokio::test]
async fn a_revoked_device_is_refused_at_once_in_every_process() {
    let (world, session) = World::with_account().await;
    let phone = world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await.unwrap();
    let other_process = world.another_process().await;
    // It has the token in its cache.
    assert_eq!(other_process.authenticate(phone.token.as_str()).await.unwrap(), phone.actor);
    world.service.revoke_device(session.actor, phone.actor.device).await.unwrap();
    assert_eq!(code_of(world.service.authenticate(phone.token.as_str()).await), Code::Unauthenticated);
    let cached = other_process.authenticate(phone.token.as_str()).await.unwrap();
    assert_eq!(code_of(other_process.account(cached).await), Code::Unauthenticated);
    assert_eq!(code_of(other_process.list_devices(cached).await), Code::Unauthenticated);
    assert_eq!(world.service.list_devices(session.actor).await.unwrap().len(), 1);
    assert_eq!(code_of(world.service.revoke_device(session.actor, phone.actor.device).await), Code::NotFound);
}

#[tokio::test]
async fn a_revoked_device_leaves_no_pairing_code_behind() {
    let (world, session) = World::with_account().await;
    let phone = world.service.sign_in(sign_in_request(EMAIL, PASSWORD)).await.unwrap();
    let kept_by_a_thief = world.service.create_pairing_code(phone.actor).await.unwrap().code;
    world.service.revoke_device(session.actor, phone.actor.device).await.unwrap();
    assert_eq!(code_of(world.service.pair(pair_request(&kept_by_a_thief)).await), Code::InvalidCode);
    assert_eq!(code_of(world.service.create_pairing_code(phone.actor).await), Code::Unauthenticated);
    assert_eq!(world.service.list_devices(session.actor).await.unwrap().len(), 1);
    let code = world.service.create_pairing_code(session.actor).await.unwrap().code;
    world.service.pair(pair_request(&code)).await.unwrap();
}

#[tokio::test]
async fn a_browsers_session_ends_with_its_cookie_and_a_device_stays() {
    let (world, laptop) = World::with_account().await;
    let mut request = sign_in_request(EMAIL, PASSWORD);
    request.device = None;
    let browser = world.service.sign_in(request).await.unwrap();
    world.pass(i64::from(SESSION_DAYS - 1) * 86_400);
    world.service.prune().await.unwrap();
    world.service.account(browser.actor).await.unwrap();
    world.pass(2 * 86_400);
    world.service.prune().await.unwrap();
    assert_eq!(code_of(world.service.account(browser.actor).await), Code::Unauthenticated);
    world.service.account(laptop.actor).await.unwrap();
    let rows = "SELECT count(*) FROM devices";
    assert_eq!(world.count(rows).await, 2);
    world.pass(200 * 86_400);
    world.service.prune().await.unwrap();
    assert_eq!(world.count(rows).await, 1, "what was signed out long ago is dropped");
}

#[tokio::test]
async fn nobody_revokes_a_strangers_device() {
    let (world, session) = World::with_account().await;
    let stranger = world.database.add_user().await;
    assert_eq!(code_of(world.service.revoke_device(session.actor, stranger.device).await), Code::NotFound);
    assert_eq!(world.service.list_devices(stranger).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_device_without_a_name_gets_one() {
    let (world, session) = World::with_account().await;
    let code = world.service.create_pairing_code(session.actor).await.unwrap().code;
    let mut request = pair_request(&code);
    request.device = device(" \u{a0} ");
    let paired = world.service.pair(request).await.unwrap();
    let list = world.service.list_devices(paired.actor).await.unwrap();
    assert_eq!(list.iter().find(|d| d.current).unwrap().name, "Unnamed device");
}
