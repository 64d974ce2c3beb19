//! Whether the server can do its work, for `/health/ready`.

use futures::FutureExt;
use futures::future::BoxFuture;
use holdfast_api::{Check, Health};
use holdfast_service::Service;

/// Asks the database each time. The migrations are checked once, at start: this build does not run on a schema it does not
/// know.
pub(crate) struct Readiness {
    pub(crate) service: Service,
}

impl Health for Readiness {
    fn ready(&self) -> BoxFuture<'_, Vec<Check>> {
        async {
            let (ok, detail) = match self.service.ready().await {
                Ok(()) => (true, "answers".to_owned()),
                Err(error) => (false, format!("does not answer ({})", error.code())),
            };
            let database = Check { name: "database", ok, detail };
            let migrations = Check { name: "migrations", ok: true, detail: "current since the start".to_owned() };
            vec![database, migrations]
        }
        .boxed()
    }
}
