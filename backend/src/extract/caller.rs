use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use super::{CallingKey, Watcher};
use crate::error::ApiError;

/// Who may see calls: an API key its own, a person in the console all.
pub enum Caller {
    /// A key, by its id.
    Key(Uuid),
    /// A person.
    Person,
}

impl Caller {
    /// The key whose calls alone may be seen; `None` for all.
    #[must_use]
    pub fn only_key(&self) -> Option<Uuid> {
        match self {
            Self::Key(key) => Some(*key),
            Self::Person => None,
        }
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut none = Payload::None;
        Box::pin(async move {
            let headers = request.headers();
            if headers.contains_key("x-api-key") || headers.contains_key(AUTHORIZATION) {
                return CallingKey::from_request(&request, &mut none)
                    .await
                    .map(|key| Self::Key(key.key.id));
            }
            Watcher::from_request(&request, &mut none)
                .await
                .map(|_| Self::Person)
        })
    }
}
