//! Email and password, for the sign-in page and the page of the first admin.

use ori_shared::account::{check_new_password, normalize_email};
use ori_shared::session::{SetUp, SignIn};

use crate::api::ApiError;

/// Input of the form.
#[derive(Clone, Default)]
pub struct Credentials {
    /// Email address.
    pub email: String,
    /// Password, which is never trimmed.
    pub password: String,
}

/// Errors by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialErrors {
    /// Error of Email.
    pub email: Option<String>,
    /// Error of Password.
    pub password: Option<String>,
}

impl Credentials {
    /// Returns the body of the sign-in request. Only a missing password is an error, because older passwords may have
    /// any length.
    ///
    /// # Errors
    /// Returns the errors of the fields.
    pub fn for_sign_in(self) -> Result<SignIn, CredentialErrors> {
        let password = if self.password.is_empty() {
            Err("Enter your password.")
        } else {
            Ok(())
        };
        let email = check(&self.email, password)?;
        Ok(SignIn {
            email,
            password: self.password,
        })
    }

    /// Returns the body of the request that creates the first admin.
    ///
    /// # Errors
    /// Returns the errors of the fields.
    pub fn for_set_up(self, token: String) -> Result<SetUp, CredentialErrors> {
        let email = check(&self.email, check_new_password(&self.password))?;
        Ok(SetUp {
            token,
            email,
            password: self.password,
        })
    }
}

impl CredentialErrors {
    /// Returns the errors that the server reported for fields of the form.
    #[must_use]
    pub fn from_server(error: &ApiError) -> Self {
        Self {
            email: error.field("/email"),
            password: error.field("/password"),
        }
    }

    /// Returns whether there are no errors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.email.is_none() && self.password.is_none()
    }
}

fn check(email: &str, password: Result<(), &'static str>) -> Result<String, CredentialErrors> {
    match (normalize_email(email), password) {
        (Ok(email), Ok(())) => Ok(email),
        (email, password) => Err(CredentialErrors {
            email: email.err().map(str::to_owned),
            password: password.err().map(str::to_owned),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(email: &str, password: &str) -> Credentials {
        Credentials {
            email: email.to_owned(),
            password: password.to_owned(),
        }
    }

    #[test]
    fn signing_in_trims_the_address_and_leaves_the_password_alone() {
        let Ok(sent) = typed(" Ada@Example.com ", " pass ").for_sign_in() else {
            panic!("refused")
        };
        assert_eq!(
            (sent.email.as_str(), sent.password.as_str()),
            ("ada@example.com", " pass ")
        );
    }

    #[test]
    fn a_missing_value_is_an_error_of_its_field() {
        let Err(errors) = typed("", "").for_sign_in() else {
            panic!("accepted")
        };
        assert!(errors.email.is_some() && errors.password.is_some());
    }

    #[test]
    fn only_a_new_password_has_to_be_long_enough() {
        assert!(typed("a@b.c", "short").for_sign_in().is_ok());
        let Err(errors) = typed("a@b.c", "short").for_set_up("t".to_owned()) else {
            panic!("accepted")
        };
        assert!(errors.email.is_none() && errors.password.is_some());
    }
}
