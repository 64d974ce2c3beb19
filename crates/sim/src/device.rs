//! A device: a home folder, the native host, the real core.

use holdfast_contract::{ClientId, Name, NewPlace, PlaceFields, Position, PositionSource, Source, Tags};
use holdfast_device::{Captured, Edit, ListQuery, LocalId, OutboxEntry, PlaceState, PlaceView, Resolution, Status};
use holdfast_host::sign_in::{Proof, sign_in};
use holdfast_host::{AccountEntry, Engine, Home, ServerUrl, SyncReport};
use tempfile::TempDir;

use crate::PASSWORD;

/// A signed-in device in a folder of its own.
pub struct TestDevice {
    folder: TempDir,
    home: Home,
    account: AccountEntry,
    engine: Engine,
}

/// A place as a test writes one: a name somewhere.
pub fn new_place(name: &str) -> NewPlace {
    NewPlace {
        fields: PlaceFields {
            name: Name::parse(name).unwrap(),
            note: None,
            category: None,
            tags: Tags::default(),
            position: position(Some(25.0)),
            position_source: PositionSource::Fix,
        },
        captured_at: holdfast_host::now(),
        source: Source::Cli,
    }
}

/// A position of this accuracy.
pub fn position(accuracy: Option<f64>) -> Position {
    Position::parse("", 47.25, 9.5, accuracy, None).unwrap()
}

/// An edit of nothing but the name.
pub fn rename(name: &str) -> Edit {
    Edit { name: Some(Name::parse(name).unwrap()), ..Edit::default() }
}

impl TestDevice {
    /// Signs a new device in.
    pub async fn sign_in(url: &str, email: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let server = ServerUrl::parse(url).unwrap();
        let proof = Proof::Password { email: email.to_owned(), password: PASSWORD.to_owned() };
        let account = sign_in(&home, &server, "test device", proof).await.unwrap();
        let engine = Engine::open(&home, &account).unwrap();
        Self { folder, home, account, engine }
    }

    /// Its home folder.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Its account.
    pub fn account(&self) -> &AccountEntry {
        &self.account
    }

    /// Its engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Closes and opens everything again, as after the process was killed.
    pub fn reopen(self) -> Self {
        let Self { folder, home, account, engine } = self;
        drop(engine);
        let engine = Engine::open(&home, &account).unwrap();
        Self { folder, home, account, engine }
    }

    /// Runs something on the core.
    pub async fn core<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut holdfast_device::Device) -> holdfast_device::Result<T> + Send + 'static,
    ) -> T {
        self.engine.with(work).await.unwrap()
    }

    /// Captures a place of this name.
    pub async fn capture(&self, name: &str) -> Captured {
        let place = new_place(name);
        self.core(move |device| device.capture(place)).await
    }

    /// Captures a place under a given client id, as a watch and its phone do.
    pub async fn capture_as(&self, place: NewPlace, client_id: ClientId) -> Captured {
        self.core(move |device| device.capture(holdfast_device::Capture { place, client_id: Some(client_id) })).await
    }

    /// Renames a place.
    pub async fn rename(&self, id: LocalId, name: &str) {
        let edit = rename(name);
        assert!(self.core(move |device| device.edit(id, edit, None)).await, "there is something to change");
    }

    /// Sends and fetches until nothing is left to do at the moment.
    pub async fn sync(&self) -> SyncReport {
        self.engine.sync_once(|_| {}).await.unwrap()
    }

    /// All places that are not in the trash.
    pub async fn places(&self) -> Vec<PlaceView> {
        self.pages(ListQuery { limit: 1000, ..ListQuery::default() }).await
    }

    /// All places in the trash.
    pub async fn trash(&self) -> Vec<PlaceView> {
        self.pages(ListQuery { limit: 1000, trash: true, ..ListQuery::default() }).await
    }

    async fn pages(&self, mut query: ListQuery) -> Vec<PlaceView> {
        let mut all = Vec::new();
        loop {
            let asked = query.clone();
            let page = self.core(move |device| device.list(&asked)).await;
            all.extend(page.places);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return all,
            }
        }
    }

    /// The names of all places, sorted.
    pub async fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.places().await.into_iter().map(|p| p.name.map(Name::into_string).unwrap_or_default()).collect();
        names.sort();
        names
    }

    /// One place.
    pub async fn place(&self, id: LocalId) -> PlaceView {
        self.core(move |device| device.get(id)).await.expect("the place is there")
    }

    /// Its state.
    pub async fn state(&self, id: LocalId) -> PlaceState {
        self.place(id).await.state
    }

    /// The place that was captured as `client_id`.
    pub async fn by_client_id(&self, client_id: ClientId) -> PlaceView {
        let found = self.core(move |device| device.find(&client_id.to_string())).await;
        assert_eq!(found.len(), 1, "exactly one place has this client id");
        self.place(found[0]).await
    }

    /// Everything that was not acknowledged.
    pub async fn outbox(&self) -> Vec<OutboxEntry> {
        self.core(|device| device.outbox(None, 1000)).await
    }

    /// Decides what needs attention.
    pub async fn resolve(&self, id: LocalId, resolution: Resolution) -> LocalId {
        self.core(move |device| device.resolve(id, resolution, None)).await
    }

    /// How it stands.
    pub async fn status(&self) -> Status {
        self.core(|device| device.status()).await
    }
}
