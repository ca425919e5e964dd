//! Writing what is sent.

use chrono::NaiveDate;
use ori_shared::api_key::{CreateApiKey, PatchApiKey};
use ori_shared::session::{SetUp, SignIn};
use ori_shared::settings::PatchSettings;
use ori_shared::webhook::PutWebhook;

use super::{Json, Write};

/// Objects whose fields are called on the wire as they are here. What stands behind `never` is nothing wherever the
/// page sends it.
macro_rules! objects {
    ($($object:ident { $($field:ident),+ $(; never $($never:ident),+)? })+) => {$(
        impl Write for $object {
            fn write(&self) -> Json {
                let Self { $($field,)+ $($($never: _,)+)? } = self;
                Json::object([$((stringify!($field), $field.write())),+])
            }
        }
    )+};
}

objects! {
    CreateApiKey { name, expires_on; never expires_at }
    PatchApiKey { is_active; never name, expires_at }
    PatchSettings { timezone }
    PutWebhook { url }
    SetUp { token, email, password }
    SignIn { email, password }
}

impl Write for String {
    fn write(&self) -> Json {
        self.as_str().into()
    }
}

impl Write for bool {
    fn write(&self) -> Json {
        (*self).into()
    }
}

impl Write for NaiveDate {
    fn write(&self) -> Json {
        self.to_string().as_str().into()
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self) -> Json {
        self.as_ref().map_or(Json::NOTHING, T::write)
    }
}
