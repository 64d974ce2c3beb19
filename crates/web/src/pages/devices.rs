//! `/devices`: what is signed in, what waits on it, and pairing a phone.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::account::Device;
use holdfast_contract::{Code, DeviceId};
use qrcode::QrCode;
use qrcode::render::svg;

use super::Done;
use crate::failure::Failure;
use crate::form::Form;
use crate::shell::{self, Part, Shell};
use crate::show::{self, Time};
use crate::state::WebState;
use crate::viewer::Viewer;

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    shell: Shell,
    account: String,
    devices: Vec<Row>,
    pairing: Option<Pairing>,
    url: String,
    /// Where the server is reached by this machine alone: the setting with which others reach it, too.
    listen: Option<String>,
    is_https: bool,
    has_app: bool,
}

struct Row {
    id: String,
    name: String,
    kind: Kind,
    signed_in: Time,
    last_sync: Option<Time>,
    waiting: Waiting,
    is_current: bool,
}

/// What a device is, beside the name that it gave itself or a person gave it: the app and the pages in the same browser give
/// themselves the same.
#[derive(PartialEq, Eq)]
enum Kind {
    /// A session on these pages. It keeps nothing, so nothing of it waits.
    Pages,
    /// The app, and where it runs.
    App(&'static str),
    Terminal,
    /// What the device itself says it is.
    Other(String),
}

/// What a device said of what it has not sent.
enum Waiting {
    Unknown,
    Nothing,
    /// In words.
    Some(String),
}

/// A code to pair a phone with.
struct Pairing {
    code: String,
    link: String,
    expires: Time,
    qr: String,
    /// Whether the link opens the phone app.
    has_app: bool,
}

impl From<Device> for Row {
    fn from(device: Device) -> Self {
        Self {
            id: device.id.to_string(),
            kind: Kind::of(device.browser, device.platform),
            name: device.name,
            signed_in: device.created_at.into(),
            last_sync: device.last_sync_at.map(Time::from),
            waiting: match device.pending.map(u64::try_from) {
                Some(Ok(0)) => Waiting::Nothing,
                Some(Ok(n)) => Waiting::Some(show::count(n, "change waits on it", "changes wait on it")),
                Some(Err(_)) | None => Waiting::Unknown,
            },
            is_current: device.current,
        }
    }
}

impl Row {
    fn is_browser(&self) -> bool {
        self.kind == Kind::Pages
    }
}

impl Kind {
    fn of(is_browser: bool, platform: String) -> Self {
        match platform.as_str() {
            _ if is_browser => Self::Pages,
            "web" => Self::App("in a browser"),
            "ios" => Self::App("on iOS"),
            "android" => Self::App("on Android"),
            "cli" => Self::Terminal,
            _ => Self::Other(platform),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Pages => "These web pages, in a browser".to_owned(),
            Self::App(place) => format!("Holdfast app, {place}"),
            Self::Terminal => "Command line".to_owned(),
            Self::Other(platform) if platform.is_empty() => "Device".to_owned(),
            Self::Other(platform) => platform.clone(),
        }
    }

    /// The path of its picture.
    fn picture(&self) -> &'static str {
        match self {
            Self::Pages => "M3 5h18v14H3ZM3 9.5h18",
            Self::App(_) => "M7 2.5h10v19H7ZM11 18.5h2",
            Self::Terminal => "M3 5h18v14H3ZM7 9.5l3 2.5-3 2.5M12.5 15h4",
            Self::Other(_) => "M4 5h16v11H4ZM9 20h6M12 16v4",
        }
    }
}

