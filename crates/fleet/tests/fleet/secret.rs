//! Verification of a presented secret.

use ori_fleet::{FleetConfig, FleetSecret, HeaderName};

use crate::support::*;

#[test]
fn only_the_configured_secret_is_known() {
    let fleet = fleet(FleetConfig {
        hosts: vec!["http://voice.example.com".parse().unwrap()],
        secret_header: HeaderName::from_static("x-voxcore-secret"),
        secret: FleetSecret::new("s3cret-of-the-fleet".to_owned()),
        ..FleetConfig::default()
    });
    assert_eq!(fleet.secret_header(), "x-voxcore-secret");
    assert!(fleet.knows_secret(b"s3cret-of-the-fleet"));
    assert!(!fleet.knows_secret(b"") && !fleet.knows_secret(b"3cret-of-the-fleet"));
}
