//! Who may see a place, through what, and what of it. The one place where that is answered.

use holdfast_contract::sync::{ChangeKind, GonePlace};
use holdfast_contract::{Place, Role};
use holdfast_store::{Reading, Share, StoredPlace};

use crate::Actor;

/// Through what somebody sees a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// It is theirs.
    Owner,
    /// It is shared with them.
    Shared(Share),
}

impl Access {
    /// How the actor sees this place; `None` where they don't.
    pub(crate) fn of(actor: Actor, reading: &Reading) -> Option<Self> {
        let place = reading.place.as_ref()?;
        let access = if reading.owner == actor.user { Self::Owner } else { Self::Shared(reading.share?) };
        access.sees(place).then_some(access)
    }

    /// The trash is its owner's alone, and what was purged is nobody's.
    pub(crate) fn sees(self, place: &StoredPlace) -> bool {
        place.body.is_some() && (self.is_owner() || place.deleted_at.is_none())
    }

    /// What the reader may do.
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Owner => Role::Owner,
            Self::Shared(share) => share.role,
        }
    }

    /// Delete, restore, share, and see history, capture, source and devices.
    pub(crate) fn is_owner(self) -> bool {
        self == Self::Owner
    }

    /// Update, refine, add media.
    pub(crate) fn may_edit(self) -> bool {
        self.role() >= Role::Editor
    }

    /// The place as this reader sees it. Capture and source are the owner's alone; what a share shows begins with the
    /// share.
    pub(crate) fn show(self, place: &StoredPlace) -> Option<Place> {
        let body = place.body.as_ref().filter(|_| self.sees(place))?;
        let fields = &body.fields;
        let begin = match self {
            Self::Owner => place.created_at,
            Self::Shared(share) => share.since,
        };
        Some(Place {
            id: place.id,
            client_id: self.is_owner().then_some(place.client_id),
            version: place.version,
            name: fields.name.clone(),
            note: fields.note.clone(),
            latitude: fields.position.latitude,
            longitude: fields.position.longitude,
            accuracy: fields.position.accuracy,
            altitude: fields.position.altitude,
            category: fields.category.clone(),
            tags: fields.tags.clone(),
            captured_at: body.captured_at,
            source: self.is_owner().then_some(body.source),
            position_source: fields.position_source,
            role: self.role(),
            created_at: begin,
            updated_at: place.updated_at.max(begin),
            deleted_at: place.deleted_at,
        })
    }
}

/// The place as the actor sees it; `None` where they don't.
pub(crate) fn show(actor: Actor, reading: &Reading) -> Option<Place> {
    Access::of(actor, reading)?.show(reading.place.as_ref()?)
}

/// What an entry of the actor's feed says today.
pub(crate) fn change(actor: Actor, reading: &Reading) -> ChangeKind {
    if let Some(place) = show(actor, reading) {
        return ChangeKind::Upsert(Box::new(place));
    }
    let own = reading.place.as_ref().filter(|_| reading.owner == actor.user);
    ChangeKind::Gone(GonePlace { id: reading.id, client_id: own.map(|p| p.client_id) })
}
