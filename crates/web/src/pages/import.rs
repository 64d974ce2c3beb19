//! `/import`: places from a file. Uploaded, looked at, and only then imported, as captures like any other; taken back as a
//! whole.
//!
//! The file lies in the database until the import has come to its end, so that what was looked at is what is imported,
//! whichever process answers, and an import that was interrupted can go on.

mod background;
mod parse;
mod words;
mod work;

use askama::Template;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use holdfast_contract::limits::IMPORT_BYTES_MAX;
use holdfast_contract::{Code, ImportId};
use holdfast_files::{CsvColumns, CsvField, Format};
use holdfast_service::{Actor, Error, ImportState, NewImport, StoredImport};
use serde_json::json;
use tokio::sync::Semaphore;

pub(crate) use self::background::{bring_back, run, undo};
use self::parse::{Look, Options};
use self::words::{Counts, Line, format_name};
pub(crate) use self::work::Imports;
use super::Done;
use crate::failure::Failure;
use crate::form::Form;
use crate::shell::{Part, Shell, page_with};
use crate::show;
use crate::state::WebState;
use crate::viewer::Viewer;

/// Where files are sent.
pub(crate) const UPLOAD_PATH: &str = "/import/upload";
/// Largest upload, in bytes: the file, and the form around it.
pub(crate) const UPLOAD_BYTES_MAX: usize = IMPORT_BYTES_MAX + 64 * 1024;
/// Encodings that tables come in, for the form.
pub(crate) const ENCODINGS: [(&str, &str); 9] = [
    ("", "as the file says, or UTF-8"),
    ("utf-8", "UTF-8"),
    ("windows-1252", "Western (Windows)"),
    ("iso-8859-15", "Western (ISO)"),
    ("windows-1250", "Central European (Windows)"),
    ("windows-1251", "Cyrillic (Windows)"),
    ("utf-16le", "UTF-16"),
    ("shift_jis", "Japanese (Shift JIS)"),
    ("gb18030", "Chinese (GB 18030)"),
];
/// Files that are taken in at the same time.
static UPLOADS: Semaphore = Semaphore::const_new(8);

#[derive(Template)]
#[template(path = "files.html")]
struct FilesPage {
    shell: Shell,
    account: String,
    imports: Vec<Line>,
    problem: Option<String>,
    formats: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    shell: Shell,
    account: String,
    id: String,
    label: String,
    format: &'static str,
    state: ImportState,
    is_under_way: bool,
    /// What the file holds, as long as it is here.
    look: Option<Look>,
    problem: Option<String>,
    counts: Counts,
    /// How many places of an import that was taken back can be brought back, in words.
    to_bring_back: Option<String>,
}

impl ImportPage {
    fn is_previewed(&self) -> bool {
        self.state == ImportState::Previewed
    }

    fn is_running(&self) -> bool {
        self.state == ImportState::Running
    }

    fn is_finished(&self) -> bool {
        self.state == ImportState::Finished
    }

    fn is_undone(&self) -> bool {
        self.state == ImportState::Undone
    }

    fn is_undoing(&self) -> bool {
        self.state == ImportState::Undoing
    }
}

/// Import and export.
pub(crate) async fn page(State(state): State<WebState>, Viewer(actor): Viewer) -> Result<Response, Failure> {
    files(&state, actor, StatusCode::OK, None).await
}

async fn files(
    state: &WebState,
    actor: Actor,
    status: StatusCode,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let imports = state.service.list_imports(actor).await?;
    let page = FilesPage {
        shell: Shell::of(state, actor, Part::Files, "Import and export"),
        account: actor.user.to_string(),
        imports: imports.into_iter().map(Line::from).collect(),
        problem,
        formats: Format::WRITABLE.iter().map(|format| (format.extension(), format.name())).collect(),
    };
    Ok(page_with(status, &page))
}

