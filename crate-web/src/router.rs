//! Which page the address names, and how pages are addressed.
//!
//! Hash routes: they work under any path of a static host, offline, and are never sent to a server.

use yew::prelude::*;

use crate::dom;

/// A page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// What this is, and ways in.
    Home,
    /// A chapter of the lecture at one of its scenes.
    Scene {
        /// The chapter's name.
        chapter: String,
        /// The scene's name; without it, the chapter's first.
        scene: Option<String>,
    },
    /// The lab.
    Lab,
    /// Pastry and Chord side by side, with the settings that the address names.
    Compare(String),
    /// The lecture's six systems, measured, with the sizes that the address names.
    Comparison(String),
    /// The slide checks, with the one that the address names.
    Checks(String),
    /// The live overlay, with an invitation, an answer or a room that the address names.
    Live(String),
    /// A situation that somebody shared.
    Shared(String),
    /// An address that names no page; home opens, with a sentence.
    Unknown(String),
}

impl Route {
    /// Reads a location's hash. `None` if it is a plain fragment such as `#main`, which is the browser's business.
    #[must_use]
    pub fn parse(hash: &str) -> Option<Self> {
        let hash = hash.strip_prefix('#').unwrap_or(hash);
        if hash.is_empty() {
            return Some(Self::Home);
        }
        let path = hash.strip_prefix('/')?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let value = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_string()).next()
        };
        if let Some(code) = value("s") {
            return Some(Self::Shared(code));
        }
        let mut parts = path.trim_end_matches('/').split('/');
        Some(match (parts.next().unwrap_or(""), parts.next(), parts.next()) {
            ("", None, _) => Self::Home,
            ("lecture", Some("comparison"), None) => Self::Comparison(query.to_string()),
            ("lecture", Some("checks"), None) => Self::Checks(query.to_string()),
            ("lecture", chapter, None) => {
                Self::Scene { chapter: chapter.unwrap_or("pastry").to_string(), scene: value("scene") }
            }
            ("lab", None, _) => Self::Lab,
            ("compare", None, _) => Self::Compare(query.to_string()),
            ("live", None, _) => Self::Live(query.to_string()),
            ("s", Some(code), None) => Self::Shared(code.to_string()),
            _ => Self::Unknown(hash.chars().take(80).collect()),
        })
    }

    /// The hash of this page.
    #[must_use]
    pub fn href(&self) -> String {
        match self {
            Self::Home | Self::Unknown(_) => "#/".into(),
            Self::Scene { chapter, scene: None } => format!("#/lecture/{chapter}"),
            Self::Scene { chapter, scene: Some(scene) } => format!("#/lecture/{chapter}?scene={scene}"),
            Self::Lab => "#/lab".into(),
            Self::Compare(query) => with_query("#/compare", query),
            Self::Comparison(query) => with_query("#/lecture/comparison", query),
            Self::Checks(query) => with_query("#/lecture/checks", query),
            Self::Live(query) => with_query("#/live", query),
            Self::Shared(code) => format!("#/s/{code}"),
        }
    }
}

fn with_query(page: &str, query: &str) -> String {
    if query.is_empty() { page.into() } else { [page, query].join("?") }
}

/// The page that the address names, followed as it changes.
#[hook]
pub fn use_hash_route() -> Route {
    let route = use_state_eq(|| Route::parse(&dom::hash()).unwrap_or(Route::Home));
    {
        let route = route.clone();
        use_effect_with((), move |()| {
            let listener = dom::listen(&dom::window(), "hashchange", move |_| {
                if let Some(next) = Route::parse(&dom::hash()) {
                    route.set(next);
                }
            });
            move || drop(listener)
        });
    }
    (*route).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_address_is_home() {
        assert_eq!(Route::parse(""), Some(Route::Home));
        assert_eq!(Route::parse("#"), Some(Route::Home));
        assert_eq!(Route::parse("#/"), Some(Route::Home));
    }

    #[test]
    fn a_fragment_without_a_slash_is_left_to_the_browser() {
        assert_eq!(Route::parse("#main"), None);
    }

    #[test]
    fn scenes_are_read_and_written_alike() {
        let route = Route::Scene { chapter: "chord".into(), scene: Some("chord-fingers".into()) };
        assert_eq!(route.href(), "#/lecture/chord?scene=chord-fingers");
        assert_eq!(Route::parse(&route.href()), Some(route));
        let chapter = Route::Scene { chapter: "pastry".into(), scene: None };
        assert_eq!(Route::parse("#/lecture"), Some(chapter.clone()));
        assert_eq!(Route::parse("#/lecture/pastry/"), Some(chapter));
    }

    #[test]
    fn the_settings_of_a_comparison_stay_in_its_address() {
        let route = Route::Compare("nodes=500&kill=10".into());
        assert_eq!(Route::parse(&route.href()), Some(route));
        assert_eq!(Route::parse("#/compare"), Some(Route::Compare(String::new())));
    }

    #[test]
    fn an_invitation_stays_in_its_address() {
        let route = Route::Live("i=AbC_-1".into());
        assert_eq!(Route::parse(&route.href()), Some(route));
        assert_eq!(Route::parse("#/live"), Some(Route::Live(String::new())));
    }

    #[test]
    fn shared_links_are_read_in_both_forms() {
        assert_eq!(Route::parse("#/s/AbC_-1"), Some(Route::Shared("AbC_-1".into())));
        assert_eq!(Route::parse("#/lab?s=AbC"), Some(Route::Shared("AbC".into())));
    }

    #[test]
    fn the_lectures_comparison_and_checks_are_no_chapters() {
        for (hash, route) in [
            ("#/lecture/comparison?sizes=16,64", Route::Comparison("sizes=16,64".into())),
            ("#/lecture/checks?check=pastry-hops", Route::Checks("check=pastry-hops".into())),
        ] {
            assert_eq!(route.href(), hash);
            assert_eq!(Route::parse(hash), Some(route));
        }
    }

    #[test]
    fn an_unknown_address_is_kept_for_the_sentence_and_cut() {
        assert_eq!(Route::parse("#/nowhere/at/all"), Some(Route::Unknown("/nowhere/at/all".into())));
        let Some(Route::Unknown(kept)) = Route::parse(&format!("#/{}", "x".repeat(10_000))) else { panic!() };
        assert_eq!(kept.len(), 80);
    }
}
