use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Egress policy: the public internet over https, and the configured private networks.
///
/// Whoever manages keys names addresses that this server then connects to. Without this, they could have it talk to
/// what only this server can reach (server-side request forgery).
#[derive(Clone, Debug, Default)]
pub struct EgressPolicy {
    configured: Vec<IpNet>,
}

impl EgressPolicy {
    /// Creates a policy with these private networks.
    #[must_use]
    pub fn new(configured: Vec<IpNet>) -> Self {
        Self { configured }
    }

    /// Whether any private network is configured.
    #[must_use]
    pub fn any_configured(&self) -> bool {
        !self.configured.is_empty()
    }

    /// Whether an event may go there. What is not encrypted stays within the configured networks.
    #[must_use]
    pub fn may_reach(&self, ip: IpAddr, is_encrypted: bool) -> bool {
        let ip = unwrapped(ip);
        self.configured.iter().any(|network| network.contains(&ip)) || (is_encrypted && is_public(ip))
    }
}

/// Returns the IPv4 address that an IPv6 address leads to, if it does: `::ffff:10.0.0.1` and, on hosts that have IPv6 alone,
/// `64:ff9b::10.0.0.1` (NAT64, RFC 6052) lead to `10.0.0.1`.
fn unwrapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(wrapped) if NAT64.contains(&wrapped) => {
            let [.., a, b, c, d] = wrapped.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => ip.to_canonical(),
    }
}

const NAT64: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !NOT_PUBLIC_V4.iter().any(|network| network.contains(&ip)),
        IpAddr::V6(ip) => {
            PUBLIC_V6.contains(&ip) && !NOT_PUBLIC_V6.iter().any(|network| network.contains(&ip))
        }
    }
}

/// The IANA registry of special-purpose IPv4 addresses, and what cannot be one host's.
const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    // Shared by providers and their customers (RFC 6598).
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    // Link-local, used by clouds for their metadata service.
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// All that is handed out as public so far. Loopback, unique-local, link-local and multicast addresses lie outside of it.
const PUBLIC_V6: Ipv6Net = v6([0x2000, 0], 3);

const NOT_PUBLIC_V6: [Ipv6Net; 4] = [
    // Protocol assignments, Teredo among them, which wraps IPv4 addresses.
    v6([0x2001, 0], 23),
    v6([0x2001, 0xdb8], 32),
    // 6to4 wraps IPv4 addresses.
    v6([0x2002, 0], 16),
    v6([0x3fff, 0], 20),
];

const fn v4(start: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = start;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(start: [u16; 2], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(start[0], start[1], 0, 0, 0, 0, 0, 0), prefix)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_not_public_is_out_of_reach() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::10.1.2.3",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!EgressPolicy::default().may_reach(ip(text), true), "{text}");
        }
    }

    #[test]
    fn what_is_public_is_reached_over_https_alone() {
        for text in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(EgressPolicy::default().may_reach(ip(text), true), "{text}");
            assert!(!EgressPolicy::default().may_reach(ip(text), false), "{text}");
        }
    }

    #[test]
    fn a_configured_network_is_within_reach_and_nothing_beside_it() {
        let networks = EgressPolicy::new(vec!["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()]);
        for text in ["10.1.2.3", "::ffff:10.1.2.3", "::1"] {
            assert!(
                networks.may_reach(ip(text), true) && networks.may_reach(ip(text), false),
                "{text}"
            );
        }
        for text in ["10.2.0.1", "127.0.0.1", "::2"] {
            assert!(!networks.may_reach(ip(text), true), "{text}");
        }
    }

    #[test]
    fn naming_the_nat64_prefix_opens_no_address_behind_it() {
        let networks = EgressPolicy::new(vec![
            "64:ff9b::/96".parse().unwrap(),
            "10.1.0.0/16".parse().unwrap(),
        ]);
        for (text, is_reached) in [
            ("64:ff9b::10.1.2.3", true),
            ("64:ff9b::10.2.0.1", false),
            ("64:ff9b::7f00:1", false),
        ] {
            assert_eq!(networks.may_reach(ip(text), false), is_reached, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_the_standard_library_calls_special_is_out_of_reach(bits: u32) {
            let ip = Ipv4Addr::from(bits);
            let is_special = ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_multicast()
                || ip.is_broadcast() || ip.is_documentation() || ip.is_unspecified();
            prop_assert!(!(is_special && is_public(ip.into())));
        }

        #[test]
        fn wrapping_an_address_opens_nothing(bits: u32) {
            let plain = IpAddr::from(Ipv4Addr::from(bits));
            let networks = EgressPolicy::default();
            let [a, b] = [(bits >> 16) as u16, bits as u16];
            for same in [
                Ipv4Addr::from(bits).to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b),
            ] {
                prop_assert_eq!(networks.may_reach(same.into(), true), networks.may_reach(plain, true));
            }
            for wrapped in [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, a, b),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, a, b),
                Ipv6Addr::new(0x2002, a, b, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, 0x1234, 0x5678, 0, 0, !a, !b),
            ] {
                prop_assert!(!networks.may_reach(wrapped.into(), true));
            }
        }

        #[test]
        fn what_is_local_in_ipv6_is_out_of_reach(bits: u128) {
            let ip = Ipv6Addr::from(bits);
            let is_special = ip.is_loopback() || ip.is_unspecified() || ip.is_multicast()
                || ip.is_unique_local() || ip.is_unicast_link_local();
            prop_assert!(!(is_special && is_public(ip.into())));
        }
    }
}
