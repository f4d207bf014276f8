//! The page of the slide checks: every claim of the deck with a number, beside what comes out here.

use overlay_core::lecture::checks::Verdict;
use yew::prelude::*;

use super::link::{Check, Link, News};
use super::page::{mark, why};
use crate::dom;
use crate::router::Route;
use crate::widgets::{Field, Segmented};

/// Why nothing is checked here.
const NO_WORKER: &str = "This browser cannot compute in the background; a current one can.";
/// The filter's choices, with how many there are.
const KINDS: [&str; 4] = ["All", "Holds", "Holds if", "Does not hold"];

/// What [`Checks`] needs.
#[derive(Properties, PartialEq)]
pub struct ChecksProps {
    /// The address's query.
    pub query: AttrValue,
}

/// What the worker told.
#[derive(Default)]
struct Heard {
    checks: Vec<Check>,
    link: Option<Link>,
    fault: Option<String>,
    done: bool,
}

const fn kind(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Holds => 1,
        Verdict::HoldsIf(_) => 2,
        Verdict::Fails(_) => 3,
    }
}

/// Whether a check is among those of a kind that hold some words.
fn fits(check: &Check, chosen: usize, words: &str) -> bool {
    let all = [&check.name, &check.slide, &check.claim, &check.ours, &check.verdict.text()]
        .map(|text| text.to_ascii_lowercase());
    let found = |word: &str| all.iter().any(|text| text.contains(word));
    (chosen == 0 || chosen == kind(&check.verdict)) && words.to_ascii_lowercase().split_whitespace().all(found)
}

fn named(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("check=")).filter(|name| !name.is_empty())
}

/// The page of the slide checks.
#[component]
pub fn Checks(props: &ChecksProps) -> Html {
    let heard = use_mut_ref(Heard::default);
    let update = use_force_update();
    let chosen = use_state_eq(|| 0_usize);
    let words = use_state_eq(String::new);
    {
        let heard = heard.clone();
        use_effect_with((), move |()| {
            let told = heard.clone();
            let link = Link::check(move |news| {
                let mut now = told.borrow_mut();
                match news {
                    News::Check(check) => return now.checks.push(check),
                    News::Fault(sentence) => now.fault = Some(sentence),
                    News::Done => now.done = true,
                    News::Began(..) | News::Measured(..) => return,
                }
                update.force_update();
            });
            let mut now = heard.borrow_mut();
            now.fault = link.is_none().then(|| NO_WORKER.into());
            now.link = link;
            drop(now);
            move || drop(heard.borrow_mut().link.take())
        });
    }
    let now = heard.borrow();
    {
        // The check that the address names is seen, whatever was filtered.
        let (chosen, words) = (chosen.clone(), words.clone());
        use_effect_with((props.query.clone(), now.done), move |(query, done)| {
            if let (Some(name), true) = (named(query), *done) {
                chosen.set(0);
                words.set(String::new());
                let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
                dom::after(0, move || {
                    let found = dom::document().get_element_by_id(&format!("check-{name}"));
                    found.iter().for_each(web_sys::Element::scroll_into_view);
                });
            }
        });
    }
    let asked = named(&props.query);
    let unknown = asked.filter(|name| now.done && !now.checks.iter().any(|check| check.name == **name));
    let unknown = unknown.map(|name| {
        let shown: String = name.chars().take(40).collect();
        format!("There is no check “{shown}”; here are all.")
    });
    let fault = now.fault.clone().or(unknown);
    let count = |of: usize| now.checks.iter().filter(|check| of == 0 || kind(&check.verdict) == of).count();
    let options: Vec<AttrValue> =
        KINDS.iter().enumerate().map(|(of, name)| format!("{name} ({})", count(of)).into()).collect();
    let shown: Vec<&Check> = now.checks.iter().filter(|check| now.done && fits(check, *chosen, &words)).collect();
    let said = match (now.done, shown.len()) {
        (false, _) if fault.is_some() => String::new(),
        (false, _) => "The checks are being computed.".into(),
        (true, 0) => "No check is like that.".into(),
        (true, some) => format!(
            "{} claims with a number or a formula: {} hold, {} hold under a condition, {} do not. {some} are shown.",
            count(0),
            count(1),
            count(2),
            count(3)
        ),
    };
    let onchoose = {
        let chosen = chosen.clone();
        Callback::from(move |kind| chosen.set(kind))
    };
    let oninput = {
        let words = words.clone();
        Callback::from(move |text| words.set(text))
    };
    let items = shown.into_iter().map(|check| item(check, asked == Some(check.name.as_str())));
    html! {
        <div class="claims">
            <header class="claims-head">
                <p class="label accent">{ "Lecture · slide checks" }</p>
                <h1 tabindex="-1">{ "The slides, checked" }</h1>
                <p class="lead">{ "Every claim of the deck that carries a number or a formula, computed here and now from the protocols. " }
                    <a href={Route::Comparison(String::new()).href()}>{ "The comparison table, measured" }</a></p>
            </header>
            <div class="checks-filter">
                <Segmented label="Verdict" name="checks-verdict" {options} chosen={*chosen} {onchoose} />
                <Field label="Words" id="checks-words" value={(*words).clone()} {oninput} />
            </div>
            <p class="notice" role="alert" hidden={fault.is_none()}>{ fault.clone().unwrap_or_default() }</p>
            <p role="status" class="narration">{ said }</p>
            <ul class="checks" aria-label="Checks">{ for items }</ul>
            <p class="dim">{ "In a terminal: " }<code>{ "overlay slide-check" }</code></p>
        </div>
    }
}

fn item(check: &Check, is_asked: bool) -> Html {
    let href = Route::Checks(format!("check={}", check.name)).href();
    let scene = check.scene.as_ref().map(|scene| html! { <a href={scene.clone()}>{ "See it run" }</a> });
    html! {
        <li key={check.name.clone()} id={format!("check-{}", check.name)} class={is_asked.then_some("asked")}
            aria-current={is_asked.then_some("true")}>
            <p class="label">{ &check.slide }<a class="anchor" {href} aria-label={format!("Link to {}", check.name)}>{ "#" }</a></p>
            <p class="claim-words">{ &check.claim }</p>
            <p><span class="dim">{ "Here: " }</span>{ &check.ours }</p>
            <p class="claim-verdict">{ mark(&check.verdict) }<span>{ why(&check.verdict) }</span>{ for scene }</p>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, verdict: Verdict) -> Check {
        Check {
            name: name.into(),
            slide: "Pastry".into(),
            claim: "128 rows".into(),
            ours: "32".into(),
            verdict,
            scene: None,
        }
    }

    #[test]
    fn a_check_is_found_by_verdict_and_by_all_words() {
        let wrong = check("pastry-rows", Verdict::Fails("there are 32".into()));
        assert!(fits(&wrong, 0, "") && fits(&wrong, 3, "ROWS pastry") && fits(&wrong, 0, "does not hold"));
        assert!(!fits(&wrong, 1, "") && !fits(&wrong, 0, "rows chord"));
    }

    #[test]
    fn the_address_names_a_check_or_none() {
        assert_eq!(named("check=pastry-rows"), Some("pastry-rows"));
        assert_eq!((named("check="), named("other=1")), (None, None));
    }
}
