//! Signing in to the console, and out.

use chrono::TimeDelta;
use ori_shared::account::Role;
use ori_shared::error_code::ErrorCode;
use ori_shared::session::{BACKGROUND_REQUEST, SessionView};
use reqwest::Method;
use reqwest::header::COOKIE;
use serde_json::json;

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, TestApp, send};

const SESSION: &str = "/api/v1/session";

#[tokio::test]
async fn signing_in_sets_a_cookie_that_no_script_and_no_other_site_can_use() {
    let app = TestApp::start().await;
    let answer = app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
    assert_eq!(answer.status, 200);
    let cookie = answer.cookie("ori_session");
    assert_eq!(
        cookie.attributes(),
        ["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Strict"]
    );
    assert_eq!(cookie.value().len(), 43);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let page = app.anonymous().get("/").await;
    for answer in [answer, page] {
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("cross-origin-opener-policy"), None);
    }
}

#[tokio::test]
async fn on_https_the_cookie_is_secure_and_bound_to_the_host_and_browsers_stay_on_https() {
    let app = TestApp::with("public_url = 'https://ori.example.com'").await;
    let answer = app.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
    assert_eq!(
        answer.cookie("__Host-ori_session").attributes(),
        [
            "HttpOnly",
            "Max-Age=604800",
            "Path=/",
            "SameSite=Strict",
            "Secure"
        ]
    );
    let page = app.anonymous().get("/").await;
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
    for answer in [answer, page] {
        let hsts = answer.header("strict-transport-security").unwrap();
        assert!(hsts.starts_with("max-age="), "{hsts}");
    }
    assert_eq!(app.sign_in().await.get(SESSION).await.status, 200);
}

