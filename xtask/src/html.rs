//! Just enough of HTML: the start tags of a page with their attributes, and what scripts contain.
//!
//! The pages are our own or Trunk's, so this reads well-formed pages only, and says nothing about
//! others. It knows comments, quoted and bare attribute values, and raw text in scripts and styles.

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// The name in lower case.
    pub(crate) name: String,
    /// Names in lower case, and values as written, without quotes.
    pub(crate) attributes: Vec<(String, &'a str)>,
    /// Where the tag begins in the page.
    pub(crate) start: usize,
    /// Where it ends: the place after `>`.
    pub(crate) end: usize,
    /// For scripts and styles, the text up to the end tag.
    pub(crate) content: &'a str,
}

impl Tag<'_> {
    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }
}

/// All start tags of a page in order.
pub(crate) fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut place = 0;
    while let Some(found) = page[place..].find('<') {
        let start = place + found;
        let rest = &page[start..];
        if rest.starts_with("<!--") {
            place = rest.find("-->").map_or(page.len(), |end| start + end + 3);
        } else if rest[1..].starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            let mut tag = tag(page, start);
            place = tag.end;
            if tag.name == "script" || tag.name == "style" {
                let close = format!("</{}", tag.name);
                let length = find_ignoring_case(&page[place..], &close);
                let length = length.unwrap_or(page.len() - place);
                tag.content = &page[place..place + length];
                place += length;
            }
            tags.push(tag);
        } else {
            place = start + 1;
        }
    }
    tags
}

fn find_ignoring_case(text: &str, small: &str) -> Option<usize> {
    text.as_bytes().windows(small.len()).position(|window| window.eq_ignore_ascii_case(small.as_bytes()))
}

fn tag(page: &str, start: usize) -> Tag<'_> {
    let mut place = start + 1;
    let name = take(page, &mut place, |b| !b.is_ascii_whitespace() && b != b'>' && b != b'/');
    let mut attributes = Vec::new();
    loop {
        take(page, &mut place, |b| b.is_ascii_whitespace() || b == b'/');
        if page[place..].is_empty() || page[place..].starts_with('>') {
            break;
        }
        let key = take(page, &mut place, |b| !b.is_ascii_whitespace() && !b"=>/".contains(&b));
        take(page, &mut place, |b| b.is_ascii_whitespace());
        let mut value = "";
        if page[place..].starts_with('=') {
            place += 1;
            take(page, &mut place, |b| b.is_ascii_whitespace());
            value = attribute_value(page, &mut place);
        } else if key.is_empty() {
            place += 1;
        }
        attributes.push((key.to_ascii_lowercase(), value));
    }
    Tag { name: name.to_ascii_lowercase(), attributes, start, end: (place + 1).min(page.len()), content: "" }
}

fn attribute_value<'a>(page: &'a str, place: &mut usize) -> &'a str {
    for quote in [b'"', b'\''] {
        if page.as_bytes().get(*place) == Some(&quote) {
            *place += 1;
            let value = take(page, place, |b| b != quote);
            *place = (*place + 1).min(page.len());
            return value;
        }
    }
    take(page, place, |b| !b.is_ascii_whitespace() && b != b'>')
}

/// Takes bytes while they fit. Stops only at ASCII bytes or the end, so never inside a letter.
fn take<'a>(page: &'a str, place: &mut usize, fits: impl Fn(u8) -> bool) -> &'a str {
    let from = *place;
    while page.as_bytes().get(*place).is_some_and(|byte| fits(*byte)) {
        *place += 1;
    }
    &page[from..*place]
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn tags_attributes_and_scripts_are_read() {
        let page = "<!doctype html><!-- <script>no</script> --><META charset=utf-8 x>\
                    <a href='é\"?a=1' b = \"c d\">if a < b</a>\
                    <script type=module>let s = '<b>';</SCRIPT><img src=\"i.png\"/>";
        let tags = tags(page);
        let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["meta", "a", "script", "img"]);
        assert_eq!(tags[0].attribute("charset"), Some("utf-8"));
        assert_eq!(tags[0].attribute("x"), Some(""));
        assert_eq!(tags[1].attribute("href"), Some("é\"?a=1"));
        assert_eq!(tags[1].attribute("b"), Some("c d"));
        assert_eq!(tags[2].content, "let s = '<b>';");
        assert_eq!(tags[3].attribute("src"), Some("i.png"));
        assert_eq!(&page[tags[3].start..tags[3].end], "<img src=\"i.png\"/>");
    }

    #[test]
    fn pages_that_end_too_soon_are_read_to_their_end() {
        for page in ["<", "<a", "<a b", "<a b=", "<a b='c", "<script>x", "<!-- ", "<a =>"] {
            assert!(tags(page).len() <= 1, "{page}");
        }
        assert_eq!(tags("<script>x")[0].content, "x");
    }
}
