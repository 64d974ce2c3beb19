//! Sharing a place with one other person, and taking it back.
//!
//! A share changes only under the place's row lock, so that everybody who writes to the place knows its audience. The
//! other person's feed says so in the same transaction.

use holdfast_contract::defect::{self, Defect};
use holdfast_contract::share::GivenShare;
use holdfast_contract::{AccountId, PlaceId, Role, Target, Timestamp};
use holdfast_store::batch::Published;
use holdfast_store::{self as store, Constraint, Tx, shares};

use crate::push::{RACES_MAX, pause};
use crate::service::finish;
use crate::{Actor, Error, Service};

/// Most shares in one list.
const SHARES_MAX: i64 = 1000;

/// What happens to a share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    Give(Role),
    TakeBack,
    Confirm,
}

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
        self.change_share(actor, place, recipient, Change::Give(role)).await.map(|_| ())
    }

    /// Takes a share back. Nothing more is served to the recipient from then on. Doing so again changes nothing.
    pub async fn unshare_place(&self, actor: Actor, place: PlaceId, recipient: AccountId) -> Result<(), Error> {
        self.change_share(actor, place, recipient, Change::TakeBack).await.map(|_| ())
    }

    /// What the actor shows to others, at most 1,000: what waits for a word of theirs first, then the newest.
    pub async fn list_shares(&self, actor: Actor) -> Result<Vec<GivenShare>, Error> {
        let mut tx = self.pool().begin_as(actor).await?;
        let shares = shares::given(&mut tx, actor, SHARES_MAX).await;
        Ok(finish(tx, shares).await?)
    }

    /// Lets a share that a restored backup suspended show again what it showed. Doing so again changes nothing.
    /// [`Error::NotFound`] where the place isn't the actor's.
    pub async fn confirm_share(&self, actor: Actor, place: PlaceId, recipient: AccountId) -> Result<(), Error> {
        self.change_share(actor, place, recipient, Change::Confirm).await.map(|_| ())
    }

    /// The same for every one of them. Returns how many there were.
    pub async fn confirm_shares(&self, actor: Actor) -> Result<u64, Error> {
        let mut confirmed = 0;
        loop {
            let suspended: Vec<_> =
                self.list_shares(actor).await?.into_iter().filter(|share| share.suspended).collect();
            let mut any = false;
            for share in suspended {
                // Each by itself, under the lock of its place. One whose place went away meanwhile is none any more.
                match self.change_share(actor, share.place_id, share.recipient_id, Change::Confirm).await {
                    Ok(changed) => {
                        confirmed += u64::from(changed);
                        any |= changed;
                    }
                    Err(Error::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            if !any {
                return Ok(confirmed);
            }
        }
    }

    /// Returns whether anything changed.
    async fn change_share(
        &self,
        actor: Actor,
        place: PlaceId,
        recipient: AccountId,
        change: Change,
    ) -> Result<bool, Error> {
        let mut races = 0;
        loop {
            let mut tx = self.pool().begin_as(actor).await?;
            let done = carry_out(&mut tx, actor, place, recipient, change, self.now()).await;
            return match finish(tx, done).await {
                Ok(Some((changed, published))) => {
                    self.live().publish(&published);
                    Ok(changed)
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
async fn carry_out(
    tx: &mut Tx,
    actor: Actor,
    place: PlaceId,
    recipient: AccountId,
    change: Change,
    now: Timestamp,
) -> Result<Option<(bool, Vec<Published>)>, store::Error> {
    let is_there = if defect::is_on(Defect::ShareWithoutLock) {
        store::places::find(tx, actor, Target::Id(place)).await?.is_some()
    } else {
        shares::lock_place(tx, actor, place).await?.is_some()
    };
    if !is_there {
        return Ok(None);
    }
    let changed = match change {
        Change::Give(role) => shares::upsert(tx, actor, place, recipient, role, now).await?,
        Change::TakeBack => shares::delete(tx, actor, place, recipient).await?,
        Change::Confirm => shares::confirm(tx, actor, place, recipient).await?,
    };
    if !changed || (change == Change::TakeBack && defect::is_on(Defect::RevokeForgetsFeed)) {
        return Ok(Some((changed, Vec::new())));
    }
    let published = shares::publish(tx, actor, place, recipient, now).await?;
    Ok(Some((true, published)))
}
