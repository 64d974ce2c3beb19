//! Which places: the conditions of lists and maps.
//!
//! A statement has the conditions that were asked for and no others. It is planned once for whatever values come, and a
//! condition that may or may not hold for all ("no category, or this one") would cost every list its index.

use holdfast_contract::{BoundingBox, SharedFilter, Source, Timestamp};
use sqlx::{Postgres, QueryBuilder};

use crate::Actor;

/// Statements are written piece by piece; every value is bound, never written.
pub(super) type Sql = QueryBuilder<Postgres>;

/// Which places.
#[derive(Clone, Debug, Default)]
pub struct Filter<'a> {
    /// Contained in name, note, category or a tag, whatever the case.
    pub text: Option<&'a str>,
    /// Of exactly this category.
    pub category: Option<&'a str>,
    /// With every one of these tags.
    pub tags: Vec<&'a str>,
    /// Captured by this (only one's own are found by it).
    pub source: Option<Source>,
    /// Captured at or after.
    pub since: Option<Timestamp>,
    /// Captured before.
    pub until: Option<Timestamp>,
    /// In this box.
    pub within: Option<BoundingBox>,
    /// By who sees them.
    pub shared: Option<SharedFilter>,
    /// One's own trash instead of the live places.
    pub trash: bool,
}

impl Filter<'_> {
    /// Whether it can find places of the actor's own.
    pub(super) fn finds_own(&self) -> bool {
        self.shared != Some(SharedFilter::WithMe)
    }

    /// Whether it can find places of others: what captured them, and the trash, are their owner's alone.
    pub(super) fn finds_shared(&self) -> bool {
        matches!(self.shared, None | Some(SharedFilter::WithMe)) && self.source.is_none() && !self.trash
    }

    /// Reads the actor's own places as `p`, up to where further conditions go on with `AND`.
    pub(super) fn own(&self, sql: &mut Sql, actor: Actor) {
        if self.shared == Some(SharedFilter::ByMe) {
            // They are few among many, and must be looked up and not looked for.
            sql.push(" FROM (SELECT DISTINCT s.place_id FROM place_shares s WHERE s.owner_id = ")
                .push_bind(actor.user.0);
            sql.push(" OFFSET 0) s CROSS JOIN LATERAL (SELECT p.* FROM places p WHERE p.owner_id = ")
                .push_bind(actor.user.0);
            sql.push(" AND p.id = s.place_id OFFSET 0) p WHERE ");
        } else {
            sql.push(" FROM places p WHERE p.owner_id = ").push_bind(actor.user.0).push(" AND ");
        }
        self.state(sql);
        self.conditions(sql);
    }

    /// Reads the places that others share with the actor as `p`, and the share as `s`.
    pub(super) fn shared_with(&self, sql: &mut Sql, actor: Actor) {
        // Each is looked up by its key, before any condition: with one, the planner would rather walk their owners' lists.
        sql.push(
            " FROM place_shares s
              CROSS JOIN LATERAL (SELECT p.* FROM places p WHERE p.owner_id = s.owner_id AND p.id = s.place_id OFFSET 0) p
              WHERE s.suspended_at IS NULL AND s.recipient_id = ",
        );
        sql.push_bind(actor.user.0).push(" AND ");
        self.state(sql);
        self.conditions(sql);
    }

    /// The live ones, or the trash.
    pub(super) fn state(&self, sql: &mut Sql) {
        sql.push(if self.trash { "p.deleted_at IS NOT NULL AND p.purged_at IS NULL" } else { "p.deleted_at IS NULL" });
    }

    /// What was asked for, each behind an `AND`.
    pub(super) fn conditions(&self, sql: &mut Sql) {
        if let Some(text) = self.text {
            let pattern = pattern(text);
            for column in [" AND (p.name", " OR p.note", " OR p.category"] {
                sql.push(column).push(" ILIKE ").push_bind(pattern.clone());
            }
            sql.push(" OR EXISTS (SELECT FROM unnest(p.tags) AS t (tag) WHERE t.tag ILIKE ")
                .push_bind(pattern)
                .push("))");
        }
        if let Some(category) = self.category {
            sql.push(" AND p.category = ").push_bind(category.to_owned());
        }
        if !self.tags.is_empty() {
            let tags: Vec<String> = self.tags.iter().map(|tag| (*tag).to_owned()).collect();
            sql.push(" AND p.tags @> ").push_bind(tags);
        }
        if let Some(source) = self.source {
            sql.push(" AND p.source = ").push_bind(source.as_str());
        }
        if let Some(since) = self.since {
            sql.push(" AND p.captured_at >= ").push_bind(since.to_chrono());
        }
        if let Some(until) = self.until {
            sql.push(" AND p.captured_at < ").push_bind(until.to_chrono());
        }
        if let Some(within) = self.within {
            in_box(sql, within);
        }
    }
}

/// In this box, behind an `AND`.
pub(super) fn in_box(sql: &mut Sql, within: BoundingBox) {
    sql.push(" AND p.latitude BETWEEN ").push_bind(within.south()).push(" AND ").push_bind(within.north());
    sql.push(" AND (p.longitude >= ").push_bind(within.west());
    sql.push(if within.crosses_antimeridian() { " OR " } else { " AND " });
    sql.push("p.longitude <= ").push_bind(within.east()).push(")");
}

/// As a pattern of LIKE, with its own signs taken literally.
fn pattern(text: &str) -> String {
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{literal}%")
}
