//! The part of a page's `<head>` that differs between the pages: the title, and what search engines and the previews of
//! links show. `client_pages` decides what it says about a user or an activity.

/// The name of the site, at the end of every title.
const SITE: &str = "Cruddur";
/// What is said about a page that has no description of its own.
const DESCRIPTION: &str = "A micro-blog whose posts expire.";
/// The longest description of a page, in Unicode scalar values.
const MAX_DESCRIPTION: usize = 200;

/// Whether search engines may list a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Robots {
    /// They may.
    Index,
    /// They must leave it out: what it shows expires, or is for one user only.
    NoIndex,
}

/// What a page's head says.
pub struct Head {
    title: String,
    /// Whether search engines may list the page.
    pub robots: Robots,
    card: Option<Card>,
}

/// What the preview of a link to a page shows (<https://ogp.me>).
pub struct Card {
    /// The type of the page: `website`, `profile` or `article`.
    pub kind: &'static str,
    /// The title of the preview.
    pub title: String,
    /// A description; if it is empty, that of the site.
    pub description: String,
    /// The path of the page, which is the same for all spellings of its URL.
    pub path: String,
}

impl Head {
    /// The head of a page that the server knows nothing about.
    pub fn unknown(robots: Robots) -> Self {
        Self {
            title: SITE.to_owned(),
            robots,
            card: None,
        }
    }

    /// The head of a page with this title and without a preview.
    pub fn titled(title: &str, robots: Robots) -> Self {
        Self {
            title: format!("{} · {SITE}", one_line(title)),
            robots,
            card: None,
        }
    }

    /// The head of home.
    pub fn home() -> Self {
        let card = Card {
            kind: "website",
            title: SITE.to_owned(),
            description: String::new(),
            path: "/".to_owned(),
        };
        Self::titled("Home", Robots::Index).with_card(card)
    }

    /// Adds what a preview shows.
    pub fn with_card(self, card: Card) -> Self {
        Self {
            card: Some(card),
            ..self
        }
    }

    /// The elements as HTML. URLs begin with `origin`.
    pub fn render(&self, origin: &str) -> String {
        let described = self.card.as_ref().map(|card| &*card.description);
        let description = excerpt(described.unwrap_or_default(), MAX_DESCRIPTION);
        let description = match &*description {
            "" => DESCRIPTION,
            text => text,
        };
        let mut html = format!("<title>{}</title>", escape(&self.title));
        let mut meta = |key: &str, name: &str, content: &str| {
            let content = escape(content);
            html.push_str(&format!(
                "\n  <meta {key}=\"{name}\" content=\"{content}\">"
            ));
        };
        meta("name", "description", description);
        if self.robots == Robots::NoIndex {
            meta("name", "robots", "noindex");
        }
        let Some(card) = &self.card else { return html };
        let url = format!("{origin}{}", card.path);
        meta("property", "og:site_name", SITE);
        meta("property", "og:title", &one_line(&card.title));
        meta("property", "og:description", description);
        meta("property", "og:type", card.kind);
        meta("property", "og:url", &url);
        meta("name", "twitter:card", "summary");
        let url = escape(&url);
        html.push_str(&format!("\n  <link rel=\"canonical\" href=\"{url}\">"));
        html
    }
}

/// The beginning of a user's text as one line, of at most `max_chars` and an ellipsis where it is cut.
pub fn excerpt(text: &str, max_chars: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// A text of a user without line breaks, other control characters and the characters that change the direction of the
/// text after them.
fn one_line(text: &str) -> String {
    let is_bidi_control = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = text.replace(is_bidi_control, "");
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The text with character references in place of the characters that end a text or an attribute of HTML.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_is_one_line_and_is_cut_only_where_the_text_is_longer() {
        for (text, expected) in [
            ("", ""),
            ("abc", "abc"),
            ("abcd", "abc…"),
            (" a\r\n\tb ", "a b"),
            ("\u{0}a\u{1f}b", "a b"),
            ("\u{202e}abc\u{2069}", "abc"),
            ("🍒🍒🍒", "🍒🍒🍒"),
            ("🍒🍒🍒🍒", "🍒🍒🍒…"),
        ] {
            assert_eq!(excerpt(text, 3), expected, "{text:?}");
        }
    }
}
