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
use uuid::Uuid;

use super::{ClientIp, state};
use crate::error::ApiError;
use crate::state::AppState;

/// Authenticates the caller by an API key that is valid at this moment.
pub struct ApiKeyAuth {
    /// The key.
    pub key: KnownKey,
}

/// Authenticates the caller by an API key for an operation whose admission authorizes the key itself.
///
/// A key that was valid when it was used last is not looked up first, since the admission decides. If the request is
/// invalid, no admission takes place: [`Self::precedence_over`] then looks the key up, so that a caller without a valid
/// key learns nothing else.
pub struct ApiKeyCredential {
    /// Digest of the presented key.
    pub digest: KeyDigest,
    /// First characters of the presented key.
    prefix: String,
    client: IpAddr,
    is_authenticated: bool,
}

impl FromRequest for ApiKeyAuth {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let key = ApiKeyCredential::of(&request, state)?.authenticate(state).await?;
            note_use(state, &key).await;
            Ok(Self { key })
        })
    }
}

impl FromRequest for ApiKeyCredential {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = state(&request)?;
            let mut credential = Self::of(&request, state)?;
            if !state.recently_valid_keys.contains(&credential.digest) {
                credential.authenticate(state).await?;
                credential.is_authenticated = true;
            }
            Ok(credential)
        })
    }
}

impl ApiKeyCredential {
    /// Reads the key that a request carries.
    ///
    /// # Errors
    /// Returns an error if there is none or it is malformed, which counts as a failed attempt.
    fn of(request: &HttpRequest, state: &AppState) -> Result<Self, ApiError> {
        let client = ClientIp::of(request, state)?.0;
        let key = sent_key(request.headers())?.ok_or_else(|| ApiError::new(ErrorCode::InvalidApiKey))?;
        // The checksum rejects typing errors before any look-up. An attacker can compute it.
        let digest = PlainKey::presented(key).map_err(|_| failed_attempt(state, client, key))?;
        // A key with the right checksum is ASCII.
        let prefix = key.get(..PREFIX_LENGTH).unwrap_or_default().to_owned();
        Ok(Self {
            digest,
            prefix,
            client,
            is_authenticated: false,
        })
    }

    /// Looks the key up and returns it if it is valid.
    ///
    /// # Errors
    /// Returns the reason if the key is invalid or the client is throttled.
    async fn authenticate(&self, state: &AppState) -> Result<KnownKey, ApiError> {
        let Some(key) = state.store.known_key(&self.digest).await? else {
            return Err(self.reject_unknown(state));
        };
        match key.status_at(state.clock.now()) {
            KeyStatus::Active => Ok(key),
            KeyStatus::Inactive => Err(self
                .reject_known(state, Some(key.id), ErrorCode::ApiKeyInactive)
                .await),
            KeyStatus::Expired => Err(self
                .reject_known(state, Some(key.id), ErrorCode::ApiKeyExpired)
                .await),
        }
    }

    /// Returns the error of an invalid request: why the key is not valid, or else `error`.
    pub async fn precedence_over(&self, error: ApiError, state: &AppState) -> ApiError {
        if self.is_authenticated {
            return error;
        }
        self.authenticate(state).await.err().unwrap_or(error)
    }

    /// Rejects a key that is not known, and counts the failed attempt.
    pub fn reject_unknown(&self, state: &AppState) -> ApiError {
        state.recently_valid_keys.remove(&self.digest);
        failed_attempt(state, self.client, &self.prefix)
    }

    /// Rejects a key that is known but not valid. Stores when and why, at most once a minute, so that an attack writes
    /// little. A failure to store it is logged; the key is rejected in any case.
    pub async fn reject_known(&self, state: &AppState, key_id: Option<Uuid>, code: ErrorCode) -> ApiError {
        state.recently_valid_keys.remove(&self.digest);
        let now = state.clock.now();
        if let Some(key_id) = key_id
            && state.noted_refusals.check(&key_id, now).is_ok()
            && let Err(error) = state.store.note_refusal(key_id, code.as_str(), now).await
        {
            ApiError::from(error).log();
        }
        ApiError::new(code)
    }
}

/// Stores that a key was used, at most once a minute, so that reading does not become writing. A failure to store it is
/// logged. Placing a call stores its use with the call.
async fn note_use(state: &AppState, key: &KnownKey) {
    let now = state.clock.now();
    if state.noted_uses.check(&key.id, now).is_ok()
        && let Err(error) = state.store.note_use(key.id, now).await
    {
        ApiError::from(error).log();
    }
}

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Source of an API key, in ascending order of certainty.
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
/// Returns an error if the source has two different keys.
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

/// Counts a failed attempt, and returns how it is rejected.
fn failed_attempt(state: &AppState, client: IpAddr, presented: &str) -> ApiError {
    match state.failed_keys.check(client, presented, state.clock.now()) {
        Ok(()) => ApiError::new(ErrorCode::InvalidApiKey),
        Err(wait) => ApiError::too_many(wait),
    }
}
