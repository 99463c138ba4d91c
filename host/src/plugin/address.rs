//! Which addresses may be reached: the guard in front of every connection.
//!
//! Two walls. The *name* comes from the grant, never from the connector, which only chooses a path below
//! the granted prefix. The *address* is checked after resolving and the connection goes to exactly that
//! address, so a name that resolves differently the second time (rebinding) gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Why an address or a path is refused. Safe to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// Not an absolute URL.
    #[error("it is not an absolute address")]
    NotAbsolute,
    /// Neither https, nor http to this very machine in sandbox mode.
    #[error("only https is allowed (http only to this machine, in sandbox mode)")]
    Scheme,
    /// `user:password@host`.
    #[error("an address must not carry a user name")]
    UserInfo,
    /// The prefix already has a query or fragment.
    #[error("an address must not carry a query or fragment")]
    QueryOrFragment,
    /// A host name we do not resolve: empty, or with a trailing dot.
    #[error("the host name cannot be used")]
    HostName,
    /// The path climbs out of the prefix or hides that it does.
    #[error("the path leaves the granted prefix")]
    Path,
    /// A name that resolved to nothing.
    #[error("the name has no address")]
    NoAddress,
    /// A network no bank lives in.
    #[error("the name resolves to a network that may not be reached")]
    Network,
}

/// Checks an address of a grant. `sandbox` also allows `http` to this machine.
pub fn endpoint_url(text: &str, sandbox: bool) -> Result<Url, AddressRefusal> {
    let url = Url::parse(text).map_err(|_| AddressRefusal::NotAbsolute)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressRefusal::UserInfo);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(AddressRefusal::QueryOrFragment);
    }
    match url.scheme() {
        "https" => {}
        "http" if sandbox && names_this_machine(&url) => {}
        _ => return Err(AddressRefusal::Scheme),
    }
    // The parser has already turned 0x7f.1, 2130706433 and 0177.0.0.1 into the addresses they are.
    match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() && !name.ends_with('.') => {}
        Some(Host::Ipv4(address)) => address_allowed(address.into(), sandbox)?,
        Some(Host::Ipv6(address)) => address_allowed(address.into(), sandbox)?,
        _ => return Err(AddressRefusal::HostName),
    }
    Ok(url)
}

/// Checks the address of one page, as a webhook's receiver or a card's bank has it: as a grant's, but a query may
/// belong to it.
pub fn page_url(text: &str, sandbox: bool) -> Result<Url, AddressRefusal> {
    let url = Url::parse(text).map_err(|_| AddressRefusal::NotAbsolute)?;
    let mut bare = url.clone();
    bare.set_query(None);
    endpoint_url(bare.as_str(), sandbox)?;
    Ok(url)
}

fn names_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address of one request: the granted prefix, the connector's path below it, its query.
pub fn request_url(base: &Url, path: &str, query: &[(String, String)]) -> Result<Url, AddressRefusal> {
    path_checked(path)?;
    let mut url = base.clone();
    let prefix = base.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{prefix}{path}"));
    // Belt and braces: whatever the parser made of it must still be below the prefix, at the same origin.
    let below = url.path() == prefix || url.path().strip_prefix(&prefix).is_some_and(|rest| rest.starts_with('/'));
    if !below || url.origin() != base.origin() {
        return Err(AddressRefusal::Path);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

/// Empty, or `/` and plain segments. No dots that climb, no empty segments, nothing encoded that the other
/// side may decode into one.
fn path_checked(path: &str) -> Result<(), AddressRefusal> {
    if path.is_empty() {
        return Ok(());
    }
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:%".contains(&b));
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|escape| lower.contains(escape));
    let climbs = path.split('/').any(|segment| segment == "." || segment == "..");
    if !path.starts_with('/') || path.contains("//") || !plain || hidden || climbs || path.len() > 1024 {
        return Err(AddressRefusal::Path);
    }
    Ok(())
}

/// All addresses a name resolved to must be allowed: one private one among them is an attack or a mistake.
pub fn addresses_allowed(addresses: &[IpAddr], plain_http: bool, sandbox: bool) -> Result<(), AddressRefusal> {
    if addresses.is_empty() {
        return Err(AddressRefusal::NoAddress);
    }
    for &address in addresses {
        address_allowed(address, sandbox)?;
        if plain_http && !canonical(address).is_loopback() {
            return Err(AddressRefusal::Scheme);
        }
    }
    Ok(())
}

fn address_allowed(address: IpAddr, sandbox: bool) -> Result<(), AddressRefusal> {
    let address = canonical(address);
    if address.is_loopback() && sandbox {
        return Ok(());
    }
    let private = match address {
        IpAddr::V4(v4) => v4_is_special(v4),
        IpAddr::V6(v6) => v6_is_special(v6),
    };
    if private { Err(AddressRefusal::Network) } else { Ok(()) }
}

/// An IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) is judged as what it reaches.
fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let segments = v6.segments();
    let v4 = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match segments {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            v4(high, low)
        }
        _ => address,
    }
}

