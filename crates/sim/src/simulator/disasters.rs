//! What happens to accounts, devices and the database, apart from the network.

use rand::RngExt;
use rand::rngs::StdRng;

use super::step::Fault;
use super::world::{Verdict, World, pick};

impl World {
    pub(super) async fn limit_plan(&mut self, rng: &mut StdRng) {
        let account = rng.random_range(0..self.accounts.len());
        let max = rng.random_bool(0.5).then(|| rng.random_range(0..6));
        self.set_plan(account, max).await;
        self.say(format!("account {account} may have {max:?} places"));
    }

    pub(super) async fn set_plan(&self, account: usize, max: Option<i64>) {
        let mut connection = self.server.database.connect().await;
        let plan = max.map_or("self_hosted".to_owned(), |max| format!("max{max}"));
        sqlx::query("INSERT INTO plans (id, places_max) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(&plan)
            .bind(max)
            .execute(&mut connection)
            .await
            .expect("a plan");
        sqlx::query("UPDATE users SET plan_id = $2 WHERE id = $1")
            .bind(self.accounts[account].0)
            .bind(&plan)
            .execute(&mut connection)
            .await
            .expect("the plan is set");
    }

    pub(super) async fn sign_out(&mut self, rng: &mut StdRng) {
        let device = rng.random_range(0..self.devices.len());
        let Some(session) = self.devices[device].session.clone() else { return };
        let _ = self.server.service().sign_out(session.actor).await;
        if rng.random_bool(0.5) {
            self.devices[device].session = None;
            self.say(format!("device {device} is signed out"));
        } else {
            self.tally.fault("Revoked");
            self.say(format!("device {device} is revoked and does not know"));
        }
    }

    pub(super) async fn sign_in(&mut self, rng: &mut StdRng) -> Verdict {
        let device = rng.random_range(0..self.devices.len());
        let paused = self.devices[device].device().status().map_err(|e| e.to_string())?.paused.is_some();
        if self.devices[device].session.is_none() || paused {
            self.sign_in_device(device).await?;
        }
        Ok(())
    }

    pub(super) async fn sign_in_device(&mut self, device: usize) -> Verdict {
        let session = self.server.sign_in(self.account_of(device)).await;
        self.devices[device].session = Some(session);
        self.say(format!("device {device} is signed in"));
        while let Err(error) = self.devices[device].device().signed_in() {
            self.survive(device, &error)?;
        }
        Ok(())
    }

    pub(super) async fn break_something(&mut self, fault: Fault, seed: u64, rng: &mut StdRng) {
        let device = rng.random_range(0..self.devices.len());
        match fault {
            Fault::SecondProcess => self.devices[device].second_process(),
            Fault::ClockJump => {
                let skew = *pick(rng, &[0, 3_600, -3_600, 31_536_000, -31_536_000, 100_000, -100_000]);
                self.devices[device].clock.set_skew(skew);
                self.say(format!("the clock of device {device} is off by {skew} s"));
            }
            Fault::OldPayload => self.old_payload(device),
            Fault::DatabaseRestarted => self.server.database.end_connections().await,
            Fault::DatabaseBack | Fault::DatabaseRestored => self.go_back(fault, rng).await,
            Fault::DeviceKilledAtCommit => {
                let commits = rng.random_range(0..3);
                self.devices[device].die_at_commit(commits);
                self.say(format!("device {device} will die at its commit {commits}"));
            }
            network => {
                self.striking.push_back((network, seed));
                return;
            }
        }
        self.tally.fault(&format!("{fault:?}"));
    }

    /// The app is updated, and its queue is from before. (A payload of version 0 says what one of version 1 says.)
    fn old_payload(&mut self, device: usize) {
        let sql = rusqlite::Connection::open(self.devices[device].store()).expect("the store can be opened");
        sql.execute("UPDATE outbox SET payload_version = 0 WHERE frozen = 0", []).expect("the payloads are old");
        self.devices[device].restart(true);
        self.say(format!("device {device} is updated"));
    }

    /// The first time a copy is kept; later the database goes back to it.
    async fn go_back(&mut self, fault: Fault, rng: &mut StdRng) {
        if self.kept.is_none() || rng.random_bool(0.3) {
            self.server.database.keep_copy().await;
            // A generation begins every minute; without one, only what somebody was told shows that the database went back.
            if rng.random_bool(0.5) {
                self.clock.advance_seconds(60);
                let _ = self.server.service().beat_generation().await;
            }
            self.kept = Some(self.model.clone());
            self.say("a copy of the database is kept".to_owned());
            return;
        }
        self.server.database.put_back().await;
        let kept = self.kept.clone().expect("a copy was kept");
        self.model.shares = kept.shares;
        self.model.suspended = kept.suspended;
        self.model.rows.extend(kept.rows);
        self.model.applied.clear();
        self.model.went_back = true;
        if fault == Fault::DatabaseRestored {
            let mut admin =
                holdfast_service::Admin::connect(self.server.database.url()).await.expect("the database answers");
            admin.after_restore(holdfast_service::Clock::now(&self.clock)).await.expect("the restore is noted");
            let shares = std::mem::take(&mut self.model.shares);
            self.model.suspended.extend(shares);
            self.server.kill().await;
        } else if rng.random_bool(0.7) {
            self.server.kill().await;
        }
        for reader in &mut self.readers {
            reader.actor = self.server.database.add_device(reader.actor.user).await;
        }
        self.tally.fault("WentBack");
        self.say(format!("the database goes back ({fault:?})"));
    }
}
