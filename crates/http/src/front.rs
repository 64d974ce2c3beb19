//! What stands in front of the service, whichever way a request comes.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, Method};
use holdfast_contract::{AccountId, Code, Problem};
use holdfast_service::{Actor, Error, Service};

use crate::client_address;
use crate::credentials::{Credentials, credentials, is_safe, is_same_site};
use crate::download::{Download, Downloads};
use crate::rate_limit::{Exceeded, Limiter, Standing};
use crate::settings::{HttpSettings, Limit, RateLimits};

/// So many tokens from one address may be looked up for each sign-in that is allowed. A token is looked up once, and then
/// known for a while.
const LOOK_UPS_PER_SIGN_IN: u32 = 30;

/// The service, and what every way to it shares: settings and counts. Cheap to clone; the ways in must share one, or each
/// would allow what all together may.
#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    service: Service,
    settings: HttpSettings,
    user_limiter: Limiter,
    sign_in_limiter: Limiter,
    /// Tokens that had to be looked up, by the client's address: whoever tries tokens costs the database a question each.
    look_up_limiter: Limiter,
    downloads: Downloads,
}

/// Why a request does not get through.
#[derive(Debug)]
pub enum Refused {
    /// With these words.
    Problem(Box<Problem>),
    /// It is one too many.
    TooMany(Exceeded),
}

impl Front {
    /// In front of `service`.
    pub fn new(service: Service, settings: HttpSettings) -> Self {
        let RateLimits { user, sign_in } = settings.rate_limits;
        let look_ups = sign_in.requests.saturating_mul(NonZeroU32::MIN.saturating_add(LOOK_UPS_PER_SIGN_IN - 1));
        Self(Arc::new(Inner {
            service,
            user_limiter: Limiter::new("user", user),
            sign_in_limiter: Limiter::new("sign-in", sign_in),
            look_up_limiter: Limiter::new("token", Limit { requests: look_ups, ..sign_in }),
            downloads: Downloads::default(),
            settings,
        }))
    }

    /// The service.
    pub fn service(&self) -> &Service {
        &self.0.service
    }

    /// The settings.
    pub fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }

    /// Whose request this is: by its token, and where that is a cookie, only if a browser vouches that our own pages made a
    /// request that changes something.
    pub async fn admit(&self, method: &Method, headers: &HeaderMap, extensions: &Extensions) -> Result<Actor, Refused> {
        let token = match credentials(headers).ok_or_else(unauthenticated)? {
            Credentials::Bearer(token) => token,
            Credentials::Cookie(token) => {
                if !is_safe(method) && !is_same_site(headers, self.settings()) {
                    return Err(cross_site());
                }
                token
            }
        };
        if let Some(actor) = self.service().known_token(token) {
            return Ok(actor);
        }
        self.0.look_up_limiter.check(self.address_key(headers, extensions)).map_err(Refused::TooMany)?;
        self.service().authenticate(token).await.map_err(Refused::from)
    }

    /// Counts one request of this account.
    pub fn check_user(&self, user: AccountId) -> Result<Standing, Exceeded> {
        self.0.user_limiter.check(user.0.as_u128())
    }

    /// Counts one attempt to sign in, to set up or to pair, by the client's address.
    pub fn check_sign_in(&self, request: &Request) -> Result<Standing, Exceeded> {
        self.0.sign_in_limiter.check(self.address_key(request.headers(), request.extensions()))
    }

    /// One file that this account fetches, until what is given is dropped; `rate_limited` where it fetches as many as it may.
    pub fn claim_download(&self, user: AccountId) -> Result<Download, Problem> {
        self.0.downloads.claim(user)
    }

    fn address_key(&self, headers: &HeaderMap, extensions: &Extensions) -> u128 {
        let address = client_address::client_address(headers, extensions, &self.settings().trusted_proxies);
        client_address::key(address)
    }
}

/// The same words as for a token that is unknown or was revoked: nobody learns which.
fn unauthenticated() -> Refused {
    Error::Unauthenticated.into()
}

/// A request that a browser made for another site's page, or that nobody vouches for.
pub fn cross_site() -> Refused {
    let detail = "The request seems to come from another site. Reload the page and try again; a program should send the \
                  Holdfast-Protocol header.";
    Refused::Problem(Box::new(Problem::new(Code::CrossSite, detail)))
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Problem(Box::new(error.problem()))
    }
}
