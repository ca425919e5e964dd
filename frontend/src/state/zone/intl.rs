//! Timezone conversions with the browser's database: a bundled one would be larger than the rest of the page.

use std::cell::RefCell;

use chrono::{DateTime, NaiveDate, Utc};
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::wall::Wall;

thread_local! {
    /// Cache of the last formatter: creating one is far more expensive than using it.
    static FORMATTER: RefCell<Option<(String, Intl::DateTimeFormat)>> = const { RefCell::new(None) };
}

/// Returns the local date and time in the zone; `None` for a zone that the browser does not know.
pub(super) fn wall(zone: &str, at: DateTime<Utc>) -> Option<Wall> {
    FORMATTER.with_borrow_mut(|cached| {
        if cached.as_ref().is_none_or(|(name, _)| name != zone) {
            *cached = Some((zone.to_owned(), formatter(zone)?));
        }
        let (_, formatter) = cached.as_ref()?;
        read(formatter, zone, at)
    })
}

/// Returns whether the browser knows the zone.
pub(super) fn knows(zone: &str) -> bool {
    formatter(zone).is_some()
}

/// Returns the zone of the browser.
pub(super) fn browsers() -> Option<String> {
    let options = construct(&Array::new())?.resolved_options();
    get(&options, "timeZone")?.as_string().filter(|name| knows(name))
}

fn formatter(zone: &str) -> Option<Intl::DateTimeFormat> {
    let options = Object::new();
    for (name, value) in [
        ("timeZone", zone),
        ("calendar", "gregory"),
        ("numberingSystem", "latn"),
        ("hourCycle", "h23"),
        ("year", "numeric"),
        ("month", "numeric"),
        ("day", "numeric"),
        ("hour", "numeric"),
        ("minute", "numeric"),
        ("second", "numeric"),
        ("timeZoneName", "shortOffset"),
    ] {
        Reflect::set(&options, &name.into(), &value.into()).ok()?;
    }
    construct(&Array::of2(&"en-US".into(), &options))
}

/// Calls the constructor with `Reflect`, because it throws for zones that the browser does not know.
fn construct(arguments: &Array) -> Option<Intl::DateTimeFormat> {
    let intl = get(&js_sys::global(), "Intl")?;
    let constructor: Function = get(&intl, "DateTimeFormat")?.dyn_into().ok()?;
    Some(Reflect::construct(&constructor, arguments).ok()?.unchecked_into())
}

fn read(formatter: &Intl::DateTimeFormat, zone: &str, at: DateTime<Utc>) -> Option<Wall> {
    // Milliseconds since 1970 are exact in a float for some 280,000 years.
    #[expect(clippy::cast_precision_loss, reason = "exact for some 280,000 years")]
    let date = Date::new(&JsValue::from_f64(at.timestamp_millis() as f64));
    let parts: Array = formatter.format_to_parts(&date).unchecked_into();
    let mut numbers = [0u32; 6];
    let mut offset = String::new();
    for part in parts.iter() {
        let kind = get(&part, "type")?.as_string()?;
        let value = get(&part, "value")?.as_string()?;
        let place = match kind.as_str() {
            "year" => 0,
            "month" => 1,
            "day" => 2,
            "hour" => 3,
            "minute" => 4,
            "second" => 5,
            "timeZoneName" => {
                offset = value;
                continue;
            }
            _ => continue,
        };
        numbers[place] = value.parse().ok()?;
    }
    let [year, month, day, hour, minute, second] = numbers;
    let local =
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.and_hms_opt(hour, minute, second)?;
    let place = if zone == "UTC" {
        "UTC".to_owned()
    } else {
        format!("{zone} ({offset})")
    };
    Some(Wall { local, place })
}

fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok()
}
