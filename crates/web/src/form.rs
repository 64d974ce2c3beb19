//! What a browser sent with a form.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use holdfast_contract::{AccountId, Code, OpId};

use crate::FORM_BYTES_MAX;
use crate::failure::Failure;
use crate::viewer::Viewer;

/// Most fields of a form.
const FIELDS_MAX: usize = 200;

/// The fields of a form, in their order. Nothing a person typed is dropped on the way to a refusal.
#[derive(Clone, Default, Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// The fields of a body; no form of ours has more than are read.
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().take(FIELDS_MAX).collect())
    }

    /// The field's value; `None` where the form does not have it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The field's value; empty where the form does not have it.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Every value of a field.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Sets a field, in place of what it was.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(n, _)| n != name);
        self.0.push((name.to_owned(), value.into()));
    }

    /// The form as the body of a request.
    pub(crate) fn encode(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.iter()).finish()
    }

    /// The id of the operation that this form stands for; a fresh one where it has none.
    pub(crate) fn op_id(&self, fresh: impl FnOnce() -> OpId) -> OpId {
        self.text("op_id").parse().map_or_else(|_| fresh(), OpId)
    }

    /// Whether the form was made for the account that is signed in now.
    pub(crate) fn is_for(&self, account: AccountId) -> bool {
        self.get("account").is_none_or(|named| named.parse() == Ok(account))
    }

    /// The body of a request, where it is one of a form.
    pub(crate) async fn read(request: Request) -> Result<Self, Failure> {
        if !is_form(request.headers()) {
            return Err(Failure::new(Code::UnsupportedMediaType, "This address takes what a form of a page sends."));
        }
        let body = to_bytes(request.into_body(), FORM_BYTES_MAX).await.map_err(|_| too_large())?;
        Ok(Self::parse(&body))
    }
}

/// Whether a request's body is one of a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()).is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded")
}

/// Of a body that no form of ours can be.
pub(crate) fn too_large() -> Failure {
    Failure::new(Code::TooLarge, "The form is larger than any of ours can be.")
}

/// Of a form that was made for somebody else than who is signed in now.
pub(crate) fn wrong_account() -> Failure {
    let detail = "This page was made for another account than the one that is signed in now. Nothing was done.";
    Failure::new(Code::WrongAccount, detail)
}

/// A form of somebody who is signed in, made for their account: after somebody else has signed in in another tab, the
/// old page's form would otherwise be carried out for the wrong person.
impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let viewer = request.extensions().get::<Viewer>().copied();
        let form = Self::read(request).await?;
        match viewer {
            Some(Viewer(actor)) if !form.is_for(actor.user) => Err(wrong_account()),
            _ => Ok(form),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_kept_to_the_letter() {
        let body = "name=%3Cscript%3E&tag=a&tag=b&note=line%0D%0Atwo+%26+more";
        let form = Form::parse(body.as_bytes());
        assert_eq!(
            (form.text("name"), form.text("note"), form.get("nothing")),
            ("<script>", "line\r\ntwo & more", None)
        );
        assert_eq!(form.all("tag").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(form.encode(), body);
    }
}
