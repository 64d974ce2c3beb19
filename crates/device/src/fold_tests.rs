use holdfast_contract::rules::{UpdateDecision, decide_update};
use holdfast_contract::{Category, Name, Note, PlaceFields, Tags};
use proptest::prelude::*;

use super::*;

fn place(manual: bool) -> PlaceFields {
    PlaceFields {
        name: Name::parse("n0").unwrap(),
        note: None,
        category: Category::parse("c1").unwrap(),
        tags: Tags::parse(["t0", "t1"], "tags").unwrap(),
        position: position(0),
        position_source: if manual { PositionSource::Manual } else { PositionSource::Fix },
    }
}

fn position(n: u8) -> Position {
    Position::parse("", f64::from(n), 2.0, Some(10.0), None).unwrap()
}

fn tag(n: u8) -> Tag {
    Tag::parse(&format!("t{n}")).unwrap().unwrap()
}

/// Few values, so that edits often come back to what was there.
fn edit() -> impl Strategy<Value = Edit> {
    let value = || proptest::option::of(proptest::option::of(0..3_u8));
    let tags = || proptest::collection::btree_set((0..4_u8).prop_map(tag), 0..3);
    (value(), value(), value(), proptest::option::of(0..3_u8), tags(), tags()).prop_map(
        |(name, note, category, moved, add, remove)| Edit {
            name: name.map(|n| n.and_then(|n| Name::parse(&format!("n{n}")).unwrap())),
            note: note.map(|n| n.and_then(|n| Note::parse(&format!("n{n}")).unwrap())),
            category: category.map(|n| n.and_then(|n| Category::parse(&format!("c{n}")).unwrap())),
            position: moved.map(position),
            tags: TagChange { add, remove },
        },
    )
}

/// What the server has after these changes, one after another.
fn applied(place: &PlaceFields, all: &[PlaceChanges]) -> PlaceFields {
    all.iter().fold(place.clone(), |place, changes| match decide_update(&place, changes) {
        UpdateDecision::Apply { fields, .. } => *fields,
        UpdateDecision::Unchanged => place,
        refused => panic!("{refused:?}"),
    })
}

/// The changes of edits that a person makes one after another, each over what the one before left on the screen.
fn changes(place: &PlaceFields, edits: Vec<Edit>) -> Vec<PlaceChanges> {
    let mut shown = Shown::from(place.clone());
    let mut all = Vec::new();
    for edit in edits {
        let changes = changes_of(edit, &shown, None).unwrap();
        shown.put_changes(&changes);
        all.push(changes);
    }
    all.retain(|changes| !changes.is_empty());
    all
}

fn folded(all: &[PlaceChanges]) -> PlaceChanges {
    all.iter().cloned().reduce(fold).unwrap_or_default()
}

#[test]
fn a_marker_that_was_moved_away_and_back_is_still_the_persons_own() {
    let place = place(false);
    let moves = [1, 0].map(|n| Edit { position: Some(position(n)), ..Edit::default() });
    let folded = folded(&changes(&place, moves.to_vec()));
    assert_eq!(applied(&place, &[folded]).position_source, PositionSource::Manual, "no fix may move it again");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn folding_edits_is_applying_them_one_after_another(
        edits in proptest::collection::vec(edit(), 1..6), manual in any::<bool>(),
    ) {
        let place = place(manual);
        let all = changes(&place, edits);
        let folded = folded(&all);
        prop_assert_eq!(applied(&place, std::slice::from_ref(&folded)), applied(&place, &all));
        // The first `was` is kept: it is what stands there, since nobody else has changed it.
        prop_assert!(folded.name.is_none_or(|change| change.was == place.name));
        prop_assert!(folded.note.is_none_or(|change| change.was == place.note));
        prop_assert!(folded.category.is_none_or(|change| change.was == place.category));
        prop_assert!(folded.position.is_none_or(|change| change.was == Some(place.position)));
    }

    #[test]
    fn it_does_not_matter_which_edits_are_folded_first(edits in proptest::collection::vec(edit(), 3)) {
        let all = changes(&place(true), edits);
        if let [a, b, c] = all.as_slice() {
            let left = fold(fold(a.clone(), b.clone()), c.clone());
            let right = fold(a.clone(), fold(b.clone(), c.clone()));
            let place = place(true);
            prop_assert_eq!(applied(&place, &[left]), applied(&place, &[right]));
        }
    }

    #[test]
    fn edits_of_an_unsent_capture_make_it_what_the_screen_shows(edits in proptest::collection::vec(edit(), 1..6)) {
        let fields = place(false);
        let all = changes(&fields, edits);
        let mut new = NewPlace {
            fields: fields.clone(),
            captured_at: holdfast_contract::Timestamp::EPOCH,
            source: holdfast_contract::Source::Cli,
        };
        for changes in &all {
            amend(&mut new, changes);
        }
        prop_assert_eq!(new.fields, applied(&fields, &all));
    }
}
