use holdfast_contract::rules::TagChange;
use holdfast_contract::{PositionSource, Role, Tag};
use holdfast_device::{Edit, EntryState, Error, JournalEvent, PlaceState, Seen};
use proptest::prelude::*;

use crate::support::*;

fn world_now(bench: &Bench) -> holdfast_contract::Timestamp {
    holdfast_device::Environment::now(&bench.world).wall
}

#[test]
fn edits_fold_into_an_unsent_create() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "Spring");
    device.edit(captured.local_id, rename("Source"), None).unwrap();
    device.edit(captured.local_id, note("cold"), None).unwrap();
    assert_eq!(device.status().unwrap().pending, 1);
    bench.sync(&mut device);
    let row = bench.server.own(captured.client_id).unwrap();
    assert_eq!((row.place.version, row.place.name.clone()), (1, Some(text_name("Source"))));
}

#[test]
fn edits_fold_keeping_the_first_was_and_what_ends_where_it_began_is_gone() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = capture(&mut device, "A").local_id;
    bench.sync(&mut device);
    for name in ["B", "C"] {
        device.edit(id, rename(name), None).unwrap();
    }
    device.edit(id, note("n"), None).unwrap();
    let push = push_of(&device.poll().unwrap());
    let ops = operations(&push);
    assert_eq!(ops.len(), 1);
    assert_eq!(ops[0]["changes"]["name"], serde_json::json!({"was": "A", "to": "C"}));
    assert_eq!(ops[0]["baseVersion"], 1);
    // Frozen now: the next edit is a new operation behind, with `was` = what the person saw.
    device.edit(id, rename("D"), None).unwrap();
    let entries = device.outbox(None, 10).unwrap();
    assert!(matches!(entries[0].state, EntryState::Sending { .. }));
    assert!(matches!(entries[1].state, EntryState::Behind));
    assert_eq!(state(&device, id), PlaceState::Sending);
    bench.carry(&mut device, &push);
    let push = push_of(&device.poll().unwrap());
    assert_eq!(operations(&push)[0]["changes"]["name"], serde_json::json!({"was": "C", "to": "D"}));
    assert_eq!(operations(&push)[0]["baseVersion"], 2, "the acknowledged operation moved it on");
    bench.carry(&mut device, &push);
    assert_eq!(state(&device, id), PlaceState::Synced);

    device.edit(id, rename("E"), None).unwrap();
    device.edit(id, rename("D"), None).unwrap();
    assert_eq!(device.status().unwrap().pending, 0, "nothing is left to be sent");
    assert_eq!(state(&device, id), PlaceState::Synced);
    let events: Vec<_> = device.journal(id).unwrap().into_iter().map(|e| e.event).collect();
    assert_eq!(events.last(), Some(&JournalEvent::Superseded));
}

#[test]
fn was_is_what_stood_on_the_screen_even_if_a_pull_came_between() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    let seen = Seen::from(&view(&device, captured.local_id));
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.name = Some(text_name("theirs")));
    bench.sync(&mut device);
    device.edit(captured.local_id, rename("mine"), Some(seen)).unwrap();
    bench.sync(&mut device);
    assert_eq!(bench.server.rows[&id].place.name, Some(text_name("theirs")), "not overwritten unseen");
    assert!(device.conflict(captured.local_id).unwrap().is_some());
}

#[test]
fn a_pull_never_hides_an_unsent_edit_and_never_waits_for_it() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    device.edit(captured.local_id, rename("mine"), None).unwrap();
    bench.server.meddle(id, |place| place.note = holdfast_contract::Note::parse("theirs").unwrap());
    device.pull_now();
    let effects = device.poll().unwrap();
    let pull = effects.requests.iter().find(|r| matches!(r, holdfast_device::Request::Pull { .. })).unwrap();
    bench.carry(&mut device, pull);
    let shown = view(&device, captured.local_id);
    assert_eq!((shown.name, shown.version), (Some(text_name("mine")), Some(2)));
    assert_eq!(shown.note.unwrap().as_str(), "theirs");
    assert_eq!(device.confirmed(captured.local_id).unwrap().unwrap().name, Some(text_name("A")));
    bench.carry(&mut device, &push_of(&effects));
    assert_eq!(bench.server.rows[&id].place.name, Some(text_name("mine")));
    assert_eq!(bench.server.rows[&id].place.note.as_ref().unwrap().as_str(), "theirs");
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
}

#[test]
fn a_marker_moved_by_hand_is_manual_and_no_fix_moves_it() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    let moved = Edit { position: Some(position(47.5, None)), ..Edit::default() };
    assert!(device.edit(captured.local_id, moved.clone(), None).unwrap());
    assert!(!device.edit(captured.local_id, moved, None).unwrap());
    assert_eq!(
        device.refine(captured.local_id, position(47.6, Some(1.0))).unwrap(),
        holdfast_device::FixOutcome::NotBetter
    );
    bench.sync(&mut device);
    let row = bench.server.own(captured.client_id).unwrap();
    assert_eq!((row.place.position(), row.place.position_source), (position(47.5, None), PositionSource::Manual));
}

