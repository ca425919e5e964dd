//! Fields of the Create API key dialog.

use chrono::NaiveDate;
use ori_shared::api_key::{CreateApiKey, clean_name};

use crate::api::ApiError;

/// Input of the dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateKeyForm {
    /// Name.
    pub name: String,
    /// Last day in the format of a date field: `2026-11-23`, or empty.
    pub expires_on: String,
    /// Whether the date field contains an invalid date. Its value is empty then, which must not count as "no expiry".
    pub date_is_broken: bool,
}

/// Errors by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateKeyErrors {
    /// Error of Name.
    pub name: Option<String>,
    /// Error of Expires At.
    pub expires_on: Option<String>,
}

impl CreateKeyForm {
    /// Validates the input and returns the request body. `today` is the day in the display timezone.
    ///
    /// # Errors
    /// Returns the errors of the fields.
    pub fn check(&self, today: NaiveDate) -> Result<CreateApiKey, CreateKeyErrors> {
        match (clean_name(&self.name), self.last_day(today)) {
            (Ok(name), Ok(expires_on)) => Ok(CreateApiKey {
                name,
                expires_at: None,
                expires_on,
            }),
            (name, day) => Err(CreateKeyErrors {
                name: name.err().map(str::to_owned),
                expires_on: day.err().map(str::to_owned),
            }),
        }
    }

    fn last_day(&self, today: NaiveDate) -> Result<Option<NaiveDate>, &'static str> {
        const NO_DATE: &str = "Enter a complete date, or leave it blank.";
        if self.date_is_broken {
            return Err(NO_DATE);
        }
        if self.expires_on.is_empty() {
            return Ok(None);
        }
        let day = self.expires_on.parse().map_err(|_| NO_DATE)?;
        if day < today {
            return Err("Choose today or a later date.");
        }
        Ok(Some(day))
    }
}

impl CreateKeyErrors {
    /// Returns the errors that the server reported for fields of the dialog.
    #[must_use]
    pub fn from_server(error: &ApiError) -> Self {
        Self {
            name: error.field("/name"),
            expires_on: error.field("/expires_on"),
        }
    }

    /// Returns whether there are no errors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.expires_on.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn form(name: &str, expires_on: &str) -> CreateKeyForm {
        CreateKeyForm {
            name: name.to_owned(),
            expires_on: expires_on.to_owned(),
            date_is_broken: false,
        }
    }

    #[test]
    fn a_name_alone_makes_a_key_that_never_expires() {
        let sent = form("  CRM Integration ", "").check(day("2026-11-23")).unwrap();
        assert_eq!(sent.name, "CRM Integration");
        assert_eq!((sent.expires_on, sent.expires_at), (None, None));
    }

    #[test]
    fn today_is_the_earliest_last_day() {
        let today = day("2026-11-23");
        let sent = form("CRM", "2026-11-23").check(today).unwrap();
        assert_eq!(sent.expires_on, Some(today));
        assert!(
            form("CRM", "2026-11-22")
                .check(today)
                .unwrap_err()
                .expires_on
                .is_some()
        );
    }

    #[test]
    fn every_fault_stands_at_its_field_at_once() {
        let errors = form(" ", "2020-01-01").check(day("2026-11-23")).unwrap_err();
        assert_eq!(errors.name.as_deref(), Some("Enter a name for the key."));
        assert!(errors.expires_on.is_some());
        assert!(!errors.is_empty());
    }

    #[test]
    fn half_a_date_never_passes_for_no_expiry() {
        let mut half = form("CRM", "");
        half.date_is_broken = true;
        assert!(half.check(day("2026-11-23")).unwrap_err().expires_on.is_some());
        assert!(form("CRM", "tomorrow").check(day("2026-11-23")).is_err());
    }
}
