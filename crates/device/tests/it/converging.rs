//! Two devices and everything that can go wrong between them and the server.

use std::collections::HashSet;

use holdfast_device::{EntryState, ListQuery, PlaceState, Resolution, StateFilter};
use proptest::prelude::*;

use crate::support::*;

fn now(bench: &Bench) -> holdfast_contract::Timestamp {
    holdfast_device::Environment::now(&bench.world).wall
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
    /// waits for the person; and nothing was replaced that its author had not seen.
    #[test]
    fn everything_converges(happenings in prop::collection::vec(happening(), 1..60), seed in any::<u64>()) {
        let mut bench = Bench::seeded(seed);
        let mut devices = [bench.device("a.db"), bench.device("b.db")];
        let mut captures = Vec::new();
        let mut late = Vec::new();
        // What each device's person has had on the screen when they decided: by device, of which capture.
        let mut seen = [HashSet::new(), HashSet::new()];
        for happening in happenings {
            let pick = |device: &holdfast_device::Device, n: usize, trash: bool| {
                let page = device.list(&ListQuery { trash, ..ListQuery::default() }).unwrap();
                (!page.places.is_empty()).then(|| page.places[n % page.places.len()].local_id)
            };
            let mut look = |d: usize, device: &holdfast_device::Device, id| {
                let place = view(device, id);
                let mut on_screen = vec![place.name.map(|n| n.to_string()), place.note.map(|n| n.to_string())];
                if let Some(conflict) = device.conflict(id).unwrap() {
                    on_screen.push(conflict.theirs.name.map(|n| n.to_string()));
                    on_screen.push(conflict.theirs.note.map(|n| n.to_string()));
                }
                seen[d].extend(on_screen.into_iter().map(|value| (place.client_id, value)));
            };
            match happening {
                Happening::Capture(d) => captures.push(capture(&mut devices[d], "new").client_id),
                Happening::Rename(d, n) => if let Some(id) = pick(&devices[d], n.into(), false) {
                    look(d, &devices[d], id);
                    let _ = devices[d].edit(id, rename(&format!("n{}", n % 3)), None);
                },
                Happening::Note(d, n) => if let Some(id) = pick(&devices[d], n.into(), false) {
                    look(d, &devices[d], id);
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
                        let before = bench.server.applied.len();
                        let answer = bench.server.answer(&request, now(&bench));
                        for (client_id, changes) in &bench.server.applied[before..] {
                            let was = [changes.name.as_ref().map(|c| c.was.as_ref().map(ToString::to_string)),
                                changes.note.as_ref().map(|c| c.was.as_ref().map(ToString::to_string))];
                            for was in was.into_iter().flatten() {
                                prop_assert!(seen[d].contains(&(*client_id, was)), "{:?} was never seen", changes);
                            }
                        }
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
                        look(d, &devices[d], place.local_id);
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
