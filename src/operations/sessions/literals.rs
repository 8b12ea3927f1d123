//! Removes the literals from a statement, which may hold personal data: strings, dollar quotes and
//! numbers become `?`, comments are dropped. Where the text is truncated or ambiguous, the rest counts
//! as a literal.

/// The statement with every literal replaced by `?`.
pub fn without_literals(statement: &str) -> String {
    let mut scanner = Scanner {
        rest: statement,
        kept: String::with_capacity(statement.len()),
    };
    while scanner.step() {}
    scanner.kept
}

struct Scanner<'a> {
    rest: &'a str,
    kept: String,
}

impl Scanner<'_> {
    /// Consumes one token; false at the end.
    fn step(&mut self) -> bool {
        let mut chars = self.rest.chars();
        let Some(first) = chars.next() else {
            return false;
        };
        let second = chars.next();
        match (first, second) {
            ('\'', _) => self.string(false),
            ('"', _) => self.quoted_identifier(),
            ('-', Some('-')) => self.line_comment(),
            ('/', Some('*')) => self.block_comment(),
            ('$', Some(next)) if !next.is_ascii_digit() => self.dollar_quote(),
            ('$', _) => self.keep(end_of(self.rest, 1, |c| c.is_ascii_digit())),
            ('.', Some(next)) if next.is_ascii_digit() => self.number(),
            ('0'..='9', _) => self.number(),
            (first, _) if starts_word(first) => self.word(),
            (first, _) => self.keep(first.len_utf8()),
        }
        true
    }

    fn keep(&mut self, bytes: usize) {
        let (kept, rest) = self.rest.split_at(bytes);
        self.kept.push_str(kept);
        self.rest = rest;
    }

    fn hide(&mut self, bytes: usize) {
        self.kept.push('?');
        self.rest = &self.rest[bytes..];
    }

    /// An identifier, a keyword, or the prefix of a string: `E'…'`, `B'…'`, `U&'…'`.
    fn word(&mut self) {
        let end = end_of(self.rest, 0, continues_word);
        let (word, after) = self.rest.split_at(end);
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "e" if after.starts_with('\'') => {
                self.rest = after;
                self.string(true);
            }
            "b" | "x" | "n" if after.starts_with('\'') => {
                self.rest = after;
                self.string(false);
            }
            "u" if after.starts_with("&'") => {
                self.rest = &after[1..];
                self.string(false);
            }
            _ => self.keep(end),
        }
    }

    /// From the opening quote to the closing one; a doubled quote does not close. With `escapes` a
    /// backslash escapes the next character. Without, a backslash before a quote is ambiguous: it
    /// depends on `standard_conforming_strings`.
    fn string(&mut self, escapes: bool) {
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((index, c)) = chars.next() {
            match (c, chars.peek().map(|(_, next)| *next)) {
                ('\\', _) if escapes => {
                    chars.next();
                }
                ('\\', Some('\'')) => return self.hide(self.rest.len()),
                ('\'', Some('\'')) => {
                    chars.next();
                }
                ('\'', _) => return self.hide(index + 1),
                _ => {}
            }
        }
        self.hide(self.rest.len());
    }

    fn quoted_identifier(&mut self) {
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((index, c)) = chars.next() {
            match (c, chars.peek()) {
                ('"', Some((_, '"'))) => {
                    chars.next();
                }
                ('"', _) => return self.keep(index + 1),
                _ => {}
            }
        }
        self.hide(self.rest.len());
    }

    fn dollar_quote(&mut self) {
        let tag_end = end_of(self.rest, 1, |c| continues_word(c) && c != '$');
        if !self.rest[tag_end..].starts_with('$') {
            return self.keep(1);
        }
        let delimiter = &self.rest[..=tag_end];
        let body = &self.rest[delimiter.len()..];
        match body.find(delimiter) {
            Some(end) => self.hide(delimiter.len() + end + delimiter.len()),
            None => self.hide(self.rest.len()),
        }
    }

    /// A number with its suffix: `1.5e-3`, `0x1F`, `1_000`.
    fn number(&mut self) {
        let mut end = end_of(self.rest, 0, |c| continues_word(c) || c == '.');
        let is_decimal = !self.rest.starts_with("0x") && !self.rest.starts_with("0X");
        let has_sign = self.rest[end..].starts_with(['+', '-']);
        if is_decimal && has_sign && self.rest[..end].ends_with(['e', 'E']) {
            end = end_of(self.rest, end + 1, |c| c.is_ascii_digit() || c == '_');
        }
        self.hide(end);
    }

    fn line_comment(&mut self) {
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
        self.kept.push(' ');
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0;
        let mut at = 0;
        while let Some(found) = self.rest[at..].find(['/', '*']) {
            at += found;
            let here = &self.rest[at..];
            if here.starts_with("/*") {
                (depth, at) = (depth + 1, at + 2);
            } else if here.starts_with("*/") {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    self.rest = &self.rest[at..];
                    self.kept.push(' ');
                    return;
                }
            } else {
                at += 1;
            }
        }
        self.rest = "";
        self.kept.push(' ');
    }
}

