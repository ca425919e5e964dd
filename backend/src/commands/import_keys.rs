//! `ori import-keys`

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ori_key::{KeyDigest, PREFIX_LENGTH, PlainKey};
use ori_shared::account::normalize_email;
use ori_shared::api_key::{IMPORTED_PREFIX_MAX, clean_name};
use ori_shared::instant::Instant;
use ori_store::{ImportedApiKey, NewApiKey};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Outcome, told};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Options};
use crate::random::Random;
use crate::{database, logging};

/// Takes over keys that another system issued.
#[derive(clap::Args)]
pub struct ImportKeys {
    /// A list of keys: CSV whose first line names the columns, or a JSON object a line. Each has a name, and either the
    /// key itself, or sha256 of its text (hex or base64) and a prefix that the console shows; expires_at (RFC 3339) and
    /// is_active may follow
    file: PathBuf,
    /// The e-mail address of the account that answers for them
    #[arg(long, value_name = "EMAIL")]
    created_by: String,
    #[command(flatten)]
    options: Options,
}

/// Imports all keys of the list or none. Those that are there already are not changed.
///
/// # Errors
/// Returns an error if the list has no key or an unusable one, or the database cannot be opened or written.
pub async fn run(import: ImportKeys) -> Outcome {
    let config = Config::check(&import.options.with_file()?)?;
    let text = std::fs::read_to_string(&import.file)
        .map_err(|error| format!("{}: {error}", import.file.display()))?;
    let listed = read(&text).map_err(|error| format!("nothing was taken over: {error}"))?;
    let store = database::open(&config.database)
        .await
        .map_err(|error| told(&error))?;
    let email = normalize_email(&import.created_by)?;
    let account = store.credentials(&email).await.map_err(|error| told(&error))?;
    let account = account
        .ok_or("there is no account with that e-mail address")?
        .account;
    let (now, random) = (SystemClock.now(), Random::system());
    let unseen = listed.iter().filter(|key| !key.is_seen).count();
    let keys = listed
        .into_iter()
        .map(|key| key.checked(random.id(now), account.id, now));
    let keys: Vec<_> = keys.collect();
    let count = keys.len();
    let new = store.import_api_keys(keys).await.map_err(|error| told(&error))?;
    store.close().await;
    let mut report = format!("{new} of {count} keys were taken over; the others were there already.\n");
    if unseen > 0 {
        report.push_str(&format!(
            "{unseen} were listed by their digest alone: such a key works if it has 16 to 512 visible ASCII characters \
             and does not begin with ori_.\n"
        ));
    }
    logging::print(io::stdout(), report);
    Ok(())
}

/// Error of a list. It contains places and no values, because a list may contain secrets.
#[derive(Debug)]
struct Refused {
    line: u64,
    column: Option<&'static str>,
    why: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.why)
    }
}

const COLUMNS: [&str; 6] = ["name", "key", "prefix", "sha256", "expires_at", "is_active"];
const UNKNOWN_COLUMN: &str = "the columns are name, key or sha256 and prefix, expires_at, is_active, each once; the first line of CSV names them";

/// The cells of one listed key that are not empty.
struct Row {
    line: u64,
    cells: BTreeMap<&'static str, String>,
}

/// A listed key that can be stored.
struct Checked {
    name: String,
    prefix: String,
    digest: KeyDigest,
    /// Whether the key itself was listed, so that it is known to be usable.
    is_seen: bool,
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

fn read(text: &str) -> Result<Vec<Checked>, Refused> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = if text.trim_start().starts_with('{') {
        json_rows(text)?
    } else {
        csv_rows(text)?
    };
    if rows.is_empty() {
        return Err(Refused {
            line: 1,
            column: None,
            why: "the list holds no key",
        });
    }
    rows.iter().map(Row::check).collect()
}

fn json_rows(text: &str) -> Result<Vec<Row>, Refused> {
    let lines = (1..).zip(text.lines());
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(line, text)| json_row(line, text)).collect()
}

fn json_row(line: u64, text: &str) -> Result<Row, Refused> {
    let refused = |column, why| Refused { line, column, why };
    let object: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| refused(None, "this is no JSON object of a key"))?;
    let mut cells = BTreeMap::new();
    for (name, value) in object {
        let column = column(&name).ok_or_else(|| refused(None, UNKNOWN_COLUMN))?;
        let cell = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Bool(is_so) if column == "is_active" => is_so.to_string(),
            _ => {
                return Err(refused(
                    Some(column),
                    "the value is not of the kind that belongs here",
                ));
            }
        };
        cells.insert(column, cell);
    }
    Ok(Row { line, cells })
}

fn csv_rows(text: &str) -> Result<Vec<Row>, Refused> {
    let mut table = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let unreadable = |error: &csv::Error| Refused {
        line: line(text, error.position()),
        column: None,
        why: "this line has not as many columns as the first one",
    };
    let header = table.headers().map_err(|error| unreadable(&error))?;
    let columns: Option<Vec<&'static str>> = header.iter().map(column).collect();
    let columns = columns.unwrap_or_default();
    let is_twice = |(place, column)| columns[..place].contains(column);
    if columns.is_empty() || columns.iter().enumerate().any(is_twice) {
        return Err(Refused {
            line: 1,
            column: None,
            why: if header.is_empty() {
                "the list holds no key"
            } else {
                UNKNOWN_COLUMN
            },
        });
    }
    let rows = table.records().map(|record| {
        let record = record.map_err(|error| unreadable(&error))?;
        let cells = columns.iter().copied().zip(record.iter().map(str::to_owned));
        Ok(Row {
            line: line(text, record.position()),
            cells: cells.filter(|(_, cell)| !cell.is_empty()).collect(),
        })
    });
    rows.collect()
}

