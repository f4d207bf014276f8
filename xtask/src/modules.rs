//! Pages that are wasm modules of their own: which there are, and the digests by which the page asks for them.
//!
//! Trunk puts a digest into the names of the app's files only. A cache that pairs a new app with an old module would
//! break the page, so the address of a module ends in `?v=` and its digest, which `www/modules.js` finds in its own tag.

use crate::digest::sha256_hex;
use crate::dist::Site;
use std::collections::BTreeMap;

/// What stands in the page before the modules are known.
const PLACE: &str = "data-modules=\"\"";

/// What a path is a part of, if it is one of the two files of a module.
pub(crate) fn name_of<'a>(site: &Site, path: &'a str) -> Option<&'a str> {
    let name = path.strip_suffix("_bg.wasm").or_else(|| path.strip_suffix(".js"))?;
    // The app has a digest in its name, a worker is no page.
    let page = !name.starts_with("app-") && !name.starts_with("worker");
    let whole = [format!("{name}.js"), format!("{name}_bg.wasm")].iter().all(|file| site.contains_key(file));
    (page && whole).then_some(name)
}

/// The page whose worker a path is a part of: `worker-NAME` is the worker of page NAME.
pub(crate) fn worker_of<'a>(site: &Site, path: &'a str) -> Option<&'a str> {
    let file = path.strip_prefix("worker-")?;
    let name = ["_bg.wasm", "_loader.js", ".js"].into_iter().find_map(|end| file.strip_suffix(end))?;
    name_of(site, &format!("{name}.js")).is_some().then_some(name)
}

/// The modules of a site, with the digest of each.
fn modules(site: &Site) -> BTreeMap<&str, String> {
    let names = site.keys().filter_map(|path| name_of(site, path));
    names
        .map(|name| {
            let bytes = [&site[&format!("{name}.js")][..], &site[&format!("{name}_bg.wasm")][..]].concat();
            (name, sha256_hex(&bytes)[..16].to_owned())
        })
        .collect()
}

fn told(site: &Site) -> String {
    let all: Vec<String> = modules(site).iter().map(|(name, digest)| format!("{name}={digest}")).collect();
    format!("data-modules=\"{}\"", all.join(" "))
}

/// The page with the modules of its site filled in; a page that has no place for them stays as it is.
pub(crate) fn fill(page: &str, site: &Site) -> String {
    page.replace(PLACE, &told(site))
}

/// What is wrong with what a page says of the site's modules.
pub(crate) fn problems(page: &str, site: &Site) -> Vec<String> {
    let mut problems = Vec::new();
    if !page.contains(&told(site)) {
        problems.push("index.html names other modules than there are".into());
    }
    for name in modules(site).keys() {
        if page.contains(&format!("{name}_bg.wasm")) || page.contains(&format!("{name}.js")) {
            problems.push(format!("index.html loads the module {name}, which is to come when its page is opened"));
        }
    }
    problems
}

#[cfg(test)]
mod checks {
    use super::*;

    fn site() -> Site {
        let files = ["app-1.js", "app-1_bg.wasm", "worker.js", "worker_bg.wasm", "duel.js", "duel_bg.wasm", "sw.js"];
        files.map(|path| (path.to_owned(), path.as_bytes().to_vec())).into()
    }

    #[test]
    fn modules_are_told_from_app_and_worker() {
        let site = site();
        let names: Vec<_> = site.keys().filter_map(|path| name_of(&site, path)).collect();
        assert_eq!(names, ["duel", "duel"]);
    }

    #[test]
    fn a_worker_named_after_a_page_belongs_to_it() {
        let mut site = site();
        for file in ["worker-duel.js", "worker-duel_bg.wasm", "worker-duel_loader.js", "worker-other_bg.wasm"] {
            site.insert(file.into(), Vec::new());
            assert_eq!(name_of(&site, file), None, "{file} is no page");
        }
        let with: Vec<_> = site.keys().filter(|path| worker_of(&site, path).is_some()).cloned().collect();
        assert_eq!(with, ["worker-duel.js", "worker-duel_bg.wasm", "worker-duel_loader.js"]);
    }

    #[test]
    fn a_page_knows_the_digests_of_its_modules() {
        let mut site = site();
        let page = fill("<script data-modules=\"\" src=m.js></script>", &site);
        assert!(page.starts_with("<script data-modules=\"duel=") && page.len() > 50, "{page}");
        assert_eq!(problems(&page, &site), Vec::<String>::new());
        site.insert("duel_bg.wasm".into(), Vec::new());
        assert_eq!(problems(&page, &site).len(), 1, "another content");
    }

    #[test]
    fn a_module_that_a_first_visit_would_load_is_named() {
        let site = site();
        let page = fill("<script data-modules=\"\"></script><link rel=preload href=duel_bg.wasm>", &site);
        assert!(problems(&page, &site)[0].contains("loads the module duel"));
    }
}
