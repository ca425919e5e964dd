//! Whoever guesses passwords is slowed down, and nobody else is.

use chrono::TimeDelta;
use ori_shared::error_code::ErrorCode;
use reqwest::Method;
use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Caller as _, TestApp, send};

/// So many failures per account are let pass at once.
const PER_ACCOUNT: usize = 10;
/// And so many per address.
const PER_ADDRESS: usize = 30;

async fn fail(app: &TestApp, times: usize) {
    for _ in 0..times {
        let answer = app.anonymous().sign_in(ADMIN_EMAIL, "wrong password").await;
        answer.problem(ErrorCode::WrongCredentials);
    }
}

/// Whether signing in is refused for now, and for how many seconds.
fn wait(answer: &Answer) -> i64 {
    answer.problem(ErrorCode::TooManyAttempts);
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn after_ten_failures_on_an_account_even_the_right_password_has_to_wait() {
    let app = TestApp::start().await;
    fail(&app, PER_ACCOUNT).await;
    let anonymous = app.anonymous();
    let seconds = wait(&anonymous.sign_in(ADMIN_EMAIL, "wrong password").await);
    assert_eq!(seconds, 60);
    assert_eq!(wait(&anonymous.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await), 60);
    app.advance(TimeDelta::seconds(seconds - 1));
    assert_eq!(wait(&anonymous.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await), 1);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(anonymous.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn an_address_is_written_in_many_ways_and_counted_as_one() {
    let app = TestApp::start().await;
    for way in ["ada@example.com", "ADA@example.com", " Ada@Example.com "]
        .iter()
        .cycle()
        .take(PER_ACCOUNT)
    {
        let answer = app.anonymous().sign_in(way, "wrong password").await;
        answer.problem(ErrorCode::WrongCredentials);
    }
    wait(&app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await);
}

#[tokio::test]
async fn an_unknown_account_is_throttled_like_a_known_one() {
    let app = TestApp::start().await;
    for _ in 0..PER_ACCOUNT {
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
    fail(&app, PER_ACCOUNT).await;
    let answer = app.anonymous().sign_in("bob@example.com", "hunter2hunter2").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn who_tries_many_accounts_from_one_address_is_slowed_and_the_neighbours_are_not() {
    let app = TestApp::with("trusted_proxies = 1").await;
    let sign_in = async |from: &str, email: String, password: &str| {
        let request = app.anonymous().request(Method::POST, "/api/v1/session");
        let body = json!({"email": email, "password": password});
        send(request.header("x-forwarded-for", from).json(&body)).await
    };
    for number in 0..PER_ADDRESS {
        let answer = sign_in("203.0.113.7", format!("{number}@example.com"), "wrong password").await;
        answer.problem(ErrorCode::WrongCredentials);
    }
    let admin = || ADMIN_EMAIL.to_owned();
    assert_eq!(wait(&sign_in("203.0.113.7", admin(), ADMIN_PASSWORD).await), 10);
    // What the client itself wrote in front of the proxy's entry proves nothing.
    wait(&sign_in("198.51.100.1, 203.0.113.7", admin(), ADMIN_PASSWORD).await);
    let neighbour = sign_in("203.0.113.8", admin(), ADMIN_PASSWORD).await;
    assert_eq!(neighbour.status, 200);
}

#[tokio::test]
async fn a_forwarded_address_is_not_believed_where_no_proxy_is_trusted() {
    let app = TestApp::start().await;
    for number in 0..=PER_ADDRESS {
        let request = app
            .anonymous()
            .request(Method::POST, "/api/v1/session")
            .header("x-forwarded-for", format!("203.0.113.{number}"))
            .json(&json!({"email": format!("{number}@example.com"), "password": "wrong password"}));
        let answer = send(request).await;
        if number == PER_ADDRESS {
            wait(&answer);
        } else {
            answer.problem(ErrorCode::WrongCredentials);
        }
    }
}

#[tokio::test]
async fn signing_in_rightly_costs_nothing() {
    let app = TestApp::start().await;
    for _ in 0..=PER_ADDRESS {
        let answer = app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn one_right_password_does_not_wipe_out_the_failures_before_it() {
    let app = TestApp::start().await;
    fail(&app, PER_ACCOUNT - 1).await;
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