/// The list.
pub(crate) async fn page(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Failure> {
    show(&state, actor, done.as_deref(), None).await
}

async fn show(
    state: &WebState,
    actor: holdfast_service::Actor,
    done: Option<&str>,
    pairing: Option<Pairing>,
) -> Result<Response, Failure> {
    let devices = state.service.list_devices(actor).await?;
    let url = state.front.settings().public_url.clone();
    Ok(shell::page(&DevicesPage {
        shell: Shell::of(state, actor, Part::Devices, "Devices").after(done),
        account: actor.user.to_string(),
        devices: devices.into_iter().map(Row::from).collect(),
        pairing,
        is_https: state.front.settings().is_https(),
        listen: listen_for_others(&url),
        url,
        has_app: state.phone.is_built(),
    }))
}

/// How `LISTEN` is set so that others reach a server that is this machine's alone: the port stays the one it has, so that
/// nobody is sent to one that another program has taken.
fn listen_for_others(url: &str) -> Option<String> {
    let (_, behind) = url.split_once("://")?;
    let rest = ["127.0.0.1", "localhost", "[::1]"].iter().find_map(|host| behind.strip_prefix(host))?;
    let port = rest.split('/').next().unwrap_or_default();
    match port.strip_prefix(':') {
        Some(port) => Some(format!("LISTEN=0.0.0.0:{port}")),
        // A proxy stands in front: which port it asks is not known here.
        None => port.is_empty().then(|| "LISTEN=0.0.0.0:<port>".to_owned()),
    }
}

/// Makes a pairing code and shows it. Reloading the page makes another one; the newest few can be used.
pub(crate) async fn pair(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    _form: Form,
) -> Result<Response, Failure> {
    let code = state.service.create_pairing_code(actor).await?;
    // What the command line and the app take: everything they need in one string. Behind the `#` the code never reaches a
    // server's log. Where this server has the app, a phone's camera opens it with this very link.
    let has_app = state.phone.is_built();
    let path = if has_app { "app/sign-in" } else { "pair" };
    let link = format!("{}/{path}#{}", state.front.settings().public_url, code.code);
    let pairing = Pairing { qr: qr(&link)?, link, expires: code.expires_at.into(), code: code.code, has_app };
    show(&state, actor, None, Some(pairing)).await
}

#[derive(Template)]
#[template(path = "pair.html")]
struct PairPage {
    shell: Shell,
    url: String,
    has_app: bool,
}

/// Where a scanned code leads in a browser. The code stands behind the `#`, which browsers keep to themselves.
pub(crate) async fn pair_page(State(state): State<WebState>) -> Response {
    shell::page(&PairPage {
        shell: Shell::bare(&state, "Pair a device"),
        url: state.front.settings().public_url.clone(),
        has_app: state.phone.is_built(),
    })
}

/// The code as an image: black on white in every colour scheme, since cameras expect that.
fn qr(link: &str) -> Result<String, Failure> {
    let code =
        QrCode::new(link).map_err(|_| Failure::new(Code::Internal, "The address of this server is too long."))?;
    let image = code.render::<svg::Color>().min_dimensions(200, 200).quiet_zone(true).build();
    // Only the element: the page is its document.
    Ok(image.find("<svg").map(|at| image[at..].to_owned()).unwrap_or_default())
}

/// Signs a device out. It keeps what it has not sent.
pub(crate) async fn revoke(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(device): Path<DeviceId>,
    _form: Form,
) -> Result<Response, Failure> {
    if device == actor.device {
        return Ok(Redirect::to("/devices").into_response());
    }
    match state.service.revoke_device(actor, device).await {
        // Once is as good as twice.
        Ok(()) | Err(holdfast_service::Error::NotFound) => Ok(Redirect::to("/devices?done=revoked").into_response()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::listen_for_others;

    #[test]
    fn a_server_of_this_machine_alone_is_opened_to_others_on_its_own_port() {
        let listen = |url| listen_for_others(url);
        for url in ["http://127.0.0.1:9123", "http://localhost:9123", "https://[::1]:9123/"] {
            assert_eq!(listen(url).as_deref(), Some("LISTEN=0.0.0.0:9123"), "{url}");
        }
        assert_eq!(listen("http://localhost").as_deref(), Some("LISTEN=0.0.0.0:<port>"));
        for url in ["http://192.168.1.5:8080", "https://localhost.example.org", "https://places.example.org/localhost"]
        {
            assert_eq!(listen(url), None, "{url}");
        }
    }
}
