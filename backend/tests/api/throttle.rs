//! Failed sign-ins and unknown keys are limited. Other clients are not.

use chrono::TimeDelta;
use ori_shared::error_code::ErrorCode;
use reqwest::Method;
use serde_json::json;

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Caller as _, TestApp, send};

/// Number of failed sign-ins that pass at once for one account from one network.
const PER_ACCOUNT_AND_NETWORK: usize = 10;
/// The same for one account from all networks together.
const PER_ACCOUNT: usize = 100;
/// The same for one network.
const PER_NETWORK: usize = 30;

async fn fail(app: &TestApp, times: usize) {
    for _ in 0..times {
        let answer = app.anonymous().sign_in(ADMIN_EMAIL, "wrong password").await;
        answer.problem(ErrorCode::WrongCredentials);
    }
}

/// A server behind one proxy, so that a test chooses the address that each request comes from.
async fn behind_a_proxy() -> TestApp {
    TestApp::with("trusted_proxies = 1").await
}

async fn sign_in_from(app: &TestApp, address: &str, email: &str, password: &str) -> Answer {
    let request = app.anonymous().request(Method::POST, "/api/v1/session");
    let body = json!({"email": email, "password": password});
    send(request.header("x-forwarded-for", address).json(&body)).await
}

/// Signs in with a wrong password from each of these addresses once, and returns how many of the attempts were checked.
async fn guesses(app: &TestApp, addresses: impl Iterator<Item = String>) -> usize {
    let mut checked = 0;
    for address in addresses {
        let answer = sign_in_from(app, &address, ADMIN_EMAIL, "wrong password").await;
        match answer.verdict().as_str() {
            "401 wrong_credentials" => checked += 1,
            verdict => assert_eq!(verdict, "429 too_many_attempts"),
        }
    }
    checked
}

