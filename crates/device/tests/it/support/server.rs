//! A server in memory, as small as the contract allows: one account, and places of somebody else that it can see.

use std::collections::{BTreeMap, HashMap};

use holdfast_contract::operation::OfferedState;
use holdfast_contract::outcome::ConflictReason;
use holdfast_contract::rules::{UpdateDecision, changed_since, decide_refine, decide_update};
use holdfast_contract::sync::{Change, ChangeKind, GonePlace, PlanLimits, PullReply, PushReply, PushRequest};
use holdfast_contract::{
    Action, ClientId, Code, NewPlace, OpId, Operation, OperationOutcome, Outcome, Place, PlaceChanges, PlaceId,
    PositionSource, Problem, Role, Target, Timestamp,
};
use holdfast_device::{Answer, Request};
use uuid::Uuid;

#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) client_id: Option<ClientId>,
    pub(crate) seq: i64,
    pub(crate) gone: bool,
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) epoch: u32,
    pub(crate) seq: i64,
    pub(crate) rows: BTreeMap<PlaceId, Row>,
    receipts: HashMap<OpId, (Vec<u8>, PlaceId, i64)>,
    pub(crate) places_max: Option<i64>,
    /// Pages are no longer than that.
    pub(crate) page_limit: Option<u32>,
    next_id: u128,
    /// Answers, in turn, instead of anything else.
    pub(crate) refusals: Vec<(u16, Problem)>,
    /// A name that breaks the server whenever it occurs in a batch.
    pub(crate) poison: Option<(String, u16, Code)>,
    /// Every update that was applied: whose place, and what its author said they had seen.
    pub(crate) applied: Vec<(Option<ClientId>, PlaceChanges)>,
    /// How many pushes were executed or broken.
    pub(crate) pushes: u32,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            epoch: 1,
            seq: 0,
            rows: BTreeMap::new(),
            receipts: HashMap::new(),
            places_max: None,
            page_limit: None,
            next_id: 1,
            refusals: Vec::new(),
            poison: None,
            applied: Vec::new(),
            pushes: 0,
        }
    }

    pub(crate) fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        if !self.refusals.is_empty() {
            let (status, problem) = self.refusals.remove(0);
            return refuse(status, &problem);
        }
        match request {
            Request::Push { body, .. } => self.push(body, now),
            Request::Pull { cursor, limit, .. } => self.pull(cursor.as_deref(), *limit),
        }
    }

    pub(crate) fn push(&mut self, body: &[u8], now: Timestamp) -> Answer {
        let request: PushRequest<'_> = serde_json::from_slice(body).unwrap();
        assert!(request.operations.len() <= 500 && body.len() <= 1024 * 1024);
        if request.epoch != format!("epoch-{}", self.epoch) {
            return refuse(409, &Problem::new(Code::EpochChanged, "pull first"));
        }
        self.pushes += 1;
        if let Some((word, status, code)) = &self.poison
            && request.operations.iter().any(|raw| raw.get().contains(word))
        {
            return refuse(*status, &Problem::new(*code, "broken"));
        }
        let outcomes = request
            .operations
            .iter()
            .map(|raw| {
                let operation = Operation::parse(raw.get().as_bytes()).unwrap();
                let outcome = self.operate(&operation, raw.get().as_bytes(), now);
                OperationOutcome { op_id: Some(operation.op_id), outcome }
            })
            .collect();
        answer(&PushReply { outcomes, witness: None })
    }

    pub(crate) fn own(&self, client_id: ClientId) -> Option<&Row> {
        self.rows.values().find(|row| row.client_id == Some(client_id))
    }

    pub(crate) fn live(&self) -> Vec<&Place> {
        self.rows.values().filter(|r| !r.gone && r.place.deleted_at.is_none()).map(|r| &r.place).collect()
    }

    fn bump(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }

    pub(crate) fn create(
        &mut self,
        client_id: Option<ClientId>,
        new: &NewPlace,
        role: Role,
        now: Timestamp,
    ) -> PlaceId {
        let id = PlaceId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.next_id));
        self.next_id += 1;
        let mut place = Place {
            id,
            client_id,
            version: 1,
            name: None,
            note: None,
            category: None,
            tags: holdfast_contract::Tags::default(),
            latitude: new.fields.position.latitude,
            longitude: new.fields.position.longitude,
            accuracy: None,
            altitude: None,
            captured_at: new.captured_at,
            source: Some(new.source).filter(|_| role == Role::Owner),
            position_source: PositionSource::Fix,
            role,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        place.set_fields(new.fields.clone());
        let seq = self.bump();
        self.rows.insert(id, Row { place, client_id, seq, gone: false });
        id
    }

    /// Somebody else's hand on a place: changes it and publishes the change.
    pub(crate) fn meddle(&mut self, id: PlaceId, change: impl FnOnce(&mut Place)) {
        let seq = self.bump();
        let row = self.rows.get_mut(&id).unwrap();
        change(&mut row.place);
        row.place.version += 1;
        row.place.updated_at = row.place.updated_at.plus_seconds(1_000_000);
        row.seq = seq;
    }

    /// Deleted for good, or no longer shared.
    pub(crate) fn purge(&mut self, id: PlaceId) {
        let seq = self.bump();
        let row = self.rows.get_mut(&id).unwrap();
        row.gone = true;
        row.seq = seq;
    }

    /// A backup is played back.
    pub(crate) fn restore(&mut self, backup: &Self) {
        let epoch = self.epoch + 1;
        let next_id = self.next_id;
        *self = backup.clone();
        self.epoch = epoch;
        self.next_id = next_id;
    }

    fn publish(&mut self, id: PlaceId, place: Place, now: Timestamp) -> Outcome {
        let seq = self.bump();
        let row = self.rows.get_mut(&id).unwrap();
        let version = row.place.version + 1;
        row.place = Place { version, updated_at: now, ..place };
        row.seq = seq;
        Outcome::Applied { place: Box::new(row.place.clone()), seq, applied_version: version, merged: false }
    }

    fn operate(&mut self, operation: &Operation, bytes: &[u8], now: Timestamp) -> Outcome {
        if let Some((before, id, version)) = self.receipts.get(&operation.op_id) {
            if before != bytes {
                return Outcome::Rejected { problem: Problem::new(Code::OpIdReused, "reused") };
            }
            let row = &self.rows[id];
            if row.gone {
                return Outcome::Gone { id: Some(*id), client_id: row.client_id };
            }
            let place = Box::new(row.place.clone());
            return Outcome::Duplicate { first: true, place, seq: row.seq, applied_version: Some(*version) };
        }
        let outcome = self.decide(&operation.action, now);
        if let Outcome::Applied { place, applied_version, .. } = &outcome {
            self.receipts.insert(operation.op_id, (bytes.to_vec(), place.id, *applied_version));
        }
        outcome
    }

    fn decide(&mut self, action: &Action, now: Timestamp) -> Outcome {
        let id = match action.target() {
            Target::Own(client_id) => self.own(client_id).map(|row| row.place.id),
            Target::Id(id) => self.rows.contains_key(&id).then_some(id),
        };
        let Some(id) = id else { return self.unknown(action, now) };
        let Row { place, client_id, seq, gone } = self.rows[&id].clone();
        if gone {
            return Outcome::Gone { id: Some(id), client_id };
        }
        let boxed = Box::new(place.clone());
        let conflict = |reason, fields| Outcome::Conflict { reason, fields, place: boxed.clone(), seq };
        let unchanged = Outcome::Applied { place: boxed.clone(), seq, applied_version: place.version, merged: false };
        let known = Outcome::Duplicate { first: false, place: boxed.clone(), seq, applied_version: None };
        match action {
            Action::Create { .. } => known,
            Action::Update { .. } if place.deleted_at.is_some() => conflict(ConflictReason::InTrash, vec![]),
            Action::Update { changes, .. } => match decide_update(&place.fields(), changes) {
                UpdateDecision::Conflict(fields) => conflict(ConflictReason::FieldsChanged, fields),
                UpdateDecision::Unchanged => unchanged,
                UpdateDecision::Invalid(error) => Outcome::Rejected { problem: Problem::invalid(vec![error]) },
                UpdateDecision::Apply { fields, .. } => {
                    self.applied.push((client_id, (**changes).clone()));
                    let mut place = place;
                    place.set_fields(*fields);
                    self.publish(id, place, now)
                }
            },
            Action::Refine { position, .. } => match decide_refine(&place.fields(), position) {
                Some(fields) if place.deleted_at.is_none() => {
                    let mut place = place;
                    place.set_fields(fields);
                    self.publish(id, place, now)
                }
                _ => unchanged,
            },
            Action::Delete { .. } if place.deleted_at.is_some() => known,
            Action::Restore { .. } if place.deleted_at.is_none() => known,
            Action::Delete { base_version, .. } | Action::Restore { base_version, .. }
                if changed_since(place.version, *base_version) =>
            {
                conflict(ConflictReason::ChangedSince, vec![])
            }
            Action::Delete { .. } => self.publish(id, Place { deleted_at: Some(now), ..place }, now),
            Action::Restore { .. } => self.publish(id, Place { deleted_at: None, ..place }, now),
            Action::Offer { state, .. } => self.offer(id, place, state),
        }
    }

    /// As far as one needs it here: a row is the past of what is offered, or what is offered is known, or they parted.
    fn offer(&mut self, id: PlaceId, mut place: Place, state: &OfferedState) -> Outcome {
        let seq = self.rows[&id].seq;
        let boxed = Box::new(place.clone());
        let in_trash = state.deleted_at.is_some();
        if place.fields() == state.place.fields && place.deleted_at.is_some() == in_trash {
            return Outcome::Duplicate { first: false, place: boxed, seq, applied_version: None };
        }
        if place.updated_at > state.updated_at || place.version >= state.version {
            let fields = vec![holdfast_contract::Field::Name];
            return Outcome::Conflict { reason: ConflictReason::FieldsChanged, fields, place: boxed, seq };
        }
        place.set_fields(state.place.fields.clone());
        place.deleted_at = state.deleted_at;
        place.version = state.version - 1;
        self.rows.get_mut(&id).unwrap().place.version = state.version - 1;
        self.publish(id, place, state.updated_at)
    }

    fn unknown(&mut self, action: &Action, now: Timestamp) -> Outcome {
        match action {
            Action::Create { client_id, place } => {
                if self.places_max.is_some_and(|max| i64::try_from(self.live().len()).unwrap() >= max) {
                    return Outcome::Deferred { problem: Problem::new(Code::PlanLimitReached, "full") };
                }
                let id = self.create(Some(*client_id), place, Role::Owner, now);
                let row = &self.rows[&id];
                Outcome::Applied { place: Box::new(row.place.clone()), seq: row.seq, applied_version: 1, merged: false }
            }
            Action::Delete { target: Target::Own(client_id), .. } => {
                Outcome::Gone { id: None, client_id: Some(*client_id) }
            }
            Action::Offer { client_id, state } => {
                let id = self.create(Some(*client_id), &state.place, Role::Owner, now);
                let row = self.rows.get_mut(&id).unwrap();
                row.place.version = state.version;
                row.place.deleted_at = state.deleted_at;
                let (place, applied_version) = (Box::new(row.place.clone()), state.version);
                Outcome::Applied { place, seq: row.seq, applied_version, merged: false }
            }
            _ => Outcome::Rejected { problem: Problem::new(Code::NotFound, "unknown") },
        }
    }

    pub(crate) fn pull(&mut self, cursor: Option<&str>, limit: u32) -> Answer {
        let after = match cursor {
            None => 0,
            Some(cursor) => {
                let (epoch, seq) = cursor.split_once(':').unwrap();
                if epoch != self.epoch.to_string() {
                    return refuse(410, &Problem::new(Code::ResyncRequired, "from the start"));
                }
                seq.parse().unwrap()
            }
        };
        let mut rows: Vec<&Row> = self.rows.values().filter(|row| row.seq > after).collect();
        rows.sort_by_key(|row| row.seq);
        let limit = self.page_limit.unwrap_or(limit).min(limit);
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let last = rows.last().map_or(after, |row| row.seq);
        let changes = rows
            .into_iter()
            .map(|row| {
                let kind = if row.gone {
                    ChangeKind::Gone(GonePlace { id: row.place.id, client_id: row.client_id })
                } else {
                    ChangeKind::Upsert(Box::new(row.place.clone()))
                };
                Change { seq: row.seq, kind }
            })
            .collect();
        let limits = PlanLimits {
            places_max: self.places_max,
            places_used: i64::try_from(self.live().len()).unwrap(),
            media_bytes_max: None,
            media_bytes_used: 0,
        };
        answer(&PullReply {
            epoch: format!("epoch-{}", self.epoch),
            changes,
            cursor: format!("{}:{last}", self.epoch),
            has_more,
            head: self.seq,
            limits,
        })
    }
}

pub(crate) fn answer<T: serde::Serialize>(body: &T) -> Answer {
    let body = serde_json::to_vec(body).unwrap();
    Answer::Http { status: 200, protocol_header: true, retry_after: None, body }
}

pub(crate) fn refuse(status: u16, problem: &Problem) -> Answer {
    let body = serde_json::to_vec(problem).unwrap();
    Answer::Http { status, protocol_header: true, retry_after: problem.retry_after, body }
}
