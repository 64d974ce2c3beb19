use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::{Code, Field, Problem, Role};
use holdfast_device::{Attention, EntryState, Error, JournalEvent, ListQuery, PlaceState, Resolution, StateFilter};
use proptest::prelude::*;

use crate::support::*;

fn now(bench: &Bench) -> holdfast_contract::Timestamp {
    holdfast_device::Environment::now(&bench.world).wall
}

#[test]
fn a_retried_create_does_not_bring_back_a_deleted_place() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "A");
    let push = push_of(&device.poll().unwrap());
    let _ = bench.server.answer(&push, now(&bench));
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    let deleted = now(&bench);
    bench.server.meddle(id, |place| place.deleted_at = Some(deleted));
    bench.world.pass(100);
    bench.sync(&mut device);
    assert!(bench.server.rows[&id].place.deleted_at.is_some());
    assert!(view(&device, captured.local_id).deleted_at.is_some());
    assert_eq!(device.status().unwrap().pending, 0);
}

#[test]
fn a_conflict_keeps_both_sides_and_asks() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    device.edit(captured.local_id, rename("mine"), None).unwrap();
    bench.server.meddle(id, |place| place.name = Some(text_name("theirs")));
    bench.sync(&mut device);
    assert_eq!(state(&device, captured.local_id), PlaceState::NeedsAttention(Attention::Conflict));
    let conflict = device.conflict(captured.local_id).unwrap().unwrap();
    assert_eq!((conflict.reason, conflict.fields), (ConflictReason::FieldsChanged, vec![Field::Name]));
    assert_eq!(conflict.mine.name, Some(text_name("mine")));
    assert_eq!((conflict.theirs.name, conflict.theirs.version), (Some(text_name("theirs")), 2));
    assert!(device.push_idle().unwrap());
    let found = device.list(&ListQuery { state: Some(StateFilter::NeedsAttention), ..ListQuery::default() }).unwrap();
    assert_eq!(found.places.len(), 1);
    assert_eq!(device.status().unwrap().conflicts, 1);
}

#[test]
fn a_purged_place_goes_silently_unless_something_unsent_is_here() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let quiet = capture(&mut device, "quiet");
    let edited = capture(&mut device, "edited");
    bench.sync(&mut device);
    device.edit(edited.local_id, note("years of memory"), None).unwrap();
    for captured in [quiet, edited] {
        let id = bench.server.own(captured.client_id).unwrap().place.id;
        bench.server.purge(id);
    }
    bench.sync(&mut device);
    assert!(device.get(quiet.local_id).unwrap().is_none());
    assert_eq!(state(&device, edited.local_id), PlaceState::NeedsAttention(Attention::DeletedForGood));
    let kept = view(&device, edited.local_id);
    assert_eq!((kept.name, kept.note.unwrap().as_str()), (Some(text_name("edited")), "years of memory"));
    assert!(matches!(device.edit(edited.local_id, rename("x"), None), Err(Error::DecideFirst)));
    assert!(device.confirmed(edited.local_id).unwrap().is_none());

    let anew = device.resolve(edited.local_id, Resolution::KeepAsNew(holdfast_contract::Source::Cli), None).unwrap();
    assert_ne!(anew, edited.local_id);
    bench.sync(&mut device);
    assert_eq!(state(&device, anew), PlaceState::Synced);
    let live = bench.server.live();
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].note.as_ref().unwrap().as_str(), "years of memory");
    assert_ne!(live[0].client_id, Some(edited.client_id));
}

#[test]
fn a_former_reader_keeps_only_what_they_typed() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let mut secret = place("secret name");
    secret.fields.category = holdfast_contract::Category::parse("secret").unwrap();
    let at = now(&bench);
    let id = bench.server.create(None, &secret, Role::Editor, at);
    let untouched = bench.server.create(None, &place("other"), Role::Editor, at);
    bench.sync(&mut device);
    let page = device.list(&ListQuery { text: Some("secret".to_owned()), ..ListQuery::default() }).unwrap();
    let local = page.places[0].local_id;
    device.edit(local, note("my own words"), None).unwrap();
    bench.server.purge(id);
    bench.server.purge(untouched);
    bench.sync(&mut device);
    let left = device.list(&ListQuery { state: Some(StateFilter::NeedsAttention), ..ListQuery::default() }).unwrap();
    assert_eq!(left.places.len(), 1);
    let kept = &left.places[0];
    assert_eq!(kept.state, PlaceState::NeedsAttention(Attention::NoLongerVisible));
    assert_eq!(kept.note.as_ref().unwrap().as_str(), "my own words");
    assert_eq!((kept.name.clone(), kept.category.clone(), kept.position), (None, None, None));
    assert!(
        device.list(&ListQuery { text: Some("secret".to_owned()), ..ListQuery::default() }).unwrap().places.is_empty()
    );
    // Without a position it becomes a capture that waits for one.
    let anew = device.resolve(local, Resolution::KeepAsNew(holdfast_contract::Source::Cli), None).unwrap();
    assert_eq!(state(&device, anew), PlaceState::NeedsPosition);
}

