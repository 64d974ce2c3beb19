//! What the worker's TypeScript calls. Everything goes in and out as JSON; what fails is thrown as the JSON of a
//! [`Failure`].

use std::path::Path;
use std::rc::Rc;

use holdfast_app::{Call, Failure, FailureCode, HostCall};
use js_sys::Promise;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;

use crate::environment::Browser;
use crate::home::Server;
use crate::host::Host;
use crate::wire::{Asked, Event, Facts, HttpReply, Unsettled, unexpected};

/// Files that are kept ready, beyond those in use: SQLite opens them without waiting, which the browser can't. An account has
/// its database and its log, a rescue a second database.
const FILES_AHEAD: u32 = 8;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// The core of this device. Only one worker can have it open.
#[wasm_bindgen]
pub struct Core {
    host: Host,
    pool: Rc<OpfsSAHPoolUtil>,
}

type Thrown<T> = Result<T, JsValue>;

/// Opens the core, whose files lie in this folder of the origin's private file system.
#[wasm_bindgen(js_name = openCore)]
pub async fn open_core(directory: String) -> Thrown<Core> {
    std::panic::set_hook(Box::new(|info| console_error(&info.to_string())));
    let config = OpfsSAHPoolCfgBuilder::new().directory(&directory).initial_capacity(2 * FILES_AHEAD).build();
    let pool = install::<sqlite_wasm_rs::WasmOsCallback>(&config, true).await.map_err(|error| pool_failed(&error))?;
    let core = Core { host: thrown(Host::open(Path::new(""), || Box::new(Browser)))?, pool: Rc::new(pool) };
    reserve(&core.pool).await?;
    Ok(core)
}

#[wasm_bindgen]
impl Core {
    /// Makes files ready for what comes next. To be awaited before a sign-in. Other calls may come meanwhile: a method that is
    /// `async` would keep the core borrowed until it ends, and they would fail.
    pub fn reserve(&self) -> Promise {
        let pool = Rc::clone(&self.pool);
        future_to_promise(async move { reserve(&pool).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Carries out a call that needs no network; its answer.
    pub fn perform(&mut self, call: &str, asked: &str, facts: &str) -> Thrown<String> {
        let call: Call = serde_json::from_str(call)
            .map_err(|error| throw(&Failure::new(FailureCode::UnknownCall).with_detail(error.to_string())))?;
        json(self.host.perform(call, &read::<Asked>(asked)?, &read::<Facts>(facts)?))
    }

    /// What to send now, and when to ask again.
    pub fn poll(&mut self) -> Thrown<String> {
        json(self.host.poll())
    }

    /// Hands in what came for a request.
    pub fn handle(&mut self, lease: &str, reply: &str) -> Thrown<String> {
        json(self.host.handle(lease, read::<HttpReply>(reply)?))
    }

    /// Tells the core what has happened.
    pub fn happened(&mut self, event: &str) -> Thrown<()> {
        thrown(self.host.happened(read::<Event>(event)?))
    }

    /// Whom to send for, or null.
    pub fn access(&self) -> Thrown<String> {
        json(Ok(self.host.access()))
    }

    /// What is not settled after a round of sending, and by whom it will be; as [`crate::wire::Unsettled`].
    pub fn unsettled(&mut self) -> Thrown<String> {
        json(self.host.status().map(|status| Unsettled::from(&status)))
    }

    /// Why the account waits for the person, as a failure; or null.
    pub fn waiting(&mut self) -> Thrown<String> {
        json(self.host.status().map(|status| status.paused.map(Failure::from)))
    }

    /// The request that signs in at a server; null where the first try of the call has done it.
    #[wasm_bindgen(js_name = signInRequest)]
    pub fn sign_in_request(&mut self, call: &str, server: &str, asked: &str) -> Thrown<String> {
        let call: HostCall = read(call)?;
        json(self.host.sign_in_request(&call, &read::<Server>(server)?, &read::<Asked>(asked)?))
    }

    /// Takes the answer to it.
    #[wasm_bindgen(js_name = signedIn)]
    pub fn signed_in(&mut self, call: &str, server: &str, reply: &str, asked: &str, facts: &str) -> Thrown<String> {
        let (call, server, reply) = (read::<HostCall>(call)?, read::<Server>(server)?, read::<HttpReply>(reply)?);
        json(self.host.signed_in(&call, server, &reply, &read::<Asked>(asked)?, &read::<Facts>(facts)?))
    }

    /// The answer to a sign-in that is done.
    #[wasm_bindgen(js_name = isSignedIn)]
    pub fn is_signed_in(&mut self, facts: &str) -> Thrown<String> {
        json(self.host.is_signed_in(&read::<Facts>(facts)?))
    }

    /// Signs this device out; thrown where the person has to say first that something may be left unsent.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&mut self, even_if_unsent: bool, asked: &str) -> Thrown<String> {
        json(self.host.sign_out(even_if_unsent, &read::<Asked>(asked)?))
    }

    /// Sign-ins that are over here and that their servers are to be told of.
    pub fn farewells(&self) -> Thrown<String> {
        json(Ok(self.host.farewells()))
    }

    /// The server knows that the sign-in with this token is over.
    pub fn told(&mut self, token: &str) -> Thrown<()> {
        thrown(self.host.told(token))
    }
}

async fn reserve(pool: &OpfsSAHPoolUtil) -> Thrown<()> {
    let wanted = pool.count() + FILES_AHEAD;
    pool.reserve_minimum_capacity(wanted).await.map_err(|error| pool_failed(&error))
}

fn read<T: DeserializeOwned>(text: &str) -> Thrown<T> {
    serde_json::from_str(text).map_err(|error| throw(&unexpected(&error)))
}

fn json<T: Serialize>(result: Result<T, Failure>) -> Thrown<String> {
    let value = thrown(result)?;
    serde_json::to_string(&value).map_err(|error| throw(&unexpected(&error)))
}

fn thrown<T>(result: Result<T, Failure>) -> Thrown<T> {
    result.map_err(|failure| throw(&failure))
}

fn throw(failure: &Failure) -> JsValue {
    JsValue::from_str(&serde_json::to_string(failure).unwrap_or_default())
}

/// What the browser's file system said.
fn pool_failed(error: &OpfsSAHError) -> JsValue {
    let words = format!("{error:?}");
    let is = |name: &str| words.contains(name);
    let code = if is("QuotaExceeded") {
        FailureCode::StorageFull
    } else if is("SecurityError") || is("NotAllowedError") {
        FailureCode::StorageRefused
    } else if is("NoModificationAllowed") {
        // Another worker still has them.
        FailureCode::Busy
    } else if is("NotSupported") {
        FailureCode::StorageUnsupported
    } else {
        FailureCode::StorageInaccessible
    };
    throw(&Failure::new(code).with_detail(words))
}