/// Takes a file in and shows what is in it. Nothing is imported yet.
pub(crate) async fn upload(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    mut multipart: Multipart,
) -> Result<Response, Failure> {
    let busy = "Another file of yours is being taken in. Wait until that is done, then choose this one again.";
    let Some(_sending) = state.imports.send(actor.user) else {
        return files(&state, actor, StatusCode::CONFLICT, Some(busy.to_owned())).await;
    };
    let _upload = UPLOADS.acquire().await;
    let (mut file, mut label, mut options) = (None, String::new(), Options::default());
    loop {
        let field = match multipart.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) => return unreadable(&state, actor, error.status()).await,
        };
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            label = parse::label(field.file_name().unwrap_or_default());
            match field.bytes().await {
                Ok(bytes) => file = Some(bytes),
                Err(error) => return unreadable(&state, actor, error.status()).await,
            }
            continue;
        }
        let Ok(text) = field.text().await else { continue };
        match name.as_str() {
            "account" if text.parse() != Ok(actor.user) => {
                let detail =
                    "This page was made for another account than the one that is signed in now. Nothing was done.";
                return Err(Failure::new(Code::WrongAccount, detail));
            }
            "encoding" => options.encoding = Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
            _ => {}
        }
    }
    let file = match file {
        Some(file) if !file.is_empty() => file,
        _ => {
            let detail = "Choose a file first; this one is empty.".to_owned();
            return files(&state, actor, StatusCode::UNPROCESSABLE_ENTITY, Some(detail)).await;
        }
    };
    if file.len() > IMPORT_BYTES_MAX {
        return unreadable(&state, actor, StatusCode::PAYLOAD_TOO_LARGE).await;
    }
    let turn = parse::turn().await;
    let read = parse::read(turn, file.clone(), label.clone(), None, options.clone(), state.service.now()).await;
    let contents = match read {
        Ok(read) => read.contents,
        Err(reason) => {
            let detail = format!("{label} can't be imported: {reason}.");
            return files(&state, actor, StatusCode::UNPROCESSABLE_ENTITY, Some(detail)).await;
        }
    };
    let stored = NewImport { label: &label, format: contents.format.as_str(), file: &file, options: json!(options) };
    let id = state.service.begin_import(actor, stored).await?;
    Ok(Redirect::to(&format!("/import/{id}")).into_response())
}

async fn unreadable(state: &WebState, actor: Actor, status: StatusCode) -> Result<Response, Failure> {
    let detail = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "The file is larger than 32 MiB. Split it, or use the command line.",
        _ => "The upload broke off before its end. Choose the file again.",
    };
    files(state, actor, status, Some(detail.to_owned())).await
}

async fn stored(state: &WebState, actor: Actor, id: ImportId) -> Result<StoredImport, Failure> {
    let import = state.service.import_file(actor, id).await?;
    import.ok_or_else(no_such_import)
}

fn no_such_import() -> Failure {
    Failure::new(Code::NotFound, "There is no such import. What is only looked at is kept for a day.")
}

/// What is in the file, or what became of it.
pub(crate) async fn show(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<ImportId>,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Failure> {
    respond(&state, actor, id, done.as_deref(), None).await
}

async fn respond(
    state: &WebState,
    actor: Actor,
    id: ImportId,
    done: Option<&str>,
    problem: Option<String>,
) -> Result<Response, Failure> {
    let summary = state.service.import_summary(actor, id).await?.ok_or_else(no_such_import)?;
    // Here, or in another process.
    let is_under_way = state.imports.is_under_way(id) || summary.is_under_way(state.service.now());
    let has_file = matches!(summary.state, ImportState::Previewed | ImportState::Running);
    let mut look = None;
    // The file may be large: it is fetched where it is shown, and not for a page that only says how far it is.
    if has_file && !is_under_way {
        let turn = parse::turn().await;
        let mut import = stored(state, actor, id).await?;
        if let Some(read) = parse::stored(turn, &mut import).await? {
            look = Some(parse::look(state, actor, read, Options::of(&import)).await?);
        }
    }
    let mut to_bring_back = None;
    if summary.state == ImportState::Undone && !is_under_way {
        let count = state.service.count_to_bring_back(actor, id).await?;
        to_bring_back = (count > 0).then(|| show::count(count, "place of it is", "places of it are"));
    }
    let problem = problem.or_else(|| state.imports.take_stopped(id));
    let status = if problem.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let page = ImportPage {
        shell: Shell::of(state, actor, Part::Files, "Import").after(done),
        account: actor.user.to_string(),
        id: id.to_string(),
        label: summary.label.clone(),
        format: format_name(&summary.format),
        state: summary.state,
        is_under_way,
        look,
        problem,
        counts: Counts::of(&summary),
        to_bring_back,
    };
    Ok(page_with(status, &page))
}

/// Reads the sheet with other columns.
pub(crate) async fn set_columns(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<ImportId>,
    form: Form,
) -> Result<Response, Failure> {
    let import = stored(&state, actor, id).await?;
    let mut options = Options::of(&import);
    let mut columns = CsvColumns::default();
    for field in CsvField::ALL {
        columns.set(*field, form.text(field.as_str()).parse().ok());
    }
    options.columns = Some(columns);
    options.encoding = form.get("encoding").map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    state.service.set_import_options(actor, id, &json!(options)).await?;
    Ok(Redirect::to(&format!("/import/{id}")).into_response())
}

fn shown(id: ImportId, done: Option<&str>) -> Response {
    let done = done.map(|done| format!("?done={done}")).unwrap_or_default();
    Redirect::to(&format!("/import/{id}{done}")).into_response()
}

/// Drops a file that was only looked at.
pub(crate) async fn discard(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<ImportId>,
    _form: Form,
) -> Result<Response, Failure> {
    match state.service.discard_import(actor, id).await {
        Ok(()) | Err(Error::NotFound) => Ok(Redirect::to("/import").into_response()),
        Err(error) => Err(error.into()),
    }
}
