//! The content security policy: which scripts run is decided by their digest, once they are known.
//!
//! Trunk writes the script that starts the page into the page, and its text changes with every
//! build. So a hook computes the policy from the finished page.

use crate::digest::sha256_base64;
use crate::html::{Tag, tags};

const META: &str = "Content-Security-Policy";

/// The digests of a page's inline scripts, as the policy names them.
fn inline_hashes(tags: &[Tag<'_>]) -> Vec<String> {
    tags.iter()
        .filter(|tag| tag.name == "script" && tag.attribute("src").is_none())
        .map(|tag| format!("'sha256-{}'", sha256_base64(tag.content.as_bytes())))
        .collect()
}

fn policy_for(tags: &[Tag<'_>]) -> String {
    // While developing, Trunk adds a script that reloads the page. It writes an address into the
    // script as it sends the page, so no digest would fit.
    let served = tags.iter().any(|tag| tag.name == "script" && tag.content.contains(".well-known/trunk/ws"));
    let scripts = if served { "'unsafe-inline'".to_owned() } else { inline_hashes(tags).join(" ") };
    // The live overlay may ask trackers that the person names: anywhere over TLS, and on the machine
    // itself without.
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' {scripts}; worker-src 'self'; style-src 'self'; \
         img-src 'self' data: blob:; connect-src 'self' wss: ws://127.0.0.1:* ws://localhost:*; base-uri 'self'; form-action 'none'; \
         object-src 'none'"
    )
    .replace(" ;", ";")
}

/// The page with its policy, written straight after the character set.
pub(crate) fn insert(page: &str) -> Result<String, String> {
    let tags = tags(page);
    if tags.iter().any(is_policy) {
        return Err("the page has a policy already".into());
    }
    let place = tags
        .iter()
        .find(|tag| tag.name == "meta" && tag.attribute("charset").is_some())
        .ok_or("the page names no character set, so the policy has no place")?
        .end;
    let meta = format!("<meta http-equiv=\"{META}\" content=\"{}\">", policy_for(&tags));
    Ok([&page[..place], &meta, &page[place..]].concat())
}

fn is_policy(tag: &Tag<'_>) -> bool {
    tag.name == "meta" && tag.attribute("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case(META))
}

/// What is wrong with a finished page: a policy too late, too weak or with other digests.
pub(crate) fn problems(page: &str) -> Vec<String> {
    let tags = tags(page);
    let mut problems = Vec::new();
    let Some(at) = tags.iter().position(is_policy) else {
        return vec!["there is no content security policy".into()];
    };
    let loads = |tag: &Tag<'_>| ["script", "link", "style", "img"].contains(&tag.name.as_str());
    if tags[..at].iter().any(loads) {
        problems.push("something is loaded before the policy".into());
    }
    let policy = tags[at].attribute("content").unwrap_or_default();
    let sources: Vec<&str> = policy
        .split(';')
        .find_map(|part| part.trim().strip_prefix("script-src "))
        .map(|list| list.split_whitespace().collect())
        .unwrap_or_default();
    for hash in inline_hashes(&tags) {
        if !sources.contains(&hash.as_str()) {
            problems.push(format!("an inline script has {hash}, which the policy lacks"));
        }
    }
    if policy.contains("'unsafe-inline'") || policy.contains("'unsafe-eval'") {
        problems.push("the policy allows what it should forbid".into());
    }
    for tag in &tags {
        if tag.name == "style" || tag.attribute("style").is_some() {
            problems.push(format!("<{}> has an inline style, which the policy forbids", tag.name));
        }
        if tag.attributes.iter().any(|(name, _)| name.starts_with("on")) {
            problems.push(format!("<{}> has an inline handler, which the policy forbids", tag.name));
        }
    }
    problems
}

#[cfg(test)]
mod checks {
    use super::*;

    const PAGE: &str = "<!doctype html><html><head><meta charset=utf-8><link href=a.css>\
                        </head><body><script type=\"module\">alert('Hello, world.');</script>\
                        <script src=b.js></script></body></html>";

    #[test]
    fn the_policy_comes_first_and_names_the_inline_script() {
        let page = insert(PAGE).unwrap();
        let hash = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";
        assert!(page.contains(hash), "{page}");
        assert_eq!(page.matches("sha256-").count(), 1);
        // A tracker on the machine itself, which a page of that machine may name.
        assert!(page.contains("connect-src 'self' wss: ws://127.0.0.1:* ws://localhost:*;"));
        assert_eq!(problems(&page), Vec::<String>::new());
        assert!(insert(&page).is_err(), "a second policy");
        assert!(insert("<p>no head</p>").is_err());
    }

    #[test]
    fn the_reload_script_may_run_and_speak_to_its_server() {
        let page = PAGE.replace("alert('Hello, world.')", "open('/.well-known/trunk/ws')");
        let page = insert(&page).unwrap();
        assert!(page.contains("ws://127.0.0.1:*") && page.contains("'unsafe-inline'"));
        assert!(!problems(&page).is_empty(), "such a page must not be published");
    }

    #[test]
    fn bad_pages_are_told_apart() {
        let good = insert(PAGE).unwrap();
        for (page, word) in [
            (PAGE.to_owned(), "no content security policy"),
            (good.replace("Hello", "Goodbye"), "the policy lacks"),
            (good.replace("<head>", "<head><script src=c.js></script>"), "before the policy"),
            (good.replace("'self' 'wasm", "'unsafe-inline' 'wasm"), "should forbid"),
            (good.replace("<body>", "<body style=\"margin:0\">"), "inline style"),
            (good.replace("<body>", "<body><style>p{}</style>"), "inline style"),
            (good.replace("<body>", "<body onload=\"x()\">"), "inline handler"),
        ] {
            let found = problems(&page);
            assert!(found.iter().any(|text| text.contains(word)), "{word}: {found:?}");
        }
    }
}
