//! What every page can reach.

use std::ops::Deref;
use std::sync::Arc;

use holdfast_http::Front;
use holdfast_service::Service;

use crate::assets::Assets;
use crate::pages::import::Imports;
use crate::phone::Phone;
use crate::settings::WebSettings;
use crate::towns::Towns;

/// What every page can reach. Cheap to clone.
#[derive(Clone)]
pub(crate) struct WebState(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) front: Front,
    pub(crate) service: Service,
    pub(crate) settings: WebSettings,
    pub(crate) assets: Assets,
    pub(crate) phone: Phone,
    pub(crate) towns: Towns,
    pub(crate) content_security_policy: String,
    pub(crate) imports: Imports,
}

impl WebState {
    pub(crate) fn new(front: Front, settings: WebSettings) -> Self {
        let assets = Assets::new();
        Self(Arc::new(Inner {
            service: front.service().clone(),
            content_security_policy: crate::headers::content_security_policy(&settings),
            front,
            settings,
            towns: assets.towns(),
            assets,
            phone: Phone::new(),
            imports: Imports::default(),
        }))
    }
}

impl Deref for WebState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
