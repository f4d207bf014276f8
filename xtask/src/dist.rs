//! Checks the built site: its size, its policy, and that every file it names is there.

use crate::html::{Tag, tags};
use crate::{Outcome, csp, modules, offline, paths};
use flate2::{Compression, write::GzEncoder};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// The files of a site: their paths from its root, with `/`, and what they contain.
pub(crate) type Site = BTreeMap<String, Vec<u8>>;

/// A part of the site that must stay small.
struct Budget {
    name: &'static str,
    belongs: fn(&str) -> bool,
    /// Servers compress everything but fonts, which are compressed already.
    compressed: bool,
    limit: usize,
}

const KB: usize = 1000;

const BUDGETS: [Budget; 5] = [
    Budget {
        name: "app wasm",
        belongs: |path| path.ends_with(".wasm") && !is_worker(path),
        compressed: true,
        limit: 350 * KB,
    },
    Budget {
        name: "worker wasm",
        belongs: |path| path.ends_with(".wasm") && is_worker(path),
        compressed: true,
        limit: 150 * KB,
    },
    Budget {
        name: "JavaScript",
        belongs: |path| path.ends_with(".js") || path.ends_with(".mjs"),
        compressed: true,
        limit: 20 * KB,
    },
    Budget { name: "CSS", belongs: |path| path.ends_with(".css"), compressed: true, limit: 15 * KB },
    Budget {
        name: "fonts",
        belongs: |path| path.ends_with(".woff2") || path.ends_with(".woff"),
        compressed: false,
        limit: 120 * KB,
    },
];

/// The most of a page that is loaded when it is opened: wasm and its script. More than a first visit may cost, since the page of the
/// lecture's scenes brings six systems, each a world of its own.
const MODULE_LIMIT: usize = 400 * KB;

/// The most of a page's own worker, which comes when something is to be worked out, after the page: wasm and its scripts. Six
/// systems do not fit in the limit of the other one, each a world of its own.
const PAGE_WORKER_LIMIT: usize = 280 * KB;

const NEEDED: [&str; 5] = ["index.html", "404.html", "robots.txt", ".nojekyll", "worker_loader.js"];

fn is_worker(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with("worker"))
}

/// Reads `dist/`, prints its sizes and fails on any problem.
pub(crate) fn check_and_print() -> Outcome<()> {
    let dir = paths::root().join("dist");
    if !dir.join("index.html").is_file() {
        return Err("dist/ holds no site: run `cargo xtask build` first".into());
    }
    let site = load(&dir)?;
    for (name, size, limit) in sizes(&site) {
        println!("{name:<14} {:>7.1} KB of {:>3} KB", size as f64 / KB as f64, limit / KB);
    }
    let problems = problems(&site);
    for problem in &problems {
        println!("problem: {problem}");
    }
    match problems.len() {
        0 => Ok(()),
        count => Err(format!("the site in dist/ has {count} problems")),
    }
}

/// Reads the files of a site.
pub(crate) fn load(dir: &Path) -> Outcome<Site> {
    let mut site = Site::new();
    read(dir, "", &mut site).map_err(|e| format!("{} cannot be read: {e}", dir.display()))?;
    Ok(site)
}

fn read(dir: &Path, prefix: &str, site: &mut Site) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{name}/"), site)?;
        } else {
            site.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn gzipped(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_or(usize::MAX, |bytes| bytes.len())
}

/// The size of each part as it is sent, and its limit: what is loaded with every page, then each module with its
/// script. Parts that are not there are left out.
fn sizes(site: &Site) -> Vec<(String, usize, usize)> {
    let mut sizes = Vec::new();
    for budget in &BUDGETS {
        let belongs = |path: &str| (budget.belongs)(path) && of_page(site, path).is_none();
        let files: Vec<_> = site.iter().filter(|(path, _)| belongs(path)).collect();
        if files.is_empty() {
            continue;
        }
        let size = |bytes: &[u8]| {
            if budget.compressed { gzipped(bytes) } else { bytes.len() }
        };
        let sum = files.iter().map(|(_, bytes)| size(bytes)).sum();
        sizes.push((budget.name.to_owned(), sum, budget.limit));
    }
    let mut each = BTreeMap::new();
    for (path, bytes) in site {
        if let Some(part) = of_page(site, path) {
            *each.entry(part).or_default() += gzipped(bytes);
        }
    }
    sizes.extend(each.into_iter().map(|((kind, limit, name), sum)| (format!("{kind} {name}"), sum, limit)));
    sizes
}

/// The part of a page that a path belongs to, if it is loaded with that page alone: what it is, its limit, the page.
fn of_page<'a>(site: &Site, path: &'a str) -> Option<(&'static str, usize, &'a str)> {
    let page = modules::name_of(site, path).map(|name| ("page", MODULE_LIMIT, name));
    page.or_else(|| modules::worker_of(site, path).map(|name| ("worker of", PAGE_WORKER_LIMIT, name)))
}

