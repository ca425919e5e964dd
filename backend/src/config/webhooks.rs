use std::net::IpAddr;

use ipnet::IpNet;

use super::{Faults, Options};
use crate::webhooks::EgressPolicy;

/// The private networks that webhooks may lead into.
pub(super) fn check(options: &Options) -> Result<EgressPolicy, Faults> {
    let named = options.webhook_private_networks.as_deref().unwrap_or_default();
    let named = named
        .split(',')
        .map(str::trim)
        .filter(|network| !network.is_empty());
    named
        .map(network)
        .collect::<Result<_, _>>()
        .map(EgressPolicy::new)
}

/// A network, or a single address.
fn network(text: &str) -> Result<IpNet, Faults> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| {
            Faults::one(
                "ORI_WEBHOOK_PRIVATE_NETWORKS",
                "give networks such as 10.0.0.0/8 or fd00::/8, separated by commas",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(networks: &str) -> Result<EgressPolicy, String> {
        let options = Options::from_toml(&format!("webhook_private_networks = '{networks}'")).unwrap();
        check(&options).map_err(|faults| faults.to_string())
    }

    #[test]
    fn networks_and_single_addresses_are_separated_by_commas() {
        let networks = checked("10.0.0.0/8, ::1,").unwrap();
        for (ip, is_inside) in [("10.9.9.9", true), ("::1", true), ("127.0.0.1", false)] {
            assert_eq!(networks.may_reach(ip.parse().unwrap(), false), is_inside, "{ip}");
        }
        assert!(!checked("").unwrap().any_configured());
    }

    #[test]
    fn what_is_no_network_is_a_fault() {
        for wrong in ["10.0.0.0/33", "localhost", "10.0.0"] {
            assert!(
                checked(wrong)
                    .unwrap_err()
                    .starts_with("ORI_WEBHOOK_PRIVATE_NETWORKS: ")
            );
        }
    }
}