#[test]
fn an_older_word_never_replaces_a_newer_one() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    // A page is asked for and answered, but its answer dawdles.
    device.pull_now();
    let slow = device.poll().unwrap().requests.remove(0);
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.name = Some(text_name("page")));
    let page = bench.server.answer(&slow, now(&bench));
    device.edit(captured.local_id, note("n"), None).unwrap();
    let push = push_of(&device.poll().unwrap());
    bench.carry(&mut device, &push);
    assert_eq!(device.confirmed(captured.local_id).unwrap().unwrap().version, 3);
    device.handle(holdfast_device::Reply { lease: slow.lease(), answer: page }).unwrap();
    let confirmed = device.confirmed(captured.local_id).unwrap().unwrap();
    assert_eq!((confirmed.version, confirmed.note.unwrap().as_str().to_owned()), (3, "n".to_owned()));
}

#[test]
fn a_delete_behind_an_edit_meets_the_version_the_person_saw() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    device.edit(captured.local_id, rename("B"), None).unwrap();
    device.delete(captured.local_id, None).unwrap();
    bench.sync(&mut device);
    let row = bench.server.own(captured.client_id).unwrap();
    assert!(row.place.deleted_at.is_some());
    assert_eq!((row.place.version, row.place.name.clone()), (3, Some(text_name("B"))));
    assert_eq!(device.status().unwrap().pending, 0);
}

#[test]
fn a_delete_of_something_that_was_changed_unseen_asks_the_person() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    device.edit(captured.local_id, rename("B"), None).unwrap();
    device.delete(captured.local_id, None).unwrap();
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.note = holdfast_contract::Note::parse("new").unwrap());
    bench.sync(&mut device);
    assert!(bench.server.rows[&id].place.deleted_at.is_none());
    let conflict = device.conflict(captured.local_id).unwrap().unwrap();
    assert_eq!(conflict.reason, ConflictReason::ChangedSince);
    device.resolve(captured.local_id, Resolution::KeepMine, Some(conflict.theirs.version)).unwrap();
    bench.sync(&mut device);
    assert!(bench.server.rows[&id].place.deleted_at.is_some());
}

#[test]
fn a_rejected_operation_is_parked_retried_exported_and_discarded() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let good = capture(&mut device, "good");
    let bad = capture(&mut device, "poison");
    bench.server.poison = Some(("poison".to_owned(), 422, Code::Invalid));
    bench.sync(&mut device);
    assert_eq!(state(&device, good.local_id), PlaceState::Synced, "the others go on");
    assert_eq!(state(&device, bad.local_id), PlaceState::NeedsAttention(Attention::Rejected));
    let entry = device.outbox(None, 10).unwrap().remove(0);
    let EntryState::Rejected { problem } = &entry.state else { panic!("{entry:?}") };
    assert_eq!(problem.code, Code::Invalid);
    let exported = device.export_outbox(Some(entry.op_id)).unwrap();
    assert_eq!(exported[0]["operation"]["place"]["name"], "poison");
    assert_eq!(exported[0]["place"]["name"], "poison");

    bench.server.poison = None;
    assert_eq!(device.retry_all().unwrap(), 1);
    bench.sync(&mut device);
    assert_eq!(state(&device, bad.local_id), PlaceState::Synced);

    let doomed = capture(&mut device, "poison");
    bench.server.poison = Some(("poison".to_owned(), 422, Code::Invalid));
    bench.sync(&mut device);
    let entry = device.outbox(None, 10).unwrap().remove(0);
    device.discard(entry.op_id).unwrap();
    assert!(device.get(doomed.local_id).unwrap().is_none());
    assert!(matches!(device.discard(entry.op_id), Err(Error::NoSuchEntry)));
    let last = device.journal(doomed.local_id).unwrap().pop().unwrap();
    assert_eq!(last.event, JournalEvent::Discarded);
    assert!(last.detail.unwrap().contains("poison"), "the journal keeps what was dropped");
}

