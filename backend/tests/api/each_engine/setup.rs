//! Creation of the first admin.

use ori_shared::account::Role;
use ori_shared::error_code::ErrorCode;
use ori_shared::session::SessionView;
use serde_json::{Value, json};

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, TestApp};

const SETUP: &str = "/api/v1/setup";

/// The token in the fragment of the link that was printed.
fn token(app: &TestApp) -> &str {
    let url = app.setup_url.as_deref().expect("there is a link");
    url.split_once("/setup#").expect("the token is in the fragment").1
}

fn body(token: &str, email: &str) -> Value {
    json!({"token": token, "email": email, "password": ADMIN_PASSWORD})
}

#[tokio::test]
async fn the_one_time_link_makes_the_first_admin_and_signs_them_in() {
    let app = TestApp::new_install().await;
    let answer = app
        .anonymous()
        .post(SETUP, body(token(&app), " Ada@Example.com"))
        .await;
    assert_eq!(answer.status, 201);
    let made: SessionView = answer.json();
    assert_eq!((made.email.as_str(), made.role), (ADMIN_EMAIL, Role::SuperAdmin));
    let ada = app.holder_of(answer.cookie("ori_session").value());
    assert_eq!(ada.get("/api/v1/session").await.json::<SessionView>(), made);
    let again = app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
    assert_eq!(again.json::<SessionView>(), made);
}

#[tokio::test]
async fn the_link_works_once() {
    let app = TestApp::new_install().await;
    let first = app.anonymous().post(SETUP, body(token(&app), ADMIN_EMAIL)).await;
    assert_eq!(first.status, 201);
    let second = app
        .anonymous()
        .post(SETUP, body(token(&app), "eve@example.com"))
        .await;
    second.problem(ErrorCode::SetupLinkInvalid);
}

#[tokio::test]
async fn another_token_opens_nothing() {
    let app = TestApp::new_install().await;
    for token in ["", "x", &"A".repeat(43)] {
        let answer = app.anonymous().post(SETUP, body(token, ADMIN_EMAIL)).await;
        answer.problem(ErrorCode::SetupLinkInvalid);
    }
    assert!(!app.store.any_account().await.unwrap());
}

#[tokio::test]
async fn a_link_that_is_used_wrongly_can_still_be_used_rightly() {
    let app = TestApp::new_install().await;
    let wrong = json!({"token": token(&app), "email": "ada", "password": "short"});
    let answer = app.anonymous().post(SETUP, wrong).await;
    answer.fault("/email");
    answer.fault("/password");
    let right = app.anonymous().post(SETUP, body(token(&app), ADMIN_EMAIL)).await;
    assert_eq!(right.status, 201);
}

#[tokio::test]
async fn two_who_race_for_the_link_make_one_admin() {
    let app = TestApp::new_install().await;
    let (one, other) = (app.anonymous(), app.anonymous());
    let (one, other) = tokio::join!(
        one.post(SETUP, body(token(&app), "one@example.com")),
        other.post(SETUP, body(token(&app), "other@example.com")),
    );
    let mut outcomes = [one.verdict(), other.verdict()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["201", "403 setup_link_invalid"]);
    let mut accounts = 0;
    for email in ["one@example.com", "other@example.com"] {
        accounts += usize::from(app.store.credentials(email).await.unwrap().is_some());
    }
    assert_eq!(accounts, 1);
}

#[tokio::test]
async fn there_is_no_link_where_there_is_an_account() {
    let configured = TestApp::start().await;
    assert_eq!(configured.setup_url, None);
    let restarted = configured.restart("").await;
    assert_eq!(restarted.setup_url, None);
    let answer = restarted
        .anonymous()
        .post(SETUP, body("", "eve@example.com"))
        .await;
    answer.problem(ErrorCode::SetupLinkInvalid);
}

#[tokio::test]
async fn a_link_is_for_the_public_address_where_there_is_one() {
    let app = TestApp::new_install().await;
    assert!(app.setup_url.as_ref().unwrap().starts_with(app.origin()));
    let public = app.restart("public_url = 'https://ori.example.com'").await;
    let url = public.setup_url.unwrap();
    assert!(url.starts_with("https://ori.example.com/setup#"), "{url}");
}

#[tokio::test]
async fn a_configured_admin_is_made_only_where_there_is_no_account() {
    let app = TestApp::start().await;
    assert_eq!(
        app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await.status,
        200
    );
    let restarted = app
        .restart("admin_email = 'eve@example.com'\nadmin_password = 'another password'")
        .await;
    let answer = restarted
        .anonymous()
        .sign_in("eve@example.com", "another password")
        .await;
    answer.problem(ErrorCode::WrongCredentials);
    let same = restarted
        .restart(&format!(
            "admin_email = '{ADMIN_EMAIL}'\nadmin_password = 'another password'"
        ))
        .await;
    let answer = same.anonymous().sign_in(ADMIN_EMAIL, "another password").await;
    answer.problem(ErrorCode::WrongCredentials);
}