/// Everything that is wrong with a site, one sentence each.
fn problems(site: &Site) -> Vec<String> {
    let mut problems = Vec::new();
    for name in NEEDED {
        if !site.contains_key(name) {
            problems.push(format!("{name} is missing"));
        }
    }
    // A worker is started by a page's wasm, in which nobody sees its name.
    for worker in site.keys().filter(|path| is_worker(path)).filter_map(|path| path.strip_suffix("_bg.wasm")) {
        if !site.contains_key(&format!("{worker}_loader.js")) {
            problems.push(format!("{worker}_loader.js is missing"));
        }
    }
    for (name, size, limit) in sizes(site) {
        if size > limit {
            problems.push(format!("{name}: {size} bytes are over the limit of {limit}"));
        }
    }
    if !site.keys().any(|path| path.ends_with(".wasm")) {
        problems.push("there is no wasm file".into());
    }
    problems.append(&mut offline::problems(site));
    if let Some(page) = site.get("index.html") {
        problems.append(&mut modules::problems(&String::from_utf8_lossy(page), site));
    }
    for (path, bytes) in site {
        let text = String::from_utf8_lossy(bytes);
        let mut found = match path.rsplit('.').next() {
            Some("html") => html_problems(path, &text, site),
            Some("css") => css_problems(path, &text, site),
            Some("js" | "mjs") => script_problems(path, &text, site),
            Some("webmanifest") => manifest_problems(path, &text, site),
            _ => Vec::new(),
        };
        problems.append(&mut found);
    }
    problems
}

fn html_problems(path: &str, page: &str, site: &Site) -> Vec<String> {
    let mut problems: Vec<String> = csp::problems(page).into_iter().map(|text| format!("{path}: {text}")).collect();
    for tag in tags(page) {
        for name in ["href", "src"] {
            if let Some(target) = tag.attribute(name) {
                problems.extend(target_problem(path, &tag, target, site));
            }
        }
        if tag.name == "script" {
            problems.extend(script_problems(path, tag.content, site));
        }
    }
    problems
}

/// A link a person may follow can lead anywhere; what the page loads must be a file beside it.
fn target_problem(path: &str, tag: &Tag<'_>, target: &str, site: &Site) -> Option<String> {
    let followed = tag.name == "a";
    if followed && (target.starts_with("https://") || target.starts_with("mailto:")) {
        return None;
    }
    if tag.name == "base" {
        let fine = target == "./";
        return (!fine).then(|| format!("{path}: the base is `{target}`, not `./`"));
    }
    relative_problem(path, target, site)
}

/// What is wrong with an address that must name a file of the site.
fn relative_problem(path: &str, target: &str, site: &Site) -> Option<String> {
    if target.starts_with("data:") || target.starts_with('#') {
        return None;
    }
    if target.starts_with('/') || target.contains("://") {
        return Some(format!("{path}: `{target}` is not relative to the page"));
    }
    let file = resolve(path, target);
    let there = site.contains_key(&file) || site.contains_key(&format!("{file}index.html"));
    (!there).then(|| format!("{path}: `{target}` is not a file of the site"))
}

/// The path that an address stands for in the file at `path`.
fn resolve(path: &str, target: &str) -> String {
    let target = target.split(['?', '#']).next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    let folder = target.ends_with("/.") || target == ".";
    let joined = parts.join("/");
    if folder && !joined.is_empty() { format!("{joined}/") } else { joined }
}

fn css_problems(path: &str, text: &str, site: &Site) -> Vec<String> {
    let mut problems = Vec::new();
    for part in text.split("url(").skip(1) {
        let target = part.split(')').next().unwrap_or_default();
        problems.extend(relative_problem(path, target.trim().trim_matches(['"', '\'']), site));
    }
    if text.contains("@import") {
        problems.push(format!("{path}: `@import` delays the page"));
    }
    problems
}

fn script_problems(path: &str, text: &str, site: &Site) -> Vec<String> {
    let mut problems = Vec::new();
    for literal in literals(text) {
        // `./app_bg.js` is what wasm-bindgen calls itself towards the wasm; it is no file.
        let names_a_file = (literal.starts_with("./") || literal.starts_with("../")) && !literal.ends_with("_bg.js");
        let web = ["http://", "https://", "ws://", "wss://"].iter().any(|p| literal.starts_with(p));
        // Names of XML languages look like addresses, but nothing is fetched from them.
        let namespace = literal.starts_with("http://www.w3.org/");
        if names_a_file || (web && !namespace) {
            problems.extend(relative_problem(path, literal, site));
        }
    }
    problems
}

fn manifest_problems(path: &str, text: &str, site: &Site) -> Vec<String> {
    let mut problems = Vec::new();
    let literals = literals(text);
    for pair in literals.windows(2) {
        if ["src", "start_url", "scope", "id"].contains(&pair[0]) && !["./", "."].contains(&pair[1]) {
            problems.extend(relative_problem(path, pair[1], site));
        }
    }
    problems
}

/// The quoted texts of a script or of JSON: enough for addresses, which hold no quotes.
fn literals(text: &str) -> Vec<&str> {
    let mut literals = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(start) = rest.find(['"', '\'', '`']) {
            let quote = &rest[start..=start];
            let inner = &rest[start + 1..];
            let Some(end) = inner.find(quote) else { break };
            literals.push(&inner[..end]);
            rest = &inner[end + 1..];
        }
    }
    literals
}

