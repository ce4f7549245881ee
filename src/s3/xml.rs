//! Reads the XML of S3's answers. It is a stranger's text: no entity but the ones that XML
//! brings is taken, and nothing is deep. Pure.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// How deep elements may lie.
const MAX_DEPTH: usize = 12;

/// Calls `each` for every element when it ends, with the names on the way to it (the root's
/// first, without namespaces) and the text that lies in it directly.
///
/// Errors: in words, why it is not XML that S3 would send.
pub fn read(text: &str, mut each: impl FnMut(&[String], &str)) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    // `<a/>` is an element like any other.
    reader.config_mut().expand_empty_elements = true;
    let (mut path, mut texts): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut had_root = false;
    loop {
        let event = reader.read_event().map_err(|e| e.to_string())?;
        let more = match event {
            Event::Start(start) => {
                if path.len() >= MAX_DEPTH {
                    return Err("its elements are too deep".to_owned());
                }
                if path.is_empty() && had_root {
                    return Err("it has several roots".to_owned());
                }
                had_root = true;
                path.push(start.local_name().as_ref().to_owned());
                texts.push(String::new());
                continue;
            }
            Event::End(_) => {
                let text = texts.pop().unwrap_or_default();
                each(&path, text.trim());
                path.pop();
                continue;
            }
            Event::Text(part) => part.xml10_content().into_owned(),
            Event::CData(part) => part.xml10_content().into_owned(),
            Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|e| e.to_string())? {
                Some(c) => c.to_string(),
                None => resolve_predefined_entity(&name)
                    .ok_or_else(|| format!("it uses an entity of its own, `{}`", &*name))?
                    .to_owned(),
            },
            Event::DocType(_) => return Err("it has a document type".to_owned()),
            Event::Eof if !path.is_empty() || !had_root => return Err("it ends early".to_owned()),
            Event::Eof => return Ok(()),
            _ => continue,
        };
        match texts.last_mut() {
            Some(text) => text.push_str(&more),
            None if more.trim().is_empty() => {}
            None => return Err("it begins with text".to_owned()),
        }
    }
}

/// Whether the names on the way end in these.
pub fn ends_in(path: &[String], names: &[&str]) -> bool {
    let at = path.len().checked_sub(names.len());
    at.is_some_and(|at| path[at..].iter().zip(names).all(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        read(text, |path, text| {
            found.push(format!("{}={text}", path.join("/")))
        })?;
        Ok(found)
    }

    #[test]
    fn elements_are_told_with_their_text() {
        let text = "<?xml version=\"1.0\"?>\n<R xmlns=\"http://s3\"><K>a&amp;b&#x41;</K><p:E/>\
                    <C><K><![CDATA[<x>]]></K></C></R>\n";
        let found = all(text).unwrap();
        assert_eq!(found, ["R/K=a&bA", "R/E=", "R/C/K=<x>", "R/C=", "R="]);
        assert!(ends_in(&["a".to_owned(), "b".to_owned()], &["b"]));
        assert!(!ends_in(&["b".to_owned()], &["a", "b"]));
    }

    #[test]
    fn a_bomb_and_garbage_are_refused() {
        let lol = "<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>";
        let deep = "<a>".repeat(100_000);
        for bad in [
            lol,
            "<l>&b;</l>",
            &deep,
            "",
            "no",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "{\"a\":1}",
            "<!DOCTYPE html><html></html>",
            "<a>&#0;</a>",
        ] {
            assert!(all(bad).is_err(), "{bad:.40}");
        }
    }
}