fn starts_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn continues_word(c: char) -> bool {
    starts_word(c) || c.is_ascii_digit() || c == '$'
}

/// The index of the first character from `from` on that does not match.
fn end_of(text: &str, from: usize, matches: impl Fn(char) -> bool) -> usize {
    text[from..]
        .find(|c| !matches(c))
        .map_or(text.len(), |found| from + found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn literals_are_replaced_and_the_rest_is_kept() {
        for (statement, expected) in [
            ("select 1", "select ?"),
            (
                "select col1, \"a 'b' 2\" from t2",
                "select col1, \"a 'b' 2\" from t2",
            ),
            ("where a = 'it''s' and b = $1", "where a = ? and b = $1"),
            ("where a = E'it\\'s' and b", "where a = ? and b"),
            ("x'1F', B'01', n'a', U&'\\0041'", "?, ?, ?, ?"),
            ("$$ a $b$ $$, $t$ x $$ y $t$, a$b$c", "?, ?, a$b$c"),
            ("-1.5e-3 + .5 - 0x1F * 1_000", "-? + ? - ? * ?"),
            ("a -- 'x\n b /* 'y /* z */ */ c", "a  \n b   c"),
            ("password 'cut o", "password ?"),
            ("a = 'x\\' , 'secret'", "a = ?"),
            ("a->>'key' ? 'k'", "a->>? ? ?"),
            ("name='x'", "name=?"),
            ("grün = 'x'", "grün = ?"),
        ] {
            assert_eq!(without_literals(statement), expected, "{statement}");
        }
    }

    /// A literal or a comment that contains a secret, such that its end is unambiguous.
    fn secret() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z '\"$-]{0,6}".prop_map(|x| format!("'{}SECRET{}'", x.replace('\'', "''"), "")),
            "[a-z '\"\\\\$]{0,6}".prop_map(|x| {
                let escaped = x.replace('\\', "\\\\").replace('\'', "\\'");
                format!("E'{escaped}SECRET'")
            }),
            "[a-z]{0,4}".prop_map(|tag| format!("${tag}$ 'SECRET\" -- ${tag}$")),
            Just("/* SECRET ' /* \" */ $$ */".to_owned()),
            Just("-- SECRET ' \" $$ /*\n".to_owned()),
            (1_000_u32..).prop_map(|number| format!("77{number}77")),
        ]
    }

    fn plain() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("select".to_owned()),
            Just("\"quoted '' identifier\"".to_owned()),
            Just("$1".to_owned()),
            Just("column_2".to_owned()),
            Just("= any(array[".to_owned()),
            Just("é".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn a_statement_truncated_anywhere_shows_no_literal(
            parts in prop::collection::vec(prop_oneof![secret(), plain()], 0..12),
            cut in 0_usize..400,
        ) {
            let statement = parts.join(" ");
            let cut = (0..=cut.min(statement.len()))
                .rev()
                .find(|end| statement.is_char_boundary(*end))
                .unwrap_or(0);
            let shown = without_literals(&statement[..cut]);
            prop_assert!(!shown.contains("SECRET"), "{}", shown);
            prop_assert!(!shown.contains("77"), "{}", shown);
        }

        #[test]
        fn a_statement_without_literals_is_kept(parts in prop::collection::vec(plain(), 0..12)) {
            let statement = parts.join(" ");
            prop_assert_eq!(without_literals(&statement), statement);
        }

        #[test]
        fn replacing_literals_twice_is_the_same_as_once_for_any_text(text in ".{0,200}") {
            let once = without_literals(&text);
            prop_assert_eq!(without_literals(&once), once);
        }
    }
}
