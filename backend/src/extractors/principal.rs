use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use ori_key::PlainKey;
use uuid::Uuid;

use super::api_key::sent_key;
use super::current_user::session_token;
use super::{ApiKeyAuth, RequireSupervisor, state};
use crate::error::ApiError;

/// The authenticated party of a request for calls: an API key sees its own, a person in the console all.
///
/// A key that begins with `ori_` counts before a session cookie. Any other value may be the credential of a proxy in
/// front, and the cookie counts before it.
pub enum Principal {
    /// A key, by its id.
    Key(Uuid),
    /// A person.
    Person,
}

impl Principal {
    /// Returns the key whose calls alone are visible; `None` for all.
    #[must_use]
    pub fn only_key(&self) -> Option<Uuid> {
        match self {
            Self::Key(key) => Some(*key),
            Self::Person => None,
        }
    }
}

impl FromRequest for Principal {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut none = Payload::None;
        Box::pin(async move {
            let sent = sent_key(request.headers())?;
            let has_session = || state(&request).map(|state| session_token(&request, state).is_some());
            let is_by_key = match sent {
                Some(key) => PlainKey::is_own(key) || !has_session()?,
                None => false,
            };
            if is_by_key {
                return ApiKeyAuth::from_request(&request, &mut none)
                    .await
                    .map(|key| Self::Key(key.key.id));
            }
            RequireSupervisor::from_request(&request, &mut none)
                .await
                .map(|_| Self::Person)
        })
    }
}
