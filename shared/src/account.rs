//! Accounts of the people who use the console.

use serde::{Deserialize, Serialize};

use crate::text::{is_blank, is_invisible};
use crate::unicode::nfc;

/// Role of a person in the console. Roles are ordered, so that `role >= Role::Admin` can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes calls; sees only their own settings.
    Agent,
    /// Watches calls; manages nothing.
    Supervisor,
    /// Manages API keys.
    Admin,
    /// Manages API keys and people.
    SuperAdmin,
}

impl Role {
    /// Returns the name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
            Self::SuperAdmin => "super_admin",
        }
    }

    /// Returns the display name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Agent => "Agent",
            Self::Supervisor => "Supervisor",
            Self::Admin => "Admin",
            Self::SuperAdmin => "Super Admin",
        }
    }

    /// Parses a wire name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Agent, Self::Supervisor, Self::Admin, Self::SuperAdmin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// Minimum length of a password, in characters (NIST SP 800-63B: at least eight).
pub const PASSWORD_MIN_CHARS: usize = 8;
/// Maximum length of a password, in bytes, which bounds the cost of hashing an attempt.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// Maximum length of an e-mail address, in bytes (RFC 5321, section 4.5.3.1.3).
pub const EMAIL_MAX_BYTES: usize = 254;

/// Normalizes an e-mail address, by which accounts are found: trimmed, in lower case, of the form `local@domain`.
///
/// The form is checked no further, since only the delivery of a mail could prove an address.
///
/// # Errors
/// Returns a sentence for the person who entered the address.
pub fn normalize_email(typed: &str) -> Result<String, &'static str> {
    let email = typed.trim().to_lowercase();
    if email.is_empty() {
        return Err("Enter an email address.");
    }
    if email.len() > EMAIL_MAX_BYTES {
        return Err("Use an email address of at most 254 characters.");
    }
    match email.split_once('@') {
        Some((local, domain))
            if !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !email.contains(|c: char| is_invisible(c) || c.is_control()) =>
        {
            Ok(email)
        }
        _ => Err("Enter an email address such as name@example.com."),
    }
}

/// Checks a new password.
///
/// # Errors
/// Returns a sentence for the person who entered the password.
pub fn check_new_password(password: &str) -> Result<(), &'static str> {
    if nfc(password).chars().count() < PASSWORD_MIN_CHARS {
        return Err("Use a password of at least 8 characters.");
    }
    if is_blank(password) {
        return Err("Use a password that is not blank.");
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err("Use a password of at most 1,024 bytes.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_their_names_parse() {
        assert!(
            Role::SuperAdmin > Role::Admin
                && Role::Admin > Role::Supervisor
                && Role::Supervisor > Role::Agent
        );
        for role in [Role::Agent, Role::Supervisor, Role::Admin, Role::SuperAdmin] {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!(Role::parse("owner"), None);
    }

    #[test]
    fn an_email_is_normalized_and_a_malformed_one_is_an_error() {
        assert_eq!(
            normalize_email("  Ada@Example.COM "),
            Ok("ada@example.com".to_owned())
        );
        for wrong in [
            "",
            "   ",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "a b@c.d",
            "a\n@c.d",
            "a\u{200b}@c.d",
            "\u{200b}@c.d",
            "a@\u{a0}",
        ] {
            assert!(normalize_email(wrong).is_err(), "{wrong:?}");
        }
        assert!(normalize_email(&format!("{}@example.com", "a".repeat(250))).is_err());
    }

    #[test]
    fn the_minimum_length_of_a_password_counts_characters() {
        assert!(check_new_password("1234567").is_err());
        for short in ["éééé", "e\u{301}e\u{301}e\u{301}e\u{301}"] {
            assert!(check_new_password(short).is_err());
        }
        for blank in [" ", "\u{a0}", "\u{200b}"] {
            assert!(check_new_password(&blank.repeat(8)).is_err(), "{blank:?}");
        }
        assert!(check_new_password("a b c d e").is_ok());
        assert!(check_new_password("12345678").is_ok());
        assert!(check_new_password(&"x".repeat(1025)).is_err());
    }
}
