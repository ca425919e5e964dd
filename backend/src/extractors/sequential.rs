use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

/// Runs one extractor after the other: authenticates the caller before it parses the request.
///
/// Extractors beside each other in a signature run concurrently, and the first that fails decides the response.
pub struct Sequential<A, B>(pub A, pub B);

impl<A, B> FromRequest for Sequential<A, B>
where
    A: FromRequest + 'static,
    B: FromRequest + 'static,
{
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            // Authentication never reads the body.
            let first = A::from_request(&request, &mut Payload::None)
                .await
                .map_err(Into::into)?;
            let second = B::from_request(&request, &mut payload)
                .await
                .map_err(Into::into)?;
            Ok(Self(first, second))
        })
    }
}
