//! The pages: one file per page or small family of pages. A handler reads what the browser sent, asks the service, and
//! fills a template.

pub(crate) mod account;
pub(crate) mod browse;
pub(crate) mod devices;
pub(crate) mod export;
pub(crate) mod first_password;
pub(crate) mod home;
pub(crate) mod import;
pub(crate) mod places;
pub(crate) mod setup;
pub(crate) mod sharing;
pub(crate) mod sign_in;
pub(crate) mod trash;

use serde::Deserialize;

/// What was done just now, in the address of the page that says so.
#[derive(Deserialize, Default)]
pub(crate) struct Done {
    #[serde(default)]
    pub(crate) done: Option<String>,
}
