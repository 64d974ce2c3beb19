//! A server of one's own per test, and people with browsers.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use holdfast_api::ApiSettings;
use holdfast_contract::account::SignInRequest;
use holdfast_contract::rules::{Change, PlaceChanges};
use holdfast_contract::{
    Action, ClientId, Name, NewPlace, Note, OpId, Operation, Outcome, Place, PlaceFields, PlaceId, Position,
    PositionSource, Source, Tags, Target, Timestamp,
};
use holdfast_http::{Front, HttpSettings, RateLimits, session::SESSION_COOKIE};
use holdfast_service::{Actor, Admin, Clock, Options, PlaceFilter, Pool, Service, Settings, SystemClock};
use holdfast_store::testing::TestDatabase;
use holdfast_web::WebSettings;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, StatusCode, multipart};
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::html::{self, Form};

pub(crate) const PASSWORD: &str = "a long passphrase";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The system's clock, and how far a test has put it forward.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::SeqCst))
    }
}

impl TestClock {
    pub(crate) fn advance_days(&self, days: i64) {
        self.0.fetch_add(days * 86_400, Ordering::SeqCst);
    }
}

/// What a test may change before its server starts.
pub(crate) struct ServerSettings {
    pub(crate) http: HttpSettings,
    pub(crate) web: WebSettings,
    pub(crate) api: ApiSettings,
}

/// Pages and JSON over one service, as the program serves them.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) service: Service,
    pub(crate) client: Client,
    pub(crate) clock: Arc<TestClock>,
    // Dropped last: takes the database away.
    pub(crate) database: TestDatabase,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut ServerSettings)) -> Self {
        let database = TestDatabase::new().await;
        let url = database.url().to_owned();
        Self::over(database, &url, Options::default(), change).await
    }

    /// A server that reaches its database under this URL.
    pub(crate) async fn over(
        database: TestDatabase,
        database_url: &str,
        options: Options,
        change: impl FnOnce(&mut ServerSettings),
    ) -> Self {
        let pool = Pool::connect(database_url, &options).await.unwrap();
        let clock = Arc::<TestClock>::default();
        let service = Service::start(pool, Arc::clone(&clock) as Arc<dyn Clock>, Settings::default()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut settings = ServerSettings {
            http: HttpSettings::new(url.clone()),
            web: WebSettings::default(),
            api: ApiSettings::default(),
        };
        settings.http.rate_limits = RateLimits::unlimited();
        change(&mut settings);
        let front = Front::new(service.clone(), settings.http);
        let (api, pages) =
            (holdfast_api::router(front.clone(), settings.api), holdfast_web::router(front, settings.web));
        let both = Router::new().fallback_service(tower::service_fn(move |request: Request| {
            let router = if holdfast_api::is_served(request.uri().path()) { &api } else { &pages };
            router.clone().oneshot(request)
        }));
        let app = both.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, service, client, clock, database }
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser<'_> {
        let nobody = Actor { user: holdfast_contract::AccountId(Uuid::nil()), device: Uuid::nil().into() };
        Browser { server: self, cookie: Mutex::default(), email: String::new(), actor: nobody }
    }

    /// A new account and a browser in which it is signed in.
    pub(crate) async fn person(&self, name: &str) -> Browser<'_> {
        let email = format!("{name}@example.org");
        let mut admin = Admin::connect(self.database.url()).await.unwrap();
        admin.add_user(&email, Some(PASSWORD), self.service.now()).await.unwrap();
        self.another_browser(&email).await
    }

    /// One more browser of an account, signed in past the pages.
    pub(crate) async fn another_browser(&self, email: &str) -> Browser<'_> {
        let request = SignInRequest { email: email.to_owned(), password: PASSWORD.to_owned(), device: None };
        let session = self.service.sign_in_from(request, Some("Firefox on Linux")).await.unwrap();
        let cookie = format!("{SESSION_COOKIE}={}", session.token.as_str());
        Browser { server: self, cookie: Mutex::new(Some(cookie)), email: email.to_owned(), actor: session.actor }
    }

    /// Applies an operation of a device past HTTP.
    pub(crate) async fn apply(&self, actor: Actor, action: Action) -> Outcome {
        let operation = Operation { op_id: OpId(Uuid::now_v7()), action };
        self.service.apply(actor, operation).await.unwrap().outcome
    }

    pub(crate) async fn save(&self, actor: Actor, name: &str) -> Place {
        let action = Action::Create { client_id: ClientId(Uuid::now_v7()), place: Box::new(new_place(name)) };
        applied(self.apply(actor, action).await)
    }

    pub(crate) async fn change(&self, actor: Actor, place: &Place, changes: PlaceChanges) -> Place {
        let target = Target::Id(place.id);
        applied(self.apply(actor, Action::Update { target, base_version: None, changes: Box::new(changes) }).await)
    }

    pub(crate) async fn trash(&self, actor: Actor, place: &Place) -> Place {
        let action = Action::Delete { target: Target::Id(place.id), base_version: place.version };
        applied(self.apply(actor, action).await)
    }

    /// Deletes everything in the trash for good, as the server does when it has lain there long enough.
    pub(crate) async fn purge(&self) {
        self.clock.advance_days(i64::from(self.service.settings().trash_days) + 1);
        assert!(self.service.purge_trash().await.unwrap() > 0);
    }

    pub(crate) async fn place(&self, actor: Actor, id: PlaceId) -> Place {
        self.service.get_place(actor, Target::Id(id)).await.unwrap()
    }

    /// Everything that somebody sees, the newest first.
    pub(crate) async fn places(&self, actor: Actor) -> Vec<Place> {
        self.list(actor, false).await
    }

    /// Everything in somebody's trash.
    pub(crate) async fn trashed(&self, actor: Actor) -> Vec<Place> {
        self.list(actor, true).await
    }

    async fn list(&self, actor: Actor, trash: bool) -> Vec<Place> {
        let filter = PlaceFilter { trash, limit: Some(200), ..PlaceFilter::default() };
        self.service.list_rows(actor, &filter).await.unwrap().rows.into_iter().map(|row| row.place).collect()
    }
}