#[tokio::test]
async fn the_session_tells_who_is_signed_in_and_holds_no_secret() {
    let app = TestApp::start().await;
    let answer = app.sign_in().await.get(SESSION).await;
    let view: SessionView = answer.json();
    assert_eq!((view.email.as_str(), view.role), (ADMIN_EMAIL, Role::SuperAdmin));
    assert_eq!(view.timezone, None);
    assert!(!answer.text().contains("password") && !answer.text().contains("argon2"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_are_told_alike() {
    let app = TestApp::start().await;
    let mut told = Vec::new();
    for (email, password) in [
        (ADMIN_EMAIL, "Correct horse battery"),
        ("nobody@example.com", ADMIN_PASSWORD),
    ] {
        let answer = app.anonymous().sign_in(email, password).await;
        answer.problem(ErrorCode::WrongCredentials);
        assert!(answer.header("set-cookie").is_none());
        let mut body = answer.value();
        body.as_object_mut().unwrap().remove("request_id").unwrap();
        told.push(body);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn a_deactivated_account_cannot_sign_in_and_is_told_nothing_more() {
    let app = TestApp::start().await;
    let bob = app
        .account_with_password("bob@example.com", "hunter2hunter2")
        .await;
    app.store
        .set_account_active(bob.id, false, app.now())
        .await
        .unwrap();
    let answer = app.anonymous().sign_in("bob@example.com", "hunter2hunter2").await;
    answer.problem(ErrorCode::WrongCredentials);
}

#[tokio::test]
async fn the_case_of_an_email_address_does_not_matter_and_neither_do_spaces_around_it() {
    let app = TestApp::start().await;
    let answer = app
        .anonymous()
        .sign_in("  ADA@Example.Com ", ADMIN_PASSWORD)
        .await;
    assert_eq!(answer.json::<SessionView>().email, ADMIN_EMAIL);
}

#[tokio::test]
async fn a_password_signs_in_in_each_unicode_normalisation() {
    let app = TestApp::start().await;
    let forms = ["caf\u{e9} au lait", "cafe\u{301} au lait"];
    for (number, set) in forms.into_iter().enumerate() {
        let email = format!("person-{number}@example.com");
        app.account_with_password(&email, set).await;
        for typed in forms {
            let answer = app.anonymous().sign_in(&email, typed).await;
            assert_eq!(answer.status, 200, "{set:?} {typed:?}");
        }
        let answer = app.anonymous().sign_in(&email, "cafe au lait").await;
        assert_eq!(answer.status, 401);
    }
}

#[tokio::test]
async fn what_cannot_be_an_address_or_a_password_is_told_at_its_field() {
    let app = TestApp::start().await;
    let anonymous = app.anonymous();
    anonymous.sign_in("ada", "password").await.fault("/email");
    anonymous.sign_in(ADMIN_EMAIL, "").await.fault("/password");
    anonymous
        .sign_in(ADMIN_EMAIL, &"x".repeat(1025))
        .await
        .fault("/password");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_makes_the_browser_forget_it() {
    let app = TestApp::start().await;
    let ada = app.sign_in().await;
    let answer = ada.delete(SESSION).await;
    assert_eq!(answer.status, 204);
    let cookie = answer.cookie("ori_session");
    assert_eq!(cookie.value(), "");
    assert!(cookie.attributes().contains(&"Max-Age=0"));
    ada.get(SESSION).await.problem(ErrorCode::NotSignedIn);
}

#[tokio::test]
async fn whoever_is_not_signed_in_can_sign_out_all_the_same() {
    let app = TestApp::start().await;
    assert_eq!(app.anonymous().delete(SESSION).await.status, 204);
    assert_eq!(app.holder_of("no token").delete(SESSION).await.status, 204);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_that_the_browser_had() {
    let app = TestApp::start().await;
    let before = app.sign_in().await;
    let answer = before.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
    let after = app.holder_of(answer.cookie("ori_session").value());
    before.get(SESSION).await.problem(ErrorCode::NotSignedIn);
    assert_eq!(after.get(SESSION).await.status, 200);
}

#[tokio::test]
async fn signing_in_elsewhere_leaves_a_session_alone() {
    let app = TestApp::start().await;
    let (laptop, phone) = (app.sign_in().await, app.sign_in().await);
    assert_eq!(laptop.get(SESSION).await.status, 200);
    assert_eq!(phone.delete(SESSION).await.status, 204);
    assert_eq!(laptop.get(SESSION).await.status, 200);
}

#[tokio::test]
async fn a_token_that_was_never_issued_is_nobodys() {
    let app = TestApp::start().await;
    for token in ["", "x", &"A".repeat(43), &"A".repeat(4000), "%00"] {
        app.holder_of(token)
            .get(SESSION)
            .await
            .problem(ErrorCode::NotSignedIn);
    }
}

#[tokio::test]
async fn a_session_that_is_not_used_for_long_enough_ends() {
    let app = TestApp::start().await;
    let ada = app.sign_in().await;
    let almost = TimeDelta::hours(12) - TimeDelta::seconds(1);
    for _ in 0..3 {
        app.advance(almost);
        assert_eq!(ada.get(SESSION).await.status, 200);
    }
    app.advance(TimeDelta::hours(12));
    ada.get(SESSION).await.problem(ErrorCode::NotSignedIn);
}

#[tokio::test]
async fn a_person_who_works_all_the_time_stays_signed_in_and_polling_alone_does_not_count() {
    let app = TestApp::with("session_idle_minutes = 1").await;
    for (is_background, outcome) in [(false, 200), (true, 401)] {
        let ada = app.sign_in().await;
        let mut status = 200;
        // More often than each minute, and for longer than one.
        for _ in 0..8 {
            app.advance(TimeDelta::seconds(20));
            let request = ada.request(Method::GET, SESSION);
            let request = if is_background {
                request.header(BACKGROUND_REQUEST, "1")
            } else {
                request
            };
            status = send(request).await.status;
        }
        assert_eq!(status, outcome, "background: {is_background}");
    }
}

#[tokio::test]
async fn a_session_ends_after_its_longest_time_however_much_it_is_used() {
    let app = TestApp::with("session_hours = 20").await;
    let ada = app.sign_in().await;
    app.advance(TimeDelta::hours(10));
    assert_eq!(ada.get(SESSION).await.status, 200);
    app.advance(TimeDelta::hours(10) - TimeDelta::seconds(1));
    assert_eq!(ada.get(SESSION).await.status, 200);
    app.advance(TimeDelta::seconds(1));
    ada.get(SESSION).await.problem(ErrorCode::NotSignedIn);
}

#[tokio::test]
async fn a_deactivated_person_is_out_at_once_and_has_to_sign_in_again_once_activated() {
    let app = TestApp::start().await;
    let bob = app.person(Role::Admin).await;
    let id = bob.get(SESSION).await.json::<SessionView>().account_id;
    app.store.set_account_active(id, false, app.now()).await.unwrap();
    bob.get(SESSION).await.problem(ErrorCode::NotSignedIn);
    bob.get("/api/v1/api-keys").await.problem(ErrorCode::NotSignedIn);
    app.store.set_account_active(id, true, app.now()).await.unwrap();
    bob.get(SESSION).await.problem(ErrorCode::NotSignedIn);
}

#[tokio::test]
async fn a_session_is_in_the_cookie_alone() {
    let app = TestApp::start().await;
    let token = app
        .anonymous()
        .sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)
        .await
        .cookie("ori_session")
        .value()
        .to_owned();
    let anonymous = app.anonymous();
    for request in [
        anonymous.request(Method::GET, SESSION).bearer_auth(&token),
        anonymous.request(Method::GET, &format!("{SESSION}?ori_session={token}")),
        anonymous
            .request(Method::GET, SESSION)
            .header(COOKIE, format!("__Host-ori_session={token}")),
    ] {
        send(request).await.problem(ErrorCode::NotSignedIn);
    }
}

#[tokio::test]
async fn nothing_but_email_and_password_is_taken() {
    let app = TestApp::start().await;
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "role": "super_admin"});
    let problem = app
        .anonymous()
        .post(SESSION, body)
        .await
        .problem(ErrorCode::InvalidBody);
    assert_eq!(problem.field("/role"), Some("Unknown field `role`."));
}
