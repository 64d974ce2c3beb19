//! What takes long and goes on by itself, whether the person waits for it or not: importing, taking back, bringing back.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use holdfast_contract::{Code, ImportId, Problem};
use holdfast_service::{Actor, Error, Service};

use super::work::UnderWay;
use super::{no_such_import, parse, respond, shown};
use crate::failure::Failure;
use crate::form::Form;
use crate::show;
use crate::state::WebState;
use crate::viewer::Viewer;

/// An import that is done within this is shown as done at once.
const PATIENCE: Duration = Duration::from_secs(3);

/// Imports it, or goes on with it. It goes on by itself, whether the person waits for it or not.
pub(crate) async fn run(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<ImportId>,
    _form: Form,
) -> Result<Response, Failure> {
    let Some(under_way) = state.imports.claim(id) else { return Ok(shown(id, None)) };
    let turn = parse::turn().await;
    // As it is read now it is run: nobody changes that any more.
    let mut import = match state.service.begin_run(actor, id).await {
        Ok(import) => import,
        Err(Error::NotFound) => return Err(no_such_import()),
        Err(error) => {
            drop(under_way);
            return respond(&state, actor, id, None, Some(error.problem().detail)).await;
        }
    };
    let Some(read) = parse::stored(turn, &mut import).await? else {
        // It has come to its end already: pressed twice.
        return Ok(shown(id, None));
    };
    let rows = parse::places(read);
    let service = state.service.clone();
    let work = async move {
        let result = service.run_import(actor, id, &rows).await?;
        Ok(result.deferred.map_or(Ended::Well("imported"), |problem| Ended::Stopped(why_deferred(problem))))
    };
    Ok(shown(id, in_background(&state, under_way, work).await))
}

/// Takes it back: what it made and nobody changed since goes into the trash.
pub(crate) async fn undo(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<ImportId>,
    _form: Form,
) -> Result<Response, Failure> {
    go_on(&state, actor, id, move |service| async move {
        let undone = service.undo_import(actor, id).await?;
        let left = ("place is still to be taken back", "places are still to be taken back");
        Ok(Ended::with(undone.left, left, undone.deferred, "undone"))
    })
    .await
}

/// Brings back what taking it back had put into the trash and nobody has touched since.
pub(crate) async fn bring_back(
    State(state): State<WebState>,
    Viewer(actor): Viewer,
    Path(id): Path<ImportId>,
    _form: Form,
) -> Result<Response, Failure> {
    go_on(&state, actor, id, move |service| async move {
        let back = service.bring_back_import(actor, id).await?;
        // Nothing is restored where it was pressed on a page that was older than what became of its places.
        let done = if back.restored > 0 { "brought-back" } else { "nothing-back" };
        let left = ("place is still in the trash", "places are still in the trash");
        Ok(Ended::with(back.left, left, back.deferred, done))
    })
    .await
}

/// Works on an import that has run, unless something works on it already.
async fn go_on<W>(
    state: &WebState,
    actor: Actor,
    id: ImportId,
    work: impl FnOnce(Service) -> W,
) -> Result<Response, Failure>
where
    W: Future<Output = Result<Ended, Error>> + Send + 'static,
{
    state.service.import_summary(actor, id).await?.ok_or_else(no_such_import)?;
    let Some(under_way) = state.imports.claim(id) else { return Ok(shown(id, None)) };
    let work = work(state.service.clone());
    Ok(shown(id, in_background(state, under_way, work).await))
}

/// How work on an import ended.
enum Ended {
    /// As it should; with what is said then, one of the shell's notices.
    Well(&'static str),
    /// With something left to do, and why.
    Stopped(String),
}

impl Ended {
    /// With so many places left, in the words for one and for several, and why; as it should where none is.
    fn with(left: u64, words: (&str, &str), deferred: Option<Problem>, done: &'static str) -> Self {
        if left == 0 {
            return Self::Well(done);
        }
        let why = deferred.map(why_deferred).unwrap_or_default();
        Self::Stopped(format!("{}. {why}", show::count(left, words.0, words.1)))
    }
}

/// Works on an import, whether somebody waits for it or not, and waits a moment. Returns what is to be said where it is done
/// and went well; otherwise its page says why it stopped, or that it is under way.
async fn in_background(
    state: &WebState,
    under_way: UnderWay,
    work: impl Future<Output = Result<Ended, Error>> + Send + 'static,
) -> Option<&'static str> {
    let (imports, id) = (state.imports.clone(), under_way.import());
    let task = tokio::spawn(async move {
        let done = work.await;
        // However it ends, it is not under way any more.
        drop(under_way);
        match done {
            Ok(Ended::Well(done)) => return Some(done),
            Ok(Ended::Stopped(why)) => imports.stopped(id, why),
            Err(error) => imports.stopped(id, error.problem().detail),
        }
        None
    });
    tokio::time::timeout(PATIENCE, task).await.ok()?.ok()?
}

/// Why something was put off, for somebody who looks at it: what a device would do by itself later, they do.
fn why_deferred(problem: Problem) -> String {
    match problem.code {
        Code::PlanLimitReached => problem.detail,
        _ => "The server could not store everything at the moment. Go on in a little while.".to_owned(),
    }
}