/// A browser. It keeps its cookie, says where its requests come from, and does not follow redirects by itself.
pub(crate) struct Browser<'s> {
    pub(crate) server: &'s Server,
    pub(crate) email: String,
    /// Who is signed in in it, where somebody was from the start.
    pub(crate) actor: Actor,
    pub(crate) cookie: Mutex<Option<String>>,
}

impl Browser<'_> {
    /// A request such as the browser makes for one of our own pages.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.bare_request(method.clone(), path).header("Sec-Fetch-Site", "same-origin");
        if method == Method::GET { request } else { request.header("Origin", &self.server.url) }
    }

    /// A request that does not say where it comes from.
    pub(crate) fn bare_request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.server.client.request(method, format!("{}{path}", self.server.url));
        let request = request.header("User-Agent", FIREFOX).header("Accept", "text/html");
        match self.cookie.lock().unwrap().as_deref() {
            Some(cookie) => request.header("Cookie", cookie),
            None => request,
        }
    }

    /// Sends a request, keeps the cookie that comes, and checks what must hold for every answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        let (path, status, headers) = (response.url().path().to_owned(), response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(cookie) = headers.get("set-cookie").map(|c| c.to_str().unwrap()) {
            let is_end = cookie.contains("Max-Age=0");
            let pair = cookie.split(';').next().unwrap().to_owned();
            *self.cookie.lock().unwrap() = Some(pair).filter(|_| !is_end);
        }
        let page = Page { path, status, headers, text, bytes };
        html::check(&page);
        page
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// A page that is there.
    pub(crate) async fn open(&self, path: &str) -> Page {
        self.get(path).await.is(StatusCode::OK)
    }

    /// Sends a form off.
    pub(crate) async fn submit(&self, form: &Form) -> Page {
        self.post(&form.action, &form.pairs()).await
    }

    /// Sends a form off and goes where that leads to.
    pub(crate) async fn submit_and_follow(&self, form: &Form) -> Page {
        let page = self.submit(form).await;
        self.follow(page).await
    }

    pub(crate) async fn follow(&self, mut page: Page) -> Page {
        while page.status == StatusCode::SEE_OTHER {
            page = self.get(page.location()).await;
        }
        page
    }

    pub(crate) async fn post<K: serde::Serialize, V: serde::Serialize>(&self, path: &str, fields: &[(K, V)]) -> Page {
        self.send(self.request(Method::POST, path).form(fields)).await
    }

    /// Chooses a file in the form of the import page and sends it.
    pub(crate) async fn upload(&self, name: &str, file: impl Into<Vec<u8>>) -> Page {
        let form = self.open("/import").await.form("/import/upload");
        assert!(form.is_multipart);
        let mut body = multipart::Form::new();
        for (name, value) in form.pairs() {
            body = body.text(name, value);
        }
        let part = multipart::Part::bytes(file.into()).file_name(name.to_owned());
        self.send(self.request(Method::POST, &form.action).multipart(body.part("file", part))).await
    }

    /// Signs in by the form on this page.
    pub(crate) async fn sign_in(&self, page: &Page, email: &str, password: &str) -> Page {
        self.submit(&page.form("/sign-in").fill("email", email).fill("password", password)).await
    }
}

/// An answer.
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Page {
    #[track_caller]
    pub(crate) fn is(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text);
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(HeaderValue::to_str).transpose().unwrap().unwrap_or_default()
    }

    /// Where it leads to.
    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}: {}", self.path, self.text);
        self.header("location")
    }

    /// The page without what differs from request to request.
    pub(crate) fn without_request_id(&self) -> String {
        self.text.replace(self.header("x-request-id"), "[request]")
    }
}

pub(crate) fn position() -> Position {
    Position::parse("", 47.4979, 8.7291, Some(12.0), None).unwrap()
}

pub(crate) fn new_place(name: &str) -> NewPlace {
    NewPlace {
        fields: PlaceFields {
            name: Name::parse(name).unwrap(),
            note: None,
            category: None,
            tags: Tags::default(),
            position: position(),
            position_source: PositionSource::Fix,
        },
        captured_at: Timestamp::parse("2026-05-01T10:00:00Z").unwrap(),
        source: Source::Cli,
    }
}

pub(crate) fn renamed(was: &str, to: &str) -> PlaceChanges {
    let change = Change { was: Name::parse(was).unwrap(), to: Name::parse(to).unwrap() };
    PlaceChanges { name: Some(change), ..PlaceChanges::default() }
}

pub(crate) fn noted(was: &str, to: &str) -> PlaceChanges {
    let change = Change { was: Note::parse(was).unwrap(), to: Note::parse(to).unwrap() };
    PlaceChanges { note: Some(change), ..PlaceChanges::default() }
}

#[track_caller]
pub(crate) fn applied(outcome: Outcome) -> Place {
    match outcome {
        Outcome::Applied { place, .. } => *place,
        other => panic!("expected applied: {other:?}"),
    }
}

pub(crate) fn name_of(place: &Place) -> &str {
    place.name.as_ref().map_or("", |name| name.as_str())
}

pub(crate) fn note_of(place: &Place) -> &str {
    place.note.as_ref().map_or("", |note| note.as_str())
}