/// Everything the IANA special-purpose registry keeps from the public internet.
fn v4_is_special(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)      // this network, private, loopback, multicast, reserved, broadcast
            | (100, 64..=127, _)              // carrier-grade NAT; some clouds put metadata there
            | (169, 254, _)                   // link-local, cloud metadata
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)                 // protocol assignments, documentation
            | (192, 88, 99)                   // 6to4 relays
            | (198, 18 | 19, _)               // benchmarking
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn v6_is_special(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    address.is_unspecified()
        || address.is_loopback()
        // Only 2000::/3 is global unicast: this leaves out unique local, link-local, site-local, multicast.
        || a & 0xe000 != 0x2000
        || (a == 0x2001 && b < 0x0200)        // Teredo, ORCHID and other protocol assignments
        || (a == 0x2001 && b == 0x0db8)       // documentation
        || (a == 0x3fff && b < 0x1000) // documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_no_bank_lives_at_are_refused() {
        let refused = [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.9.9",
            "192.168.1.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "2002:0a00:0001::1",
            "2002:7f00:1::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "64:ff9b:1::1",
        ];
        for text in refused {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(addresses_allowed(&[address], false, false), Err(AddressRefusal::Network), "{text}");
        }
        for text in [
            "8.8.8.8",
            "185.125.188.1",
            "172.32.0.1",
            "100.128.0.1",
            "2a02:26f0::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(addresses_allowed(&[address], false, false), Ok(()), "{text}");
        }
    }

    #[test]
    fn one_private_address_among_public_ones_is_enough_to_refuse() {
        let mixed = ["8.8.8.8".parse().unwrap(), "10.1.1.1".parse().unwrap()];
        assert_eq!(addresses_allowed(&mixed, false, true), Err(AddressRefusal::Network));
        assert_eq!(addresses_allowed(&[], false, true), Err(AddressRefusal::NoAddress));
    }

    #[test]
    fn the_sandbox_opens_this_machine_and_nothing_else() {
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(addresses_allowed(&[text.parse().unwrap()], true, true), Ok(()), "{text}");
        }
        assert_eq!(addresses_allowed(&["192.168.1.1".parse().unwrap()], false, true), Err(AddressRefusal::Network));
        assert_eq!(addresses_allowed(&["8.8.8.8".parse().unwrap()], true, true), Err(AddressRefusal::Scheme));
    }

    #[test]
    fn every_spelling_of_a_forbidden_address_is_found() {
        for text in [
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00:ec2::254]/",
            "https://0/",
        ] {
            assert_eq!(endpoint_url(text, false), Err(AddressRefusal::Network), "{text}");
        }
        assert_eq!(endpoint_url("https://user@bank.example/", true), Err(AddressRefusal::UserInfo));
        assert_eq!(endpoint_url("https://:pw@bank.example/", true), Err(AddressRefusal::UserInfo));
        assert_eq!(endpoint_url("https://bank.example./", true), Err(AddressRefusal::HostName));
        assert_eq!(endpoint_url("https://bank.example/?a=b", true), Err(AddressRefusal::QueryOrFragment));
        for text in [
            "http://bank.example/",
            "ftp://bank.example/",
            "file:///etc/passwd",
            "http://192.168.1.1/",
            "http://127.0.0.1.nip.example/",
        ] {
            assert_eq!(endpoint_url(text, true).map(|_| ()), Err(AddressRefusal::Scheme), "{text}");
        }
        assert!(endpoint_url("http://127.0.0.1:7071/fim/api", true).is_ok());
        assert!(endpoint_url("http://127.0.0.1:7071/fim/api", false).is_err());
        assert!(endpoint_url("not an address", true).is_err());
    }

    #[test]
    fn a_page_may_have_a_query_and_no_other_freedom() {
        assert!(page_url("https://erp.example/vezne?firm=7", false).is_ok());
        assert!(page_url("http://127.0.0.1:9/hook?x", true).is_ok());
        for text in [
            "https://erp.example/#a",
            "https://u:p@erp.example/",
            "http://erp.example/",
            "http://127.0.0.1/",
            "https://127.0.0.1/?x",
            "https://169.254.169.254/latest?x",
            "https://[::ffff:192.168.0.1]/",
            "https://0x0a000001/",
            "file:///etc/passwd",
        ] {
            assert!(page_url(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_stays_below_the_prefix() {
        let base = Url::parse("https://bank.example/fim/api").unwrap();
        let reach = |path: &str| request_url(&base, path, &[]).map(|url| url.to_string());
        assert_eq!(reach("").unwrap(), "https://bank.example/fim/api");
        assert_eq!(reach("/v2/sale").unwrap(), "https://bank.example/fim/api/v2/sale");
        for path in [
            "/..",
            "/../x",
            "/a/../../b",
            "/./a",
            "//evil.example",
            "/a//b",
            "x",
            "@evil.example",
            "/%2e%2e/x",
            "/%2E%2e/",
            "/a%2fb",
            "/a\\b",
            "/a?b=c",
            "/a#b",
            "/a b",
            "/ü",
            "/%252e%252e",
            "/a\r\nHost: b",
            ":8443/",
        ] {
            assert_eq!(reach(path), Err(AddressRefusal::Path), "{path}");
        }
        let root = Url::parse("https://bank.example/").unwrap();
        assert_eq!(request_url(&root, "", &[]).unwrap().as_str(), "https://bank.example/");
        let query = [("a b".to_owned(), "ş&=".to_owned())];
        assert_eq!(request_url(&root, "/q", &query).unwrap().as_str(), "https://bank.example/q?a+b=%C5%9F%26%3D");
    }
}
