//! The browser's clocks and its randomness.

use std::cell::Cell;

use holdfast_contract::Timestamp;
use holdfast_device::{Environment, Moment};
use js_sys::{Date, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The clocks and the randomness of this worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Browser;

impl Environment for Browser {
    fn now(&self) -> Moment {
        Moment {
            wall: Timestamp::from_micros(micros(Date::now())),
            boot: boot(),
            since_boot_micros: micros(since_start()),
        }
    }

    fn random(&self, bytes: &mut [u8]) {
        // Without randomness two captures could get one id and become one place. There is no going on without it.
        getrandom::fill(bytes).expect("the browser gives random bytes");
    }
}

/// Whole microseconds of a number of milliseconds.
#[allow(clippy::cast_possible_truncation)]
fn micros(millis: f64) -> i64 {
    (millis * 1000.0) as i64
}

/// Milliseconds on the worker's monotonic clock.
fn since_start() -> f64 {
    let clock = Reflect::get(&js_sys::global(), &JsValue::from_str("performance")).ok();
    let now = clock.as_ref().and_then(|clock| Reflect::get(clock, &JsValue::from_str("now")).ok());
    let now = now.and_then(|now| now.dyn_into::<js_sys::Function>().ok());
    let millis = now.zip(clock).and_then(|(now, clock)| now.call0(&clock).ok()).and_then(|millis| millis.as_f64());
    millis.unwrap_or_default()
}

/// Names this run of the monotonic clock: each worker's begins anew, so each is one of its own.
fn boot() -> u64 {
    thread_local!(static BOOT: Cell<Option<u64>> = const { Cell::new(None) });
    BOOT.with(|known| {
        let boot = known.get().unwrap_or_else(|| {
            let mut bytes = [0; 8];
            Browser.random(&mut bytes);
            u64::from_le_bytes(bytes)
        });
        known.set(Some(boot));
        boot
    })
}
