//! Removes parameters from a connection string, URL or `key=value`, before the driver parses it.
//! `ConnectionUrl` interprets them.

/// Removes the parameters `names` from a connection string of either form and returns their values.
pub fn take_out<const N: usize>(
    text: &str,
    names: [&str; N],
) -> Result<(String, [Option<String>; N]), String> {
    let mut taken = [const { None }; N];
    let mut keep = |key: &str, value: &str| match names.iter().position(|name| *name == key) {
        Some(index) => {
            taken[index] = Some(value.to_owned()).filter(|value| !value.is_empty());
            false
        }
        None => true,
    };
    let is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
    let rest = if is_url {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut kept = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if keep(&key, &value) {
                kept.append_pair(&key, &value);
            }
        }
        // tokio-postgres decodes %20, but not the plus of the form encoding.
        let query = kept.finish().replace('+', "%20");
        if query.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{query}")
        }
    } else {
        let mut kept = Vec::new();
        for (key, value) in key_value_pairs(text)? {
            if keep(&key, &value) {
                let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
                kept.push(format!("{key}='{escaped}'"));
            }
        }
        kept.join(" ")
    };
    Ok((rest, taken))
}

/// libpq's `key = value` form; a value may be quoted and may escape with a backslash.
fn key_value_pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let malformed = || "is neither a postgresql:// URL nor key=value pairs".to_owned();
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(malformed)?;
        let mut chars = after.trim_start().chars();
        let quoted = chars.as_str().starts_with('\'');
        if quoted {
            chars.next();
        }
        let mut value = String::new();
        loop {
            match chars.next() {
                Some('\\') => value.push(chars.next().ok_or_else(malformed)?),
                Some('\'') if quoted => break,
                Some(c) if !quoted && c.is_whitespace() => break,
                Some(c) => value.push(c),
                None if quoted => return Err(malformed()),
                None => break,
            }
        }
        pairs.push((key.trim().to_owned(), value));
        rest = chars.as_str().trim_start();
    }
    if pairs.is_empty() {
        Err(malformed())
    } else {
        Ok(pairs)
    }
}