#[test]
fn discarding_a_refused_edit_puts_right_what_was_based_on_it() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    device.edit(captured.local_id, rename("poison"), None).unwrap();
    let push = push_of(&device.poll().unwrap());
    device.edit(captured.local_id, rename("C"), None).unwrap();
    let refused = server::refuse(422, &Problem::new(Code::Invalid, "no"));
    device.handle(holdfast_device::Reply { lease: push.lease(), answer: refused }).unwrap();
    let entry = device.outbox(None, 1).unwrap().remove(0);
    device.discard(entry.op_id).unwrap();
    let push = push_of(&device.poll().unwrap());
    assert_eq!(operations(&push)[0]["changes"]["name"], serde_json::json!({"was": "A", "to": "C"}));
    bench.carry(&mut device, &push);
    assert_eq!(bench.server.own(captured.client_id).unwrap().place.name, Some(text_name("C")));
}

#[test]
fn an_operation_on_its_way_cannot_be_discarded_before_its_fate_is_known() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    capture(&mut device, "A");
    let _ = device.poll().unwrap();
    let entry = device.outbox(None, 1).unwrap().remove(0);
    assert!(matches!(device.discard(entry.op_id), Err(Error::OnItsWay)));
}

/// Something that happens somewhere.
#[derive(Clone, Debug)]
enum Happening {
    Capture(usize),
    Rename(usize, u8),
    Note(usize, u8),
    Tag(usize, u8),
    Delete(usize),
    Restore(usize),
    Refine(usize, u8),
    /// A device sends what it wants; each reply is delivered (0), lost (1), lost before it arrived (2) or late (3).
    Exchange(usize, u8),
    Reopen(usize),
    Pass(u16),
    ClockBack,
    Purge(u8),
    Resolve(usize, bool),
    LateReplies,
}

fn happening() -> impl Strategy<Value = Happening> {
    let device = 0..2_usize;
    prop_oneof![
        3 => device.clone().prop_map(Happening::Capture),
        4 => (device.clone(), any::<u8>()).prop_map(|(d, n)| Happening::Rename(d, n)),
        3 => (device.clone(), any::<u8>()).prop_map(|(d, n)| Happening::Note(d, n)),
        2 => (device.clone(), any::<u8>()).prop_map(|(d, n)| Happening::Tag(d, n)),
        1 => device.clone().prop_map(Happening::Delete),
        1 => device.clone().prop_map(Happening::Restore),
        1 => (device.clone(), any::<u8>()).prop_map(|(d, n)| Happening::Refine(d, n)),
        9 => (device.clone(), 0..4_u8).prop_map(|(d, n)| Happening::Exchange(d, n)),
        2 => device.clone().prop_map(Happening::Reopen),
        2 => (0..200_u16).prop_map(Happening::Pass),
        1 => Just(Happening::ClockBack),
        1 => any::<u8>().prop_map(Happening::Purge),
        2 => (device, any::<bool>()).prop_map(|(d, m)| Happening::Resolve(d, m)),
        2 => Just(Happening::LateReplies),
    ]
}

