//! Reading words, numbers, lists, times.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Json, Read};
use crate::time;

impl Read for String {
    fn read(json: &Json) -> Option<Self> {
        json.text()
    }
}

impl Read for bool {
    fn read(json: &Json) -> Option<Self> {
        json.truth()
    }
}

impl Read for f64 {
    fn read(json: &Json) -> Option<Self> {
        json.number()
    }
}

/// A count: exact as far as a float is, which no count of ours exceeds.
impl Read for u64 {
    fn read(json: &Json) -> Option<Self> {
        let number = json.number()?;
        let is_count = number >= 0.0 && number.fract() == 0.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and not negative"
        )]
        is_count.then_some(number as Self)
    }
}

impl Read for u32 {
    fn read(json: &Json) -> Option<Self> {
        u64::read(json)?.try_into().ok()
    }
}

impl Read for u16 {
    fn read(json: &Json) -> Option<Self> {
        u64::read(json)?.try_into().ok()
    }
}

impl Read for Uuid {
    fn read(json: &Json) -> Option<Self> {
        json.text()?.parse().ok()
    }
}

impl Read for DateTime<Utc> {
    fn read(json: &Json) -> Option<Self> {
        time::instant(&json.text()?)
    }
}

impl<T: Read> Read for Option<T> {
    fn read(json: &Json) -> Option<Self> {
        if json.is_null() {
            return Some(None);
        }
        T::read(json).map(Some)
    }
}

/// A list that is not there is empty: the server leaves some out where they are.
impl<T: Read> Read for Vec<T> {
    fn read(json: &Json) -> Option<Self> {
        if json.is_null() {
            return Some(Self::new());
        }
        let mut read = Self::new();
        for item in json.items()? {
            read.push(T::read(&item)?);
        }
        Some(read)
    }
}

impl Read for BTreeMap<String, String> {
    fn read(json: &Json) -> Option<Self> {
        let names = json.names()?.into_iter();
        names
            .map(|name| Some((name.clone(), json.field(&name)?)))
            .collect()
    }
}
