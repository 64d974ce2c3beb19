//! What every test needs: a database, a service with a clock that stands, people, operations.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use holdfast_contract::rules::{Change, PlaceChanges, PositionChange};
use holdfast_contract::sync::{ChangeKind, PullReply, PushReply, PushRequest};
use holdfast_contract::{
    AccountId, Action, ClientId, Name, NewPlace, Note, OpId, Operation, OperationOutcome, Outcome, Place, PlaceFields,
    PlaceId, Position, PositionSource, Problem, Source, Tags, Target, Timestamp,
};
use holdfast_service::{Actor, Clock, Error, Options, Pool, Service, Settings};
use holdfast_store::testing::TestDatabase;
use serde_json::value::RawValue;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

/// A clock that stands until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

impl TestClock {
    pub(crate) fn advance_days(&self, days: i64) {
        self.0.fetch_add(days * 86_400_000_000, Ordering::SeqCst);
    }

    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

/// One server with one person.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) ada: Actor,
    // Dropped last: the service's connections go first.
    pub(crate) database: TestDatabase,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::new().await;
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000_000)));
        let service = serve(database.url(), &clock).await;
        let ada = database.add_user().await;
        Self { service, clock, ada, database }
    }

    /// A second process on the same database.
    pub(crate) async fn another_process(&self) -> Service {
        serve(self.database.url(), &self.clock).await
    }

    pub(crate) async fn sql(&self) -> PgConnection {
        self.database.connect().await
    }

    /// A number that SQL answers, past all rules.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.sql().await).await.unwrap()
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.sql().await).await.unwrap();
    }

    pub(crate) async fn push(&self, actor: Actor, operations: &[Operation]) -> Vec<Outcome> {
        push(&self.service, actor, operations).await
    }

    pub(crate) async fn push_one(&self, actor: Actor, operation: &Operation) -> Outcome {
        self.push(actor, std::slice::from_ref(operation)).await.remove(0)
    }

    /// A place that Ada has, and its capture.
    pub(crate) async fn place(&self, name: &str) -> (ClientId, Place) {
        let (client_id, create) = create(name);
        (client_id, applied(self.push_one(self.ada, &create).await))
    }

    /// Everything from `cursor` to the end of the feed, in pages of `limit`.
    pub(crate) async fn pull_all(
        &self,
        actor: Actor,
        cursor: Option<&str>,
        limit: u32,
    ) -> (Vec<(i64, ChangeKind)>, PullReply) {
        let mut changes = Vec::new();
        let mut cursor = cursor.map(str::to_owned);
        loop {
            let page = self.service.pull(actor, cursor.as_deref(), Some(limit)).await.unwrap();
            changes.extend(page.changes.iter().map(|c| (c.seq, c.kind.clone())));
            if !page.has_more {
                return (changes, page);
            }
            cursor = Some(page.cursor);
        }
    }
}

async fn serve(url: &str, clock: &Arc<TestClock>) -> Service {
    let pool = Pool::connect(url, &Options::default()).await.unwrap();
    Service::start(pool, Arc::clone(clock) as Arc<dyn Clock>, Settings::default()).await.unwrap()
}

pub(crate) async fn push(service: &Service, actor: Actor, operations: &[Operation]) -> Vec<Outcome> {
    let bytes: Vec<String> = operations.iter().map(|o| String::from_utf8(o.to_bytes()).unwrap()).collect();
    let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
    let reply = push_raw(service, actor, &bytes).await.unwrap();
    let ids: Vec<_> = reply.outcomes.iter().map(|o| o.op_id.unwrap()).collect();
    assert_eq!(ids, operations.iter().map(|o| o.op_id).collect::<Vec<_>>(), "one outcome each, in order");
    reply.outcomes.into_iter().map(|o| o.outcome).collect()
}

pub(crate) async fn push_raw(service: &Service, actor: Actor, operations: &[&str]) -> Result<PushReply, Error> {
    let epoch = service.epoch().await.unwrap();
    push_in_epoch(service, actor, operations, epoch).await
}

