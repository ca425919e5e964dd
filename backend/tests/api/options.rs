//! Values of options as files, shells and secret stores hand them over: with line ends, blanks and byte order marks.

use std::path::Path;

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, Process, Settings};

/// Runs a command of the program and returns whether it succeeded, and what it wrote to standard error.
fn run(arguments: &[&str], settings: Settings, folder: &Path) -> (bool, String) {
    let output = Process::command(settings)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

fn migrate(settings: Settings, folder: &Path) -> (bool, String) {
    run(&["migrate"], settings, folder)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn blanks_and_line_ends_around_a_value_are_not_part_of_it() {
    for file in [
        "sqlite://ori.db\n",
        "sqlite://ori.db\r\n",
        " sqlite://ori.db\t",
        "\nsqlite://ori.db \n\n",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let settings = [
            ("ORI_DATABASE_URL", file),
            ("ORI_LISTEN", "127.0.0.1:0\n"),
            ("ORI_PUBLIC_URL", "https://ori.example.com\n"),
            ("ORI_TRUSTED_PROXIES", "1\n"),
            ("ORI_MIGRATE", "yes\n"),
            ("ORI_FLEET_URLS", "http://127.0.0.1:9\n"),
            ("ORI_FLEET_SECRET", "a secret of the fleet\n"),
            ("ORI_FLEET_SECRET_HEADER", "X-Secret\n"),
            ("ORI_CONFIG_URL", "https://config.example.com\n"),
            ("ORI_LOG", "info\n"),
            ("ORI_LOG_FORMAT", "json\n"),
        ];
        assert_eq!(
            migrate(&settings, folder.path()),
            (true, String::new()),
            "{file:?}"
        );
        assert!(
            names(folder.path()).iter().all(|name| name.starts_with("ori.db")),
            "{file:?}"
        );
        assert!(folder.path().join("ori.db").is_file(), "{file:?}");
    }
}

#[test]
fn the_address_of_a_server_never_becomes_a_file() {
    for (address, sentence) in [
        (
            "postgres://ori:hunter2@127.0.0.1:1/ori\n",
            "cannot migrate the database",
        ),
        (
            " postgres://ori:hunter2@127.0.0.1:1/ori",
            "cannot migrate the database",
        ),
        (
            "postgres://ori:hunter2@127.0.\n0.1:1/ori",
            "ORI_DATABASE_URL: holds a line end",
        ),
        (
            "postgres://ori:12#hunter2@127.0.0.1:1/ori",
            "ORI_DATABASE_URL: percent-encode",
        ),
        (
            "postgres://ori:12/hunter2@127.0.0.1:1/ori",
            "ORI_DATABASE_URL: percent-encode",
        ),
        (
            "postgres://ori:12?hunter2@127.0.0.1:1/ori",
            "ORI_DATABASE_URL: percent-encode",
        ),
        (
            "postgres://ori:hunter#2@127.0.0.1:1/ori",
            "ORI_DATABASE_URL: percent-encode",
        ),
        (
            "'postgres://ori:hunter2@127.0.0.1:1/ori'",
            "ORI_DATABASE_URL: give a file",
        ),
        (
            "postgres//ori:hunter2@127.0.0.1:1/ori",
            "ORI_DATABASE_URL: give a file",
        ),
        ("\n", "ORI_DATABASE_URL: holds nothing but blank space"),
        (" ", "ORI_DATABASE_URL: holds nothing but blank space"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (succeeded, stderr) = migrate(&[("ORI_DATABASE_URL", address)], folder.path());
        assert!(
            !succeeded && stderr.starts_with(sentence),
            "{address:?}: {stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{address:?}: {stderr}");
        assert!(!stderr.contains("hunter"), "{address:?}: {stderr}");
        assert_eq!(names(folder.path()), Vec::<String>::new(), "{address:?}");
    }
}

#[tokio::test]
async fn the_first_admin_signs_in_whatever_ends_the_configured_password() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    for (variable, text) in [
        ("ORI_ADMIN_PASSWORD", format!("{ADMIN_PASSWORD}\n")),
        ("ORI_ADMIN_PASSWORD", format!("{ADMIN_PASSWORD}\r\n")),
        ("ORI_ADMIN_PASSWORD_FILE", ADMIN_PASSWORD.to_owned()),
        ("ORI_ADMIN_PASSWORD_FILE", format!("{ADMIN_PASSWORD}\n")),
        ("ORI_ADMIN_PASSWORD_FILE", format!("\u{feff}{ADMIN_PASSWORD}\r\n")),
    ] {
        let value = if variable.ends_with("_FILE") {
            std::fs::write(&file, &text).unwrap();
            file.to_str().unwrap()
        } else {
            &text
        };
        let email = format!("{ADMIN_EMAIL}\n");
        let process = Process::serve(&[("ORI_ADMIN_EMAIL", &email), (variable, value)]);
        let answer = process.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        assert_eq!(answer.status, 200, "{variable} {text:?}");
    }
}

#[test]
fn a_secret_in_a_file_is_one_line_or_refused_by_the_name_of_its_option() {
    for variable in [
        "ORI_DATABASE_URL_FILE",
        "ORI_ADMIN_PASSWORD_FILE",
        "ORI_FLEET_SECRET_FILE",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let refused = |settings: Settings, sentence: &str| {
            let (succeeded, stderr) = migrate(settings, folder.path());
            assert!(!succeeded, "{variable} {sentence}");
            let line = stderr
                .lines()
                .find(|line| line.starts_with(&format!("{variable}: {sentence}")));
            assert!(
                line.is_some() && !stderr.contains("hunter2"),
                "{variable} {sentence}: {stderr}"
            );
        };
        let file = folder.path().join("hunter2");
        let path = file.to_str().unwrap();
        refused(&[(variable, path)], "the file cannot be read");
        for (content, sentence) in [
            ("", "the file holds nothing"),
            (" \n", "the file holds nothing"),
            ("hunter2hunter2\n\n", "the file holds more than one line"),
            ("hunter2\nhunter2", "the file holds more than one line"),
        ] {
            std::fs::write(&file, content).unwrap();
            refused(&[(variable, path)], sentence);
        }
        std::fs::write(&file, "hunter2hunter2\n").unwrap();
        let direct = variable.strip_suffix("_FILE").unwrap();
        refused(
            &[(variable, path), (direct, "hunter2hunter2")],
            "is set along with",
        );
    }
}

#[test]
fn the_database_may_be_named_by_a_file_also_from_the_configuration_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("address"), "sqlite://from-file.db\n").unwrap();
    std::fs::write(folder.path().join("ori.toml"), "database_url_file = 'address'\n").unwrap();
    for arguments in [
        &["migrate", "--config", "ori.toml"][..],
        &["migrate", "--database-url-file", "address"],
    ] {
        assert_eq!(run(arguments, &[], folder.path()), (true, String::new()));
        assert!(folder.path().join("from-file.db").is_file());
        std::fs::remove_file(folder.path().join("from-file.db")).unwrap();
    }
    // An option of a layer above overrides both forms.
    let above = [("ORI_DATABASE_URL", "sqlite://above.db")];
    assert!(run(&["migrate", "--config", "ori.toml"], &above, folder.path()).0);
    assert!(!folder.path().join("from-file.db").exists() && folder.path().join("above.db").is_file());
}

