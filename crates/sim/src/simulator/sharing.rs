//! What owners show to others, and take back.

use holdfast_contract::Role;
use holdfast_device::PlaceView;
use rand::RngExt;
use rand::rngs::StdRng;

use super::world::{Verdict, World, pick};

impl World {
    pub(super) async fn share(&mut self, device: usize, rng: &mut StdRng) -> Verdict {
        let Some(session) = self.devices[device].session.clone() else { return Ok(()) };
        let own: Vec<PlaceView> = self.devices[device]
            .views(false)
            .into_iter()
            .filter(|v| v.role == Role::Owner && v.id.is_some() && v.client_id.is_some())
            .collect();
        if own.is_empty() {
            return Ok(());
        }
        let view = pick(rng, &own).clone();
        let recipient = rng.random_range(0..self.accounts.len());
        let role = *pick(rng, &[Role::Viewer, Role::Editor, Role::Editor]);
        let (Some(id), Some(key)) = (view.id, self.key(device, &view)) else { return Ok(()) };
        let to = self.accounts[recipient];
        if self.server.service().share_place(session.actor, id, to, role).await.is_ok() {
            self.model.rows.insert(id, key);
            self.model.shares.insert((key, to));
            self.tally.did("shared");
            self.say(format!("device {device} shares {} with account {recipient} as {role:?}", view.local_id));
        }
        Ok(())
    }

    pub(super) async fn unshare(&mut self, rng: &mut StdRng) -> Verdict {
        let shares: Vec<_> = self.model.shares.iter().copied().collect();
        if shares.is_empty() {
            return Ok(());
        }
        let (key, recipient) = *pick(rng, &shares);
        let owner = self.devices.iter().find(|d| self.accounts[d.account] == key.0 && d.session.is_some());
        let Some(session) = owner.and_then(|d| d.session.clone()) else { return Ok(()) };
        let Some((id, _)) = self.model.rows.iter().find(|(_, k)| **k == key) else { return Ok(()) };
        if self.server.service().unshare_place(session.actor, *id, recipient).await.is_ok() {
            self.model.shares.remove(&(key, recipient));
            self.tally.did("revoked a share");
            self.say("somebody takes a share back".to_owned());
        }
        Ok(())
    }

    /// An owner says that everything is shared as they want it.
    pub(super) async fn confirm_shares(&mut self, device: usize) -> Verdict {
        let Some(session) = self.devices[device].session.clone() else { return Ok(()) };
        let confirmed = self.server.service().confirm_shares(session.actor).await;
        if confirmed.as_ref().is_ok_and(|confirmed| *confirmed == 0) {
            return Ok(());
        }
        // Each share by itself: where it broke off, some of them may be seen again.
        let mine: Vec<_> =
            self.model.suspended.iter().copied().filter(|(key, _)| key.0 == session.actor.user).collect();
        self.model.shares.extend(mine.iter().copied());
        if let Ok(confirmed) = confirmed {
            self.model.suspended.retain(|share| !mine.contains(share));
            self.tally.did("confirmed what is shared");
            self.say(format!("the owner of device {device} confirms {confirmed} shares"));
        }
        Ok(())
    }
}