proptest! {
    #![proptest_config(cases(96))]

    /// Two devices, one account, lost, late and repeated replies, kills, jumping clocks, purges: when it is over, every
    /// capture is one row, a tombstone or visibly parked; every confirmed copy is the server's; every outbox is empty or
    /// waits for the person.
    #[test]
    fn everything_converges(happenings in prop::collection::vec(happening(), 1..60), seed in any::<u64>()) {
        let mut bench = Bench::seeded(seed);
        let mut devices = [bench.device("a.db"), bench.device("b.db")];
        let mut captures = Vec::new();
        let mut late = Vec::new();
        for happening in happenings {
            let pick = |device: &holdfast_device::Device, n: usize, trash: bool| {
                let page = device.list(&ListQuery { trash, ..ListQuery::default() }).unwrap();
                (!page.places.is_empty()).then(|| page.places[n % page.places.len()].local_id)
            };
            match happening {
                Happening::Capture(d) => captures.push(capture(&mut devices[d], "new").client_id),
                Happening::Rename(d, n) => if let Some(id) = pick(&devices[d], n.into(), false) {
                    let _ = devices[d].edit(id, rename(&format!("n{}", n % 3)), None);
                },
                Happening::Note(d, n) => if let Some(id) = pick(&devices[d], n.into(), false) {
                    let _ = devices[d].edit(id, note(&format!("d{d}-{n}")), None);
                },
                Happening::Tag(d, n) => if let Some(id) = pick(&devices[d], n.into(), false) {
                    let add = [holdfast_contract::Tag::parse(&format!("t{}", n % 5)).unwrap().unwrap()].into();
                    let tags = holdfast_contract::rules::TagChange { add, ..Default::default() };
                    let _ = devices[d].edit(id, holdfast_device::Edit { tags, ..Default::default() }, None);
                },
                Happening::Delete(d) => if let Some(id) = pick(&devices[d], 0, false) {
                    let vanished = view(&devices[d], id).client_id;
                    if let Ok(holdfast_device::DeleteOutcome::Vanished) = devices[d].delete(id, None) {
                        captures.retain(|c| Some(*c) != vanished);
                    }
                },
                Happening::Restore(d) => if let Some(id) = pick(&devices[d], 0, true) {
                    let _ = devices[d].restore(id, None);
                },
                Happening::Refine(d, n) => if let Some(id) = pick(&devices[d], n.into(), false) {
                    let _ = devices[d].refine(id, position(47.0, Some(f64::from(n) / 9.0)));
                },
                Happening::Exchange(d, fate) => {
                    let effects = devices[d].poll().unwrap();
                    for request in effects.requests {
                        if fate == 2 { continue }
                        let answer = bench.server.answer(&request, now(&bench));
                        let reply = holdfast_device::Reply { lease: request.lease(), answer };
                        match fate {
                            0 => { devices[d].handle(reply).unwrap(); }
                            3 => late.push((d, reply)),
                            _ => {}
                        }
                    }
                }
                Happening::Reopen(d) => devices[d] = bench.device(["a.db", "b.db"][d]),
                Happening::Pass(seconds) => bench.world.pass(seconds.into()),
                Happening::ClockBack => bench.world.set_clock(-5_000),
                Happening::Purge(n) => {
                    let in_trash: Vec<_> = bench.server.rows.values()
                        .filter(|r| !r.gone && r.place.deleted_at.is_some()).map(|r| r.place.id).collect();
                    if !in_trash.is_empty() {
                        bench.server.purge(in_trash[usize::from(n) % in_trash.len()]);
                    }
                }
                Happening::Resolve(d, mine) => {
                    let page = devices[d].list(&ListQuery {
                        state: Some(StateFilter::NeedsAttention), ..ListQuery::default()
                    }).unwrap();
                    for place in page.places {
                        let resolution = if mine { Resolution::KeepMine } else { Resolution::KeepTheirs };
                        let _ = devices[d].resolve(place.local_id, resolution, None);
                    }
                }
                Happening::LateReplies => for (d, reply) in late.drain(..) {
                    devices[d].handle(reply).unwrap();
                },
            }
        }
        for _ in 0..4 {
            for device in &mut devices {
                bench.world.pass(2_000);
                device.network_returned().unwrap();
                bench.sync(device);
            }
        }
        for device in &devices {
            prop_assert!(device.push_idle().unwrap());
            let waits = |state: &EntryState| {
                matches!(state, EntryState::Conflict { .. } | EntryState::Rejected { .. } | EntryState::Behind)
            };
            let only_waits = device.outbox(None, 1000).unwrap().iter().all(|e| waits(&e.state));
            prop_assert!(only_waits);
            let mut confirmed = 0;
            for trash in [false, true] {
                for place in device.list(&ListQuery { trash, limit: 1000, ..ListQuery::default() }).unwrap().places {
                    let Some(base) = device.confirmed(place.local_id).unwrap() else { continue };
                    confirmed += 1;
                    let row = &bench.server.rows[&base.id];
                    prop_assert!(!row.gone);
                    prop_assert_eq!(&base, &row.place);
                    if place.state == PlaceState::Synced {
                        prop_assert_eq!(place.name, row.place.name.clone());
                        prop_assert_eq!(place.note, row.place.note.clone());
                    }
                }
            }
            prop_assert_eq!(confirmed, bench.server.rows.values().filter(|r| !r.gone).count());
        }
        for client_id in captures {
            let rows = bench.server.rows.values().filter(|r| r.client_id == Some(client_id)).count();
            let parked = devices.iter().any(|d| !d.find(&client_id.to_string()).unwrap().is_empty());
            prop_assert!(rows == 1 || (rows == 0 && parked), "{client_id}: {rows} rows");
        }
    }
}
