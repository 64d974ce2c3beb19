//! Sharing a place with one other person, and taking it back.
//!
//! A share changes only under the place's row lock, so that everybody who writes to the place knows its audience. The
//! other person's feed says so in the same transaction.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::{AccountId, PlaceId, Role, Target, Timestamp};
use holdfast_store::batch::Published;
use holdfast_store::{self as store, Constraint, Tx, shares};

use crate::push::{RACES_MAX, pause};
use crate::service::finish;
use crate::{Actor, Error, Service};

impl Service {
    /// Shows one of the actor's own places to `recipient`, or changes what they may do with it. Doing so again changes
    /// nothing. [`Error::NotFound`] where place or person don't exist or the place isn't the actor's.
    pub async fn share_place(
        &self,
        actor: Actor,
        place: PlaceId,
        recipient: AccountId,
        role: Role,
    ) -> Result<(), Error> {
        if role == Role::Owner {
            return Err(Error::Forbidden("A place has one owner. Share it for viewing or editing."));
        }
        self.change_share(actor, place, recipient, Some(role)).await
    }

    /// Takes a share back. Nothing more is served to the recipient from then on. Doing so again changes nothing.
    pub async fn unshare_place(&self, actor: Actor, place: PlaceId, recipient: AccountId) -> Result<(), Error> {
        self.change_share(actor, place, recipient, None).await
    }

    async fn change_share(
        &self,
        actor: Actor,
        place: PlaceId,
        recipient: AccountId,
        role: Option<Role>,
    ) -> Result<(), Error> {
        let mut races = 0;
        loop {
            let mut tx = self.pool().begin_as(actor).await?;
            let done = change(&mut tx, actor, place, recipient, role, self.now()).await;
            return match finish(tx, done).await {
                Ok(Some(published)) => {
                    self.live().publish(&published);
                    Ok(())
                }
                Ok(None)
                | Err(store::Error::Constraint(Constraint::ShareRecipient | Constraint::ShareNotToOneself)) => {
                    Err(Error::NotFound)
                }
                Err(store::Error::Race(_)) if races < RACES_MAX => {
                    pause(races).await;
                    races += 1;
                    continue;
                }
                Err(error) => Err(error.into()),
            };
        }
    }
}

/// `None` where the actor has no such place.
async fn change(
    tx: &mut Tx,
    actor: Actor,
    place: PlaceId,
    recipient: AccountId,
    role: Option<Role>,
    now: Timestamp,
) -> Result<Option<Vec<Published>>, store::Error> {
    let is_there = if defect::is_on(Defect::ShareWithoutLock) {
        store::places::find(tx, actor, Target::Id(place)).await?.is_some()
    } else {
        shares::lock_place(tx, actor, place).await?.is_some()
    };
    if !is_there {
        return Ok(None);
    }
    let changed = match role {
        Some(role) => shares::upsert(tx, actor, place, recipient, role, now).await?,
        None => shares::delete(tx, actor, place, recipient).await?,
    };
    if !changed || (role.is_none() && defect::is_on(Defect::RevokeForgetsFeed)) {
        return Ok(Some(Vec::new()));
    }
    shares::publish(tx, actor, place, recipient, now).await.map(Some)
}