#[test]
fn too_many_tags_are_refused_and_nothing_is_written() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let id = capture(&mut device, "A").local_id;
    bench.sync(&mut device);
    let add = (0..21).map(|i| Tag::parse(&format!("t{i}")).unwrap().unwrap()).collect();
    let edit = Edit { tags: TagChange { add, ..TagChange::default() }, ..rename("B") };
    assert!(matches!(device.edit(id, edit, None), Err(Error::Invalid(_))));
    assert_eq!((name_of(&device, id), device.status().unwrap().pending), ("A".to_owned(), 0));
}

#[test]
fn a_readers_role_bounds_what_can_be_asked() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let now = world_now(&bench);
    bench.server.create(None, &place("shared"), Role::Viewer, now);
    let editable = bench.server.create(None, &place("editable"), Role::Editor, now);
    bench.sync(&mut device);
    let page = device.list(&holdfast_device::ListQuery::default()).unwrap();
    let by_name =
        |name: &str| page.places.iter().find(|p| p.name == Some(text_name(name))).map(|p| p.local_id).unwrap();
    assert!(matches!(device.edit(by_name("shared"), rename("x"), None), Err(Error::NotAllowed)));
    assert!(matches!(device.delete(by_name("editable"), None), Err(Error::NotAllowed)));
    assert!(device.edit(by_name("editable"), rename("x"), None).unwrap());
    bench.sync(&mut device);
    assert_eq!(bench.server.rows[&editable].place.name, Some(text_name("x")));
}

#[test]
fn an_edit_mends_what_the_server_refused() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    let captured = capture(&mut device, "bad word");
    bench.server.poison = Some(("bad word".to_owned(), 422, holdfast_contract::Code::Invalid));
    bench.sync(&mut device);
    let entry = device.outbox(None, 1).unwrap().remove(0);
    assert!(matches!(entry.state, EntryState::Rejected { .. }));
    device.edit(captured.local_id, rename("good"), None).unwrap();
    assert_ne!(device.outbox(None, 1).unwrap()[0].op_id, entry.op_id, "a new intent");
    bench.sync(&mut device);
    assert_eq!(bench.server.own(captured.client_id).unwrap().place.name, Some(text_name("good")));
    assert_eq!(device.status().unwrap().pending, 0);
}

