//! Whether the server can do its work, for `/health/ready`.

use futures::FutureExt;
use futures::future::BoxFuture;
use holdfast_api::{Check, Health};
use holdfast_service::{Schema, Service};

/// Asks the database each time, also for its schema: it may have been put back to an older one since the start.
pub(crate) struct Readiness {
    pub(crate) service: Service,
}

impl Health for Readiness {
    fn ready(&self) -> BoxFuture<'_, Vec<Check>> {
        async {
            let check = |name, ok, detail: String| Check { name, ok, detail };
            if let Err(error) = self.service.ready().await {
                let unknown = "not known while the database does not answer".to_owned();
                let away = format!("does not answer ({})", error.code());
                return vec![check("database", false, away), check("migrations", false, unknown)];
            }
            let (ok, detail) = match self.service.schema().await {
                Ok(Schema::Current) => (true, "the schema is this version's".to_owned()),
                Ok(Schema::Newer) => (true, "the schema is a newer version's, which this one works with".to_owned()),
                Ok(Schema::Older) => (false, "some were not run; `holdfast-server migrate` does it".to_owned()),
                Err(error) => (false, format!("can't be read ({})", error.code())),
            };
            vec![check("database", true, "answers".to_owned()), check("migrations", ok, detail)]
        }
        .boxed()
    }
}