#[test]
fn import_reads_its_addresses_by_the_same_rules() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("address"),
        "postgres://ori:hun#ter2@127.0.0.1:1/ori\n",
    )
    .unwrap();
    for (settings, sentence) in [
        (&[][..], "ORI_DATABASE_URL: is needed"),
        (
            &[("ORI_DATABASE_URL", "postgres://ori:hun#ter2@127.0.0.1:1/ori\n")],
            "ORI_DATABASE_URL: percent-encode",
        ),
        (
            &[("ORI_DATABASE_URL_FILE", "address")],
            "ORI_DATABASE_URL: percent-encode",
        ),
        (
            &[("ORI_DATABASE_URL_FILE", "nowhere")],
            "ORI_DATABASE_URL_FILE: the file cannot be read",
        ),
        (
            &[("ORI_DATABASE_URL", "postgres://ori@127.0.0.1:1/ori\n")],
            "nothing was imported: there is no such SQLite file",
        ),
    ] {
        let (succeeded, stderr) = run(
            &["import", "--from", "sqlite://ori.db\n"],
            settings,
            folder.path(),
        );
        assert!(
            !succeeded && stderr.starts_with(sentence),
            "{settings:?}: {stderr}"
        );
    }
}

#[test]
fn a_fleet_secret_that_is_easily_guessed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (secret, accepted) in [
        ("s", false),
        ("fifteen letters", false),
        ("sixteen letters!", true),
    ] {
        let settings = [
            ("ORI_FLEET_URLS", "http://127.0.0.1:9"),
            ("ORI_FLEET_SECRET", secret),
        ];
        let (succeeded, stderr) = migrate(&settings, folder.path());
        assert_eq!(succeeded, accepted, "{secret}: {stderr}");
        let sentence = "ORI_FLEET_SECRET: give at least 16 characters";
        assert_eq!(stderr.contains(sentence), !accepted, "{secret}: {stderr}");
        assert!(!stderr.contains("fifteen letters"), "{stderr}");
    }
}