#[cfg(test)]
mod checks {
    use super::*;

    fn good() -> Site {
        let page = "<!doctype html><head><meta charset=utf-8><base href=\"./\"><link rel=stylesheet href=\"./a.css\">\
             <link rel=manifest href=m.webmanifest><script src=modules.js data-modules=\"\"></script></head><body>\
             <a href=\"https://example.org/\">x</a><a href=\"./\">home</a>\
             <script type=module>import i from './app-1.js';\ni('./app-1_bg.wasm');</script>";
        let files = [
            ("index.html", page.into()),
            ("404.html", csp::insert("<meta charset=utf-8><a href=\"./\">home</a>").unwrap()),
            ("robots.txt", String::new()),
            (".nojekyll", String::new()),
            ("a.css", "@font-face{src:url(fonts/f.woff2)}p{background:url(\"data:,\")}".into()),
            ("fonts/f.woff2", "f".into()),
            ("app-1.js", "m = {'./app_bg.js': 1}; n = 'http://www.w3.org/2000/svg'; // it's".into()),
            ("app-1_bg.wasm", "w".into()),
            ("worker_loader.js", "import init from './worker.js';await init();".into()),
            ("worker.js", "m = {'./worker_bg.js': 1}; new URL('worker_bg.wasm', import.meta.url);".into()),
            ("worker_bg.wasm", "w".into()),
            ("modules.js", String::new()),
            ("duel.js", "m = {'./duel_bg.js': 1};".into()),
            ("duel_bg.wasm", "w".into()),
            ("worker-duel_loader.js", "import init from './worker-duel.js';await init();".into()),
            ("worker-duel.js", "new URL('worker-duel_bg.wasm', import.meta.url);".into()),
            ("worker-duel_bg.wasm", "w".into()),
            ("m.webmanifest", "{\"start_url\":\"./\",\"icons\":[{\"src\":\"i/i.svg\"}]}".into()),
            ("i/i.svg", String::new()),
        ];
        let mut site: Site = files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
        let page = csp::insert(&modules::fill(page, &site)).unwrap();
        site.insert("index.html".into(), page.into_bytes());
        let worker = offline::fill(include_str!("../../www/sw.js"), &site).unwrap();
        site.insert(offline::WORKER.into(), worker.into_bytes());
        site
    }

    #[test]
    fn a_good_site_has_no_problems() {
        assert_eq!(problems(&good()), Vec::<String>::new());
    }

    #[test]
    fn missing_files_are_named() {
        for path in good().keys() {
            let mut site = good();
            site.remove(path);
            let found = problems(&site);
            assert!(!found.is_empty(), "nobody misses {path}");
        }
    }

    #[test]
    fn addresses_that_lead_out_of_the_site_are_named() {
        let change = |path: &str, old: &str, new: &str| {
            let mut site = good();
            let text = String::from_utf8(site[path].clone()).unwrap();
            assert!(text.contains(old), "{path} lacks {old}");
            site.insert(path.into(), text.replace(old, new).into_bytes());
            problems(&site)
        };
        for (path, old, new) in [
            ("index.html", "./a.css", "/a.css"),
            ("index.html", "./a.css", "https://example.org/a.css"),
            ("index.html", "href=\"./\">home", "href=\"/\">home"),
            ("index.html", "base href=\"./\"", "base href=\"/repo/\""),
            ("index.html", "./app-1.js", "./app-2.js"),
            ("404.html", "<meta charset", "<img src=x.png><meta charset"),
            ("a.css", "fonts/f", "../f"),
            ("a.css", "p{", "@import 'b.css';p{"),
            ("app-1.js", "http://www.w3.org", "https://example.org"),
            ("m.webmanifest", "\"./\"", "\"/\""),
            ("m.webmanifest", "i/i.svg", "i/j.svg"),
        ] {
            assert!(!change(path, old, new).is_empty(), "{path}: {new}");
        }
    }

    #[test]
    fn too_much_is_too_much() {
        // Bytes that do not compress: a fixed sequence, not random.
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..410 * KB)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        for (path, bytes) in [
            ("app-1_bg.wasm", 351 * KB),
            ("worker_bg.wasm", 151 * KB),
            ("duel_bg.wasm", 401 * KB),
            ("worker-duel_bg.wasm", 281 * KB),
            ("other.js", 21 * KB),
            ("b.css", 16 * KB),
            ("fonts/g.woff2", 120 * KB),
        ] {
            let mut site = good();
            site.insert(path.into(), noise[..bytes].to_vec());
            let found = problems(&site);
            assert!(found.iter().any(|text| text.contains("over the limit")), "{path}: {found:?}");
        }
    }

    #[test]
    fn addresses_are_resolved_from_their_file() {
        assert_eq!(resolve("a/b.css", "../c.png?x#y"), "c.png");
        assert_eq!(resolve("index.html", "./"), "");
        assert_eq!(resolve("a/index.html", "./"), "a/");
        assert_eq!(resolve("a/b/index.html", "c/d.js"), "a/b/c/d.js");
    }
}
