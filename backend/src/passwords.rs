//! Passwords: hashed with Argon2id, away from the threads that serve requests.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ori_shared::unicode::nfc;
use tokio::sync::Semaphore;

use crate::random::Random;

/// Hashes and checks passwords. At most two at a time: each takes 19 MiB and a core.
pub struct Passwords {
    params: Params,
    /// Looks like a hash and is none: checked for unknown accounts, so that they take as long as known ones.
    dummy: String,
    turns: Arc<Semaphore>,
    /// Bounds the checks that run or wait for their turn.
    checks: Semaphore,
}

/// The hasher could not do its work: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashingFailed(String);

/// Error of a check.
#[derive(Debug, thiserror::Error)]
pub enum NotChecked {
    /// Too many checks are waiting already.
    #[error("too many passwords are waiting to be checked")]
    Busy,
    /// The hasher could not do its work.
    #[error(transparent)]
    Failed(#[from] HashingFailed),
}

impl Passwords {
    /// Creates a hasher with the given parameters.
    ///
    /// # Errors
    /// Returns an error if they are invalid.
    pub fn with_params(params: Params, random: &Random) -> Result<Self, HashingFailed> {
        let dummy = dummy(&params, random);
        PasswordHash::new(&dummy).map_err(|error| HashingFailed(error.to_string()))?;
        Ok(Self {
            params,
            dummy,
            turns: Arc::new(Semaphore::new(2)),
            checks: Semaphore::new(MAX_CHECKS),
        })
    }

    /// Returns the hash of the normalised password (NFC) in PHC string format.
    ///
    /// # Errors
    /// Returns the error of the hasher.
    pub async fn hash(&self, password: String, random: &Random) -> Result<String, HashingFailed> {
        let (params, salt) = (self.params.clone(), salt(random));
        self.in_turn(move || hash(&params, &nfc(&password), &salt))
            .await?
    }

    /// Returns whether that is the password of that hash, however it is normalised. Without a hash it takes as long, and
    /// the answer is no.
    ///
    /// # Errors
    /// Returns an error if the stored hash is malformed or too many checks are waiting.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, NotChecked> {
        let _place = self.checks.try_acquire().map_err(|_| NotChecked::Busy)?;
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        let fits = self.in_turn(move || verify(&password, &hash)).await??;
        Ok(fits && is_known)
    }

    /// The turn lasts as long as the work, even if no request waits for it any more.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let turn = self
            .turns
            .clone()
            .acquire_owned()
            .await
            .map_err(|error| HashingFailed(error.to_string()))?;
        let in_turn = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(in_turn)
            .await
            .map_err(|error| HashingFailed(error.to_string()))
    }
}

/// Some two seconds of work. A longer queue would outlast the patience of the person in front of it.
const MAX_CHECKS: usize = 64;

fn salt(random: &Random) -> [u8; 16] {
    let mut salt = [0; 16];
    random.with(|source| source.fill_bytes(&mut salt));
    salt
}

/// Random bytes in place of a hash. To compute one would take the start 19 MiB and most of its time.
fn dummy(params: &Params, random: &Random) -> String {
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    random.with(|source| source.fill_bytes(&mut output));
    format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        STANDARD_NO_PAD.encode(salt(random)),
        STANDARD_NO_PAD.encode(output)
    )
}

fn hash(params: &Params, password: &str, salt: &[u8]) -> Result<String, HashingFailed> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| HashingFailed(error.to_string()))
}

fn verify(password: &str, hash: &str) -> Result<bool, HashingFailed> {
    let hash = PasswordHash::new(hash).map_err(|error| HashingFailed(error.to_string()))?;
    let fits = |password: &str| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    };
    let normalized = nfc(password);
    // Hashes of earlier versions are of the text as it was typed.
    Ok(fits(&normalized) || (normalized != password && fits(password)))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn an_unknown_account_takes_the_work_that_a_known_one_takes() {
        let random = Random::system();
        let passwords = Passwords::with_params(Params::default(), &random).unwrap();
        let dummy = PasswordHash::new(&passwords.dummy).unwrap();
        let real = hash(&passwords.params, "correct horse", &salt(&random)).unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(
            (dummy.algorithm, dummy.version, dummy.params.to_string()),
            (real.algorithm, real.version, real.params.to_string())
        );
        let length = |hash: &PasswordHash| (hash.salt.unwrap().len(), hash.hash.unwrap().len());
        assert_eq!(length(&dummy), length(&real));
    }

    #[tokio::test]
    async fn checks_beyond_the_bound_are_refused_and_those_within_it_are_made() {
        let random = Random::system();
        let passwords = Passwords::with_params(Params::new(8, 1, 1, None).unwrap(), &random).unwrap();
        let turns = passwords.turns.acquire_many(2).await.unwrap();
        let waiting: Vec<_> = (0..MAX_CHECKS)
            .map(|_| passwords.verify(String::new(), None))
            .collect();
        let mut waiting = std::pin::pin!(futures_util::future::join_all(waiting));
        assert!(waiting.as_mut().now_or_never().is_none());
        let beyond = passwords.verify(String::new(), None).await;
        assert!(matches!(beyond, Err(NotChecked::Busy)), "{beyond:?}");
        drop(turns);
        for checked in waiting.await {
            assert!(!checked.unwrap());
        }
        assert!(!passwords.verify(String::new(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_fits_in_each_normalisation_and_so_do_hashes_of_unnormalised_ones() {
        let random = Random::system();
        let passwords = Passwords::with_params(Params::new(8, 1, 1, None).unwrap(), &random).unwrap();
        let (composed, decomposed) = ("caf\u{e9} au lait", "cafe\u{301} au lait");
        for (set, typed) in [
            (composed, composed),
            (composed, decomposed),
            (decomposed, composed),
            (decomposed, decomposed),
        ] {
            let hash = passwords.hash(set.into(), &random).await.unwrap();
            let fits = passwords.verify(typed.into(), Some(hash)).await.unwrap();
            assert!(fits, "{set:?} {typed:?}");
        }
        let former = hash(&passwords.params, decomposed, &salt(&random)).unwrap();
        assert!(
            passwords
                .verify(decomposed.into(), Some(former.clone()))
                .await
                .unwrap()
        );
        let other = passwords.verify("cafe\u{300} au lait".into(), Some(former));
        assert!(!other.await.unwrap());
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let random = Random::system();
        let passwords = Passwords::with_params(Params::new(8, 1, 1, None).unwrap(), &random).unwrap();
        let hash = passwords.hash("correct horse".into(), &random).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert!(
            passwords
                .verify("correct horse".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("Correct horse".into(), Some(hash))
                .await
                .unwrap()
        );
        assert!(!passwords.verify(String::new(), None).await.unwrap());
        assert!(
            passwords
                .verify(String::new(), Some("rubbish".into()))
                .await
                .is_err()
        );
    }
}