/// Whether signing in is refused for now, and for how many seconds.
fn wait(answer: &Answer) -> i64 {
    answer.problem(ErrorCode::TooManyAttempts);
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn after_ten_failures_on_an_account_its_network_waits_and_another_is_let_in() {
    let app = behind_a_proxy().await;
    let (here, elsewhere) = ("203.0.113.7", "198.51.100.1");
    let checked = guesses(&app, std::iter::repeat_n(here.to_owned(), 11)).await;
    assert_eq!(checked, PER_ACCOUNT_AND_NETWORK);
    let right = async |from| sign_in_from(&app, from, ADMIN_EMAIL, ADMIN_PASSWORD).await;
    assert_eq!(wait(&right(here).await), 60);
    assert_eq!(right(elsewhere).await.status, 200);
    app.advance(TimeDelta::seconds(59));
    assert_eq!(wait(&right(here).await), 1);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(right(here).await.status, 200);
}

#[tokio::test]
async fn wrong_passwords_from_one_network_never_keep_the_right_one_out_of_another() {
    // Ten failed sign-ins at once, then one a second for ten minutes: each from the next address of the list.
    let within_48 = (0..64).map(|number| format!("2001:db8:0:{number:x}00::1"));
    for (network, addresses) in [
        ("one IPv4 address", vec!["203.0.113.7".to_owned()]),
        (
            "an IPv6 /64",
            vec!["2001:db8::1".to_owned(), "2001:db8::2".to_owned()],
        ),
        ("an IPv6 /48", within_48.collect()),
    ] {
        let app = behind_a_proxy().await;
        let mut addresses = addresses.into_iter().cycle();
        guesses(&app, addresses.by_ref().take(10)).await;
        for second in 0..600 {
            app.advance(TimeDelta::seconds(1));
            guesses(&app, addresses.by_ref().take(1)).await;
            if second % 20 == 0 {
                let answer = sign_in_from(&app, "2001:db8:1::1", ADMIN_EMAIL, ADMIN_PASSWORD).await;
                assert_eq!(answer.status, 200, "{network}, second {second}");
            }
        }
    }
}

#[tokio::test]
async fn the_networks_of_an_ipv6_48_guess_little_more_than_one_address() {
    for (networks, step, expected) in [
        ("one /64", "2001:db8:0:0:{}::1", PER_ACCOUNT_AND_NETWORK),
        (
            "the /64s of one /56",
            "2001:db8:0:{}::1",
            2 * PER_ACCOUNT_AND_NETWORK,
        ),
        (
            "the /56s of one /48",
            "2001:db8:0:{}00::1",
            4 * PER_ACCOUNT_AND_NETWORK,
        ),
    ] {
        let app = behind_a_proxy().await;
        let addresses = (0..64).map(|number| step.replace("{}", &format!("{number:x}")));
        assert_eq!(guesses(&app, addresses).await, expected, "{networks}");
    }
}

#[tokio::test]
async fn many_networks_together_guess_at_an_account_no_faster_than_its_limit() {
    let app = behind_a_proxy().await;
    let addresses = (0..120).map(|number| format!("203.0.113.{number}"));
    assert_eq!(guesses(&app, addresses).await, PER_ACCOUNT);
    let seconds = wait(&sign_in_from(&app, "198.51.100.1", ADMIN_EMAIL, "wrong password").await);
    assert_eq!(seconds, 6);
    app.advance(TimeDelta::seconds(seconds));
    let answer = sign_in_from(&app, "198.51.100.1", ADMIN_EMAIL, ADMIN_PASSWORD).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_address_is_written_in_many_ways_and_counted_as_one() {
    let app = TestApp::start().await;
    for way in ["ada@example.com", "ADA@example.com", " Ada@Example.com "]
        .iter()
        .cycle()
        .take(PER_ACCOUNT_AND_NETWORK)
    {
        let answer = app.anonymous().sign_in(way, "wrong password").await;
        answer.problem(ErrorCode::WrongCredentials);
    }
    wait(&app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await);
}

#[tokio::test]
async fn an_unknown_account_is_throttled_like_a_known_one() {
    let app = TestApp::start().await;
    for _ in 0..PER_ACCOUNT_AND_NETWORK {
        let answer = app
            .anonymous()
            .sign_in("nobody@example.com", "wrong password")
            .await;
        answer.problem(ErrorCode::WrongCredentials);
    }
    wait(
        &app.anonymous()
            .sign_in("nobody@example.com", "wrong password")
            .await,
    );
}

#[tokio::test]
async fn another_account_is_not_locked_out() {
    let app = TestApp::start().await;
    app.account_with_password("bob@example.com", "hunter2hunter2")
        .await;
    fail(&app, PER_ACCOUNT_AND_NETWORK).await;
    let answer = app.anonymous().sign_in("bob@example.com", "hunter2hunter2").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_network_that_tries_many_accounts_has_to_wait_and_its_neighbours_have_not() {
    let app = behind_a_proxy().await;
    for number in 0..PER_NETWORK {
        let email = format!("{number}@example.com");
        let answer = sign_in_from(&app, "203.0.113.7", &email, "wrong password").await;
        answer.problem(ErrorCode::WrongCredentials);
    }
    let right = async |from| sign_in_from(&app, from, ADMIN_EMAIL, ADMIN_PASSWORD).await;
    assert_eq!(wait(&right("203.0.113.7").await), 10);
    // What the client itself wrote in front of the proxy's entry proves nothing.
    wait(&right("198.51.100.1, 203.0.113.7").await);
    assert_eq!(right("203.0.113.8").await.status, 200);
}

#[tokio::test]
async fn a_forwarded_address_is_not_believed_where_no_proxy_is_trusted() {
    let app = TestApp::start().await;
    for number in 0..=PER_NETWORK {
        let request = app
            .anonymous()
            .request(Method::POST, "/api/v1/session")
            .header("x-forwarded-for", format!("203.0.113.{number}"))
            .json(&json!({"email": format!("{number}@example.com"), "password": "wrong password"}));
        let answer = send(request).await;
        if number == PER_NETWORK {
            wait(&answer);
        } else {
            answer.problem(ErrorCode::WrongCredentials);
        }
    }
}

#[tokio::test]
async fn signing_in_rightly_costs_nothing() {
    let app = TestApp::start().await;
    for _ in 0..=PER_NETWORK {
        let answer = app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn one_right_password_does_not_wipe_out_the_failures_before_it() {
    let app = TestApp::start().await;
    fail(&app, PER_ACCOUNT_AND_NETWORK - 1).await;
    assert_eq!(
        app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await.status,
        200
    );
    fail(&app, 1).await;
    wait(&app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await);
}

#[tokio::test]
async fn many_addresses_together_guess_at_a_key_no_faster_than_one_and_its_holder_is_served() {
    const PER_PREFIX: usize = 600;
    let app = TestApp::with("trusted_proxies = 1").await;
    let key = app.admin().await.create_key("CRM").await;
    let whoami = async |from: usize, key: &str| {
        let request = app.anonymous().request(Method::GET, "/api/v1/auth/whoami");
        let from = format!("203.0.113.{from}");
        send(request.header("x-forwarded-for", from).header("x-api-key", key)).await
    };
    let guess = format!("{}{}", &key.key[..7], "x".repeat(29));
    for number in 0..PER_PREFIX {
        whoami(number / 50, &guess)
            .await
            .problem(ErrorCode::InvalidApiKey);
    }
    wait(&whoami(200, &guess).await);
    whoami(200, "ori_another").await.problem(ErrorCode::InvalidApiKey);
    assert_eq!(whoami(200, &key.key).await.status, 200);
}
