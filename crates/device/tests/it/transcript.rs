//! The engine's side of a conversation, word by word: what it asks for and what it makes of the answer.

use std::fmt::Write as _;

use holdfast_contract::{Code, Problem};
use holdfast_device::{Answer, Device, Effects, Reply, Request};

use crate::support::*;

fn tell(script: &mut String, bench: &Bench, effects: &Effects) {
    for request in &effects.requests {
        match request {
            Request::Pull { cursor, limit, .. } => {
                writeln!(script, "> pull from {} limit {limit}", cursor.as_deref().unwrap_or("the start")).unwrap();
            }
            Request::Push { .. } => {
                let kinds: Vec<String> = operations(request)
                    .iter()
                    .map(|op| match op["kind"].as_str().unwrap() {
                        "update" => format!("update {}", op["changes"]),
                        kind => kind.to_owned(),
                    })
                    .collect();
                writeln!(script, "> push [{}]", kinds.join(", ")).unwrap();
            }
        }
    }
    let now = holdfast_device::Environment::now(&bench.world).wall;
    let wake = effects.wake_at.map_or("never".to_owned(), |at| format!("in {} s", at.micros_since(now) / 1_000_000));
    writeln!(script, "  wake {wake}{}", if effects.changed { ", changed" } else { "" }).unwrap();
}

fn answer(script: &mut String, bench: &mut Bench, device: &mut Device, request: &Request, answer: Option<Answer>) {
    let now = holdfast_device::Environment::now(&bench.world).wall;
    let answer = answer.unwrap_or_else(|| bench.server.answer(request, now));
    let said = match &answer {
        Answer::NoReply => "nothing".to_owned(),
        Answer::NotSent => "not sent".to_owned(),
        Answer::Http { status, .. } => status.to_string(),
    };
    let h = device.handle(Reply { lease: request.lease(), answer }).unwrap();
    writeln!(
        script,
        "< {said}: taken {} answered {} applied {} duplicates {} conflicts {} pulled {}",
        h.taken, h.answered, h.applied, h.duplicates, h.conflicts, h.pulled
    )
    .unwrap();
}

#[test]
fn a_day_with_bad_signal() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    let mut script = String::new();
    let captured = capture(&mut device, "A");

    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);
    answer(&mut script, &mut bench, &mut device, &effects.requests[0], None);

    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);
    let push = push_of(&effects);
    let now = holdfast_device::Environment::now(&bench.world).wall;
    let _ = bench.server.answer(&push, now);
    writeln!(script, "  (it arrives; the answer is lost)").unwrap();
    device.edit(captured.local_id, rename("B"), None).unwrap();
    answer(&mut script, &mut bench, &mut device, &push, Some(Answer::NoReply));
    bench.world.pass(20);

    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);
    answer(&mut script, &mut bench, &mut device, &effects.requests[0], None);

    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);
    let slow = server::refuse(429, &Problem::new(Code::RateLimited, "slow").with_retry_after(60));
    answer(&mut script, &mut bench, &mut device, &effects.requests[0], Some(slow));
    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);
    bench.world.pass(60);

    let id = bench.server.own(captured.client_id).unwrap().place.id;
    bench.server.meddle(id, |place| place.name = Some(text_name("C")));
    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);
    answer(&mut script, &mut bench, &mut device, &effects.requests[0], None);
    device.pull_now();
    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);
    answer(&mut script, &mut bench, &mut device, &effects.requests[0], None);
    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);
    let effects = device.poll().unwrap();
    tell(&mut script, &bench, &effects);

    let golden = "\
> pull from the start limit 1000
  wake in 90 s, changed
< 200: taken true answered true applied 0 duplicates 0 conflicts 0 pulled 0
> push [create]
  wake in 90 s, changed
  (it arrives; the answer is lost)
< nothing: taken true answered false applied 0 duplicates 0 conflicts 0 pulled 0
> push [create]
  wake in 90 s, changed
< 200: taken true answered true applied 0 duplicates 1 conflicts 0 pulled 0
> push [update {\"name\":{\"to\":\"B\",\"was\":\"A\"}}]
  wake in 90 s, changed
< 429: taken true answered false applied 0 duplicates 0 conflicts 0 pulled 0
  wake in 60 s, changed
> push [update {\"name\":{\"to\":\"B\",\"was\":\"A\"}}]
  wake in 90 s, changed
< 200: taken true answered true applied 0 duplicates 0 conflicts 1 pulled 0
> pull from 1:0 limit 1000
  wake in 90 s, changed
< 200: taken true answered true applied 0 duplicates 0 conflicts 0 pulled 1
  wake in 300 s, changed
  wake in 300 s
";
    assert_eq!(script, golden, "\n{script}");
}
