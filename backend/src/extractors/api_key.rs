use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest};
use ori_key::{KeyDigest, PREFIX_LENGTH, PlainKey};
use ori_shared::api_key::KeyStatus;
use ori_shared::error_code::ErrorCode;
use ori_store::KnownKey;

use super::{ClientIp, state};
use crate::error::ApiError;
use crate::state::AppState;

/// The request carries what may be an API key: one of ours has the right checksum. Whether the key was ever issued is
/// not known by this.
pub struct ApiKeyCredential {
    /// What the key is looked up by.
    pub digest: KeyDigest,
    /// Its first characters.
    prefix: String,
    client: IpAddr,
}

/// The request carries an API key that works at this moment.
pub struct ApiKeyAuth {
    /// The key, as it stands.
    pub key: KnownKey,
}

/// The request carries an API key, and asks for what a step decides that looks at the key itself.
///
/// Who asks is proved before what is asked is read, with one exception: a key that worked when it was used last is not
/// looked up first, since that step does. Where what is asked is refused, the key is looked up after all: whoever has
/// no key that works is told that and nothing else.
pub struct Asking<T> {
    presented: ApiKeyCredential,
    asked: T,
    /// Whether the key was looked up, and works.
    is_proved: bool,
}

impl FromRequest for ApiKeyAuth {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let presented = presented(&request, state)?;
            let key = presented.check(state).await?;
            Ok(Self { key })
        })
    }
}

impl<T: FromRequest + 'static> FromRequest for Asking<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = state(&request)?;
            let presented = presented(&request, state)?;
            let is_proved = !state.store.seems_to_work(&presented.digest);
            if is_proved {
                presented.check(state).await?;
            }
            match T::from_request(&request, &mut payload).await {
                Ok(asked) => Ok(Self {
                    presented,
                    asked,
                    is_proved,
                }),
                Err(fault) => {
                    if !is_proved {
                        presented.check(state).await?;
                    }
                    Err(fault.into())
                }
            }
        })
    }
}

impl<T> Asking<T> {
    /// Goes on with what is asked. The key may not work all the same: that is for the step to decide which takes it.
    ///
    /// # Errors
    /// What is wrong with it, or with the key.
    pub async fn and_then<U>(
        self,
        state: &AppState,
        next: impl FnOnce(T) -> Result<U, ApiError>,
    ) -> Result<(ApiKeyCredential, U), ApiError> {
        match next(self.asked) {
            Ok(asked) => Ok((self.presented, asked)),
            Err(fault) => {
                if !self.is_proved {
                    self.presented.check(state).await?;
                }
                Err(fault)
            }
        }
    }
}

impl ApiKeyCredential {
    /// The key, if it works now.
    ///
    /// # Errors
    /// Why it does not, or that this address failed too often.
    async fn check(&self, state: &AppState) -> Result<KnownKey, ApiError> {
        let known = state.store.known_key(&self.digest).await?;
        let key = known.ok_or_else(|| self.unknown(state))?;
        match key.status_at(state.clock.now()) {
            KeyStatus::Active => Ok(key),
            KeyStatus::Inactive => Err(self.refused(state, &key, ErrorCode::ApiKeyInactive).await),
            KeyStatus::Expired => Err(self.refused(state, &key, ErrorCode::ApiKeyExpired).await),
        }
    }

    /// The step that decides found that the key does not work: counts or notes that as if it had been found before.
    /// Where it works again by now, or that cannot be told, it is refused all the same.
    ///
    /// # Errors
    /// Why it does not work.
    pub async fn refused_by_step(&self, state: &AppState) -> Result<(), ApiError> {
        match self.check(state).await {
            Err(error) if error.code().status() >= 500 => {
                error.log();
                Ok(())
            }
            checked => checked.map(|_| ()),
        }
    }

    /// The key is none of ours, or no longer.
    fn unknown(&self, state: &AppState) -> ApiError {
        failed_attempt(state, self.client, &self.prefix)
    }

    /// The key is known but does not work: notes when and why, at most once a minute, so that an attack writes little.
    async fn refused(&self, state: &AppState, key: &KnownKey, why: ErrorCode) -> ApiError {
        let now = state.clock.now();
        // The refusal holds whether or not it can be noted.
        if state.noted_refusals.check(&key.id, now).is_ok()
            && let Err(error) = state.store.note_refusal(key.id, why.as_str(), now).await
        {
            ApiError::from(error).log();
        }
        ApiError::new(why)
    }
}

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

fn presented(request: &HttpRequest, state: &AppState) -> Result<ApiKeyCredential, ApiError> {
    let client = ClientIp::of(request, state)?.0;
    let key = sent_key(request.headers())?.ok_or_else(|| ApiError::new(ErrorCode::InvalidApiKey))?;
    // A mistyped key of ours is refused here, before any look-up. This keeps mistakes away and nobody else: whoever
    // wants to cause look-ups can make keys whose checksum is right.
    let digest = PlainKey::presented(key).map_err(|_| failed_attempt(state, client, key))?;
    // What may be a key is ASCII.
    let prefix = key.get(..PREFIX_LENGTH).unwrap_or_default().to_owned();
    Ok(ApiKeyCredential {
        digest,
        prefix,
        client,
    })
}

/// Where an API key stands, from the least to the most certain to be one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// A bearer token, which may be that of a proxy in front.
    Bearer,
    /// `X-API-Key`.
    Header,
    /// Either, if the value begins as every key of this server does.
    Own,
}

/// Returns the API key that a request carries, if there is one.
///
/// Proxies in front add credentials of their own. So schemes other than `Bearer`, empty values and JSON Web Tokens are
/// ignored, and of the rest only the most certain [`Source`] counts.
///
/// # Errors
/// If that source holds two different keys.
pub(super) fn sent_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let in_header = headers
        .get_all(X_API_KEY)
        .filter_map(|value| value.to_str().ok())
        .map(|value| (Source::Header, value.trim()));
    let bearer = headers
        .get_all(AUTHORIZATION)
        .filter_map(|value| value.to_str().ok()?.split_once(' '))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !is_json_web_token(token.trim()))
        .map(|(_, token)| (Source::Bearer, token.trim()));
    let mut best: Option<(Source, &str)> = None;
    let mut is_ambiguous = false;
    for (source, key) in in_header.chain(bearer).filter(|(_, key)| !key.is_empty()) {
        let source = if PlainKey::is_own(key) {
            Source::Own
        } else {
            source
        };
        match best {
            Some((better, _)) if better > source => {}
            Some((same, other)) if same == source => is_ambiguous |= other != key,
            _ => (best, is_ambiguous) = (Some((source, key)), false),
        }
    }
    if is_ambiguous {
        return Err(ApiError::new(ErrorCode::ConflictingCredentials));
    }
    Ok(best.map(|(_, key)| key))
}

/// Returns whether a text has the form of a JSON Web Token: three parts in base64url (RFC 7515), or five if encrypted
/// (RFC 7516), of which the first is a JSON object.
fn is_json_web_token(text: &str) -> bool {
    let is_part = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.starts_with("ey") && matches!(text.split('.').count(), 3 | 5) && text.split('.').all(is_part)
}

/// Slows down who guesses.
fn failed_attempt(state: &AppState, client: IpAddr, presented: &str) -> ApiError {
    match state.failed_keys.check(client, presented, state.clock.now()) {
        Ok(()) => ApiError::new(ErrorCode::InvalidApiKey),
        Err(wait) => ApiError::too_many(wait),
    }
}
