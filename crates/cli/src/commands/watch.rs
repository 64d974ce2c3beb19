//! `watch`: the running loop.

use holdfast_host::{Engine, Failure as Lost, Live, Round, WatchEvent, now};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::Outcome;
use super::sync::{leftovers, tally_json};
use crate::context::{Context, block_on};
use crate::exit::{Exit, Failure};
use crate::output::{DIM, Output};
use crate::words;

pub(super) fn watch(context: &Context) -> Outcome {
    let account = context.signed_in("sending and fetching")?;
    let engine = Engine::open(&context.home, &account)?;
    let output = context.output;
    output.hint(format!("Sending and fetching for {} until stopped with Ctrl-C.", words::one_line(&account.email)));
    block_on(async {
        let unheard = Notify::new();
        let mut failed: Option<Failure> = None;
        let mut teller = Teller { output, unreachable: false };
        let interrupted = interrupted();
        engine
            .watch(
                |event| {
                    if let Err(failure) = teller.tell(&event) {
                        // Nobody reads the output any more: stop, as after Ctrl-C.
                        failed.get_or_insert(failure);
                        unheard.notify_one();
                    }
                },
                async {
                    tokio::select! {
                        () = interrupted => {}
                        () = unheard.notified() => {}
                    }
                },
            )
            .await?;
        failed.map_or(Ok(()), Err)
    })?;
    output.say("Stopped. What is unsent is kept.")?;
    Ok(Exit::Done)
}

/// Over when the person or the system asks the program to end. It listens from this call on, before anything is told: who reads
/// that may ask for the end at once.
#[cfg(unix)]
fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let mut signals: Vec<Signal> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    std::future::poll_fn(move |context| {
        let is_any = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
        if is_any { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
}

/// Over when the person asks the program to end.
#[cfg(not(unix))]
async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}

struct Teller {
    output: Output,
    unreachable: bool,
}

impl Teller {
    fn tell(&mut self, event: &WatchEvent) -> Result<(), Failure> {
        self.output.json_line(&event_json(event))?;
        if self.output.json {
            return Ok(());
        }
        match event {
            WatchEvent::Round(round) => self.round(round),
            WatchEvent::Paused(reason) => {
                let (what, todo) = words::pause(*reason);
                self.line(&format!("{what}\n{}", words::block(todo, "          ")))
            }
            WatchEvent::Resumed => self.line("Signed in again; going on."),
            WatchEvent::SignedOut => self.line(
                "This device was signed out. What is unsent is kept; it goes on by itself after the next sign-in to that account.",
            ),
            WatchEvent::Stalled(why) => self.line(&format!(
                "The home folder can't be used at the moment ({}). What was saved is kept; it is tried again by itself.",
                words::one_line(why)
            )),
            WatchEvent::GoingOn => self.line("The home folder can be used again; going on."),
            WatchEvent::Live(Live::Connected) => {
                self.unreachable = false;
                self.line("Connected.")
            }
            WatchEvent::Live(Live::Lost(why)) if !self.unreachable => {
                self.unreachable = true;
                self.line(&format!("Not connected ({}). Everything saved is kept; it is tried again by itself.", words::one_line(why)))
            }
            WatchEvent::Live(_) | WatchEvent::Changed => Ok(()),
        }
    }

    fn round(&mut self, round: &Round) -> Result<(), Failure> {
        let tally = &round.tally;
        if tally.sent > 0 || tally.pulled > 0 {
            let sent = words::count(tally.sent, "change", "changes");
            let pulled = words::count(tally.pulled, "change", "changes");
            self.line(&format!("{sent} sent, {pulled} fetched."))?;
        }
        if tally.conflicts + tally.rejected + tally.gone > 0 {
            for line in leftovers(&round.status) {
                self.line(&line)?;
            }
        }
        match &tally.failure {
            Some(Lost::Refused(_)) => {
                let problem = round.status.push_problem.as_ref().or(round.status.pull_problem.as_ref());
                problem.map_or(Ok(()), |p| self.line(&format!("The server says: {}", words::one_line(&p.detail))))
            }
            Some(_) if !self.unreachable => {
                self.unreachable = true;
                self.line("The server can't be reached. Everything saved is kept; it is tried again by itself.")
            }
            _ => Ok(()),
        }
    }

    fn line(&self, text: &str) -> Result<(), Failure> {
        let time = words::local_time(now());
        let clock = time.rsplit(' ').next().unwrap_or_default();
        self.output.say(format!("{DIM}{clock}{DIM:#}  {text}"))
    }
}

fn event_json(event: &WatchEvent) -> Value {
    match event {
        WatchEvent::Live(Live::Connected) => json!({ "event": "connected" }),
        WatchEvent::Live(Live::Lost(why)) => json!({ "event": "disconnected", "why": why }),
        WatchEvent::Live(Live::Head(seq)) => json!({ "event": "head", "seq": seq }),
        WatchEvent::Round(round) => {
            let mut value = tally_json(&round.tally);
            if let Value::Object(members) = &mut value {
                members.insert("event".to_owned(), json!("round"));
                members.insert("status".to_owned(), json!(round.status));
            }
            value
        }
        WatchEvent::Changed => json!({ "event": "changed" }),
        WatchEvent::Paused(reason) => json!({ "event": "paused", "reason": reason }),
        WatchEvent::Resumed => json!({ "event": "resumed" }),
        WatchEvent::SignedOut => json!({ "event": "signedOut" }),
        WatchEvent::Stalled(why) => json!({ "event": "stalled", "why": why }),
        WatchEvent::GoingOn => json!({ "event": "goingOn" }),
    }
}
