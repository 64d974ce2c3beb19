//! What an administrator may do from the command line. Not through the server's pool: its role has no such rights.

use holdfast_contract::{AccountId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Error;

/// A connection of an administrator: of the database's owner, acting as the role that sees every account.
pub struct Admin(PgConnection);

/// An account in an administrator's list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserSummary {
    /// The account.
    pub id: AccountId,
    /// Its e-mail address.
    pub email: String,
    /// Its plan.
    pub plan: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether it has a password.
    pub has_password: bool,
    /// Live places.
    pub places: i64,
    /// Devices and browsers that are signed in.
    pub devices: i64,
    /// When one of them last pushed or pulled.
    pub last_sync_at: Option<Timestamp>,
}

/// What a plan allows; `None`: no limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Its name.
    pub id: String,
    /// Live places.
    pub places_max: Option<i64>,
    /// Bytes of media.
    pub media_bytes_max: Option<i64>,
}

impl Admin {
    /// Connects as the database's owner. The database must have been migrated.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let mut connection = crate::pool::connect_alone(url).await?;
        sqlx::query!("SET ROLE holdfast_feed").execute(&mut connection).await?;
        Ok(Self(connection))
    }

    /// Adds an account. False where there is one with this e-mail address.
    pub async fn add_user(
        &mut self,
        id: AccountId,
        email: &str,
        password_hash: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let added = sqlx::query!(
            "INSERT INTO users (id, email, email_key, password_hash, created_at) VALUES ($1, $2, lower($2), $3, $4)
             ON CONFLICT ON CONSTRAINT users_email_key_key DO NOTHING",
            id.0,
            email,
            password_hash,
            now.to_chrono(),
        )
        .execute(&mut self.0)
        .await?;
        Ok(added.rows_affected() == 1)
    }

    /// The account with this e-mail address.
    pub async fn find_user(&mut self, email: &str) -> Result<Option<AccountId>, Error> {
        let id = sqlx::query_scalar!("SELECT id FROM users WHERE email_key = lower($1) AND deleted_at IS NULL", email);
        Ok(id.fetch_optional(&mut self.0).await?.map(AccountId::from))
    }

    /// Every account, oldest first.
    pub async fn list_users(&mut self) -> Result<Vec<UserSummary>, Error> {
        let rows = sqlx::query!(
            r#"SELECT u.id, u.email, u.plan_id, u.created_at, u.suspended_at IS NOT NULL AS "suspended!",
                      u.password_hash IS NOT NULL AS "has_password!", h.live_places,
                      count(d.id) AS "devices!", max(d.last_sync_at) AS last_sync_at
               FROM users u JOIN feed_heads h ON h.user_id = u.id
               LEFT JOIN devices d ON d.user_id = u.id AND d.revoked_at IS NULL
               WHERE u.deleted_at IS NULL
               GROUP BY u.id, h.live_places ORDER BY u.created_at, u.id"#,
        )
        .fetch_all(&mut self.0)
        .await?;
        let users = rows.into_iter().map(|row| UserSummary {
            id: row.id.into(),
            email: row.email,
            plan: row.plan_id,
            created_at: row.created_at.into(),
            suspended: row.suspended,
            has_password: row.has_password,
            places: row.live_places,
            devices: row.devices,
            last_sync_at: row.last_sync_at.map(Timestamp::from),
        });
        Ok(users.collect())
    }

    /// A pairing code for this account.
    pub async fn add_pairing_code(
        &mut self,
        account: AccountId,
        code_hash: &[u8; 32],
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), Error> {
        sqlx::query!(
            "INSERT INTO pairing_codes (code_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
            code_hash.as_slice(),
            account.0,
            now.to_chrono(),
            expires.to_chrono(),
        )
        .execute(&mut self.0)
        .await?;
        Ok(())
    }

    /// Sets a new password, if there is one, and ends every pairing code; with `sign_out` every device and browser of the
    /// account as well. All of it or nothing. Returns how many were signed out.
    pub async fn reset_access(
        &mut self,
        account: AccountId,
        password_hash: Option<&str>,
        sign_out: bool,
        now: Timestamp,
    ) -> Result<i64, Error> {
        let (hash, now) = (password_hash, now.to_chrono());
        let revoked = sqlx::query_scalar!(
            r#"SELECT account_reset($1, $2, $3, $4) AS "revoked!""#,
            account.0,
            hash,
            sign_out,
            now
        );
        Ok(revoked.fetch_one(&mut self.0).await?)
    }

    /// The database was put back to an older state: a new epoch and generation, no session, every share suspended.
    pub async fn after_restore(&mut self, epoch: Uuid, generation: Uuid, now: Timestamp) -> Result<(), Error> {
        sqlx::query!("SELECT server_restored($1, $2, $3)", epoch, generation, now.to_chrono())
            .execute(&mut self.0)
            .await?;
        Ok(())
    }

    /// Every plan, by name.
    pub async fn list_plans(&mut self) -> Result<Vec<Plan>, Error> {
        let plans = sqlx::query_as!(Plan, "SELECT id, places_max, media_bytes_max FROM plans ORDER BY id");
        Ok(plans.fetch_all(&mut self.0).await?)
    }

    /// Makes this plan, or makes it what it says here.
    pub async fn put_plan(&mut self, plan: &Plan) -> Result<(), Error> {
        sqlx::query!(
            "INSERT INTO plans (id, places_max, media_bytes_max) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET places_max = $2, media_bytes_max = $3",
            plan.id,
            plan.places_max,
            plan.media_bytes_max,
        )
        .execute(&mut self.0)
        .await?;
        Ok(())
    }

    /// Puts this account on a plan that exists.
    pub async fn set_plan(&mut self, account: AccountId, plan: &str) -> Result<(), Error> {
        sqlx::query!("UPDATE users SET plan_id = $2 WHERE id = $1", account.0, plan).execute(&mut self.0).await?;
        Ok(())
    }
}