/// Returns the line of a record. Its position is that of the empty lines before it.
fn line(text: &str, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let record = text.get(start..).unwrap_or_default();
    let empty = record.chars().take_while(|c| matches!(c, '\r' | '\n'));
    empty
        .filter(|c| *c == '\n')
        .fold(position.line(), |line, _| line + 1)
}

fn column(name: &str) -> Option<&'static str> {
    COLUMNS.into_iter().find(|column| *column == name)
}

impl Row {
    fn check(&self) -> Result<Checked, Refused> {
        let (digest, prefix) = match (self.cell("key"), self.cell("sha256")) {
            (Some(key), None) => self.key(key)?,
            (None, Some(sha256)) => self.digest(sha256)?,
            (None, None) => return Err(self.refused("key", "a key is needed, or sha256 and prefix")),
            (Some(_), Some(_)) => return Err(self.refused("sha256", "give the key or sha256, not both")),
        };
        let name = clean_name(self.cell("name").unwrap_or_default());
        let instant = self.cell("expires_at").map(str::parse).transpose();
        let instant =
            instant.map_err(|_| self.refused("expires_at", "give a time such as 2030-01-31T09:00:00Z"))?;
        Ok(Checked {
            name: name.map_err(|why| self.refused("name", why))?,
            prefix,
            digest,
            is_seen: self.cell("key").is_some(),
            expires_at: instant.map(|Instant(instant)| instant),
            is_active: match self.cell("is_active") {
                None | Some("true") => true,
                Some("false") => false,
                Some(_) => return Err(self.refused("is_active", "give true or false")),
            },
        })
    }

    /// Only what is accepted as a key by requests.
    fn key(&self, key: &str) -> Result<(KeyDigest, String), Refused> {
        let digest = PlainKey::presented(key).map_err(|_| {
            let why = if key.starts_with(OURS) {
                "a key that begins with ori_ has to be whole, as this system issued it"
            } else {
                "a key has 16 to 512 visible ASCII characters, without blanks"
            };
            self.refused("key", why)
        })?;
        let prefix = match self.cell("prefix") {
            None => &key[..PREFIX_LENGTH],
            Some(prefix) if prefix.len() <= IMPORTED_PREFIX_MAX && key.starts_with(prefix) => prefix,
            Some(_) => {
                return Err(self.refused("prefix", "the prefix is not how the key begins, or too long"));
            }
        };
        Ok((digest, prefix.to_owned()))
    }

    fn digest(&self, sha256: &str) -> Result<(KeyDigest, String), Refused> {
        let prefix = self.cell("prefix").unwrap_or_default();
        let is_shown = (1..=IMPORTED_PREFIX_MAX).contains(&prefix.len())
            && prefix.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_shown {
            return Err(self.refused("prefix", "a prefix is 1 to 12 visible ASCII characters"));
        }
        if prefix.starts_with(OURS) {
            let why = "whether a key that begins with ori_ works cannot be seen from its digest: list the key itself";
            return Err(self.refused("prefix", why));
        }
        let digest = digest(sha256).ok_or_else(|| {
            self.refused("sha256", "sha256 is 64 hexadecimal digits, or 32 bytes in base64")
        })?;
        Ok((digest, prefix.to_owned()))
    }

    fn cell(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    fn refused(&self, column: &'static str, why: &'static str) -> Refused {
        Refused {
            line: self.line,
            column: Some(column),
            why,
        }
    }
}

/// Prefix of this system's keys.
const OURS: &str = "ori_";

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

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `vx-live-0123456789abcdef`.
    const HEX: &str = "471760471d092538c34b66a8bb6cb5c950cda8bf234b073cd9bbc6ceca2d2982";
    const KEY: &str = "vx-live-0123456789abcdef";

    fn one(text: &str) -> Checked {
        read(text).unwrap().remove(0)
    }

    #[test]
    fn csv_and_json_lines_say_the_same() {
        let digest = PlainKey::presented(KEY).unwrap();
        let base64 = STANDARD_NO_PAD.encode(digest.as_bytes());
        let csv = "name,prefix,sha256,expires_at,is_active\n\"CRM, old\"";
        for text in [
            format!("{csv},vx-live,{HEX},2030-01-01T00:00:00Z,false\n"),
            format!("\u{feff}{csv}, vx-live ,{base64}=,2030-01-01T00:00:00Z,false\r\n"),
            format!("name,key,expires_at,is_active\n\"CRM, old\",{KEY},2030-01-01T00:00:00Z,false"),
            format!(
                "\u{feff}{{\"name\":\"CRM, old\",\"prefix\":\"vx-live\",\"sha256\":\"{HEX}\",\"expires_at\":\"2030-01-01T00:00:00Z\",\"is_active\":false}}\n\n"
            ),
            format!(
                "\n{{\"name\":\"CRM, old\",\"key\":\"{KEY}\",\"prefix\":\"vx-live\",\"expires_at\":\"2030-01-01T00:00:00Z\",\"is_active\":false}}"
            ),
        ] {
            let key = one(&text);
            assert_eq!(
                (key.name.as_str(), key.prefix.as_str(), key.is_active),
                ("CRM, old", "vx-live", false),
                "{text}"
            );
            assert_eq!(key.digest, digest, "{text}");
            assert_eq!(key.expires_at.unwrap().timestamp(), 1_893_456_000, "{text}");
        }
        assert!(one(&format!("name,prefix,sha256\nCRM,vx,{HEX}\n")).is_active);
    }
}