pub(crate) async fn push_in_epoch(
    service: &Service,
    actor: Actor,
    operations: &[&str],
    epoch: String,
) -> Result<PushReply, Error> {
    let raw: Vec<Box<RawValue>> = operations.iter().map(|o| RawValue::from_string((*o).to_owned()).unwrap()).collect();
    let request = PushRequest { epoch, operations: raw.iter().map(|r| &**r).collect(), witness: None, telemetry: None };
    service.push(actor, request).await
}

pub(crate) fn new_client_id() -> ClientId {
    ClientId(Uuid::now_v7())
}

pub(crate) fn operation(action: Action) -> Operation {
    Operation { op_id: OpId(Uuid::now_v7()), action }
}

pub(crate) fn position(latitude: f64, accuracy: Option<f64>) -> Position {
    Position::parse("", latitude, 8.5, accuracy, None).unwrap()
}

pub(crate) fn new_place(name: &str) -> NewPlace {
    NewPlace {
        fields: PlaceFields {
            name: Name::parse(name).unwrap(),
            note: None,
            category: None,
            tags: Tags::default(),
            position: position(47.5, Some(30.0)),
            position_source: PositionSource::Fix,
        },
        captured_at: Timestamp::parse("2026-05-01T10:00:00Z").unwrap(),
        source: Source::Cli,
    }
}

pub(crate) fn create_as(client_id: ClientId, name: &str) -> Operation {
    operation(Action::Create { client_id, place: Box::new(new_place(name)) })
}

pub(crate) fn create(name: &str) -> (ClientId, Operation) {
    let client_id = new_client_id();
    (client_id, create_as(client_id, name))
}

pub(crate) fn rename(target: Target, was: &str, to: &str) -> Operation {
    let change = Change { was: Name::parse(was).unwrap(), to: Name::parse(to).unwrap() };
    update(target, None, PlaceChanges { name: Some(change), ..PlaceChanges::default() })
}

pub(crate) fn note(target: Target, was: &str, to: &str) -> Operation {
    let change = Change { was: Note::parse(was).unwrap(), to: Note::parse(to).unwrap() };
    update(target, None, PlaceChanges { note: Some(change), ..PlaceChanges::default() })
}

pub(crate) fn move_to(target: Target, was: Position, to: Position) -> Operation {
    let change = PositionChange { was: Some(was), to };
    update(target, None, PlaceChanges { position: Some(change), ..PlaceChanges::default() })
}

pub(crate) fn update(target: Target, base_version: Option<i64>, changes: PlaceChanges) -> Operation {
    operation(Action::Update { target, base_version, changes: Box::new(changes) })
}

pub(crate) fn refine(target: Target, position: Position) -> Operation {
    operation(Action::Refine { target, position })
}

pub(crate) fn delete(target: Target, base_version: i64) -> Operation {
    operation(Action::Delete { target, base_version })
}

pub(crate) fn restore(target: Target, base_version: i64) -> Operation {
    operation(Action::Restore { target, base_version })
}

pub(crate) fn applied(outcome: Outcome) -> Place {
    match outcome {
        Outcome::Applied { place, .. } => *place,
        other => panic!("expected applied: {other:?}"),
    }
}

pub(crate) fn rejected(outcome: Outcome) -> Problem {
    match outcome {
        Outcome::Rejected { problem } => problem,
        other => panic!("expected rejected: {other:?}"),
    }
}

pub(crate) fn name_of(place: &Place) -> &str {
    place.name.as_ref().map_or("", |n| n.as_str())
}

/// What a feed comes to: the names of what is there, by place.
pub(crate) fn fold(changes: &[(i64, ChangeKind)]) -> std::collections::BTreeMap<PlaceId, Place> {
    let mut there = std::collections::BTreeMap::new();
    for (_, change) in changes {
        match change {
            ChangeKind::Upsert(place) => {
                there.insert(place.id, (**place).clone());
            }
            ChangeKind::Gone(gone) => {
                there.remove(&gone.id);
            }
        }
    }
    there
}

pub(crate) fn stranger() -> AccountId {
    AccountId(Uuid::now_v7())
}

pub(crate) fn outcome_names(outcomes: &[Outcome]) -> Vec<&'static str> {
    outcomes.iter().map(Outcome::name).collect()
}

pub(crate) fn first(reply: PushReply) -> OperationOutcome {
    reply.outcomes.into_iter().next().unwrap()
}
