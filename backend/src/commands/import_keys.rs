//! `ori import-keys`

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ori_key::KeyDigest;
use ori_shared::account::normalize_email;
use ori_shared::api_key::clean_name;
use ori_shared::instant::Instant;
use ori_store::{ImportedApiKey, NewApiKey};
use serde::Deserialize;
use uuid::Uuid;

use super::{Outcome, told};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Options};
use crate::engine;
use crate::random::Random;

/// Takes over keys that another system issued.
#[derive(clap::Args)]
pub struct ImportKeys {
    /// A list of keys: CSV whose first line names the columns, or a JSON object a line. Each has a name, a prefix that the
    /// console shows, and sha256, of the key's text, in hex or base64; expires_at (RFC 3339) and is_active may follow
    file: PathBuf,
    /// The e-mail address of the account that answers for them
    #[arg(long, value_name = "EMAIL")]
    created_by: String,
    #[command(flatten)]
    options: Options,
}

/// All of them, or none. Those that are there already stay as they are.
///
/// # Errors
/// What is wrong with which line, or why nothing can be kept.
pub async fn run(import: ImportKeys) -> Outcome {
    let config = Config::check(&import.options.with_file()?)?;
    let text = std::fs::read_to_string(&import.file)
        .map_err(|error| format!("{}: {error}", import.file.display()))?;
    let listed = read(&text)?;
    let store = engine::open(&config.database)
        .await
        .map_err(|error| told(&error))?;
    let email = normalize_email(&import.created_by)?;
    let account = store.credentials(&email).await.map_err(|error| told(&error))?;
    let account = account
        .ok_or("there is no account with that e-mail address")?
        .account;
    let (now, random) = (SystemClock.now(), Random::system());
    let keys = listed
        .into_iter()
        .map(|key| key.checked(random.id(now), account.id, now));
    let keys: Vec<_> = keys.collect();
    let count = keys.len();
    let new = store.import_api_keys(keys).await.map_err(|error| told(&error))?;
    store.close().await;
    println!("{new} of {count} keys were taken over; the others were there already.");
    Ok(())
}

/// A line of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    prefix: String,
    sha256: String,
    #[serde(default)]
    expires_at: Option<Instant>,
    #[serde(default)]
    is_active: Option<bool>,
}

/// A line of the list that can be kept.
struct Checked {
    name: String,
    prefix: String,
    digest: KeyDigest,
    expires_at: Option<DateTime<Utc>>,
    is_active: bool,
}

impl Checked {
    fn checked(self, id: Uuid, created_by: Uuid, now: DateTime<Utc>) -> ImportedApiKey {
        ImportedApiKey {
            key: NewApiKey {
                id,
                name: self.name,
                prefix: self.prefix,
                digest: self.digest,
                created_by,
                expires_at: self.expires_at,
                created_at: now,
            },
            is_active: self.is_active,
        }
    }
}

fn read(text: &str) -> Result<Vec<Checked>, String> {
    // Positions, and never the values: a list may hold what should not be in it.
    let listed: Vec<Listed> = if text.trim_start().starts_with('{') {
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(index, line)| {
                serde_json::from_str(line).map_err(|_| fault(index + 1, "this is no JSON object of a key"))
            })
            .collect::<Result<_, _>>()?
    } else {
        let mut table = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let rows = table.deserialize().enumerate();
        rows.map(|(index, row)| row.map_err(|_| fault(index + 2, "these are not the columns of a key")))
            .collect::<Result<_, _>>()?
    };
    let checked = listed.into_iter().enumerate();
    checked
        .map(|(index, key)| check(key).map_err(|why| format!("key {}: {why}", index + 1)))
        .collect()
}

fn check(key: Listed) -> Result<Checked, &'static str> {
    let is_shown =
        (1..=12).contains(&key.prefix.len()) && key.prefix.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_shown {
        return Err("a prefix is 1 to 12 visible ASCII characters");
    }
    Ok(Checked {
        name: clean_name(&key.name)?,
        prefix: key.prefix,
        digest: digest(&key.sha256).ok_or("sha256 is 64 hexadecimal digits, or 32 bytes in base64")?,
        expires_at: key.expires_at.map(|Instant(instant)| instant),
        is_active: key.is_active.unwrap_or(true),
    })
}

fn digest(text: &str) -> Option<KeyDigest> {
    let bytes = if text.len() == 64 {
        hex(text)?
    } else {
        let text = text.trim_end_matches('=');
        STANDARD_NO_PAD
            .decode(text)
            .or_else(|_| URL_SAFE_NO_PAD.decode(text))
            .ok()?
    };
    bytes.try_into().ok().map(KeyDigest::from_bytes)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    Some(digits?.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn fault(line: usize, what: &str) -> String {
    format!("line {line}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ori_key::PlainKey;

    /// SHA-256 of `vx-live-0123456789abcdef`.
    const HEX: &str = "471760471d092538c34b66a8bb6cb5c950cda8bf234b073cd9bbc6ceca2d2982";

    fn one(text: &str) -> Checked {
        read(text).unwrap().remove(0)
    }

    #[test]
    fn csv_and_json_lines_say_the_same() {
        let digest = PlainKey::presented("vx-live-0123456789abcdef").unwrap();
        let base64 = STANDARD_NO_PAD.encode(digest.as_bytes());
        for text in [
            format!(
                "name,prefix,sha256,expires_at,is_active\n\"CRM, old\",vx-live,{HEX},2030-01-01T00:00:00Z,false\n"
            ),
            format!(
                "name,prefix,sha256,expires_at,is_active\n\"CRM, old\", vx-live ,{base64}=,2030-01-01T00:00:00Z,false\n"
            ),
            format!(
                "{{\"name\":\"CRM, old\",\"prefix\":\"vx-live\",\"sha256\":\"{HEX}\",\"expires_at\":\"2030-01-01T00:00:00Z\",\"is_active\":false}}\n\n"
            ),
        ] {
            let key = one(&text);
            assert_eq!(
                (key.name.as_str(), key.prefix.as_str(), key.is_active),
                ("CRM, old", "vx-live", false)
            );
            assert_eq!(key.digest, digest);
            assert_eq!(key.expires_at.unwrap().timestamp(), 1_893_456_000);
        }
        assert!(one(&format!("name,prefix,sha256\nCRM,vx,{HEX}\n")).is_active);
    }

    #[test]
    fn a_fault_is_told_by_its_place_and_without_the_value() {
        for (text, place) in [
            ("name,prefix,sha256\nCRM,vx,secret-itself\n", "key 1: "),
            ("name,prefix\nCRM,vx\n", "line 2: "),
            ("{\"name\":\"CRM\",\"key\":\"secret-itself\"}", "line 1: "),
            (
                "name,prefix,sha256\nCRM,much-too-long-a-prefix,secret-itself\n",
                "key 1: ",
            ),
        ] {
            let told = read(text).err().unwrap();
            assert!(told.starts_with(place) && !told.contains("secret"), "{told}");
        }
    }
}