/// What a person may do to a place, in the reference model and on the device.
#[derive(Clone, Debug)]
enum Step {
    Name(Option<u8>),
    Category(Option<u8>),
    AddTag(u8),
    RemoveTag(u8),
    Move(u8),
    Refine(u8),
    Delete,
    Restore,
    /// The batch is sent and answered.
    Sync,
    /// The batch is sent; whether it arrives is the flag, its answer never does.
    LoseReply(bool),
    /// The process dies and the store is opened again.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::option::of(0..4_u8).prop_map(Step::Name),
        2 => proptest::option::of(0..4_u8).prop_map(Step::Category),
        2 => (0..4_u8).prop_map(Step::AddTag),
        2 => (0..4_u8).prop_map(Step::RemoveTag),
        1 => (0..4_u8).prop_map(Step::Move),
        1 => (1..30_u8).prop_map(Step::Refine),
        1 => Just(Step::Delete),
        2 => Just(Step::Restore),
        3 => Just(Step::Sync),
        2 => any::<bool>().prop_map(Step::LoseReply),
        2 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(cases(96))]

    /// With nobody else writing, whatever is folded, lost, repeated or killed: the person always sees what they did, and
    /// in the end the server has it, without a single conflict.
    #[test]
    fn alone_a_persons_wishes_always_come_out(steps in prop::collection::vec(step(), 1..24), seed in any::<u64>()) {
        let mut bench = Bench::seeded(seed);
        let mut device = bench.device("a.db");
        bench.sync(&mut device);
        let captured = capture(&mut device, "start");
        let id = captured.local_id;
        // A place that was deleted before it ever left is gone for good, so let it leave first.
        bench.sync(&mut device);
        let mut model = view(&device, id);
        for step in steps {
            let tag = |n: u8| [Tag::parse(&format!("t{n}")).unwrap().unwrap()].into();
            let edit = match &step {
                Step::Name(n) => Some(Edit { name: Some(n.map(|n| text_name(&format!("n{n}")))), ..Edit::default() }),
                Step::Category(n) => Some(Edit {
                    category: Some(n.map(|n| holdfast_contract::Category::parse(&format!("c{n}")).unwrap().unwrap())),
                    ..Edit::default()
                }),
                Step::AddTag(n) => Some(Edit { tags: TagChange { add: tag(*n), ..TagChange::default() }, ..Edit::default() }),
                Step::RemoveTag(n) => Some(Edit { tags: TagChange { remove: tag(*n), ..TagChange::default() }, ..Edit::default() }),
                Step::Move(n) => Some(Edit { position: Some(position(40.0 + f64::from(*n), None)), ..Edit::default() }),
                _ => None,
            };
            let in_trash = model.deleted_at.is_some();
            if let Some(edit) = edit {
                let result = device.edit(id, edit.clone(), None);
                if in_trash {
                    prop_assert!(matches!(result, Err(Error::InTrash)));
                } else {
                    result.unwrap();
                    if let Some(name) = edit.name { model.name = name }
                    if let Some(category) = edit.category { model.category = category }
                    if let Some(position) = edit.position {
                        model.position = Some(position);
                        model.position_source = Some(PositionSource::Manual);
                    }
                    let tags = model.tags.as_set().difference(&edit.tags.remove).chain(&edit.tags.add).cloned();
                    model.tags = holdfast_contract::Tags::new(tags.collect()).unwrap();
                }
            }
            match step {
                Step::Refine(accuracy) => {
                    let better = position(47.0 + f64::from(accuracy) / 1000.0, Some(f64::from(accuracy)));
                    device.refine(id, better).unwrap();
                    if !in_trash
                        && model.position_source == Some(PositionSource::Fix)
                        && better.is_better_than(&model.position.unwrap())
                    {
                        model.position = Some(better);
                    }
                }
                Step::Delete if !in_trash => {
                    device.delete(id, None).unwrap();
                    model.deleted_at = Some(world_now(&bench));
                }
                Step::Restore if in_trash => {
                    device.restore(id, None).unwrap();
                    model.deleted_at = None;
                }
                Step::Sync => { bench.sync(&mut device); }
                Step::LoseReply(arrives) => {
                    let effects = device.poll().unwrap();
                    for request in &effects.requests {
                        if arrives {
                            let now = world_now(&bench);
                            let _ = bench.server.answer(request, now);
                        }
                    }
                    bench.world.pass(100);
                }
                Step::Reopen => {
                    drop(device);
                    device = bench.device("a.db");
                }
                _ => {}
            }
            let shown = view(&device, id);
            prop_assert_eq!(&shown.name, &model.name);
            prop_assert_eq!(&shown.category, &model.category);
            prop_assert_eq!(&shown.tags, &model.tags);
            prop_assert_eq!(shown.position, model.position);
            prop_assert_eq!(shown.position_source, model.position_source);
            prop_assert_eq!(shown.deleted_at.is_some(), model.deleted_at.is_some());
        }
        bench.world.pass(1000);
        device.network_returned().unwrap();
        bench.sync(&mut device);
        let status = device.status().unwrap();
        prop_assert_eq!((status.pending, status.conflicts, status.rejected), (0, 0, 0));
        let row = bench.server.own(captured.client_id).unwrap();
        prop_assert_eq!(&row.place.name, &model.name);
        prop_assert_eq!(&row.place.category, &model.category);
        prop_assert_eq!(&row.place.tags, &model.tags);
        prop_assert_eq!(Some(row.place.position()), model.position);
        prop_assert_eq!(row.place.deleted_at.is_some(), model.deleted_at.is_some());
        prop_assert_eq!(&device.confirmed(id).unwrap().unwrap(), &row.place);
        prop_assert_eq!(bench.server.rows.len(), 1);
    }
}

#[test]
fn a_tag_added_and_taken_away_again_goes_also_where_it_came_from_elsewhere_meanwhile() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    // Another capture is on its way, so that the edits below stay unsent.
    capture(&mut device, "B");
    let under_way = push_of(&device.poll().unwrap());
    let tag: std::collections::BTreeSet<_> = [Tag::parse("x").unwrap().unwrap()].into();
    let added = Edit { tags: TagChange { add: tag.clone(), ..TagChange::default() }, ..Edit::default() };
    device.edit(captured.local_id, added, None).unwrap();
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.tags = holdfast_contract::Tags::parse(["x"], "tags").unwrap());
    device.pull_now();
    for request in device.poll().unwrap().requests {
        bench.carry(&mut device, &request);
    }
    let removed = Edit { tags: TagChange { remove: tag, ..TagChange::default() }, ..Edit::default() };
    device.edit(captured.local_id, removed, None).unwrap();
    bench.carry(&mut device, &under_way);
    bench.sync(&mut device);
    assert!(bench.server.rows[&id].place.tags.is_empty());
    assert!(view(&device, captured.local_id).tags.is_empty());
    assert_eq!(state(&device, captured.local_id), PlaceState::Synced);
}

#[test]
fn a_delete_from_a_screen_with_older_tags_asks_the_person() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let captured = capture(&mut device, "A");
    bench.sync(&mut device);
    let seen = Seen::from(&view(&device, captured.local_id));
    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.tags = holdfast_contract::Tags::parse(["keep"], "tags").unwrap());
    bench.sync(&mut device);
    device.delete(captured.local_id, Some(seen)).unwrap();
    bench.sync(&mut device);
    assert!(bench.server.rows[&id].place.deleted_at.is_none());
    let conflict = device.conflict(captured.local_id).unwrap().unwrap();
    assert_eq!(conflict.reason, holdfast_contract::outcome::ConflictReason::ChangedSince);
}
