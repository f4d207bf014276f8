//! Tells the service worker which build it keeps, and all files of it.

use crate::Outcome;
use crate::digest::sha256_hex;
use crate::dist::Site;

/// The worker's file; it never keeps itself.
pub(crate) const WORKER: &str = "sw.js";
const BUILD: &str = "const BUILD = 'development';";
const FILES: &str = "const FILES = [];";

/// The files to keep: all that a page may load.
fn kept(site: &Site) -> impl Iterator<Item = (&str, &[u8])> {
    site.iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .filter(|(path, _)| ![WORKER, "robots.txt", ".nojekyll"].contains(path))
}

/// The worker with its build and its files filled in.
pub(crate) fn fill(worker: &str, site: &Site) -> Outcome<String> {
    if !worker.contains(BUILD) || !worker.contains(FILES) {
        return Err(format!("{WORKER} has no place for `BUILD` and `FILES`"));
    }
    let mut digests = String::from(worker);
    let mut files = String::from("const FILES = [\n");
    for (path, bytes) in kept(site) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
        if !path.bytes().all(plain) {
            return Err(format!("`{path}` is no plain file name"));
        }
        digests.push_str(&format!("{path} {}\n", sha256_hex(bytes)));
        files.push_str(&format!("  './{path}',\n"));
    }
    files.push_str("];");
    let build = &sha256_hex(digests.as_bytes())[..16];
    Ok(worker.replace(BUILD, &format!("const BUILD = '{build}';")).replace(FILES, &files))
}

/// What is wrong with the worker of a finished site.
pub(crate) fn problems(site: &Site) -> Vec<String> {
    let Some(worker) = site.get(WORKER) else {
        return vec![format!("{WORKER} is missing")];
    };
    let worker = String::from_utf8_lossy(worker);
    if worker.contains(BUILD) {
        return vec![format!("{WORKER} does not know its build")];
    }
    kept(site)
        .filter(|(path, _)| !worker.contains(&format!("'./{path}'")))
        .map(|(path, _)| format!("{WORKER} does not keep {path}"))
        .collect()
}

#[cfg(test)]
mod checks {
    use super::*;

    const SOURCE: &str = include_str!("../../www/sw.js");

    fn site(page: &str) -> Site {
        [("index.html", page), ("robots.txt", ""), (WORKER, SOURCE)]
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .into()
    }

    #[test]
    fn the_worker_keeps_every_file_of_its_build() {
        let mut site = site("one");
        let filled = fill(SOURCE, &site).unwrap();
        assert!(filled.contains("const FILES = [\n  './index.html',\n];"));
        assert!(problems(&site)[0].contains("its build"));
        site.insert(WORKER.into(), filled.into_bytes());
        assert_eq!(problems(&site), Vec::<String>::new());
        site.insert("new.css".into(), Vec::new());
        assert_eq!(problems(&site), ["sw.js does not keep new.css"]);
    }

    #[test]
    fn another_content_is_another_build() {
        let first = fill(SOURCE, &site("one")).unwrap();
        assert_eq!(first, fill(SOURCE, &site("one")).unwrap());
        assert_ne!(first, fill(SOURCE, &site("two")).unwrap());
    }

    #[test]
    fn a_worker_without_places_or_a_strange_name_is_refused() {
        assert!(fill("// nothing", &site("one")).is_err());
        let mut site = site("one");
        site.insert("it's.css".into(), Vec::new());
        assert!(fill(SOURCE, &site).is_err());
    }
}
