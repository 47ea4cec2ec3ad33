//! Which browser origins may speak to this server.

/// Whether a page of `origin` may use this server: its authority equals `Host`, or it is listed.
pub fn origin_allowed(origin: &str, host: &str, listed: &[String]) -> bool {
    let authority = match origin.split_once("://") {
        Some(("http" | "https", authority)) => authority,
        _ => return false,
    };
    let same = |other: &str| origin.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'));
    authority.eq_ignore_ascii_case(host) || listed.iter().any(|other| same(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_host_and_the_listed_ones() {
        let listed = ["https://app.example.org".to_owned()];
        for (origin, allowed) in [
            ("http://localhost:8080", true),
            ("https://localhost:8080", true),
            ("https://app.example.org", true),
            ("https://APP.example.org", true),
            ("http://localhost:8081", false),
            ("http://app.example.org", false),
            ("https://app.example.org.evil.test", false),
            ("null", false),
            ("file://localhost:8080", false),
            ("", false),
        ] {
            assert_eq!(origin_allowed(origin, "localhost:8080", &listed), allowed, "{origin}");
        }
    }
}
